//! Fuzzes `dex::with_checksum`; the body is one that ordinary tests run too.
#![no_main]
#![allow(missing_docs)]

use inject_fuzz::fuzz_bodies::dex;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dex::with_checksum(bytes));
