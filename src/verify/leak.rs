//! Whether a credential of another environment is left anywhere: every entry inflated, and every byte between entries;
//! archives and compressed files within likewise.
//!
//! Forms looked for: UTF-8 and UTF-16 in both byte orders.
//!
//! Must not: show a value it finds, only what it belongs to and where.

use aho_corasick::AhoCorasick;
use zeroize::Zeroizing;

use super::report::Report;
use crate::artifact::files::Files;
use crate::format::compressed::Encoding;
use crate::format::limits;
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

/// Looks for foreign values in a set of files.
pub fn files(report: &mut Report, files: &dyn Files, foreign: &[Foreign]) {
    let Some((mut search, foreign)) = start(report, foreign) else { return };
    let names: Vec<String> = files.names().map(str::to_owned).collect();
    for name in names {
        match files.read(&name, limits::ENTRY_BYTES) {
            Ok(Some(content)) => search.content(report, &foreign, &name, &content, 0),
            Ok(None) => {}
            Err(error) => report.error("leak.unreadable", name, error.to_string()),
        }
    }
}

/// The search for those values that are long enough; nothing where there is none.
fn start<'f>(report: &mut Report, foreign: &'f [Foreign]) -> Option<(Search, Vec<&'f Foreign>)> {
    let foreign: Vec<&Foreign> = foreign.iter().filter(|foreign| foreign.value.len() >= SHORTEST).collect();
    if foreign.is_empty() {
        return None;
    }
    match Search::new(&foreign) {
        Ok(search) => Some((search, foreign)),
        Err(error) => {
            report.error("leak.search", "the search", error.to_string());
            None
        }
    }
}

/// Looks for foreign values in an archive.
pub fn archive<S: ReadAt + ?Sized>(report: &mut Report, source: &S, foreign: &[Foreign]) {
    let Some((mut search, foreign)) = start(report, foreign) else { return };
    let archive = match Archive::open(source) {
        Ok(archive) => archive,
        Err(error) => {
            report.error("leak.unreadable", "the archive", error.to_string());
            return;
        }
    };
    let mut gaps = Vec::new();
    for (index, entry) in archive.entries().iter().enumerate() {
        search.begin();
        let mut first = Vec::new();
        let searched = archive.stream(index, |chunk| {
            let missing = MAGIC.saturating_sub(first.len());
            first.extend_from_slice(chunk.get(..missing.min(chunk.len())).unwrap_or_default());
            search.feed(chunk);
        });
        if let Err(error) = searched {
            // What cannot be inflated is searched as it lies, below.
            report.warning("leak.unreadable", entry.display_name(), error.to_string());
            gaps.push(entry.data_range());
        }
        search.report(report, &foreign, &entry.display_name());
        if is_packed(&entry.display_name(), &first)
            && let Some(content) = search.unpack(report, &archive, index, &entry.display_name())
        {
            search.within(report, &foreign, &entry.display_name(), &content, 0);
        }
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

/// Bytes that tell what a content is.
const MAGIC: usize = 4;

/// Whether a content is an archive, or a compressed file, that has to be unpacked to be searched.
fn is_packed(name: &str, content: &[u8]) -> bool {
    is_archive(content) || encoding_of(name, content).is_some()
}

fn is_archive(content: &[u8]) -> bool {
    content.starts_with(b"PK\x03\x04")
}

/// How a file is compressed. gzip says so itself (RFC 1952, 2.3.1); Brotli has nothing but the name.
fn encoding_of(name: &str, content: &[u8]) -> Option<Encoding> {
    if content.starts_with(&[0x1f, 0x8b, 8]) {
        return Some(Encoding::Gzip);
    }
    name.ends_with(Encoding::Brotli.extension()).then_some(Encoding::Brotli)
}

struct Search {
    /// Bytes that may still be unpacked within entries.
    unpacked: u64,
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
        let found = vec![false; foreign.len()];
        Ok(Self { unpacked: limits::UNPACKED_BYTES, patterns, owners, longest, tail: Vec::new(), found })
    }

    /// Searches a content, and what is packed in it.
    fn content(&mut self, report: &mut Report, foreign: &[&Foreign], place: &str, content: &[u8], depth: usize) {
        self.begin();
        self.feed(content);
        self.report(report, foreign, place);
        self.within(report, foreign, place, content, depth);
    }

    /// Searches what is packed in a content.
    fn within(&mut self, report: &mut Report, foreign: &[&Foreign], place: &str, content: &[u8], depth: usize) {
        if depth >= limits::NESTED_ARCHIVES {
            if is_packed(place, content) {
                report.warning("leak.depth", place, "archives in each other, too deep to be searched");
            }
        } else if is_archive(content) {
            match Archive::open(content) {
                Ok(archive) => {
                    for (index, entry) in archive.entries().iter().enumerate() {
                        let place = format!("{place}!/{}", entry.display_name());
                        if let Some(content) = self.unpack(report, &archive, index, &place) {
                            self.content(report, foreign, &place, &content, depth + 1);
                        }
                    }
                }
                Err(error) => report.warning("leak.unreadable", place, error.to_string()),
            }
        } else if let Some(encoding) = encoding_of(place, content) {
            match encoding.decode(content, limits::NESTED_BYTES.min(self.unpacked)) {
                Ok(unpacked) => {
                    self.unpacked = self.unpacked.saturating_sub(unpacked.len() as u64);
                    self.content(report, foreign, &format!("{place} (unpacked)"), &unpacked, depth + 1);
                }
                Err(error) => report.warning("leak.unreadable", place, error.to_string()),
            }
        }
    }

    /// An entry, unpacked in memory; nothing where it is too much or damaged, which is said.
    fn unpack<S: ReadAt + ?Sized>(
        &mut self,
        report: &mut Report,
        archive: &Archive<'_, S>,
        index: usize,
        place: &str,
    ) -> Option<Vec<u8>> {
        let size = archive.entries().get(index).map_or(0, |entry| u64::from(entry.uncompressed_size()));
        if size > limits::NESTED_BYTES.min(self.unpacked) {
            report.warning("leak.limit", place, "too much to be unpacked");
            return None;
        }
        self.unpacked = self.unpacked.saturating_sub(size);
        archive.read(index).map_err(|error| report.warning("leak.unreadable", place, error.to_string())).ok()
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
