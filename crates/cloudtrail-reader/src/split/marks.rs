//! Keys that tell what an object is.

/// What a member's key says of the object that it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// The array of records of a log file.
    Records,
    /// The event that `EventBridge` wraps.
    Detail,
    /// The object is a CloudTrail record.
    Record,
    /// The object is a CloudTrail digest file.
    Digest,
    /// The object is an AWS Config history or snapshot file.
    Config,
}

/// Keys longer than this, escapes included, are none of those below.
pub(super) const MAX_KEY: usize = 128;

/// What `key` says, the raw text between its quotes.
pub(super) fn mark(key: &[u8]) -> Option<Mark> {
    if key.contains(&b'\\') {
        return mark_plain(unescape(key)?.as_bytes());
    }
    mark_plain(key)
}

fn mark_plain(key: &[u8]) -> Option<Mark> {
    Some(match key {
        b"Records" => Mark::Records,
        b"detail" => Mark::Detail,
        // AWS, "CloudTrail record contents": members of every version; the last two are those of Insights records.
        b"eventVersion"
        | b"userIdentity"
        | b"eventTime"
        | b"eventSource"
        | b"eventName"
        | b"awsRegion"
        | b"sourceIPAddress"
        | b"userAgent"
        | b"requestParameters"
        | b"responseElements"
        | b"eventID"
        | b"eventType"
        | b"eventCategory"
        | b"recipientAccountId"
        | b"insightDetails"
        | b"sharedEventID" => Mark::Record,
        // AWS, "CloudTrail digest file structure".
        b"digestStartTime" | b"digestEndTime" | b"digestS3Bucket" | b"digestS3Object" => Mark::Digest,
        // AWS Config, "Example of configuration history and snapshot files".
        b"configSnapshotId" | b"configurationItems" => Mark::Config,
        _ => return None,
    })
}

/// The text of an ASCII key with escapes; `None` where an escape is not one or gives something else than ASCII.
fn unescape(key: &[u8]) -> Option<String> {
    let mut text = String::new();
    let mut rest = key.iter().copied();
    while let Some(byte) = rest.next() {
        let plain = match byte {
            b'\\' => match rest.next()? {
                b'u' => {
                    let hex = [rest.next()?, rest.next()?, rest.next()?, rest.next()?];
                    u8::try_from(u16::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?).ok()?
                }
                // The other escapes stand for characters that no key here has.
                _ => return None,
            },
            plain => plain,
        };
        text.push(char::from(plain));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_match_whole_and_unescaped() {
        for (key, expected) in [
            (&b"Records"[..], Some(Mark::Records)),
            (br"\u0052ecords", Some(Mark::Records)),
            (br"\u0052ecord\u0073", Some(Mark::Records)),
            (b"records", None),
            (b"Records ", None),
            (br"Records\n", None),
            (br"\u00", None),
            (br"\uD800Records", None),
            (b"eventVersion", Some(Mark::Record)),
            (b"digestStartTime", Some(Mark::Digest)),
            (b"configurationItems", Some(Mark::Config)),
            (b"", None),
        ] {
            assert_eq!(mark(key), expected, "{}", String::from_utf8_lossy(key));
        }
    }
}
