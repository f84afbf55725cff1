//! The tables of cases.

mod init;
mod log;
mod open;
mod remote;

use crate::case::{Case, End, Kind, Run};
use crate::{examples, rules, signals};

/// All cases, the slow ones first.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = signals::cases();
    cases.push(Case::named("metrics", "have their documented names", Kind::Metrics));
    cases.extend(remote::cases());
    cases.extend(examples::cases());
    cases.extend(rules::cases());
    cases.extend(init::cases());
    cases.extend(open::cases());
    cases.extend(log::cases());
    cases
}

/// Without this Falco would wait for system calls for ever.
pub(crate) const NO_SYSCALLS: &[&str] = &["--disable-source", "syscall"];

/// A run with nothing special, for a case to change.
const RUN: Run =
    Run { keys: String::new(), files: &[], more: "", args: NO_SYSCALLS, end: End::Well, shows: &[], hides: &[] };
