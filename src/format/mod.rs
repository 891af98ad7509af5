//! Codecs of file formats: bytes in, bytes or typed values out.
//!
//! Must not: read files, know policy (environments, credentials, schemes to prefer), or import any other layer.

pub mod json;
pub mod limits;
pub mod properties;
pub mod read_at;
pub mod text;
pub mod xml;
pub mod zip;
