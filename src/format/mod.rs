//! Codecs of file formats: bytes in, bytes or typed values out.
//!
//! Must not: read files, know policy (environments, credentials, schemes to prefer), or import any other layer.

pub mod aapt;
pub mod apk_signing_block;
pub mod apple_plist;
pub mod arsc;
pub mod art_profile;
pub mod axml;
pub mod base64;
pub mod calendar;
pub mod chunk;
pub mod cms;
pub mod code_resources;
pub mod code_signature;
pub mod compressed;
pub mod der;
pub mod der_entitlements;
pub mod dex;
pub mod gradle;
pub mod hex;
pub mod inflate;
pub mod js;
pub mod json;
pub mod limits;
pub mod macho;
pub mod mobileprovision;
pub mod mutf8;
pub mod node_path;
pub mod oid;
pub mod outline;
pub mod plist;
pub mod properties;
pub mod read_at;
pub mod secret;
pub mod setting;
pub mod sha256;
pub mod slots;
pub mod source_map;
pub mod splice;
pub mod string_pool;
pub mod text;
pub mod verbatim;
pub mod x509;
pub mod xml;
pub mod zip;
