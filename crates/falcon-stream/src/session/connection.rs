//! Reads one connection of a feed: bytes to lines, lines to items.

use crate::api::error::{Call, Error, ErrorKind};
use crate::api::http;
use crate::feed::item::{Event, StreamItem, Unreadable, UnreadableReason};
use crate::feed::lines::{Line, Lines};
use crate::feed::position::position;
use crate::feed::prologue::Prologue;
use crate::feed::resume_point::{EventOrder, ResumePoint};
use crate::lock::lock;
use crate::session::counters::add;
use crate::session::queue::Chunk;
use crate::session::task::PartitionTask;
use bytes::Bytes;
use reqwest::Response;
use std::time::SystemTime;
use tokio::time::timeout;

impl PartitionTask {
    /// Reads the feed until the connection ends, and returns why it ended.
    pub(crate) async fn read(&self, mut response: Response) -> Error {
        let call = Call::Feed(self.partition);
        let idle = self.shared.config.timing.idle;
        let (mut lines, mut prologue) = (Lines::default(), Prologue::default());
        let error = loop {
            match timeout(idle, response.chunk()).await {
                Ok(Ok(Some(chunk))) => {
                    add(&self.record.counters.bytes, chunk.len() as u64);
                    lines.push(chunk);
                    if self.hand_on(&mut lines, &mut prologue).await.is_none() {
                        break Error::new(call, ErrorKind::Ended);
                    }
                }
                Ok(Ok(None)) => break Error::new(call, ErrorKind::Ended),
                Ok(Err(error)) => break http::network(call, &error, &self.shared.config),
                Err(_) => break Error::new(call, ErrorKind::Idle(idle)),
            }
        };
        let rest = prologue.end(lines.rest());
        if let Some(reason) = prologue.error(call, &self.shared.config.secrets) {
            return reason;
        }
        // The lines that were held back are not an error page, so they are handed out like any other line.
        let _ = self.hand_on(&mut Lines::default(), &mut prologue).await;
        self.hand_on_rest(rest).await;
        error
    }

    /// Hands out every complete line, and waits while the caller is behind. Returns `None` if the stream was dropped.
    async fn hand_on(&self, lines: &mut Lines, prologue: &mut Prologue) -> Option<()> {
        let received = SystemTime::now();
        loop {
            let mut point = *lock(&self.record.resume_point);
            let mut chunk = Chunk::default();
            while !chunk.is_full() {
                match prologue.next_line(lines) {
                    Some(line) => chunk.extend(self.judge(line, received, &mut point)),
                    None => break,
                }
            }
            let more = chunk.is_full();
            let events = chunk.events();
            if !chunk.is_empty() {
                self.outlet.send(chunk).await?;
            }
            // Not earlier: lines that were not handed out must be read again.
            *lock(&self.record.resume_point) = point;
            add(&self.record.counters.events, events);
            if !more {
                return Some(());
            }
        }
    }

    /// Hands out the last line, which may lack its line break, if it is a whole event. If not, the service sends it
    /// again.
    async fn hand_on_rest(&self, rest: Option<Line>) {
        let Some(Line::Text(text)) = rest else { return };
        if position(&text).is_err() {
            add(&self.record.counters.cut_lines, 1);
            return;
        }
        let mut whole = Lines::default();
        whole.push([&text, &b"\n"[..]].concat().into());
        let _ = self.hand_on(&mut whole, &mut Prologue::default()).await;
    }

    /// Makes an item of a line and moves the resume point past it.
    fn judge(&self, line: Line, received: SystemTime, point: &mut ResumePoint) -> Option<StreamItem> {
        let counters = &self.record.counters;
        let unreadable = |reason, line: Bytes, length| {
            add(&counters.unreadable, 1);
            let after = point.last();
            Some(StreamItem::Unreadable(Unreadable {
                partition: self.partition,
                after,
                reason,
                line,
                length,
                received,
            }))
        };
        let line = match line {
            Line::Blank => {
                add(&counters.keep_alives, 1);
                return None;
            }
            Line::TooLong { beginning, length } => return unreadable(UnreadableReason::TooLong, beginning, length),
            Line::Text(line) => line,
        };
        let position = match position(&line) {
            Ok(position) => position,
            Err(reason) => {
                let length = line.len() as u64;
                return unreadable(reason, line, length);
            }
        };
        let order = point.pass(position);
        match order {
            EventOrder::New | EventOrder::Behind => {
                if order == EventOrder::Behind {
                    add(&counters.behind, 1);
                }
                Some(StreamItem::Event(Event { partition: self.partition, offset: position.offset, line, received }))
            }
            EventOrder::Old => {
                add(&counters.passed_over, 1);
                None
            }
        }
    }
}
