//! Two digests at once are the digests of each.

use inject::format::sha256::of_two;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

fn alone(head: &[u8], message: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(head).chain_update(message).finalize().into()
}

#[test]
fn every_length_around_the_blocks() {
    let bytes: Vec<u8> = (0..300_u32).map(|n| n.to_le_bytes()[0].wrapping_mul(37)).collect();
    for head in [0, 1, 5, 63, 64, 65] {
        for len in 0..200 {
            let (a, b) = (&bytes[..len], &bytes[100..100 + len]);
            assert_eq!(
                of_two(&bytes[..head], [a, b]),
                [alone(&bytes[..head], a), alone(&bytes[..head], b)],
                "{head} {len}"
            );
        }
    }
}

#[test]
fn what_is_longer_is_cut() {
    assert_eq!(of_two(b"x", [b"abcd", b"ab"]), [alone(b"x", b"ab"); 2]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes(head in proptest::collection::vec(any::<u8>(), 0..70), pairs in proptest::collection::vec(any::<(u8, u8)>(), 0..5000)) {
        let (a, b): (Vec<u8>, Vec<u8>) = pairs.into_iter().unzip();
        prop_assert_eq!(of_two(&head, [&a, &b]), [alone(&head, &a), alone(&head, &b)]);
    }
}
