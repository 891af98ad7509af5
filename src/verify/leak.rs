//! Whether a credential of another environment is left anywhere: every entry inflated, and every byte between entries;
//! archives and compressed files within likewise.
//!
//! Forms looked for: those of [`Form`].
//!
//! Must not: show a value it finds, only what it belongs to and where.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use zeroize::Zeroizing;

use super::code::{About, Code};
use super::forms::{Form, SHORTEST};
use super::needles::{Needles, Search};
use super::report::{Finding, Report};
use crate::artifact::files::Files;
use crate::format::apk_signing_block::{PAIR, SigningBlock, pair_name};
use crate::format::compressed::Encoding;
use crate::format::limits;
use crate::format::read_at::ReadAt;
use crate::format::zip::{Archive, Entry, Rules};

/// Bytes read at a time between entries.
const STEP: u64 = 1024 * 1024;

/// Texts shorter than this are not looked for: they would be found everywhere.
pub(crate) const SHORTEST_SOUGHT: usize = SHORTEST;

/// A value that must not be there.
#[derive(Clone)]
pub struct Foreign {
    /// Whose it is, for people: "the secret of com.example in dev".
    pub what: String,
    /// The value.
    pub value: Zeroizing<String>,
    /// Whether it is the application's own in this environment, kept out of artifacts on purpose.
    pub own: bool,
}

impl std::fmt::Debug for Foreign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, value: _, own } = self;
        f.debug_struct("Foreign").field("what", what).field("own", own).finish_non_exhaustive()
    }
}

impl Foreign {
    /// A value of somebody else.
    pub fn new(what: impl Into<String>, value: impl Into<Zeroizing<String>>) -> Self {
        Self { what: what.into(), value: value.into(), own: false }
    }

    fn code(&self) -> Code {
        if self.own { Code::LeakOwn } else { Code::LeakForeign }
    }
}

/// Whether a finding is a value that was searched for.
pub(crate) fn is_found(finding: &Finding) -> bool {
    finding.code.about() == About::Leak
}

/// Whether a finding is about what lies between contents, or behind them: in a pair of the signing block too.
pub(crate) fn is_outside(finding: &Finding) -> bool {
    finding.place.contains(OUTSIDE) || finding.place.split(INSIDE).any(|part| part.starts_with(PAIR))
}

/// Whether a finding is about the content `name`, or what is packed in it.
pub(crate) fn is_in(finding: &Finding, name: &str) -> bool {
    finding
        .place
        .strip_prefix(name)
        .is_some_and(|rest| [INSIDE, UNPACKED].iter().any(|way| rest.starts_with(way)) || rest.is_empty())
}

/// The beginning of every place in a file that is an archive.
pub(crate) fn inside(name: &str) -> String {
    format!("{name}{INSIDE}")
}

/// What a place between contents has in it.
const OUTSIDE: &str = ", outside every content";
/// What leads from an archive to a content of it.
const INSIDE: &str = "!/";
/// What follows a compressed file whose content is meant.
const UNPACKED: &str = " (unpacked)";

/// A search for values through any number of contents.
pub struct Hunt<'f> {
    foreign: Vec<&'f Foreign>,
    needles: Needles,
    /// Bytes that may still be unpacked within entries.
    unpacked: u64,
}

impl<'f> Hunt<'f> {
    /// For these values, those that are too short to mean anything left out. `allowed` may be there, and have parts in
    /// common with them.
    pub fn new(foreign: &'f [Foreign], allowed: &[&str]) -> Self {
        let foreign: Vec<&Foreign> = foreign.iter().filter(|foreign| foreign.value.len() >= SHORTEST).collect();
        let needles = Needles::new(foreign.iter().map(|foreign| foreign.value.as_str()), allowed);
        Self { foreign, needles, unpacked: limits::UNPACKED_BYTES }
    }

    /// For copies of these values as an app would read them; the forms that somebody hides a value in are left out, because parts
    /// of an id are found in other ids of the same vendor.
    pub(crate) fn for_copies(sought: &'f [Foreign]) -> Self {
        let foreign: Vec<&Foreign> = sought.iter().collect();
        let texts = foreign.iter().map(|foreign| foreign.value.as_str());
        let hidden = [Form::Half, Form::Xor, Form::Reversed, Form::Raw, Form::Base64Raw, Form::Base64Utf16];
        let needles = Needles::of_forms(texts, &[], |form| !hidden.contains(&form));
        Self { foreign, needles, unpacked: limits::UNPACKED_BYTES }
    }

    /// Looks in a set of files.
    pub(crate) fn files(&mut self, report: &mut Report, files: &dyn Files) {
        if self.foreign.is_empty() {
            return;
        }
        let names: Vec<String> = files.names().map(str::to_owned).collect();
        for name in names {
            match files.read(&name, limits::ENTRY_BYTES) {
                Ok(Some(content)) => self.content(report, &name, &content),
                Ok(None) => {}
                Err(error) => report.add(Code::LeakUnreadable, name, error.to_string()),
            }
        }
    }

    /// Looks in a content, and in what is packed in it.
    pub fn content(&mut self, report: &mut Report, place: &str, content: &[u8]) {
        self.packed(report, place, content, 0);
    }

    /// Looks in a file of any kind and size: an archive entry by entry, anything else from its first byte to its last.
    pub fn file<S: ReadAt + ?Sized>(&mut self, report: &mut Report, place: &str, source: &S) {
        // Every file may be unpacked as far as any other.
        self.unpacked = limits::UNPACKED_BYTES;
        let mut first = [0; MAGIC];
        let known = source.size() >= MAGIC as u64 && source.read_exact_at(&mut first, 0).is_ok();
        if known && (is_archive(&first) || ends_like_an_archive(source)) {
            let mut is_archive = false;
            self.part(report, place, |hunt, report| is_archive = hunt.entries(report, source, &BTreeSet::new()));
            if is_archive {
                return;
            }
        }
        let mut search = Search::new(&self.needles);
        if !stream(report, place, source, 0..source.size(), &mut search) {
            return;
        }
        self.say(report, place, search);
        if encoding_of(place, &first).is_none() {
            return;
        }
        if source.size() > limits::NESTED_BYTES {
            report.add(Code::LeakLimit, place, "too much to be unpacked");
        } else {
            let mut content = vec![0; usize::try_from(source.size()).unwrap_or(0)];
            match source.read_exact_at(&mut content, 0) {
                Ok(()) => self.within(report, place, &content, 0),
                Err(error) => report.add(Code::LeakUnreadable, place, error.to_string()),
            }
        }
    }

    /// Looks in something that is part of a file: places have its name in front.
    pub(crate) fn part(&mut self, report: &mut Report, name: &str, look: impl FnOnce(&mut Self, &mut Report)) {
        let mut inside = Report::default();
        look(self, &mut inside);
        report.findings.extend(inside.findings.into_iter().map(|mut finding| {
            finding.place = format!("{name}{INSIDE}{}", finding.place);
            finding
        }));
    }

    /// Looks in an archive.
    pub fn archive<S: ReadAt + ?Sized>(&mut self, report: &mut Report, source: &S) {
        self.archive_but(report, source, &BTreeSet::new());
    }

    /// Looks in an archive, but not in these entries.
    pub(crate) fn archive_but<S: ReadAt + ?Sized>(
        &mut self,
        report: &mut Report,
        source: &S,
        left_out: &BTreeSet<usize>,
    ) {
        if !self.foreign.is_empty() && !self.entries(report, source, left_out) {
            let error =
                Archive::open_by(source, Rules::Common).err().map_or_else(String::new, |error| error.to_string());
            report.add(Code::LeakUnreadable, "the archive", error);
        }
    }

    /// Every entry of an archive but these, and every byte between them; false where it is none.
    fn entries<S: ReadAt + ?Sized>(&mut self, report: &mut Report, source: &S, left_out: &BTreeSet<usize>) -> bool {
        let Ok(archive) = Archive::open_by(source, Rules::Common) else { return false };
        let mut gaps = Vec::new();
        for (index, entry) in archive.entries().iter().enumerate().filter(|(index, _)| !left_out.contains(index)) {
            let mut search = Search::new(&self.needles);
            let mut first = Vec::new();
            let searched = archive.stream(index, |chunk| {
                let missing = MAGIC.saturating_sub(first.len());
                first.extend_from_slice(chunk.get(..missing.min(chunk.len())).unwrap_or_default());
                search.feed(chunk);
            });
            let name = entry.display_name();
            if let Err(error) = searched {
                // What cannot be inflated is searched as it lies, below.
                report.add_warning(Code::LeakUnreadable, name.clone(), error.to_string());
                gaps.push(entry.data_range());
            }
            self.say(report, &name, search);
            if is_packed(&name, &first)
                && let Some(content) = self.unpack(report, &archive, index, &name)
            {
                self.within(report, &name, &content, 0);
            }
        }
        let mut at = 0;
        for entry in archive.in_file_order() {
            // Local headers hold names and extra fields; data of stored entries was read above.
            gaps.push(at..entry.data_offset());
            at = entry.data_range().end;
        }
        // Pairs of a signing block have names.
        if let Ok(Some(block)) = SigningBlock::find(source, archive.directory_offset()) {
            for (id, value) in block.pairs() {
                let mut search = Search::new(&self.needles);
                search.feed(value);
                self.say(report, &pair_name(id), search);
            }
            // An entry may reach into it.
            for (_, value) in block.ranges() {
                gaps.extend((at < value.start).then_some(at..value.start));
                at = at.max(value.end);
            }
        }
        gaps.push(at..source.size());
        for gap in gaps {
            let mut search = Search::new(&self.needles);
            let place = format!("bytes {:#x} to {:#x}{OUTSIDE}", gap.start, gap.end);
            stream(report, &place, source, gap, &mut search);
            self.say(report, &place, search);
        }
        true
    }

    fn packed(&mut self, report: &mut Report, place: &str, content: &[u8], depth: usize) {
        if self.foreign.is_empty() {
            return;
        }
        let mut search = Search::new(&self.needles);
        search.feed(content);
        self.say(report, place, search);
        self.within(report, place, content, depth);
    }

    /// Searches what is packed in a content.
    fn within(&mut self, report: &mut Report, place: &str, content: &[u8], depth: usize) {
        if depth >= limits::NESTED_ARCHIVES {
            if is_packed(place, content) {
                report.add(Code::LeakDepth, place, "archives in each other, too deep to be searched");
            }
        } else if is_archive(content) {
            match Archive::open_by(content, Rules::Common) {
                Ok(archive) => {
                    for (index, entry) in archive.entries().iter().enumerate() {
                        let place = format!("{place}{INSIDE}{}", entry.display_name());
                        if let Some(content) = self.unpack(report, &archive, index, &place) {
                            self.packed(report, &place, &content, depth + 1);
                        }
                    }
                }
                Err(error) => report.add_warning(Code::LeakUnreadable, place, error.to_string()),
            }
        } else if let Some(encoding) = encoding_of(place, content) {
            match encoding.decode(content, limits::NESTED_BYTES.min(self.unpacked)) {
                Ok(unpacked) => {
                    self.unpacked = self.unpacked.saturating_sub(unpacked.len() as u64);
                    self.packed(report, &format!("{place}{UNPACKED}"), &unpacked, depth + 1);
                }
                Err(error) => report.add_warning(Code::LeakUnreadable, place, error.to_string()),
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
        let size = archive.entries().get(index).map_or(0, Entry::uncompressed_size);
        if size > limits::NESTED_BYTES.min(self.unpacked) {
            report.add(Code::LeakLimit, place, "too much to be unpacked");
            return None;
        }
        self.unpacked = self.unpacked.saturating_sub(size);
        archive.read(index).map_err(|error| report.add_warning(Code::LeakUnreadable, place, error.to_string())).ok()
    }

    /// One finding for each value: whose it is, and in which forms it lies there.
    fn say(&self, report: &mut Report, place: &str, search: Search<'_>) {
        for (owner, forms) in search.finish() {
            let Some(foreign) = self.foreign.get(owner) else { continue };
            let mut message = format!("it holds {}", foreign.what);
            if forms != [Form::Plain] {
                let forms: Vec<String> = forms.iter().map(Form::to_string).collect();
                let _ = write!(message, " ({})", forms.join(", "));
            }
            report.add(foreign.code(), place, message);
        }
    }
}

/// Reads a range of a file through a search; false, and said, where that fails.
fn stream<S: ReadAt + ?Sized>(
    report: &mut Report,
    place: &str,
    source: &S,
    range: std::ops::Range<u64>,
    search: &mut Search<'_>,
) -> bool {
    let mut at = range.start;
    let mut buf = vec![0; usize::try_from((range.end - range.start).min(STEP)).unwrap_or(0)];
    while at < range.end {
        let len = (range.end - at).min(STEP);
        let part = buf.get_mut(..usize::try_from(len).unwrap_or(0)).unwrap_or_default();
        if let Err(error) = source.read_exact_at(part, at) {
            report.add(Code::LeakUnreadable, format!("{place}, offset {at:#x}"), error.to_string());
            return false;
        }
        search.feed(part);
        at += len;
    }
    true
}

/// Bytes that tell what a content is.
const MAGIC: usize = 4;

/// Whether a content is an archive, or a compressed file, that has to be unpacked to be searched.
fn is_packed(name: &str, content: &[u8]) -> bool {
    is_archive(content) || encoding_of(name, content).is_some()
}

pub(super) fn is_archive(content: &[u8]) -> bool {
    content.starts_with(b"PK\x03\x04")
}

/// Whether a file ends as archives do, whatever it begins with: programs that unpack themselves, packages with something
/// put in front. APPNOTE 4.3.16: the end record is followed by its comment alone.
pub(super) fn ends_like_an_archive<S: ReadAt + ?Sized>(source: &S) -> bool {
    let len = source.size().min(END_RECORD);
    let mut end = vec![0; usize::try_from(len).unwrap_or(0)];
    source.read_exact_at(&mut end, source.size() - len).is_ok() && end.windows(4).any(|bytes| bytes == b"PK\x05\x06")
}

/// Bytes of the end record with the longest comment.
const END_RECORD: u64 = 22 + 65_535;

/// How a file is compressed. gzip says so itself (RFC 1952, 2.3.1); Brotli has nothing but the name.
pub(super) fn encoding_of(name: &str, content: &[u8]) -> Option<Encoding> {
    if content.starts_with(&[0x1f, 0x8b, 8]) {
        return Some(Encoding::Gzip);
    }
    name.ends_with(Encoding::Brotli.extension()).then_some(Encoding::Brotli)
}
