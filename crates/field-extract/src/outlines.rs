//! What is known of many records once they have been followed, kept for when their fields are asked for.

use crate::follow::follow;
use crate::index::{Index, Measured};
use crate::walk::Walk;
use json_scan::{Inner, Reach};

/// What [`Index::outline`] has found out about some records: where their colons are. Places only, a few bytes each.
///
/// Whoever reads a record for the first time, to find its end, is often not the one who asks for its fields. With this
/// the second need not go over the text again.
#[derive(Clone, Debug, Default)]
pub struct Outlines {
    colons: Vec<u32>,
    inner: Vec<Inner>,
    records: Vec<Kept>,
}

/// Of one record, where its part of the lists ends.
#[derive(Clone, Copy, Debug)]
struct Kept {
    colons: usize,
    inner: usize,
    /// Its last bracket; none where nothing of it is known.
    end: Option<u32>,
    odd: bool,
}

impl Outlines {
    /// Adds what `index` knows of the record that it has [outlined](Index::outline) or [measured](Index::measure) last. Of
    /// a record that is written in an unusual way, nothing is kept.
    pub fn keep(&mut self, index: &Index) {
        let followed = &index.followed;
        let end = followed.end.filter(|_| !followed.escapes && !followed.colons.is_empty());
        if end.is_some() {
            self.colons.extend_from_slice(&followed.colons);
            self.inner.extend_from_slice(&followed.inner);
        }
        let (colons, inner) = (self.colons.len(), self.inner.len());
        self.records.push(Kept { colons, inner, end, odd: followed.odd });
    }

    /// Forgets all records, keeps the memory.
    pub fn clear(&mut self) {
        self.colons.clear();
        self.inner.clear();
        self.records.clear();
    }
}

impl Index {
    /// Does what [`measure`](Self::measure) does, and lists the members of the objects in the record too: for
    /// [`Outlines::keep`].
    pub fn outline(&mut self, text: &[u8]) -> Option<Measured> {
        self.follow(text, Reach::Inner)
    }

    /// [Resets](Self::reset) to the record with this number among those that were kept, counted from 0. Its fields are
    /// to be asked of the same bytes.
    pub fn recall(&mut self, outlines: &Outlines, number: usize) {
        self.reset();
        let Some(kept) = outlines.records.get(number).filter(|kept| kept.end.is_some()) else { return };
        let before = number.checked_sub(1).and_then(|before| outlines.records.get(before));
        let (colons, inner) = before.map_or((0, 0), |before| (before.colons, before.inner));
        let Self { followed, walks: [root, ..], .. } = self;
        followed.colons.extend_from_slice(outlines.colons.get(colons..kept.colons).unwrap_or_default());
        followed.inner.extend_from_slice(outlines.inner.get(inner..kept.inner).unwrap_or_default());
        (followed.end, followed.odd) = (kept.end, kept.odd);
        *root = Walk::Done;
        self.is_plain = !kept.odd;
    }

    /// Resets to the record that `text` begins with, and lists what is in reach.
    pub(crate) fn follow(&mut self, text: &[u8], reach: Reach) -> Option<Measured> {
        self.reset();
        text.first().filter(|byte| **byte == b'{')?;
        let Self { masks, followed, .. } = &mut *self;
        let Some(length) = follow(text, reach, masks, followed) else {
            self.reset();
            return None;
        };
        if let Some(root) = self.walks.first_mut() {
            *root = Walk::Done;
        }
        self.is_plain = self.has_no_escapes() && !self.followed.odd;
        Some(Measured { length, plain: !self.followed.odd })
    }
}

#[cfg(test)]
mod tests {
    use super::Outlines;
    use crate::masks::Masks;
    use crate::{Index, fields};
    use json_scan::Kernel;

    /// Usual, with escapes, blanks, other than ASCII, deep, long, and with keys of the same end.
    fn records() -> Vec<String> {
        let user = r#""userIdentity":{"type":"AssumedRole","arn":"a/b/c","sessionContext":{"sessionIssuer":{"type":"Role","userName":"admin"},"attributes":{"mfaAuthenticated":"true"}},"invokedBy":"x"}"#;
        let rest = r#""eventTime":"2026-01-02T03:04:05Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"eu-west-1","requestParameters":{"bucketName":"b","key":"k","a":[{"key":"no"}]},"additionalEventData":{"bytesTransferredIn":5},"vpcEndpointAccountId":"1","recipientAccountId":"2","eventType":"AwsApiCall""#;
        let usual = format!("{{{user},{rest}}}");
        let long =
            format!(r#"{{"userAgent":"{}",{user},"b":[{}],{rest}}}"#, "-".repeat(3000), r#"{"c":{"d":1}},"#.repeat(99));
        vec![
            usual.clone(),
            usual.replace("admin", "ad\\u006din"),
            usual.replace("admin", "ädmin"),
            usual.replace("\"sessionIssuer\":", "\"sessionIssuer\" : "),
            usual.replace("\"eventName\":", "\"eventName\"\t:"),
            usual.replace("\"eventName\"", "\"event\\u004eame\""),
            usual.replace("\"type\":\"AssumedRole\"", "\"a\":{\"type\":1},\"type\":\"AssumedRole\""),
            long.replace(",]", "]"),
            "{}".to_owned(),
            r#"{"a":1}"#.to_owned(),
        ]
    }

    #[test]
    fn every_kernel_answers_from_what_was_kept_as_from_the_record() {
        for kernel in Kernel::all() {
            let mut index = Index { masks: Masks::with(kernel), ..Index::new() };
            let (records, mut outlines) = (records(), Outlines::default());
            for record in &records {
                assert_eq!(index.outline(record.as_bytes()).map(|it| it.length), Some(record.len()), "{kernel:?}");
                outlines.keep(&index);
            }
            for (number, record) in records.iter().enumerate() {
                let record = record.as_bytes();
                let (mut line, mut alone) = (Vec::new(), Vec::new());
                index.recall(&outlines, number);
                assert_eq!(index.info(record, &mut line), Index::new().info(record, &mut alone));
                assert_eq!(line, alone, "{kernel:?}");
                for field in fields() {
                    let expected = Index::new().get(record, field, None);
                    assert_eq!(index.get(record, field, None), expected, "{kernel:?} {} of {number}", field.name);
                }
                index.recall(&outlines, number);
                for field in fields().iter().rev() {
                    let expected = Index::new().get(record, field, None);
                    assert_eq!(index.get(record, field, None), expected, "{kernel:?} {} of {number}", field.name);
                }
            }
        }
    }
}
