//! The log files: the number of records, the account and the name of each.

use super::{
    clock::Clock,
    rng::{Rng, mix},
};

/// The number of files in the corpus that the original plugin was measured on.
const FILES: usize = 145;
const RECORDS: usize = 200_000;
/// A quick run makes one file of this many.
const QUICK: usize = 12;
/// The seed of everything that is generated.
const SEED: u64 = 2024;

const ACCOUNTS: &[&str] = &["111122223333", "444455556666", "210987654321", "987654321098"];
const REGIONS: &[&str] = &["us-east-1", "us-east-1", "eu-central-1", "eu-west-1", "ap-northeast-1", "us-west-2"];

/// One log file, before it is written.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The path below the corpus's folder.
    pub(crate) path: String,
    pub(crate) records: usize,
    pub(crate) seed: u64,
    pub(crate) account: &'static str,
    pub(crate) region: &'static str,
    pub(crate) clock: Clock,
}

/// Returns every file of the corpus.
pub(crate) fn plan(quick: bool) -> Vec<Plan> {
    let step = if quick { QUICK } else { 1 };
    sizes().into_iter().enumerate().step_by(step).map(|(number, records)| Plan::new(number, records)).collect()
}

/// Returns a size with a realistic distribution: many small files, and a few that are ten times as large (log-normal,
/// without randomness).
fn sizes() -> Vec<usize> {
    /// The variation of the sizes; 0 makes all equal.
    const SPREAD: f64 = 0.65;
    let share = |number: usize| {
        // Sizes come in mixed order: 64 and 145 have no common divisor.
        let unit = ((number * 64 % FILES) as f64 + 0.5) / FILES as f64;
        // An approximation of the normal distribution's quantiles.
        (SPREAD * (unit / (1.0 - unit)).ln() / 1.702).exp()
    };
    let total: f64 = (0..FILES).map(share).sum();
    let mut sizes: Vec<usize> = (0..FILES).map(|n| (share(n) / total * RECORDS as f64) as usize).collect();
    let missing = RECORDS - sizes.iter().sum::<usize>();
    sizes.iter_mut().take(missing).for_each(|size| *size += 1);
    sizes
}

impl Plan {
    pub(crate) fn new(number: usize, records: usize) -> Self {
        let seed = mix(SEED + number as u64);
        let mut rng = Rng::new(seed);
        let account = rng.pick(ACCOUNTS).copied().unwrap_or_default();
        let region = rng.pick(REGIONS).copied().unwrap_or_default();
        // A file covers some minutes and is delivered after them.
        let clock = Clock { day: 10 + rng.below(5) as u32, seconds: (number * 300 % 86_000) as u32 };
        let (day, hour, minute) = (clock.day, clock.seconds / 3600, clock.seconds / 60 % 60);
        let unique: String =
            (0..16).filter_map(|_| rng.pick(b"ABCDEFGHabcdefgh01234567").map(|b| char::from(*b))).collect();
        let path = format!(
            "AWSLogs/{account}/CloudTrail/{region}/2024/03/{day}/\
             {account}_CloudTrail_{region}_202403{day}T{hour:02}{minute:02}Z_{unique}.json.gz"
        );
        Self { path, records, seed, account, region, clock }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_add_up_and_differ() {
        let mut sizes = sizes();
        sizes.sort_unstable();
        assert_eq!((sizes.len(), sizes.iter().sum::<usize>()), (FILES, RECORDS));
        assert!(sizes[FILES - 1] > 7 * sizes[FILES / 2], "{sizes:?}");
    }
}
