//! A body for any bytes as JavaScript.

use inject::format::js::{JsError, get, left, set, tokens};

/// Reads and edits; what was edited holds the value, everywhere and nowhere else, and can be edited back and forth.
pub fn javascript(bytes: &[u8]) {
    if let Ok(tokens) = tokens(bytes) {
        let mut end = 0;
        for token in &tokens {
            assert!(token.start >= end && token.end >= token.start && token.end <= bytes.len());
            end = token.end;
        }
    }
    for value in ["", "</script\u{1f600}\"'`\\${\n\u{2028}<!--"] {
        for name in ["a", "NAME"] {
            let Ok(edited) = set(bytes, name, value, false) else {
                assert!(!matches!(set(bytes, name, value, true), Err(JsError::NotFound { .. })));
                continue;
            };
            let read = get(&edited, name).expect("JavaScript stays JavaScript");
            assert!(!read.is_empty() && read.iter().all(|read| read == value), "{read:?}");
            // What is empty now may be passed over (`"" || "b"`).
            assert!(read.len() <= get(bytes, name).expect("what is edited is read").len());
            assert!(left(bytes, name).expect("what is edited is read").is_empty());
            assert_eq!(set(&edited, name, value, false).as_deref(), Ok(edited.as_slice()));
            let other = set(&edited, name, "x", false).expect("what was edited is edited");
            assert_eq!(set(&other, name, value, false).as_deref(), Ok(edited.as_slice()));
        }
    }
}
