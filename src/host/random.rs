//! Randomness from the operating system.
//!
//! Must not: be replaced by a generator seeded from anything else.

use std::io;

use rand::TryRng;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;

/// A source of unpredictable bytes. Tests pass their own.
pub trait Randomness {
    /// Fills `buf`.
    fn fill(&mut self, buf: &mut [u8]) -> io::Result<()>;
}

/// The operating system's.
#[derive(Debug, Default, Clone, Copy)]
pub struct OsRandom;

impl Randomness for OsRandom {
    fn fill(&mut self, buf: &mut [u8]) -> io::Result<()> {
        SysRng.try_fill_bytes(buf).map_err(io::Error::other)
    }
}

/// The operating system's, for key generation. Without randomness there is nothing to go on with: it ends the process'
/// work by a panic, which no input can cause.
pub fn os_rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}
