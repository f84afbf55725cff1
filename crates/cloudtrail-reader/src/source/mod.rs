//! Drives a source for a program that is not asynchronous: each input comes with its origin, is read together with the
//! API call that announced it, and ends with an [`Outcome`] that decides what becomes of its receipt.
//!
//! 1. A [`RemoteSource`] or a list of files gives [`Input`]s. [`Input::open`] gives a [`Log`].
//! 2. [`Log::read`] passes the records to the program, which counts them in a [`Reading`].
//! 3. [`Report::add`] counts the [`Outcome`], and gives the [`ReportLine`]s for the log.
//! 4. [`Outcome::settle`] returns the receipt to confirm once the records are delivered. If a record may be missing, the
//!    message or the key is refused or left instead.
//!
//! ```
//! use cloudtrail_reader::source::{Check, Input, Report};
//! use cloudtrail_reader::{BufferPool, Origin};
//!
//! let path = std::env::temp_dir().join("cloudtrail-reader-example.json");
//! std::fs::write(&path, r#"{"Records":[{"eventName":"ConsoleLogin"}]}"#)?;
//! let (pool, mut report) = (BufferPool::default(), Report::new("they are counted"));
//! let log = Input::file(&path, Origin::Named).open(&pool).map_err(|outcome| outcome.name)?;
//! let mut outcome = log.read(&pool, Check::UnlessVouched, |records, reading| {
//!     while let Some(next) = records.next() {
//!         match next {
//!             Ok(record) => reading.add_record(&record.bytes),
//!             Err(damage) => reading.add_damage(damage),
//!         }
//!     }
//!     Ok::<(), std::convert::Infallible>(())
//! })?;
//! let counted = report.add(&outcome, |line| eprintln!("{line}"));
//! // The records were delivered. A file has no receipt.
//! if let Some(receipt) = outcome.settle() {
//!     receipt.confirm();
//! }
//! assert_eq!((counted.records, counted.damaged), (1, 0));
//! # std::fs::remove_file(path)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The logs of a queue:
//!
//! ```no_run
//! # fn example(config: aws_types::SdkConfig) -> Result<(), Box<dyn std::error::Error>> {
//! use cloudtrail_reader::BufferPool;
//! use cloudtrail_reader::aws::RawSettings;
//! use cloudtrail_reader::source::{Check, Network, Next, RemoteAddress, RemoteOptions};
//! use std::time::Duration;
//!
//! let (settings, mistakes) = RawSettings::default().resolve(jiff::Timestamp::now());
//! assert!(mistakes.is_empty());
//! // The configuration comes from `aws_config`.
//! let network = Network::start("aws", async { Ok::<_, std::io::Error>(config) })?;
//! let queue = RemoteAddress::Queue("my-queue".parse()?);
//! let (mut source, control) = network.open(&queue, RemoteOptions::new(settings), |_, _| {})?;
//! let pool = BufferPool::default();
//! while let Next::Input(input) = source.next(Duration::MAX) {
//!     let log = match input.open(&pool) {
//!         Ok(log) => log,
//!         Err(outcome) => {
//!             eprintln!("{} cannot be read", outcome.name);
//!             continue;
//!         }
//!     };
//!     let mut outcome = log.read(&pool, Check::All, |records, reading| {
//!         for record in records {
//!             match record {
//!                 Ok(record) => {
//!                     reading.add_record(&record.bytes);
//!                     println!("{}", String::from_utf8_lossy(&record.bytes)); // hand out every record ...
//!                 }
//!                 Err(damage) => reading.add_damage(damage),
//!             }
//!         }
//!         Ok::<(), std::io::Error>(())
//!     })?;
//!     // ... and only then confirm; the message is deleted.
//!     if let Some(receipt) = outcome.settle() {
//!         receipt.confirm();
//!     }
//! }
//! control.finish();
//! # Ok(())
//! # }
//! ```

mod batches;
mod control;
mod input;
mod local;
mod network;
mod outcome;
mod pump;
mod reading;
mod remote;
mod report;

pub use batches::{BatchSender, ReceiverGone, batches};
pub use control::{SourceAbandon, SourceControl};
pub use input::{Input, Log};
pub use local::{
    Local, LocalFile, count_local_files, found_files, is_pattern, local_files, log_that_stdin_waits, none_to_open,
};
pub use network::{Network, Preview, RemoteAddress, RemoteOptions};
pub use outcome::Outcome;
pub use reading::{Check, Reading};
pub use remote::{Next, RemoteSource};
pub use report::{Level, Report, ReportLine, Tally};

#[cfg(test)]
mod tests;
