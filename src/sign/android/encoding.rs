//! The length-prefixed little-endian encoding that schemes v2, v3, v4 and the lineage share (source.android.com, "APK
//! Signature Scheme v2", "Format").
//!
//! Must not: know what is encoded.

/// A length that fits its 32-bit field: what is encoded here (certificates, signatures) is far smaller, and what is not
/// comes out as an impossible length that verification refuses.
fn len32(len: usize) -> [u8; 4] {
    u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes()
}

/// `bytes` behind their length.
pub(super) fn prefixed(bytes: &[u8]) -> Vec<u8> {
    [&len32(bytes.len()), bytes].concat()
}

/// Elements, each behind its length.
pub(super) fn sequence<T: AsRef<[u8]>>(elements: &[T]) -> Vec<u8> {
    elements.iter().flat_map(|element| prefixed(element.as_ref())).collect()
}

/// A number and bytes behind their length, as one element behind its length.
pub(super) fn pair(number: u32, bytes: &[u8]) -> Vec<u8> {
    prefixed(&[&number.to_le_bytes(), prefixed(bytes).as_slice()].concat())
}

/// An additional attribute: ID and value, behind their length.
pub(super) fn attribute(id: u32, value: &[u8]) -> Vec<u8> {
    prefixed(&[&id.to_le_bytes(), value].concat())
}
