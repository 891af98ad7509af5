//! What kind of artifact a file is, and how a place in it is read and changed.
//!
//! Must not: sign, verify, or obtain credentials.

pub mod apk;
pub mod apple;
pub mod document;
pub mod files;
pub mod genexus;
pub mod kind;
pub mod web;
