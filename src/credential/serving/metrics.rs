//! What is counted, for who asks.
//!
//! Must not: say it to everybody beyond this machine.

use zeroize::Zeroizing;

use super::{Served, held};
use crate::host::clock;
use crate::host::server::{Reply, Request};

impl Served {
    /// Beyond this machine, for holders of a registration token: what is counted tells what is tried.
    pub(super) fn metrics(&self, request: &Request) -> Reply {
        if self.beyond
            && let Err(reply) = self.may_register(request)
        {
            return reply;
        }
        let text = held(&self.counts).text(clock::unix_seconds());
        Reply {
            status: 200,
            headers: Vec::new(),
            content_type: "text/plain; version=0.0.4",
            body: Zeroizing::new(text.into_bytes()),
            held_back: None,
        }
    }
}
