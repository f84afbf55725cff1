//! The context of one record: an account, a region, a time, and its choices from the pools.

use super::{
    clock::Clock,
    rng::{Rng, mix},
    world::World,
};

/// The context of one record.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) world: &'a World,
    pub(crate) rng: Rng,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) clock: Clock,
    /// The seed of the record's choices from the pools.
    seed: u64,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(world: &'a World, seed: u64, account: &str, region: &str, clock: Clock) -> Self {
        Self { world, rng: Rng::new(seed), account: account.to_owned(), region: region.to_owned(), clock, seed }
    }

    /// Moves on to a new record, some time later.
    pub(crate) fn next_record(&mut self) {
        self.seed = self.rng.next();
        self.clock.seconds += u32::from(self.rng.percent(20));
    }

    /// Returns this record's entry of a pool, the same one each time. The first entries are used most, as in real
    /// trails.
    pub(crate) fn of_pool(&self, pool: usize) -> &'a str {
        let unit = (mix(self.seed ^ pool as u64) >> 11) as f64 / (1_u64 << 53) as f64;
        let entries = self.world.pool(pool);
        entries.get((unit * unit * entries.len() as f64) as usize).map_or("", String::as_str)
    }
}
