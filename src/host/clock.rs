//! The time of day.
//!
//! Must not: format anything.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970-01-01T00:00:00Z; `SOURCE_DATE_EPOCH` wins where it is set, so that outputs can be reproduced.
pub fn unix_seconds() -> u64 {
    if let Some(fixed) = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok()) {
        return fixed;
    }
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
