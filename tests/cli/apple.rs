//! Apps on the command line: identities, profiles, both directions of the gate, and no secret where it should not be.

use inject::format::base64;
use inject::format::der::{self, tag};
use inject::format::zip::{METHOD_DEFLATED, METHOD_STORED};

use super::{World, testdata, zipped};
use crate::format::build::zip::{Item, Zip};

const INFO: &[u8] = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">\n<dict>\n\t<!-- kept -->\n\
    \t<key>CFBundleExecutable</key>\n\t<string>Notes</string>\n\t<key>CFBundleIdentifier</key>\n\
    \t<string>com.example.notes</string>\n</dict>\n</plist>\n";

fn key(name: &str) -> String {
    testdata("apple/keys").join(name).to_string_lossy().into_owned()
}

fn with_ipa() -> World {
    let world = World::new();
    world.write("App.ipa", ipa(&[]));
    world
}

/// The app of `INFO`, with other entries behind it.
pub(super) fn ipa(more: &[(&str, &[u8])]) -> Vec<u8> {
    let executable = std::fs::read(testdata("apple/macho/ios-arm64")).unwrap();
    let profile = std::fs::read(key("notes.mobileprovision")).unwrap();
    let app: [(&str, &[u8]); 3] = [
        ("Payload/Notes.app/Info.plist", INFO),
        ("Payload/Notes.app/Notes", &executable),
        ("Payload/Notes.app/embedded.mobileprovision", &profile),
    ];
    zipped(&[&app[..], more].concat())
}

#[test]
fn an_archive_of_64_bits_is_read_as_installers_read_it_and_bytes_behind_it_stay() {
    let executable = std::fs::read(testdata("apple/macho/ios-arm64")).unwrap();
    let wide = |name: &str, content: &[u8]| {
        let mut item = Item::new(name, METHOD_DEFLATED, content);
        (item.wide_local, item.wide_record, item.descriptor) = (true, [true; 3], Some(24));
        item
    };
    let (info, code) = (wide("Payload/Notes.app/Info.plist", INFO), wide("Payload/Notes.app/Notes", &executable));
    let mut zip = Zip::of([info, code, Item::new("Payload/Notes.app/a.txt", METHOD_STORED, b"text")]);
    (zip.wide, zip.behind) = (Some(true), b"behind".to_vec());
    let world = World::new();
    world.write("App.ipa", zip.build());
    let inject = |env| world.inject(&["App.ipa", "--env", env, "--ad-hoc"]);
    inject("dev").exits(0).says(&["2 places, signed code signature"]);
    world.inject(&["verify", "App.ipa", "--env", "dev"]).exits(0);
    world.inject(&["identify", "App.ipa"]).exits(0);
    let dev = world.read("App.ipa");
    assert!(dev.ends_with(b"behind"));
    inject("dev").exits(0).says(&["up to date"]);
    inject("prod").exits(0);
    world.inject(&["verify", "App.ipa", "--env", "dev"]).exits(7);
    inject("dev").exits(0);
    assert_eq!(world.read("App.ipa"), dev);
    // A device with Android takes neither.
    zip.items[0] = wide("AndroidManifest.xml", b"\x03\0\x08\0");
    world.write("app.apk", zip.build());
    world.inject(&["app.apk", "--env", "dev"]).exits(3).says(&["zip64 archive", "Android packages must not use zip64"]);
    (zip.wide, zip.items) = (None, vec![Item::new("AndroidManifest.xml", METHOD_STORED, b"\x03\0\x08\0")]);
    world.write("app.apk", zip.build());
    world.inject(&["app.apk", "--env", "dev"]).exits(3).says(&["no end of central directory record"]);
}

#[test]
fn bytes_behind_a_signature_go_when_it_is_made_anew() {
    let world = with_ipa();
    world.inject(&["App.ipa", "--env", "dev", "--ad-hoc"]).exits(0);
    let bytes = world.read("App.ipa");
    let archive = inject::format::zip::Archive::open(&bytes).unwrap();
    let entries = archive.entries().iter().enumerate().map(|(index, entry)| {
        let mut content = archive.read(index).unwrap();
        if entry.name().ends_with(b"/Notes") {
            content.extend(b"behind it");
        }
        Item::new(&entry.display_name(), METHOD_DEFLATED, &content)
    });
    world.write("App.ipa", Zip::of(entries).build());
    let verify = || world.inject(&["verify", "App.ipa", "--env", "dev", "--json"]);
    let said = verify().exits(0).out;
    assert!(said.contains("apple.trailing") && said.contains("9 bytes behind the signature"), "{said}");
    world.inject(&["App.ipa", "--env", "dev", "--ad-hoc"]).exits(0).says(&["up to date"]);
    let said = "Notes: 9 bytes behind its signature, which nothing covered, were removed";
    world.inject(&["App.ipa", "--env", "prod", "--ad-hoc"]).exits(0).says(&[said]);
    world.inject(&["App.ipa", "--env", "dev", "--ad-hoc"]).exits(0);
    assert!(!verify().exits(0).out.contains("apple.trailing"));
}

#[test]
fn a_certificate_for_something_else_than_code_signs_nothing() {
    let world = with_ipa();
    let before = world.read("App.ipa");
    let (certificate, private) = (key("push.pem"), key("push.key.pem"));
    let args = ["App.ipa", "--env", "dev", "--key", &private, "--cert", &certificate];
    let said = "CN=Apple Push Services: com.example.notes";
    let purpose = "is for client authentication, expected code signing; a device rejects code signed with it";
    world.inject(&args).exits(6).says(&[said, purpose]);
    assert_eq!(world.read("App.ipa"), before);
    assert!(!world.stores().exists(), "nothing was registered");
}

#[test]
fn one_step_signs_and_the_gate_agrees() {
    let world = with_ipa();
    let pass = format!("file:{}", key("p12.password"));
    let args = ["App.ipa", "--env", "prod", "--p12", &key("aes256.p12"), "--p12-pass", &pass];
    let done = world.inject(&args).exits(0).says(&["2 places, signed code signature"]);
    assert!(done.err.contains("com.example.notes"), "{}", done.err);
    world.inject(&["verify", "App.ipa", "--env", "prod"]).exits(0);
    world.inject(&["verify", "App.ipa", "--signature-only"]).exits(0);
    world.inject(&args).exits(0).says(&["up to date"]);
    // Dev in the same file is found foreign to prod.
    world.inject(&["App.ipa", "--env", "dev", "--p12", &key("aes256.p12"), "--p12-pass", &pass]).exits(0);
    world.inject(&["verify", "App.ipa", "--env", "prod"]).exits(7);
}

#[test]
fn what_counts_instead_of_a_place_is_said_by_the_gate_in_the_same_words() {
    let world = World::new();
    world.write("App.ipa", ipa(&[("Payload/Notes.app/de.lproj/InfoPlist.strings", b"\"ClientId\" = \"old\";\n")]));
    let says = "App.ipa: de.lproj/InfoPlist.strings holds ClientId too, and counts in its language instead of Info.plist; give it \
                the value as well: --at 'de.lproj/InfoPlist.strings#ClientId=...'";
    world.inject(&["App.ipa", "--env", "dev", "--ad-hoc"]).exits(0).says(&[says]);
    world.inject(&["verify", "App.ipa", "--env", "dev"]).exits(0).says(&[says]);
    let json = world.inject(&["verify", "App.ipa", "--env", "dev", "--json"]).exits(0);
    assert!(json.out.contains("place.overridden"), "{}", json.out);
    let at = ["--preset", "generic", "--at", "de.lproj/InfoPlist.strings#ClientId={client_id}"];
    let all = [&["App.ipa", "--env", "dev", "--ad-hoc"], &at[..]].concat();
    assert!(!world.inject(&all).exits(0).err.contains("counts in its language"));
    let verified = world.inject(&["verify", "App.ipa", "--env", "dev"]).exits(0);
    assert!(!verified.err.contains("counts in its language"), "{}", verified.err);
}

#[test]
fn without_an_identity_nothing_is_written() {
    let world = with_ipa();
    let before = world.read("App.ipa");
    world.inject(&["App.ipa", "--env", "dev"]).exits(6).says(&["no identity to sign the app", "--ad-hoc"]);
    let wrong = format!("file:{}", key("../macho/headers.txt"));
    world.inject(&["App.ipa", "--env", "dev", "--p12", &key("aes256.p12"), "--p12-pass", &wrong]).exits(6);
    let pass = format!("file:{}", key("p12.password"));
    let alone = ["App.ipa", "--env", "dev", "--p12", &key("aes256-leaf-only.p12"), "--p12-pass", &pass];
    world.inject(&alone).exits(6).says(&["Developer Relations", "--chain"]);
    let (chain, profile) = (key("chain.pem"), key("expired.mobileprovision"));
    let expired = [alone.as_slice(), &["--chain", &chain, "--profile", &profile]].concat();
    world.inject(&expired).exits(6).says(&["expired on 2020-01-01"]);
    assert_eq!(world.read("App.ipa"), before);
    assert!(!world.stores().exists(), "nothing was registered");
    world.inject(&[alone.as_slice(), &["--chain", &chain]].concat()).exits(0);
}

#[test]
fn unsigned_and_ad_hoc_are_said_to_be() {
    let world = with_ipa();
    world.inject(&["App.ipa", "--env", "dev", "--unsigned"]).exits(0).says(&["unsigned"]);
    world.inject(&["verify", "App.ipa", "--signature-only"]).exits(7).says(&["apple.unsigned"]);
    world.inject(&["App.ipa", "--env", "dev", "--ad-hoc"]).exits(0).says(&["signed code signature"]);
    let verified = world.inject(&["verify", "App.ipa", "--signature-only"]).exits(0);
    assert!(verified.out.contains("ad hoc"), "{}", verified.out);
    // What stands beside the keys stays.
    let bytes = world.read("App.ipa");
    let archive = inject::format::zip::Archive::open(&bytes).unwrap();
    let info = archive.read(archive.find(b"Payload/Notes.app/Info.plist").unwrap()).unwrap();
    assert!(String::from_utf8(info).unwrap().contains("\t<!-- kept -->\n"));
}

#[test]
fn an_app_of_genexus_gets_its_credential_in_every_form_of_its_metadata() {
    const PROPERTIES: &[u8] = b"{\"properties\":{\"A\":\"1\",\"IntegratedSecurityObjClientID\":\"\",\"A\":\"2\"}}";
    let world = World::new();
    let packed = zipped(&[("notes.properties.json", PROPERTIES)]);
    let list = b"{\"apps\":[{\"n\":\"Notes\",\"properties\":{\"IntegratedSecurityObjClientID\":\"\"}}]}";
    let metadata: [(&str, &[u8]); 3] = [
        ("Payload/Notes.app/notes.properties.json", PROPERTIES),
        ("Payload/Notes.app/notes.ios.gxsd", &packed),
        ("Payload/Notes.app/gxmetadata/sdapps.json", list),
    ];
    world.write("App.ipa", ipa(&metadata));
    let pass = format!("file:{}", key("p12.password"));
    let args = |env: &'static str| {
        ["App.ipa", "--env", env, "--p12", &key("aes256.p12"), "--p12-pass", &pass].map(str::to_owned)
    };
    let inject = |env: &'static str| {
        let args = args(env);
        world.inject(&args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    // Found by looking.
    inject("dev").exits(0).says(&["3 places"]);
    let dev = world.read("App.ipa");
    let shown = world.inject(&["credential", "show", "--app", "com.example.notes", "--env", "dev", "--json"]).exits(0);
    let id = shown.json()["client_id"].as_str().unwrap().to_owned();
    let inside = |bytes: &Vec<u8>, name: &str| {
        let archive = inject::format::zip::Archive::open(bytes).unwrap();
        archive.read(archive.find(name.as_bytes()).unwrap()).unwrap()
    };
    let held = |content: Vec<u8>| String::from_utf8(content).unwrap().matches(&id).count();
    assert_eq!(held(inside(&dev, "Payload/Notes.app/notes.properties.json")), 1);
    assert_eq!(held(inside(&inside(&dev, "Payload/Notes.app/notes.ios.gxsd"), "notes.properties.json")), 1);
    assert_eq!(held(inside(&dev, "Payload/Notes.app/gxmetadata/sdapps.json")), 1);
    world.inject(&["verify", "App.ipa", "--env", "dev"]).exits(0);
    // Another environment, and back; nothing of dev is left in between.
    inject("prod").exits(0);
    world.inject(&["verify", "App.ipa", "--env", "prod"]).exits(0);
    world.inject(&["verify", "App.ipa", "--env", "dev"]).exits(7);
    inject("dev").exits(0);
    assert_eq!(world.read("App.ipa"), dev);
    inject("dev").exits(0).says(&["up to date"]);
}

#[test]
fn the_whole_of_an_app_is_searched_where_that_is_asked() {
    let world = with_ipa();
    world.inject(&["App.ipa", "--env", "dev", "--ad-hoc"]).exits(0);
    let (_, secret) = world.credential("com.example.notes", "dev");
    // Within the app, and in what lies beside it in the archive.
    for place in ["Payload/Notes.app/left.txt", "SwiftSupport/left.txt"] {
        world.write("Left.ipa", ipa(&[(place, secret.as_bytes())]));
        let before = world.read("Left.ipa");
        let args = ["Left.ipa", "--env", "prod", "--ad-hoc", "--gate", "whole"];
        world.inject(&args).exits(7).says(&["leak.foreign", "left.txt", "the secret of com.example.notes in dev"]);
        assert_eq!(world.read("Left.ipa"), before);
        world.inject(&args[..4]).exits(0);
    }
    // Likewise in a folder.
    for (name, content) in [("Info.plist", INFO), ("left.txt", secret.as_bytes())] {
        world.write(&format!("Notes.app/{name}"), content);
    }
    world.write("Notes.app/Notes", std::fs::read(testdata("apple/macho/ios-arm64")).unwrap());
    let args = ["Notes.app", "--env", "prod", "--unsigned", "--gate", "whole"];
    world.inject(&args).exits(7).says(&["leak.foreign (left.txt)"]);
    assert_eq!(world.read("Notes.app/Info.plist"), INFO);
    world.inject(&args[..4]).exits(0);
}

#[test]
fn identity_password_and_profile_come_from_variables_too() {
    let world = with_ipa();
    let (p12, profile) = (key("aes256.p12"), key("notes.mobileprovision"));
    let password = String::from_utf8(std::fs::read(key("p12.password")).unwrap()).unwrap();
    let variables = [("P12_FILE", p12.as_str()), ("P12_PASSWORD", password.trim()), ("PROFILE", profile.as_str())];
    world.run(&variables, &["App.ipa", "--env", "prod"], "").exits(0).says(&["signed code signature"]);
    world.inject(&["verify", "App.ipa", "--signature-only"]).exits(0);
    // A flag counts first, and an app that nobody signs needs neither.
    let expired = key("expired.mobileprovision");
    let with = [variables[0], variables[1], ("PROFILE", expired.as_str())];
    world.run(&with, &["App.ipa", "--env", "dev"], "").exits(6).says(&["expired on 2020-01-01"]);
    world.run(&with, &["App.ipa", "--env", "dev", "--profile", &profile], "").exits(0);
    world.run(&with, &["App.ipa", "--env", "prod", "--ad-hoc"], "").exits(0);
}

#[test]
fn of_several_identities_one_is_named() {
    let world = with_ipa();
    let multi = testdata("keys/multi.p12").to_string_lossy().into_owned();
    let args = ["App.ipa", "--env", "dev", "--p12", &multi, "--p12-pass", "env:PW"];
    let run = |more: &[&str]| world.run(&[("PW", "secret")], &[&args[..], more].concat(), "").exits(6);
    run(&[]).says(&["several identities", "p256 (", "p384 (", "--p12-alias NAME"]);
    run(&["--p12-alias", "release"]).says(&["no identity \"release\" is in it; there: p256 ("]);
    // It is found, and no profile lists it.
    run(&["--p12-alias", "p384"]).says(&["does not list the certificate"]);
    let twice = ["--entitlements", "Info.plist", "--entitlements", "Info.plist", "--ad-hoc"];
    world.write("Info.plist", INFO);
    world.inject(&[&args[..3], &twice[..]].concat()).exits(2).says(&["--entitlements BUNDLE-ID=FILE"]);
}

#[test]
fn what_is_no_ipa_that_a_device_takes_is_said_with_the_reason() {
    let world = World::new();
    let entries = |prefix: &str, separator: &str| {
        let executable = std::fs::read(testdata("apple/macho/ios-arm64")).unwrap();
        let name = |file: &str| format!("{prefix}Notes.app/{file}").replace('/', separator);
        zipped(&[(name("Info.plist").as_str(), INFO), (name("Notes").as_str(), executable.as_slice())])
    };
    world.write("Bare.ipa", entries("", "/"));
    let args = |file| ["--env", "dev", "--ad-hoc", file];
    world.inject(&args("Bare.ipa")).exits(3).says(&["Notes.app is at the top", "zip -qry App.ipa Payload"]);
    world.write("Windows.ipa", entries("Payload/", "\\"));
    world.inject(&args("Windows.ipa")).exits(3).says(&["has backslashes between its folders"]);
    let mut bytes = entries("Payload/", "/");
    let record = bytes.windows(4).position(|found| found == b"PK\x01\x02").unwrap();
    bytes[record + 10] = 12;
    world.write("Bzip2.ipa", bytes);
    world.inject(&args("Bzip2.ipa")).exits(3).says(&["Info.plist\" is compressed by method 12 (bzip2)"]);
    // Names that begin with the folder they lie in are read as what unpacks them reads them.
    world.write("Dot.ipa", entries("./Payload/", "/"));
    world.inject(&args("Dot.ipa")).exits(0);
    world.inject(&["verify", "Dot.ipa", "--env", "dev"]).exits(0);
    let dev = world.read("Dot.ipa");
    world.inject(&["--env", "prod", "--ad-hoc", "Dot.ipa"]).exits(0);
    world.inject(&args("Dot.ipa")).exits(0);
    assert_eq!(world.read("Dot.ipa"), dev);
}

/// A keystore in PKCS#12 (RFC 7292) with several identities of `testdata/apple/keys`, each under the same name.
fn namesakes(names: &[&str]) -> Vec<u8> {
    let pem = |file: String| {
        let text = std::fs::read_to_string(key(&file)).unwrap();
        let body: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
        base64::decode(body.as_bytes()).unwrap()
    };
    // 1.2.840.113549.1
    let pkcs = |rest: &[u8]| der::oid(&[b"\x2a\x86\x48\x86\xf7\x0d\x01", rest].concat());
    let of = |content: &[u8]| der::value(tag::context(0), &[content]);
    let data = |content: &[u8]| der::sequence(&[&pkcs(b"\x07\x01"), &of(&der::octets(content))]);
    let attribute = |id: &[u8], value: Vec<u8>| der::sequence(&[&pkcs(id), &der::value(tag::SET, &[&value])]);
    let bag = |kind: &[u8], value: &[u8], index: u8| {
        let called = attribute(b"\x09\x14", der::value(tag::BMP_STRING, &[b"\0M\0e"]));
        let pair = attribute(b"\x09\x15", der::octets(&[index]));
        der::sequence(&[&pkcs(kind), &of(value), &der::value(tag::SET, &[&called, &pair])])
    };
    let bags: Vec<u8> = (0_u8..)
        .zip(names)
        .flat_map(|(index, name)| {
            let certificate = pem(format!("{name}.pem"));
            let certificate = der::sequence(&[&pkcs(b"\x09\x16\x01"), &of(&der::octets(&certificate))]);
            [
                bag(b"\x0c\x0a\x01\x01", &pem(format!("{name}.key.pem")), index),
                bag(b"\x0c\x0a\x01\x03", &certificate, index),
            ]
            .concat()
        })
        .collect();
    let safe = der::sequence(&[&data(&der::sequence(&[&bags]))]);
    der::sequence(&[&der::unsigned(&[3]), &data(&safe)])
}

#[test]
fn of_several_identities_of_one_name_the_profile_tells_or_the_fingerprint() {
    let world = with_ipa();
    world.write("id.p12", namesakes(&["other", "distribution"]));
    let (profile, chain) = (key("notes.mobileprovision"), key("chain.pem"));
    let args = ["App.ipa", "--p12", "id.p12", "--p12-pass", "env:PW", "--chain", &chain];
    let run = |env, more: &[&str]| world.run(&[("PW", "x")], &[&args[..], &["--env", env], more].concat(), "");
    let listed = run("dev", &[]).exits(6).says(&["several identities", "Me (", "--p12-alias NAME"]).err;
    run("dev", &["--p12-alias", "me"]).exits(6).says(&["2 identities in it are called \"me\""]);
    run("dev", &["--profile", &profile]).exits(0);
    world.inject(&["verify", "App.ipa", "--env", "dev"]).exits(0);
    // In the order of the file: the one of another team, then the one of the profile.
    let sums: Vec<&str> = listed.split("Me (").skip(1).map(|rest| rest.split(')').next().unwrap()).collect();
    run("prod", &["--p12-alias", sums[0]]).exits(6).says(&["of team OTHERTEAM1"]);
    run("prod", &["--p12-alias", &sums[1].to_lowercase()]).exits(0);
    world.inject(&["verify", "App.ipa", "--env", "prod"]).exits(0);
}

#[test]
fn entitlements_for_a_bundle_are_given_by_its_identifier_and_may_be_of_the_old_style() {
    let world = with_ipa();
    let (p12, password) = (key("aes256.p12"), format!("file:{}", key("p12.password")));
    let args = ["App.ipa", "--env", "dev", "--p12", &p12, "--p12-pass", &password, "--entitlements"];
    let old = "{ \"application-identifier\" = \"TEAM123456.com.example.notes\"; }";
    world.write("own.plist", old);
    world.inject(&[&args[..], &["com.example.notes=own.plist"]].concat()).exits(0);
    world.inject(&["verify", "App.ipa", "--env", "dev"]).exits(0);
    world.write("own.plist", old.replace("notes", "other"));
    let said = "the application-identifier \"TEAM123456.com.example.other\"";
    world.inject(&[&args[..], &["com.example.notes=own.plist"]].concat()).exits(6).says(&[said]);
    world.inject(&[&args[..], &["com.example.none=own.plist"]].concat()).exits(0).says(&["no bundle of this app"]);
}

#[test]
fn what_is_for_an_identity_in_pkcs_12_needs_one_and_the_variable_is_named() {
    let world = with_ipa();
    let (certificate, private) = (key("distribution.pem"), key("distribution.key.pem"));
    let args = ["App.ipa", "--env", "dev", "--key", &private, "--cert", &certificate];
    for flag in [["--p12-pass", "env:PW"], ["--p12-alias", "x"]] {
        let said = format!("{} is for an identity in PKCS#12, and none is given", flag[0]);
        world.inject(&[&args[..], &flag].concat()).exits(2).says(&[&said]);
    }
    let p12 = key("aes256.p12");
    let variables = [("P12_FILE", p12.as_str()), ("P12_PASSWORD", "secret"), ("PROFILE", "release")];
    world.run(&variables, &["App.ipa", "--env", "dev"], "").exits(6).says(&["PROFILE: cannot read release"]);
    // Who has no identity is told that, whatever the variable is for.
    world.run(&variables[2..], &["App.ipa", "--env", "dev"], "").exits(6).says(&["no identity to sign the app with"]);
}
