//! Fuzzes `archive::edited`; the body is one that ordinary tests run too.
#![no_main]
#![allow(missing_docs)]

use inject_fuzz::fuzz_bodies::archive;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| archive::edited(bytes));
