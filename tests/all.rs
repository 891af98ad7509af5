//! The one test binary. `tests/` mirrors `src/`; every file below is a module of this one.
#![allow(clippy::disallowed_methods, reason = "tests make the files that they read")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test picks what it is about")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::cast_possible_truncation, missing_docs)]

mod artifact;
mod cli;
mod credential;
#[cfg(unix)]
mod docs;
mod embedding;
mod format;
mod fuzz_bodies;
mod host;
mod pipeline;
mod placement;
mod project;
mod sign;
mod verify;
