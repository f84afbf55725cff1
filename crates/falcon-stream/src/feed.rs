//! One connection of a feed: its bytes into lines, its lines into items.

use crate::counters::add;
use crate::error::{Call, Error, ErrorKind};
use crate::http;
use crate::item::{Event, Item, Reason, Unreadable};
use crate::lines::{Line, Lines};
use crate::partition::Reader;
use crate::place::{Place, Verdict};
use crate::position::position;
use crate::prologue::Prologue;
use crate::shared::lock;
use crate::stream::Batch;
use bytes::Bytes;
use reqwest::Response;
use std::time::SystemTime;
use tokio::time::timeout;

impl Reader {
    /// Reads the feed to its end.
    pub(crate) async fn read(&self, mut response: Response) -> Error {
        let call = Call::Feed(self.partition);
        let idle = self.shared.config.timing.idle;
        let (mut lines, mut prologue) = (Lines::default(), Prologue::default());
        let error = loop {
            match timeout(idle, response.chunk()).await {
                Ok(Ok(Some(chunk))) => {
                    add(&self.feed.tally.bytes, chunk.len() as u64);
                    lines.push(chunk);
                    if self.hand_on(&mut lines, &mut prologue).await.is_none() {
                        break Error::new(call, ErrorKind::Ended);
                    }
                }
                Ok(Ok(None)) => break Error::new(call, ErrorKind::Ended),
                Ok(Err(error)) => break http::network(call, &error),
                Err(_) => break Error::new(call, ErrorKind::Idle(idle)),
            }
        };
        let rest = prologue.end(lines.rest());
        if let Some(reason) = prologue.error(call) {
            return reason;
        }
        // It was none, so its lines are to be handed on like any other.
        let _ = self.hand_on(&mut Lines::default(), &mut prologue).await;
        self.hand_on_rest(rest).await;
        error
    }

    /// Hands on every line that is there, and waits while the stream's reader has enough. None: it has gone.
    async fn hand_on(&self, lines: &mut Lines, prologue: &mut Prologue) -> Option<()> {
        let received = SystemTime::now();
        loop {
            let mut place = *lock(&self.feed.place);
            let mut batch = Batch::default();
            while !batch.is_full() {
                match prologue.next_line(lines) {
                    Some(line) => batch.extend(self.judge(line, received, &mut place)),
                    None => break,
                }
            }
            let more = batch.is_full();
            let events = batch.events();
            if !batch.is_empty() {
                self.outlet.send(batch).await?;
            }
            // Only now: what was not handed on is to be read again.
            *lock(&self.feed.place) = place;
            add(&self.feed.tally.events, events);
            if !more {
                return Some(());
            }
        }
    }

    /// The last line may have no line break. If it is whole, it is an event; if not, it will come again.
    async fn hand_on_rest(&self, rest: Option<Line>) {
        let Some(Line::Text(text)) = rest else { return };
        if position(&text).is_err() {
            add(&self.feed.tally.cut_lines, 1);
            return;
        }
        let mut whole = Lines::default();
        whole.push([&text, &b"\n"[..]].concat().into());
        let _ = self.hand_on(&mut whole, &mut Prologue::default()).await;
    }

    /// What a line is, and moves over it.
    fn judge(&self, line: Line, received: SystemTime, place: &mut Place) -> Option<Item> {
        let tally = &self.feed.tally;
        let unreadable = |reason, line: Bytes, length| {
            add(&tally.unreadable, 1);
            let after = place.last();
            Some(Item::Unreadable(Unreadable { partition: self.partition, after, reason, line, length, received }))
        };
        let line = match line {
            Line::Blank => {
                add(&tally.keep_alives, 1);
                return None;
            }
            Line::TooLong { beginning, length } => return unreadable(Reason::TooLong, beginning, length),
            Line::Text(line) => line,
        };
        let position = match position(&line) {
            Ok(position) => position,
            Err(reason) => {
                let length = line.len() as u64;
                return unreadable(reason, line, length);
            }
        };
        let verdict = place.pass(position);
        match verdict {
            Verdict::New | Verdict::Behind => {
                if verdict == Verdict::Behind {
                    add(&tally.behind, 1);
                }
                Some(Item::Event(Event { partition: self.partition, offset: position.offset, line, received }))
            }
            Verdict::Old => {
                add(&tally.passed_over, 1);
                None
            }
        }
    }
}
