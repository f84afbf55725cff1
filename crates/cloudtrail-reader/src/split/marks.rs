//! Keys that identify an object.

use crate::members::members;

/// The meaning of a member's key for its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// The array of records of a log file.
    Records,
    /// An array of records, or of objects that carry one each: answers of CloudWatch Logs, LookupEvents and SQS, and log
    /// files that a tool has written. Such an array may be larger than a record.
    List,
    /// The event inside an event of `EventBridge`.
    Detail,
    /// The object is a CloudTrail record.
    Record,
    /// The object is a CloudTrail digest file.
    Digest,
    /// The object is an AWS Config history or snapshot file.
    Config,
}

/// The longest key that is examined, escapes included. The keys below are shorter.
pub(super) const MAX_KEY: usize = 128;

/// Returns the meaning of `key`, the raw text between its quotes.
pub(super) fn mark(key: &[u8]) -> Option<Mark> {
    if key.contains(&b'\\') {
        return mark_plain(unescape(key)?.as_bytes());
    }
    mark_plain(key)
}

/// Returns whether CloudTrail records have a member with this key, the raw text between its quotes.
pub(crate) fn is_record_key(key: &[u8]) -> bool {
    mark(key) == Some(Mark::Record)
}

/// Returns whether the object has a member that CloudTrail records have.
pub(crate) fn has_record_member(object: &[u8]) -> bool {
    members(object).any(|(key, _)| is_record_key(key))
}

/// Returns the number of its members that CloudTrail records have.
pub(crate) fn record_members(object: &[u8]) -> usize {
    members(object).filter(|(key, _)| is_record_key(key)).count()
}

/// Returns whether the object has an array of records or of objects that carry them.
pub(crate) fn has_list(object: &[u8]) -> bool {
    members(object).any(|(key, range)| {
        matches!(mark(key), Some(Mark::Records | Mark::List)) && object.get(range.start) == Some(&b'[')
    })
}

fn mark_plain(key: &[u8]) -> Option<Mark> {
    Some(match key {
        b"Records" => Mark::Records,
        b"records" | b"logEvents" | b"events" | b"Events" | b"Messages" => Mark::List,
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

/// Returns the text of an ASCII key with escapes, or `None` if an escape is invalid or does not give ASCII.
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
                // The other escapes give characters that do not occur in these keys.
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
            (b"records", Some(Mark::List)),
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
