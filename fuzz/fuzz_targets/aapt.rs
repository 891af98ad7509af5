//! Fuzzes `aapt::aapt`; the body is one that ordinary tests run too.
#![no_main]
#![allow(missing_docs)]

use inject_fuzz::fuzz_bodies::aapt;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| aapt::aapt(bytes));
