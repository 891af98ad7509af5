//! Bytes in hexadecimal, as digests and certificates are shown.
//!
//! Must not: read it.

use std::fmt::Write;

/// Two lowercase digits for each byte, in one piece of memory: what is a secret leaves no copy behind.
pub fn lower(bytes: impl AsRef<[u8]>) -> String {
    let bytes = bytes.as_ref();
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::lower;

    #[test]
    fn every_byte_has_two_digits() {
        assert_eq!(lower([0x00, 0x0a, 0xf0, 0xff]), "000af0ff");
        assert_eq!(lower([]), "");
    }
}
