//! Which digests of a section count.
//!
//! Must not: compute one.

use std::collections::BTreeMap;

use super::manifest::Section;
use crate::format::base64;
use crate::verify::hash::Hash;

/// The entry of the manifest.
pub(super) const MANIFEST: &str = "META-INF/MANIFEST.MF";

/// Android 4.3: the strongest digest counts.
const SDK_STRONGEST_DIGEST: u32 = 18;

/// The digests in a section that count for these API levels.
pub(super) fn digests(section: &Section, suffix: &str, sdk: (u32, u32)) -> Vec<(Hash, Vec<u8>)> {
    let value = |name: &str| {
        let value = section.value(&format!("{name}{suffix}"))?;
        Some(base64::decode(value.as_bytes()).unwrap_or_default())
    };
    let mut found: BTreeMap<Hash, Vec<u8>> = BTreeMap::new();
    if sdk.0 < SDK_STRONGEST_DIGEST {
        // The algorithms are listed in an attribute of their own; the first that is there counts.
        let listed = section.value("Digest-Algorithms").unwrap_or("SHA SHA1");
        let first = listed.split_ascii_whitespace().find_map(|name| {
            let hash = match name.to_ascii_uppercase().as_str() {
                "MD5" => Hash::Md5,
                "SHA" | "SHA1" | "SHA-1" => Hash::Sha1,
                "SHA-256" => Hash::Sha256,
                "SHA-384" => Hash::Sha384,
                "SHA-512" => Hash::Sha512,
                _ => return None,
            };
            // The platform before 2.3 (9) knew only what every version does; others are skipped.
            Some((hash, value(name)?))
        });
        match first {
            Some((hash, value)) => found.insert(hash, value),
            // Such a version finds no digest, and refuses.
            None => return Vec::new(),
        };
    }
    if sdk.1 >= SDK_STRONGEST_DIGEST {
        let order =
            [("SHA-512", Hash::Sha512), ("SHA-384", Hash::Sha384), ("SHA-256", Hash::Sha256), ("SHA1", Hash::Sha1)];
        if let Some((hash, value)) = order.iter().find_map(|(name, hash)| Some((*hash, value(name)?))) {
            found.insert(hash, value);
        }
    }
    found.into_iter().collect()
}
