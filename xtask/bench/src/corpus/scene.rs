//! What one record is about: an account, a region, a time, and its own choices.

use std::fmt::Write as _;

use super::{
    rng::{Rng, mix},
    world::World,
};

/// The circumstances of one record.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) world: &'a World,
    pub(crate) rng: Rng,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) clock: Clock,
    /// Decides the record's choices from the pools.
    seed: u64,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(world: &'a World, seed: u64, account: &str, region: &str, clock: Clock) -> Self {
        Self { world, rng: Rng::new(seed), account: account.to_owned(), region: region.to_owned(), clock, seed }
    }

    /// A new record, a while later.
    pub(crate) fn next_record(&mut self) {
        self.seed = self.rng.next();
        self.clock.seconds += u32::from(self.rng.percent(20));
    }

    /// This record's entry of a pool: the same one each time. The first entries are the most used, as it is in life.
    pub(crate) fn of_pool(&self, pool: usize) -> &'a str {
        let unit = (mix(self.seed ^ pool as u64) >> 11) as f64 / (1_u64 << 53) as f64;
        let entries = self.world.pool(pool);
        entries.get((unit * unit * entries.len() as f64) as usize).map_or("", String::as_str)
    }
}

/// A time in March 2024.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    pub(crate) day: u32,
    /// Since midnight.
    pub(crate) seconds: u32,
}

/// The first of March 2024, midnight UTC.
const MARCH: u64 = 1_709_251_200;

impl Clock {
    fn parts(self) -> (u32, u32, u32) {
        (self.seconds / 3600 % 24, self.seconds / 60 % 60, self.seconds % 60)
    }

    pub(crate) fn write_time(self, out: &mut String) {
        let (hour, minute, second) = self.parts();
        let _ = write!(out, "2024-03-{:02}T{hour:02}:{minute:02}:{second:02}Z", self.day);
    }

    /// As the Java services write it.
    pub(crate) fn write_date(self, out: &mut String) {
        let (hour, minute, second) = self.parts();
        let (twelve, half) = ((hour + 11) % 12 + 1, if hour < 12 { "AM" } else { "PM" });
        let _ = write!(out, "Mar {}, 2024 {twelve}:{minute:02}:{second:02} {half}", self.day);
    }

    /// Milliseconds since 1970.
    pub(crate) fn write_epoch(self, out: &mut String) {
        let _ = write!(out, "{}000", MARCH + u64::from(self.day - 1) * 86_400 + u64::from(self.seconds));
    }
}
