//! PEM (RFC 7468): labelled base64 blocks between lines of dashes.
//!
//! Must not: interpret what is inside, or keep a decoded block longer than its reader (they may hold keys).

use zeroize::Zeroizing;

use crate::format::base64;

/// A block.
pub(super) struct Block {
    /// `CERTIFICATE`, `PRIVATE KEY`, ...
    pub(super) label: String,
    /// Whether header lines stand before the data (RFC 1421), as OpenSSL's own encryption of keys has them.
    pub(super) has_headers: bool,
    /// The decoded data; `None` when it is not base64.
    pub(super) der: Option<Zeroizing<Vec<u8>>>,
}

/// The blocks of a text, in order; text between them is skipped. A block without its end is left out.
pub(super) fn blocks(text: &[u8]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, bool, Zeroizing<Vec<u8>>)> = None;
    // Editors of Windows put a byte order mark in front.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    for line in text.split(|&byte| byte == b'\n' || byte == b'\r') {
        let line = line.trim_ascii();
        if let Some(label) = framed(line, b"-----BEGIN ") {
            open = Some((label, false, Zeroizing::new(Vec::with_capacity(text.len()))));
        } else if let Some(label) = framed(line, b"-----END ") {
            if let Some((begun, has_headers, body)) = open.take().filter(|(begun, ..)| *begun == label) {
                blocks.push(Block { label: begun, has_headers, der: base64::decode(&body).map(Zeroizing::new) });
            }
        } else if let Some((_, has_headers, body)) = &mut open {
            if line.contains(&b':') {
                *has_headers = true;
            } else {
                body.extend_from_slice(line);
            }
        }
    }
    blocks
}

/// Whether a text holds the beginning of a block.
pub(super) fn is_pem(text: &[u8]) -> bool {
    text.windows(11).any(|window| window == b"-----BEGIN ")
}

fn framed(line: &[u8], start: &[u8]) -> Option<String> {
    let label = line.strip_prefix(start)?.strip_suffix(b"-----")?;
    Some(String::from_utf8_lossy(label).into_owned())
}
