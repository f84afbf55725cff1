//! Letters in a queue are sent again: a message is deleted once the backend has its letter.

use std::collections::{BTreeMap, BTreeSet};

use program_kit::aws::SdkConfig;

use super::super::messages::Messages;
use super::super::stored::Stored;
use super::super::target::Became;
use super::{About, Batch, Held, Replay};
use crate::config::kinds::Queue;

impl Replay {
    /// The same with a queue: a message is deleted once the backend has its letter.
    pub(super) async fn queue(&mut self, queue: &Queue, region: Option<&str>, aws: &SdkConfig) -> anyhow::Result<()> {
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
                let changed =
                    |(held, letter): &(Held<String>, Stored)| Some((held.source.clone(), letter.as_truncated()?));
                let mut truncated: BTreeMap<String, String> = batch.iter().filter_map(changed).collect();
                for (held, became) in target.send(batch, &self.stop).await {
                    let has_moved = match (&became, truncated.remove(&held.source)) {
                        (Became::Delivered, _) => true,
                        (Became::DeliveredInPart, Some(letter)) => put(messages, &held.about, letter).await,
                        _ => false,
                    };
                    if has_moved {
                        delivered.push(held.source)
                    } else {
                        back.push(held.source)
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
}

/// Puts the letter of an event that is published in part in the place of the one that it was; whether it is there.
async fn put(messages: &Messages, about: &About, letter: String) -> bool {
    let put = messages.put(&about.feed, letter).await;
    let told = put.inspect_err(|error| {
        tracing::warn!(place = about.place, %error, "the letter cannot be changed; another replay publishes it again");
    });
    told.is_ok()
}
