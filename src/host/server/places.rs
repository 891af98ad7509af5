//! Who holds a connection, and who gives way where there are too many: of the address with the most, the one that has waited
//! longest for its client to send something. A request that is there whole never gives way.
//!
//! Must not: wait.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

/// Bits of an address of IPv6 that are one customer's network.
const NETWORK: u32 = 64;

struct Held {
    by: IpAddr,
    /// Since when it waits for its client.
    waits: Option<Instant>,
    gone: Arc<Notify>,
}

#[derive(Default)]
struct State {
    next: u64,
    held: BTreeMap<u64, Held>,
}

/// Places for connections.
pub(super) struct Places {
    all: usize,
    share: usize,
    state: Mutex<State>,
}

/// A connection's place; free again when it is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    number: u64,
    gone: Arc<Notify>,
}

impl Places {
    pub(super) fn new(all: usize, share: usize) -> Self {
        Self { all, share, state: Mutex::default() }
    }

    /// A place for a connection from an address; none where nobody can give way.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let by = network(address);
        let mut state = self.state();
        let own = state.held.values().filter(|held| held.by == by).count();
        let room = if own >= self.share {
            state.dismiss_one(by)
        } else {
            state.held.len() < self.all || state.crowd().is_some_and(|crowd| state.dismiss_one(crowd))
        };
        if !room {
            return None;
        }
        state.next += 1;
        let number = state.next;
        let gone = Arc::new(Notify::new());
        state.held.insert(number, Held { by, waits: Some(Instant::now()), gone: Arc::clone(&gone) });
        drop(state);
        Some(Place { places: Arc::clone(self), number, gone })
    }

    /// One that waits for its client gives way, because the system has no room for another.
    pub(super) fn shrink(&self) {
        let mut state = self.state();
        if let Some(crowd) = state.crowd() {
            state.dismiss_one(crowd);
        }
    }

    /// All that wait for their clients give way.
    pub(super) fn dismiss_waiting(&self) {
        self.state().held.values().filter(|held| held.waits.is_some()).for_each(|held| held.gone.notify_one());
    }

    pub(super) fn are_free(&self) -> bool {
        self.state().held.is_empty()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The address with the most places of those where somebody waits.
    fn crowd(&self) -> Option<IpAddr> {
        let mut counts: HashMap<IpAddr, (usize, bool)> = HashMap::new();
        for held in self.held.values() {
            let (count, waits) = counts.entry(held.by).or_default();
            *count += 1;
            *waits |= held.waits.is_some();
        }
        counts.into_iter().filter(|(_, (_, waits))| *waits).max_by_key(|(_, (count, _))| *count).map(|(by, _)| by)
    }

    /// Whether one of an address could give way.
    fn dismiss_one(&mut self, by: IpAddr) -> bool {
        let waiting = self.held.iter().filter(|(_, held)| held.by == by);
        let longest = waiting.filter_map(|(number, held)| Some((held.waits?, *number))).min();
        let Some(held) = longest.and_then(|(_, number)| self.held.remove(&number)) else { return false };
        held.gone.notify_one();
        true
    }
}

impl Place {
    /// It waits for its client.
    pub(super) fn waits(&self) {
        self.set(Some(Instant::now()));
    }

    /// Its client waits.
    pub(super) fn works(&self) {
        self.set(None);
    }

    fn set(&self, waits: Option<Instant>) {
        if let Some(held) = self.places.state().held.get_mut(&self.number) {
            held.waits = waits;
        }
    }

    /// Done where it has to give way.
    pub(super) async fn lost(&self) {
        self.gone.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.state().held.remove(&self.number);
    }
}

/// Whom an address stands for.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let bits = address.to_bits() >> (Ipv6Addr::BITS - NETWORK) << (Ipv6Addr::BITS - NETWORK);
            IpAddr::V6(Ipv6Addr::from_bits(bits))
        }
        IpAddr::V4(address) => IpAddr::V4(address),
    }
}
