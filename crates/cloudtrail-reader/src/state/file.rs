//! The state file.
//!
//! ```text
//! {"format":"trailbridge-read-objects","version":1}
//! {"bucket":"b","lane":"AWSLogs/…/eu-west-1/"}
//! {"day":"2026-01-02","names":["20260102T0305Z_kQ3xY7bN1mPz8RtA",…]}
//! {"day":"2025-10-01","to":"2025-10-31","closed":"2025-12-01T00:00:00Z"}
//! {"log_group":"eu-west-1/trail","to":1767323045678,"ids_from":1767319445678}
//! {"events":[[1767323045000,"39315302…"],…]}
//! {"lines":5,"crc32":"89abcdef"}
//! ```
//!
//! Version 2 has log groups. A state without them is written as version 1, which older programs read.
//!
//! The last line has the number of lines before it, without the first, and the checksum of everything before it, so
//! that a truncated or changed file is detected.

use super::log_events::{GroupState, LogEventId};
use super::objects::{Day, LaneName, ReadState};
use flate2::Crc;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The newest version of the format.
const VERSION: u32 = 2;
/// The version without log groups.
const WITHOUT_LOG_GROUPS: u32 = 1;
/// The ids of one line, so that no line is long.
const IDS_OF_A_LINE: usize = 1000;
/// The name of the format.
const FORMAT: &str = "trailbridge-read-objects";
/// The largest state file in bytes: ten million names. A larger file is something else, named by mistake.
const MAX_FILE: u64 = 512 << 20;

/// Why a state cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The system refused the operation. Its reason is the [source](std::error::Error::source).
    #[error("{path}: cannot {doing} it")]
    Io {
        /// The file.
        path: PathBuf,
        /// The operation.
        doing: &'static str,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// The file is damaged, or is not a state file.
    #[error("{path}: is no state, or a damaged one ({reason}); restore it, or remove it to read everything once more")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The mistake.
        reason: String,
    },
    /// The file was written by a later version.
    #[error("{path}: has version {found}, and this program knows version {VERSION}; use the program that wrote it")]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
}

/// The file of a [`ReadState`].
#[derive(Clone, Debug)]
pub struct StateFile {
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    format: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tail {
    lines: usize,
    crc32: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, untagged)]
enum StateLine {
    Lane {
        bucket: String,
        lane: String,
    },
    LogGroup {
        log_group: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<i64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<i64>,
        ids_from: i64,
    },
    LogEvents {
        events: Vec<LogEventId>,
    },
    Day {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        day: Option<Date>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Date>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        closed: Option<Timestamp>,
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        names: BTreeSet<String>,
    },
}

impl StateFile {
    /// Creates the handle for this file, which need not exist; its folder must.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Returns the path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the state. An empty state if the file does not exist.
    ///
    /// # Errors
    /// If the file is damaged, is not a state file, has a later version, or cannot be read.
    pub fn load(&self) -> Result<ReadState, StateError> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(ReadState::new()),
            Err(error) => return Err(self.error("open", error)),
        };
        let mut text = String::new();
        match file.take(MAX_FILE + 1).read_to_string(&mut text) {
            Ok(_) if text.len() as u64 > MAX_FILE => Err(self.damaged(format!("more than {MAX_FILE} bytes"))),
            Ok(_) => self.parse(&text),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(self.damaged("not UTF-8".to_owned())),
            Err(error) => Err(self.error("read", error)),
        }
    }

    /// Writes the state to a temporary file, syncs it, moves it into place, and syncs the folder. After a crash, the
    /// file has the old state or the new one. A symbolic link stays one.
    ///
    /// # Errors
    /// If the system refuses. The old state is then unchanged.
    pub fn save(&self, state: &ReadState) -> Result<(), StateError> {
        let target = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let mut temporary = target.clone().into_os_string();
        temporary.push(".tmp");
        let temporary = PathBuf::from(temporary);
        let write = || {
            let mut file = File::create(&temporary)?;
            file.write_all(text(state).as_bytes())?;
            file.sync_all()
        };
        write().map_err(|error| self.error("write a .tmp file beside", error))?;
        fs::rename(&temporary, &target).map_err(|error| self.error("replace", error))?;
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        File::open(folder).and_then(|it| it.sync_all()).map_err(|error| self.error("sync the folder of", error))
    }

    fn parse(&self, text: &str) -> Result<ReadState, StateError> {
        let damaged = |reason: String| self.damaged(reason);
        let (head, _) = text.split_once('\n').ok_or_else(|| damaged("no first line".to_owned()))?;
        let head: Head = serde_json::from_str(head).map_err(|_| damaged("the first line is not ours".to_owned()))?;
        if head.format != FORMAT {
            return Err(damaged("the first line is not ours".to_owned()));
        }
        if !(WITHOUT_LOG_GROUPS..=VERSION).contains(&head.version) {
            return Err(StateError::Version { path: self.path.clone(), found: head.version });
        }
        let cut = || damaged("it is cut off".to_owned());
        let whole = text.strip_suffix('\n').ok_or_else(cut)?;
        let (body, tail) = whole.rfind('\n').and_then(|at| whole.split_at_checked(at + 1)).ok_or_else(cut)?;
        let tail: Tail = serde_json::from_str(tail).map_err(|_| cut())?;
        if tail.lines + 1 != body.lines().count() || tail.crc32 != checksum(body) {
            return Err(damaged("its checksum is wrong".to_owned()));
        }
        let mut state = ReadState::new();
        let mut owner = Owner::default();
        for (index, line) in body.lines().enumerate().skip(1) {
            let line: StateLine =
                serde_json::from_str(line).map_err(|error| damaged(format!("line {}: {error}", index + 1)))?;
            read_line(line, &mut owner, &mut state).ok_or_else(|| damaged(format!("line {}", index + 1)))?;
        }
        Ok(state)
    }

    fn error(&self, doing: &'static str, source: io::Error) -> StateError {
        StateError::Io { path: self.path.clone(), doing, source }
    }

    fn damaged(&self, reason: String) -> StateError {
        StateError::Damaged { path: self.path.clone(), reason }
    }
}

/// The lane or log group that the next lines belong to.
#[derive(Default)]
struct Owner {
    lane: Option<LaneName>,
    group: Option<String>,
}

fn read_line(line: StateLine, owner: &mut Owner, state: &mut ReadState) -> Option<()> {
    match line {
        StateLine::Lane { bucket, lane } => owner.lane = Some(LaneName { bucket, lane }),
        StateLine::LogGroup { log_group, from, to, ids_from } => {
            state.groups.insert(log_group.clone(), GroupState { from, to, ids_from, ids: BTreeSet::new() });
            owner.group = Some(log_group);
        }
        StateLine::LogEvents { events } => state.groups.get_mut(owner.group.as_ref()?)?.ids.extend(events),
        StateLine::Day { day, to, closed, names } => {
            let days = state.lanes.entry(owner.lane.clone()?).or_default();
            let mut day = day;
            let last = to.or(day);
            loop {
                days.insert(day, Day { closed, names: names.clone() });
                match day {
                    Some(date) if day < last => day = Some(date.tomorrow().ok()?),
                    _ => break,
                }
            }
        }
    }
    Some(())
}

fn text(state: &ReadState) -> String {
    let mut lines = Lines::default();
    let version = if state.groups.is_empty() { WITHOUT_LOG_GROUPS } else { VERSION };
    lines.add(&Head { format: FORMAT.to_owned(), version });
    let lanes: BTreeMap<_, _> = state.lanes.iter().collect();
    for (LaneName { bucket, lane }, days) in lanes {
        lines.add(&StateLine::Lane { bucket: bucket.clone(), lane: lane.clone() });
        let mut days = days.iter().peekable();
        while let Some((day, Day { closed, names })) = days.next() {
            let mut last = *day;
            if names.is_empty() && day.is_some() {
                let follows = |last: Option<Date>, next: &Option<Date>| last.and_then(|it| it.tomorrow().ok()) == *next;
                while let Some((next, _)) =
                    days.next_if(|(next, it)| follows(last, next) && it.names.is_empty() && it.closed == *closed)
                {
                    last = *next;
                }
            }
            let to = last.filter(|_| last != *day);
            lines.add(&StateLine::Day { day: *day, to, closed: *closed, names: names.clone() });
        }
    }
    for (name, GroupState { from, to, ids_from, ids }) in &state.groups {
        lines.add(&StateLine::LogGroup { log_group: name.clone(), from: *from, to: *to, ids_from: *ids_from });
        let mut events = ids.iter().cloned().peekable();
        while events.peek().is_some() {
            lines.add(&StateLine::LogEvents { events: events.by_ref().take(IDS_OF_A_LINE).collect() });
        }
    }
    let tail = Tail { lines: lines.count - 1, crc32: checksum(&lines.text) };
    lines.add(&tail);
    lines.text
}

#[derive(Default)]
struct Lines {
    text: String,
    count: usize,
}

impl Lines {
    fn add(&mut self, line: &impl Serialize) {
        // Texts, numbers and dates are JSON, always.
        self.text += &serde_json::to_string(line).unwrap_or_default();
        self.text.push('\n');
        self.count += 1;
    }
}

fn checksum(text: &str) -> String {
    let mut crc = Crc::new();
    crc.update(text.as_bytes());
    format!("{:08x}", crc.sum())
}
