//! Two digests at once are the digests of each.

use inject::format::sha256::Two;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

fn alone(head: &[u8], message: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(head).chain_update(message).finalize().into()
}

fn of_two(head: &[u8], messages: [&[u8]; 2]) -> [[u8; 32]; 2] {
    let mut two = Two::new(head);
    two.update(messages);
    two.finish()
}

#[test]
fn pieces_do_not_matter() {
    let bytes: Vec<u8> = (0..1000_u32).map(|n| n.to_le_bytes()[0].wrapping_mul(37)).collect();
    for piece in [1, 3, 59, 63, 64, 65, 128, 200] {
        let mut two = Two::new(b"12345");
        for (a, b) in bytes[..500].chunks(piece).zip(bytes[500..].chunks(piece)) {
            two.update([a, b]);
        }
        assert_eq!(two.finish(), [alone(b"12345", &bytes[..500]), alone(b"12345", &bytes[500..])], "{piece}");
    }
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
fn messages_of_any_two_lengths_in_pieces_of_any_two() {
    let bytes: Vec<u8> = (0..700_u32).map(|n| n.to_le_bytes()[0].wrapping_mul(37)).collect();
    for first in (0..=200).chain([256, 300, 640]) {
        for second in [0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 128, 200, 700] {
            let messages = [&bytes[..first], &bytes[700 - second..]];
            let expected = messages.map(|message| alone(b"head", message));
            assert_eq!(of_two(b"head", messages), expected, "{first} {second}");
            for pieces in [[64, 64], [1, 200], [100, 63], [65, 7]] {
                let (mut two, mut rest) = (Two::new(b"head"), messages);
                while rest.iter().any(|rest| !rest.is_empty()) {
                    let [a, b] = [0, 1].map(|message: usize| {
                        let (piece, after) = rest[message].split_at(rest[message].len().min(pieces[message]));
                        rest[message] = after;
                        piece
                    });
                    two.update([a, b]);
                }
                assert_eq!(two.finish(), expected, "{first} {second} {pieces:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes(head in proptest::collection::vec(any::<u8>(), 0..70), pairs in proptest::collection::vec(any::<(u8, u8)>(), 0..5000)) {
        let (a, b): (Vec<u8>, Vec<u8>) = pairs.into_iter().unzip();
        prop_assert_eq!(of_two(&head, [&a, &b]), [alone(&head, &a), alone(&head, &b)]);
    }
}
