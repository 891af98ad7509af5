//! Apps: what is signed again and what is not, in an IPA and in a folder; what is refused, with nothing written.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use inject::format::zip::Archive;
use inject::format::{apple_plist, plist};
use inject::pipeline::job::{Inspected, JobError};
use inject::pipeline::signing::{AppleSigning, AppleSigningRequest as SigningRequest, Signing};
use inject::pipeline::{Done, Gate};
use inject::placement::template::Values;
use inject::placement::{Absence, Address, Place, Template};
use inject::sign::Identity;
use tempfile::TempDir;

use crate::sign::apple::{distribution, other};

const IOS: &[u8] = include_bytes!("../../testdata/apple/macho/ios-arm64");
const DYLIB: &[u8] = include_bytes!("../../testdata/apple/macho/dylib-arm64");
const PROFILE: &[u8] = include_bytes!("../../testdata/apple/keys/wildcard.mobileprovision");
const EXPIRED: &[u8] = include_bytes!("../../testdata/apple/keys/expired.mobileprovision");
/// 2027-01-15.
pub const NOW: u64 = 1_800_000_000;

pub type Files = BTreeMap<String, Vec<u8>>;

pub fn info(identifier: &str, executable: &str) -> Vec<u8> {
    let mut info = apple_plist::Dictionary::new();
    for (key, value) in [("CFBundleIdentifier", identifier), ("CFBundleExecutable", executable)] {
        info.insert(key.to_owned(), apple_plist::Value::String(value.to_owned()));
    }
    apple_plist::write(&apple_plist::Value::Dictionary(info))
}

/// An app with an extension, a framework, a library and resources, not signed.
pub fn app() -> Files {
    let mut files = Files::new();
    let mut put = |path: &str, content: &[u8]| files.insert(path.to_owned(), content.to_vec());
    put("Info.plist", &info("com.example.notes", "Notes"));
    put("Notes", IOS);
    put("embedded.mobileprovision", PROFILE);
    put("Base.lproj/Main.nib", b"nib");
    put("de.lproj/InfoPlist.strings", b"\"a\" = \"b\";\n");
    put("config.json", b"{\"id\": \"old\"}");
    put("PlugIns/Widget.appex/Info.plist", &info("com.example.notes.widget", "Widget"));
    put("PlugIns/Widget.appex/Widget", IOS);
    put("PlugIns/Widget.appex/embedded.mobileprovision", PROFILE);
    put("Frameworks/Fw.framework/Info.plist", &info("com.example.fw", "Fw"));
    put("Frameworks/Fw.framework/Fw", DYLIB);
    put("Frameworks/libloose.dylib", DYLIB);
    put("_WatchKitStub/WK", IOS);
    files
}

pub fn ipa(folder: &Path, files: &Files) -> PathBuf {
    ipa_with(folder, files, zip::write::SimpleFileOptions::default())
}

pub fn ipa_with(folder: &Path, files: &Files, options: zip::write::SimpleFileOptions) -> PathBuf {
    let path = folder.join("App.ipa");
    let mut writer = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    for (name, content) in files {
        let options = options.unix_permissions(0o755);
        writer.start_file(format!("Payload/Notes.app/{name}"), options).unwrap();
        std::io::Write::write_all(&mut writer, content).unwrap();
    }
    writer.finish().unwrap();
    path
}

pub fn contents(ipa: &Path) -> Files {
    let bytes = fs::read(ipa).unwrap();
    let archive = Archive::open(&bytes).unwrap();
    let names = archive.entries().iter().enumerate();
    names
        .map(|(index, entry)| (entry.display_name().replace("Payload/Notes.app/", ""), archive.read(index).unwrap()))
        .collect()
}

/// The bytes of each entry in the file, header and all.
pub fn raw(ipa: &Path) -> Files {
    let bytes = fs::read(ipa).unwrap();
    let archive = Archive::open(&bytes).unwrap();
    let raw = |entry: &inject::format::zip::Entry| {
        bytes[entry.local_offset() as usize..entry.data_range().end as usize].to_vec()
    };
    archive.entries().iter().map(|entry| (entry.display_name().replace("Payload/Notes.app/", ""), raw(entry))).collect()
}

pub fn changed(before: &Files, after: &Files) -> Vec<String> {
    after.iter().filter(|(name, bytes)| before.get(*name) != Some(bytes)).map(|(name, _)| name.clone()).collect()
}

pub fn request(identity: &Identity) -> SigningRequest<'_> {
    SigningRequest {
        identity,
        issuers: &[],
        profiles: &[],
        entitlements: None,
        entitlements_of: &[],
        keep_entitlements: false,
        allow_new_signer: false,
        now: NOW,
    }
}

pub fn inject(path: &Path, at: &[&str], id: &str, signing: AppleSigning<'_>) -> Result<Done, JobError> {
    let at: Vec<_> = at.iter().map(|at| (*at, "{client_id}")).collect();
    inject_values(path, &at, id, signing)
}

/// Puts a value into each place; `{name}` is `com.example.own`.
pub fn inject_values(path: &Path, at: &[(&str, &str)], id: &str, signing: AppleSigning<'_>) -> Result<Done, JobError> {
    let place = |(at, value): &(&str, &str)| {
        Place::new(Address::parse(at).unwrap(), Template::parse(value).unwrap(), Absence::Create)
    };
    let places: Vec<Place> = at.iter().map(place).collect();
    let planned = Inspected::new(path)?.plan(&places, "none")?;
    let other = BTreeMap::from([("name".to_owned(), "com.example.own".to_owned())]);
    let values = Values {
        client_id: id,
        client_secret: None,
        environment: "dev",
        application: "com.example.notes",
        other: &other,
        mains: &[],
    };
    let mut with = Signing::default();
    with.apple = Some(signing);
    planned.check(&with)?;
    planned.finish(&values, &with, path, Gate::default())
}

pub const AT: [&str; 1] = ["Info.plist#ClientId"];

#[test]
fn an_unsigned_app_is_signed_whole_and_then_only_what_changes() {
    let folder = TempDir::new().unwrap();
    let path = ipa(folder.path(), &app());
    let identity = distribution();
    let sign = || AppleSigning::With(request(&identity));
    let done = inject(&path, &AT, "one", sign()).unwrap();
    assert_eq!(done.report.signatures.len(), 1);
    let one = fs::read(&path).unwrap();
    let signed = contents(&path);
    assert_eq!(plist::get(&signed["Info.plist"], "ClientId").unwrap(), ["one"]);
    for code in ["Notes", "PlugIns/Widget.appex/Widget", "Frameworks/Fw.framework/Fw", "Frameworks/libloose.dylib"] {
        assert_ne!(signed[code], app()[code], "{code}");
    }
    assert_eq!(signed["_WatchKitStub/WK"], IOS, "Apple's own stub is left alone");

    // Twice is once.
    assert!(!inject(&path, &AT, "one", sign()).unwrap().written);
    assert_eq!(fs::read(&path).unwrap(), one);

    // Another value: the app's own three files, every other entry raw as it was.
    let before = raw(&path);
    let done = inject(&path, &AT, "two", sign()).unwrap();
    assert_eq!(done.entries, ["Info.plist", "Notes", "_CodeSignature/CodeResources"]);
    assert_eq!(changed(&before, &raw(&path)), done.entries);

    // And back.
    inject(&path, &AT, "one", sign()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), one);
}

#[test]
fn a_change_in_an_extension_signs_extension_and_app_and_not_the_framework() {
    let folder = TempDir::new().unwrap();
    let path = ipa(folder.path(), &app());
    let identity = distribution();
    inject(&path, &AT, "one", AppleSigning::With(request(&identity))).unwrap();
    let before = raw(&path);
    let at = ["PlugIns/Widget.appex/Info.plist#ClientId"];
    let done = inject(&path, &at, "two", AppleSigning::With(request(&identity))).unwrap();
    assert_eq!(
        done.entries,
        [
            "Notes",
            "PlugIns/Widget.appex/Info.plist",
            "PlugIns/Widget.appex/Widget",
            "PlugIns/Widget.appex/_CodeSignature/CodeResources",
            "_CodeSignature/CodeResources",
        ]
    );
    assert_eq!(changed(&before, &raw(&path)), done.entries);
    // A file of the app itself.
    let done = inject(&path, &["config.json#/id"], "three", AppleSigning::With(request(&identity))).unwrap();
    assert_eq!(done.entries, ["Notes", "_CodeSignature/CodeResources", "config.json"]);
}

#[test]
fn another_team_is_refused_and_accepted_on_purpose() {
    let folder = TempDir::new().unwrap();
    let path = ipa(folder.path(), &app());
    let (own, other) = (distribution(), other());
    inject(&path, &AT, "one", AppleSigning::With(request(&own))).unwrap();
    let before = fs::read(&path).unwrap();
    let error = inject(&path, &AT, "one", AppleSigning::With(request(&other))).unwrap_err().to_string();
    assert!(error.contains("team TEAM123456") && error.contains("OTHERTEAM1"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
    let accepted = SigningRequest { allow_new_signer: true, ..request(&other) };
    let done = inject(&path, &AT, "one", AppleSigning::With(accepted)).unwrap();
    assert!(done.new_signer && !done.warnings.is_empty());
    // All code is the other team's now, and what is signed again by the first is what it was.
    let accepted = SigningRequest { allow_new_signer: true, ..request(&own) };
    inject(&path, &AT, "one", AppleSigning::With(accepted)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn profiles_are_chosen_embedded_and_judged() {
    let folder = TempDir::new().unwrap();
    let mut files = app();
    files.remove("embedded.mobileprovision");
    let path = ipa(folder.path(), &files);
    let identity = distribution();
    let notes = include_bytes!("../../testdata/apple/keys/notes.mobileprovision").to_vec();
    let profiles = [("wildcard".to_owned(), PROFILE.to_vec()), ("notes".to_owned(), notes.clone())];
    let with = SigningRequest { profiles: &profiles, ..request(&identity) };
    inject(&path, &AT, "one", AppleSigning::With(with)).unwrap();
    let signed = contents(&path);
    assert_eq!(signed["embedded.mobileprovision"], notes, "the longest pattern that fits");
    assert_eq!(signed["PlugIns/Widget.appex/embedded.mobileprovision"], PROFILE);
    for (bytes, part) in [
        (EXPIRED, "expired on 2020-01-01"),
        (include_bytes!("../../testdata/apple/keys/other.mobileprovision"), "does not list the certificate"),
    ] {
        let profiles = [("given".to_owned(), bytes.to_vec())];
        let before = fs::read(&path).unwrap();
        let with = SigningRequest { profiles: &profiles, ..request(&identity) };
        let error = inject(&path, &AT, "two", AppleSigning::With(with)).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }
    // A profile of another app is not used, and that is said.
    let mut files = app();
    files.insert("Info.plist".to_owned(), info("com.example.other", "Notes"));
    let elsewhere = TempDir::new().unwrap();
    let other_app = ipa(elsewhere.path(), &files);
    let profiles = [("notes.mobileprovision".to_owned(), notes.clone())];
    let with = SigningRequest { profiles: &profiles, ..request(&identity) };
    let done = inject(&other_app, &AT, "one", AppleSigning::With(with)).unwrap();
    let said =
        "profile notes.mobileprovision is for TEAM123456.com.example.notes: no bundle of this app, so it is not used";
    assert_eq!(done.warnings, [said]);
    assert_eq!(contents(&other_app)["embedded.mobileprovision"], PROFILE);
    // Without one that fits, there is nothing to run with.
    files.insert("embedded.mobileprovision".to_owned(), notes.clone());
    let other_app = ipa(elsewhere.path(), &files);
    let error = inject(&other_app, &AT, "one", AppleSigning::With(request(&identity))).unwrap_err().to_string();
    assert!(error.contains("apple.profile-app") && error.contains("com.example.other"), "{error}");

    // A profile that somebody edited.
    let mut edited = notes.clone();
    let at = edited.windows(14).position(|text| text == b"get-task-allow").unwrap();
    edited[at] = b'G';
    let profiles = [("edited".to_owned(), edited)];
    let with = SigningRequest { profiles: &profiles, ..request(&identity) };
    let error = inject(&path, &AT, "two", AppleSigning::With(with)).unwrap_err().to_string();
    assert!(error.contains("apple.profile-signature") && error.contains("another digest"), "{error}");
    // What an app without entitlements claims is its own identifier, never the pattern of the profile.
    for (code, identifier) in
        [("Notes", "com.example.notes"), ("PlugIns/Widget.appex/Widget", "com.example.notes.widget")]
    {
        let outline = inject::format::outline::Outline::of(&signed[code]).unwrap();
        let blob = inject::format::code_signature::SuperBlob::parse(outline.signature(0).unwrap()).unwrap();
        let claimed = apple_plist::read_dictionary(blob.entitlements().unwrap()).unwrap();
        let claimed = claimed.get("application-identifier").and_then(apple_plist::Value::as_string);
        assert_eq!(claimed, Some(format!("TEAM123456.{identifier}").as_str()));
    }
    let late = SigningRequest { now: 4_000_000_000, ..request(&identity) };
    let error = inject(&path, &AT, "two", AppleSigning::With(late)).unwrap_err().to_string();
    assert!(error.contains("expired"), "{error}");
}

fn refusal(files: &Files) -> String {
    let folder = TempDir::new().unwrap();
    let path = ipa(folder.path(), files);
    let before = fs::read(&path).unwrap();
    let error = inject(&path, &AT, "one", AppleSigning::AdHoc).unwrap_err().to_string();
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no stray file");
    error
}

#[test]
fn bad_input_is_refused_exactly() {
    let mut without = app();
    without.remove("Notes");
    assert!(refusal(&without).contains("no file \"Notes\""));
    let mut store = app();
    store.insert("SC_Info/Notes.sinf".to_owned(), Vec::new());
    assert!(refusal(&store).contains("App Store"));
    let mut two = app();
    two.insert("../Other.app/Info.plist".to_owned(), Vec::new());
    assert!(refusal(&two).contains("outside the folder"));
    let mut encrypted = app();
    let at = IOS.windows(8).position(|words| words == [0x2c, 0, 0, 0, 24, 0, 0, 0]).unwrap();
    encrypted.get_mut("Notes").unwrap()[at + 16] = 1;
    assert!(refusal(&encrypted).contains("cryptid 1"));
    let mut no_info = app();
    no_info.remove("Info.plist");
    assert!(refusal(&no_info).contains("no Info.plist"));

    let folder = TempDir::new().unwrap();
    for (name, entries, part) in [
        ("none.ipa", &["Payload/readme"][..], "no app in this IPA"),
        ("two.ipa", &["Payload/A.app/Info.plist", "Payload/B.app/Info.plist"][..], "2 apps in this IPA"),
    ] {
        let path = folder.path().join(name);
        let mut writer = zip::ZipWriter::new(fs::File::create(&path).unwrap());
        for entry in entries {
            writer.start_file(*entry, zip::write::SimpleFileOptions::default()).unwrap();
        }
        writer.finish().unwrap();
        let error = Inspected::new(&path).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn links_are_kept_and_none_may_leave() {
    let folder = TempDir::new().unwrap();
    let root = write(folder.path(), &app());
    std::os::unix::fs::symlink("config.json", root.join("link.json")).unwrap();
    inject(&root, &AT, "one", AppleSigning::AdHoc).unwrap();
    assert_eq!(fs::read_link(root.join("link.json")).unwrap(), Path::new("config.json"));
    let report = Inspected::new(&root).unwrap().verify_signature(None).unwrap();
    assert!(report.is_sound(), "{report:#?}");
    fs::remove_file(root.join("link.json")).unwrap();
    let report = Inspected::new(&root).unwrap().verify_signature(None).unwrap();
    assert!(report.findings.iter().any(|finding| finding.code.as_str() == "apple.seal-changed"), "{report:#?}");
    std::os::unix::fs::symlink("../../etc/passwd", root.join("link.json")).unwrap();
    let error = Inspected::new(&root).unwrap_err().to_string();
    assert!(error.contains("leaves the app"), "{error}");

    // The same in an IPA, where a link is an entry.
    for (target, escapes) in [("config.json", false), ("../../outside", true), ("/etc/passwd", true)] {
        let path = ipa(folder.path(), &app());
        let mut writer = zip::ZipWriter::new_append(fs::OpenOptions::new().read(true).write(true).open(&path).unwrap());
        let options = zip::write::SimpleFileOptions::default();
        writer.as_mut().unwrap().add_symlink("Payload/Notes.app/link", target, options).unwrap();
        writer.unwrap().finish().unwrap();
        let before = fs::read(&path).unwrap();
        match inject(&path, &AT, "one", AppleSigning::AdHoc) {
            Ok(_) => {
                assert!(!escapes, "{target}");
                let names = Inspected::new(&path).unwrap().verify_signature(None).unwrap();
                assert!(names.is_sound(), "{names:#?}");
                assert_eq!(contents(&path)["link"], target.as_bytes());
            }
            Err(error) => {
                assert!(escapes && error.to_string().contains("leaves the app"), "{target}: {error}");
                assert_eq!(fs::read(&path).unwrap(), before);
            }
        }
    }
}

pub fn write(folder: &Path, files: &Files) -> PathBuf {
    let root = folder.join("Notes.app");
    for (name, content) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    root
}

#[test]
fn a_folder_before_signing_is_edited_only() {
    let folder = TempDir::new().unwrap();
    let root = write(folder.path(), &app());
    let planned = Inspected::new(&root).unwrap();
    assert_eq!(planned.id(), Some("com.example.notes"));
    let done = inject(&root, &AT, "one", AppleSigning::Unsigned).unwrap();
    assert_eq!(done.entries, ["Info.plist"]);
    assert!(!root.join("_CodeSignature").exists());
    // In an archive of Xcode, the app is found; signed, it is found sound.
    let archive = folder.path().join("Notes.xcarchive");
    fs::create_dir_all(archive.join("Products/Applications")).unwrap();
    fs::rename(&root, archive.join("Products/Applications/Notes.app")).unwrap();
    let identity = distribution();
    inject(&archive, &AT, "two", AppleSigning::With(request(&identity))).unwrap();
    let report = Inspected::new(&archive).unwrap().verify_signature(None).unwrap();
    assert!(report.is_sound(), "{report:#?}");
    assert_eq!(report.signers().len(), 1);
    // Unsigned again: the seal is broken, and that is said.
    let done = inject(&archive, &AT, "three", AppleSigning::Unsigned).unwrap();
    assert!(done.notes.iter().any(|note| note.contains("seal is broken")));
}

#[test]
fn every_kind_of_damage_to_an_app_is_found() {
    let folder = TempDir::new().unwrap();
    let root = write(folder.path(), &app());
    let identity = distribution();
    inject(&root, &AT, "one", AppleSigning::With(request(&identity))).unwrap();
    let codes = |change: &dyn Fn(&Path)| {
        let copy = TempDir::new().unwrap();
        let files: Files = walkdir::WalkDir::new(&root)
            .into_iter()
            .flatten()
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| {
                (
                    entry.path().strip_prefix(&root).unwrap().to_str().unwrap().to_owned(),
                    fs::read(entry.path()).unwrap(),
                )
            })
            .collect();
        let broken = write(copy.path(), &files);
        change(&broken);
        let report = Inspected::new(&broken).unwrap().verify_signature(None).unwrap();
        let errors = report.findings.iter().filter(|finding| finding.severity == inject::verify::Severity::Error);
        errors.map(|finding| finding.code.as_str()).collect::<Vec<_>>()
    };
    assert!(codes(&|_| {}).is_empty());
    let touch = |name: &'static str| move |root: &Path| fs::write(root.join(name), b"changed").unwrap();
    assert!(codes(&touch("config.json")).contains(&"apple.seal-changed"));
    assert!(codes(&touch("new.txt")).contains(&"apple.seal-added"));
    assert!(codes(&|root| fs::remove_file(root.join("config.json")).unwrap()).contains(&"apple.seal-missing"));
    // What a localisation leaves out may be missing.
    assert!(codes(&|root| fs::remove_file(root.join("de.lproj/InfoPlist.strings")).unwrap()).is_empty());
    let with_space = |root: &Path| {
        let info = fs::read(root.join("Info.plist")).unwrap();
        fs::write(root.join("Info.plist"), [info.as_slice(), b"\n"].concat()).unwrap();
    };
    assert!(codes(&with_space).contains(&"apple.slot"));
    assert!(
        codes(&|root| fs::remove_file(root.join("_CodeSignature/CodeResources")).unwrap()).contains(&"apple.seal-none")
    );
    let nested = codes(&touch("PlugIns/Widget.appex/more.txt"));
    assert!(nested.contains(&"apple.seal-added"), "{nested:?}");
    assert!(codes(&touch("embedded.mobileprovision")).contains(&"apple.profile"));
}

#[test]
fn a_language_that_overrides_a_value_is_said() {
    let folder = TempDir::new().unwrap();
    let mut files = app();
    files.insert("PlugIns/Widget.appex/fr.lproj/InfoPlist.strings".into(), b"\"ClientId\" = \"other\";\n".to_vec());
    files.insert("Base.lproj/InfoPlist.strings".into(), b"\"unclosed".to_vec());
    let path = ipa(folder.path(), &files);
    let warned = |at: &[&str]| inject(&path, at, "one", AppleSigning::Unsigned).unwrap().warnings;
    // Only the language files of the same bundle, and only with this key.
    let unreadable =
        "Base.lproj/InfoPlist.strings cannot be read; it may hold ClientId and count instead of Info.plist";
    assert_eq!(warned(&AT), [unreadable]);
    let widget = "PlugIns/Widget.appex/Info.plist#ClientId";
    let warnings = warned(&[widget]);
    let text =
        "PlugIns/Widget.appex/fr.lproj/InfoPlist.strings holds ClientId too, and counts in its language instead of";
    assert!(warnings.len() == 1 && warnings[0].starts_with(text), "{warnings:?}");
    let also = "PlugIns/Widget.appex/fr.lproj/InfoPlist.strings#ClientId";
    assert_eq!(warned(&[widget, also]), [""; 0]);
}

#[test]
fn an_app_that_is_not_as_it_was_signed_is_signed_whole() {
    let folder = TempDir::new().unwrap();
    let identity = distribution();
    let sign = || AppleSigning::With(request(&identity));
    let path = ipa(folder.path(), &app());
    inject(&path, &AT, "one", sign()).unwrap();
    // A resource that somebody changed without signing again, in the app and in the framework.
    let mut files = contents(&path);
    files.insert("Base.lproj/Main.nib".into(), b"other".to_vec());
    files.insert("Frameworks/Fw.framework/new.txt".into(), b"new".to_vec());
    let path = ipa(folder.path(), &files);
    let done = inject(&path, &AT, "two", sign()).unwrap();
    let all = done.warnings.join(" ");
    assert!(all.contains("it was not as it was signed, so all of it is signed again: apple.seal-"), "{all}");
    let report = Inspected::new(&path).unwrap().verify_signature(None).unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
    assert!(!inject(&path, &AT, "two", sign()).unwrap().written);
}
