//! Whether a credential of another environment is left anywhere: every entry inflated, and every byte between entries.
//!
//! Forms looked for: UTF-8 and UTF-16 in both byte orders.
//!
//! Must not: show a value it finds, only what it belongs to and where.

use aho_corasick::AhoCorasick;
use zeroize::Zeroizing;

use super::report::Report;
use crate::format::read_at::ReadAt;
use crate::format::zip::Archive;

/// Texts shorter than this are not looked for: they would be found everywhere.
const SHORTEST: usize = 8;
/// Bytes read at a time between entries.
const STEP: u64 = 1024 * 1024;

/// A value that must not be there.
#[derive(Debug, Clone)]
pub struct Foreign {
    /// Whose it is, for people: "the secret of com.example in dev".
    pub what: String,
    /// The value.
    pub value: Zeroizing<String>,
}

/// Looks for foreign values in an archive.
pub fn archive<S: ReadAt + ?Sized>(report: &mut Report, source: &S, foreign: &[Foreign]) {
    let foreign: Vec<&Foreign> = foreign.iter().filter(|foreign| foreign.value.len() >= SHORTEST).collect();
    if foreign.is_empty() {
        return;
    }
    let archive = match Archive::open(source) {
        Ok(archive) => archive,
        Err(error) => {
            report.error("leak.unreadable", "the archive", error.to_string());
            return;
        }
    };
    let mut search = match Search::new(&foreign) {
        Ok(search) => search,
        Err(error) => {
            report.error("leak.search", "the search", error.to_string());
            return;
        }
    };
    let mut gaps = Vec::new();
    for (index, entry) in archive.entries().iter().enumerate() {
        search.begin();
        if let Err(error) = archive.stream(index, |chunk| search.feed(chunk)) {
            // What cannot be inflated is searched as it lies, below.
            report.warning("leak.unreadable", entry.display_name(), error.to_string());
            gaps.push(entry.data_range());
        }
        search.report(report, &foreign, &entry.display_name());
    }
    let mut at = 0;
    for entry in archive.in_file_order() {
        // Local headers hold names and extra fields; data of stored entries was read above.
        gaps.push(at..entry.data_offset());
        at = entry.data_range().end;
    }
    gaps.push(at..source.size());
    for gap in gaps {
        search.begin();
        let mut at = gap.start;
        while at < gap.end {
            let len = (gap.end - at).min(STEP);
            let mut buf = vec![0; usize::try_from(len).unwrap_or(0)];
            if let Err(error) = source.read_exact_at(&mut buf, at) {
                report.error("leak.unreadable", format!("offset {at:#x}"), error.to_string());
                break;
            }
            search.feed(&buf);
            at += len;
        }
        search.report(report, &foreign, &format!("bytes {:#x} to {:#x}, outside every content", gap.start, gap.end));
    }
}

/// Where values lie in an archive: what each is called, and the place.
pub fn holders<S: ReadAt + ?Sized>(source: &S, values: &[Foreign]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for value in values {
        let mut report = Report::default();
        archive(&mut report, source, std::slice::from_ref(value));
        let places = report.findings.into_iter().filter(|finding| finding.code == "leak.foreign");
        found.extend(places.map(|finding| (value.what.clone(), finding.place)));
    }
    found
}

struct Search {
    patterns: AhoCorasick,
    /// Which foreign value a pattern is a form of.
    owners: Vec<usize>,
    longest: usize,
    /// The end of what was fed, so that a value across two pieces is found.
    tail: Vec<u8>,
    found: Vec<bool>,
}

impl Search {
    fn new(foreign: &[&Foreign]) -> Result<Self, aho_corasick::BuildError> {
        let mut forms: Vec<Zeroizing<Vec<u8>>> = Vec::new();
        let mut owners = Vec::new();
        for (owner, value) in foreign.iter().map(|foreign| &foreign.value).enumerate() {
            forms.push(Zeroizing::new(value.as_bytes().to_vec()));
            forms.push(Zeroizing::new(value.encode_utf16().flat_map(u16::to_le_bytes).collect()));
            forms.push(Zeroizing::new(value.encode_utf16().flat_map(u16::to_be_bytes).collect()));
            owners.extend([owner; 3]);
        }
        let longest = forms.iter().map(|form| form.len()).max().unwrap_or(1);
        let patterns = AhoCorasick::new(forms.iter().map(|form| form.as_slice()))?;
        Ok(Self { patterns, owners, longest, tail: Vec::new(), found: vec![false; foreign.len()] })
    }

    fn begin(&mut self) {
        self.tail.clear();
        self.found.fill(false);
    }

    fn feed(&mut self, chunk: &[u8]) {
        self.tail.extend_from_slice(chunk);
        for hit in self.patterns.find_overlapping_iter(&self.tail) {
            if let Some(found) = self.owners.get(hit.pattern().as_usize()).and_then(|&owner| self.found.get_mut(owner))
            {
                *found = true;
            }
        }
        let keep = self.tail.len().saturating_sub(self.longest - 1);
        self.tail.drain(..keep);
    }

    fn report(&self, report: &mut Report, foreign: &[&Foreign], place: &str) {
        for (_, foreign) in self.found.iter().zip(foreign).filter(|(found, _)| **found) {
            report.error("leak.foreign", place, format!("it holds {}", foreign.what));
        }
    }
}
