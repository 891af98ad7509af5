//! Escaping of values (XML 1.0, sections 2.4 and 4.6).
//!
//! Must not: decode.

/// Escapes for an attribute in `quote`, or for text (XML 1.0, section 2.4). White space that attribute-value
/// normalisation or end-of-line handling would change becomes a character reference.
pub(crate) fn escaped(value: &str, quote: Option<char>) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if quote == Some('"') => out.push_str("&quot;"),
            '\'' if quote == Some('\'') => out.push_str("&apos;"),
            '\r' => out.push_str("&#13;"),
            '\n' | '\t' if quote.is_some() => {
                out.push_str(if c == '\n' { "&#10;" } else { "&#9;" });
            }
            _ => out.push(c),
        }
    }
    out
}
