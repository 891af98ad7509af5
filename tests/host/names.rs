//! Names of files: what Windows takes for something else, and what is one name where case does not count.

use inject::host::names::{Fault, differ_in_case_only, fault};

#[test]
fn what_windows_takes_for_something_else_is_told() {
    for name in [
        "aux",
        "AUX",
        "Aux.json",
        "aux.tar.gz",
        "con",
        "nul.txt",
        "prn.",
        "com1",
        "COM9.apk",
        "lpt\u{b2}.json",
        "aux .json",
        "conin$",
        "CONOUT$.txt",
    ] {
        let expected = if name.ends_with('.') { Fault::End } else { Fault::Device };
        assert_eq!(fault(name), Some(expected), "{name:?}");
    }
    for name in ["a.", "a ", "a.json ", "..", "a.b."] {
        assert_eq!(fault(name), Some(Fault::End), "{name:?}");
    }
    for (name, character) in [
        ("a:b", ':'),
        ("what?", '?'),
        ("a*", '*'),
        ("<a", '<'),
        ("a>", '>'),
        ("a|b", '|'),
        ("a\"", '"'),
        ("a\tb", '\t'),
        ("a\\b", '\\'),
    ] {
        assert_eq!(fault(name), Some(Fault::Character(character)), "{name:?}");
    }
}

#[test]
fn what_only_looks_like_that_is_a_name() {
    for name in [
        "auxiliary.json",
        "a.aux",
        "com",
        "com0",
        "com10",
        "lpta",
        "console.js",
        "null",
        "nul_",
        "app.apk",
        ".git",
        " a",
        "a b.json",
        "\u{fc}mlaut.json",
        "conin",
        "con-fig",
        "100%",
        "a&b (1)!",
        "c\u{f4}m1",
    ] {
        assert_eq!(fault(name), None, "{name:?}");
    }
}

#[test]
fn names_that_differ_in_case_only_are_told() {
    for (a, b) in [("a.json", "A.JSON"), ("\u{c4}.json", "\u{e4}.json"), ("Makefile", "makefile")] {
        assert!(differ_in_case_only(a, b) && differ_in_case_only(b, a), "{a} {b}");
    }
    // One letter never becomes two there, and a name is no twin of itself.
    for (a, b) in [("a", "a"), ("a", "b"), ("stra\u{df}e", "STRASSE"), ("a.json", "a.jso")] {
        assert!(!differ_in_case_only(a, b), "{a} {b}");
    }
}
