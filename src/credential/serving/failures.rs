//! Refused requests by address: who is refused too often in a minute waits.
//!
//! Must not: grow without bound, or lock an application out because somebody else guesses at it.

use std::collections::HashMap;
use std::net::IpAddr;

/// Refusals in a window before an address waits.
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
    /// Whether an address may ask; else in how many seconds.
    pub(super) fn check(&self, address: IpAddr, now: u64) -> Result<(), u64> {
        match self.by_address.get(&address) {
            Some((began, count)) if *count >= ALLOWED && now < began + WINDOW => Err(began + WINDOW - now),
            _ => Ok(()),
        }
    }

    /// An address was refused.
    pub(super) fn count(&mut self, address: IpAddr, now: u64) {
        if self.by_address.len() >= ADDRESSES {
            self.by_address.retain(|_, (began, _)| now < *began + WINDOW);
        }
        if self.by_address.len() >= ADDRESSES {
            self.by_address.clear();
        }
        let (began, count) = self.by_address.entry(address).or_insert((now, 0));
        if now >= *began + WINDOW {
            (*began, *count) = (now, 0);
        }
        *count += 1;
    }
}
