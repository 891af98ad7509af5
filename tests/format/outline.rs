//! What is kept of an executable that streams by is what is in it, whatever the pieces it comes in.

use inject::format::code_signature::HashType;
use inject::format::macho::MachO;
use inject::format::outline::{Outline, Outliner, page_hashes};
use inject::sign::apple::{Code, Signer, sign};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::format::build::macho::{executable, universal};

const IMAGES: [&[u8]; 5] = [
    include_bytes!("../../testdata/apple/macho/ios-arm64"),
    include_bytes!("../../testdata/apple/macho/dylib-arm64"),
    include_bytes!("../../testdata/apple/macho/watchos-arm64_32"),
    include_bytes!("../../testdata/apple/macho/macos-arm64"),
    include_bytes!("../../testdata/apple/macho/simulator-fat"),
];

fn signed(image: &[u8]) -> Vec<u8> {
    let code = Code { identifier: "a", renamed: false, info: None, resources: None, entitlements: None };
    sign(image, &code, &Signer::ad_hoc()).unwrap().bytes
}

fn in_pieces(file: &[u8], piece: usize) -> Outline {
    let mut outliner = Outliner::new(file.len() as u64, None);
    for piece in file.chunks(piece) {
        outliner.feed(piece);
    }
    outliner.finish().unwrap()
}

#[test]
fn it_holds_what_the_whole_file_says() {
    for image in IMAGES {
        for file in [image.to_vec(), signed(image)] {
            let outline = Outline::of(&file).unwrap();
            let whole = MachO::parse(&file).unwrap();
            assert_eq!(outline.file, whole);
            assert_eq!(outline.missing(), []);
            for (index, slice) in whole.slices.iter().enumerate() {
                assert_eq!(outline.signature(index), slice.signature_bytes(&file));
                let Some(command) = slice.signature else { continue };
                let pages = slice.bytes(&file)[..command.offset as usize].chunks(4096);
                let hashes: Vec<u8> = pages.flat_map(|page| Sha256::digest(page).to_vec()).collect();
                assert_eq!(outline.pages(index, (HashType::Sha256, 12)), Some(hashes.as_slice()));
            }
            let first = whole.slices.iter().filter_map(|s| Some(s.range.start + s.signature?.offset as usize)).min();
            assert_eq!(outline.first_signature().map(|at| at as usize), first);
            for piece in [1, 7, 4096, 5000, file.len()] {
                assert_eq!(in_pieces(&file, piece), in_pieces(&file, file.len()), "{piece}");
            }
        }
    }
}

#[test]
fn every_kind_of_page_is_hashed() {
    let code = executable(1, 70_000);
    for kind in [HashType::Sha1, HashType::Sha256, HashType::Sha256Truncated, HashType::Sha384] {
        let pages = page_hashes(&code, (kind, 14));
        assert_eq!(pages.len(), code.len().div_ceil(1 << 14) * kind.size());
        assert_eq!(pages[..kind.size()], page_hashes(&code[..1 << 14], (kind, 0)));
        assert_eq!(page_hashes(&code, (kind, 0)).len(), kind.size());
    }
    assert_eq!(page_hashes(&code, (HashType::Sha256, 0)), Sha256::digest(&code).to_vec());
    assert_eq!(page_hashes(&code, (HashType::Sha256Truncated, 0)), Sha256::digest(&code)[..20].to_vec());
}

#[test]
fn only_signatures_may_differ_behind_a_place() {
    let image = signed(&executable(2, 50_000));
    let file = universal(&[(0x0100_000c, 0, &image), (0x0100_000c, 2, &image)]);
    let outline = Outline::of(&file).unwrap();
    let from = outline.first_signature().unwrap() - 1000;
    let old = &file[from as usize..];
    assert_eq!(outline.with_signatures(from, old, old), Some(outline.clone()));
    let mut new = old.to_vec();
    new[1000 + 30] ^= 1;
    let changed = outline.with_signatures(from, old, &new).unwrap();
    let mut whole = file.clone();
    whole[from as usize + 1000 + 30] ^= 1;
    assert_eq!(changed, Outline::of(&whole).unwrap());
    // Code before the first signature, and code of the second slice.
    let second = MachO::parse(&file).unwrap().slices[1].range.start - from as usize;
    for at in [0, 999, second + 8000] {
        let mut new = old.to_vec();
        new[at] ^= 1;
        assert_eq!(outline.with_signatures(from, old, &new), None, "{at}");
    }
    assert_eq!(outline.with_signatures(from, old, &old[..old.len() - 1]), None);
}

#[test]
fn files_that_end_early_or_lie_about_their_length_are_errors() {
    let file = signed(IMAGES[4]);
    for len in (0..file.len()).step_by(997) {
        let mut outliner = Outliner::new(file.len() as u64, None);
        outliner.feed(&file[..len]);
        assert!(outliner.finish().is_err(), "{len}");
        assert_eq!(
            Outline::of(&file[..len]).map(|outline| outline.file).ok(),
            MachO::parse(&file[..len]).ok(),
            "{len}"
        );
    }
    let mut outliner = Outliner::new(file.len() as u64, None);
    outliner.feed(&[file.as_slice(), b"more"].concat());
    assert_eq!(outliner.finish(), Outline::of(&file));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_headers_are_read_as_the_whole_file_is(
        which in 0..5_usize,
        changes in prop::collection::vec((0..1400_usize, any::<u8>()), 1..5),
        piece in 1..9000_usize,
    ) {
        let mut file = IMAGES[which].to_vec();
        for (at, byte) in changes {
            file[at] = byte;
        }
        let mut outliner = Outliner::new(file.len() as u64, None);
        file.chunks(piece).for_each(|piece| outliner.feed(piece));
        match (outliner.finish(), MachO::parse(&file)) {
            (Ok(outline), Ok(whole)) => prop_assert_eq!(outline.file, whole),
            (Err(_), Err(_)) => {}
            (found, whole) => prop_assert!(false, "{:?} {:?}", found.err(), whole.err()),
        }
    }
}
