//! Modified UTF-8.

use inject::format::mutf8::{decode, decode_lossy, encode, utf16_len};
use proptest::prelude::*;

#[test]
fn an_emoji_is_two_surrogates_and_zero_two_bytes() {
    assert_eq!(encode("\u{1F600}").as_ref(), [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]);
    assert_eq!(encode("a\0").as_ref(), [b'a', 0xc0, 0x80]);
    assert_eq!(utf16_len("\u{1F600}"), 2);
}

#[test]
fn what_is_not_modified_utf8_is_told_with_its_place() {
    assert_eq!(decode(b"ab\xff").unwrap_err().offset, 2);
    assert_eq!(decode(&[b'a', 0xed, 0xa0, 0xbd]).unwrap_err().offset, 1);
    assert_eq!(decode("x\u{1F600}".as_bytes()).unwrap_err().offset, 1);
    assert!(decode(&[0]).is_err());
}

#[test]
fn readers_take_plain_utf8_too() {
    assert_eq!(decode_lossy("\u{1F600}".as_bytes()), "\u{1F600}");
    assert_eq!(decode_lossy(b"a\xff"), "a\u{fffd}");
}

proptest! {
    #[test]
    fn round_trip(text in any::<String>()) {
        let encoded = encode(&text).into_owned();
        prop_assert_eq!(decode(&encoded).unwrap().into_owned(), text.clone());
        prop_assert_eq!(decode_lossy(&encoded).into_owned(), text);
    }
}
