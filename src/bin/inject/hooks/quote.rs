//! A name as it stands in the languages of build tools: in quotes that nothing in it can leave.
//!
//! Must not: get a control character; whoever calls refuses those.

use std::fmt::Write;

/// A word of a POSIX shell (XCU 2.2.2): in single quotes nothing has a meaning, and a single quote stands outside of them.
pub fn sh(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./:=@%+,-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// A text of Groovy or Ruby in single quotes: no `$` or `#{}` counts there, only the backslash and the quote.
fn single(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A list of texts, likewise.
pub fn list(texts: &[&str]) -> String {
    format!("[{}]", texts.iter().map(|text| single(text)).collect::<Vec<_>>().join(", "))
}

/// A text of YAML in single quotes (YAML 1.2, 7.3.2).
pub fn yaml(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A text in which GitHub Actions would read an expression.
pub fn github(text: &str) -> String {
    text.replace("${{", "${{ '${{' }}")
}

/// A text in a property or item of `MSBuild`: its special characters as `%XX`, then those of XML.
pub fn msbuild(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '%' | '$' | '@' | '\'' | '(' | ')' | ';' | '?' | '*' => {
                let _ = write!(out, "%{:02X}", u32::from(c));
            }
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}
