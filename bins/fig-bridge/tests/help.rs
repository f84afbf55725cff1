//! Compares each help page with the folder help (`UPDATE_EXPECT=1` writes it), and checks the man page.

#![allow(clippy::unwrap_used, reason = "a test fails where its set-up does")]

use expect_test::expect_file;
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_page_of_the_help_is_as_written() {
    let pages = stand_ins::help::pages(Path::new(env!("CARGO_BIN_EXE_fig-bridge"))).unwrap();
    for (file, page) in &pages {
        expect_file![format!("help/{file}")].assert_eq(page);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help");
    let written = folder.read_dir().unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(written.collect::<BTreeSet<_>>(), pages.into_iter().map(|(file, _)| file).collect());
}

#[test]
fn the_man_page_has_every_command_and_option() {
    let missing = stand_ins::help::missing_on_the_man_page(Path::new(env!("CARGO_BIN_EXE_fig-bridge"))).unwrap();
    assert_eq!(missing, Vec::<String>::new());
}
