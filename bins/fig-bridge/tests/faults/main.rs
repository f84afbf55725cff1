//! What goes wrong, with the real program between the stand-ins. One program of tests: it is linked once.
//!
//! - `defects_*`: the 24 defects of the original, by number;
//! - `accounts`: what is counted, at every moment of all that;
//! - `refusals`: what is refused inside of answers that are a success, and whose fault that is;
//! - `going_back`: offsets that do not only go up;
//! - `letters`: the command `dead-letter`;
//! - `kill`: SIGKILL at random points;
//! - `garbage`, `ssm`, `moto`: what the services send, and how they fail;
//! - `stuck`: a log and an admin port that somebody holds up;
//! - `handover`: one instance after the other, with offsets and credentials that change meanwhile;
//! - `secrets`: what must never be shown;
//! - `as_fig`, `clouds`: what FIG's users have;
//! - `advice`: what stands between the program and the service.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where its set-up does")]

mod accounts;
mod advice;
mod as_fig;
mod clouds;
mod defects_config;
mod defects_delivery;
mod defects_stream;
mod garbage;
mod going_back;
mod handover;
#[path = "../harness/mod.rs"]
mod harness;
mod kill;
mod letters;
mod moto;
mod refusals;
mod secrets;
mod ssm;
mod stuck;
