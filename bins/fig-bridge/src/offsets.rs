//! `offsets`: looking at what is stored, and changing it.

use crate::args::OffsetsAction;
use crate::config::kinds::OffsetStoreKind;
use anyhow::anyhow;
use offset_store::{Changes, Feed, FileStore, MemoryStore, Offsets, SsmStore, Store, StoreError};
use program_kit::aws::{self, AwsOptions, SdkConfig};
use program_kit::exit::Exit;
use program_kit::{logging, stdout};
use std::sync::Arc;

/// The store that the configuration names.
pub(crate) fn store(kind: &OffsetStoreKind, aws: &SdkConfig) -> Arc<dyn Store> {
    match kind {
        OffsetStoreKind::Ssm { name, region } => {
            let mut config = aws_sdk_ssm::config::Builder::from(aws);
            if let Some(region) = region {
                config.set_region(Some(aws_sdk_ssm::config::Region::new(region.clone())));
            }
            Arc::new(SsmStore::new(aws_sdk_ssm::Client::from_conf(config.build()), name.clone()))
        }
        OffsetStoreKind::File(path) => Arc::new(FileStore::new(path)),
        OffsetStoreKind::Memory => Arc::new(MemoryStore::default()),
    }
}

/// Does what was typed.
pub(crate) async fn run(kind: &OffsetStoreKind, action: &OffsetsAction) -> anyhow::Result<Exit> {
    if *kind == OffsetStoreKind::Memory {
        logging::print_error(&anyhow!(
            "main.offset_store is memory (as it is without CLOUDTRAIL_LAKE, where it is not set): a running instance \
             keeps its offsets to itself, and nothing is stored; name a store with --offset-store"
        ));
        return Ok(Exit::Usage);
    }
    let changes = match action {
        OffsetsAction::Set { offsets, .. } => match parse(offsets) {
            Ok(changes) => changes,
            Err(wrong) => {
                wrong.iter().for_each(logging::print_error);
                return Ok(Exit::Usage);
            }
        },
        OffsetsAction::Show(_) | OffsetsAction::Reset(_) => Offsets::new(),
    };
    let store = store(kind, &aws::config(&AwsOptions::default()).await?);
    let done = match action {
        OffsetsAction::Show(_) => store.load().await,
        OffsetsAction::Set { .. } => set(&*store, changes).await,
        OffsetsAction::Reset(_) => reset(&*store).await,
    };
    match done {
        Ok(offsets) => stdout::print(format!("{offsets}\n").as_bytes()),
        Err(error) if error.is_unreadable() => {
            let hint = "mend it by hand, or forget all offsets with: fig-bridge offsets reset";
            logging::print_error(&anyhow!("{error}; {hint}"));
            Ok(Exit::Usage)
        }
        Err(error) => Err(error.into()),
    }
}

async fn set(store: &dyn Store, changes: Offsets) -> Result<Offsets, StoreError> {
    let saved = store.save(&Changes::set(changes)).await?;
    tracing::info!(store = store.name(), before = %saved.before, "offsets are set; a running instance may raise them again");
    Ok(saved.after)
}

/// What was there is told, so that it can be put back.
async fn reset(store: &dyn Store) -> Result<Offsets, StoreError> {
    match store.load().await {
        Ok(before) => tracing::info!(store = store.name(), %before, "offsets are forgotten"),
        Err(error) if error.is_unreadable() => tracing::info!(was = %error, "unreadable offsets are forgotten"),
        Err(error) => return Err(error),
    }
    let none = Offsets::new();
    store.replace(&none).await?;
    Ok(none)
}

/// `FEED=N`, each of them, or all that is wrong.
fn parse(typed: &[String]) -> Result<Offsets, Vec<anyhow::Error>> {
    let mut wrong = Vec::new();
    let mut offsets = Offsets::new();
    for text in typed {
        let Some((feed, offset)) = text.split_once('=') else {
            wrong.push(anyhow!("{text}: write FEED=N, such as 0=41"));
            continue;
        };
        match (Feed::new(feed.trim()), offset.trim().parse::<u64>()) {
            (Ok(feed), Ok(offset)) => {
                if offsets.set(feed, offset).is_some() {
                    wrong.push(anyhow!("{text}: the feed is named twice"));
                }
            }
            (Err(error), _) => wrong.push(anyhow!("{text}: {error}")),
            (_, Err(_)) => wrong.push(anyhow!("{text}: the offset must be a whole number from 0 to {}", u64::MAX)),
        }
    }
    if wrong.is_empty() { Ok(offsets) } else { Err(wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feeds_and_offsets_are_typed() {
        let typed = |words: &[&str]| parse(&words.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(typed(&["0=41", "1 = 7"]).unwrap().to_json(), r#"{"0": 41, "1": 7}"#);
        let wrong = typed(&["0", "=1", "0=x", "0=-1", "1=1", "1=2"]).unwrap_err();
        assert_eq!(wrong.len(), 5, "{wrong:?}");
    }
}
