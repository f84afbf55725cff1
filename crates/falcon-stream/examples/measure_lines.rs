//! Measures the time per event: `cargo run --release -p falcon-stream --example measure_lines`.
//!
//! It prints the best of several rounds, in ns per event, for finding the offset, and for reading from a feed over
//! loopback.
#![expect(clippy::print_stdout, reason = "a program whose output is what it prints")]
#![expect(clippy::unwrap_used, reason = "a tool for developers")]

use falcon_stream::{CancellationToken, Config, StreamItem, connect, position};
use stand_ins::falcon::{Falcon, Setup};
use std::hint::black_box;
use std::time::Instant;

/// Events of a round, about 40 MB.
const EVENTS: u64 = 50_000;
/// The number of rounds, of which the best one counts.
const ROUNDS: usize = 7;

#[tokio::main]
async fn main() {
    let falcon = Falcon::start(Setup::default()).await.unwrap();
    falcon.push_many(0, EVENTS);
    let (mut reading, mut finding) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        let config = Config::builder("client-of-the-tests", "secret-of-the-tests").base_url(falcon.url());
        let mut stream = connect(config.build().unwrap(), &CancellationToken::new()).unwrap();
        let (mut lines, mut start) = (Vec::new(), None);
        while lines.len() < EVENTS as usize {
            let Some(StreamItem::Event(event)) = stream.next().await else { break };
            start.get_or_insert_with(Instant::now);
            lines.push(event.line);
        }
        reading = reading.min(each(start.unwrap()));
        stream.close().await;
        while !falcon.connected().is_empty() {
            tokio::task::yield_now().await;
        }
        let start = Instant::now();
        for line in &lines {
            black_box(position(black_box(line)).unwrap());
        }
        finding = finding.min(each(start));
    }
    println!("{finding:7.0} ns to find an event's position");
    println!("{reading:7.0} ns to have an event from a feed over loopback, the server's work included");
}

fn each(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e9 / EVENTS as f64
}
