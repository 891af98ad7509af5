//! Entries that change near their end only: what is kept of a deflate stream, and what the way leaves.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use inject::format::inflate::WINDOW;
use inject::format::zip::{Archive, BlockEnd, Cut, Rewrite, Segment, Splice, deflate_marked};

use super::choices::Choices;

pub fn inflate(stream: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    flate2::read::DeflateDecoder::new(stream).read_to_end(&mut out).unwrap();
    out
}

/// Bytes that compress as code does: runs, repetitions, noise.
pub fn content(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let mut out = Vec::with_capacity(len);
    while out.len() < len {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        match state >> 61 {
            0..=2 => out.extend_from_slice(&state.to_le_bytes()),
            3 | 4 => out.extend_from_slice(&[0; 23]),
            5 => out.extend_from_slice(b"_objc_msgSend_stub"),
            _ if out.len() > 100 => {
                let from = (state as usize) % (out.len() - 64);
                out.extend_from_within(from..from + 64);
            }
            _ => out.push(state as u8),
        }
    }
    out.truncate(len);
    out
}

/// An archive of one entry, deflated at some level.
pub fn zipped(content: &[u8], level: i64) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_level(Some(level));
    writer.start_file("code", options).unwrap();
    writer.write_all(content).unwrap();
    writer.finish().unwrap().into_inner()
}

/// The last place before `limit` at which the entry can be cut, a mark above all, with what it means: found as the reader of
/// an executable finds it.
pub fn last_cut(archive: &Archive<'_, Vec<u8>>, limit: usize) -> Option<(Cut, usize)> {
    let (mut reader, mut all, mut best) = (archive.reader(0), Vec::new(), None);
    while let Some(piece) = reader.next(true).unwrap() {
        all.extend_from_slice(piece.bytes);
        if let Some(end) = piece.block_end.filter(|end| end.content as usize <= limit) {
            assert_eq!((end.content as usize, end.crc), (all.len(), crc32fast::hash(&all)));
            best = Some(end).filter(|end| end.mark || !best.is_some_and(|best: BlockEnd| best.mark)).or(best);
        }
    }
    let end = best?;
    let from = end.content as usize;
    let window = &all[from.checked_sub(WINDOW)?..from];
    Some((Cut::new(&end, window).unwrap(), from))
}

/// The archive with another end of its entry; and how much of the stream was kept.
pub fn with_end(bytes: &Vec<u8>, new: &[u8], limit: usize) -> Option<(Vec<u8>, u64)> {
    let archive = Archive::open(bytes).unwrap();
    let (cut, from) = last_cut(&archive, limit)?;
    let rest = cut.deflate(&new[from..], limit - from).unwrap();
    assert_eq!(cut.inflate(&rest, new.len() - from).unwrap(), &new[from..]);
    if let Some(shorter) = (new.len() - from).checked_sub(1) {
        assert_eq!(cut.inflate(&rest, shorter), None, "longer than was said");
    }
    let splice =
        Splice { kept: cut.kept(), rest: Segment::Bytes(rest), crc: crc32fast::hash(new), len: new.len() as u64 };
    let layout = archive.layout_with(&Rewrite::default(), &BTreeMap::from([(0, splice)])).unwrap();
    let mut out = Vec::new();
    for segment in &layout.segments {
        match segment {
            Segment::Original(range) => {
                out.extend_from_slice(&bytes[range.start as usize..range.end as usize]);
            }
            Segment::Bytes(new) => out.extend_from_slice(new),
            Segment::Spooled(_) => unreachable!("nothing was spooled"),
        }
    }
    out.extend_from_slice(&layout.directory);
    out.extend(layout.eocd(layout.payload_len).unwrap());
    Some((out, cut.kept()))
}

/// The content, by our inflater and by another one.
pub fn read(bytes: &Vec<u8>) -> Vec<u8> {
    let archive = Archive::open(bytes).unwrap();
    let range = archive.entries()[0].data_range();
    let content = archive.read(0).unwrap();
    assert_eq!(inflate(&bytes[range.start as usize..range.end as usize]), content);
    content
}

/// A content with two other ends, in pieces that the bytes choose: each reads as itself, whatever was there before.
pub fn splice(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let mut piece = |most: usize| {
        let seed = u64::from(choices.byte());
        let piece = match choices.below(4) {
            0 => content(seed, choices.below(most)),
            1 => choices.some(200).repeat(choices.below(most / 256)),
            2 => vec![choices.byte(); choices.below(most)],
            _ => (0..choices.below(most) as u64)
                .map(|n| ((n ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8)
                .collect(),
        };
        (piece, choices.below(9))
    };
    let (code, level) = piece(8000);
    // A match reaches 32 KiB back, and nothing is cut before that.
    let code = [content(level as u64, WINDOW + 2000), code].concat();
    let limit = code.len();
    let old = [&code[..], &piece(3000).0].concat();
    let (dev, prod) = ([&code[..], &piece(36_000).0].concat(), [&code[..], &piece(3000).0].concat());
    let original = zipped(&old, i64::from(level as u8) + 1);
    let Some((in_dev, _)) = with_end(&original, &dev, limit) else { return };
    assert_eq!(read(&in_dev), dev);
    let (in_prod, _) = with_end(&in_dev, &prod, limit).expect("there is a mark");
    assert_eq!(read(&in_prod), prod);
    assert_eq!(Some(in_prod), with_end(&original, &prod, limit).map(|(direct, _)| direct), "by way of another end");
    assert_eq!(inflate(&deflate_marked(&dev, limit).unwrap()), dev);
}
