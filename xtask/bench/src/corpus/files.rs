//! The log files: how many records each holds, whose it is, and what it is called.

use super::{
    rng::{Rng, mix},
    scene::Clock,
};

/// As many as in the corpus that the original plugin was measured on.
const FILES: usize = 145;
const RECORDS: usize = 200_000;
/// In a quick run one file of so many is made.
const QUICK: usize = 12;
/// Everything follows from this number.
const SEED: u64 = 2024;

const ACCOUNTS: &[&str] = &["111122223333", "444455556666", "210987654321", "987654321098"];
const REGIONS: &[&str] = &["us-east-1", "us-east-1", "eu-central-1", "eu-west-1", "ap-northeast-1", "us-west-2"];

/// One log file, before it is written.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Below the corpus's folder.
    pub(crate) path: String,
    pub(crate) records: usize,
    pub(crate) seed: u64,
    pub(crate) account: &'static str,
    pub(crate) region: &'static str,
    pub(crate) clock: Clock,
}

/// Every file of the corpus.
pub(crate) fn plan(quick: bool) -> Vec<Plan> {
    let step = if quick { QUICK } else { 1 };
    sizes().into_iter().enumerate().step_by(step).map(|(number, records)| Plan::new(number, records)).collect()
}

/// Sizes as they are in life: many small files, a few ten times as large (log-normal, without the chance in it).
fn sizes() -> Vec<usize> {
    /// How much the sizes differ; 0 makes all alike.
    const SPREAD: f64 = 0.65;
    let share = |number: usize| {
        // Files of all sizes come in any order: 64 and 145 have no common divisor.
        let unit = ((number * 64 % FILES) as f64 + 0.5) / FILES as f64;
        // Close enough to the normal distribution's quantiles.
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
