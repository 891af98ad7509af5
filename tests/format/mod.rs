//! Codecs: identity first, then edits, then hostile bytes.

mod arsc;
mod arsc_create;
mod axml;
pub mod build;
mod fuzz;
mod json;
mod mutf8;
mod properties;
mod string_pool;
mod xml;
mod zip;
