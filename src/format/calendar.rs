//! Seconds since 1970 as date and time of day in UTC, in the proleptic Gregorian calendar.
//!
//! Must not: ask for the time, or know time zones.

use super::limits;

/// Seconds since 1970 as [`Civil::generalized`]: what certificates and profiles are compared with. Beyond the year 9999 nothing expires.
pub fn generalized(seconds: u64) -> String {
    Civil::of(seconds.min(limits::LAST_SECOND)).generalized()
}

/// A date and a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    /// The year.
    pub year: u64,
    /// 1 to 12.
    pub month: u64,
    /// 1 to 31.
    pub day: u64,
    /// 0 to 23.
    pub hour: u64,
    /// 0 to 59.
    pub minute: u64,
    /// 0 to 59; leap seconds are not counted.
    pub second: u64,
}

impl Civil {
    /// The date and time so many seconds after the start of 1970.
    pub fn of(seconds: u64) -> Self {
        let (days, rest) = (seconds / 86_400, seconds % 86_400);
        // Days since 0000-03-01, in eras of 400 years: so the leap day ends a year.
        let shifted = days.saturating_add(719_468);
        let (era, of_era) = (shifted / 146_097, shifted % 146_097);
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        Self {
            year: era * 400 + year + carry,
            month,
            day,
            hour: rest / 3_600,
            minute: rest / 60 % 60,
            second: rest % 60,
        }
    }

    /// As `YYYY-MM-DDTHH:MM:SSZ` (RFC 3339).
    pub fn rfc3339(self) -> String {
        let Self { year, month, day, hour, minute, second } = self;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }

    /// As `YYYYMMDDHHMMSSZ`, the `GeneralizedTime` of certificates (RFC 5280, 4.1.2.5.2).
    pub fn generalized(self) -> String {
        format!("{:04}{}", self.year, self.behind_year())
    }

    /// As `YYMMDDHHMMSSZ`, the `UTCTime` of certificates (RFC 5280, 4.1.2.5.1).
    pub fn utc_time(self) -> String {
        format!("{:02}{}", self.year % 100, self.behind_year())
    }

    fn behind_year(self) -> String {
        let Self { year: _, month, day, hour, minute, second } = self;
        format!("{month:02}{day:02}{hour:02}{minute:02}{second:02}Z")
    }
}
