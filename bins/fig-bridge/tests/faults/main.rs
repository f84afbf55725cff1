//! Tests failures, with the real program between the stand-ins. It is one test program, so that it is linked once.
//!
//! - `defects_*`: the 24 defects of the original, by number;
//! - `accounts`: the counts, at every moment of all tests' failures;
//! - `refusals`: refusals inside of successful responses, and their cause;
//! - `going_back`: offsets that do not only rise;
//! - `letters`: the command `dead-letter`;
//! - `kill`, `kill_lines`: SIGKILL at random points;
//! - `logs`, `s3`, `s3_check`: CloudWatch Logs and S3, with the real SDK;
//! - `several`: S3 beside other backends;
//! - `read_back`: the objects of S3, read by `ct-ingest`;
//! - `garbage`, `ssm`, `moto`: garbage from the services, and their failures;
//! - `starting`: destinations that are down or silent at the start;
//! - `stuck`: a log and an admin port that are blocked;
//! - `handover`: one instance after the other, with offsets and credentials that change meanwhile;
//! - `secrets`: data that must never be shown;
//! - `as_fig`, `clouds`: the environment of FIG's users;
//! - `clock`: a machine whose clock is wrong;
//! - `advice`: failures between the program and the service.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where its set-up does")]

mod accounts;
mod advice;
mod as_fig;
mod clock;
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
mod kill_lines;
mod letters;
mod logs;
mod moto;
mod read_back;
mod refusals;
mod s3;
mod s3_check;
mod secrets;
mod several;
mod ssm;
mod starting;
mod stuck;
