//! The beginning of an output, written while the app's code is still being read: where a credential is at hand, all that lies
//! before the first executable or seal is known already, and so is most of that executable's data.
//!
//! It is a guess like any other: whoever writes the output keeps of it what lies where it belongs, and nothing else.
//!
//! Must not: leave anything behind where it is not wanted; decide what is written.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use super::reseal::CUT_FROM;
use super::source::{self, Source};
use crate::artifact::apple::{IpaTree, Layout};
use crate::format::zip::{Archive, Change, Rewrite, Segment};
use crate::host::replacement::Replacement;
use crate::pipeline::ArtifactFile;
use crate::pipeline::assemble::{Copied, copy};

/// Less than that is not worth a thread.
const WORTH: u64 = 4 * 1024 * 1024;
/// Bytes at the end of an executable that are surely written anew, beside a part of it: what is written too much is written
/// once more.
const END: u64 = 256 * 1024;
/// The part of an executable that a signature takes, with hashes of 20 and 32 bytes for each 4096.
const PART: u64 = 64;

/// An output that was begun.
#[derive(Debug)]
pub(super) struct Begun {
    output: PathBuf,
    copied: Vec<Copied>,
    unwanted: Arc<AtomicBool>,
    thread: Option<JoinHandle<Option<Replacement>>>,
}

impl Begun {
    /// Begins an output in which these files have new contents; `None` where there is too little to begin with.
    pub(super) fn start(
        source: &Arc<Source>,
        layout: &Layout,
        contents: impl IntoIterator<Item = (String, Vec<u8>)>,
        output: &Path,
    ) -> Option<Self> {
        let Source::Ipa { file, index, contents: there, .. } = &**source else { return None };
        let archive = Archive::with_index(file, Arc::clone(index));
        let tree = source::tree(&archive, there).ok()?;
        let mut rewrite = Rewrite::default();
        for (path, content) in contents {
            // A new file comes behind all others, and a large one is deflated in its own way.
            if let Some(index) = tree.entry(&path).filter(|_| (content.len() as u64) < CUT_FROM) {
                rewrite.changes.insert(index, Change::Replace(content));
            }
        }
        let limit = known(&archive, &tree, layout);
        if limit < WORTH {
            return None;
        }
        let (mut at, mut copied) = (0, Vec::new());
        for segment in archive.layout(&rewrite).ok()?.segments {
            if let Segment::Original(range) = &segment
                && range.start < limit
            {
                copied.push(Copied { from: range.start, at, len: range.end.min(limit) - range.start });
            }
            at += segment.len();
        }
        if copied.iter().map(|copied| copied.len).sum::<u64>() < WORTH {
            return None;
        }
        let unwanted = Arc::<AtomicBool>::default();
        let thread = {
            let (source, copied, output) = (Arc::clone(source), copied.clone(), output.to_owned());
            let unwanted = Arc::clone(&unwanted);
            let work = move || {
                let Source::Ipa { file, .. } = &*source else { return None };
                write(file, &copied, &output, &unwanted)
            };
            std::thread::Builder::new().spawn(work).ok()?
        };
        Some(Self { output: output.to_owned(), copied, unwanted, thread: Some(thread) })
    }

    /// What was written, if it is to be at `output`.
    pub(super) fn take(mut self, output: &Path) -> Option<(Replacement, Vec<Copied>)> {
        let thread = self.thread.take_if(|_| self.output == output)?;
        let new = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Some((new, std::mem::take(&mut self.copied)))
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.unwanted.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // Whoever dropped it has no use for its panic.
            let _ = thread.join();
        }
    }
}

/// Where in the archive that begins of which nothing is known yet.
fn known(archive: &Archive<'_, ArtifactFile>, tree: &IpaTree<'_, '_, ArtifactFile>, layout: &Layout) -> u64 {
    let images: BTreeSet<usize> = layout.images().filter_map(|path| tree.entry(path)).collect();
    let seals: BTreeSet<usize> = layout.bundles.iter().filter_map(|bundle| tree.entry(&bundle.seal())).collect();
    let entries = archive.entries().iter().enumerate();
    let begins = entries.filter_map(|(index, entry)| {
        if images.contains(&index) {
            let end = u64::from(entry.uncompressed_size()) / PART + END;
            return Some(entry.data_offset() + u64::from(entry.compressed_size()).saturating_sub(end));
        }
        seals.contains(&index).then_some(entry.local_offset())
    });
    begins.min().unwrap_or(u64::MAX)
}

/// Writes it. What fails here fails once more where it is told.
fn write(file: &ArtifactFile, pieces: &[Copied], output: &Path, unwanted: &AtomicBool) -> Option<Replacement> {
    let mut new = Replacement::start(output).ok()?;
    for piece in pieces {
        copy(file, piece, &mut new, &|| unwanted.load(Ordering::Relaxed)).ok()??;
    }
    new.settle();
    Some(new)
}
