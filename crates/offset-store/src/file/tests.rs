use std::os::unix::fs::{PermissionsExt as _, symlink};

use tempfile::TempDir;

use super::*;
use crate::{Changes, Feed};

fn offsets(entries: &[(u32, u64)]) -> Offsets {
    entries.iter().map(|(partition, offset)| (Feed::of_partition(*partition), *offset)).collect()
}

fn folder_with(text: &str) -> (TempDir, FileStore) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("offsets.json");
    fs::write(&path, text).unwrap();
    (folder, FileStore::new(path))
}

#[test]
fn there_is_none_then_one_then_a_new_one() {
    let folder = TempDir::new().unwrap();
    let store = FileStore::new(folder.path().join("offsets.json"));
    assert_eq!(store.read().unwrap(), Offsets::new());
    assert!(!store.path().exists(), "reading creates nothing");
    assert_eq!(store.read_or_create().unwrap(), Offsets::new());
    assert_eq!(fs::read_to_string(store.path()).unwrap(), "{}\n");

    assert_eq!(store.update(&Changes::set(offsets(&[(0, 41)]))).unwrap().before, Offsets::new());
    assert_eq!(store.update(&Changes::set(offsets(&[(1, 900)]))).unwrap().before, offsets(&[(0, 41)]));
    assert_eq!(store.read_or_create().unwrap(), offsets(&[(0, 41), (1, 900)]));
    assert_eq!(fs::read_to_string(store.path()).unwrap(), "{\"0\": 41, \"1\": 900}\n");
    let names: Vec<_> = folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["offsets.json"], "nothing else is left");
}

#[test]
fn the_originals_dict_is_read_and_its_feeds_kept() {
    let (_folder, store) = folder_with("{'0': 41, '7': 5}");
    store.update(&Changes::set(offsets(&[(0, 42)]))).unwrap();
    assert_eq!(store.read().unwrap(), offsets(&[(0, 42), (7, 5)]));
    store.update(&Changes::forget([Feed::of_partition(0)])).unwrap();
    assert_eq!(fs::read_to_string(store.path()).unwrap(), "{\"7\": 5}\n");
}

#[test]
fn a_damaged_file_is_refused_and_stays() {
    for damaged in ["", "{\"0\": 41", "\0\0\0\0", "[]"] {
        let (_folder, store) = folder_with(damaged);
        for error in [
            store.read().unwrap_err(),
            store.read_or_create().unwrap_err(),
            store.update(&Changes::set(offsets(&[]))).unwrap_err(),
        ] {
            assert!(error.is_unreadable(), "{error}");
            assert!(error.to_string().starts_with(&store.path().display().to_string()), "{error}");
        }
        assert_eq!(fs::read_to_string(store.path()).unwrap(), damaged);
        store.overwrite(&Offsets::new()).unwrap();
        assert_eq!(store.read().unwrap(), Offsets::new());
    }
}

#[test]
fn a_file_too_long_is_refused() {
    let (_folder, store) = folder_with(&" ".repeat(MAX_FILE + 1));
    let error = store.read().unwrap_err().to_string();
    assert!(error.ends_with("cannot read it: it has more than 1048576 bytes"), "{error}");
    let name = |number: u64| Feed::new(&format!("{number:0>100}")).unwrap();
    let many = (0..10_000).map(|number| (name(number), number)).collect();
    assert!(matches!(store.overwrite(&many), Err(StoreError::TooLarge { .. })));
}

#[test]
fn permissions_are_kept() {
    let (_folder, store) = folder_with("{}");
    fs::set_permissions(store.path(), Permissions::from_mode(0o640)).unwrap();
    store.update(&Changes::set(offsets(&[(0, 1)]))).unwrap();
    assert_eq!(fs::metadata(store.path()).unwrap().permissions().mode() & 0o7777, 0o640);
}

#[test]
fn a_link_stays_a_link() {
    let (folder, store) = folder_with("{}");
    let link = folder.path().join("link");
    symlink(store.path(), &link).unwrap();
    FileStore::new(&link).update(&Changes::set(offsets(&[(0, 1)]))).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(store.read().unwrap(), offsets(&[(0, 1)]));
}

#[test]
fn what_a_crash_left_is_in_nobodys_way() {
    let (folder, store) = folder_with("{\"0\": 41}");
    fs::write(folder.path().join("offsets.json.tmp"), "{\"0\": 99, \"and much more that was written").unwrap();
    assert_eq!(store.read_or_create().unwrap(), offsets(&[(0, 41)]));
    store.update(&Changes::set(offsets(&[(0, 42)]))).unwrap();
    assert_eq!(fs::read_to_string(store.path()).unwrap(), "{\"0\": 42}\n");
}

#[test]
fn a_process_that_holds_the_lock_is_not_waited_for_for_ever() {
    let (_folder, store) = folder_with("{}");
    let (_, _, held) = store.locked().unwrap();
    let error = store.update(&Changes::set(offsets(&[(0, 1)]))).unwrap_err();
    assert!(matches!(error, StoreError::Locked { .. }) && error.is_transient());
    drop(held);
    store.update(&Changes::set(offsets(&[(0, 1)]))).unwrap();
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let store = FileStore::new("/nowhere/offsets.json");
    let error = store.read_or_create().unwrap_err().to_string();
    assert!(error.starts_with("/nowhere/offsets.json: cannot create a .tmp file beside it: "), "{error}");
}

/// Each thread counts its own feed up. A lost entry, or one that another thread set back, shows at the end.
#[test]
fn writers_that_share_the_file_lose_nothing() {
    let (_folder, store) = folder_with("{}");
    thread::scope(|scope| {
        for feed in 0..3 {
            let store = store.clone();
            scope.spawn(move || {
                for offset in 1..=20 {
                    let before = loop {
                        match store.update(&Changes::set(offsets(&[(feed, offset)]))) {
                            Ok(saved) => break saved.before,
                            Err(error) => assert!(error.is_transient(), "{error}"),
                        }
                    };
                    assert_eq!(before.get(&Feed::of_partition(feed)).unwrap_or_default(), offset - 1);
                }
            });
        }
    });
    assert_eq!(store.read().unwrap(), offsets(&[(0, 20), (1, 20), (2, 20)]));
}
