//! Fuzzes `metamorphic::documents` and `metamorphic::code`; ordinary tests run them too.
#![no_main]
#![allow(missing_docs)]

use inject_fuzz::fuzz_bodies::metamorphic;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = (metamorphic::documents(bytes), metamorphic::code(bytes, "setClientId"));
});
