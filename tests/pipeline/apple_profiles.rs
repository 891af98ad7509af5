//! Which profile an app is signed with, what its code claims then, and whose certificates those are.

use std::fs;

use inject::format::apple_plist::{self, Dictionary, Value};
use inject::format::code_signature::SuperBlob;
use inject::format::outline::Outline;
use inject::format::x509::Certificate;
use inject::pipeline::job::Inspected;
use inject::pipeline::signing::{AppleSigning, AppleSigningRequest as SigningRequest};
use inject::sign::apple::{Signer, SignerError};
use inject::sign::{Identity, Password};
use inject::verify::apple::issued_by;
use tempfile::TempDir;

use super::apple::{AT, Files, NOW, app, contents, inject, ipa, request, write};
use crate::sign::apple::{distribution, other};

/// Its first certificate of the issuer's name is of another key.
const NAMESAKE: &[u8] = include_bytes!("../../testdata/apple/keys/aes256-namesake.p12");
const LEAF_ONLY: &[u8] = include_bytes!("../../testdata/apple/keys/aes256-leaf-only.p12");

fn text(value: &str) -> Value {
    Value::String(value.to_owned())
}

/// A profile that nobody signed, which lists the certificate of `identity`.
fn profile(
    name: &str,
    pattern: &str,
    identity: &Identity,
    until: &str,
    change: impl Fn(&mut Dictionary),
) -> (String, Vec<u8>) {
    let team = pattern.split_once('.').unwrap().0;
    let mut entitlements = Dictionary::new();
    entitlements.insert("application-identifier".to_owned(), text(pattern));
    entitlements.insert("com.apple.developer.team-identifier".to_owned(), text(team));
    entitlements.insert("get-task-allow".to_owned(), Value::Boolean(false));
    entitlements.insert("keychain-access-groups".to_owned(), Value::Array(vec![text(&format!("{team}.*"))]));
    let mut profile = Dictionary::new();
    for (key, value) in [("Name", name), ("UUID", "1"), ("ExpirationDate", until)] {
        profile.insert(key.to_owned(), text(value));
    }
    profile.insert("TeamIdentifier".to_owned(), Value::Array(vec![text(team)]));
    let certificate = identity.certificate().raw().to_vec();
    profile.insert("DeveloperCertificates".to_owned(), Value::Array(vec![Value::Data(certificate)]));
    profile.insert("Platform".to_owned(), Value::Array(vec![text("iOS")]));
    profile.insert("Entitlements".to_owned(), Value::Dictionary(entitlements));
    change(&mut profile);
    let xml = String::from_utf8(apple_plist::write(&Value::Dictionary(profile))).unwrap();
    let date = |tag: &str| format!("<{tag}>{until}</{tag}>");
    (name.to_owned(), xml.replace(&date("string"), &date("date")).into_bytes())
}

const LATE: &str = "2036-01-01T00:00:00Z";

fn platform(name: &str) -> impl Fn(&mut Dictionary) {
    move |profile| drop(profile.insert("Platform".to_owned(), Value::Array(vec![text(name)])))
}

#[test]
fn a_profile_lists_the_certificate_is_in_its_time_and_for_the_system_and_then_the_longest_counts() {
    let (own, other) = (distribution(), other());
    let mut files = app();
    files.retain(|path, _| !path.starts_with("PlugIns/"));
    let exact = "TEAM123456.com.example.notes";
    let profiles = [
        profile("expired", exact, &own, "2020-01-01T00:00:00Z", |_| {}),
        profile("of-another", exact, &other, LATE, |_| {}),
        profile("tv", exact, &own, LATE, platform("tvOS")),
        profile("mac", exact, &own, LATE, platform("OSX")),
        profile("as-good", "TEAM123456.com.example.*", &own, "2035-01-01T00:00:00Z", |_| {}),
        profile("right", "TEAM123456.com.example.*", &own, LATE, |_| {}),
        profile("wildcard", "TEAM123456.*", &own, LATE, |_| {}),
    ];
    let folder = TempDir::new().unwrap();
    let path = ipa(folder.path(), &files);
    let with = |profiles| AppleSigning::With(SigningRequest { profiles, ..request(&own) });
    let done = inject(&path, &AT, "one", with(&profiles)).unwrap();
    assert_eq!(contents(&path)["embedded.mobileprovision"], profiles[5].1);
    let said = |name: &str, why: &str| format!("profile {name} is not used for the app: {why}");
    for expected in [
        said("expired", "it expired on 2020-01-01"),
        said("of-another", "it does not list the certificate"),
        said("tv", "it is for tvOS"),
        said("mac", "it is for OSX"),
        said("as-good", "right fits it as well, and was given later"),
        said("wildcard", "right has a longer pattern"),
    ] {
        assert!(done.warnings.contains(&expected), "{expected}: {:?}", done.warnings);
    }
    // Alone, the wrong ones are refused, and nothing is written.
    let before = fs::read(&path).unwrap();
    for (index, part) in [(2, "is for tvOS"), (3, "is for OSX")] {
        let error = inject(&path, &AT, "two", with(&profiles[index..=index])).unwrap_err().to_string();
        assert!(error.contains("apple.profile-platform") && error.contains(part), "{error}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }
    // An old profile that names no system is for all.
    let silent = [profile("silent", exact, &own, LATE, |profile| drop(profile.remove("Platform")))];
    inject(&path, &AT, "two", with(&silent)).unwrap();
}

fn claimed(files: &Files, code: &str) -> Dictionary {
    let outline = Outline::of(&files[code]).unwrap();
    let blob = SuperBlob::parse(outline.signature(0).unwrap()).unwrap();
    apple_plist::read_dictionary(blob.entitlements().unwrap()).unwrap()
}

#[test]
fn with_another_team_entitlements_follow_its_profile() {
    let (own, other) = (distribution(), other());
    let groups = |list: &[&str]| Value::Array(list.iter().copied().map(text).collect());
    let mut given = Dictionary::new();
    for (key, value) in [
        ("application-identifier", text("TEAM123456.com.example.notes")),
        ("com.apple.developer.team-identifier", text("TEAM123456")),
        ("get-task-allow", Value::Boolean(true)),
        ("keychain-access-groups", groups(&["TEAM123456.com.example.shared", "TEAM123456.*"])),
        ("com.apple.security.application-groups", groups(&["group.kept", "group.gone"])),
        ("com.apple.developer.healthkit", Value::Boolean(true)),
        ("com.apple.developer.associated-domains", groups(&[])),
    ] {
        given.insert(key.to_owned(), value);
    }
    let given = apple_plist::write(&Value::Dictionary(given));
    let grant = |profile: &mut Dictionary| {
        let granted = profile.get_mut("Entitlements").and_then(Value::as_dictionary_mut).unwrap();
        let groups = Value::Array(vec![text("group.kept"), text("group.more")]);
        granted.insert("com.apple.security.application-groups".to_owned(), groups);
        granted.insert("com.apple.developer.healthkit".to_owned(), Value::Boolean(true));
        granted.insert("get-task-allow".to_owned(), Value::Boolean(true));
    };
    let first = |profile: &mut Dictionary| {
        grant(profile);
        let granted = profile.get_mut("Entitlements").and_then(Value::as_dictionary_mut).unwrap();
        granted.insert("com.apple.developer.associated-domains".to_owned(), text("*"));
        let groups = Value::Array(vec![text("group.kept"), text("group.gone")]);
        granted.insert("com.apple.security.application-groups".to_owned(), groups);
    };
    let second = |profile: &mut Dictionary| {
        grant(profile);
        let granted = profile.get_mut("Entitlements").and_then(Value::as_dictionary_mut).unwrap();
        granted.remove("com.apple.developer.healthkit");
        granted.insert("get-task-allow".to_owned(), Value::Boolean(false));
    };
    let folder = TempDir::new().unwrap();
    let path = ipa(folder.path(), &app());
    let profiles = [profile("first", "TEAM123456.*", &own, LATE, first)];
    let with = SigningRequest { profiles: &profiles, entitlements: Some(&given), ..request(&own) };
    inject(&path, &AT, "one", AppleSigning::With(with)).unwrap();
    let before = contents(&path);

    let profiles = [profile("second", "OTHERTEAM1.*", &other, LATE, second)];
    let with = SigningRequest { profiles: &profiles, allow_new_signer: true, ..request(&other) };
    let done = inject(&path, &AT, "one", AppleSigning::With(with)).unwrap();
    let after = contents(&path);
    let app = claimed(&after, "Notes");
    let of = |key: &str| app.get(key).cloned();
    assert_eq!(of("application-identifier"), Some(text("OTHERTEAM1.com.example.notes")));
    assert_eq!(of("com.apple.developer.team-identifier"), Some(text("OTHERTEAM1")));
    assert_eq!(of("get-task-allow"), Some(Value::Boolean(false)), "as the profile says");
    let keychain = groups(&["OTHERTEAM1.com.example.shared", "OTHERTEAM1.com.example.notes"]);
    assert_eq!(of("keychain-access-groups"), Some(keychain), "a pattern is no claim");
    assert_eq!(of("com.apple.security.application-groups"), Some(groups(&["group.kept"])));
    assert_eq!(of("com.apple.developer.healthkit"), None);
    let dropped = "the app: entitlements that profile second does not grant were dropped: \
                   com.apple.security.application-groups group.gone, com.apple.developer.healthkit, \
                   com.apple.developer.associated-domains";
    assert!(done.warnings.iter().any(|warning| warning == dropped), "{:?}", done.warnings);
    let widget = claimed(&after, "PlugIns/Widget.appex/Widget");
    assert_eq!(widget.get("application-identifier"), Some(&text("OTHERTEAM1.com.example.notes.widget")));
    let report = Inspected::new(&path).unwrap().verify_signature(None).unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);

    // Kept on purpose, and what does not fit is said.
    let kept = TempDir::new().unwrap();
    let path = ipa(kept.path(), &before);
    let with = SigningRequest { keep_entitlements: true, ..with };
    let done = inject(&path, &AT, "one", AppleSigning::With(with)).unwrap();
    assert_eq!(claimed(&contents(&path), "Notes"), claimed(&before, "Notes"));
    assert!(done.warnings.iter().any(|warning| warning.starts_with("the app: profile \"second\" does not grant")));
}

#[test]
fn entitlements_that_say_nothing_of_the_app_are_refused() {
    let own = distribution();
    let folder = TempDir::new().unwrap();
    let path = ipa(folder.path(), &app());
    let mut without = Dictionary::new();
    without.insert("get-task-allow".to_owned(), Value::Boolean(false));
    for (given, part) in [(Dictionary::new(), "the file given has none"), (without, "has no application-identifier")] {
        let given = apple_plist::write(&Value::Dictionary(given));
        let before = fs::read(&path).unwrap();
        let with = SigningRequest { entitlements: Some(&given), ..request(&own) };
        let error = inject(&path, &AT, "one", AppleSigning::With(with)).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}

#[test]
fn a_certificate_whose_time_has_not_begun_signs_nothing() {
    let own = distribution();
    let folder = TempDir::new().unwrap();
    let path = ipa(folder.path(), &app());
    let early = SigningRequest { now: 1_700_000_000, ..request(&own) };
    let error = inject(&path, &AT, "one", AppleSigning::With(early)).unwrap_err().to_string();
    assert!(error.contains("is valid from 2026"), "{error}");
    inject(&path, &AT, "one", AppleSigning::With(SigningRequest { now: NOW, ..request(&own) })).unwrap();
}

#[test]
fn the_issuer_is_the_one_whose_key_signed() {
    let own = distribution();
    let [_, issuer, root] = own.certificates() else { panic!("{}", own.certificates().len()) };
    // The same name, another key.
    let mut raw = issuer.raw().to_vec();
    let key = raw.windows(issuer.public_key().len()).position(|part| part == issuer.public_key()).unwrap();
    raw[key + issuer.public_key().len() / 2] ^= 0x55;
    let namesake = Certificate::parse(&raw).unwrap();
    let alone = Identity::from_keystore(LEAF_ONLY, None, &Password::new("secret".to_owned()), None).unwrap();
    let issuers = [namesake, issuer.clone(), root.clone()];
    let signer = Signer::new(&alone, &issuers, issued_by).unwrap();
    let chain: Vec<&[u8]> = signer.chain().map(Certificate::raw).collect();
    assert_eq!(chain, [own.certificate().raw(), issuer.raw(), root.raw()]);
    let error = Signer::new(&alone, &issuers[..1], issued_by).unwrap_err();
    assert!(matches!(error, SignerError::OtherIssuer { .. }), "{error}");
    // A keystore that has both.
    let both = Identity::from_keystore(NAMESAKE, None, &Password::new("secret".to_owned()), None).unwrap();
    let signer = Signer::new(&both, &[], issued_by).unwrap();
    assert_eq!(signer.chain().map(Certificate::raw).collect::<Vec<_>>(), chain);

    let folder = TempDir::new().unwrap();
    let path = ipa(folder.path(), &app());
    let with = SigningRequest { issuers: &issuers, ..request(&alone) };
    inject(&path, &AT, "one", AppleSigning::With(with)).unwrap();
    let report = Inspected::new(&path).unwrap().verify_signature(None).unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
}

#[test]
fn signed_code_in_a_folder_of_files_is_never_broken_in_silence() {
    let own = distribution();
    let folder = TempDir::new().unwrap();
    // Signed, because it was in an archive of Xcode.
    let archive = folder.path().join("Notes.xcarchive/Products/Applications");
    fs::create_dir_all(&archive).unwrap();
    fs::rename(write(folder.path(), &app()), archive.join("Notes.app")).unwrap();
    let sign = AppleSigning::With(request(&own));
    inject(&folder.path().join("Notes.xcarchive"), &AT, "one", sign).unwrap();

    // In a folder that a build left.
    let build = folder.path().join("build");
    fs::create_dir_all(build.join("Products")).unwrap();
    fs::rename(archive.join("Notes.app"), build.join("Products/Notes.app")).unwrap();
    fs::write(build.join("config.json"), b"{\"id\": \"old\"}").unwrap();
    let codes = |at: &std::path::Path| {
        let report = Inspected::new(at).unwrap().verify_signature(None).unwrap();
        report.findings.iter().map(|finding| format!("{} {}", finding.code, finding.place)).collect::<Vec<_>>()
    };
    assert_eq!(codes(&build), [""; 0]);
    let done = inject(&build, &["config.json#/id"], "one", AppleSigning::Unsigned).unwrap();
    assert_eq!(done.warnings, [""; 0], "nothing that is sealed changed");
    let at = ["Products/Notes.app/PlugIns/Widget.appex/Info.plist#ClientId"];
    let done = inject(&build, &at, "two", AppleSigning::Unsigned).unwrap();
    for bundle in ["Products/Notes.app", "Products/Notes.app/PlugIns/Widget.appex"] {
        let said = format!("{bundle} is signed, and Products/Notes.app/PlugIns/Widget.appex/Info.plist in it changed");
        assert!(done.warnings.iter().any(|warning| warning.starts_with(&said)), "{:?}", done.warnings);
    }
    let found = codes(&build).join("\n");
    assert!(found.contains("apple.slot Products/Notes.app/PlugIns/Widget.appex/Widget (arm64)"), "{found}");

    // A bundle that is no app, by itself.
    let widget = folder.path().join("Widget.appex");
    fs::rename(build.join("Products/Notes.app/PlugIns/Widget.appex"), &widget).unwrap();
    let done = inject(&widget, &["Info.plist#ClientId"], "three", AppleSigning::Unsigned).unwrap();
    assert!(done.warnings.iter().any(|warning| warning.starts_with("this folder is signed")), "{:?}", done.warnings);
    assert!(codes(&widget).iter().any(|code| code.starts_with("apple.slot ")), "{:?}", codes(&widget));
}

#[test]
fn entitlements_are_given_for_each_bundle_by_its_identifier() {
    let own = distribution();
    let folder = TempDir::new().unwrap();
    let path = ipa(folder.path(), &app());
    let of = |identifier: &str| {
        let mut given = Dictionary::new();
        given.insert("application-identifier".to_owned(), text(&format!("TEAM123456.{identifier}")));
        given.insert("get-task-allow".to_owned(), Value::Boolean(false));
        (identifier.to_owned(), apple_plist::write(&Value::Dictionary(given)))
    };
    let (app_own, widget) = (of("com.example.notes"), of("com.example.notes.widget"));
    let given = [widget.clone(), of("com.example.elsewhere")];
    let with = SigningRequest { entitlements: Some(&app_own.1), entitlements_of: &given, ..request(&own) };
    let done = inject(&path, &AT, "one", AppleSigning::With(with)).unwrap();
    let said = "entitlements for com.example.elsewhere: no bundle of this app, so they are not used";
    assert!(done.warnings.iter().any(|warning| warning == said), "{:?}", done.warnings);
    let raw = |code: &str| {
        let files = contents(&path);
        let outline = Outline::of(&files[code]).unwrap();
        SuperBlob::parse(outline.signature(0).unwrap()).unwrap().entitlements().unwrap().to_vec()
    };
    assert_eq!(raw("Notes"), app_own.1);
    assert_eq!(raw("PlugIns/Widget.appex/Widget"), widget.1);
    // Those of another bundle.
    let wrong = [(widget.0, app_own.1.clone())];
    let with = SigningRequest { entitlements_of: &wrong, ..request(&own) };
    let error = inject(&path, &AT, "one", AppleSigning::With(with)).unwrap_err().to_string();
    assert!(error.contains("PlugIns/Widget.appex: the file given has the application-identifier"), "{error}");
}
