//! Keeps receipts until Falco has taken all events of their objects.

use cloudtrail_reader::aws::Receipt;
use falco_plugin::FailureReason;

/// The receipts of the objects that ended in the last batch. They are confirmed when Falco asks for the next batch,
/// because then it has processed this one. Receipts that are dropped because Falco ends or crashes come again.
#[derive(Debug, Default)]
pub(super) struct Handed {
    receipts: Vec<Receipt>,
    /// Whether events of an object that has not ended yet were lost on the way to Falco.
    incomplete: bool,
}

impl Handed {
    /// Adds an object that ends. If some of its events were lost, it counts as not read.
    pub(super) fn end(&mut self, receipt: Receipt) {
        if !std::mem::take(&mut self.incomplete) {
            self.receipts.push(receipt);
        }
    }

    /// Confirms the receipts, because Falco asks for the next batch.
    pub(super) fn confirm(&mut self) {
        self.receipts.drain(..).for_each(Receipt::confirm);
    }

    /// Returns the result of a batch to Falco.
    ///
    /// Errors other than the API's own reasons have been logged and are hidden, because they would end Falco.
    pub(super) fn settle(&mut self, filled: Result<(), anyhow::Error>) -> Result<(), anyhow::Error> {
        filled.map_err(|error| {
            if error.is::<FailureReason>() {
                return error;
            }
            self.lose();
            FailureReason::Timeout.into()
        })
    }

    /// Handles a batch that never reached Falco. The objects that ended in it count as not read, and so does the one
    /// that continues after it.
    fn lose(&mut self) {
        self.receipts.clear();
        self.incomplete = true;
    }
}

#[cfg(test)]
mod tests;
