//! Whether the local headers of an archive say what its central directory says: of the archive itself, and of archives that lie
//! within it.
//!
//! Must not: look at what entries are for.

use std::collections::BTreeSet;
use std::io;
use std::ops::Range;

use super::code::Code;
use super::leak::is_archive;
use super::report::Report;
use crate::format::limits;
use crate::format::read_at::ReadAt;
use crate::format::zip::{Archive, METHOD_STORED, Rules};

/// What comes of a header that says otherwise than the directory, where Android does not read both: streams are read by local
/// headers.
pub(crate) const READERS: &str =
    "a reader that streams it from the start gets different content than one that reads the directory";

/// Bytes that tell an archive.
const START: usize = 4;

/// Judges whether every local header says what the directory does, to whoever reads by these rules; `then` is what comes of one that does
/// not.
pub(crate) fn headers<S: ReadAt + ?Sized>(report: &mut Report, archive: &Archive<'_, S>, rules: Rules, then: &str) {
    for (index, entry) in archive.entries().iter().enumerate() {
        match archive.disagreement(index, rules) {
            Ok(None) => {}
            Ok(Some(found)) => report.add(
                Code::ZipHeader,
                entry.display_name(),
                format!("{found}; {then}; inject again, which writes the header anew"),
            ),
            Err(error) => report.add(Code::ZipUnreadable, entry.display_name(), error.to_string()),
        }
    }
}

/// Judges the archives among the entries, and those in them, but not the entries that were `judged`. What they hold is read by
/// whoever unpacks them, so that it is a warning. An archive that cannot be read is no archive here; a search says what it could
/// not read.
pub(crate) fn within<S: ReadAt + ?Sized>(report: &mut Report, archive: &Archive<'_, S>, judged: &BTreeSet<usize>) {
    Within { unpacked: limits::UNPACKED_BYTES }.entries(report, archive, "", judged, 0);
}

struct Within {
    /// Bytes that may still be unpacked.
    unpacked: u64,
}

impl Within {
    fn entries<S: ReadAt + ?Sized>(
        &mut self,
        report: &mut Report,
        archive: &Archive<'_, S>,
        place: &str,
        judged: &BTreeSet<usize>,
        depth: usize,
    ) {
        for (index, entry) in archive.entries().iter().enumerate().filter(|(index, _)| !judged.contains(index)) {
            if !archive.start(index, START).is_ok_and(|start| is_archive(&start)) {
                continue;
            }
            let place = format!("{place}{}", entry.display_name());
            let is_stored = entry.method() == METHOD_STORED;
            let size = entry.uncompressed_size();
            let is_too_large = !is_stored && size > limits::NESTED_BYTES.min(self.unpacked);
            if depth >= limits::NESTED_ARCHIVES || is_too_large {
                let message = "an archive that is too large, or too deep within others, for its local headers to be compared with \
                               its central directory";
                report.add_warning(Code::ZipHeader, place, message);
            } else if is_stored {
                let source = archive.source();
                self.archive(report, &Part { source: &source, range: entry.data_range() }, &place, depth);
            } else if let Ok(content) = archive.read(index) {
                self.unpacked = self.unpacked.saturating_sub(size);
                self.archive(report, &content, &place, depth);
            }
        }
    }

    fn archive(&mut self, report: &mut Report, source: &dyn ReadAt, place: &str, depth: usize) {
        let Ok(archive) = Archive::open_by(source, Rules::Common) else { return };
        let place = format!("{place}!/");
        for (index, entry) in archive.entries().iter().enumerate() {
            if let Ok(Some(found)) = archive.disagreement(index, Rules::Common) {
                let message = format!(
                    "{found}; {READERS}; pack that archive anew, for inject writes it only where a place is in it"
                );
                report.add_warning(Code::ZipHeader, format!("{place}{}", entry.display_name()), message);
            }
        }
        self.entries(report, &archive, &place, &BTreeSet::new(), depth + 1);
    }
}

/// The data of an entry that is stored, where it lies.
struct Part<'s> {
    source: &'s dyn ReadAt,
    range: Range<u64>,
}

impl ReadAt for Part<'_> {
    fn size(&self) -> u64 {
        self.range.end - self.range.start
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        let end = offset.checked_add(buf.len() as u64).filter(|end| *end <= self.size());
        end.ok_or(io::ErrorKind::UnexpectedEof)?;
        self.source.read_exact_at(buf, self.range.start + offset)
    }
}
