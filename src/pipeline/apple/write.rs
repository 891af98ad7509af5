//! Putting a finished app in place: written, verified as it was written, and only then committed.
//!
//! Must not: decide what is written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::copied::{self, Kept};
use super::error::WORDS;
use super::folder::FolderTree;
use super::reseal::CUT_FROM;
use super::signing;
use crate::artifact::apple::{
    AppFiles, Changes, Compared, Facts, Grown, IpaTree, Known, Overlay, Patched, Tree, TreeError,
};
use crate::format::macho::MachO;
use crate::format::zip::{
    Archive, Change, Cut, Entry, Index, METHOD_DEFLATED, MarkedDeflater, NewEntry, Rewrite, Rules, Segment, Splice,
    deflate, deflate_marked,
};
use crate::host::file::FileError;
use crate::host::replacement::Replacement;
use crate::host::transaction::Transaction;
use crate::pipeline::assemble::write_payload;
use crate::pipeline::fault::Cause;
use crate::pipeline::{ArtifactFile, Gate};
use crate::placement::Kind;
use crate::placement::template::Values;
use crate::verify::injected::{self, Expected};
use crate::verify::{self, Code, archives};

/// What is asked of the output.
pub(super) struct Judge<'a> {
    /// As what addresses know the app.
    pub(super) kind: Kind,
    /// What should be at every place.
    pub(super) expected: &'a [Expected],
    pub(super) values: &'a Values<'a>,
    pub(super) now: &'a str,
    /// Accept what `allow_new_signer` accepts.
    pub(super) tolerant: bool,
    pub(super) signed: bool,
    pub(super) gate: Gate<'a>,
}

impl Judge<'_> {
    /// Verifies an output independently of what wrote it; an error where it is not sound. Of what was copied, what was read
    /// of the original in this run is `known`.
    pub(super) fn report(&self, tree: &dyn Tree, known: &Known) -> Result<verify::Report, Cause> {
        let mut report = if self.signed {
            let options = verify::apple::Options { now: Some(self.now), known: Some(known), compared: Compared::Best };
            verify::apple::app(tree, &options)
        } else {
            verify::Report::default()
        };
        for finding in &mut report.findings {
            // A device judges the profile; where another signer was asked for, that was said before.
            // What this run would cause of the second kind was refused before.
            if self.tolerant && signing::is_tolerable(finding.code) || finding.code == Code::AppleIdentifierNested {
                finding.soften();
            }
        }
        injected::files(&mut report, &AppFiles(tree), self.kind, self.expected);
        WORDS.sound(report)
    }
}

/// Whether an IPA has local headers that say otherwise than its directory, which are written anew also where nothing else changes.
pub(super) fn is_odd(file: &ArtifactFile, index: &Arc<Index>) -> bool {
    let mut report = verify::Report::default();
    archives::headers(&mut report, &Archive::with_index(file, Arc::clone(index)), Rules::Common, archives::READERS);
    !report.is_sound()
}

/// Writes an IPA beside its place: entries that do not change are copied as they lie, but for local headers that say otherwise than
/// the directory.
pub(super) fn ipa(
    file: &ArtifactFile,
    index: &Arc<Index>,
    changes: &Changes,
    output: &Path,
    code: &Known,
) -> Result<Written, Cause> {
    let archive = Archive::with_index(file, Arc::clone(index));
    let tree = IpaTree::open(&archive)?;
    let mut rewrite = Rewrite { headers: Some(Rules::Common), ..Rewrite::default() };
    let (mut splices, mut cuts) = (BTreeMap::new(), BTreeMap::new());
    for (path, content) in &changes.contents {
        match tree.entry(path) {
            Some(index) => match marked(&archive, index, content) {
                Some(splice) => drop(splices.insert(index, splice)),
                None => drop(rewrite.changes.insert(index, Change::Replace(content.clone()))),
            },
            None => rewrite.added.push(NewEntry {
                name: format!("{}{path}", tree.prefix()).into_bytes(),
                content: content.clone(),
                method: METHOD_DEFLATED,
            }),
        }
    }
    for path in &changes.removed {
        rewrite.changes.extend(tree.entry(path).map(|index| (index, Change::Remove)));
    }
    for (path, patched) in &changes.patched {
        let Some(index) = tree.entry(path) else { continue };
        let (splice, cut) = spliced(&archive, index, patched)?;
        splices.insert(index, splice);
        cuts.extend(cut.map(|cut| (path.as_str(), (index, cut))));
    }
    let mut spool = Spool { output, file: None, len: 0 };
    for (path, grown) in &changes.grown {
        let Some(index) = tree.entry(path) else { continue };
        let deflated = archive.entries().get(index).is_some_and(|entry| entry.method() == METHOD_DEFLATED);
        splices.insert(index, spool.take(&tree, path, grown, deflated)?);
    }
    let spool = spool.reader()?;
    let layout = archive.layout_with(&rewrite, &splices)?;
    let removed: BTreeSet<usize> = changes.removed.iter().filter_map(|path| tree.entry(path)).collect();
    drop(rewrite);
    let mut new = Replacement::start(output)?;
    write_payload((file, spool.as_ref()), &layout, 0, &mut new, None)?;
    new.write_all(&layout.directory)?;
    new.write_all(&layout.eocd(layout.payload_len)?)?;
    new.settle();
    drop(layout);

    let finished = ArtifactFile::over(new.reader()?);
    let written = Archive::open_by(&finished, Rules::Common)?;
    copied::check(&archive, &written, |index| match splices.get(&index) {
        Some(splice) => Some(splice.kept),
        None if removed.contains(&index) => None,
        None if tree_changes(&archive, index, tree.prefix(), changes) => Some(0),
        None => Some(u64::MAX),
    })?;
    let mut ends = Vec::new();
    for (path, (index, cut)) in cuts {
        let facts = copied::end(&written, &archive, index, &cut, code, path)?;
        ends.push((path.to_owned(), facts));
    }
    let index = written.index();
    Ok(Written { new, finished, index, ends })
}

/// An output that was written, and compared with what it was copied from.
pub(super) struct Written {
    new: Replacement,
    finished: ArtifactFile,
    index: Arc<Index>,
    /// What is known of executables of which the end is new.
    ends: Vec<(String, Facts)>,
}

impl Written {
    /// Verifies it. What was copied is what was read, and `known`; of what is new nothing is known.
    pub(super) fn verify(
        self,
        changes: &Changes,
        mut known: Known,
        judge: &Judge<'_>,
    ) -> Result<(verify::Report, Replacement), Cause> {
        known.forget(|path| changes.has(path));
        for (path, facts) in self.ends {
            known.insert(path, facts);
        }
        let archive = Archive::with_index(&self.finished, self.index);
        let mut report = judge.report(&IpaTree::open(&archive)?, &known)?;
        archives::headers(&mut report, &archive, Rules::Common, archives::READERS);
        let report = WORDS.sound(report)?;
        judge.gate.whole(&WORDS, judge.values, |hunt, report| hunt.archive(report, &self.finished))?;
        Ok((report, self.new))
    }
}

/// Whether an entry of the original is a file of the app that changes.
fn tree_changes(archive: &Archive<'_, ArtifactFile>, index: usize, prefix: &str, changes: &Changes) -> bool {
    let name = archive.entries().get(index).map(Entry::name).unwrap_or_default();
    let path = name.strip_prefix(prefix.as_bytes()).and_then(|path| std::str::from_utf8(path).ok());
    path.is_some_and(|path| changes.has(path))
}

/// A large executable is deflated in two pieces, so that next time only its end has to be.
fn marked(archive: &Archive<'_, ArtifactFile>, index: usize, content: &[u8]) -> Option<Splice> {
    let deflated = archive.entries().get(index).is_some_and(|entry| entry.method() == METHOD_DEFLATED);
    if !deflated || (content.len() as u64) < CUT_FROM {
        return None;
    }
    let rest = deflate_marked(content, first_signature(content)?)?;
    Some(Splice { kept: 0, rest: Segment::Bytes(rest), crc: crc32fast::hash(content), len: content.len() as u64 })
}

/// Where the first signature of a Mach-O file begins.
fn first_signature(content: &[u8]) -> Option<usize> {
    let file = MachO::parse(content).ok()?;
    let slices = file.slices.iter();
    slices.filter_map(|slice| Some(slice.range.start + slice.signature?.range().start)).min()
}

/// An executable that keeps its data up to its end; and where its data was cut, to find that again in the output.
fn spliced(
    archive: &Archive<'_, ArtifactFile>,
    index: usize,
    patched: &Patched,
) -> Result<(Splice, Option<Kept>), Cause> {
    let tail = &patched.tail;
    let mut crc = crc32fast::Hasher::new_with_initial_len(tail.crc, tail.from);
    crc.update(&patched.end);
    let splice = |kept: u64, rest: Vec<u8>| Splice {
        kept,
        rest: Segment::Bytes(rest),
        crc: crc.clone().finalize(),
        len: tail.from + patched.end.len() as u64,
    };
    let Some((end, window)) = &tail.cut else {
        return Ok((splice(tail.from, patched.end.clone()), Some(Kept::Stored(Arc::clone(tail)))));
    };
    if let Some(cut) = Cut::new(end, window)
        && let Some(rest) = cut.deflate(&patched.end, tail.signed)
    {
        return Ok((splice(cut.kept(), rest), Some(Kept::Deflated(cut, Arc::clone(tail)))));
    }
    // Its stream cannot be cut.
    let mut content = archive.read(index)?;
    content.truncate(usize::try_from(tail.from).unwrap_or(usize::MAX));
    content.extend_from_slice(&patched.end);
    let rest = first_signature(&content).and_then(|limit| deflate_marked(&content, limit));
    Ok((splice(0, rest.unwrap_or_else(|| deflate(&content))), None))
}

/// New data of executables that are too large to be held, in a file without a name beside the output.
struct Spool<'o> {
    output: &'o Path,
    file: Option<Replacement>,
    len: u64,
}

impl Spool<'_> {
    /// Takes an executable's new content, as an entry will hold it.
    fn take(&mut self, tree: &dyn Tree, path: &str, grown: &Grown, deflated: bool) -> Result<Splice, Cause> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(Replacement::spool(self.output)?),
        };
        let (start, mut crc, mut out) = (self.len, crc32fast::Hasher::new(), Vec::new());
        let mut deflater = deflated.then(MarkedDeflater::new);
        let mut written = Ok(());
        let mut put = |out: &mut Vec<u8>| {
            if written.is_ok() {
                written = file.write_all(out);
                self.len += out.len() as u64;
            }
            out.clear();
        };
        let mut whole = Some(());
        grown.pour_kept(tree, path, &mut |piece| {
            crc.update(piece);
            match &mut deflater {
                Some(deflater) => whole = whole.and_then(|()| deflater.kept(piece, &mut out)),
                None => out.extend_from_slice(piece),
            }
            put(&mut out);
        })?;
        crc.update(&grown.end);
        match deflater {
            Some(deflater) => whole = whole.and_then(|()| deflater.finish(&grown.end, grown.signed, &mut out)),
            None => out.extend_from_slice(&grown.end),
        }
        put(&mut out);
        written?;
        if whole.is_none() {
            let problem = "its new content cannot be deflated".to_owned();
            return Err(TreeError { path: path.to_owned(), problem }.into());
        }
        Ok(Splice { kept: 0, rest: Segment::Spooled(start..self.len), crc: crc.finalize(), len: grown.size() })
    }

    /// What was taken, for reading.
    fn reader(&self) -> Result<Option<ArtifactFile>, FileError> {
        self.file.as_ref().map(|file| Ok(ArtifactFile::over(file.reader()?))).transpose()
    }
}

/// Puts all new files of a folder in place, or none.
pub(super) fn folder(
    tree: &FolderTree,
    changes: Changes,
    mut known: Known,
    judge: &Judge<'_>,
) -> Result<verify::Report, Cause> {
    let root = tree.path("");
    let mut made = Vec::new();
    known.forget(|path| changes.has(path));
    let overlay = Overlay::with(tree, changes);
    for path in overlay.changes().paths() {
        // A folder of a file that is new, `_CodeSignature` above all.
        if let Some(folder) = tree.path(path).parent().filter(|folder| !folder.exists()) {
            std::fs::create_dir_all(folder).map_err(FileError::on("make", folder))?;
            made.push(folder.to_owned());
        }
    }
    let put = || {
        let report = judge.report(&overlay, &known)?;
        judge.gate.whole(&WORDS, judge.values, |hunt, report| hunt.files(report, &AppFiles(&overlay)))?;
        let mut transaction = Transaction::start(&root)?;
        for path in overlay.changes().paths() {
            let (mut new, mut written) = (transaction.begin(path, tree.stamp(path))?, Ok(()));
            overlay.pour(path, &mut |piece| {
                if written.is_ok() {
                    written = new.append(piece);
                }
            })?;
            written?;
        }
        for path in &overlay.changes().removed {
            if let Some(read) = tree.stamp(path) {
                transaction.remove(path, read)?;
            }
        }
        // What is sealed and stays as it is has to be what was sealed.
        tree.unchanged()?;
        if let Some(prepared) = transaction.prepare()? {
            prepared.commit()?;
        }
        Ok(report)
    };
    let report = put();
    if report.is_err() {
        for folder in made {
            let _ = std::fs::remove_dir(folder);
        }
    }
    report
}
