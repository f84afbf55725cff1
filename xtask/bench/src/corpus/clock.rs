//! The clock of the records.

use std::fmt::Write as _;

/// A time in March 2024.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    pub(crate) day: u32,
    /// The milliseconds since midnight.
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

    /// Returns the time in the format of the Java services.
    pub(crate) fn write_date(self, out: &mut String) {
        let (hour, minute, second) = self.parts();
        let (twelve, half) = ((hour + 11) % 12 + 1, if hour < 12 { "AM" } else { "PM" });
        let _ = write!(out, "Mar {}, 2024 {twelve}:{minute:02}:{second:02} {half}", self.day);
    }

    /// Returns the milliseconds since 1970.
    pub(crate) fn write_epoch(self, out: &mut String) {
        let _ = write!(out, "{}000", MARCH + u64::from(self.day - 1) * 86_400 + u64::from(self.seconds));
    }
}
