//! Fuzzes `config::config` over the reader of `inject.toml`; ordinary tests run it over the program.
#![no_main]
#![allow(missing_docs)]

use inject_fuzz::{config_problems, fuzz_bodies::config};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| config::config(bytes, &config_problems));
