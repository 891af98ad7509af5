//! The outside world: files, clock, randomness, prompts. Every effect of the library goes through here.
//!
//! Must not: know formats, credentials or policy.
