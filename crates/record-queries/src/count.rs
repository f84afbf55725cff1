//! Counts records by the values of fields.

use crate::groups::Groups;
use crate::table::bars;
use std::io::Write;

/// The bytes of the groups in memory. Records of more groups are counted together.
const MOST_BYTES: usize = 128 << 20;

/// The number of records for each combination of values.
#[derive(Debug)]
pub(crate) struct Count {
    names: Vec<String>,
    top: Option<usize>,
    /// The groups. The key is the line that [`crate::rows::json`] writes.
    groups: Groups<u64>,
}

impl Count {
    pub(crate) fn new(names: Vec<String>, top: Option<usize>) -> Self {
        Self { names, top, groups: Groups::new(MOST_BYTES) }
    }

    /// Counts lines, each of which is the group of a record.
    pub(crate) fn add(&mut self, lines: &[u8]) {
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', lines).map(|at| at + 1) {
            self.groups.update(lines.get(start..end).unwrap_or_default(), |count| *count += 1);
            start = end;
        }
    }

    /// Returns the number of records of groups that did not fit into memory.
    pub(crate) fn uncounted(&self) -> u64 {
        self.groups.uncounted()
    }

    /// Returns the number of groups, and how many of them the answer shows.
    pub(crate) fn groups(&self) -> (usize, usize) {
        (self.groups.len(), self.top.unwrap_or(usize::MAX).min(self.groups.len()))
    }

    /// Returns the groups, the largest first, as bars that fit a terminal or as JSON objects.
    pub(crate) fn answer(&self, columns: Option<usize>) -> Vec<u8> {
        let mut groups: Vec<(&[u8], u64)> = self.groups.iter().map(|(group, count)| (group, *count)).collect();
        groups.sort_unstable_by(|(one, ones), (other, others)| others.cmp(ones).then(one.cmp(other)));
        groups.truncate(self.groups().1);
        match columns {
            Some(columns) => self.bars(&groups, columns).into_bytes(),
            None => {
                let mut lines = Vec::new();
                groups.iter().for_each(|(group, count)| json(&mut lines, group, *count));
                lines
            }
        }
    }

    fn bars(&self, groups: &[(&[u8], u64)], columns: usize) -> String {
        let rows = groups.iter().map(|(group, count)| (self.cells(group), *count)).collect::<Vec<_>>();
        bars(&self.names, &rows, columns)
    }

    /// Returns the values of a group for people.
    fn cells(&self, group: &[u8]) -> Vec<String> {
        let values: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(group).unwrap_or_default();
        let shown = |name: &String| match values.get(name) {
            None => "-".to_owned(),
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        self.names.iter().map(shown).collect()
    }
}

/// Writes the JSON object of a group with its count.
fn json(lines: &mut Vec<u8>, group: &[u8], count: u64) {
    let members = group.strip_suffix(b"}\n").unwrap_or(group);
    let comma = if members.len() > 1 { "," } else { "" };
    lines.extend_from_slice(members);
    // Writing to memory does not fail.
    let _ = writeln!(lines, "{comma}\"count\":{count}}}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn counted(lines: &str, top: Option<usize>) -> Count {
        let mut count = Count::new(vec!["ct.name".to_owned(), "ct.user".to_owned()], top);
        count.add(lines.as_bytes());
        count
    }

    const LINES: &str = "{\"ct.name\":\"B\"}\n{\"ct.name\":\"A\",\"ct.user\":\"x\"}\n{}\n{\"ct.name\":\"B\"}\n";

    #[test]
    fn json_has_the_largest_group_first() {
        let text = |top| String::from_utf8(counted(LINES, top).answer(None)).unwrap();
        let all = "{\"ct.name\":\"B\",\"count\":2}\n{\"ct.name\":\"A\",\"ct.user\":\"x\",\"count\":1}\n{\"count\":1}\n";
        assert_eq!(text(None), all);
        assert_eq!(text(Some(1)), "{\"ct.name\":\"B\",\"count\":2}\n");
        assert_eq!(counted(LINES, Some(1)).groups(), (3, 1));
        assert_eq!(counted(LINES, Some(9)).groups(), (3, 3));
    }

    #[test]
    fn bars_are_for_people() {
        let text = String::from_utf8(counted(LINES, None).answer(Some(40))).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "COUNT  ct.name  ct.user");
        assert!(lines[1].starts_with("    2  B        -        ██"), "{text}");
        assert!(lines[3].starts_with("    1  -        -        █"), "{text}");
        assert!(lines.iter().all(|line| line.chars().count() <= 40), "{text}");
    }

    #[test]
    fn records_of_groups_beyond_the_limit_are_counted_together() {
        let mut count = Count { groups: Groups::new(200), ..counted("", None) };
        count.add(b"{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n{\"a\":1}\n{\"a\":4}\n");
        assert_eq!((count.groups().0, count.uncounted()), (2, 2));
    }

    proptest! {
        #[test]
        fn no_record_is_lost(names in prop::collection::vec("[a-d]{1,2}", 0..60)) {
            let lines: String = names.iter().map(|name| format!("{{\"ct.name\":\"{name}\"}}\n")).collect();
            let mut plain = BTreeMap::new();
            for name in &names {
                *plain.entry(name.clone()).or_insert(0_u64) += 1;
            }
            let answer = counted(&lines, None).answer(None);
            let mut found = BTreeMap::new();
            let mut before = u64::MAX;
            for line in answer.split_inclusive(|byte| *byte == b'\n') {
                let value: serde_json::Value = serde_json::from_slice(line).unwrap();
                let count = value["count"].as_u64().unwrap();
                prop_assert!(count <= before);
                before = count;
                found.insert(value["ct.name"].as_str().unwrap().to_owned(), count);
            }
            prop_assert_eq!(found, plain);
        }
    }
}
