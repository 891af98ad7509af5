//! Codecs: identity first, then edits, then hostile bytes.

mod build;
mod zip;
