//! Objects all of whose events are with Falco.

use cloudtrail_reader::aws::Receipt;
use falco_plugin::FailureReason;

/// Receipts of the objects that ended in the last batch. Falco has dealt with a batch when it asks for the next one, and
/// no sooner are they confirmed: what is dropped, because Falco ends or crashes, comes again.
#[derive(Debug, Default)]
pub(super) struct Handed {
    receipts: Vec<Receipt>,
    /// Events of an object that has not ended yet have been lost on the way to Falco.
    incomplete: bool,
}

impl Handed {
    /// An object ends. One of whose events some were lost counts as not read.
    pub(super) fn end(&mut self, receipt: Receipt) {
        if !std::mem::take(&mut self.incomplete) {
            self.receipts.push(receipt);
        }
    }

    /// Falco asks for the next batch.
    pub(super) fn confirm(&mut self) {
        self.receipts.drain(..).for_each(Receipt::confirm);
    }

    /// What Falco is told of a batch: that it is there, or why there is none.
    ///
    /// Anything but the API's own reasons would end Falco, and has been logged: the next batch may be better.
    pub(super) fn settle(&mut self, filled: Result<(), anyhow::Error>) -> Result<(), anyhow::Error> {
        filled.map_err(|error| {
            if error.is::<FailureReason>() {
                return error;
            }
            self.lose();
            FailureReason::Timeout.into()
        })
    }

    /// The batch never reached Falco. The objects that ended in it were not read, nor was the one that goes on after it:
    /// objects come one after the other.
    fn lose(&mut self) {
        self.receipts.clear();
        self.incomplete = true;
    }
}

#[cfg(test)]
mod tests;
