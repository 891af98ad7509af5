//! Asking a server until it answers: busy servers are waited for, lost answers asked for again where that is safe.
//!
//! Must not: know what is asked.

use std::time::Duration;

use crate::host::http::{Ask, Client, HttpError, Reply};

/// How often a question is asked.
const TRIES: u32 = 4;
/// The longest pause a server may ask for, in seconds: a build waits for it.
const LONGEST_PAUSE: u64 = 20;

/// When a question may be asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Always: asked twice it has the effect of once.
    Freely,
    /// Only where the server certainly did nothing: it was not reached, or said that it is busy.
    IfUndone,
}

/// Asks until there is an answer. The last one is given back whatever it is.
pub(super) fn ask(client: &Client, ask: Ask<'_>, repeat: Repeat) -> Result<Reply, HttpError> {
    let mut pause = 1;
    for _ in 1..TRIES {
        let wait = match client.ask(ask) {
            Ok(Reply { status: 429 | 503, retry_after, .. }) => retry_after.unwrap_or(pause),
            Ok(Reply { status: 502 | 504, retry_after, .. }) if repeat == Repeat::Freely => {
                retry_after.unwrap_or(pause)
            }
            Err(HttpError::Connection { sent, .. }) if !sent || repeat == Repeat::Freely => pause,
            answered => return answered,
        };
        std::thread::sleep(Duration::from_secs(wait.min(LONGEST_PAUSE)));
        pause *= 2;
    }
    client.ask(ask)
}
