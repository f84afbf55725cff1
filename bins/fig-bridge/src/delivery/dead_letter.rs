//! `dead-letter list` and `dead-letter replay`.

use std::path::Path;

use anyhow::Context as _;
use event_delivery::{LetterFilter, LetterSource, Replay, ReplayOptions, Replayed};
use program_kit::aws::{self, AwsOptions};
use program_kit::exit::Exit;
use program_kit::{logging, stdout, stop};

use super::backends;
use crate::config::kinds::{Backend as Kind, LetterPlace};
use crate::config::settings::Destinations;

/// Text is printed in pieces of about this size.
const PIECE: usize = 64 * 1024;

/// The letters to select, and the form of the output.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pick {
    pub(crate) feed: Option<String>,
    pub(crate) offset: Option<u64>,
    pub(crate) codes: Vec<String>,
    pub(crate) backend: Option<Kind>,
    pub(crate) is_json: bool,
    /// Whether the file or queue was typed as an option, and not only configured.
    pub(crate) is_place_typed: bool,
}

impl Pick {
    fn filter(&self) -> LetterFilter {
        let Self { feed, offset, codes, backend, .. } = self.clone();
        LetterFilter { feed, offset, codes, backend: backend.map(|kind| kind.as_str().to_owned()) }
    }
}

/// Prints the letters.
///
/// # Errors
/// Returns an error if the file or the queue cannot be read.
pub(crate) async fn list(place: &LetterPlace, pick: &Pick) -> anyhow::Result<Exit> {
    let source = match place {
        LetterPlace::File(path) => LetterSource::File(path.clone()),
        LetterPlace::Sqs { .. } => backends::letters(place, &aws::config(&AwsOptions::default()).await?).await?,
    };
    if let Some(exit) = without_file(&source, pick) {
        return Ok(exit);
    }
    let print = |text: &mut String| stdout::print(std::mem::take(text).as_bytes()).map(drop);
    let (filter, mut text, mut letters) = (pick.filter(), String::new(), 0_u64);
    let listed = source.list(&filter, |letter| {
        letters += 1;
        text.push_str(&if pick.is_json { letter.to_json() } else { letter.to_columns() });
        text.push('\n');
        if text.len() >= PIECE { print(&mut text) } else { anyhow::Ok(()) }
    });
    let listed = listed.await;
    // The letters before a failure are printed, too.
    print(&mut text)?;
    let damaged = listed?;
    if letters == 0 {
        let such = if filter == LetterFilter::default() { "" } else { "such " };
        tracing::info!("dead letter: {place} holds no {such}letters");
    }
    Ok(if damaged > 0 { Exit::Incomplete } else { Exit::Done })
}

/// Sends letters again, and reports the result of each.
///
/// # Errors
/// Returns an error if the file cannot be read or written, a backend cannot be opened, or nothing can be sent. No
/// letter is lost then.
pub(crate) async fn replay(destinations: &Destinations, pick: Pick, is_dry: bool) -> anyhow::Result<Exit> {
    if let LetterPlace::File(path) = &destinations.dead_letter
        && let Some(exit) = without_file(&LetterSource::File(path.clone()), &pick)
    {
        return Ok(exit);
    }
    let aws = aws::config(&AwsOptions::default()).await?;
    let mut opened = Vec::new();
    for settings in &destinations.backends {
        let kind = settings.kind();
        if pick.backend.is_none_or(|wanted| wanted == kind) && !is_dry {
            let backend = backends::open(settings, destinations.calls_in_flight, &aws, None).await;
            opened.push(backend.with_context(|| format!("backend {kind}"))?);
        }
    }
    // Letters that go to stdout are reported in the log.
    let is_stdout_taken = opened.iter().any(|backend| backend.name() == Kind::Generic.as_str());
    let source = backends::letters(&destinations.dead_letter, &aws).await?;
    let mut replay = Replay::new(ReplayOptions {
        filter: pick.filter(),
        names: destinations.backends.iter().map(|settings| settings.kind().as_str()).collect(),
        backends: opened,
        how_to_select: "--backend",
        stop: stop::token_on_signals()?,
    });
    let report = |replayed: &Replayed| report(replayed, pick.is_json, is_stdout_taken);
    if is_dry {
        replay.dry_run(&source, report).await?;
    } else {
        replay.run(&source, report).await?;
        let counts = replay.counts();
        let (delivered, refused, left, damaged) = (counts.delivered, counts.refused, counts.left, counts.damaged);
        tracing::info!(delivered, refused, left, damaged, "done; a letter that was not delivered is still a letter");
    }
    if let Some((backend, why)) = replay.failure() {
        anyhow::bail!("backend {backend}: {why}; a letter that was not delivered is still a letter");
    }
    Ok(if replay.counts().is_complete() { Exit::Done } else { Exit::Incomplete })
}

fn report(replayed: &Replayed, is_json: bool, is_stdout_taken: bool) -> anyhow::Result<()> {
    if is_stdout_taken {
        let Replayed { place, feed, offset, code, result, .. } = replayed;
        let offset = offset.map_or_else(|| "-".to_owned(), |offset| offset.to_string());
        tracing::info!(place, feed, offset, code, became = result.word(), "letter");
        return Ok(());
    }
    let text = if is_json { replayed.to_json() } else { replayed.to_columns() };
    stdout::print(format!("{text}\n").as_bytes()).map(drop)
}

/// Reports a missing file. A configured one is created with the first letter, but a typed one is a mistake.
fn without_file(source: &LetterSource, pick: &Pick) -> Option<Exit> {
    let path: &Path = match source {
        LetterSource::File(path) if !source.exists() => path,
        _ => return None,
    };
    let what = format!("dead letter: {}: the file does not exist, so it holds no letter", path.display());
    if pick.is_place_typed {
        logging::print_error(&anyhow::anyhow!("{what}; name the file that fig-bridge writes"));
        return Some(Exit::Usage);
    }
    tracing::warn!("{what}");
    Some(Exit::Done)
}
