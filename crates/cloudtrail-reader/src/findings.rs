//! What reading one file has come to: what was wrong with it, and whether it has been read for good.

use crate::damage::{Damage, Reason};
use crate::split::Content;

/// Damages named in full per file; the others are counted. A file of garbage must not bury everything else.
const NAMED: usize = 20;
/// How the names of log files end.
const LOG_NAMES: [&str; 4] = [".json", ".jsonl", ".ndjson", ".gz"];
/// How the names of archives end, which are no logs.
const ARCHIVE_NAME: &str = ".tar.gz";

/// Takes in what [`Records`](crate::Records) gives of one file, and tells what follows from it.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Records that came out.
    pub records: u64,
    named: Vec<Damage>,
    damaged: u64,
    /// Gzip data that cannot be inflated, or failures of the system.
    unreadable: u64,
    /// JSON that is not CloudTrail's.
    foreign: u64,
    /// Damages that have cost records which another try might give, or at which somebody should look.
    costly: u64,
    /// Whether reading broke off, so that another try may give more.
    broken_off: bool,
}

impl Findings {
    /// Takes in a damage.
    pub fn add(&mut self, damage: Damage) {
        self.damaged += 1;
        match damage.reason {
            Reason::Gzip(_) | Reason::Io(_) => self.unreadable += 1,
            Reason::NotCloudTrail => self.foreign += 1,
            _ => {}
        }
        self.broken_off |= matches!(damage.reason, Reason::Io(_));
        let known = [Reason::NotUtf8, Reason::NotCloudTrail, Reason::RecordTooLarge, Reason::FileTooLarge];
        self.costly += u64::from(!known.contains(&damage.reason));
        if self.named.len() < NAMED {
            self.named.push(damage);
        }
    }

    /// How many damages there were.
    #[must_use]
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    /// The first 20 of them.
    #[must_use]
    pub fn named(&self) -> &[Damage] {
        &self.named
    }

    /// Whether all that is wrong with the file is that it is none of CloudTrail's. What could not be read to its end may
    /// have been one, and so may what is called like one and is not JSON.
    #[must_use]
    pub fn is_something_else(&self, name: &str, content: Content) -> bool {
        let nothing_found = content == Content::Unknown && self.records == 0 && self.unreadable == 0;
        nothing_found && (self.damaged == self.foreign || !is_named_as_log(name))
    }

    /// Whether the object's receipt is to be confirmed. A key that was listed has been read, damaged or not, unless
    /// reading broke off. A message is left to its queue where damage has cost records, so that it ends in the
    /// dead-letter queue and not nowhere.
    #[must_use]
    pub fn is_read(&self, name: &str, content: Content, of_message: bool) -> bool {
        let settled = !of_message || self.costly == 0 || self.is_something_else(name, content);
        settled && !self.broken_off
    }
}

fn is_named_as_log(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    LOG_NAMES.iter().any(|end| name.ends_with(end)) && !name.ends_with(ARCHIVE_NAME)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::damage::GzipError;

    fn findings(records: u64, reasons: &[Reason]) -> Findings {
        let mut findings = Findings { records, ..Findings::default() };
        for reason in reasons {
            findings.add(Damage { record: None, byte: 0, reason: reason.clone() });
        }
        findings
    }

    #[test]
    fn a_message_is_left_where_damage_has_cost_records() {
        let cut = Reason::Gzip(GzipError::Truncated { at: 9 });
        let broken_off = Reason::Io("reset".to_owned());
        let log = Content::Log;
        for (reason, of_key, of_message) in [
            (None, true, true),
            (Some(Reason::NotUtf8), true, true),
            (Some(Reason::RecordTooLarge), true, true),
            (Some(cut), true, false),
            (Some(broken_off), false, false),
        ] {
            let findings = findings(3, reason.as_slice());
            let read = [false, true].map(|of_message| findings.is_read("a.json.gz", log, of_message));
            assert_eq!(read, [of_key, of_message], "{reason:?}");
        }
    }

    #[test]
    fn what_is_none_of_cloudtrails() {
        let foreign = [Reason::NotCloudTrail];
        assert!(findings(0, &foreign).is_something_else("a.json", Content::Unknown));
        assert!(!findings(1, &foreign).is_something_else("a.json", Content::Unknown));
        let empty = [Reason::Empty];
        assert!(!findings(0, &empty).is_something_else("A.JSON", Content::Unknown));
        for name in ["notes.txt", "a.tar.gz"] {
            assert!(findings(0, &empty).is_something_else(name, Content::Unknown), "{name}");
            assert!(findings(0, &empty).is_read(name, Content::Unknown, true), "{name}");
        }
        assert_eq!(findings(0, &vec![Reason::Empty; 30]).named().len(), NAMED);
    }
}
