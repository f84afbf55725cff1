//! The names under which the offsets of partitions are stored.

use offset_store::{Feed, Offsets, State};

use crate::partition::{Partition, Positions};

/// Returns the offsets whose names are numbers of partitions. Others belong to another program.
#[must_use]
pub fn positions(offsets: &Offsets) -> Positions {
    offsets.iter().filter_map(|(feed, offset)| Some((Partition(feed.as_str().parse().ok()?), offset))).collect()
}

/// Returns whether the positions of all partitions are stored.
#[must_use]
pub fn are_stored(positions: &Positions, state: &State) -> bool {
    positions.iter().all(|(partition, offset)| state.settled.get(&key(*partition)) == Some(*offset))
}

/// Returns the name under which a partition's offset is stored.
pub(crate) fn key(partition: Partition) -> Feed {
    Feed::of_partition(partition.0)
}

/// Parses offsets that a person has typed as `FEED=N`. A name that is not a number is a mistake: it would be another
/// program's.
///
/// # Errors
/// Returns all mistakes.
pub fn parse_offsets(typed: &[String]) -> Result<Offsets, Vec<String>> {
    let mut wrong = Vec::new();
    let mut offsets = Offsets::new();
    for text in typed {
        let Some((feed, offset)) = text.split_once('=') else {
            wrong.push(format!("{text}: write FEED=N, such as 0=41"));
            continue;
        };
        match (partition(feed.trim()), offset.trim().parse::<u64>()) {
            (Some(partition), Ok(offset)) => {
                if offsets.set(key(partition), offset).is_some() {
                    wrong.push(format!("{text}: the feed appears twice"));
                }
            }
            (None, _) => wrong.push(format!("{text}: the feed must be a number from 0 to {}, such as 0", u32::MAX)),
            (_, Err(_)) => wrong.push(format!("{text}: the offset must be a whole number from 0 to {}", u64::MAX)),
        }
    }
    if wrong.is_empty() { Ok(offsets) } else { Err(wrong) }
}

fn partition(text: &str) -> Option<Partition> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok().map(Partition))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feeds_and_offsets_are_typed() {
        let typed = |words: &[&str]| parse_offsets(&words.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(typed(&["0=41", "1 = 7"]).unwrap().to_json(), r#"{"0": 41, "1": 7}"#);
        let wrong = typed(&["0", "=1", "0=x", "0=-1", "1=1", "1=2"]).unwrap_err();
        assert_eq!(wrong.len(), 5, "{wrong:?}");
        for name in ["a", "-1", "+1", "0x1", "1.0", "4294967296"] {
            let wrong = typed(&[&format!("{name}=5")]).unwrap_err();
            assert!(wrong[0].contains("the feed must be a number"), "{wrong:?}");
        }
    }
}
