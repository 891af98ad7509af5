//! Putting a finished app in place: written, verified as it was written, and only then committed.
//!
//! Must not: decide what is written.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::{AppleJobError, FolderTree, Planned, signing};
use crate::artifact::apple::{AppFiles, IpaTree, Overlay, Tree};
use crate::format::macho::MachO;
use crate::format::zip::{Archive, Change, Index, METHOD_DEFLATED, NewEntry, Rewrite, deflate_cut};
use crate::host::file::FileError;
use crate::host::replacement::Replacement;
use crate::host::transaction::Transaction;
use crate::pipeline::ArtifactFile;
use crate::pipeline::assemble::write_payload;
use crate::placement::template::Values;
use crate::verify::{self, Severity, injected};

/// Bytes from which on an executable is deflated in two pieces: what is smaller takes no time.
const CUT_FROM: usize = 1024 * 1024;

/// What is asked of the output.
pub(super) struct Judge<'a> {
    pub(super) planned: &'a Planned,
    pub(super) values: &'a Values<'a>,
    pub(super) now: &'a str,
    /// Accept what `allow_new_signer` accepts.
    pub(super) tolerant: bool,
    /// The input was verified whole, so what was not changed need not be read again.
    pub(super) trusted: bool,
    pub(super) signed: bool,
}

impl Judge<'_> {
    /// Verifies an output independently of what wrote it; an error where it is not sound.
    pub(super) fn report(
        &self,
        tree: &dyn Tree,
        unchanged: Option<&dyn Fn(&str) -> bool>,
    ) -> Result<verify::Report, AppleJobError> {
        let mut report = if self.signed {
            verify::apple::app(tree, &verify::apple::Options { now: Some(self.now), unchanged })
        } else {
            verify::Report::default()
        };
        for finding in &mut report.findings {
            // A device judges the profile; where another signer was asked for, that was said before.
            if self.tolerant && signing::is_tolerable(finding.code) {
                finding.severity = Severity::Warning;
            }
        }
        let kind = self.planned.inspected.source.kind();
        injected::files(&mut report, &AppFiles(tree), kind, &self.planned.expected(self.values)?);
        if report.is_sound() {
            return Ok(report);
        }
        let wrong = report.findings.into_iter().filter(|finding| finding.severity == Severity::Error);
        Err(AppleJobError::Unsound(wrong.collect()))
    }
}

/// Writes an IPA: entries that do not change are copied as they lie.
pub(super) fn ipa(
    file: &ArtifactFile,
    index: &Arc<Index>,
    contents: &BTreeMap<String, Vec<u8>>,
    output: &Path,
    judge: &Judge<'_>,
) -> Result<verify::Report, AppleJobError> {
    let archive = Archive::with_index(file, Arc::clone(index));
    let tree = IpaTree::open(&archive)?;
    let mut rewrite = Rewrite::default();
    for (path, content) in contents {
        match tree.entry(path) {
            Some(index) => {
                rewrite.changes.insert(index, change(&archive, index, content)?);
            }
            None => rewrite.added.push(NewEntry {
                name: format!("{}{path}", tree.prefix()).into_bytes(),
                content: content.clone(),
                method: METHOD_DEFLATED,
            }),
        }
    }
    let layout = archive.layout(&rewrite)?;
    drop(rewrite);
    let mut new = Replacement::start(output)?;
    write_payload(file, &layout, 0, &mut new, None)?;
    new.write_all(&layout.directory)?;
    new.write_all(&layout.eocd(layout.payload_len)?)?;

    let finished = ArtifactFile::over(new.reader()?);
    let written = Archive::open(&finished)?;
    let written = IpaTree::open(&written)?;
    let report = judge.report(&written, judge.trusted.then_some(&|path| !contents.contains_key(path)))?;
    new.commit(Some(file.file().metadata()))?;
    Ok(report)
}

/// A new content; of a large executable only its end is deflated anew, where its signature lies.
fn change(archive: &Archive<'_, ArtifactFile>, index: usize, content: &[u8]) -> Result<Change, AppleJobError> {
    let entry = archive.entries().get(index);
    let old_len = entry.filter(|entry| entry.method() == METHOD_DEFLATED && content.len() >= CUT_FROM);
    let old_len = old_len.map(|entry| usize::try_from(entry.uncompressed_size()).unwrap_or(0));
    if let (Some(old_len), Some(signature)) = (old_len, first_signature(content)) {
        let old = archive.stream_of(index)?;
        if let Some(stream) = deflate_cut(Some((&old, old_len)), content, signature) {
            return Ok(Change::Deflated { stream, crc: crc32fast::hash(content), len: content.len() as u64 });
        }
    }
    Ok(Change::Replace(content.to_vec()))
}

/// Where the first signature of a Mach-O file begins.
fn first_signature(content: &[u8]) -> Option<usize> {
    let file = MachO::parse(content).ok()?;
    let slices = file.slices.iter();
    slices.filter_map(|slice| Some(slice.range.start + slice.signature?.range().start)).min()
}

/// Puts all new files of a folder in place, or none.
pub(super) fn folder(
    tree: &FolderTree,
    contents: &BTreeMap<String, Vec<u8>>,
    judge: &Judge<'_>,
) -> Result<verify::Report, AppleJobError> {
    let root = tree.path("");
    let mut overlay = Overlay::new(tree);
    let mut made = Vec::new();
    for (path, content) in contents {
        overlay.set(path.clone(), content.clone());
        // A folder of a file that is new, `_CodeSignature` above all.
        if let Some(folder) = tree.path(path).parent().filter(|folder| !folder.exists()) {
            std::fs::create_dir_all(folder).map_err(FileError::on("make", folder))?;
            made.push(folder.to_owned());
        }
    }
    let put = || {
        let report = judge.report(&overlay, judge.trusted.then_some(&|path| !contents.contains_key(path)))?;
        let mut transaction = Transaction::start(&root)?;
        for (path, content) in contents {
            transaction.put(path, content)?;
        }
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
