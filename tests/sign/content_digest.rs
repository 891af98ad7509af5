//! The content digest does not depend on the pieces it is fed in.

use inject::sign::android::{ContentDigest, ContentDigests, ContentHasher};

const MIB: usize = 1024 * 1024;

fn digests(kinds: &[ContentDigest], sections: &[&[u8]], piece: usize) -> ContentDigests {
    let mut hasher = ContentHasher::new(kinds);
    for section in sections {
        hasher.section(section.len() as u64);
        section.chunks(piece).for_each(|piece| hasher.update(piece));
    }
    hasher.finish().unwrap()
}

#[test]
fn pieces_do_not_matter() {
    let content: Vec<u8> =
        (0_u32..).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[1]).take(5 * MIB + 7).collect();
    for len in [0, 1, MIB, 2 * MIB - 1, 2 * MIB, 3 * MIB, 4 * MIB + 1, 5 * MIB + 7] {
        let sections = [&content[..len], &content[..100], &content[..22]];
        let one = [ContentDigest::ChunkedSha256];
        let expected = digests(&one, &sections, 70_001);
        for piece in [MIB, 2 * MIB, 2 * MIB + 3, 3 * MIB, 6 * MIB] {
            assert_eq!(digests(&one, &sections, piece), expected, "{len} in pieces of {piece}");
        }
        let two = digests(&[ContentDigest::ChunkedSha256, ContentDigest::ChunkedSha512], &sections, 6 * MIB);
        assert_eq!(two.value(one[0]), expected.value(one[0]));
        assert_eq!(two.chunks(), expected.chunks());
        assert_eq!(expected.chunks().len(), len.div_ceil(MIB) + 2);
    }
}

#[test]
fn a_section_of_another_length_is_an_error() {
    let mut hasher = ContentHasher::new(&[ContentDigest::ChunkedSha256]);
    hasher.section(3 * MIB as u64);
    hasher.update(&vec![0; 2 * MIB]);
    assert_eq!(hasher.finish().unwrap_err().fed, 2 * MIB as u64);
    let mut hasher = ContentHasher::new(&[ContentDigest::ChunkedSha256]);
    hasher.section(2 * MIB as u64);
    hasher.update(&vec![0; 4 * MIB]);
    assert_eq!(hasher.finish().unwrap_err().fed, 4 * MIB as u64);
}
