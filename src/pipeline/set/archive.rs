//! A new archive around new packages: every other entry stays as it lies, but what says something of the packages.
//!
//! Must not: decide what is in a package.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::SetError;
use super::home::Container;
use super::listing::{self, Listing, Sizes};
use super::member::End;
use super::package_set::PackageSet;
use crate::format::read_at::ReadAt as _;
use crate::format::zip::{Archive, Change, Deflater, Entry, METHOD_DEFLATED, Rewrite, Rules, Segment, Splice};
use crate::host::file::FileError;
use crate::host::interrupt;
use crate::host::replacement::Replacement;
use crate::pipeline::ArtifactFile;
use crate::pipeline::apk;
use crate::pipeline::apk::dm_file::{self, Renewed};
use crate::pipeline::assemble::write_payload;
use crate::pipeline::fault::Cause;
use crate::pipeline::kind::same_file;

/// Puts the set at `output`, an archive. Says what a person should know.
pub(super) fn put_in_place(
    set: &PackageSet,
    container: &Container,
    ends: Vec<End>,
    output: &Path,
) -> Result<Vec<String>, Cause> {
    let archive = container.archive();
    let mut notes = Vec::new();
    let (mut spool, mut splices, mut sizes) = (Spool::start(output)?, BTreeMap::new(), Vec::new());
    let mut rewrite = Rewrite { headers: Some(Rules::Android), ..Rewrite::default() };
    for (member, end) in set.members.iter().zip(ends) {
        let End::New(written) = end else { continue };
        let index = member.index;
        let new = ArtifactFile::over(written.new.reader()?);
        let deflated = archive.entries().get(index).is_some_and(|entry| entry.method() == METHOD_DEFLATED);
        sizes.push(Sizes { old: &member.package.packed.source, new: ArtifactFile::over(written.new.reader()?) });
        splices.insert(index, spool.take(&new, deflated)?);
        // What an archive has beside a package is about the old one.
        let own = archive.entries().get(index).map(Entry::name).unwrap_or_default();
        let beside = format!("{}.idsig", member.name);
        if let Some(index) = archive.find(&[own, b".idsig"].concat()) {
            rewrite.changes.insert(index, Change::Remove);
            notes.push(format!("{beside} is gone; it was the v4 signature of the old package"));
        }
        let Some(profile) = dm_file::entry_name(own).filter(|_| !written.dex.is_empty()) else { continue };
        let Some(index) = archive.find(&profile) else { continue };
        match dm_file::renewed_content(&archive.read(index)?, &written.dex) {
            None => {}
            Some(Renewed::Content(content)) => drop(rewrite.changes.insert(index, Change::Replace(content))),
            Some(Renewed::Stale) => {
                rewrite.changes.insert(index, Change::Remove);
                notes.push(dm_file::left_out(Path::new(&*String::from_utf8_lossy(&profile))));
            }
        }
    }
    if !splices.is_empty() {
        // Whoever packed these packages signed for them (APKMirror does), and nobody else can.
        let signatures = apk::stale(&archive);
        if !signatures.is_empty() {
            notes.push(
                "the signature of the archive itself is gone; it no longer fits, and only who packed it can sign it"
                    .to_owned(),
            );
        }
        rewrite.changes.extend(signatures.into_iter().map(|index| (index, Change::Remove)));
        if let Some(index) = archive.find(listing::NAME.as_bytes()) {
            let Listing { content, unclear } = listing::renewed(&archive, index, &sizes)?;
            if let Some(content) = content {
                rewrite.changes.insert(index, Change::Replace(content));
            }
            notes.extend(unclear.map(|why| format!("{}: {why}", listing::NAME)));
        }
    }
    let spooled = ArtifactFile::over(spool.file.reader()?);
    let layout = archive.layout_with(&rewrite, &splices)?;
    drop(rewrite);
    let mut new = Replacement::start(output)?;
    write_payload((&container.file, Some(&spooled)), &layout, 0, &mut new, None)?;
    new.write_all(&layout.directory)?;
    new.write_all(&layout.eocd(layout.payload_len)?)?;

    // Every package was verified before it was packed: what is read back has the checksum of that.
    let finished = ArtifactFile::over(new.reader()?);
    let packed = Archive::open(&finished)?;
    for &index in splices.keys() {
        let entry = archive.entries().get(index);
        let unfit =
            || SetError::Packed { path: output.to_owned(), name: entry.map(Entry::display_name).unwrap_or_default() };
        let index = entry.and_then(|entry| packed.find(entry.name())).ok_or_else(unfit)?;
        packed.stream(index, |_| {}).map_err(|_| unfit())?;
    }

    let like = container.file.file().like()?;
    new.complete(Some(&like))?;
    let _section = interrupt::section();
    // What was read several times was one content all along, and nobody's newer build is lost.
    container.file.file().unchanged()?;
    if same_file(output, &container.path) {
        // Not every system lets an open file be replaced.
        container.file.file().close();
    }
    new.commit(None)?;
    Ok(notes)
}

/// The data of new packages, as their entries will hold it.
struct Spool {
    file: Replacement,
    len: u64,
}

impl Spool {
    fn start(output: &Path) -> Result<Self, FileError> {
        Ok(Self { file: Replacement::spool(output)?, len: 0 })
    }

    /// Takes a package.
    fn take(&mut self, from: &ArtifactFile, deflated: bool) -> Result<Splice, Cause> {
        let (start, mut crc) = (self.len, crc32fast::Hasher::new());
        let (mut deflater, mut out) = (deflated.then(Deflater::default), Vec::new());
        from.stream::<FileError>(|piece| {
            crc.update(piece);
            let Some(deflater) = &mut deflater else { return self.put(piece) };
            deflater.feed(piece, &mut out);
            self.put(&out)?;
            out.clear();
            Ok(())
        })?;
        if let Some(deflater) = deflater {
            deflater.finish(&mut out);
        }
        self.put(&out)?;
        Ok(Splice { kept: 0, rest: Segment::Spooled(start..self.len), crc: crc.finalize(), len: from.size() })
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        self.file.write_all(bytes)?;
        self.len += bytes.len() as u64;
        Ok(())
    }
}
