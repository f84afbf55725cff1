//! How much files may define. Aliases let a small file hold a large one.

/// How many values the exceptions of one rule may have.
const MAX_VALUES: usize = 200_000;

/// How many items and tags all files may have: ten times what the largest condition has room for.
const MAX_ITEMS: usize = 1_000_000;

/// How long items and tags of all files may be, in bytes: 64 for each of them on average.
const MAX_ITEMS_TEXT: usize = 64 << 20;

/// The longest condition, in bytes: room for a hundred thousand addresses.
pub(super) const MAX_TEXT: usize = 4 << 20;

/// How many values may still be added.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    subject: &'static str,
    max_values: usize,
    max_bytes: usize,
    values: usize,
    bytes: usize,
}

impl Budget {
    /// The budget for the exceptions of one rule.
    pub(super) const EXCEPTIONS: Self = Self::new("the exceptions of a rule", MAX_VALUES, MAX_TEXT);

    /// The budget for the items of all lists and the tags of all rules.
    pub(super) const ITEMS: Self = Self::new("the lists and tags of all files", MAX_ITEMS, MAX_ITEMS_TEXT);

    const fn new(subject: &'static str, max_values: usize, max_bytes: usize) -> Self {
        Self { subject, max_values, max_bytes, values: 0, bytes: 0 }
    }

    /// Counts a value.
    pub(super) fn take(&mut self, text: &str) -> Result<(), String> {
        self.values += 1;
        self.bytes = self.bytes.saturating_add(text.len());
        if self.values > self.max_values {
            return Err(format!("{} have more than {} values", self.subject, self.max_values));
        }
        self.check_length(self.bytes)
    }

    /// Checks the length of a text that is made of the values.
    pub(super) fn check_length(&self, bytes: usize) -> Result<(), String> {
        if bytes > self.max_bytes {
            return Err(format!("{} are longer than {} bytes", self.subject, self.max_bytes));
        }
        Ok(())
    }
}
