//! Codecs of file formats: bytes in, bytes or typed values out.
//!
//! Must not: read files, know policy (environments, credentials, schemes to prefer), or import any other layer.

pub mod limits;
pub mod read_at;
pub mod zip;
