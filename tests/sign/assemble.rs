//! Signs a whole package in memory with the library's parts, as the pipeline does, for tests and for the oracle.

use inject::format::apk_signing_block::{SigningBlock, padding_before};
use inject::format::zip::{Alignment, Archive, Change, METHOD_DEFLATED, NewEntry, Rewrite, Segment};
use inject::sign::android::{
    ContentDigests, ContentHasher, STAMP_ENTRY, Schemes, Signers, needed_digests, signing_block, v1,
};
use inject::sign::key_of;

/// A signed package.
pub struct Signed {
    pub apk: Vec<u8>,
    pub digests: ContentDigests,
}

/// Signs `input`, whatever signatures it has.
pub fn sign(input: &[u8], signers: &Signers<'_>, schemes: Schemes, min_sdk: u32) -> Signed {
    let archive = Archive::open(input).unwrap();
    let block = SigningBlock::find(input, archive.directory_offset()).unwrap();
    let end = block.map_or(archive.directory_offset(), |block| block.range().start);
    let mut rewrite = Rewrite {
        alignment: Some(Alignment::ANDROID),
        payload_end: Some(archive.payload_end(end).unwrap()),
        ..Rewrite::default()
    };
    for (index, entry) in archive.entries().iter().enumerate() {
        if v1::is_signature_file(entry.name()) || entry.name() == STAMP_ENTRY {
            rewrite.changes.insert(index, Change::Remove);
        }
    }
    if schemes.v1 {
        let identity = signers.oldest();
        let digest = v1::digest(key_of(identity), min_sdk).unwrap();
        let entries = archive
            .entries()
            .iter()
            .enumerate()
            .filter(|(_, entry)| v1::needs_digest(entry.name()) && entry.name() != STAMP_ENTRY);
        let entries: Vec<_> =
            entries.map(|(index, entry)| (entry.display_name(), digest.of(&[&archive.read(index).unwrap()]))).collect();
        let files = v1::sign(identity, digest, schemes, entries, None).unwrap();
        for (name, content) in [files.signature_file, files.block, files.manifest] {
            rewrite.added.push(NewEntry { name: name.into_bytes(), content, method: METHOD_DEFLATED });
        }
    }
    let layout = archive.layout(&rewrite).unwrap();
    let mut apk = Vec::new();
    for segment in &layout.segments {
        match segment {
            Segment::Original(range) => {
                apk.extend_from_slice(
                    &input[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()],
                );
            }
            Segment::Spooled(_) => unreachable!("nothing was spooled"),
            Segment::Bytes(bytes) => apk.extend_from_slice(bytes),
        }
    }
    if schemes.has_block() {
        apk.resize(apk.len() + usize::try_from(padding_before(apk.len() as u64)).unwrap(), 0);
    }
    let payload = apk.len() as u64;
    let mut hasher = ContentHasher::new(&needed_digests(signers));
    let end_record = layout.eocd(payload).unwrap();
    for section in [apk.as_slice(), &layout.directory, &end_record] {
        hasher.section(section.len() as u64);
        // In uneven pieces: the hasher must not care.
        for piece in section.chunks(70_001) {
            hasher.update(piece);
        }
    }
    let digests = hasher.finish().unwrap();
    let block = signing_block(signers, schemes, &digests, &[]).unwrap().unwrap_or_default();
    apk.extend_from_slice(&block);
    apk.extend_from_slice(&layout.directory);
    apk.extend_from_slice(&layout.eocd(payload + block.len() as u64).unwrap());
    Signed { apk, digests }
}
