//! Deflate streams: what zlib makes of them.

use flate2::{Decompress, FlushDecompress, Status};
use inject::format::inflate::{Bytes, Guess, Inflater, Stop, WINDOW};

/// What zlib makes of a stream: the content and how much of the stream it took.
fn zlib(stream: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut inflater, mut content, mut buffer) = (Decompress::new(false), Vec::new(), vec![0; 100_000]);
    loop {
        let (taken, made) = (inflater.total_in() as usize, inflater.total_out() as usize);
        let status = inflater.decompress(&stream[taken..], &mut buffer, FlushDecompress::None).ok()?;
        let (now_in, now_out) = (inflater.total_in() as usize, inflater.total_out() as usize);
        content.extend_from_slice(&buffer[..now_out - made]);
        if status == Status::StreamEnd {
            return Some((content, now_in));
        }
        if (now_in, now_out) == (taken, made) || content.len() > 50_000_000 {
            return None;
        }
    }
}

/// Where a block ended: the bit, the bits of its byte, and the content before it.
pub type Places = Vec<(u64, u8, usize)>;

/// What we make of it where it comes `step` bytes at a time.
pub fn ours(stream: &[u8], step: usize, len: u64) -> Option<(Vec<u8>, usize, Places)> {
    let (mut inflater, mut content, mut places) = (Inflater::new(len), Vec::new(), Places::new());
    let (mut at, mut there) = (0, step.min(stream.len()));
    loop {
        let (taken, stop) = inflater.step(&stream[at..there], there == stream.len(), true).ok()?;
        at += taken;
        content.extend_from_slice(inflater.piece());
        assert_eq!(inflater.made(), content.len() as u64);
        match stop {
            Stop::End => return Some((content, at, places)),
            Stop::Block => places.push((inflater.position(), inflater.open_byte(), content.len())),
            // Nothing that was given is lost.
            Stop::Input if there == stream.len() => return None,
            Stop::Input => there = (there + step).min(stream.len()),
            Stop::Piece => {}
        }
    }
}

/// The content and the ends of blocks, where zlib makes the same of it, however it comes.
pub fn same(stream: &[u8]) -> Option<(Vec<u8>, Places)> {
    let expected = zlib(stream);
    let mut all = None;
    for (step, len) in [(1, 0), (37, 1000), (5000, u64::MAX), (usize::MAX, 100)] {
        let found = ours(stream, step, len);
        let told = found.as_ref().map(|(content, taken, _)| (content, *taken));
        assert!(told == expected.as_ref().map(|(content, taken)| (content, *taken)), "steps of {step}: {stream:02x?}");
        all = found.map(|(content, _, places)| (content, places));
    }
    for first in [0, stream.len() / 2] {
        guessed(stream, first, all.as_ref());
    }
    all
}

/// What is guessed from some byte on is the content, where a block does begin there.
fn guessed(stream: &[u8], first: usize, all: Option<&(Vec<u8>, Places)>) {
    let mut guess = Guess::new(50_000);
    let made = guess.make(&stream[first..], first as u64, u64::MAX, true);
    let Some((content, places)) = all.filter(|_| made) else { return };
    let Some((_, _, before)) = places.iter().find(|(bit, _, before)| *bit == guess.start() && *before >= WINDOW) else {
        return;
    };
    let (mut inflater, mut at) = (Inflater::new(u64::MAX), 0);
    while inflater.position() < guess.start() {
        at += inflater.step(&stream[at..], true, true).unwrap().0;
    }
    let (mut bytes, mut told) = (Bytes::default(), vec![0; guess.len()]);
    assert!(inflater.tell(&guess, &mut bytes));
    guess.read(0, &bytes, &mut told);
    assert!(content[*before..].starts_with(&told), "{first}: {stream:02x?}");
}
