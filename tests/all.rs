//! The one test binary. `tests/` mirrors `src/`; every file below is a module of this one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]
#![allow(clippy::cast_possible_truncation)]

mod format;
mod fuzz_bodies;
