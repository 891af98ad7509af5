//! Whose a connection is: the address it came from, and its place among all connections.
//!
//! Must not: speak with it.

use std::net::IpAddr;
use std::sync::Arc;

use super::places::Place;

/// Whose request it is.
#[derive(Clone)]
pub(super) struct Peer {
    pub(super) address: IpAddr,
    pub(super) place: Arc<Place>,
}
