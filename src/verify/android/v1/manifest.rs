//! The text of MANIFEST.MF and of signature files (JAR File Specification, "JAR Manifest"): sections of attributes, with
//! the exact bytes of each section because digests are over those.
//!
//! Must not: know which attributes matter.

use std::ops::Range;

/// A section.
#[derive(Debug, Clone)]
pub(super) struct Section {
    /// The `Name` of an individual section.
    pub(super) name: Option<String>,
    attributes: Vec<(String, String)>,
    /// Its bytes, the blank line behind it included.
    pub(super) range: Range<usize>,
}

impl Section {
    /// The value of an attribute; names do not differ by case.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// All sections, the main one first.
pub(super) fn sections(text: &[u8]) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut at = 0;
    loop {
        // Blank lines between sections belong to none.
        while !sections.is_empty() && matches!(text.get(at), Some(b'\r' | b'\n')) {
            at += 1;
        }
        if at >= text.len() {
            return sections;
        }
        let start = at;
        let mut lines: Vec<Vec<u8>> = Vec::new();
        loop {
            let (line, next) = line(text, at);
            at = next;
            match (line.first(), lines.last_mut()) {
                (None, _) => break,
                (Some(b' '), Some(last)) => last.extend_from_slice(line.get(1..).unwrap_or_default()),
                _ => lines.push(line.to_vec()),
            }
            if at >= text.len() {
                break;
            }
        }
        let mut attributes: Vec<(String, String)> = lines.iter().map(|line| attribute(line)).collect();
        let named = attributes.first().is_some_and(|(name, _)| name.eq_ignore_ascii_case("Name"));
        let name = (named && !sections.is_empty()).then(|| attributes.remove(0).1);
        sections.push(Section { name, attributes, range: start..at });
    }
}

/// The line at `at` without its end, and where the next begins.
fn line(text: &[u8], at: usize) -> (&[u8], usize) {
    let rest = text.get(at..).unwrap_or_default();
    let len = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
    let (line, end) = rest.split_at(len);
    let end_len = match end {
        [b'\r', b'\n', ..] => 2,
        [_, ..] => 1,
        [] => 0,
    };
    (line, at + len + end_len)
}

fn attribute(line: &[u8]) -> (String, String) {
    let split = line.windows(2).position(|pair| pair == b": ");
    let (name, value) = match split {
        Some(at) => (line.get(..at), line.get(at + 2..)),
        None => (Some(line), None),
    };
    let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
    (text(name), text(value))
}
