//! Fuzzes `genexus::parms`; the body is one that ordinary tests run too.
#![no_main]
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../../tests/fuzz_bodies/genexus.rs"]
mod genexus;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| genexus::parms(bytes));
