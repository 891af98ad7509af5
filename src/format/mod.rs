//! Codecs of file formats: bytes in, bytes or typed values out.
//!
//! Must not: read files, know policy (environments, credentials, schemes to prefer), or import any other layer.

pub mod apk_signing_block;
pub mod base64;
pub mod der;
pub mod json;
pub mod limits;
pub mod oid;
pub mod properties;
pub mod read_at;
pub mod text;
pub mod x509;
pub mod xml;
pub mod zip;
