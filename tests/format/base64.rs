//! Base64 in both directions, with the line breaks of those who write it.

use inject::format::base64::{decode, encode};
use proptest::prelude::*;

#[test]
fn the_vectors_of_the_specification() {
    // RFC 4648 section 10.
    let vectors = [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ];
    for (content, text) in vectors {
        assert_eq!(encode(content.as_bytes()), text);
        assert_eq!(decode(text.as_bytes()).as_deref(), Some(content.as_bytes()));
        assert_eq!(decode(text.trim_end_matches('=').as_bytes()).as_deref(), Some(content.as_bytes()), "no padding");
    }
}

#[test]
fn what_is_no_digit_is_an_error_wherever_it_stands() {
    for at in 0..8 {
        for byte in 0..=u8::MAX {
            let mut text = *b"Zm9vYmFy";
            text[at] = byte;
            let allowed = byte.is_ascii_alphanumeric() || b"+/".contains(&byte);
            // Blanks and padding leave too few digits, or enough; never other bytes.
            match decode(&text) {
                Some(content) => assert!(
                    allowed && content.len() == 6
                        || b" \t\r\n".contains(&byte) && content.len() == 5
                        || byte == b'=' && at == 7 && content.len() == 5,
                    "{byte:#x} at {at}: {content:?}"
                ),
                None => assert!(!allowed && !b" \t\r\n".contains(&byte), "{byte:#x} at {at}"),
            }
        }
    }
    assert_eq!(decode(b"Zm9v=Zm9v"), None, "digits behind padding");
    assert_eq!(decode(b"Zm9vY"), None, "one digit is no byte");
}

proptest! {
    #[test]
    fn breaks_between_digits_change_nothing(
        content in proptest::collection::vec(any::<u8>(), 0..200),
        breaks in proptest::collection::vec((0_usize..300, proptest::sample::select(vec!["\n", "\r\n", "\t\t", " "])), 0..12),
    ) {
        let mut text = encode(&content);
        for (at, what) in breaks {
            text.insert_str(at.min(text.len()), what);
        }
        prop_assert_eq!(decode(text.as_bytes()), Some(content));
    }
}
