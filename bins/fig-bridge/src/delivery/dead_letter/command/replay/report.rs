//! What is said of each letter, and at the end.

use std::path::Path;

use anyhow::Context as _;
use program_kit::exit::Exit;
use program_kit::stdout;
use serde_json::json;

use super::super::stored::{Lines, TRUNCATED};
use super::super::target::Became;
use super::{About, Replay};
use crate::config::kinds::Backend as Kind;

/// What a report counts.
const DELIVERED: &str = "delivered";
const REFUSED: &str = "refused";
const LEFT: &str = "left";
const DAMAGED: &str = "damaged";

impl Replay {
    /// Says what would become of each letter of a file, and touches nothing.
    pub(super) fn show_file(&mut self, path: &Path) -> anyhow::Result<()> {
        let named = || format!("dead letter: {}", path.display());
        let mut lines = Lines::new(std::io::BufReader::new(std::fs::File::open(path).with_context(named)?));
        while let Some(line) = lines.next().with_context(named)? {
            let place = format!("{}:{}", path.display(), line.number);
            match line.letter {
                Some(Ok(letter)) if self.pick.takes(&letter) => {
                    let about = About::of(&letter, place);
                    match self.target_of(&letter) {
                        Ok(kind) => self.would_send(&about, kind)?,
                        Err(why) => self.report(&about, &Became::Left(why))?,
                    }
                }
                Some(Err(why)) => self.damaged(&place, &why),
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn would_send(&mut self, about: &About, kind: Kind) -> anyhow::Result<()> {
        self.print(about, "would be sent", &format!("to {kind}"))
    }

    pub(super) fn report(&mut self, about: &About, became: &Became) -> anyhow::Result<()> {
        let (word, why) = match became {
            Became::Delivered => (DELIVERED, String::new()),
            Became::Refused { code, reason } => (REFUSED, format!("again: {code}: {reason}")),
            Became::DeliveredInPart => (
                LEFT,
                format!("published, though not all of it; the letter has the whole, and now the code {TRUNCATED}"),
            ),
            Became::Left(why) => (LEFT, why.clone()),
        };
        *self.counts.entry(word).or_default() += 1;
        self.print(about, word, &why)
    }

    pub(super) fn damaged(&mut self, place: &str, why: &str) {
        tracing::warn!(place, why, "not a letter; it stays where it is");
        *self.counts.entry(DAMAGED).or_default() += 1;
    }

    /// On stdout, unless that is where letters are sent to.
    fn print(&self, About { place, feed, offset, code }: &About, word: &str, why: &str) -> anyhow::Result<()> {
        let at = offset.map_or_else(|| "-".to_owned(), |offset| offset.to_string());
        if self.targets.iter().any(|target| target.kind == Kind::Generic) {
            tracing::info!(place, feed, offset = at, code, became = word, "letter");
            return Ok(());
        }
        let text = if self.pick.is_json {
            json!({ "became": word, "feed": feed, "offset": offset, "code": code, "why": why }).to_string()
        } else {
            let why: String = why.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
            format!("{word:<13}  feed {feed:<3}  offset {at:<10}  {code:<20}  {why}")
        };
        stdout::print(format!("{}\n", text.trim_end()).as_bytes()).map(drop)
    }

    /// Says how many became what, and gives the exit code.
    pub(super) fn end(self) -> anyhow::Result<Exit> {
        let count = |word| self.counts.get(word).copied().unwrap_or_default();
        let (delivered, refused, left, damaged) = (count(DELIVERED), count(REFUSED), count(LEFT), count(DAMAGED));
        if !self.is_dry {
            tracing::info!(delivered, refused, left, damaged, "done; what is not delivered is still a letter");
        }
        for target in &self.targets {
            if let Some(why) = &target.ended {
                anyhow::bail!("backend {}: {why}; what was not delivered is still a letter", target.kind);
            }
        }
        Ok(if refused + left + damaged > 0 { Exit::Incomplete } else { Exit::Done })
    }
}
