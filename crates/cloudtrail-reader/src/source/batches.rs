//! Hands inputs from one thread to another in batches.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

/// The batches that wait for the receiver.
const BATCHES_AHEAD: usize = 1;
/// The most items in a batch. A batch wakes a thread, which costs as much as reading a small file.
const MOST_ITEMS: usize = 64;
/// The bytes at which a batch is complete. Its last item may be larger.
const ENOUGH_BYTES: u64 = 1 << 20;

/// Sends items in batches: at once if the receiver waits, and otherwise up to 64 items or 1 MiB together.
#[derive(Debug)]
pub struct BatchSender<T> {
    sender: SyncSender<Vec<T>>,
    batch: Vec<T>,
    bytes: u64,
}

/// The receiver of batches was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiverGone;

/// Returns a sender, and the receiver of its batches. One batch may wait.
#[must_use]
pub fn batches<T>() -> (BatchSender<T>, Receiver<Vec<T>>) {
    let (sender, receiver) = sync_channel(BATCHES_AHEAD);
    (BatchSender { sender, batch: Vec::new(), bytes: 0 }, receiver)
}

impl<T> BatchSender<T> {
    /// Sends an item of this size in bytes, or keeps it for the next batch. Waits for the receiver if the batch is complete.
    ///
    /// # Errors
    /// Fails if the receiver was dropped.
    pub fn send(&mut self, item: T, bytes: u64) -> Result<(), ReceiverGone> {
        self.batch.push(item);
        self.bytes += bytes;
        let is_complete = self.batch.len() >= MOST_ITEMS || self.bytes >= ENOUGH_BYTES;
        match self.sender.try_send(std::mem::take(&mut self.batch)) {
            Ok(()) => self.bytes = 0,
            Err(TrySendError::Full(batch)) if is_complete => {
                self.sender.send(batch).map_err(|_| ReceiverGone)?;
                self.bytes = 0;
            }
            Err(TrySendError::Full(batch)) => self.batch = batch,
            Err(TrySendError::Disconnected(_)) => return Err(ReceiverGone),
        }
        Ok(())
    }

    /// Sends the items that wait for a batch.
    pub fn finish(self) {
        // Nobody misses them if the receiver was dropped.
        let _ = self.sender.send(self.batch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_at_once_or_together_and_in_order() {
        let (mut sender, receiver) = batches();
        sender.send(0, 1).unwrap();
        for item in 1..=3 {
            sender.send(item, 1).unwrap();
        }
        assert_eq!(receiver.recv().unwrap(), [0], "the receiver had no batch");
        sender.send(4, 1).unwrap();
        assert_eq!(receiver.recv().unwrap(), [1, 2, 3, 4]);
        sender.send(5, 1).unwrap();
        sender.send(6, 1).unwrap();
        assert_eq!(receiver.recv().unwrap(), [5]);
        sender.finish();
        assert_eq!(receiver.recv().unwrap(), [6]);
        assert!(receiver.recv().is_err());
    }

    #[test]
    fn a_complete_batch_waits_for_the_receiver() {
        for (bytes, together) in [(1, MOST_ITEMS), (ENOUGH_BYTES / 2, 2), (ENOUGH_BYTES, 1)] {
            let (mut sender, receiver) = batches();
            let sending = std::thread::spawn(move || {
                (0..300).try_for_each(|item| sender.send(item, bytes)).unwrap();
                sender.finish();
            });
            let batches: Vec<Vec<i32>> = receiver.iter().collect();
            sending.join().unwrap();
            assert!(batches.iter().all(|batch| batch.len() <= together), "{bytes}");
            assert_eq!(batches.concat(), (0..300).collect::<Vec<_>>());
        }
        let (mut sender, receiver) = batches();
        drop(receiver);
        assert_eq!(sender.send(0, 0), Err(ReceiverGone));
    }
}
