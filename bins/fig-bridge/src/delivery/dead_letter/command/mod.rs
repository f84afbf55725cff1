//! `dead-letter list` and `dead-letter replay`.

mod claim;
mod list;
mod messages;
mod replay;
mod stored;
mod target;

use std::path::Path;

use program_kit::aws::{self, AwsOptions};
use program_kit::exit::Exit;
use program_kit::logging;

use self::stored::Stored;
use crate::config::kinds::{Backend as Kind, DeadLetterKind};
use crate::config::settings::Destinations;

/// Which letters are meant, and how to speak of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pick {
    pub(crate) feed: Option<String>,
    pub(crate) offset: Option<u64>,
    pub(crate) codes: Vec<String>,
    pub(crate) backend: Option<Kind>,
    pub(crate) is_json: bool,
    /// The file or queue was typed, and not only configured.
    pub(crate) is_place_typed: bool,
}

impl Pick {
    /// Whether the letter is meant.
    fn takes(&self, letter: &Stored) -> bool {
        let is_feed = self.feed.as_ref().is_none_or(|feed| *feed == letter.feed);
        let is_offset = self.offset.is_none_or(|offset| letter.offset == Some(offset));
        let is_code = self.codes.is_empty() || self.codes.iter().any(|code| code.eq_ignore_ascii_case(&letter.code));
        let is_backend =
            self.backend.is_none_or(|kind| letter.backend.as_deref().is_none_or(|backend| backend == kind.as_str()));
        is_feed && is_offset && is_code && is_backend
    }
}

/// Prints the letters.
///
/// # Errors
/// The file cannot be read, or the queue.
pub(crate) async fn list(place: &DeadLetterKind, pick: &Pick) -> anyhow::Result<Exit> {
    match place {
        DeadLetterKind::File(path) => list::file(path, pick),
        DeadLetterKind::Sqs { queue, region } => {
            let aws = aws::config(&AwsOptions::default()).await?;
            list::queue(queue, region.as_deref(), &aws, pick).await
        }
    }
}

/// Sends letters again and says what became of each.
///
/// # Errors
/// The file cannot be read or written, a backend cannot be opened, or nothing can be sent. No letter is lost then.
pub(crate) async fn replay(destinations: &Destinations, pick: Pick, is_dry: bool) -> anyhow::Result<Exit> {
    replay::run(destinations, pick, is_dry).await
}

/// Says that there is no file. The one that is configured is made with the first letter; another that was typed is a slip.
fn without_file(path: &Path, pick: &Pick) -> Exit {
    let what = format!("dead letter: {}: the file does not exist, and so holds no letter", path.display());
    if pick.is_place_typed {
        logging::print_error(&anyhow::anyhow!("{what}; name the file that fig-bridge writes"));
        return Exit::Usage;
    }
    tracing::warn!("{what}");
    Exit::Done
}

/// Where letters lie while they are sent again: beside their file.
fn working_path(path: &Path) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".replaying");
    name.into()
}
