//! Fuzzes the bodies of `metamorphic`; ordinary tests run them too.
#![no_main]
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../../tests/fuzz_bodies/metamorphic.rs"]
mod metamorphic;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    metamorphic::documents(bytes);
    metamorphic::compiled(bytes);
    metamorphic::code(bytes, "setClientId");
});
