//! `cargo xtask test-report`: looks at the page of `ct-ingest report` in a real browser.
//!
//! The browser is Debian's headless Chromium, unpacked under target/tools with all of its libraries except the C library.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::debian::{Needs, Package};
use crate::run::{cargo, output};
use crate::test::check_ran;

/// From the oldest release that has it, so that it works with the C library of the machine.
const CHROMIUM: Package = Package {
    name: "chromium",
    packages: &["chromium-headless-shell", "fonts-dejavu-core"],
    release: "bookworm",
    needs: Needs::Libraries,
};
/// The program, from the root of the packages.
const PROGRAM: &str = "usr/lib/chromium/chromium-headless-shell";
/// The target of the tests.
const TARGET: &str = "report_in_browser";
/// The tests, each with its target.
const TESTS: [(&str, &str); 2] = [(TARGET, "the_page_is_good_in_a_browser"), (TARGET, "a_bad_page_is_noticed")];

/// Runs the tests, and checks that they ran.
pub(crate) fn test() -> Result<()> {
    let root = CHROMIUM.root().context("cannot install Chromium from Debian")?;
    let libraries = std::env::join_paths(library_folders(&root))?;
    let mut test = cargo(&format!("test --workspace --locked --test {TARGET} -- --ignored"));
    test.env("CHROMIUM", root.join(PROGRAM)).env("CHROMIUM_LIBRARIES", libraries);
    test.env("CHROMIUM_FONTS", root.join("usr/share/fonts"));
    let text = output(&mut test)?;
    print!("{text}");
    check_ran(&text, &TESTS)
}

/// Returns the folders of the libraries: those of the machine's architecture, and pulseaudio's in them.
fn library_folders(root: &Path) -> impl Iterator<Item = PathBuf> {
    let machine = format!("{}-linux-gnu", std::env::consts::ARCH);
    ["usr/lib", "lib"].map(|name| root.join(name).join(&machine)).into_iter().flat_map(|folder| {
        let inner = folder.join("pulseaudio");
        [folder, inner]
    })
}
