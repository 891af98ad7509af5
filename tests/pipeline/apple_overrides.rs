//! What an app reads instead of a place, on some devices, in some languages or from its settings: it changes with the place, or it
//! is named, by the main job and by verification in the same words. And which of several clients' ids is the app's own.

use std::collections::BTreeMap;
use std::path::Path;

use inject::format::plist;
use inject::pipeline::job::{Inspected, JobError};
use inject::pipeline::signing::{AppleSigning, Signing};
use inject::pipeline::{Done, Gate};
use inject::placement::preset::Preset;
use inject::placement::template::Values;
use inject::placement::{Absence, Address, Place, Template};
use inject::verify::injected::Expected;
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::apple::{Files, app, contents, info, ipa};
use super::ios_presets::plist as list;

fn place(at: &str, value: &str) -> Place {
    Place::new(Address::parse(at).unwrap(), Template::parse(value).unwrap(), Absence::Fail)
}

fn put(path: &Path, places: &[Place], id: &str) -> Result<Done, JobError> {
    let (other, mut signing) = (BTreeMap::new(), Signing::default());
    signing.apple = Some(AppleSigning::Unsigned);
    let values = Values {
        client_id: id,
        client_secret: None,
        environment: "dev",
        application: "com.example.notes",
        other: &other,
        mains: &[],
    };
    Inspected::new(path)?.plan(places, "none")?.finish(&values, &signing, path, Gate::default())
}

/// The same for the Client Id at these addresses.
fn put_at(path: &Path, at: &[&str], id: &str) -> Done {
    put(path, &at.iter().map(|at| place(at, "{client_id}")).collect::<Vec<_>>(), id).unwrap()
}

/// A property list with these texts added, in XML or in binary.
fn with(list: &[u8], pairs: &[(&str, &str)], binary: bool) -> Vec<u8> {
    let made = pairs.iter().fold(list.to_vec(), |list, (path, value)| plist::set(&list, path, value, true).unwrap());
    if !binary {
        return made;
    }
    let mut out = Vec::new();
    plist::read(&made).unwrap().to_writer_binary(&mut out).unwrap();
    out
}

fn values(files: &Files, file: &str, keys: &[&str]) -> Vec<String> {
    keys.iter().flat_map(|key| plist::get(&files[file], key).unwrap()).collect()
}

#[test]
fn keys_for_platforms_and_devices_change_with_the_key_that_they_override() {
    const OVERRIDES: [&str; 5] = ["Id", "Id~ipad", "Id-iphoneos", "Id-iphonesimulator", "Id-iphoneos~ipad"];
    // Keys of their own: no such device or platform, another key, and what CoreFoundation does not look at.
    const OTHERS: [&str; 9] = [
        "Id~toaster",
        "Id-other",
        "Id-other~ipad",
        "Id~ipad-iphoneos",
        "My-Id~ipad",
        "MyId~ipad",
        "Id~",
        "Sub/Id~ipad",
        "CFBundleIdentifier~ipad",
    ];
    for binary in [false, true] {
        let folder = TempDir::new().unwrap();
        let pairs: Vec<(&str, &str)> = OVERRIDES.into_iter().chain(OTHERS).map(|key| (key, "old")).collect();
        let mut files = app();
        files.insert("Info.plist".into(), with(&info("com.example.notes", "Notes"), &pairs, binary));
        // In other property lists such a key is one of its own.
        files.insert("Other.plist".into(), with(plist::EMPTY, &[("Id", "old"), ("Id~ipad", "old")], binary));
        let path = ipa(folder.path(), &files);
        let done = put_at(&path, &["Info.plist#Id", "Other.plist#Id"], "one");
        assert_eq!(done.warnings, [""; 0]);
        let one = contents(&path);
        assert_eq!(values(&one, "Info.plist", &OVERRIDES), ["one"; 5]);
        assert_eq!(values(&one, "Info.plist", &OTHERS), ["old"; 9]);
        assert_eq!(values(&one, "Other.plist", &["Id", "Id~ipad"]), ["one", "old"]);
        assert_eq!(values(&one, "Info.plist", &["CFBundleIdentifier"]), ["com.example.notes"]);
        // Back, and again.
        put_at(&path, &["Info.plist#Id"], "two");
        put_at(&path, &["Info.plist#Id"], "one");
        assert_eq!(contents(&path), one);
        assert!(!put_at(&path, &["Info.plist#Id"], "one").written);
        // Verification reads each of them.
        let found = Inspected::new(&path).unwrap().locate(&[place("Info.plist#Id", "{client_id}")]).unwrap().found;
        let at: Vec<String> = found.iter().map(|copy| copy.address.to_string()).collect();
        assert_eq!(at, OVERRIDES.map(|key| format!("Info.plist#{key}")));
    }
}

#[test]
fn who_names_one_device_means_that_one() {
    let folder = TempDir::new().unwrap();
    let mut files = app();
    let pairs = [("Id", "old"), ("Id~ipad", "old"), ("Id-iphoneos", "old")];
    files.insert("Info.plist".into(), with(&info("com.example.notes", "Notes"), &pairs, false));
    let path = ipa(folder.path(), &files);
    put_at(&path, &["Info.plist#Id~ipad"], "one");
    assert_eq!(values(&contents(&path), "Info.plist", &["Id", "Id~ipad", "Id-iphoneos"]), ["old", "one", "old"]);
    // Beside one for all devices, with another value, in any order.
    let (all, ipad) = (place("Info.plist#Id", "{client_id}"), place("Info.plist#Id~ipad", "tablet-{client_id}"));
    for places in [[all.clone(), ipad.clone()], [ipad, all]] {
        put(&path, &places, "two").unwrap();
        let found = values(&contents(&path), "Info.plist", &["Id", "Id~ipad", "Id-iphoneos"]);
        assert_eq!(found, ["two", "tablet-two", "two"]);
    }
}

#[test]
fn what_only_some_devices_have_is_set_and_made_for_the_others_on_request() {
    let folder = TempDir::new().unwrap();
    let mut files = app();
    files.insert("Info.plist".into(), with(&info("com.example.notes", "Notes"), &[("Id~ipad", "old")], false));
    let path = ipa(folder.path(), &files);
    put_at(&path, &["Info.plist#Id"], "one");
    assert_eq!(values(&contents(&path), "Info.plist", &["Id", "Id~ipad"]), ["one"]);
    for absence in [Absence::Create, Absence::CreateWithin] {
        put(&path, &[Place { absence, ..place("Info.plist#Id", "{client_id}") }], "two").unwrap();
        assert_eq!(values(&contents(&path), "Info.plist", &["Id", "Id~ipad"]), ["two", "two"]);
    }
    // Below a key that devices override, and in a localization.
    let schemes =
        [("URLs/0/Schemes/0", "app:old"), ("URLs~ipad/0/Schemes/0", "app:old"), ("URLs~ipad/0/Schemes/1", "x")];
    files.insert("Info.plist".into(), with(&info("com.example.notes", "Notes"), &schemes, false));
    files.insert("de.lproj/InfoPlist.strings".into(), b"\"Id\" = \"old\";\n\"Id~ipad\" = \"old\";\n".to_vec());
    files.insert("InfoPlist.loctable".into(), with(plist::EMPTY, &[("fr/Id", "old"), ("fr/Id~ipad", "old")], true));
    let path = ipa(folder.path(), &files);
    let at = ["Info.plist#URLs/*/Schemes/[=app:*]", "de.lproj/InfoPlist.strings#Id", "InfoPlist.loctable#fr/Id"];
    put(&path, &at.map(|at| place(at, "app:{client_id}")), "one").unwrap();
    let files = contents(&path);
    let all = ["URLs/0/Schemes/0", "URLs~ipad/0/Schemes/0", "URLs~ipad/0/Schemes/1"];
    assert_eq!(values(&files, "Info.plist", &all), ["app:one", "app:one", "x"]);
    assert_eq!(values(&files, "de.lproj/InfoPlist.strings", &["Id", "Id~ipad"]), ["app:one"; 2]);
    assert_eq!(values(&files, "InfoPlist.loctable", &["fr/Id", "fr/Id~ipad"]), ["app:one"; 2]);
}

/// A file beside a place, what it is said to be, and the address that includes it.
struct Case {
    at: &'static str,
    file: &'static str,
    content: Vec<u8>,
    says: &'static str,
    also: &'static str,
}

fn cases() -> Vec<Case> {
    let settings = |default: &str| {
        list(&[
            ("PreferenceSpecifiers/0/Key", "Other"),
            ("PreferenceSpecifiers/0/DefaultValue", "x"),
            ("PreferenceSpecifiers/1/Key", "Id"),
            ("PreferenceSpecifiers/1/DefaultValue", default),
        ])
    };
    let table = with(plist::EMPTY, &[("de/Id", "old"), ("fr/Id", "old"), ("it/Other", "x")], false);
    let case = |at, file, content: &[u8], says, also| Case { at, file, content: content.to_vec(), says, also };
    let id = list(&[("Id", "old")]);
    vec![
        case(
            "Info.plist#Id",
            "de.lproj/InfoPlist.strings",
            b"\"Id\" = \"old\";\n",
            "holds Id too, and counts in its language instead of Info.plist; give it the value as well: --at 'de.lproj/InfoPlist.strings#Id=...'",
            "de.lproj/InfoPlist.strings#Id",
        ),
        case(
            "Info.plist#Id",
            "de.lproj/InfoPlist.strings",
            b"\"Id~ipad\" = \"old\";\n",
            "holds Id too, and counts in its language",
            "de.lproj/InfoPlist.strings#Id",
        ),
        case(
            "Info.plist#Id",
            "de.lproj/InfoPlist~ipad.strings",
            b"\"Id\" = \"old\";\n",
            "holds Id too, and counts in its language",
            "de.lproj/InfoPlist~ipad.strings#Id",
        ),
        case(
            "Info.plist#Id",
            "InfoPlist.loctable",
            &table,
            "holds Id too, and counts in its language instead of Info.plist; give it the value as well: --at 'InfoPlist.loctable#*/Id=...'",
            "InfoPlist.loctable#*/Id",
        ),
        case(
            "Info.plist#Id",
            "InfoPlist.loctable",
            &with(&table, &[], true),
            "holds Id too, and counts in its language",
            "InfoPlist.loctable#*/Id",
        ),
        case(
            "Info.plist#Id",
            "Info-iphoneos.plist",
            &id,
            "holds Id too, and counts on its devices instead of Info.plist; give it the value as well: --at 'Info-iphoneos.plist#Id=...'",
            "Info-iphoneos.plist#Id",
        ),
        case(
            "Info.plist#Id",
            "Settings.bundle/Root.plist",
            &settings("old"),
            "sets a default for Id too, and counts instead of Info.plist where the app asks its settings; give it the value as well: --at 'Settings.bundle/Root.plist#PreferenceSpecifiers/[Key=Id]/DefaultValue=...'",
            "Settings.bundle/Root.plist#PreferenceSpecifiers/[Key=Id]/DefaultValue",
        ),
        case(
            "Auth.plist#Id",
            "Settings.bundle/Child.plist",
            &settings("old"),
            "sets a default for Id too",
            "Settings.bundle/Child.plist#PreferenceSpecifiers/1/DefaultValue",
        ),
        case(
            "Auth.plist#Id",
            "Auth~ipad.plist",
            &id,
            "holds Id too, and counts on its devices instead of Auth.plist; give it the value as well: --at 'Auth~ipad.plist#Id=...'",
            "Auth~ipad.plist#Id",
        ),
        case(
            "Auth.plist#Id",
            "Auth-iphoneos~iphone.plist",
            &id,
            "holds Id too, and counts on its devices",
            "Auth-iphoneos~iphone.plist#Id",
        ),
        case(
            "Auth.plist#Id",
            "de.lproj/Auth.plist",
            &id,
            "holds Id too, and counts instead of Auth.plist where the app asks for its language; give it the value as well: --at 'de.lproj/Auth.plist#Id=...'",
            "de.lproj/Auth.plist#Id",
        ),
        case(
            "en.lproj/Only.plist#Id",
            "de.lproj/Only.plist",
            &id,
            "holds Id too, and counts in its language instead of en.lproj/Only.plist",
            "de.lproj/Only.plist#Id",
        ),
        case(
            "en.lproj/Only.plist#Id",
            "Only.plist",
            &id,
            "holds Id too, and counts in every language instead of en.lproj/Only.plist",
            "Only.plist#Id",
        ),
        case(
            "Auth~ipad.plist#Id",
            "Auth.plist",
            &id,
            "holds Id too, and counts on the devices for which Auth~ipad.plist is not",
            "Auth.plist#Id",
        ),
        case(
            "www/config.json#/id",
            "www/config~ipad.json",
            b"{\"id\": \"old\"}",
            "holds /id too, and counts on its devices instead of www/config.json; give it the value as well: --at 'www/config~ipad.json#/id=...'",
            "www/config~ipad.json#/id",
        ),
        case(
            "www/config.json#/id",
            "de.lproj/www/config.json",
            b"{\"id\": \"old\"}",
            "holds /id too, and counts instead of www/config.json where",
            "de.lproj/www/config.json#/id",
        ),
        case(
            "id.txt",
            "id~ipad.txt",
            b"old",
            "holds the file too, and counts on its devices instead of id.txt; give it the value as well: --at 'id~ipad.txt=...'",
            "id~ipad.txt",
        ),
        case(
            "Auth.plist#Id",
            "Auth~ipad.plist",
            b"<plist><dict>",
            "cannot be read; it may hold Id and count instead of Auth.plist",
            "",
        ),
        case(
            "Info.plist#Id",
            "InfoPlist.loctable",
            b"bplist00",
            "cannot be read; it may hold Id and count instead of Info.plist",
            "",
        ),
        case(
            "Auth.plist#Id",
            "Auth~ipad.plist",
            &list(&[("Other", "x")]),
            "counts on its devices instead of Auth.plist, and does not hold Id; make it there: --create --at 'Auth~ipad.plist#Id=...'",
            "",
        ),
    ]
}

fn overridable() -> Files {
    let mut files = app();
    files.insert("Info.plist".into(), with(&info("com.example.notes", "Notes"), &[("Id", "old")], false));
    for name in ["Auth.plist", "en.lproj/Only.plist", "Auth~ipad.plist"] {
        files.insert(name.into(), list(&[("Id", "old")]));
    }
    files.insert("www/config.json".into(), b"{\"id\": \"old\"}".to_vec());
    files.insert("id.txt".into(), b"old".to_vec());
    files
}

/// What verification says of an app that holds the id at these addresses.
fn verified(path: &Path, at: &[&str], id: &str) -> Vec<String> {
    let inspected = Inspected::new(path).unwrap();
    let places: Vec<Place> = at.iter().map(|at| place(at, "{client_id}")).collect();
    let expected: Vec<Expected> = inspected
        .locate(&places)
        .unwrap()
        .found
        .into_iter()
        .map(|copy| Expected { address: copy.address, entry: Some(copy.entry), value: Zeroizing::new(id.to_owned()) })
        .collect();
    let findings = inspected.overrides(&expected);
    assert!(findings.iter().all(|finding| finding.code.as_str() == "place.overridden"));
    findings.into_iter().map(|finding| finding.message).collect()
}

#[test]
fn what_counts_instead_is_named_and_covered_where_it_is_given() {
    for Case { at, file, content, says, also } in cases() {
        let folder = TempDir::new().unwrap();
        let mut files = overridable();
        if !at.starts_with("Auth~") {
            files.remove("Auth~ipad.plist");
        }
        files.insert(file.into(), content);
        let path = ipa(folder.path(), &files);
        let warnings = put_at(&path, &[at], "one").warnings;
        assert!(
            warnings.len() == 1 && warnings[0].starts_with(&format!("{file} {says}")),
            "{at}, {file}: {warnings:#?}"
        );
        // Verification says the same, whatever was given when it was injected.
        assert_eq!(verified(&path, &[at], "one"), warnings, "{file}");
        if also.is_empty() {
            continue;
        }
        // Nothing is left to say where it is given, and where it holds the value already.
        assert_eq!(put_at(&path, &[at, also], "two").warnings, [""; 0], "{file}");
        assert_eq!(verified(&path, &[at, also], "two"), [""; 0], "{file}");
        assert_eq!(verified(&path, &[at], "two"), [""; 0], "{file}");
        assert_eq!(put_at(&path, &[at], "three").warnings.len(), 1, "{file}: it is another one again");
    }
}

#[test]
fn one_language_of_a_table_is_not_all_of_them() {
    let folder = TempDir::new().unwrap();
    let mut files = overridable();
    files.insert("InfoPlist.loctable".into(), with(plist::EMPTY, &[("de/Id", "old"), ("fr/Id", "old")], true));
    let path = ipa(folder.path(), &files);
    assert_eq!(put_at(&path, &["Info.plist#Id", "InfoPlist.loctable#de/Id"], "one").warnings.len(), 1);
    let all = ["Info.plist#Id", "InfoPlist.loctable#de/Id", "InfoPlist.loctable#fr/Id"];
    assert_eq!(put_at(&path, &all, "two").warnings, [""; 0]);
}

#[test]
fn what_is_read_for_something_else_is_not_named() {
    let folder = TempDir::new().unwrap();
    let mut files = overridable();
    files.remove("Auth~ipad.plist");
    let id = list(&[("Id", "old")]);
    let settings = list(&[("PreferenceSpecifiers/0/Key", "Id"), ("PreferenceSpecifiers/0/DefaultValue", "old")]);
    for (name, content) in [
        ("PlugIns/Widget.appex/Info-iphoneos.plist", &id),
        ("PlugIns/Widget.appex/InfoPlist.loctable", &list(&[("de/Id", "old")])),
        ("PlugIns/Widget.appex/Settings.bundle/Root.plist", &settings),
        ("Fonts.bundle/Root.plist", &settings),
        ("Auth-other.plist", &id),
        ("Auth~toaster.plist", &id),
        ("MyAuth~ipad.plist", &id),
        ("other/Auth~ipad.plist", &id),
        ("Auth~ipad.json", &b"{}".to_vec()),
        ("MyInfoPlist.loctable", &list(&[("de/Id", "old")])),
        ("InfoPlist.loctable", &list(&[("de/Other", "old")])),
        ("de.lproj/InfoPlist.strings", &b"\"Other\" = \"old\";".to_vec()),
        ("de.lproj/www/config.json", &b"{\"other\": 1}".to_vec()),
    ] {
        files.insert(name.into(), content.clone());
    }
    // The app's settings are not the extension's.
    files.insert("PlugIns/Widget.appex/Auth.plist".into(), id);
    let path = ipa(folder.path(), &files);
    assert_eq!(put_at(&path, &["Info.plist#Id", "Auth.plist#Id", "www/config.json#/id"], "one").warnings, [""; 0]);
    files.insert("Settings.bundle/Root.plist".into(), settings);
    let path = ipa(folder.path(), &files);
    assert_eq!(
        put_at(&path, &["PlugIns/Widget.appex/Auth.plist#Id"], "one").warnings.len(),
        1,
        "that of the extension"
    );
}

const GOOGLE: &str = "com.googleusercontent.apps.";

/// An app of Firebase whose own id is `id` as its files have it, and these URL schemes.
fn firebase(id: &str, reversed: &str, schemes: &[&str]) -> Files {
    let mut files = app();
    let mut pairs = vec![("GIDClientID".to_owned(), id.to_owned())];
    for (at, scheme) in schemes.iter().enumerate() {
        pairs.push((format!("CFBundleURLTypes/{at}/CFBundleURLSchemes/0"), (*scheme).to_owned()));
    }
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    files.insert("Info.plist".into(), with(&info("com.example.notes", "Notes"), &pairs, false));
    let services = [("CLIENT_ID", id), ("REVERSED_CLIENT_ID", reversed)];
    files.insert("GoogleService-Info.plist".into(), list(&services));
    files
}

fn preset() -> Vec<Place> {
    let places = Preset::shipped("firebase-ios").unwrap().unwrap().places;
    places.into_iter().filter(|place| place.value.check([].into_iter()).is_ok()).collect()
}

fn schemes(path: &Path) -> Vec<String> {
    values(&contents(path), "Info.plist", &["CFBundleURLTypes/*/CFBundleURLSchemes/*"])
}

#[test]
fn only_the_scheme_of_the_own_client_changes() {
    let folder = TempDir::new().unwrap();
    let (login, drive) = (format!("{GOOGLE}111-login"), format!("{GOOGLE}222-drive"));
    let own = "111-login.apps.googleusercontent.com";
    let path = ipa(folder.path(), &firebase(own, &login, &[&drive, &login, "fb123"]));
    let before = contents(&path);
    let (dev, qa) = ("111-login.apps.googleusercontent.com", "999-qa.apps.googleusercontent.com");
    let done = put(&path, &preset(), qa).unwrap();
    assert_eq!(done.warnings, [""; 0]);
    assert_eq!(
        done.notes,
        ["ios:Info.plist#CFBundleURLTypes/0/CFBundleURLSchemes/0 is of another Client Id, so it stays"]
    );
    assert_eq!(schemes(&path), [drive.clone(), format!("{GOOGLE}999-qa"), "fb123".to_owned()]);
    // And back: the bytes are those of dev.
    put(&path, &preset(), dev).unwrap();
    assert_eq!(contents(&path), before);
    // Verification asks of the own one alone.
    let found = Inspected::new(&path).unwrap().locate(&preset()).unwrap();
    let at: Vec<String> = found.found.iter().map(|copy| copy.address.to_string()).collect();
    assert!(at.contains(&"ios:Info.plist#CFBundleURLTypes/1/CFBundleURLSchemes/0".to_owned()), "{at:?}");
    assert!(!at.iter().any(|at| at.contains("CFBundleURLTypes/0")) && found.not_own.is_empty(), "{at:?}");
}

#[test]
fn a_scheme_that_is_nobodys_stays_and_is_said() {
    let folder = TempDir::new().unwrap();
    let (own, other) = ("111-login.apps.googleusercontent.com", format!("{GOOGLE}222-drive"));
    let path = ipa(folder.path(), &firebase(own, &format!("{GOOGLE}111-login"), &[&other]));
    let message = "ios:Info.plist#CFBundleURLTypes/0/CFBundleURLSchemes/0 holds another Client Id than the other places, so it \
                   stays; if it is the application's own: --at 'ios:Info.plist#CFBundleURLTypes/0/CFBundleURLSchemes/0=\
                   {reversed_client_id}'";
    let said = || {
        let not_own = Inspected::new(&path).unwrap().locate(&preset()).unwrap().not_own;
        not_own.into_iter().map(|finding| (finding.code.as_str(), finding.message)).collect::<Vec<_>>()
    };
    assert_eq!(put(&path, &preset(), "999-qa.apps.googleusercontent.com").unwrap().warnings, [message]);
    assert_eq!(schemes(&path), [other]);
    assert_eq!(said(), [("place.other-id", message.to_owned())]);
    // Given by its address it is set, and there is nothing left to say.
    let named = place("Info.plist#CFBundleURLTypes/0/CFBundleURLSchemes/0", "{reversed_client_id}");
    let places = [preset(), vec![named]].concat();
    assert_eq!(put(&path, &places, "999-qa.apps.googleusercontent.com").unwrap().warnings, [""; 0]);
    assert_eq!(schemes(&path), [format!("{GOOGLE}999-qa")]);
    assert_eq!(said(), []);
}

#[test]
fn placeholders_of_a_template_are_the_own_id() {
    // Xcode's variables, a template's words, and what only says it backwards.
    for (id, reversed, scheme) in [
        ("$(CLIENT_ID)", "$(REVERSED_CLIENT_ID)", format!("{GOOGLE}$(ID)")),
        ("YOUR_ID.apps.googleusercontent.com", "com.googleusercontent.apps.YOUR_ID", format!("{GOOGLE}YOUR_ID")),
        ("YOUR_CLIENT_ID", "com.googleusercontent.apps.YOURS", format!("{GOOGLE}YOURS")),
        ("1-a.apps.googleusercontent.com", "com.googleusercontent.apps.1-a", format!("{GOOGLE}1-A")),
    ] {
        let folder = TempDir::new().unwrap();
        let path = ipa(folder.path(), &firebase(id, reversed, &[&scheme]));
        let done = put(&path, &preset(), "9-new.apps.googleusercontent.com").unwrap();
        // A variable that nothing else holds is not told to be the own one.
        let own = !scheme.contains("$(ID)");
        assert_eq!(done.warnings.len(), usize::from(!own), "{scheme}: {:?}", done.warnings);
        assert_eq!(schemes(&path) == [format!("{GOOGLE}9-new")], own, "{scheme}");
    }
}
