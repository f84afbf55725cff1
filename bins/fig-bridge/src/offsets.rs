//! `offsets` shows the stored offsets, and changes them.

use crate::args::OffsetsAction;
use crate::config::kinds::OffsetStoreKind;
use anyhow::anyhow;
use event_delivery::{parse_offsets, reset_offsets, set_offsets};
use offset_store::{FileStore, MemoryStore, Offsets, SsmStore, Store, StoreError};
use program_kit::aws::{self, AwsOptions, SdkConfig, in_region};
use program_kit::exit::Exit;
use program_kit::{logging, stdout};
use std::sync::Arc;

/// Returns the store that the configuration names.
pub(crate) fn store(kind: &OffsetStoreKind, aws: &SdkConfig) -> Arc<dyn Store> {
    match kind {
        OffsetStoreKind::Ssm { name, region } => {
            let client = aws_sdk_ssm::Client::new(&in_region(aws, region.as_deref()));
            Arc::new(SsmStore::new(client, name.clone()))
        }
        OffsetStoreKind::File(path) => Arc::new(FileStore::new(path)),
        OffsetStoreKind::Memory => Arc::new(MemoryStore::default()),
    }
}

/// Runs one of the subcommands.
pub(crate) async fn run(kind: &OffsetStoreKind, action: &OffsetsAction) -> anyhow::Result<Exit> {
    if *kind == OffsetStoreKind::Memory {
        logging::print_error(&anyhow!(
            "main.offset_store is memory (the default with only GENERIC and AWS_SQS): a running instance keeps its offsets to \
             itself, and nothing is stored; name a store with --offset-store"
        ));
        return Ok(Exit::Usage);
    }
    let changes = match action {
        OffsetsAction::Set { offsets, .. } => match parse_offsets(offsets) {
            Ok(changes) => changes,
            Err(wrong) => {
                wrong.into_iter().for_each(|wrong| logging::print_error(&anyhow!(wrong)));
                return Ok(Exit::Usage);
            }
        },
        OffsetsAction::Show(_) | OffsetsAction::Reset(_) => Offsets::new(),
    };
    let store = store(kind, &aws::config(&AwsOptions::default()).await?);
    let done = match action {
        OffsetsAction::Show(_) => store.load().await,
        OffsetsAction::Set { .. } => set_offsets(&*store, changes).await,
        OffsetsAction::Reset(_) => reset_offsets(&*store).await,
    };
    match done {
        Ok(offsets) => stdout::print(format!("{offsets}\n").as_bytes()),
        Err(error) => match remedy(&error) {
            Some(remedy) => {
                logging::print_error(&anyhow!("{error}; {remedy}"));
                Ok(Exit::Usage)
            }
            None => Err(error.into()),
        },
    }
}

/// Returns what a person must do about stored data that are not offsets.
pub(crate) fn remedy(error: &StoreError) -> Option<&'static str> {
    match error {
        StoreError::Unreadable { .. } => {
            Some("correct it by hand, or delete all offsets with: fig-bridge offsets reset")
        }
        StoreError::WrongType { .. } => Some("name another parameter with OFFSET_STORE=ssm:/NAME, or delete this one"),
        _ => None,
    }
}
