//! Another environment's credential is found wherever it lies, also where the archive lies about it.

use inject::format::limits;
use inject::format::read_at::ReadAt;
use inject::format::zip::{METHOD_DEFLATED, METHOD_STORED};
use inject::verify::forms::Form;
use inject::verify::leak::{Foreign, Hunt};
use inject::verify::{Report, Severity};

use crate::format::build::zip::{Item, Zip};

const SECRET: &str = "FOREIGN-SECRET-0123456789";

fn places(bytes: &[u8]) -> Vec<String> {
    let mut report = Report::default();
    let foreign = [Foreign::new("the secret of app in dev".to_owned(), SECRET.to_owned())];
    Hunt::new(&foreign, &[]).archive(&mut report, bytes);
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
    let foreign = [Foreign::new(String::new(), SECRET.to_owned())];
    Hunt::new(&foreign, &[]).archive(&mut report, deep.as_slice());
    assert!(report.findings.iter().any(|finding| finding.code.as_str() == "leak.depth"));
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

/// A secret as registries make them, and one with every character that is written differently somewhere.
pub const SECRETS: [&str; 2] =
    ["9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08", "pa/ss+wo rd&\"42\"=<x7Qz>_9kL.mW"];

fn found(content: &[u8], secret: &str, allowed: &[&str]) -> Vec<String> {
    let foreign = [Foreign::new("the secret".to_owned(), secret.to_owned())];
    let mut report = Report::default();
    Hunt::new(&foreign, allowed).content(&mut report, "file", content);
    report.findings.into_iter().map(|finding| finding.message).collect()
}

fn each(secret: &str, one: impl Fn(u8) -> String) -> Vec<u8> {
    secret.bytes().map(one).collect::<String>().into_bytes()
}

/// Base64 of these bytes with others around them.
fn base64(before: &str, bytes: &[u8], url: bool) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let last: &[u8] = if url { b"-_" } else { b"+/" };
    let bits: String =
        before.bytes().chain(bytes.iter().copied()).chain(*b"ab").map(|byte| format!("{byte:08b}")).collect();
    let groups = bits.as_bytes().chunks_exact(6).map(|six| usize::from_str_radix(std::str::from_utf8(six).unwrap(), 2));
    groups.map(|group| [&alphabet[..], last].concat()[group.unwrap()]).collect()
}

/// A secret in a form, made here by other means than the search has.
pub fn planted(secret: &str) -> Vec<(Form, Vec<u8>)> {
    let little: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = secret.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let middle = secret.len() / 2;
    let split = |at: usize| format!("var s = \"{}\" + \"{}\";", &secret[..at], &secret[at..]).into_bytes();
    let mut all = vec![
        (Form::Plain, secret.into()),
        (Form::Utf16Le, little.clone()),
        (Form::Utf16Be, big.clone()),
        (Form::Hex, each(secret, |byte| format!("{byte:02x}"))),
        (Form::Hex, each(secret, |byte| format!("{byte:02X}"))),
        (Form::Escaped, each(secret, |byte| format!("\\u{byte:04x}"))),
        (Form::Escaped, each(secret, |byte| format!("\\u{byte:04X}"))),
        (Form::Escaped, each(secret, |byte| format!("\\x{byte:02x}"))),
        (Form::Escaped, each(secret, |byte| format!("\\u{{{byte:x}}}"))),
        (Form::Escaped, each(secret, |byte| format!("\\u{{{byte:04X}}}"))),
        (Form::Escaped, each(secret, |byte| format!("\\{byte:o}"))),
        (Form::Escaped, each(secret, |byte| format!("\\{byte:03o}"))),
        (Form::Percent, each(secret, |byte| format!("%{byte:02X}"))),
        (Form::Percent, each(secret, |byte| format!("%{byte:02x}"))),
        (Form::Entities, each(secret, |byte| format!("&#{byte};"))),
        (Form::Entities, each(secret, |byte| format!("&#x{byte:x};"))),
        (Form::Entities, each(secret, |byte| format!("&#x{byte:X};"))),
        (Form::Reversed, secret.bytes().rev().collect()),
        (Form::Half, split(middle)),
        (Form::Half, split(middle - 5)),
        (Form::Half, split(middle + 5)),
    ];
    for before in ["", "x", "xy"] {
        all.extend([false, true].map(|url| (Form::Base64, base64(before, secret.as_bytes(), url))));
        all.extend([false, true].map(|url| (Form::Base64Utf16, base64(before, &little, url))));
        all.extend([false, true].map(|url| (Form::Base64Utf16, base64(before, &big, url))));
    }
    all.extend([1, 0x5a, 0xff].map(|key| (Form::Xor, secret.bytes().map(|byte| byte ^ key).collect())));
    all
}

#[test]
fn every_form_is_found_wherever_it_begins() {
    for secret in SECRETS {
        for (form, bytes) in planted(secret) {
            for before in [0, 1, 7, 4093] {
                let content = [vec![0x20; before], bytes.clone(), b" and more".to_vec()].concat();
                let found = found(&content, secret, &[]);
                assert_eq!(found.len(), 1, "{form:?} of {secret} behind {before}: {found:?}");
                assert!(form == Form::Plain || found[0].contains(&form.to_string()), "{form:?}: {found:?}");
            }
            // A text is one in UTF-16 too, whose order of bytes makes no difference; split over two pieces.
            if let Ok(text) = String::from_utf8(bytes)
                && text.is_ascii()
                && !matches!(form, Form::Utf16Le | Form::Utf16Be)
            {
                let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                for before in [0, 3, 65_500] {
                    let content = [vec![0x20; before], wide.clone(), b"\0".to_vec()].concat();
                    let found = found(&content, secret, &[]);
                    assert_eq!(found.len(), 1, "{form:?} of {secret} in UTF-16 behind {before}: {found:?}");
                }
            }
        }
    }
    let (hex, odd) = (SECRETS[0], SECRETS[1]);
    assert_eq!(found(&stands_for(hex), hex, &[]), ["it holds the secret (as the bytes it stands for)"]);
    for before in ["", "x", "xy"] {
        let encoded = base64(before, &stands_for(hex), false);
        assert_eq!(found(&encoded, hex, &[]), ["it holds the secret (in Base64 of the bytes it stands for)"]);
    }
    assert_eq!(found(hex.to_lowercase().as_bytes(), hex, &[]), ["it holds the secret (in the other case)"]);
    let json = serde_json::to_string(odd).unwrap();
    assert_eq!(found(json.replace('/', "\\/").as_bytes(), odd, &[]), ["it holds the secret (in escapes)"]);
    let url = "x=pa%2Fss%2Bwo%20rd%26%2242%22%3D%3Cx7Qz%3E_9kL.mW";
    assert_eq!(found(url.as_bytes(), odd, &[]), ["it holds the secret (percent-encoded)"]);
    let xml = "<v>pa/ss+wo rd&amp;&quot;42&quot;=&lt;x7Qz&gt;_9kL.mW</v>";
    assert_eq!(found(xml.as_bytes(), odd, &[]), ["it holds the secret (in character references)"]);
}

/// The bytes that a hexadecimal text stands for.
fn stands_for(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap()).collect()
}

/// A text in lines of so many characters, with something before each.
fn lines(text: &[u8], columns: usize, between: &str) -> Vec<u8> {
    text.chunks(columns).collect::<Vec<_>>().join(between.as_bytes())
}

#[test]
fn what_programs_break_into_lines_is_found() {
    // MIME, PEM, Python's and Apple's property lists, YAML, and the narrowest that is deeply indented.
    let layouts = [
        (76, "\r\n"),
        (64, "\n"),
        (60, "\n\t\t"),
        (36, "\r\n\t\t\t\t\t"),
        (64, "\n            "),
        (76, " \n"),
        (12, "\n\n\t"),
        (64, "\r"),
    ];
    let hex = SECRETS[0];
    for secret in SECRETS {
        let wide: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut texts = Vec::new();
        for before in [&b""[..], b"x", b"some bytes of another length", &[0x5a; 5000]] {
            for url in [false, true] {
                let before = std::str::from_utf8(before).unwrap();
                texts.push(("in Base64", base64(before, secret.as_bytes(), url)));
                texts.push(("in Base64 of UTF-16", base64(before, &wide, url)));
                if secret == hex {
                    texts.push(("in Base64 of the bytes it stands for", base64(before, &stands_for(hex), url)));
                }
            }
        }
        texts.push(("in hexadecimal", each(secret, |byte| format!("{byte:02x}"))));
        if secret == hex {
            texts.push(("in the other case", hex.to_lowercase().into_bytes()));
        }
        for (form, text) in texts {
            for (columns, between) in layouts {
                let text = lines(&text, columns, between);
                for (before, behind) in
                    [("", ""), ("<data>\n\t", "\n\t</data>"), ("-----BEGIN X-----\r\n", "=\r\n-----")]
                {
                    let content = [before.as_bytes(), &text, behind.as_bytes()].concat();
                    let found = found(&content, secret, &[]);
                    assert_eq!(found, [format!("it holds the secret ({form})")], "{columns} {between:?}");
                }
            }
        }
    }
    // What is a value of hexadecimal digits may be a dump of bytes.
    assert_eq!(found(&lines(hex.as_bytes(), 60, "\n"), hex, &[]), ["it holds the secret"]);
}

#[test]
fn lines_are_put_together_where_a_content_comes_in_pieces() {
    let foreign = [Foreign::new("the secret", SECRETS[1].to_owned())];
    let wide: Vec<u8> = SECRETS[1].encode_utf16().flat_map(u16::to_le_bytes).collect();
    for encoded in [base64("x", SECRETS[1].as_bytes(), false), base64("", &wide, true)] {
        let text = lines(&encoded, 16, "\r\n\t\t\t\t\t\t\t\t");
        for before in (0..text.len()).step_by(3) {
            let content =
                [vec![b'#'; 1024 * 1024 - before - 1], b"\n".to_vec(), text.clone(), b"\n#".to_vec()].concat();
            let mut report = Report::default();
            Hunt::new(&foreign, &[]).file(&mut report, "file", content.as_slice());
            assert_eq!(report.findings.len(), 1, "{before}");
        }
    }
}

#[test]
fn words_over_line_ends_are_not_values() {
    // Short ids and words: text that happens to go on is not a find, or the search for old copies would refuse it.
    for (value, text) in [
        ("backstage", "go back\nstage left"),
        ("notes1234", "notes\n1234"),
        ("clientid", "client\n  id"),
        ("one-client-of-this", "one-clie\nnt-of-this"),
    ] {
        assert_eq!(found(text.as_bytes(), value, &[]), [] as [&str; 0], "{value}");
    }
    // One character less, another one, or too much between two lines.
    let encoded = base64("x", SECRETS[1].as_bytes(), false);
    let whole = lines(&encoded, 16, "\n");
    let mut other = whole.clone();
    other[20] ^= 2;
    let wide = lines(&encoded, 16, &format!("\n{}", " ".repeat(128)));
    let short = [&whole[3..], b"\n"].concat();
    assert_eq!(found(&whole, SECRETS[1], &[]).len(), 1);
    for text in [
        other,
        wide,
        short,
        b"\n".repeat(100_000),
        b"a\n".repeat(100_000),
        [b" ".repeat(100_000), whole[..8].to_vec()].concat(),
    ] {
        assert_eq!(found(&text, SECRETS[1], &[]), [] as [&str; 0]);
    }
    // A value of digits that octal escapes could be part of.
    assert_eq!(found(b"\\61\\62\\63\\64 1234 \\1234\\5678", "12345678", &[]), [] as [&str; 0]);
    assert_eq!(found(b"\\61\\62\\63\\64\\65\\66\\67\\70", "12345678", &[]), ["it holds the secret (in escapes)"]);
}

#[test]
fn what_the_documentation_calls_not_seen_is_not_seen() {
    let (hex, odd) = (SECRETS[0], SECRETS[1]);
    let zlib = {
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut zlib, hex.repeat(3).as_bytes()).unwrap();
        zlib.finish().unwrap()
    };
    let mut state = 1_u64;
    let cipher: Vec<u8> = odd
        .bytes()
        .map(|byte| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            byte ^ state.to_be_bytes()[0]
        })
        .collect();
    let base32 = |text: &str| {
        let bits: String = text.bytes().map(|byte| format!("{byte:08b}")).collect();
        let groups =
            bits.as_bytes().chunks_exact(5).map(|five| usize::from_str_radix(std::str::from_utf8(five).unwrap(), 2));
        groups.map(|group| b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[group.unwrap()]).collect::<Vec<u8>>()
    };
    let digits = |base: u32| {
        let (mut number, mut digits) = (odd.as_bytes().to_vec(), Vec::new());
        while number.iter().any(|byte| *byte != 0) {
            let mut rest = 0;
            for byte in &mut number {
                let value = rest << 8 | u32::from(*byte);
                (*byte, rest) = (u8::try_from(value / base).unwrap(), value % base);
            }
            digits.push(b'A' + u8::try_from(rest).unwrap());
        }
        digits
    };
    let base85: Vec<u8> = odd
        .as_bytes()
        .chunks(4)
        .flat_map(|four| {
            let value = four.iter().fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
            [4, 3, 2, 1, 0].map(|place| b'!' + u8::try_from(value / 85_u32.pow(place) % 85).unwrap())
        })
        .collect();
    let wide = |text: &[u8]| text.iter().flat_map(|byte| [*byte, 0]).collect::<Vec<u8>>();
    let encoded = base64("", odd.as_bytes(), false);
    let thirds = |text: &str| text.as_bytes().chunks(text.len() / 3).collect::<Vec<_>>().join(&b"\" + \""[..]);
    let bytes = |text: &str, join: &str| {
        text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(join).into_bytes()
    };
    let cases: Vec<(&str, &str, Vec<u8>)> = vec![
        ("encryption", odd, cipher),
        (
            "keys of several bytes",
            odd,
            odd.bytes().zip([1, 2, 3].into_iter().cycle()).map(|(byte, key)| byte ^ key).collect(),
        ),
        ("other compressions, such as zlib", hex, zlib),
        ("one form within another", odd, base64("", &base64("", odd.as_bytes(), false), false)),
        (
            "one form within another",
            odd,
            [&encoded[..20], format!("%{:02X}", encoded[20]).as_bytes(), &encoded[21..]].concat(),
        ),
        ("one form within another", odd, hex_of_reversed(odd)),
        (
            "escapes among plain characters",
            hex,
            hex.replacen('8', "\\x38", 1).replacen("55", "\\u0035\\u0035", 1).replacen("0F", "\\060F", 1).into_bytes(),
        ),
        ("Base32", odd, base32(odd)),
        ("Base58", odd, digits(58)),
        ("Base85", odd, base85),
        ("quoted-printable", odd, odd.bytes().map(|byte| format!("={byte:02X}")).collect::<String>().into_bytes()),
        ("hexadecimal with something between the bytes", odd, bytes(odd, ":")),
        ("hexadecimal with something between the bytes", odd, bytes(odd, ", 0x")),
        ("lists of numbers", odd, odd.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(",").into_bytes()),
        ("Base64 that something else than line ends and blanks breaks", odd, lines(&encoded, 20, "\\n")),
        ("Base64 that something else than line ends and blanks breaks", odd, lines(&encoded, 20, "\" +\n \"")),
        ("or that is broken in UTF-16", odd, wide(&lines(&encoded, 20, "\r\n"))),
        ("pieces of less than a half", hex, thirds(hex)),
        ("or of fewer than 12 characters", "0123456789abcdefX", thirds("0123456789abcdefX")),
        ("values of fewer than 8 characters", "abc1234", b"abc1234".to_vec()),
        ("of a value of fewer than 16 characters", "Abcdefgh1234", b"4321hgfedcbA ABCDEFGH1234".to_vec()),
        (
            "or fewer than 8 different ones",
            "aabbaabbaabbaabbaabb",
            b"AABBAABBAABBAABBAABB bbaabbaabbaabbaabbaa".to_vec(),
        ),
    ];
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let readme = readme.split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, list) = readme.split_once("Not seen: ").unwrap();
    let (list, _) = list.split_once(". No value is shown").unwrap();
    let mut rest = list.to_owned();
    for (item, value, content) in &cases {
        assert!(list.contains(item), "README's list of what is not seen has no {item:?}");
        rest = rest.replacen(item, "", 1);
        assert_eq!(found(content, value, &[]), [] as [&str; 0], "{item}: it is seen");
    }
    // And nothing is in the list that is not tried here.
    let rest = rest
        .replace("what is backwards, in the other case, a half, changed by one key, or the bytes it stands for", "");
    assert_eq!(rest.replace([';', ',', ' '], ""), "", "README lists as not seen what no test tries");
}

fn hex_of_reversed(text: &str) -> Vec<u8> {
    text.bytes().rev().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes()
}

#[test]
fn what_only_looks_alike_is_not_found() {
    let secret = SECRETS[0];
    // One character less, another one, every length of zeros, text, and a table of all bytes.
    let mut other = secret.as_bytes().to_vec();
    other[63] ^= 1;
    other[0] ^= 1;
    let other = [other[..16].to_vec(), vec![b'-'], other[48..].to_vec()].concat();
    let table: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    for clean in [&secret.as_bytes()[..20], &other, &[0; 5000], &table] {
        assert_eq!(found(clean, secret, &[]), [] as [&str; 0]);
    }
    // Weak texts are found as they are, and not by a part or by chance.
    for weak in ["aaaaaaaaaaaaaaaaaaaaaaaa", "abcdefgh", "clientclient"] {
        assert_eq!(found(&[0; 500], weak, &[]), [] as [&str; 0]);
        assert_eq!(found(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", weak, &[]), [] as [&str; 0]);
        assert_eq!(found(weak.as_bytes(), weak, &[]).len(), 1);
    }
    // What may be there has a half in common.
    let (dev, prod) = ("com.example.notes7890.dev.1234567890", "com.example.notes7890.prd.2345678901");
    assert_eq!(found(prod.as_bytes(), dev, &[prod]), [] as [&str; 0]);
    assert_eq!(found(prod.as_bytes(), dev, &[]).len(), 1);
}

#[test]
fn random_bytes_hold_nothing() {
    // xorshift64: noise that is the same on every run.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut noise: Vec<u8> = (0..1024 * 1024).flat_map(|_| random().to_le_bytes()).collect();
    let foreign: Vec<Foreign> = (0..200)
        .map(|number| {
            let value = (0..4).map(|_| format!("{:016X}", random())).collect::<String>();
            Foreign::new(format!("secret {number}"), value)
        })
        .collect();
    let mut report = Report::default();
    Hunt::new(&foreign, &[]).content(&mut report, "noise", &noise);
    assert_eq!(report.findings, []);
    // And each of them is found in it, in a form of its own.
    for (number, foreign) in foreign.iter().enumerate() {
        let forms = planted(&foreign.value);
        let bytes = &forms[number % forms.len()].1;
        noise[number * 40_000..number * 40_000 + bytes.len()].copy_from_slice(bytes);
    }
    Hunt::new(&foreign, &[]).content(&mut report, "noise", &noise);
    assert_eq!(report.findings.len(), 200);
}

#[test]
fn a_file_is_searched_whatever_it_is() {
    let foreign = [Foreign::new("the secret".to_owned(), SECRET.to_owned())];
    let places = |name: &str, bytes: &[u8]| {
        let mut report = Report::default();
        Hunt::new(&foreign, &[]).file(&mut report, name, bytes);
        report.findings.into_iter().map(|finding| finding.place).collect::<Vec<_>>()
    };
    let zip = Zip::of([Item::new("a.json", METHOD_DEFLATED, SECRET.as_bytes())]).build();
    assert_eq!(places("x.apk", &zip), ["x.apk!/a.json"]);
    assert_eq!(places("x.txt", SECRET.as_bytes()), ["x.txt"]);
    // Across the border of two pieces that are read, and in a file that only begins as an archive.
    let long = [vec![b'x'; 1024 * 1024 - 9], SECRET.as_bytes().to_vec()].concat();
    assert_eq!(places("long", &long), ["long"]);
    assert_eq!(places("broken.zip", &[b"PK\x03\x04", SECRET.as_bytes()].concat()), ["broken.zip"]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gzip, SECRET.as_bytes()).unwrap();
    assert_eq!(places("a.js.gz", &gzip.finish().unwrap()), ["a.js.gz (unpacked)"]);
    assert_eq!(places("empty", b""), [] as [&str; 0]);
    // Something in front of an archive, and a comment behind it.
    let wrapped =
        Zip { comment: b"bye".to_vec(), ..Zip::of([Item::new("a.json", METHOD_DEFLATED, SECRET.as_bytes())]) };
    let mut gap = wrapped.clone();
    gap.items[0].gap = b"#!/bin/sh\nexit\n".to_vec();
    assert_eq!(places("setup.run", &gap.build()), ["setup.run!/a.json"]);
    gap.items[0].gap = [b"#!", SECRET.as_bytes()].concat();
    assert_eq!(places("setup.run", &gap.build()).len(), 2);
    // What is too large to be unpacked is said. Zeros behind a magic: nothing of it is read into memory.
    let large = Large(limits::NESTED_BYTES + 1);
    let mut report = Report::default();
    Hunt::new(&foreign, &[]).file(&mut report, "large.gz", &large);
    let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["leak.limit"]);
}

/// So many bytes, gzip by their first three and zeros from there.
struct Large(u64);

impl ReadAt for Large {
    fn size(&self) -> u64 {
        self.0
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<()> {
        buf.fill(0);
        if offset == 0 {
            buf[..3].copy_from_slice(&[0x1f, 0x8b, 8]);
        }
        Ok(())
    }
}
