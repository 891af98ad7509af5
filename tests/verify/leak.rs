//! Another environment's credential is found wherever it lies, also where the archive lies about it.

use inject::format::zip::{METHOD_DEFLATED, METHOD_STORED};
use inject::verify::leak::{Foreign, archive};
use inject::verify::{Report, Severity};
use zeroize::Zeroizing;

use crate::format::build::zip::{Item, Zip};

const SECRET: &str = "FOREIGN-SECRET-0123456789";

fn places(bytes: &[u8]) -> Vec<String> {
    let mut report = Report::default();
    let foreign = [Foreign { what: "the secret of app in dev".to_owned(), value: Zeroizing::new(SECRET.to_owned()) }];
    archive(&mut report, bytes, &foreign);
    for finding in &report.findings {
        assert!(!finding.message.contains(SECRET), "a finding never shows the value");
    }
    let errors = report.findings.into_iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.place).collect()
}

#[test]
fn in_a_content_in_a_gap_and_in_the_comment() {
    let clean = Zip::of([Item::new("a", METHOD_DEFLATED, &b"nothing ".repeat(40))]);
    assert_eq!(places(&clean.build()), [] as [&str; 0]);
    // Across the border of two pieces that are read.
    let long = [vec![b'x'; 65_530], SECRET.as_bytes().to_vec()].concat();
    for method in [METHOD_DEFLATED, METHOD_STORED] {
        assert_eq!(places(&Zip::of([Item::new("long", method, &long)]).build()), ["long"]);
    }
    let utf16: Vec<u8> = SECRET.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(places(&Zip::of([Item::new("wide", METHOD_DEFLATED, &utf16)]).build()), ["wide"]);
    let mut gap = Item::new("a", METHOD_STORED, b"b");
    gap.gap = SECRET.as_bytes().to_vec();
    assert_eq!(places(&Zip::of([gap]).build()).len(), 1);
    let comment = Zip { comment: SECRET.as_bytes().to_vec(), ..clean };
    assert_eq!(places(&comment.build()).len(), 1);
}

#[test]
fn in_data_that_cannot_be_inflated() {
    let mut bytes = Zip::of([Item::new("broken", METHOD_STORED, SECRET.as_bytes())]).build();
    // The directory calls it deflated.
    let record = bytes.len() - 22 - 46 - "broken".len();
    bytes[record + 10] = 8;
    assert_eq!(places(&bytes).len(), 1);
}

#[test]
fn what_cannot_be_read_is_not_clean() {
    assert_eq!(places(b"no archive"), ["the archive"]);
}
