//! Attributes of intent filters: which ones a pattern means, and how they are shown.
//!
//! Must not: read a manifest.

use crate::format::axml::Scalar;

/// Whether a text is what a pattern says, `*` being any characters.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = rest.get(at.saturating_add(part.len())..).unwrap_or_default(),
            None => return false,
        }
    }
    false
}

/// What an attribute is, for messages. Schemes and hosts are public.
pub(super) fn shown(value: &Scalar) -> String {
    match value {
        Scalar::Text(text) => format!("{text:?}"),
        other @ (Scalar::Int(_) | Scalar::Bool(_) | Scalar::Reference(_) | Scalar::Other { .. }) => other.to_string(),
    }
}
