//! An entry inflated on several threads, judged by one that reads in order: the same content and places, or the same refusal.

use std::io::{Cursor, Write};
use std::ops::Range;

use inject::format::zip::{Archive, BlockEnd, Spans};
use proptest::prelude::*;

/// Text, runs and noise, in stretches: some blocks are stored.
pub fn content(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let mut out = Vec::with_capacity(len + 20_000);
    while out.len() < len {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        match state >> 59 {
            0 => out.extend((0..20_000_u64).map(|n| ((n ^ state).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8)),
            1 => out.extend(std::iter::repeat_n(state as u8, 9_000)),
            2..8 => out.extend_from_slice(&state.to_be_bytes()),
            _ => out.extend_from_slice(&b"the quick brown fox jumps over the lazy dog"[(state >> 20) as usize % 40..]),
        }
    }
    out.truncate(len);
    out
}

fn zipped(content: &[u8], level: i64) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let method = if level < 0 { zip::CompressionMethod::Stored } else { zip::CompressionMethod::Deflated };
    let level = (level >= 0).then_some(level);
    let options = zip::write::SimpleFileOptions::default().compression_method(method).compression_level(level);
    writer.start_file("code", options).unwrap();
    writer.write_all(content).unwrap();
    writer.finish().unwrap().into_inner()
}

/// What a reader gives: the content, and ends of blocks of pieces that begin between the stops.
type Read = Result<(Vec<u8>, Vec<BlockEnd>), String>;

/// In order, or several threads after so many pieces.
fn read(bytes: &Vec<u8>, stops: &Range<u64>, ahead: Option<(usize, Spans, usize)>) -> Read {
    let archive = Archive::open(bytes).unwrap();
    let (mut reader, mut content, mut ends) = (archive.reader(0), Vec::new(), Vec::new());
    let pieces = ahead.map_or(usize::MAX, |(pieces, _, _)| pieces);
    for _ in 0..pieces {
        let stop = stops.contains(&(content.len() as u64));
        let Some(piece) = reader.next(stop).map_err(|error| error.to_string())? else { return Ok((content, ends)) };
        content.extend_from_slice(piece.bytes);
        ends.extend(piece.block_end);
    }
    let Some((_, spans, helpers)) = ahead else { unreachable!("it ends") };
    let mut helpers = (0..helpers).map(|_| ());
    let end = reader.read_ahead(
        spans,
        stops,
        || helpers.next(),
        |bytes, end| {
            content.extend_from_slice(bytes);
            ends.extend(end);
        },
    );
    end.map_err(|error| error.to_string())?;
    Ok((content, ends))
}

/// Both ways, for some divisions and numbers of threads.
fn same(bytes: &Vec<u8>, stops: &Range<u64>) -> Read {
    let expected = read(bytes, stops, None);
    for (data, content) in [(3000, 40_000), (20_000, 20_000), (9000, 500_000), (100_000, 9000), (1 << 20, 2 << 20)] {
        for (pieces, helpers) in [(0, 0), (1, 1), (0, 3)] {
            let found = read(bytes, stops, Some((pieces, Spans { data, content }, helpers)));
            match (&found, &expected) {
                (Ok((found, found_ends)), Ok((expected, ends))) => {
                    assert!(found == expected, "{data} {content} {helpers}");
                    let all = |ends: &[BlockEnd]| -> Vec<BlockEnd> {
                        let safe = stops.start + 300_000..stops.end;
                        ends.iter().copied().filter(|end| safe.contains(&end.content)).collect()
                    };
                    // At the first and the last of the stops it depends on where pieces begin.
                    assert_eq!(all(found_ends), all(ends), "{data} {content} {helpers}");
                    assert!(found_ends.iter().all(|end| end.content >= stops.start));
                }
                (Err(_), Err(_)) => {}
                _ => panic!("{data} {content} {helpers}: {:?} {:?}", found.is_ok(), expected.is_ok()),
            }
        }
    }
    expected
}

#[test]
fn several_threads_read_what_one_does() {
    let content = content(3, 2_500_000);
    for level in [-1, 1, 3, 6, 9] {
        let bytes = zipped(&content, level);
        for stops in [0..0, 1_000_000..2_400_000, 0..u64::MAX] {
            let (found, ends) = same(&bytes, &stops).unwrap();
            assert!(found == content, "{level}");
            assert_eq!(stops.is_empty() || level < 0, ends.is_empty(), "{level}");
            assert!(ends.iter().all(|end| end.crc == crc32fast::hash(&content[..end.content as usize])));
        }
    }
}

#[test]
fn short_contents_and_empty_ones() {
    for len in [0, 1, 5000, 32_767, 32_768, 32_769, 70_000] {
        let content = content(5, len);
        assert!(same(&zipped(&content, 6), &(0..u64::MAX)).unwrap().0 == content, "{len}");
    }
}

#[test]
fn what_is_damaged_is_refused_on_every_way() {
    let content = content(7, 1_200_000);
    let whole = zipped(&content, 6);
    let range = Archive::open(&whole).unwrap().entries()[0].data_range();
    for at in (range.start + 10..range.end).step_by(23_456) {
        let mut damaged = whole.clone();
        damaged[at as usize] ^= 0x24;
        assert!(same(&damaged, &(0..0)).is_err(), "{at}");
    }
    // A directory that says another size or CRC-32 (APPNOTE 4.3.12): the last entry's record ends 22 bytes before the end.
    let record = whole.len() - 22 - 46 - 4;
    for (field, by) in [(24, 1_u32), (24, u32::MAX), (16, 1)] {
        let mut damaged = whole.clone();
        let place = record + field..record + field + 4;
        let value = u32::from_le_bytes(damaged[place.clone()].try_into().unwrap());
        damaged[place].copy_from_slice(&value.wrapping_add(by).to_le_bytes());
        assert!(same(&damaged, &(0..0)).is_err(), "{field} {by}");
    }
}

#[test]
fn helpers_that_come_late_and_many_are_let_go() {
    struct Counted<'a>(&'a std::sync::atomic::AtomicUsize);
    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
    }
    let content = content(9, 3_000_000);
    let bytes = zipped(&content, 6);
    let archive = Archive::open(&bytes).unwrap();
    let (gone, mut asked, mut given, mut found) = (std::sync::atomic::AtomicUsize::new(0), 0, 0, Vec::new());
    let helper = || {
        asked += 1;
        (asked % 9 == 0).then(|| {
            given += 1;
            Counted(&gone)
        })
    };
    let spans = Spans { data: 10_000, content: 100_000 };
    archive.reader(0).read_ahead(spans, &(0..0), helper, |bytes, _| found.extend_from_slice(bytes)).unwrap();
    assert!(found == content && given > 2, "{given}");
    assert_eq!(gone.into_inner(), given);
}

#[test]
fn what_helpers_guess_is_what_is_read() {
    let bytes = zipped(&content(11, 6_000_000), 6);
    let archive = Archive::open(&bytes).unwrap();
    let blocks = read(&bytes, &(0..u64::MAX), None).unwrap().1.len();
    // In order a piece is a block at most; of a guess it is more. A helper may come too late, but not each time.
    let helped = |_| {
        let (mut helper, mut pieces) = (Some(()), 0);
        let spans = Spans { data: 200_000, content: 2_000_000 };
        archive.reader(0).read_ahead(spans, &(0..0), || helper.take(), |_, _| pieces += 1).unwrap();
        pieces < blocks * 4 / 5
    };
    assert!((0..50).any(helped), "{blocks}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_content_and_any_damage(seed: u64, len in 100_000_usize..600_000, level in 1_i64..10, at: prop::sample::Index, by in 0_u8..3) {
        let mut bytes = zipped(&content(seed, len), level);
        let range = Archive::open(&bytes).unwrap().entries()[0].data_range();
        let at = range.start as usize + at.index((range.end - range.start) as usize);
        bytes[at] ^= by;
        let stops = len as u64 / 2..len as u64;
        prop_assert!(same(&bytes, &stops).is_ok() || by > 0);
    }
}
