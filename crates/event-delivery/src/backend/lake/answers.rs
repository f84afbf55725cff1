//! Reads the answer of `PutAuditEvents`, which names each entry by its id.

use audit_schema::of_entry;
use aws_sdk_cloudtraildata::operation::put_audit_events::PutAuditEventsOutput;

use crate::backend::{Failure, Outcome};

/// The answer to a call.
pub(super) struct Answers<'a> {
    answer: &'a PutAuditEventsOutput,
    /// The place where the next entry is expected. The entries usually come in the order of the call.
    next: usize,
}

impl<'a> Answers<'a> {
    pub(super) fn new(answer: &'a PutAuditEventsOutput) -> Self {
        Self { answer, next: 0 }
    }

    /// Returns the outcome of the call's next entry. An entry that the answer does not name is not confirmed.
    pub(super) fn of(&mut self, id: &str, is_whole: bool) -> Outcome {
        if let Some(failed) = self.answer.failed().iter().find(|failed| failed.id() == id) {
            let code = failed.error_code();
            return Outcome::Failed(Failure::of_entry(of_entry(code), code, failed.error_message()));
        }
        let successful = self.answer.successful();
        if successful.get(self.next).is_some_and(|entry| entry.id() == id) {
            self.next += 1;
        } else if !successful.iter().any(|entry| entry.id() == id) {
            return Outcome::Failed(Failure::not_answered());
        }
        Outcome::taken(is_whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cloudtraildata::types::{AuditEventResultEntry, ResultErrorEntry};

    /// Returns the ids that are confirmed in an answer with these entries.
    fn confirmed(successful: &[&str], asked: &[&'static str]) -> Vec<&'static str> {
        let entry = |id: &&str| AuditEventResultEntry::builder().id(*id).event_id("e").build().unwrap();
        let failed = ResultErrorEntry::builder().id("0_9").error_code("InvalidData").error_message("wrong");
        let answer = PutAuditEventsOutput::builder()
            .set_successful(Some(successful.iter().map(entry).collect()))
            .failed(failed.build().unwrap())
            .build()
            .unwrap();
        let mut answers = Answers::new(&answer);
        asked.iter().copied().filter(|id| answers.of(id, true) == Outcome::Confirmed).collect()
    }

    #[test]
    fn entries_are_found_in_any_order() {
        let all = ["0_1", "0_2", "0_3"];
        for order in [["0_1", "0_2", "0_3"], ["0_3", "0_2", "0_1"], ["0_2", "0_1", "0_3"]] {
            assert_eq!(confirmed(&order, &all), all, "{order:?}");
        }
    }

    #[test]
    fn what_is_refused_or_not_named_is_not_confirmed() {
        assert_eq!(confirmed(&["0_1", "0_3", "0_9"], &["0_1", "0_2", "0_9", "0_3", "0_4"]), ["0_1", "0_3"]);
        assert!(confirmed(&[], &["0_1"]).is_empty());
    }
}
