//! A Mach-O file read once from front to back, in bounded memory: its headers and signatures are kept, the pages of its
//! code are hashed as they pass by.
//!
//! Which digests a signature has is known only when it is reached, behind the code. Until then those are computed that
//! signers of today write; where others turn out to be there, the file is read once more for them ([`Outline::missing`]).
//!
//! Must not: judge a hash.

use std::ops::Range;

use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384};

use super::code_signature::{HashType, SuperBlob};
use super::limits;
use super::macho::{MachO, MachOError, Platform, Scan, Slice};
use super::sha256::Two;

/// Exponent of the page size that signers use; 16 KiB pages of memory notwithstanding.
pub const PAGE_EXPONENT: u8 = 12;

/// Hashes of pages of one kind: the digest, and the exponent of the page size (0: one page for all).
pub type PageKind = (HashType, u8);

/// What is kept of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Its headers.
    pub file: MachO,
    /// Of each slice, in the order of the table.
    images: Vec<Image>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Image {
    signature: Option<Vec<u8>>,
    /// Hashes of the code before the signature, one behind the other.
    pages: Vec<(PageKind, Vec<u8>)>,
}

impl Outline {
    /// Of a file that is in memory.
    pub fn of(file: &[u8]) -> Result<Self, MachOError> {
        let whole = |kinds| {
            let mut outliner = Outliner::new(file.len() as u64, kinds);
            outliner.feed(file);
            outliner.finish()
        };
        let mut outline = whole(None)?;
        let missing = outline.missing();
        if !missing.is_empty() {
            outline.add(whole(Some(missing))?);
        }
        Ok(outline)
    }

    /// The bytes of a slice's signature, padding and all.
    pub fn signature(&self, slice: usize) -> Option<&[u8]> {
        self.images.get(slice)?.signature.as_deref()
    }

    /// The hashes of the pages before a slice's signature; `None` where they were not computed.
    pub fn pages(&self, slice: usize, kind: PageKind) -> Option<&[u8]> {
        let pages = &self.images.get(slice)?.pages;
        pages.iter().find(|(found, _)| *found == kind).map(|(_, hashes)| hashes.as_slice())
    }

    /// Hashes that the signatures speak of and that were not computed.
    pub fn missing(&self) -> Vec<PageKind> {
        let mut missing = Vec::new();
        for (index, image) in self.images.iter().enumerate() {
            let blob = image.signature.as_deref().and_then(|bytes| SuperBlob::parse(bytes).ok());
            for directory in blob.and_then(|blob| blob.directories().ok()).unwrap_or_default() {
                let kind = (directory.hash_type, directory.page_exponent);
                if self.pages(index, kind).is_none() && !missing.contains(&kind) {
                    missing.push(kind);
                }
            }
        }
        missing
    }

    /// Takes hashes from an outline of the same file.
    pub fn add(&mut self, other: Self) {
        for (image, more) in self.images.iter_mut().zip(other.images) {
            for (kind, hashes) in more.pages {
                if image.pages.iter().all(|(found, _)| *found != kind) {
                    image.pages.push((kind, hashes));
                }
            }
        }
    }

    /// Where the first signature lies in the file.
    pub fn first_signature(&self) -> Option<u64> {
        self.signature_ranges().map(|(_, range)| range.start).min()
    }

    /// Where the signature of each slice lies in the file.
    pub fn signature_ranges(&self) -> impl Iterator<Item = (usize, Range<u64>)> {
        let slices = self.file.slices.iter().enumerate();
        slices.filter_map(|(index, slice)| signature_range(slice).map(|range| (index, range)))
    }

    /// The same file with other signatures in the place of these: `end` is its content from `from` on. `None` where it
    /// differs from `old` in anything but signatures, for then page hashes would not hold.
    pub fn with_signatures(&self, from: u64, old: &[u8], end: &[u8]) -> Option<Self> {
        let mut new = self.clone();
        let mut same_until = 0;
        let mut ranges: Vec<(usize, Range<u64>)> = self.signature_ranges().collect();
        ranges.sort_by_key(|(_, range)| range.start);
        for (index, range) in ranges {
            let place = |at: u64| usize::try_from(at.checked_sub(from)?).ok();
            let place = place(range.start)?..place(range.end)?;
            if old.get(same_until..place.start)? != end.get(same_until..place.start)? {
                return None;
            }
            new.images.get_mut(index)?.signature = Some(end.get(place.clone())?.to_vec());
            same_until = place.end;
        }
        (old.get(same_until..)? == end.get(same_until..)?).then_some(new)
    }
}

fn signature_range(slice: &Slice) -> Option<Range<u64>> {
    let command = slice.signature?;
    let start = slice.range.start as u64 + u64::from(command.offset);
    Some(start..start + u64::from(command.size))
}

/// Where the reading of a file stands.
enum State {
    /// Its headers are being collected.
    Headers,
    /// Within the code of a slice.
    Code(usize),
    /// Within its signature.
    Signature,
    /// Behind its signature.
    Behind,
}

/// Reads a file piece by piece.
pub struct Outliner {
    len: u64,
    at: u64,
    kinds: Option<Vec<PageKind>>,
    scan: Scan,
    /// What was collected of the headers that are being read; hashed when they are complete.
    held: Vec<u8>,
    state: State,
    slices: Vec<(usize, Slice)>,
    images: Vec<(usize, Image)>,
    pages: Vec<Pages>,
    wrong: Option<MachOError>,
}

impl std::fmt::Debug for Outliner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outliner").field("at", &self.at).finish_non_exhaustive()
    }
}

impl Outliner {
    /// Of a file of `len` bytes; `kinds` are the page hashes that are wanted, `None` those that are likely.
    pub fn new(len: u64, kinds: Option<Vec<PageKind>>) -> Self {
        Self {
            len,
            at: 0,
            kinds,
            scan: Scan::new(usize::try_from(len).unwrap_or(usize::MAX)),
            held: Vec::new(),
            state: State::Headers,
            slices: Vec::new(),
            images: Vec::new(),
            pages: Vec::new(),
            wrong: None,
        }
    }

    /// Where the first signature lies, once that is known. What was fed does not reach behind it before it is.
    pub fn first_signature(&self) -> Option<u64> {
        self.slices.iter().filter_map(|(_, slice)| signature_range(slice)).map(|range| range.start).min()
    }

    /// The next bytes of the file.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.wrong.is_none() {
            let until = match self.state {
                State::Headers => self.scan.needs(),
                State::Code(_) => self.boundary(|range| range.start),
                State::Signature => self.boundary(|range| range.end),
                State::Behind => self.scan.next_slice().unwrap_or(self.len),
            };
            let len = usize::try_from(until.saturating_sub(self.at)).unwrap_or(usize::MAX).min(bytes.len());
            let (part, rest) = bytes.split_at_checked(len).unwrap_or((bytes, &[]));
            match self.state {
                State::Headers => self.held.extend_from_slice(part),
                State::Code(_) => self.pages.iter_mut().for_each(|pages| pages.feed(part)),
                State::Signature => {
                    if let Some((_, Image { signature: Some(signature), .. })) = self.images.last_mut() {
                        signature.extend_from_slice(part);
                    }
                }
                State::Behind => {}
            }
            self.at += part.len() as u64;
            bytes = rest;
            if self.at >= until {
                if until >= self.len && matches!(self.state, State::Behind) {
                    // What is fed beyond the length is no part of the file.
                    return;
                }
                self.turn();
            }
        }
    }

    /// A boundary of the signature of the slice that is being read; its end where it has none.
    fn boundary(&self, of: impl Fn(&Range<u64>) -> u64) -> u64 {
        let Some((_, slice)) = self.slices.last() else { return self.len };
        signature_range(slice).map_or(slice.range.end as u64, |range| of(&range))
    }

    /// What comes after what was read.
    fn turn(&mut self) {
        self.state = match self.state {
            State::Headers => match self.scan.take(&self.held) {
                Err(error) => {
                    self.wrong = Some(error);
                    State::Behind
                }
                Ok(None) => {
                    // More of the same headers, or behind a table those of the first slice, which may lie further on.
                    let ahead = self.scan.next_slice().filter(|&start| start >= self.at);
                    if ahead.is_some() {
                        self.held.clear();
                    }
                    if ahead.is_some_and(|start| start > self.at) { State::Behind } else { State::Headers }
                }
                Ok(Some((index, slice))) => self.begin(index, slice),
            },
            State::Code(index) => {
                let pages = std::mem::take(&mut self.pages);
                let signed = self.slices.last().is_some_and(|(_, slice)| slice.signature.is_some());
                let image = Image {
                    signature: signed.then(Vec::new),
                    pages: if signed { pages.into_iter().map(Pages::finish).collect() } else { Vec::new() },
                };
                self.images.push((index, image));
                if signed { State::Signature } else { State::Behind }
            }
            State::Signature => State::Behind,
            State::Behind => State::Headers,
        };
    }

    fn begin(&mut self, index: usize, slice: Slice) -> State {
        if slice.signature.is_some_and(|command| command.range().len() > limits::CODE_SIGNATURE_BYTES) {
            let problem = format!("a signature of more than {} bytes, the limit", limits::CODE_SIGNATURE_BYTES);
            self.wrong = Some(MachOError::Malformed { offset: slice.range.start as u64, problem });
            return State::Behind;
        }
        let kinds = self.kinds.clone().unwrap_or_else(|| likely(slice.platform));
        let len = slice.signature.map_or(0, |command| command.range().start);
        self.pages = if len > 0 { kinds.into_iter().map(|kind| Pages::new(kind, len)).collect() } else { Vec::new() };
        let held = std::mem::take(&mut self.held);
        self.pages.iter_mut().for_each(|pages| pages.feed(&held));
        self.slices.push((index, slice));
        State::Code(index)
    }

    /// What was found; an error where the file ended too early.
    pub fn finish(mut self) -> Result<Outline, MachOError> {
        // Nothing is behind the last boundary, or a part is empty.
        while self.wrong.is_none() && !matches!(self.state, State::Behind) {
            let until = match self.state {
                State::Headers => self.scan.needs().min(self.len),
                State::Code(_) => self.boundary(|range| range.start),
                State::Signature | State::Behind => self.boundary(|range| range.end),
            };
            if self.at < until || matches!(self.state, State::Headers) && self.scan.is_complete() {
                break;
            }
            self.turn();
        }
        if let Some(error) = self.wrong {
            return Err(error);
        }
        self.images.sort_by_key(|(index, _)| *index);
        self.slices.sort_by_key(|(index, _)| *index);
        let images: Vec<Image> = self.images.into_iter().map(|(_, image)| image).collect();
        let slices: Vec<Slice> = self.slices.into_iter().map(|(_, slice)| slice).collect();
        if self.at < self.len || images.len() < self.scan.slice_count() {
            let problem = format!("the file ends here, expected {} bytes", self.len);
            return Err(MachOError::Malformed { offset: self.at, problem });
        }
        Ok(Outline { file: MachO { container: self.scan.container(), slices }, images })
    }
}

/// The hashes of the pages of some code, one behind the other.
pub fn page_hashes(code: &[u8], kind: PageKind) -> Vec<u8> {
    let mut pages = Pages::new(kind, code.len());
    pages.feed(code);
    pages.finish().1
}

/// What a signature has that was made for this platform: SHA-1 too where some system it is for knows nothing else.
fn likely(platform: Option<Platform>) -> Vec<PageKind> {
    super::code_signature::usual_hash_types(platform).into_iter().map(|kind| (kind, PAGE_EXPONENT)).collect()
}

/// Hashes of pages that pass by.
struct Pages {
    kind: PageKind,
    /// Bytes of a page; `None` where all is one.
    size: Option<usize>,
    /// What does not fill a page yet.
    open: Vec<u8>,
    one: Running,
    hashes: Vec<u8>,
}

/// A digest over everything.
enum Running {
    Sha1(Sha1),
    Sha256(Sha256),
    Sha384(Sha384),
}

impl Pages {
    fn new(kind: PageKind, len: usize) -> Self {
        let size = (kind.1 != 0).then(|| 1 << kind.1);
        let count = size.map_or(1, |size: usize| len.div_ceil(size));
        // The length is the file's claim: what is beyond the bound grows with what really comes.
        let hashes = Vec::with_capacity((count * kind.0.size()).min(4 * 1024 * 1024));
        Self { kind, size, open: Vec::new(), one: Running::new(kind.0), hashes }
    }

    fn feed(&mut self, mut bytes: &[u8]) {
        let Some(size) = self.size else { return self.one.update(bytes) };
        if !self.open.is_empty() {
            let fill = (size - self.open.len()).min(bytes.len());
            let (part, rest) = bytes.split_at_checked(fill).unwrap_or((bytes, &[]));
            self.open.extend_from_slice(part);
            bytes = rest;
            if self.open.len() < size {
                return;
            }
            let open = std::mem::take(&mut self.open);
            self.page(&open);
            self.open = open;
            self.open.clear();
        }
        if matches!(self.kind.0, HashType::Sha256 | HashType::Sha256Truncated) {
            while let Some((pair, rest)) = bytes.split_at_checked(2 * size) {
                let (first, second) = pair.split_at(size);
                let mut two = Two::new(&[]);
                two.update([first, second]);
                for hash in two.finish() {
                    self.hashes.extend_from_slice(hash.get(..self.kind.0.size()).unwrap_or_default());
                }
                bytes = rest;
            }
        }
        while let Some((page, rest)) = bytes.split_at_checked(size) {
            self.page(page);
            bytes = rest;
        }
        self.open.extend_from_slice(bytes);
    }

    fn page(&mut self, page: &[u8]) {
        let mut one = Running::new(self.kind.0);
        one.update(page);
        one.finish(self.kind.0, &mut self.hashes);
    }

    fn finish(mut self) -> (PageKind, Vec<u8>) {
        if self.size.is_none() {
            self.one.finish(self.kind.0, &mut self.hashes);
        } else if !self.open.is_empty() {
            let open = std::mem::take(&mut self.open);
            self.page(&open);
        }
        (self.kind, self.hashes)
    }
}

impl Running {
    fn new(kind: HashType) -> Self {
        match kind {
            HashType::Sha1 => Self::Sha1(Sha1::default()),
            HashType::Sha256 | HashType::Sha256Truncated => Self::Sha256(Sha256::default()),
            HashType::Sha384 => Self::Sha384(Sha384::default()),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha384(hasher) => hasher.update(bytes),
        }
    }

    fn finish(self, kind: HashType, to: &mut Vec<u8>) {
        let mut put = |hash: &[u8]| to.extend_from_slice(hash.get(..kind.size()).unwrap_or(hash));
        match self {
            Self::Sha1(hasher) => put(&hasher.finalize()),
            Self::Sha256(hasher) => put(&hasher.finalize()),
            Self::Sha384(hasher) => put(&hasher.finalize()),
        }
    }
}
