//! Tests the counts at every scrape, under load and with all kinds of failures.

use crate::harness::{Harness, get, login, metric};
use crate::kill::{Added, happen};
use fastrand::Rng;
use stand_ins::metrics::{undocumented, value};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The seed of the random numbers.
const SEED: u64 = 20_261_125;
/// The number of actions, and the time between two of them, in ms.
const STEPS: u32 = 250;
const PACE: std::ops::Range<u64> = 0..20;
/// The number of scrapers; each scrapes without a pause.
const SCRAPERS: usize = 3;
/// The metrics of all outcomes of an event.
const ENDS: [&str; 5] = ["delivered_total", "filtered_total", "dead_lettered_total", "repeated_total", "in_flight"];

/// Returns the number of received events minus the number of all outcomes.
fn difference(text: &str) -> f64 {
    let ends = ENDS.map(|end| value(text, &format!("fig_events_{end}")));
    value(text, "fig_events_received_total") - ends.iter().sum::<f64>()
}

/// Returns an event at an offset.
fn line(offset: u64, text: &str) -> String {
    format!(
        r#"{{"metadata":{{"offset":{offset},"eventType":"AuthActivityAuditEvent","eventCreationTime":1767323045000,"version":"1.0"}},"event":{{"UserId":"{text}","ServiceName":"CrowdStrike Authentication"}}}}"#
    )
}

/// Scrapes until stopped. Returns the number of scrapes, and of those with events in flight.
async fn scrape(admin: String, stop: Arc<AtomicBool>) -> (u64, u64) {
    let (mut scrapes, mut busy) = (0, 0);
    while !stop.load(Ordering::Relaxed) {
        let (status, text) = get(&admin, "/metrics").await;
        if status == 0 {
            continue;
        }
        assert!(difference(&text).abs() < 0.5, "scrape {scrapes}:\n{text}");
        scrapes += 1;
        busy += u64::from(value(&text, "fig_events_in_flight") > 0.0);
    }
    (scrapes, busy)
}

/// Waits until a metric has this value.
async fn wait_for_metric(admin: &str, name: &str, expected: u64) {
    for tries in 0.. {
        if (metric(admin, name).await - expected as f64).abs() < 0.5 {
            return;
        }
        assert!(tries < 500, "{name} is not {expected}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_accounts_balance_at_every_scrape_whatever_goes_wrong() {
    let (mut harness, mut added, mut random) = (Harness::start().await, Added::default(), Rng::with_seed(SEED));
    let admin = harness.admin();
    harness.falcon.push_many(0, 5_000);
    let bridge = harness.bridge();
    let stop = Arc::new(AtomicBool::new(false));
    let scrapers: Vec<_> = (0..SCRAPERS).map(|_| tokio::spawn(scrape(admin.clone(), Arc::clone(&stop)))).collect();
    for step in 0..STEPS {
        happen(&harness, &mut random, &mut added);
        let (falcon, faults) = (&harness.falcon, harness.cloudtrail.faults());
        let next = falcon.next_offset(0);
        match step % 25 {
            // A repeated event, two events with one offset, and an old event. This thread keeps their offsets.
            3 => (0..2).for_each(|_| falcon.push_raw(0, line(next - 1, "twice"))),
            9 => ["one", "other"].into_iter().for_each(|text| falcon.push_raw(0, line(next - 1, text))),
            15 => falcon.push_raw(0, line(random.u64(0..next), "late")),
            20 => faults.refuse_calls_with(format!("0_{}", next + 5), 400, "ValidationException"),
            _ => {}
        }
        tokio::time::sleep(Duration::from_millis(random.u64(PACE))).await;
    }
    harness.cloudtrail.faults().clear();
    let last = harness.falcon.push(0, "AuthActivityAuditEvent", &login(0));
    harness.wait_for_offset(0, last).await;
    stop.store(true, Ordering::Relaxed);
    let (mut scrapes, mut busy) = (0, 0);
    for scraper in scrapers {
        let (more, at_work) = scraper.await.unwrap();
        (scrapes, busy) = (scrapes + more, busy + at_work);
    }
    assert!(scrapes > 100 && busy > 50, "{scrapes} scrapes, {busy} of them with events in flight");

    // The file is written a moment before the metric.
    wait_for_metric(&admin, "fig_offset_stored{feed=\"0\"}", last).await;
    let (_, text) = get(&admin, "/metrics").await;
    assert_eq!(value(&text, "fig_events_in_flight").to_bits(), 0_f64.to_bits(), "{text}");
    // Events that were read again after a lost connection count again.
    let at_least = |name: &str, events: u64| assert!(value(&text, name) >= events as f64, "{events}: {text}");
    at_least("fig_events_received_total", last + 1);
    at_least("fig_events_filtered_total", added.filtered.len() as u64);
    at_least("fig_events_dead_lettered_total", added.garbage.len() as u64);
    at_least("fig_events_repeated_total", 1);
    at_least("fig_events_out_of_order_total{feed=\"0\"}", 1);
    assert_eq!(undocumented(include_str!("../../docs/metrics.md"), &text), [""; 0]);
    assert!(text.contains(concat!("fig_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"")), "{text}");
    bridge.stop().await;
}
