//! Fuzzes `metamorphic::documents` and `metamorphic::code`; ordinary tests run them too.
#![no_main]
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../../tests/fuzz_bodies/metamorphic.rs"]
mod metamorphic;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = (metamorphic::documents(bytes), metamorphic::code(bytes, "setClientId"));
});
