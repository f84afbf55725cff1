//! The sources of a run, and which of them have been read to their end.

use crate::stop::Stop;
use crate::text::printable;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most sources that one log line names.
const NAMED: usize = 10;

/// The sources of a run, in the order in which they are read. Clones share their state.
#[derive(Clone, Debug, Default)]
pub struct Sources(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    sources: Vec<Source>,
    /// The number of sources that have no more inputs to begin, the first ones.
    begun: usize,
    is_logged: bool,
}

#[derive(Debug)]
struct Source {
    name: String,
    /// The inputs that were begun.
    begun: u64,
    /// The inputs whose output was written.
    written: u64,
}

impl Sources {
    /// Takes the names of the sources.
    #[must_use]
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        let sources = names.into_iter().map(|name| Source { name, begun: 0, written: 0 }).collect();
        Self(Arc::new(Mutex::new(State { sources, begun: 0, is_logged: false })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that an input of this source is begun. The sources before it have no more.
    pub fn begin(&self, source: usize) {
        let mut state = self.state();
        state.begun = state.begun.max(source);
        if let Some(source) = state.sources.get_mut(source) {
            source.begun += 1;
        }
    }

    /// Notes that all inputs are begun.
    pub fn begin_all(&self) {
        let mut state = self.state();
        state.begun = state.sources.len();
    }

    /// Notes that all output of an input of this source is written.
    pub fn write(&self, source: usize) {
        if let Some(source) = self.state().sources.get_mut(source) {
            source.written += 1;
        }
    }

    /// After a stop, logs the sources that were not read to their end, and those that were not started, in one line. Only
    /// the first call counts.
    pub fn log_unfinished(&self, stop: &Stop) {
        if !stop.is_set() {
            return;
        }
        let mut state = self.state();
        let (unfinished, not_started, sources) = state.unfinished();
        if unfinished + not_started > 0 && !std::mem::replace(&mut state.is_logged, true) {
            tracing::warn!(unfinished, not_started, sources, "SOURCEs that were not read to their end");
        }
    }
}

impl State {
    /// Returns the number of sources that were begun but not finished, that of those that were not started, and names.
    fn unfinished(&self) -> (usize, usize, String) {
        let is_open = |(number, source): &(usize, &Source)| *number >= self.begun || source.written < source.begun;
        let open = self.sources.iter().enumerate().filter(is_open).map(|(_, source)| source);
        let (unfinished, not_started): (Vec<_>, Vec<_>) = open.partition(|source| source.begun > 0);
        let all = unfinished.iter().chain(&not_started);
        let mut names: Vec<String> = all.take(NAMED).map(|source| printable(&source.name)).collect();
        let more = unfinished.len() + not_started.len() - names.len();
        names.extend((more > 0).then(|| format!("and {more} more")));
        (unfinished.len(), not_started.len(), names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_that_were_not_read_to_their_end_are_named() {
        let sources = Sources::new(["a", "b", "c\n", "d"].map(str::to_owned));
        let left = || sources.state().unfinished();
        assert_eq!(left(), (0, 4, "a, b, c\\n, d".to_owned()));
        sources.begin(0);
        sources.begin(0);
        sources.write(0);
        assert_eq!(left(), (1, 3, "a, b, c\\n, d".to_owned()));
        // The folder b has no input.
        sources.begin(2);
        assert_eq!(left(), (2, 1, "a, c\\n, d".to_owned()));
        sources.write(0);
        assert_eq!(left(), (1, 1, "c\\n, d".to_owned()));
        sources.begin_all();
        assert_eq!(left(), (1, 0, "c\\n".to_owned()));
        sources.write(2);
        assert_eq!(left(), (0, 0, String::new()));
    }

    #[test]
    fn a_long_list_is_shortened() {
        let sources = Sources::new((0..1000).map(|number| format!("{number}")));
        let (_, not_started, names) = sources.state().unfinished();
        assert_eq!((not_started, names.as_str()), (1000, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, and 990 more"));
    }
}
