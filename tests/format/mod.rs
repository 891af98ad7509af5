//! Codecs: identity first, then edits, then hostile bytes.

mod ahead;
mod apple;
mod arsc;
mod arsc_create;
mod axml;
mod base64;
pub mod build;
mod calendar;
mod dex;
mod dex_shared;
mod dex_width;
mod fuzz;
mod gradle;
mod inflate;
mod js;
mod js_values;
mod json;
mod mutf8;
mod outline;
mod plist;
mod properties;
mod secret;
mod sha256;
mod string_pool;
mod xml;
mod zip;
mod zip_splice;
