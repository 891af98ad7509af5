//! Builders of artifacts, with full control over every lie a file can tell.

pub mod aapt;
pub mod arsc;
pub mod axml;
pub mod dex;
pub mod macho;
pub mod paths;
pub mod zip;
