//! Files of GeneXus and GAM, by what is in them, whatever they are called, and by their names.

use std::io::Write;

use inject::verify::exposed::Exposed;
use inject::verify::{Code, Finding, Report, Severity};

use inject::format::zip::METHOD_DEFLATED;

use crate::cli::zipped;
use crate::format::build::zip::{Item, Zip};

const GUID: &str = "0f3c9a1b-2c3d-4e5f-8091-a2b3c4d5e6f7";

fn sent(password: &str, secret: &str) -> String {
    format!(
        r#"{{"Applications":[{{"ClientAutoRegisterAnomymousUser":false,"ClientEncriptionKey":null,"ClientId":"c458",
            "ClientSecret":"{secret}","GUID":"c458","Name":"Notes"}}],"FilesPath":null,"IdeConnection":{{"ConnPassword":"{password}",
            "ConnUser":"sa","Repository":"r","UserName":"admin","UserPassword":"null"}},"RepositoryGUID":null}}"#
    )
}

fn answered(secret: &str) -> String {
    format!(
        r#"{{"isOK":true,"TextXML":"","Applications":[{{"Id":4,"GUID":"c458","Name":"Notes","ClientId":"c458","ClientSecret":"{secret}",
            "ClientAutoRegisterAnomymousUser":false,"ClientEncriptionKey":"null"}}],"Errors":[]}}"#
    )
}

fn found(place: &str, content: &[u8]) -> Vec<Finding> {
    let mut report = Report::default();
    Exposed::new(Severity::Warning).file(&mut report, place, content);
    report.findings
}

/// The one code that is found, or none.
#[track_caller]
fn code(place: &str, content: impl AsRef<[u8]>) -> &'static str {
    let found = found(place, content.as_ref());
    assert!(found.len() < 2, "{found:?}");
    found.first().map_or("", |finding| finding.code.as_str())
}

#[test]
fn what_is_in_it_tells_whatever_it_is_called() {
    let applications = format!(r#"[{{"Id":"{GUID}","Type":2,"EnvironmentGUID":"{GUID}","IsNew":false}}]"#);
    let connection = format!("\u{feff}<Connection>\r\n  <key>{GUID}</key>\r\n</Connection>");
    for (content, expected) in [
        (sent("pass-canary", "null"), "leak.gam-passwords"),
        (sent("", "secret-canary"), "leak.gam-secrets"),
        (sent("null", "null"), "leak.gam-ids"),
        (answered("secret-canary"), "leak.gam-secrets"),
        (answered("null"), "leak.gam-ids"),
        (
            answered("null").replace("\"ClientEncriptionKey\":\"null\"", "\"ClientEncriptionKey\":\"canary\""),
            "leak.gam-secrets",
        ),
        (format!("{{\"log\":[1,{}]}}", sent("pass-canary", "x")), "leak.gam-passwords"),
        (applications.clone(), "leak.gam-ids"),
        (connection.clone(), "leak.gam-key"),
        (
            format!("<?xml version=\"1.0\"?><Connections><Connection><key>{{{GUID}}}</key></Connection></Connections>"),
            "leak.gam-key",
        ),
        (format!("<Application><Id>{}</Id></Application>", GUID.replace('-', "")), "leak.gam-ids"),
    ] {
        for place in ["notes.txt", "a/OutputParms.json", "backup"] {
            let utf16: Vec<u8> =
                content.trim_start_matches('\u{feff}').encode_utf16().flat_map(u16::to_le_bytes).collect();
            let marked = [b"\xff\xfe", &utf16[..]].concat();
            assert_eq!((code(place, &content), code(place, &marked)), (expected, expected), "{place}: {content}");
            let ansi =
                content.replace("sa", "s~").bytes().map(|b| if b == b'~' { 0xe1 } else { b }).collect::<Vec<u8>>();
            assert_eq!(code(place, ansi), expected);
        }
        let said = found("x", content.as_bytes());
        assert!(
            said.iter().all(|finding| !finding.message.contains("canary") && finding.message.contains(".gitignore"))
        );
    }
}

#[test]
fn a_name_alone_is_a_warning_and_other_files_are_nothing() {
    for (name, content) in [
        ("OutputParms.json", "{\"theme\":\"dark\"}"),
        ("a/INPUTPARMS.JSON", ""),
        ("connection.gam", "<Connection><key>see the vault</key></Connection>"),
        ("x\\applications.gam", "[]"),
        ("application.gam", "no XML"),
        ("InputParms.json", &sent("", "null").replace("c458", "null")),
    ] {
        let found = found(name, content.as_bytes());
        assert!(
            matches!(found.as_slice(), [Finding { code: Code::LeakGamName, severity: Severity::Warning, .. }]),
            "{found:?}"
        );
    }
    for (name, content) in [
        ("MyOutputParms.json", "{}"),
        ("clients.json", r#"{"Applications":[{"ClientId":"a","ClientSecret":"theirs"}]}"#),
        ("ids.json", r#"[{"Id":"a"}]"#),
        ("app.xml", &format!("<Application xmlns=\"x\"><Id>{GUID}</Id></Application>")),
        ("app.xml", &format!("<Application><Name/><Id>{GUID}</Id></Application>")),
        ("conn.xml", &format!("<Connection><Name>x</Name></Connection><key>{GUID}</key>")),
        ("doc.md", &format!("Text with {} in it", sent("pass", "x"))),
        ("cut.json", &sent("pass", "x")[..200]),
    ] {
        assert_eq!(code(name, content), "", "{name}: {content}");
    }
}

#[test]
fn archives_are_looked_into() {
    let text = sent("pass-canary", "x");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let inner = zipped(&[("readme.txt", b"x"), ("kb/renamed.bin", text.as_bytes())]);
    let outer =
        zipped(&[("deep.zip", &inner), ("copy.gz", &gzip), ("Library/GAM/OutputParms.json", b"{}"), ("folder/", b"")]);
    let places: Vec<(&str, String)> =
        found("all.zip", &outer).into_iter().map(|of| (of.code.as_str(), of.place)).collect();
    let place = |text: &str| format!("all.zip!/{text}");
    assert_eq!(
        places,
        [
            ("leak.gam-passwords", place("deep.zip!/kb/renamed.bin")),
            ("leak.gam-passwords", place("copy.gz (unpacked)")),
            ("leak.gam-name", place("Library/GAM/OutputParms.json")),
        ]
    );
    // With something put in front, and as an archive that unpacks itself.
    let mut program = Zip::of([Item::new("kb/renamed.bin", METHOD_DEFLATED, text.as_bytes())]);
    program.items[0].gap = b"#!/bin/sh\nexit\n".to_vec();
    let found = found("setup.run", &program.build());
    assert_eq!(found.iter().map(|of| of.code.as_str()).collect::<Vec<_>>(), ["leak.gam-passwords"]);
    assert_eq!(code("InputParms.json.gz", gzip), "leak.gam-passwords");
    // Archives in each other without end are left after a while.
    let mut nested = zipped(&[("x", text.as_bytes())]);
    for _ in 0..20 {
        nested = zipped(&[("x", &nested)]);
    }
    assert_eq!(code("x", nested), "");
    // What is too large to be one is not read; what only begins like an archive is none.
    assert_eq!(code("big.json", [text.as_bytes(), &vec![b' '; 9 << 20]].concat()), "");
    assert_eq!(code("OutputParms.json", b"PK\x03\x04"), "leak.gam-name");
}
