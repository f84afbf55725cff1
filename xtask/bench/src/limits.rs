//! The limits, for each kernel that has some. crates/ARCHITECTURE.md shows them as a table.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

/// The name for every kernel.
const ANY: &str = "any";

/// The largest ratio, or MiB, of each row and kernel.
#[derive(Debug)]
pub struct Limits(BTreeMap<String, BTreeMap<String, f64>>);

impl Limits {
    /// Returns the limits of the repository.
    ///
    /// # Errors
    /// Fails if the file is not valid.
    pub fn read() -> Result<Self> {
        serde_json::from_str(include_str!("../limits.json")).map(Self).context("xtask/bench/limits.json")
    }

    /// Returns the limit of the row with this key: that of the kernel, or that of any.
    pub fn most(&self, key: &str, kernel: &str) -> Option<f64> {
        let row = self.0.get(key)?;
        row.get(kernel).or_else(|| row.get(ANY)).copied()
    }

    /// Returns the keys of the rows that have a limit.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns whether a row has a limit for this kernel alone.
    pub fn has_own(&self, kernel: &str) -> bool {
        self.0.values().any(|row| row.contains_key(kernel))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kernel_has_its_own_limit() {
        let limits = Limits::read().unwrap();
        let of = |key, kernel| limits.most(key, kernel);
        assert_eq!((of("plugin_source", "avx2"), of("plugin_source", "avx512-vbmi2")), (Some(1.7), Some(1.6)));
        assert_eq!((of("plugin_source", "plain"), of("split", "avx2")), (None, None));
        assert_eq!((of("plugin_mib", "plain"), of("plugin_mib", "avx2")), (Some(64.0), Some(64.0)));
        assert!(limits.has_own("avx2") && !limits.has_own("plain"));
    }

    /// Each line of the table has the row's key and a limit for each kernel, in the order of its head.
    #[test]
    fn the_document_has_the_same_limits() {
        let document = include_str!("../../../crates/ARCHITECTURE.md");
        let cells = |line: &str| line.split('|').map(|cell| cell.trim().replace('`', "")).collect::<Vec<_>>();
        let mut lines = document.lines().skip_while(|line| !line.starts_with("|key|")).map(cells);
        let head = lines.next().unwrap();
        let Limits(limits) = Limits::read().unwrap();
        let mut seen = 0;
        for line in lines.skip(1).take_while(|line| line.len() == head.len()) {
            let row = limits.get(&line[1]).unwrap_or_else(|| panic!("{} has no limit", line[1]));
            assert_eq!(line[2..].iter().filter(|cell| !cell.is_empty()).count(), row.len(), "{}", line[1]);
            for (kernel, most) in row {
                let column = head.iter().position(|name| name == kernel).unwrap();
                assert_eq!(line[column].parse::<f64>().unwrap(), *most, "{} {kernel}", line[1]);
            }
            seen += 1;
        }
        assert_eq!(seen, limits.len());
    }
}
