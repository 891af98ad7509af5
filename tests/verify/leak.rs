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
fn in_archives_and_compressed_files_within() {
    let inner = Zip::of([Item::new("deep.json", METHOD_DEFLATED, SECRET.as_bytes())]).build();
    let outer = |inner: &[u8]| Zip::of([Item::new("main.gxsd", METHOD_DEFLATED, inner)]).build();
    assert_eq!(places(&outer(&inner)), ["main.gxsd!/deep.json"]);
    assert_eq!(places(&outer(&outer(&inner))), ["main.gxsd!/main.gxsd!/deep.json"]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gzip, SECRET.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    assert_eq!(places(&Zip::of([Item::new("main.js.gz", METHOD_STORED, &gzip)]).build()), ["main.js.gz (unpacked)"]);
    // Archives in each other without end are said, not followed.
    let mut deep = inner;
    for _ in 0..20 {
        deep = outer(&deep);
    }
    assert_eq!(places(&deep), [] as [&str; 0]);
    let mut report = Report::default();
    let foreign = [Foreign { what: String::new(), value: Zeroizing::new(SECRET.to_owned()) }];
    archive(&mut report, deep.as_slice(), &foreign);
    assert!(report.findings.iter().any(|finding| finding.code == "leak.depth"));
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
