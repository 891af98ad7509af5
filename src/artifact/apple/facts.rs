//! What reading a file of an app once tells: its digests, the outline of its code, and its end, from which a new signature
//! goes on.
//!
//! Must not: hold a file whole; know where it lies.

use std::ops::Range;
use std::sync::Arc;

use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::idle::Idle;
use crate::format::inflate::WINDOW;
use crate::format::limits;
use crate::format::macho::MachOError;
use crate::format::outline::{Outline, Outliner, PageKind};
use crate::format::zip::BlockEnd;

/// What is wanted of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Its SHA-1.
    pub sha1: bool,
    /// Its SHA-256.
    pub sha256: bool,
    /// Its outline: it is code.
    pub image: bool,
    /// Its content from the first signature on, up to so many bytes.
    pub tail: u64,
    /// Page hashes other than the likely ones.
    pub pages: Option<Vec<PageKind>>,
}

/// Digests of a content, as far as they were wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Digests {
    /// SHA-1.
    pub sha1: Option<[u8; 20]>,
    /// SHA-256.
    pub sha256: Option<[u8; 32]>,
}

/// What is known of a file.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Its digests.
    pub digests: Digests,
    /// Its outline, or why it has none.
    pub image: Option<Result<Arc<Outline>, MachOError>>,
    /// Its end.
    pub tail: Option<Arc<Tail>>,
}

/// The end of an executable: where its data can be cut before its first signature, and the content behind.
pub struct Tail {
    /// Where it begins.
    pub from: u64,
    /// The content from there on.
    pub bytes: Vec<u8>,
    /// Where in it the first signature begins.
    pub signed: usize,
    /// CRC-32 of the content before it.
    pub crc: u32,
    /// The place in the deflate stream, and the content before it as far as a match can reach; `None` where the file is
    /// not deflated.
    pub cut: Option<(BlockEnd, Vec<u8>)>,
    /// The digests of the content before it.
    before: Running,
}

impl std::fmt::Debug for Tail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tail").field("from", &self.from).field("len", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl Facts {
    /// The facts of the same file with other signatures, of which `end` is the content from the tail on. `None` where
    /// anything but signatures differs.
    pub fn with_end(&self, end: &[u8]) -> Option<Self> {
        let (Some(Ok(image)), Some(tail)) = (&self.image, &self.tail) else { return None };
        let image = image.with_signatures(tail.from, &tail.bytes, end)?;
        let mut digests = tail.before.clone();
        digests.update(end);
        Some(Self { digests: digests.finish(), image: Some(Ok(Arc::new(image))), tail: None })
    }
}

/// Digests under way.
#[derive(Clone, Default)]
struct Running {
    sha1: Option<Sha1>,
    sha256: Option<Sha256>,
}

impl Running {
    fn update(&mut self, bytes: &[u8]) {
        if let Some(sha1) = &mut self.sha1 {
            sha1.update(bytes);
        }
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(bytes);
        }
    }

    fn finish(self) -> Digests {
        Digests {
            sha1: self.sha1.map(|sha1| sha1.finalize().into()),
            sha256: self.sha256.map(|sha256| sha256.finalize().into()),
        }
    }
}

/// A file that passes by.
pub struct Look {
    at: u64,
    idle: Arc<Idle>,
    running: Running,
    outliner: Option<Outliner>,
    keeper: Option<Keeper>,
}

impl std::fmt::Debug for Look {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Look").field("at", &self.at).finish_non_exhaustive()
    }
}

/// What may become the tail.
struct Keeper {
    limit: u64,
    /// Where `held` begins.
    from: u64,
    held: Vec<u8>,
    crc: crc32fast::Hasher,
    cut: Option<Candidate>,
}

/// A place where the file can be cut.
struct Candidate {
    content: u64,
    crc: u32,
    before: Running,
    end: Option<BlockEnd>,
}

impl Look {
    /// For a file of `len` bytes.
    pub fn new(wanted: &Wanted, len: u64) -> Self {
        Self {
            at: 0,
            idle: Arc::default(),
            running: Running { sha1: wanted.sha1.then(Sha1::default), sha256: wanted.sha256.then(Sha256::default) },
            outliner: wanted.image.then(|| Outliner::new(len, wanted.pages.clone())),
            keeper: (wanted.image && wanted.tail > 0).then(|| Keeper {
                limit: wanted.tail,
                from: 0,
                held: Vec::new(),
                crc: crc32fast::Hasher::new(),
                cut: None,
            }),
        }
    }

    /// The same, where other processors may help.
    #[must_use]
    pub fn helped_by(self, idle: &Arc<Idle>) -> Self {
        Self { idle: Arc::clone(idle), ..self }
    }

    /// The processors that nobody uses.
    pub(super) fn idle(&self) -> Arc<Idle> {
        Arc::clone(&self.idle)
    }

    /// Whether the next piece should end where a block of the deflate stream does.
    pub fn stops_at_blocks(&self) -> bool {
        self.stops().is_some_and(|stops| stops.contains(&self.at))
    }

    /// Where in the content pieces should end where blocks of the deflate stream do; `None` while that is not known.
    pub fn stops(&self) -> Option<Range<u64>> {
        if self.keeper.is_none() {
            return Some(0..0);
        }
        self.signature().map(|at| at.saturating_sub(limits::CUT_SEARCH_BYTES)..at + 1)
    }

    fn signature(&self) -> Option<u64> {
        self.outliner.as_ref()?.first_signature()
    }

    /// The next bytes of a file that can be cut anywhere.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        if self.keeper.is_some() && !bytes.is_empty() {
            // The headers must be known before the place can be told, so they come in small pieces.
            while self.signature().is_none() && !bytes.is_empty() {
                let (part, rest) = bytes.split_at(bytes.len().min(4096));
                self.pass(part);
                bytes = rest;
            }
            if let Some(at) = self.signature()
                && at >= self.at
                && at <= self.at + bytes.len() as u64
            {
                let before = usize::try_from(at - self.at).unwrap_or(bytes.len());
                let (part, rest) = bytes.split_at_checked(before).unwrap_or((bytes, &[]));
                self.pass(part);
                bytes = rest;
                let running = self.running.clone();
                if let Some(keeper) = self.keeper.as_mut().filter(|keeper| keeper.cut.is_none()) {
                    let crc = keeper.crc.clone().finalize();
                    keeper.cut = Some(Candidate { content: at, crc, before: running, end: None });
                    (keeper.from, keeper.held) = (at, Vec::new());
                }
            }
        }
        self.pass(bytes);
    }

    /// The next bytes of a file that is deflated, and whether a block ended behind them.
    pub fn feed_deflated(&mut self, bytes: &[u8], end: Option<BlockEnd>) {
        let keeps = self.stops_at_blocks();
        if let Some(keeper) = self.keeper.as_mut().filter(|keeper| keeps && keeper.held.is_empty()) {
            keeper.from = self.at;
        }
        self.pass_deflated(bytes, keeps);
        let Some(end) = end.filter(|end| self.signature().is_some_and(|at| end.content <= at)) else { return };
        let Some(keeper) = self.keeper.as_mut() else { return };
        let window = end.content.saturating_sub(WINDOW as u64);
        // A mark is where it was cut before, so it goes before any other place.
        let better = end.mark || keeper.cut.as_ref().is_none_or(|cut| cut.end.is_none_or(|end| !end.mark));
        if better && window >= keeper.from {
            keeper.held.drain(..usize::try_from(window - keeper.from).unwrap_or(0).min(keeper.held.len()));
            keeper.from = window;
            let before = self.running.clone();
            keeper.cut = Some(Candidate { content: end.content, crc: end.crc, before, end: Some(end) });
        }
    }

    fn pass(&mut self, bytes: &[u8]) {
        if let Some(keeper) = &mut self.keeper {
            match &keeper.cut {
                None => keeper.crc.update(bytes),
                Some(_) => keeper.held.extend_from_slice(bytes),
            }
        }
        self.hash(bytes);
    }

    fn pass_deflated(&mut self, bytes: &[u8], keeps: bool) {
        if let Some(keeper) = &mut self.keeper
            && (keeps || !keeper.held.is_empty())
        {
            keeper.held.extend_from_slice(bytes);
        }
        self.hash(bytes);
    }

    fn hash(&mut self, bytes: &[u8]) {
        self.at += bytes.len() as u64;
        self.running.update(bytes);
        if let Some(outliner) = &mut self.outliner {
            outliner.feed(bytes);
        }
        // A tail that is longer is of a file whose first signature lies far from its end.
        let bound = |keeper: &Keeper| keeper.held.len() as u64 > keeper.limit.saturating_add(limits::CUT_SEARCH_BYTES);
        if self.keeper.as_ref().is_some_and(bound) {
            self.keeper = None;
        }
    }

    /// What was found.
    pub fn finish(self) -> Facts {
        let signature = self.signature();
        let tail = self.keeper.and_then(|keeper| {
            let (cut, mut window) = (keeper.cut?, keeper.held);
            let bytes =
                window.split_off(usize::try_from(cut.content.checked_sub(keeper.from)?).ok()?.min(window.len()));
            let end = cut.end.map(|end| (end, window));
            let signed = usize::try_from(signature?.checked_sub(cut.content)?).ok()?;
            Some(Arc::new(Tail { from: cut.content, bytes, signed, crc: cut.crc, cut: end, before: cut.before }))
        });
        Facts {
            digests: self.running.finish(),
            image: self.outliner.map(|outliner| outliner.finish().map(Arc::new)),
            tail,
        }
    }
}
