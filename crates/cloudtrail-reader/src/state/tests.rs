use super::*;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fs;

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn key(day: &str, unique: &str) -> String {
    let folder = day.replace('-', "/");
    let compact = day.replace('-', "");
    format!(
        "AWSLogs/111111111111/CloudTrail/eu-west-1/{folder}/111111111111_CloudTrail_eu-west-1_{compact}T0305Z_{unique}.json.gz"
    )
}

fn shown(day: &str, uniques: &[(&str, &str)]) -> Vec<ListedKey> {
    uniques.iter().map(|(unique, modified)| ListedKey { key: key(day, unique), modified: time(modified) }).collect()
}

#[test]
fn what_was_added_is_read_and_nothing_else() {
    let mut state = ReadState::new();
    state.add("b", &key("2026-01-02", "a"));
    state.add("b", "odd/x.json");
    assert!(state.take_changed() && !state.take_changed());
    assert!(state.is_read("b", &key("2026-01-02", "a"), None));
    assert!(state.is_read("b", "odd/x.json", None));
    assert!(!state.is_read("c", &key("2026-01-02", "a"), None));
    assert!(!state.is_read("b", &key("2026-01-02", "b"), None));
    assert!(!state.is_read("b", "odd/y.json", None));
    assert!(!state.is_read("b", "x.json", None));
}

#[test]
fn an_old_day_is_closed_and_a_file_that_comes_later_is_still_new() {
    let mut state = ReadState::new();
    let first = [("a", "2026-01-02T03:05:00Z"), ("b", "2026-01-20T03:05:00Z")];
    first.iter().for_each(|(unique, _)| state.add("b", &key("2026-01-02", unique)));
    let day = shown("2026-01-02", &first);
    state.close("b", &day, time("2026-01-30T00:00:00Z"));
    assert_eq!(state.names(), 2, "too young");
    state.close("b", &day, time("2026-02-10T00:00:00Z"));
    assert_eq!(state.names(), 0);
    assert!(day.iter().all(|it| state.is_read("b", &it.key, Some(it.modified))));
    // A file of that day, three months late.
    let late = ListedKey { key: key("2026-01-02", "late"), modified: time("2026-04-02T00:00:00Z") };
    assert!(!state.is_read("b", &late.key, Some(late.modified)));
    state.add("b", &late.key);
    assert!(state.is_read("b", &late.key, Some(late.modified)));
    // A later listing that returns it does not forget it.
    let all = [&day[..], std::slice::from_ref(&late)].concat();
    for listed in ["2026-04-02T01:00:00Z", "2026-04-20T00:00:00Z", "2026-06-01T00:00:00Z"] {
        state.close("b", &all, time(listed));
        assert!(all.iter().all(|it| state.is_read("b", &it.key, Some(it.modified))), "{listed}");
    }
    assert_eq!(state.names(), 0);
}

#[test]
fn a_day_with_something_unread_is_not_closed() {
    let mut state = ReadState::new();
    state.add("b", &key("2026-01-02", "a"));
    let day = shown("2026-01-02", &[("a", "2026-01-02T03:05:00Z"), ("unread", "2026-01-02T03:05:00Z")]);
    state.close("b", &day, time("2026-06-01T00:00:00Z"));
    assert!(!state.is_read("b", &day[1].key, Some(day[1].modified)));
}

#[test]
fn what_is_passed_over_is_read_again_by_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = StateFile::new(folder.path().join("state"));
    let day = shown("2026-01-02", &[("a", "2026-01-02T03:05:00Z"), ("cut", "2026-01-02T03:05:00Z")]);
    let mut state = ReadState::new();
    state.add("b", &day[0].key);
    state.skip("b", &day[1].key);
    assert!(state.is_read("b", &day[1].key, Some(day[1].modified)), "in this run");
    state.close("b", &day, time("2026-06-01T00:00:00Z"));
    file.save(&state).unwrap();
    let next = file.load().unwrap();
    assert!(next.is_read("b", &day[0].key, Some(day[0].modified)));
    assert!(!next.is_read("b", &day[1].key, Some(day[1].modified)), "its day is not closed");
}

#[test]
fn the_file_gives_back_what_was_saved_and_is_refused_where_it_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let file = StateFile::new(folder.path().join("state"));
    assert_eq!(file.load().unwrap(), ReadState::new());
    let mut state = ReadState::new();
    for day in 1..=9 {
        let day = format!("2026-01-0{day}");
        state.add("b", &key(&day, "a"));
        state.close("b", &shown(&day, &[("a", "2026-01-05T00:00:00Z")]), time("2026-03-31T00:00:00Z"));
    }
    state.add("b", &key("2026-03-02", "a\"b"));
    state.add("c", "x.json");
    state.take_changed();
    file.save(&state).unwrap();
    assert_eq!(file.load().unwrap(), state);
    let text = fs::read_to_string(file.path()).unwrap();
    assert!(text.contains(r#"{"day":"2026-01-01","to":"2026-01-09","closed":"2026-03-01T00:00:00Z"}"#), "{text}");
    for length in 0..text.len() {
        fs::write(file.path(), text.get(..length).unwrap()).unwrap();
        assert!(matches!(file.load(), Err(StateError::Damaged { .. })), "cut to {length}");
    }
    for at in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        fs::write(file.path(), &bytes).unwrap();
        assert!(file.load().is_err(), "changed at {at}");
    }
    fs::write(file.path(), text.replace("\"version\":1", "\"version\":3")).unwrap();
    assert!(matches!(file.load(), Err(StateError::Version { found: 3, .. })));
}

#[test]
fn log_groups_are_kept_with_their_ids() {
    let folder = tempfile::tempdir().unwrap();
    let file = StateFile::new(folder.path().join("state"));
    let mut state = ReadState::new();
    state.add("c", "x.json");
    assert_eq!(state.resume_log_group("eu-west-1/trail", None, 1000), None);
    state.add_log_events("eu-west-1/trail", (0..2500).map(|number| (number, number.to_string().into())));
    state.resume_log_group("eu-west-1/other", Some(7), 1000);
    state.close_log_group("eu-west-1/trail", 3000, 1000);
    state.take_changed();
    file.save(&state).unwrap();
    let mut loaded = file.load().unwrap();
    assert_eq!(loaded, state);
    assert!(fs::read_to_string(file.path()).unwrap().contains("\"version\":2"));
    assert_eq!(loaded.resume_log_group("eu-west-1/trail", None, 1000), Some(2000));
    let is_read = |number: i64| loaded.is_log_event_read("eu-west-1/trail", &(number, number.to_string().into()));
    assert!(is_read(2000) && is_read(2499) && !is_read(1999) && !is_read(2500));
}

#[test]
fn a_link_stays_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let (real, link) = (folder.path().join("real"), folder.path().join("link"));
    fs::write(&real, "x").unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    StateFile::new(&link).save(&ReadState::new()).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(StateFile::new(&real).load().unwrap(), ReadState::new());
}

proptest! {
    #[test]
    fn no_key_is_lost_or_taken_for_another(
        objects in prop::collection::btree_set((0_i8..3, 0_u8..20, 0_i64..200), 1..40),
        passes in prop::collection::vec((0_usize..40, 0_i64..300), 1..8),
    ) {
        // Objects of three days appear at any time; later passes read some of them.
        let start = time("2026-01-01T00:00:00Z");
        let at = |day: i64| start + SignedDuration::from_hours(24 * day);
        let mut passes: Vec<_> = passes.into_iter().map(|(most, day)| (most, at(day))).collect();
        passes.sort_by_key(|(_, time)| *time);
        let mut state = ReadState::new();
        let mut read = BTreeSet::new();
        let objects: Vec<_> = objects.into_iter().map(|(day, unique, modified)| {
            (key(&format!("2026-01-0{}", day + 1), &format!("{unique}-{modified}")), at(modified), day)
        }).collect();
        for (most, now) in passes {
            let visible: Vec<_> = objects.iter().filter(|(_, modified, _)| *modified <= now).collect();
            for day in 0..3 {
                let of_day = visible.iter().filter(|(_, _, of)| *of == day);
                let shown: Vec<_> = of_day.map(|(key, modified, _)| ListedKey { key: key.clone(), modified: *modified }).collect();
                state.close("b", &shown, now);
            }
            for (key, modified, _) in &visible {
                prop_assert_eq!(state.is_read("b", key, Some(*modified)), read.contains(key), "{}", key);
            }
            for (key, modified, _) in visible.iter().take(most) {
                if !state.is_read("b", key, Some(*modified)) {
                    state.add("b", key);
                    read.insert(key.clone());
                }
            }
        }
    }
}
