//! The fs-verity hash tree of Android's packages (source.android.com, "APK Signature Scheme v4"): SHA-256 of pages of 4096
//! bytes, level above level.
//!
//! Must not: hold the file; one hash per page is kept.

use sha2::{Digest, Sha256};

const PAGE: usize = 4096;

/// A tree under construction.
pub(super) struct Tree {
    salt: Vec<u8>,
    partial: Vec<u8>,
    leaves: Vec<u8>,
}

impl Tree {
    pub(super) fn new(salt: &[u8]) -> Self {
        Self { salt: salt.to_vec(), partial: Vec::with_capacity(PAGE), leaves: Vec::new() }
    }

    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        if !self.partial.is_empty() {
            let (part, rest) = bytes.split_at(bytes.len().min(PAGE - self.partial.len()));
            self.partial.extend_from_slice(part);
            bytes = rest;
            if self.partial.len() < PAGE {
                return;
            }
            let page = std::mem::take(&mut self.partial);
            self.leaf(&page);
        }
        let mut pages = bytes.chunks_exact(PAGE);
        for page in &mut pages {
            self.leaf(page);
        }
        self.partial.extend_from_slice(pages.remainder());
    }

    fn leaf(&mut self, page: &[u8]) {
        let hash = Sha256::new().chain_update(&self.salt).chain_update(page).finalize();
        self.leaves.extend_from_slice(&hash);
    }

    /// The root hash, and the tree: the level under the root first, each filled up to whole pages.
    pub(super) fn finish(mut self) -> ([u8; 32], Vec<u8>) {
        if !self.partial.is_empty() {
            let mut page = std::mem::take(&mut self.partial);
            page.resize(PAGE, 0);
            self.leaf(&page);
        }
        let mut levels = vec![std::mem::take(&mut self.leaves)];
        while let Some(last) = levels.last_mut() {
            last.resize(last.len().next_multiple_of(PAGE).max(PAGE), 0);
            if last.len() == PAGE {
                break;
            }
            let next: Vec<u8> = last
                .chunks(PAGE)
                .flat_map(|page| <[u8; 32]>::from(Sha256::new().chain_update(&self.salt).chain_update(page).finalize()))
                .collect();
            levels.push(next);
        }
        let top = levels.last().map(Vec::as_slice).unwrap_or_default();
        let root = Sha256::new().chain_update(&self.salt).chain_update(top).finalize().into();
        levels.reverse();
        (root, levels.concat())
    }
}
