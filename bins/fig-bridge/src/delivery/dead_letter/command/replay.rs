//! `dead-letter replay`: letters are sent again, and leave the dead letter once the backend has them.

mod queue;
mod report;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use program_kit::aws::{self, AwsOptions};
use program_kit::exit::Exit;
use program_kit::stop;
use tokio_util::sync::CancellationToken;

use super::claim::Claim;
use super::stored::{Stored, TRUNCATED};
use super::target::{Became, Target};
use super::{Pick, without_file, working_path};
use crate::config::kinds::{Backend as Kind, DeadLetterKind};
use crate::config::settings::Destinations;

/// Bytes of letters that wait to be sent together; a single one may have more.
const MOST_BYTES: usize = 1 << 20;

pub(super) async fn run(destinations: &Destinations, pick: Pick, is_dry: bool) -> anyhow::Result<Exit> {
    if let DeadLetterKind::File(path) = &destinations.dead_letter
        && !path.exists()
        && !working_path(path).exists()
    {
        return Ok(without_file(path, &pick));
    }
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
            match became {
                Became::Delivered => {}
                Became::DeliveredInPart => {
                    let changed = Stored::parse(&held.source).ok().and_then(|letter| letter.as_truncated());
                    claim.leave(changed.map_or(held.source, String::into_bytes).as_slice())?;
                }
                Became::Refused { .. } | Became::Left(_) => claim.leave(&held.source)?,
            }
            self.report(&held.about, &became)?;
        }
        Ok(())
    }

    /// Where a letter goes.
    fn target_of(&self, letter: &Stored) -> Result<Kind, String> {
        if letter.code.eq_ignore_ascii_case(TRUNCATED) {
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
}

impl About {
    fn of(letter: &Stored, place: String) -> Self {
        let Stored { feed, offset, code, .. } = letter;
        Self { place, feed: feed.clone(), offset: *offset, code: code.clone() }
    }
}
