//! The content digest of schemes v2 and later (source.android.com, "APK Signature Scheme v2", "Integrity-protected
//! contents"): three sections, each cut into chunks of 1 MiB, every chunk hashed, and the hashes hashed.
//!
//! One pass and bounded memory: the caller feeds slices as it writes them and nothing is copied. What is kept is one hash
//! per MiB.
//!
//! Must not: read anything, or know where the bytes come from.

use sha2::{Digest as _, Sha256, Sha512};

use crate::format::sha256::Two;

/// Bytes of a chunk.
pub const CHUNK: u64 = 1024 * 1024;
/// How contents are hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContentDigest {
    /// `CHUNKED_SHA256`.
    ChunkedSha256,
    /// `CHUNKED_SHA512`.
    ChunkedSha512,
}

/// The digests of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentDigests {
    sha256: Option<Vec<u8>>,
    sha512: Option<Vec<u8>>,
    chunks: Vec<[u8; 32]>,
}

impl ContentDigests {
    /// One of them, if it was computed.
    pub fn value(&self, kind: ContentDigest) -> Option<&[u8]> {
        match kind {
            ContentDigest::ChunkedSha256 => self.sha256.as_deref(),
            ContentDigest::ChunkedSha512 => self.sha512.as_deref(),
        }
    }

    /// The SHA-256 of every chunk, in order, where it was computed.
    pub fn chunks(&self) -> &[[u8; 32]] {
        &self.chunks
    }
}

/// The sections were not fed as announced: a mistake of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a section of {announced} bytes was announced to the content digest, {fed} were fed")]
pub struct SectionLength {
    /// What [`ContentHasher::section`] was told.
    pub announced: u64,
    /// What came.
    pub fed: u64,
}

/// Computes content digests. For each of the three sections (entries with the padding up to the signing block, central
/// directory, end record with the offset of the signing block as that of the directory): [`Self::section`], then
/// [`Self::update`] as often as needed.
pub struct ContentHasher {
    sha256: Option<Chunks<Sha256>>,
    sha512: Option<Chunks<Sha512>>,
    announced: u64,
    left: u64,
    overrun: u64,
    in_chunk: u64,
    failed: Option<SectionLength>,
}

impl ContentHasher {
    /// A hasher for these digests.
    pub fn new(kinds: &[ContentDigest]) -> Self {
        Self {
            sha256: kinds.contains(&ContentDigest::ChunkedSha256).then(Chunks::new),
            sha512: kinds.contains(&ContentDigest::ChunkedSha512).then(Chunks::new),
            announced: 0,
            left: 0,
            overrun: 0,
            in_chunk: 0,
            failed: None,
        }
    }

    /// Begins a section of `len` bytes.
    pub fn section(&mut self, len: u64) {
        self.end_section();
        self.announced = len;
        self.left = len;
        self.overrun = 0;
    }

    /// Feeds the next bytes of the section.
    pub fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.in_chunk == 0 {
                if self.left == 0 {
                    self.overrun += bytes.len() as u64;
                    return;
                }
                self.in_chunk = self.left.min(CHUNK);
                let header = u32::try_from(self.in_chunk).unwrap_or(0).to_le_bytes();
                self.each(|chunks| chunks.begin(header), |chunks| chunks.begin(header));
            }
            let len = usize::try_from(self.in_chunk).unwrap_or(usize::MAX).min(bytes.len());
            let (part, rest) = bytes.split_at(len);
            self.each(|chunks| chunks.hasher.update(part), |chunks| chunks.hasher.update(part));
            self.in_chunk -= len as u64;
            self.left -= len as u64;
            if self.in_chunk == 0 {
                self.each(Chunks::end, Chunks::end);
            }
            bytes = rest;
        }
    }

    /// The digests.
    pub fn finish(mut self) -> Result<ContentDigests, SectionLength> {
        self.end_section();
        match self.failed {
            Some(error) => Err(error),
            None => {
                let hashes = self.sha256.as_ref().map(|chunks| chunks.hashes.as_chunks::<32>().0.to_vec());
                Ok(ContentDigests {
                    sha256: self.sha256.map(Chunks::root),
                    sha512: self.sha512.map(Chunks::root),
                    chunks: hashes.unwrap_or_default(),
                })
            }
        }
    }

    /// The next two chunks, to be fed at once; `None` where a chunk has begun, the section ends before, or more than SHA-256
    /// is wanted.
    pub fn two_chunks(&mut self) -> Option<TwoChunks<'_>> {
        let chunks = self.sha256.as_mut().filter(|_| self.sha512.is_none())?;
        if self.in_chunk != 0 || self.left < 2 * CHUNK {
            return None;
        }
        let len = u32::try_from(CHUNK).unwrap_or(0).to_le_bytes();
        let two = Two::new(&[[0xa5].as_slice(), &len].concat());
        Some(TwoChunks { chunks, left: &mut self.left, two, fed: 0 })
    }

    fn end_section(&mut self) {
        if self.left != 0 || self.overrun != 0 {
            let fed = self.announced - self.left + self.overrun;
            self.failed.get_or_insert(SectionLength { announced: self.announced, fed });
            self.in_chunk = 0;
        }
    }

    fn each(&mut self, first: impl FnOnce(&mut Chunks<Sha256>), second: impl FnOnce(&mut Chunks<Sha512>)) {
        self.sha256.as_mut().map(first);
        self.sha512.as_mut().map(second);
    }
}

/// Two chunks that follow each other, hashed at once.
pub struct TwoChunks<'h> {
    chunks: &'h mut Chunks<Sha256>,
    left: &'h mut u64,
    two: Two,
    fed: u64,
}

impl TwoChunks<'_> {
    /// The next bytes of each, as many of one as of the other; together [`CHUNK`] bytes of each.
    pub fn update(&mut self, pieces: [&[u8]; 2]) {
        self.two.update(pieces);
        self.fed += pieces[0].len().min(pieces[1].len()) as u64;
    }

    /// Ends both chunks. Those that were not fed whole do not count, which [`ContentHasher::finish`] notices.
    pub fn end(self) {
        if self.fed != CHUNK {
            return;
        }
        *self.left -= 2 * CHUNK;
        for hash in self.two.finish() {
            self.chunks.hashes.extend_from_slice(&hash);
            self.chunks.count += 1;
        }
    }
}

struct Chunks<D> {
    hasher: D,
    hashes: Vec<u8>,
    count: u32,
}

impl<D: sha2::Digest> Chunks<D> {
    fn new() -> Self {
        Self { hasher: D::new(), hashes: Vec::new(), count: 0 }
    }

    fn begin(&mut self, len: [u8; 4]) {
        self.hasher = D::new();
        self.hasher.update([0xa5]);
        self.hasher.update(len);
    }

    fn end(&mut self) {
        let hash = std::mem::replace(&mut self.hasher, D::new()).finalize();
        self.hashes.extend_from_slice(&hash);
        self.count += 1;
    }

    fn root(self) -> Vec<u8> {
        let mut root = D::new();
        root.update([0x5a]);
        root.update(self.count.to_le_bytes());
        root.update(&self.hashes);
        root.finalize().to_vec()
    }
}
