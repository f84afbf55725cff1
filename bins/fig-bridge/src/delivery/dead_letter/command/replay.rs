//! `dead-letter replay`: letters are sent again, and leave the dead letter once the backend has them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context as _;
use program_kit::aws::{self, AwsOptions, SdkConfig};
use program_kit::exit::Exit;
use program_kit::{stdout, stop};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::Pick;
use super::claim::Claim;
use super::messages::Messages;
use super::stored::{Lines, Stored};
use super::target::{Became, Target};
use crate::config::kinds::{Backend as Kind, DeadLetterKind, Queue};
use crate::config::settings::Destinations;

/// Bytes of letters that wait to be sent together; a single one may have more.
const MOST_BYTES: usize = 1 << 20;

pub(super) async fn run(destinations: &Destinations, pick: Pick, is_dry: bool) -> anyhow::Result<Exit> {
    let aws = aws::config(&AwsOptions::default()).await?;
    let mut targets = Vec::new();
    for kind in &destinations.backends {
        if pick.backend.is_none_or(|wanted| wanted == *kind) && !is_dry {
            targets.push(Target::open(*kind, destinations, &aws).await.with_context(|| format!("backend {kind}"))?);
        }
    }
    let kinds = destinations.backends.iter().copied().collect();
    let mut replay = Replay { pick, is_dry, kinds, targets, counts: BTreeMap::new(), stop: stop::token_on_signals()? };
    match &destinations.dead_letter {
        DeadLetterKind::File(path) if is_dry => replay.show_file(path)?,
        DeadLetterKind::File(path) => replay.file(path).await?,
        DeadLetterKind::Sqs { queue, region } => replay.queue(queue, region.as_deref(), &aws).await?,
    }
    replay.end()
}

/// What a report counts.
const DELIVERED: &str = "delivered";
const REFUSED: &str = "refused";
const LEFT: &str = "left";
const DAMAGED: &str = "damaged";

struct Replay {
    pick: Pick,
    is_dry: bool,
    /// The configured backends.
    kinds: Vec<Kind>,
    targets: Vec<Target>,
    counts: BTreeMap<&'static str, u64>,
    stop: CancellationToken,
}

/// A letter that waits for the others of its call: what it came as, and what to say of it.
struct Held<T> {
    source: T,
    about: About,
}

/// Letters that wait for a target.
type Batch<T> = Vec<(Held<T>, Stored)>;

/// What a report says of a letter besides what became of it.
struct About {
    place: String,
    feed: String,
    offset: Option<u64>,
    code: String,
}

impl Replay {
    /// Sends the letters of a file: what became of each is known before the file loses it.
    async fn file(&mut self, path: &Path) -> anyhow::Result<()> {
        let Some(mut claim) = Claim::take(path)? else {
            tracing::info!(file = %path.display(), "there is no letter to send");
            return Ok(());
        };
        // On an error the moved file keeps all letters, also those that are delivered.
        self.send_claimed(&mut claim).await?;
        claim.put_back()
    }

    async fn send_claimed(&mut self, claim: &mut Claim) -> anyhow::Result<()> {
        let mut waiting: BTreeMap<usize, Batch<Vec<u8>>> = BTreeMap::new();
        while !self.stop.is_cancelled()
            && let Some(line) = claim.next()?
        {
            let letter = match line.letter {
                None => continue,
                Some(Err(why)) => {
                    self.damaged(&claim.place(line.number), &why);
                    claim.leave(&line.bytes)?;
                    continue;
                }
                Some(Ok(letter)) => letter,
            };
            if !self.pick.takes(&letter) {
                claim.leave(&line.bytes)?;
                continue;
            }
            let about = About::of(&letter, claim.place(line.number));
            match self.target_of(&letter).and_then(|kind| self.number_of(kind)) {
                Err(why) => {
                    claim.leave(&line.bytes)?;
                    self.report(&about, &Became::Left(why))?;
                }
                Ok(number) => {
                    let batch = waiting.entry(number).or_default();
                    batch.push((Held { source: line.bytes, about }, letter));
                    if self.is_full(number, batch) {
                        let batch = std::mem::take(batch);
                        self.send_lines(number, batch, claim).await?;
                    }
                }
            }
        }
        for (number, batch) in waiting {
            self.send_lines(number, batch, claim).await?;
        }
        Ok(())
    }

    /// Which of the open targets that is.
    fn number_of(&self, kind: Kind) -> Result<usize, String> {
        let number = self.targets.iter().position(|target| target.kind == kind);
        number.ok_or_else(|| format!("it is for {kind}, and --backend names another"))
    }

    fn is_full<T>(&self, target: usize, batch: &[(T, Stored)]) -> bool {
        let most = self.targets.get(target).map_or(1, |target| target.manner.events);
        let bytes: usize = batch.iter().map(|(_, letter)| letter.line.len()).sum();
        batch.len() >= most || bytes >= MOST_BYTES
    }

    async fn send_lines(&mut self, target: usize, batch: Batch<Vec<u8>>, claim: &mut Claim) -> anyhow::Result<()> {
        let Some(target) = self.targets.get_mut(target) else { return Ok(()) };
        for (held, became) in target.send(batch, &self.stop).await {
            if became != Became::Delivered {
                claim.leave(&held.source)?;
            }
            self.report(&held.about, &became)?;
        }
        Ok(())
    }

    /// The same with a queue: a message is deleted once the backend has its letter.
    async fn queue(&mut self, queue: &Queue, region: Option<&str>, aws: &SdkConfig) -> anyhow::Result<()> {
        let messages = Messages::open(queue, region, aws).await?;
        let (mut seen, mut back) = (BTreeSet::new(), Vec::new());
        let sent = self.send_messages(&messages, &mut seen, &mut back).await;
        messages.give_back(back).await;
        sent
    }

    async fn send_messages(
        &mut self,
        messages: &Messages,
        seen: &mut BTreeSet<String>,
        back: &mut Vec<String>,
    ) -> anyhow::Result<()> {
        while !self.stop.is_cancelled()
            && let Some(received) = messages.receive(seen).await?
        {
            let mut waiting: BTreeMap<usize, Batch<String>> = BTreeMap::new();
            for message in received {
                let place = format!("message {}", message.id);
                let letter = match Stored::parse(message.body.as_bytes()) {
                    Ok(letter) if self.pick.takes(&letter) => letter,
                    Ok(_) => {
                        back.push(message.receipt);
                        continue;
                    }
                    Err(why) => {
                        self.damaged(&place, &why);
                        back.push(message.receipt);
                        continue;
                    }
                };
                let about = About::of(&letter, place);
                match self.target_of(&letter) {
                    Err(why) => {
                        self.report(&about, &Became::Left(why))?;
                        back.push(message.receipt);
                    }
                    Ok(kind) if self.is_dry => {
                        self.would_send(&about, kind)?;
                        back.push(message.receipt);
                    }
                    Ok(kind) => match self.number_of(kind) {
                        Ok(number) => {
                            waiting.entry(number).or_default().push((Held { source: message.receipt, about }, letter));
                        }
                        Err(why) => {
                            self.report(&about, &Became::Left(why))?;
                            back.push(message.receipt);
                        }
                    },
                }
            }
            for (number, batch) in waiting {
                let Some(target) = self.targets.get_mut(number) else { continue };
                let mut delivered = Vec::new();
                for (held, became) in target.send(batch, &self.stop).await {
                    if became == Became::Delivered {
                        delivered.push(held.source);
                    } else {
                        back.push(held.source);
                    }
                    self.report(&held.about, &became)?;
                }
                let left = messages.delete(delivered).await;
                if left > 0 {
                    tracing::warn!(
                        letters = left,
                        "delivered letters cannot be deleted; another replay sends them twice"
                    );
                }
            }
        }
        Ok(())
    }

    /// Says what would become of each letter of a file, and touches nothing.
    fn show_file(&mut self, path: &Path) -> anyhow::Result<()> {
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

    /// Where a letter goes.
    fn target_of(&self, letter: &Stored) -> Result<Kind, String> {
        if letter.code.eq_ignore_ascii_case("Truncated") {
            return Err("the event is published, though not all of it; the letter has the whole".to_owned());
        }
        if letter.part.is_some() {
            return Err("it is a part of a letter: put the parts together by hand".to_owned());
        }
        if letter.offset.is_none() {
            return Err("it has no offset, and so no place in its feed: it is no event".to_owned());
        }
        let names = |kind: &Kind| letter.backend.as_deref() == Some(kind.as_str());
        match (&letter.backend, self.pick.backend, self.kinds.as_slice()) {
            (Some(backend), ..) => match self.kinds.iter().find(|kind| names(kind)) {
                Some(kind) => Ok(*kind),
                None => Err(format!("it is for {backend}, which is not configured")),
            },
            (None, Some(kind), kinds) if kinds.contains(&kind) => Ok(kind),
            (None, None, [kind]) => Ok(*kind),
            _ => Err("it does not say which backend refused it: name one with --backend".to_owned()),
        }
    }

    fn would_send(&mut self, about: &About, kind: Kind) -> anyhow::Result<()> {
        self.print(about, "would be sent", &format!("to {kind}"))
    }

    fn report(&mut self, about: &About, became: &Became) -> anyhow::Result<()> {
        let (word, why) = match became {
            Became::Delivered => (DELIVERED, String::new()),
            Became::Refused { code, reason } => (REFUSED, format!("again: {code}: {reason}")),
            Became::Left(why) => (LEFT, why.clone()),
        };
        *self.counts.entry(word).or_default() += 1;
        self.print(about, word, &why)
    }

    fn damaged(&mut self, place: &str, why: &str) {
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
    fn end(self) -> anyhow::Result<Exit> {
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

impl About {
    fn of(letter: &Stored, place: String) -> Self {
        let Stored { feed, offset, code, .. } = letter;
        Self { place, feed: feed.clone(), offset: *offset, code: code.clone() }
    }
}
