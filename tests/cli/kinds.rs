//! Files that are no packages, or damaged ones: exit code 3, and what they are instead.

use std::fs;

use super::{World, repacked, zipped};

#[test]
fn other_kinds_are_named() {
    let project = b"<?xml version=\"1.0\"?>\n<manifest package=\"com.example.demo\"/>\n";
    let utf16: Vec<u8> = String::from_utf8_lossy(project).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let build = "this is an Android project that is not built (its manifest is text), which this version does not work on; \
                 build it (Gradle, or aapt2 and zipalign), and give the APK or App Bundle";
    let cases: [(&str, Vec<u8>, &str); 13] = [
        ("gxsd", zipped(&[("gxversion.json", b"{}"), ("a.properties.json", b"{}")]), "a GeneXus metadata archive"),
        ("text", b"not a package".to_vec(), "ZIP"),
        ("empty", Vec::new(), "ZIP"),
        (
            "aab",
            zipped(&[("BundleConfig.pb", b""), ("base/manifest/AndroidManifest.xml", b"x")]),
            "base/manifest/AndroidManifest.xml: at offset 1",
        ),
        ("ipa", zipped(&[("Payload/Demo.app/Info.plist", b"x")]), "Info.plist: neither a binary nor an XML"),
        (
            "apks",
            zipped(&[("toc.pb", b""), ("splits/base-master.apk", b"x")]),
            "splits/base-master.apk: not a ZIP archive",
        ),
        ("zip", zipped(&[("readme.txt", b"x")]), "neither an APK"),
        ("manifest", zipped(&[("AndroidManifest.xml", b"<manifest/>")]), build),
        (
            "packed project",
            zipped(&[("AndroidManifest.xml", project), ("res/values/strings.xml", b"<resources/>")]),
            build,
        ),
        ("project", project.to_vec(), build),
        ("project, UTF-16", [&b"\xff\xfe"[..], &utf16].concat(), build),
        (
            "library",
            zipped(&[("AndroidManifest.xml", project), ("classes.jar", b"PK"), ("R.txt", b"")]),
            "this is an Android library (AAR), which this version does not work on; build the app that uses it",
        ),
        ("other XML", b"<html><body>sign in</body></html>".to_vec(), "not a ZIP archive"),
    ];
    for (name, content, text) in cases {
        let world = World::new();
        world.write("app.apk", content);
        let run = world.refuses(|world| world.signed(&["app.apk", "--env", "dev"]), 3, &["app.apk", text]);
        assert!(!world.stores().exists(), "{name}");
        let verified = world.inject(&["verify", "app.apk", "--signature-only"]);
        assert!([Some(3), Some(7)].contains(&verified.code), "{name}: {}", verified.err);
        assert!(run.err.starts_with("error "), "{}", run.err);
    }
}

#[test]
fn source_code_in_the_place_of_what_is_built_of_it_is_named() {
    let manifest = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<manifest><application/></manifest>";
    let android =
        ("the source of an Android app, not what is built of it", "app/build/outputs/apk/release/app-release.apk");
    let xcode =
        ("the source of an app for Apple's systems, not what is built of it", "give the .ipa, or the .xcarchive");
    let both =
        ("the source of apps for Android and Apple's systems, not", "or the .xcarchive or .app that Xcode makes");
    let cases: [(&[(&str, &str)], _); 6] = [
        (&[("settings.gradle.kts", "include(\":app\")"), ("app/src/main/AndroidManifest.xml", manifest)], android),
        (&[("android/app/build.gradle", "android {}")], android),
        (&[("AndroidManifest.xml", manifest)], android),
        (&[("Notes.xcodeproj/project.pbxproj", "// !$*UTF8*$!"), ("Notes/Info.plist", "<plist/>")], xcode),
        (&[("ios/Runner.xcodeproj/project.pbxproj", "// !$*UTF8*$!")], xcode),
        (&[("android/build.gradle", ""), ("ios/App/App.xcodeproj/project.pbxproj", "// !$*UTF8*$!")], both),
    ];
    for (files, (what, remedy)) in cases {
        let world = World::new();
        for (name, content) in files {
            world.write(&format!("notes/{name}"), content);
        }
        let texts = [what, remedy];
        world.refuses(|world| world.inject(&["notes", "--env", "dev"]), 3, &texts);
        world.refuses(|world| world.inject(&["verify", "notes", "--env", "dev"]), 3, &texts);
        world.refuses(|world| world.inject(&["notes", "--env", "dev", "--app", "com.example.notes"]), 4, &texts);
        assert!(!world.stores().exists(), "{what}");
        world.inject(&["inspect", "notes"]).exits(0);
    }
    // A file that somebody names is a place as in every folder, and a folder that only has such a name within is none of these.
    let world = World::new();
    world.write("notes/build.gradle", "android {}");
    world.write("notes/app/src/main/assets/config.json", r#"{"id":"old"}"#);
    let at = ["--app", "com.example.notes", "--at", "app/src/main/assets/config.json#/id={client_id}"];
    world.inject(&[&["notes", "--env", "dev"][..], &at].concat()).exits(0);
    let world = World::new();
    world.write("site/docs/samples/android/app/build.gradle", "android {}");
    world.write("site/docs/src/main/AndroidManifest.xml", "a page about manifests");
    let run = world.refuses(|world| world.inject(&["site", "--env", "dev"]), 2, &["a folder of files does not say"]);
    assert!(!run.err.contains("the source of"), "{}", run.err);
}

#[test]
fn what_is_not_a_file() {
    let world = World::new();
    fs::create_dir(world.path("folder.apk")).unwrap();
    world.refuses(|world| world.signed(&["folder.apk", "--env", "dev"]), 3, &["there is no file in folder.apk"]);
    let texts = ["cannot open missing.apk: No such file"];
    world.refuses(|world| world.signed(&["missing.apk", "--env", "dev"]), 3, &texts);
    world.refuses(|world| world.inject(&["verify", "missing.apk", "--env", "dev"]), 3, &texts);
    world.refuses(
        |world| world.signed(&["/dev/null", "--env", "dev"]),
        3,
        &["it is a device, a regular file is expected"],
    );
}

#[test]
fn a_package_cut_short() {
    let whole = super::demo();
    for length in
        [1, 3, 4, 21, 22, 23, 100, 1000, whole.len() / 2, whole.len() - 100, whole.len() - 22, whole.len() - 1]
    {
        let world = World::new();
        world.write("app.apk", &whole[..length]);
        let run = world.refuses(|world| world.signed(&["app.apk", "--env", "dev"]), 3, &["app.apk"]);
        assert!(!world.stores().exists(), "{length}: {}", run.err);
        world.refuses(|world| world.inject(&["app.apk", "--env", "dev", "--dry-run"]), 3, &["app.apk"]);
    }
}

#[test]
fn a_damaged_resource_table() {
    let world = World::new();
    let broken = |name: &str, mut content: Vec<u8>| {
        if name == "resources.arsc" {
            content.truncate(content.len() / 2);
        }
        content
    };
    world.write("app.apk", repacked(&[], broken));
    world.refuses(|world| world.signed(&["app.apk", "--env", "dev"]), 3, &["app.apk: ", "resources.arsc: "]);
}

#[test]
fn broken_documents_in_places() {
    let extra: [(&str, &[u8]); 2] = [("assets/bad.json", b"{\"a\": "), ("assets/bad.xml", b"<a><b></a>")];
    let world = World::new();
    world.write("app.apk", repacked(&extra, |_, content| content));
    for at in ["assets/bad.json#/a={client_id}", "assets/bad.xml#/a/b={client_id}"] {
        let name = at.split('#').next().unwrap();
        world.refuses(|world| world.signed(&["app.apk", "--env", "dev", "--at", at]), 3, &["app.apk: ", name]);
    }
}

#[test]
fn a_changed_byte_of_an_input_is_not_carried_on_silently() {
    // In the data of an entry that is copied raw: what is signed then must at least be what the checksum says.
    let whole = super::demo();
    let world = World::new();
    let at = whole.windows(4).position(|bytes| bytes == b"dex\n").unwrap_or(whole.len() / 4);
    let mut damaged = whole.clone();
    damaged[at + 60] ^= 0x55;
    world.write("app.apk", damaged);
    world.inject(&["verify", "app.apk", "--signature-only"]).exits(7);
}
