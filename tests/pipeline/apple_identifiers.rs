//! What bundles of an app are called: the signature and the entitlements follow `CFBundleIdentifier`, and what has to be named
//! after it is.

use std::fs;
use std::path::Path;

use inject::format::apple_plist::{self, Dictionary, Value};
use inject::format::code_signature::{SuperBlob, requirement, slot};
use inject::format::outline::Outline;
use inject::pipeline::Done;
use inject::pipeline::job::{Inspected, JobError};
use inject::pipeline::signing::{AppleSigning, AppleSigningRequest as SigningRequest};
use inject::sign::apple::Signer;
use inject::verify::Report;
use tempfile::TempDir;

use super::apple::{AT, Files, app, contents, inject, inject_values, ipa, request, write};
use crate::sign::apple::distribution;

const APP: &str = "Info.plist#CFBundleIdentifier";
const WIDGET: &str = "PlugIns/Widget.appex/Info.plist#CFBundleIdentifier";

/// Puts texts in, beside a credential.
fn rename(path: &Path, at: &[(&str, &str)], signing: AppleSigning<'_>) -> Result<Done, JobError> {
    inject_values(path, &[&[(AT[0], "{client_id}")], at].concat(), "one", signing)
}

struct Claims {
    identifier: String,
    application: Option<String>,
    requirements: Vec<u8>,
    entitlements: Vec<u8>,
}

fn claims(files: &Files, code: &str) -> Claims {
    let outline = Outline::of(&files[code]).unwrap();
    let blob = SuperBlob::parse(outline.signature(0).unwrap()).unwrap();
    let entitlements = blob.entitlements().map(<[u8]>::to_vec).unwrap_or_default();
    let read = apple_plist::read_dictionary(&entitlements).unwrap_or_default();
    Claims {
        identifier: blob.directories().unwrap()[0].identifier.to_owned(),
        application: read.get("application-identifier").and_then(Value::as_string).map(str::to_owned),
        requirements: blob.find(slot::REQUIREMENTS).unwrap().raw.to_vec(),
        entitlements,
    }
}

fn verified(path: &Path) -> Report {
    Inspected::new(path).unwrap().verify_signature(None).unwrap()
}

fn codes(report: &Report) -> Vec<String> {
    report.findings.iter().map(|finding| format!("{} {}", finding.code, finding.place)).collect()
}

/// Entitlements as nobody would write them again.
const OWN: &[u8] = b"<?xml version=\"1.0\"?>\n<plist version='1.0'><dict><!-- ours -->\n\
    <key>application-identifier</key> <string>TEAM123456.com.example.notes</string>\n\
    <key>keychain-access-groups</key><array><string>TEAM123456.com.example.notes</string></array></dict></plist>\n";

#[test]
fn signature_and_entitlements_follow_the_identifier_and_the_way_back_is_none() {
    let own = distribution();
    let folder = TempDir::new().unwrap();
    let path = ipa(folder.path(), &app());
    let with = || AppleSigning::With(request(&own));
    let first = AppleSigning::With(SigningRequest { entitlements: Some(OWN), ..request(&own) });
    inject(&path, &AT, "one", first).unwrap();
    let before = fs::read(&path).unwrap();

    let other = [(APP, "com.example.other"), (WIDGET, "com.example.other.widget")];
    rename(&path, &other, with()).unwrap();
    let files = contents(&path);
    let (app, widget) = (claims(&files, "Notes"), claims(&files, "PlugIns/Widget.appex/Widget"));
    assert_eq!(
        (app.identifier.as_str(), widget.identifier.as_str()),
        ("com.example.other", "com.example.other.widget")
    );
    assert_eq!(app.application.as_deref(), Some("TEAM123456.com.example.other"));
    assert_eq!(widget.application.as_deref(), Some("TEAM123456.com.example.other.widget"));
    let entitlements = String::from_utf8(app.entitlements).unwrap();
    assert!(entitlements.contains("<dict><!-- ours -->\n"), "nothing else of them changed: {entitlements}");
    assert!(
        entitlements.contains("<string>TEAM123456.com.example.notes</string></array>"),
        "groups stay: {entitlements}"
    );
    let (expected, _) =
        Signer::new(&own, &[], inject::verify::apple::issued_by).unwrap().requirement("com.example.other").unwrap();
    assert_eq!(app.requirements, expected);
    let report = verified(&path);
    assert!(report.is_sound(), "{:?}", report.findings);

    let back = [(APP, "com.example.notes"), (WIDGET, "com.example.notes.widget")];
    rename(&path, &back, with()).unwrap();
    assert!(fs::read(&path).unwrap() == before, "there and back is as before");
    // A framework's signature is called as the framework is.
    let framework = "Frameworks/Fw.framework/Info.plist#CFBundleIdentifier";
    rename(&path, &[(framework, "org.fw")], with()).unwrap();
    assert_eq!(claims(&contents(&path), "Frameworks/Fw.framework/Fw").identifier, "org.fw");
    // Without a certificate as well.
    rename(&path, &other, AppleSigning::AdHoc).unwrap();
    let app = claims(&contents(&path), "Notes");
    assert_eq!(
        (app.identifier.as_str(), app.application.as_deref()),
        ("com.example.other", Some("TEAM123456.com.example.other"))
    );
}

#[test]
fn what_has_to_be_named_after_the_app_is_or_the_run_is_refused() {
    let own = distribution();
    let folder = TempDir::new().unwrap();
    for signing in [AppleSigning::With(request(&own)), AppleSigning::AdHoc, AppleSigning::Unsigned] {
        let path = ipa(folder.path(), &app());
        let before = fs::read(&path).unwrap();
        let error = rename(&path, &[(APP, "com.example.other")], signing).unwrap_err().to_string();
        let expected = "a device would not install the app: PlugIns/Widget.appex/Info.plist: CFBundleIdentifier is \
                        \"com.example.notes.widget\", expected \"com.example.other\", a dot and a name of its own, by \
                        CFBundleIdentifier in Info.plist; set it too: --at \
                        'PlugIns/Widget.appex/Info.plist#CFBundleIdentifier=com.example.other.widget'";
        assert!(error.ends_with(expected), "{error}");
        // The beginning of a name is no prefix.
        let error = rename(&path, &[(APP, "com.example.other"), (WIDGET, "com.example.otherwidget")], signing)
            .unwrap_err()
            .to_string();
        assert!(error.contains("\"com.example.otherwidget\", expected \"com.example.other\""), "{error}");
        // A value that is not known before the credential is.
        let error = rename(&path, &[(APP, "{name}")], signing).unwrap_err().to_string();
        assert!(error.contains("expected \"com.example.own\""), "{error}");
        assert!(fs::read(&path).unwrap() == before);
        rename(&path, &[(APP, "com.example.other"), (WIDGET, "com.example.other.widget")], signing).unwrap();
    }
}

fn watch(companion: &str, watch: &str) -> Files {
    let plist = |values: Dictionary| apple_plist::write(&Value::Dictionary(values));
    let read = |bytes: &[u8]| apple_plist::read_dictionary(bytes).unwrap();
    let mut files = app();
    let image = files["Notes"].clone();
    let mut of_watch = read(&super::apple::info("com.example.notes.watch", "Watch"));
    of_watch.insert("WKCompanionAppBundleIdentifier".to_owned(), Value::String(companion.to_owned()));
    let mut attributes = Dictionary::new();
    attributes.insert("WKAppBundleIdentifier".to_owned(), Value::String(watch.to_owned()));
    let mut extension = Dictionary::new();
    extension.insert("NSExtensionAttributes".to_owned(), Value::Dictionary(attributes));
    let mut of_extension = read(&super::apple::info("com.example.notes.watch.ext", "Ext"));
    of_extension.insert("NSExtension".to_owned(), Value::Dictionary(extension));
    files.insert("Watch/Watch.app/Info.plist".to_owned(), plist(of_watch));
    files.insert("Watch/Watch.app/Watch".to_owned(), image.clone());
    files.insert("Watch/Watch.app/PlugIns/Ext.appex/Info.plist".to_owned(), plist(of_extension));
    files.insert("Watch/Watch.app/PlugIns/Ext.appex/Ext".to_owned(), image);
    files
}

#[test]
fn an_app_for_watches_names_the_app_and_is_named_by_its_extension() {
    let own = distribution();
    let folder = TempDir::new().unwrap();
    let path = ipa(folder.path(), &watch("com.example.notes", "com.example.notes.watch"));
    inject(&path, &AT, "one", AppleSigning::With(request(&own))).unwrap();
    assert!(!codes(&verified(&path)).iter().any(|code| code.contains("identifier")), "{:?}", codes(&verified(&path)));
    let at = [
        (APP, "com.example.other"),
        (WIDGET, "com.example.other.widget"),
        ("Watch/Watch.app/Info.plist#CFBundleIdentifier", "com.example.other.watch"),
        ("Watch/Watch.app/PlugIns/Ext.appex/Info.plist#CFBundleIdentifier", "com.example.other.watch.ext"),
        ("Watch/Watch.app/Info.plist#WKCompanionAppBundleIdentifier", "com.example.other"),
        (
            "Watch/Watch.app/PlugIns/Ext.appex/Info.plist#NSExtension/NSExtensionAttributes/WKAppBundleIdentifier",
            "com.example.other.watch",
        ),
    ];
    let error = rename(&path, &at[..4], AppleSigning::With(request(&own))).unwrap_err().to_string();
    for (place, value) in &at[4..] {
        assert!(error.contains(&format!("--at '{place}={value}'")), "{error}");
    }
    rename(&path, &at, AppleSigning::With(request(&own))).unwrap();
    assert!(verified(&path).is_sound(), "{:?}", verified(&path).findings);
}

#[test]
fn what_does_not_agree_from_the_start_is_found_and_stops_no_other_change() {
    let own = distribution();
    let folder = TempDir::new().unwrap();
    let path = ipa(folder.path(), &watch("org.another", "org.another.watch"));
    let done = inject(&path, &AT, "one", AppleSigning::With(request(&own))).unwrap();
    let nested: Vec<_> =
        done.report.findings.iter().filter(|finding| finding.code.as_str() == "apple.identifier-nested").collect();
    assert_eq!(nested.len(), 2, "{:?}", done.report.findings);
    let report = verified(&path);
    assert!(!report.is_sound());
    let found = codes(&report).join("\n");
    assert!(found.contains("apple.identifier-nested Watch/Watch.app/Info.plist"), "{found}");
    assert!(found.contains("apple.identifier-nested Watch/Watch.app/PlugIns/Ext.appex/Info.plist"), "{found}");
}

#[test]
fn verify_compares_the_identifier_with_signature_entitlements_and_profile() {
    let own = distribution();
    let folder = TempDir::new().unwrap();
    let path = ipa(folder.path(), &app());
    inject(&path, &AT, "one", AppleSigning::With(request(&own))).unwrap();
    assert!(verified(&path).is_sound());
    // Somebody else changed it, and signs nothing.
    let at = [(APP, "com.example.other"), (WIDGET, "com.example.other.widget")];
    rename(&path, &at, AppleSigning::Unsigned).unwrap();
    let found = codes(&verified(&path));
    for expected in [
        "apple.identifier Notes",
        "apple.identifier PlugIns/Widget.appex/Widget",
        "apple.application-identifier PlugIns/Widget.appex/Widget",
    ] {
        assert!(found.iter().any(|found| found == expected), "{expected}: {found:?}");
    }
    // What signs it next puts that right.
    let done = rename(&path, &at, AppleSigning::With(request(&own))).unwrap();
    assert!(done.written);
    assert!(verified(&path).is_sound(), "{:?}", verified(&path).findings);
    // Entitlements given are of this app.
    let before = fs::read(&path).unwrap();
    let with = SigningRequest { entitlements: Some(OWN), ..request(&own) };
    let error = rename(&path, &at, AppleSigning::With(with)).unwrap_err().to_string();
    let part = "the file given has the application-identifier \"TEAM123456.com.example.notes\", the bundle identifier is \
                \"com.example.other\"";
    assert!(error.contains(part), "{error}");
    assert!(fs::read(&path).unwrap() == before);
}

#[test]
fn an_identifier_that_no_profile_is_for_is_refused_before_anything_is_written() {
    let own = distribution();
    let folder = TempDir::new().unwrap();
    let mut files = app();
    files.retain(|path, _| !path.starts_with("PlugIns/"));
    let profile = include_bytes!("../../testdata/apple/keys/notes.mobileprovision");
    files.insert("embedded.mobileprovision".to_owned(), profile.to_vec());
    let path = write(folder.path(), &files);
    for (value, part) in [("com.example.other", "apple.profile-app"), ("{name}", "apple.profile-app")] {
        let error = rename(&path, &[(APP, value)], AppleSigning::With(request(&own))).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
        assert_eq!(fs::read(path.join("Info.plist")).unwrap(), files["Info.plist"]);
    }
}

#[test]
fn a_requirement_of_ones_own_follows_the_identifier_alone() {
    let by = |identifier| {
        requirement::designated(&requirement::Designated::Apple { identifier, common_name: "com.example.notes" })
    };
    let renamed = requirement::renamed(&by("com.example.notes"), "com.example.notes", "com.example.other.longer");
    assert_eq!(renamed, by("com.example.other.longer"), "the name of the certificate stays");
    assert_eq!(
        requirement::renamed(&renamed, "com.example.other.longer", "com.example.notes"),
        by("com.example.notes")
    );
    for broken in [&b""[..], b"\xfa\xde\x0c\x01\0\0\0\x0c\xff\xff\xff\xff", &renamed[..renamed.len() - 5]] {
        assert_eq!(requirement::renamed(broken, "com.example.notes", "x"), broken);
    }
}
