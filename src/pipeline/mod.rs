//! The flow: request, plan, numbered steps per kind of artifact, atomic commit.
//!
//! Must not: parse formats itself, or print.
