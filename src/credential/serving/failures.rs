//! Refused requests by address: whose guesses are too many in a minute is told to slow down. An address is not asked before
//! what it sent was looked at: who is right passes.
//!
//! Must not: grow without bound, or lock an application out because somebody else guesses at it.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::host::server::network;

/// Refusals in a window that are answered as such.
const ALLOWED: u32 = 20;
/// The window, in seconds.
const WINDOW: u64 = 60;
/// Addresses that are remembered. Beyond, those whose window is over are dropped, and at worst all.
const ADDRESSES: usize = 4096;

#[derive(Debug, Default)]
pub(super) struct Failures {
    /// When the window of an address began, and how often it was refused since.
    by_address: HashMap<IpAddr, (u64, u32)>,
}

impl Failures {
    /// An address was refused. Where it was too often: how many seconds its window still lasts.
    pub(super) fn count(&mut self, address: IpAddr, now: u64) -> Result<(), u64> {
        if self.by_address.len() >= ADDRESSES {
            self.by_address.retain(|_, (began, _)| now < *began + WINDOW);
        }
        if self.by_address.len() >= ADDRESSES {
            self.by_address.clear();
        }
        let (began, count) = self.by_address.entry(network(address)).or_insert((now, 0));
        if now >= *began + WINDOW {
            (*began, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        if *count > ALLOWED { Err(*began + WINDOW - now) } else { Ok(()) }
    }
}
