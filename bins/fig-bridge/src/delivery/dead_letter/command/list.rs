//! `dead-letter list`.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::Path;

use anyhow::Context as _;
use program_kit::aws::SdkConfig;
use program_kit::exit::Exit;
use program_kit::stdout;
use serde_json::json;

use super::messages::Messages;
use super::stored::{Lines, Stored};
use super::{Pick, without_file, working_path};
use crate::config::kinds::Queue;

/// Text is printed in pieces of about this size.
const PIECE: usize = 64 * 1024;

/// Prints letters as they come, and remembers whether something could not be read.
struct Printer<'a> {
    pick: &'a Pick,
    text: String,
    damaged: u64,
}

impl<'a> Printer<'a> {
    fn new(pick: &'a Pick) -> Self {
        Self { pick, text: String::new(), damaged: 0 }
    }

    fn letter(&mut self, letter: &Stored) -> anyhow::Result<()> {
        if !self.pick.takes(letter) {
            return Ok(());
        }
        self.text.push_str(&if self.pick.is_json { as_json(letter) } else { as_text(letter) });
        self.text.push('\n');
        if self.text.len() >= PIECE { self.print() } else { Ok(()) }
    }

    fn damage(&mut self, place: &str, why: &str) {
        tracing::warn!(place, why, "not a letter; it stays where it is");
        self.damaged += 1;
    }

    fn print(&mut self) -> anyhow::Result<()> {
        stdout::print(std::mem::take(&mut self.text).as_bytes()).map(drop)
    }

    fn end(mut self) -> anyhow::Result<Exit> {
        self.print()?;
        Ok(if self.damaged > 0 { Exit::Incomplete } else { Exit::Done })
    }
}

/// Prints the letters of a file, and of the file beside it that a replay has not finished.
pub(super) fn file(path: &Path, pick: &Pick) -> anyhow::Result<Exit> {
    let mut printer = Printer::new(pick);
    let mut files = 0;
    for path in [working_path(path), path.to_owned()] {
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(|| format!("dead letter: {}", path.display())),
        };
        files += 1;
        let mut lines = Lines::new(BufReader::new(file));
        while let Some(line) = lines.next().with_context(|| format!("dead letter: {}", path.display()))? {
            match line.letter {
                Some(Ok(letter)) => printer.letter(&letter)?,
                Some(Err(why)) => printer.damage(&format!("{}:{}", path.display(), line.number), &why),
                None => {}
            }
        }
    }
    if files == 0 {
        return Ok(without_file(path, pick));
    }
    printer.end()
}

/// Prints the letters of a queue, and gives them back to it.
pub(super) async fn queue(queue: &Queue, region: Option<&str>, aws: &SdkConfig, pick: &Pick) -> anyhow::Result<Exit> {
    let messages = Messages::open(queue, region, aws).await?;
    let mut printer = Printer::new(pick);
    let mut seen = BTreeSet::new();
    let mut taken = Vec::new();
    let listed: anyhow::Result<()> = async {
        while let Some(received) = messages.receive(&mut seen).await? {
            for message in received {
                match Stored::parse(message.body.as_bytes()) {
                    Ok(letter) => printer.letter(&letter)?,
                    Err(why) => printer.damage(&format!("message {}", message.id), &why),
                }
                taken.push(message.receipt);
            }
        }
        Ok(())
    }
    .await;
    messages.give_back(taken).await;
    listed?;
    printer.end()
}

fn as_json(letter: &Stored) -> String {
    let Stored { time, feed, offset, code, reason, backend, part, line } = letter;
    let mut record = json!({
        "time": time, "feed": feed, "offset": offset, "code": code, "backend": backend, "bytes": line.len(),
        "reason": reason,
    });
    if let (Some((part, parts)), Some(record)) = (part, record.as_object_mut()) {
        record.insert("part".to_owned(), (*part).into());
        record.insert("parts".to_owned(), (*parts).into());
    }
    record.to_string()
}

/// Columns, the reason last. A reason may have anything in it.
fn as_text(letter: &Stored) -> String {
    let offset = letter.offset.map_or_else(|| "-".to_owned(), |offset| offset.to_string());
    let part = letter.part.map(|(part, parts)| format!(" (part {part} of {parts})")).unwrap_or_default();
    let text = format!(
        "{:<24}  feed {:<3}  offset {:<10}  {:<20}  {:>8} bytes{part}  {}",
        letter.time,
        letter.feed,
        offset,
        letter.code,
        letter.line.len(),
        letter.reason
    );
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}
