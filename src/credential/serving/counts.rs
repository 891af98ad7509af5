//! What is counted of a service.
//!
//! Must not: grow with the number of requests or applications, or name an application.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;

/// What is counted.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Requests by route and status.
    requests: BTreeMap<(&'static str, u16), u64>,
    /// How many access tokens end in which second; of one life's seconds at most.
    ending: VecDeque<(u64, u64)>,
}

impl Counts {
    pub(super) fn request(&mut self, route: &'static str, status: u16) {
        *self.requests.entry((route, status)).or_default() += 1;
    }

    /// An access token was given.
    pub(super) fn token(&mut self, now: u64, ends: u64) {
        self.live(now);
        match self.ending.back_mut() {
            // A clock that was set back counts with the last second.
            Some((second, count)) if *second >= ends => *count += 1,
            _ => self.ending.push_back((ends, 1)),
        }
    }

    /// How many have not ended.
    fn live(&mut self, now: u64) -> u64 {
        while self.ending.front().is_some_and(|(second, _)| *second <= now) {
            self.ending.pop_front();
        }
        self.ending.iter().map(|(_, count)| count).sum()
    }

    /// All of it in the text format of Prometheus.
    pub(super) fn text(&mut self, now: u64) -> String {
        let mut text = String::from("# TYPE inject_requests_total counter\n");
        for ((route, status), count) in &self.requests {
            let _ = writeln!(text, "inject_requests_total{{route=\"{route}\",status=\"{status}\"}} {count}");
        }
        let live = self.live(now);
        let _ = write!(text, "# TYPE inject_access_tokens gauge\ninject_access_tokens {live}\n");
        text
    }
}
