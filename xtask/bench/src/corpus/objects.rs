//! Log files as objects of a bucket, in memory: as many as one wants, of any size.

use anyhow::Result;

use super::{files::Plan, packed, record::Writer, text, world::World};

/// The key of the log file of this number. The keys of all numbers are spread over accounts, regions and days.
#[must_use]
pub fn key(number: usize) -> String {
    Plan::new(number, 0).path
}

/// Packed log files of so many records each, no two of them the same.
pub fn bodies(count: usize, records: usize) -> Result<Vec<Vec<u8>>> {
    let (world, writer) = (World::new(1)?, Writer::new()?);
    (0..count).map(|number| packed(&text(&Plan::new(number, records), &world, &writer)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn objects_differ_in_key_and_content() {
        let keys: BTreeSet<_> = (0..5000).map(key).collect();
        assert_eq!(keys.len(), 5000);
        let lanes: BTreeSet<_> = keys.iter().filter_map(|key| key.get(..key.rfind("/2024/")?)).collect();
        assert!(lanes.len() > 10, "{lanes:?}");
        let bodies = bodies(3, 2).unwrap();
        assert_eq!(bodies.iter().collect::<BTreeSet<_>>().len(), 3);
    }
}
