//! Fuzzes `credential::credential`; the body is one that ordinary tests run too.
#![no_main]
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../../tests/fuzz_bodies/credential.rs"]
mod credential;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| credential::credential(bytes));
