//! App Bundles: places in every module, the JAR signature renewed, everything else kept.

use std::collections::BTreeMap;
use std::fs;

use inject::format::zip::{Archive, Change, NewEntry, Rewrite};
use proptest::prelude::*;

use super::{APP, World, apk_holds, entry, key, testdata, values, zipped};

/// The App Bundle of the demo, with a feature module; unsigned.
fn demo() -> Vec<u8> {
    fs::read(testdata("demo.aab")).unwrap()
}

/// The bundle with entries replaced, taken away or added.
fn with(changed: &[(&str, Option<&[u8]>)]) -> Vec<u8> {
    let bundle = demo();
    let archive = Archive::open(bundle.as_slice()).unwrap();
    let mut rewrite = Rewrite::default();
    for (name, content) in changed {
        match (archive.find(name.as_bytes()), content) {
            (Some(index), Some(content)) => drop(rewrite.changes.insert(index, Change::Replace(content.to_vec()))),
            (Some(index), None) => drop(rewrite.changes.insert(index, Change::Remove)),
            (None, Some(content)) => {
                rewrite.added.push(NewEntry { name: name.as_bytes().to_vec(), content: content.to_vec(), method: 8 });
            }
            (None, None) => panic!("{name} is not there"),
        }
    }
    archive.rewritten(&rewrite).unwrap()
}

fn world(bundle: &[u8]) -> World {
    let world = World::new();
    world.write("app.aab", bundle);
    world
}

/// Every entry as it lies there: record and compressed bytes.
fn raw(bundle: &[u8]) -> BTreeMap<String, (u32, u64, Vec<u8>)> {
    let archive = Archive::open(bundle).unwrap();
    let entries = archive.entries().iter().map(|entry| {
        let range = entry.data_range();
        let data = bundle[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()].to_vec();
        (entry.display_name(), (entry.crc(), entry.uncompressed_size(), data))
    });
    entries.collect()
}

/// An address of each kind, with what it holds in the demo.
const PLACES: [(&str, &str); 12] = [
    ("string/client_id", "placeholder-client-id"),
    ("string/client_secret", "placeholder-client-secret"),
    ("meta-data/com.example.CLIENT_ID", "placeholder-in-the-manifest"),
    ("meta-data/com.example.extra.TEXT", "placeholder-in-the-feature"),
    ("intent-filter/com.example.demo.Callback#scheme", "placeholder-scheme"),
    ("raw/config#/client_id", "placeholder-in-raw"),
    ("raw/extra#/client/id", "placeholder-in-the-feature"),
    ("assets/app.properties#client.id", "placeholder-in-properties"),
    ("base/assets/config.xml#/config/oauth/@client", "placeholder-in-xml"),
    ("xml/settings#/settings/client/@id", "placeholder-in-xml"),
    ("res/xml/settings.xml#/settings/client", "placeholder-text"),
    ("dex/setClientId", "placeholder-in-dex"),
];

#[test]
fn places_in_every_module_get_the_environment_and_nothing_else_changes() {
    let world = world(&demo());
    let run = world.signed(&["app.aab", "--env", "dev", "-o", "dev.aab"]).exits(0);
    run.says(&["3 places, signed v1", "Google Play signs what it serves with the app signing key"]);
    let (id, secret) = world.credential(APP, "dev");
    let dev = world.read("dev.aab");
    assert_eq!(values(&dev, "string/client_id"), [id.as_str(); 3]);
    assert_eq!(values(&dev, "string/client_secret"), [secret.as_str()]);
    let (before, after) = (raw(&demo()), raw(&dev));
    let changed: Vec<&str> =
        before.iter().filter(|(name, entry)| after.get(*name) != Some(entry)).map(|(name, _)| name.as_str()).collect();
    assert_eq!(changed, ["base/resources.pb", "extra/resources.pb"]);
    let new: Vec<&str> = after.keys().filter(|name| !before.contains_key(*name)).map(String::as_str).collect();
    assert_eq!(new, ["META-INF/DEMO.RSA", "META-INF/DEMO.SF", "META-INF/MANIFEST.MF"]);
    assert!(!apk_holds(&dev, "placeholder-client"), "an old value is left");

    assert_eq!(world.inject(&["identify", "dev.aab"]).exits(0).out, format!("dev.aab: {APP} in dev\n"));
    world.inject(&["verify", "dev.aab", "--env", "dev"]).exits(0);
    let shown = world.inject(&["inspect", "dev.aab"]).exits(0).out;
    for text in ["Android App Bundle (AAB)", "modules     base, extra", &id, "in extra/resources.pb"] {
        assert!(shown.contains(text), "no {text:?} in\n{shown}");
    }
    assert!(!shown.contains(&secret));

    // The same again is nothing to do; there and back is where it was.
    world.signed(&["dev.aab", "--env", "dev"]).exits(0).says(&["up to date"]);
    assert_eq!(world.read("dev.aab"), dev);
    world.signed(&["dev.aab", "--env", "prod", "-o", "prod.aab"]).exits(0);
    world.signed(&["prod.aab", "--env", "dev", "-o", "back.aab"]).exits(0);
    assert!(world.read("back.aab") == dev, "dev over prod is not dev");
    for text in [&id, &secret] {
        assert!(!apk_holds(&world.read("prod.aab"), text));
    }
    world.inject(&["verify", "prod.aab", "--env", "dev"]).exits(7);
}

#[test]
fn every_kind_of_address_leads_into_a_bundle() {
    let world = world(&demo());
    let mut args = vec!["app.aab", "--env", "dev", "-o", "out.aab"];
    let places: Vec<String> = PLACES
        .iter()
        .map(|(at, old)| {
            let now = values(&demo(), at);
            assert!(!now.is_empty() && now.iter().all(|value| value == old), "{at}: {now:?}");
            let value = if *at == "string/client_secret" { "{client_secret}" } else { "x{client_id}" };
            format!("{at}={value}")
        })
        .collect();
    for place in &places {
        args.extend(["--at", place]);
    }
    world.signed(&args).exits(0);
    let out = world.read("out.aab");
    let (id, secret) = world.credential(APP, "dev");
    for (at, old) in PLACES {
        let expected = if at == "string/client_secret" { secret.clone() } else { format!("x{id}") };
        let now = values(&out, at);
        assert!(!now.is_empty() && now.iter().all(|value| *value == expected), "{at}: {now:?}");
        assert!(!apk_holds(&out, old), "{old} is left");
    }
    let mut verify = vec!["verify", "out.aab", "--env", "dev"];
    for place in &places {
        verify.extend(["--at", place]);
    }
    world.inject(&verify).exits(0);
}

#[test]
fn addresses_of_packages_mean_bundles_and_those_of_bundles_no_package() {
    let world = world(&demo());
    world.demo("app.apk");
    world.signed(&["app.aab", "--env", "dev", "-o", "a.aab", "--at", "apk:string/client_id={client_id}"]).exits(0);
    world.signed(&["app.aab", "--env", "dev", "-o", "b.aab", "--at", "aab:string/client_id={client_id}"]).exits(0);
    assert_eq!(world.read("a.aab"), world.read("b.aab"));
    for (artifact, at) in
        [("app.aab", "ipa:Info.plist#Id={client_id}"), ("app.apk", "aab:string/client_id={client_id}")]
    {
        let run = world.signed(&[artifact, "--env", "dev", "-o", "c", "--at", at]);
        assert_eq!(run.code, Some(4), "{at}: {}", run.err);
        assert!(run.err.contains("none of the places that were named is for such an artifact"), "{}", run.err);
    }
}

#[test]
fn what_is_not_there_is_made_in_the_base() {
    let world = world(&demo());
    let at = ["--at", "string/brand_new={client_id}", "--at", "meta-data/com.example.NEW={client_id}"];
    let more = ["--at", "assets/new.json#/client/id={client_id}", "--at", "raw/config#/oauth/id={client_id}"];
    let run = ["app.aab", "--env", "dev", "-o", "out.aab"];
    let texts = ["no place string/brand_new in this bundle", "make it: --create"];
    world.refuses(|world| world.signed(&[&run[..], &at].concat()), 4, &texts);
    for (at, text) in [
        ("base/assets/nope.json#/a", "in this bundle: no such file"),
        ("string/client_id@fr", "not defined in configuration fr, only in default, de"),
    ] {
        let at = format!("{at}={{client_id}}");
        let run = world.refuses(|world| world.signed(&[&run[..], &["--at", &at]].concat()), 4, &[text]);
        assert!(!run.err.contains("de, default"), "{}", run.err);
    }
    world.signed(&[&run[..], &at, &more, &["--create"]].concat()).exits(0);
    let out = world.read("out.aab");
    let (id, _) = world.credential(APP, "dev");
    for at in ["string/brand_new", "meta-data/com.example.NEW", "assets/new.json#/client/id", "raw/config#/oauth/id"] {
        assert_eq!(values(&out, at), [id.as_str()], "{at}");
    }
    assert!(raw(&out).contains_key("base/assets/new.json"));
    assert_eq!(raw(&out)["extra/manifest/AndroidManifest.xml"], raw(&demo())["extra/manifest/AndroidManifest.xml"]);
    // What was made is found again.
    world.signed(&[&["out.aab", "--env", "prod", "-o", "prod.aab"][..], &at, &more].concat()).exits(0);
    world.signed(&[&["prod.aab", "--env", "dev", "-o", "back.aab"][..], &at, &more].concat()).exits(0);
    assert!(world.read("back.aab") == out);
}

#[test]
fn asset_packs_are_modules_too() {
    let manifest = entry(&demo(), "extra/manifest/AndroidManifest.xml");
    let json: &[u8] = b"{\"client\": \"placeholder-in-the-pack\"}";
    let world = world(&with(&[
        ("pack/manifest/AndroidManifest.xml", Some(&manifest)),
        ("pack/assets/oauth.json", Some(json)),
        ("pack/assets.pb", Some(b"\x0a\x00")),
    ]));
    let before = raw(&world.read("app.aab"));
    world
        .signed(&["app.aab", "--env", "dev", "-o", "out.aab", "--at", "assets/oauth.json#/client={client_id}"])
        .exits(0);
    let after = raw(&world.read("out.aab"));
    let changed: Vec<&String> = before.keys().filter(|name| after.get(*name) != before.get(*name)).collect();
    assert_eq!(changed, ["pack/assets/oauth.json"]);
}

#[test]
fn what_declares_a_number_keeps_one() {
    let world = world(&demo());
    let number = "meta-data/com.example.extra.NUMBER={client_id}";
    let texts =
        ["extra/manifest/AndroidManifest.xml", "expected a text, or a number as the new value", "the number 12345"];
    world.refuses(|world| world.signed(&["app.aab", "--env", "dev", "--at", number]), 4, &texts);
    let flag = "meta-data/com.example.extra.FLAG={client_id}";
    world.refuses(|world| world.signed(&["app.aab", "--env", "dev", "--at", flag]), 4, &["true or false"]);
    let config = "meta-data/com.example.CONFIG={client_id}";
    world.refuses(
        |world| world.signed(&["app.aab", "--env", "dev", "--at", config]),
        4,
        &["address raw/config instead"],
    );
    world.write("inject.toml", "version = 1\n[env.dev]\n[env.dev.values]\nn = \"678\"\nf = \"false\"\n");
    let at = ["--at", "meta-data/com.example.extra.NUMBER={n}", "--at", "meta-data/com.example.extra.FLAG={f}"];
    let run = ["app.aab", "--env", "dev", "-o", "out.aab", "--at", "string/client_id={client_id}"];
    world.signed(&[&run[..], &at].concat()).exits(0);
    assert_eq!(values(&world.read("out.aab"), "meta-data/com.example.extra.NUMBER"), ["678"]);
    assert_eq!(values(&world.read("out.aab"), "meta-data/com.example.extra.FLAG"), ["false"]);
}

#[test]
fn a_bundle_has_a_jar_signature_only() {
    let world = world(&demo());
    let texts = ["an App Bundle has a JAR signature (v1) only"];
    world.refuses(|world| world.signed(&["app.aab", "--env", "dev", "--v4"]), 6, &texts);
    for schemes in ["v2", "v1,v2", "v3"] {
        world.refuses(|world| world.signed(&["app.aab", "--env", "dev", "--schemes", schemes]), 6, &texts);
    }
    let (new, old) = (key("ec-p384.p12"), key("ec-p256.p12"));
    let lineage = testdata("keys/p256-to-p384.lineage");
    let rotated = ["--old-ks", &old, "--old-ks-pass", "env:S", "--lineage", lineage.to_str().unwrap()];
    let variables = [("KEYSTORE_FILE", new.as_str()), ("KEYSTORE_PASSWORD", "secret"), ("S", "secret")];
    let run = |world: &World| world.run(&variables, &[&["app.aab", "--env", "dev"], &rotated[..]].concat(), "");
    world.refuses(run, 6, &["signed with the upload key alone", "leave out the lineage and the old keys"]);
    world.signed(&["app.aab", "--env", "dev", "--schemes", "v1", "-o", "out.aab"]).exits(0);
    let out = world.read("out.aab");
    let archive = Archive::open(out.as_slice()).unwrap();
    let block = inject::format::apk_signing_block::SigningBlock::find(out.as_slice(), archive.directory_offset());
    assert!(block.unwrap().is_none());
    // Left unsigned on purpose, nothing of a signature is made or left.
    world.inject(&["app.aab", "--env", "dev", "--unsigned", "-o", "unsigned.aab"]).exits(0);
    world.inject(&["out.aab", "--env", "dev", "--unsigned", "-o", "stripped.aab"]).exits(0);
    assert!(!raw(&world.read("unsigned.aab")).keys().any(|name| name.starts_with("META-INF/")));
    assert!(raw(&world.read("unsigned.aab")) == raw(&world.read("stripped.aab")));
    world.inject(&["unsigned.aab", "--env", "dev", "--unsigned"]).exits(0).says(&["up to date"]);
}

#[test]
fn a_signing_block_of_apksigner_goes_and_is_said() {
    let identity = crate::sign::package::identity("ec-p256.p12");
    let schemes = inject::sign::android::Schemes::parse("v1,v2").unwrap();
    let signers = inject::sign::android::Signers::single(&identity);
    let signed = crate::sign::assemble::sign(&demo(), &signers, schemes, 21).apk;
    let world = world(&signed);
    world.inject(&["verify", "app.aab", "--signature-only"]).exits(0);
    let ec = key("ec-p256.p12");
    let variables = [("KEYSTORE_FILE", ec.as_str()), ("KEYSTORE_PASSWORD", "secret")];
    let run = world.run(&variables, &["app.aab", "--env", "dev"], "").exits(0);
    run.says(&["the APK Signing Block is gone; a bundle has a JAR signature only"]);
    let out = world.read("app.aab");
    assert!(!out.windows(16).any(|window| window == b"APK Sig Block 42"));
    world.inject(&["verify", "app.aab", "--env", "dev"]).exits(0);
    world.run(&variables, &["app.aab", "--env", "dev"], "").exits(0).says(&["up to date"]);
}

#[test]
fn another_upload_key_is_refused_and_where_it_is_wanted_the_old_signature_goes() {
    let world = world(&demo());
    world.signed(&["app.aab", "--env", "dev"]).exits(0);
    let ec = key("ec-p256.p12");
    let variables = [("KEYSTORE_FILE", ec.as_str()), ("KEYSTORE_PASSWORD", "secret")];
    let run = |more: &[&str]| world.run(&variables, &[&["app.aab", "--env", "prod"], more].concat(), "");
    run(&[]).exits(6).says(&["signed by CN=inject demo", "with the upload key that it knows"]);
    run(&["--allow-new-signer"]).exits(0);
    let files: Vec<String> =
        raw(&world.read("app.aab")).into_keys().filter(|name| name.starts_with("META-INF/")).collect();
    assert_eq!(files.len(), 3, "{files:?}");
    let ends_in = |ending: &str| files.iter().any(|name| name.rsplit('.').next() == Some(ending));
    assert!(ends_in("EC") && !ends_in("RSA"), "{files:?}");
    world.inject(&["verify", "app.aab", "--env", "prod"]).exits(0);
}

#[test]
fn a_change_of_any_entry_is_noticed() {
    let world = world(&demo());
    world.signed(&["app.aab", "--env", "dev"]).exits(0);
    let good = world.read("app.aab");
    let archive = Archive::open(good.as_slice()).unwrap();
    for found in archive.entries() {
        let range = found.data_range();
        let mut bad = good.clone();
        // A whole byte in the middle: last bits of deflate data may mean nothing.
        let at = usize::try_from(range.start + (range.end - range.start) / 2).unwrap();
        bad[at] ^= 0xff;
        world.write("bad.aab", &bad);
        let run = world.inject(&["verify", "bad.aab", "--signature-only"]);
        assert!([Some(3), Some(7)].contains(&run.code), "{}: {}", found.display_name(), run.err);
    }
    // Added and taken away.
    for change in [("base/assets/more.txt", Some(&b"x"[..])), ("base/assets/app.properties", None)] {
        let mut rewrite = Rewrite::default();
        match change {
            (name, Some(content)) => {
                rewrite.added.push(NewEntry { name: name.into(), content: content.to_vec(), method: 0 });
            }
            (name, None) => drop(rewrite.changes.insert(archive.find(name.as_bytes()).unwrap(), Change::Remove)),
        }
        world.write("bad.aab", archive.rewritten(&rewrite).unwrap());
        world.inject(&["verify", "bad.aab", "--signature-only"]).exits(7).says(&["v1.entry"]);
    }
}

#[test]
fn what_is_no_whole_bundle_is_said() {
    for (bundle, text) in [
        (
            zipped(&[("BundleConfig.pb", b""), ("feature/manifest/AndroidManifest.xml", b"x")]),
            "the module base with base/manifest",
        ),
        (
            with(&[("base/manifest/AndroidManifest.xml", Some(b"<manifest/>"))]),
            "base/manifest/AndroidManifest.xml: at offset",
        ),
        (with(&[("base/resources.pb", Some(b"\x0a\xff"))]), "base/resources.pb: at offset"),
        (with(&[("extra/manifest/AndroidManifest.xml", Some(b""))]), "extra/manifest/AndroidManifest.xml: at offset 0"),
    ] {
        let world = world(&bundle);
        let at = ["--at", "string/client_id={client_id}", "--at", "meta-data/com.example.CLIENT_ID={client_id}"];
        world.refuses(|world| world.signed(&[&["app.aab", "--env", "dev"][..], &at].concat()), 3, &["app.aab: ", text]);
    }
    for (bundle, code) in [
        (with(&[("BundleConfig.pb", None)]), "aab.entry (BundleConfig.pb)"),
        (with(&[("base/assets/folder/", Some(b""))]), "aab.folder (base/assets/folder/)"),
    ] {
        let world = world(&bundle);
        let run = world.signed(&["app.aab", "--env", "dev"]).exits(7);
        assert!(run.err.contains(code), "{}", run.err);
    }
}

#[test]
fn one_program_in_several_modules_is_one_program() {
    let dex = entry(&demo(), "base/dex/classes.dex");
    let other = inject::format::dex::edit(
        &dex,
        &[inject::format::dex::DexEdit {
            target: inject::format::dex::Target::Value("placeholder-in-dex".into()),
            value: "another-constant".into(),
        }],
    )
    .unwrap();
    let at = ["--at", "dex/setClientId={client_id}"];
    // The same constant in both is one place; two different ones are a question.
    let both = world(&with(&[("extra/dex/classes.dex", Some(&dex))]));
    both.signed(&[&["app.aab", "--env", "dev", "-o", "out.aab"][..], &at].concat()).exits(0);
    let out = both.read("out.aab");
    assert_eq!(values(&out, "dex/setClientId").len(), 2);
    assert!(!apk_holds(&out, "placeholder-in-dex"));
    let two = world(&with(&[("extra/dex/classes.dex", Some(&other))]));
    let texts = ["2 different constants reach this method", "base/dex/classes.dex", "extra/dex/classes.dex"];
    two.refuses(|world| world.signed(&[&["app.aab", "--env", "dev"][..], &at].concat()), 4, &texts);
}

#[test]
fn code_transparency_keeps_code_as_it_is() {
    let name = "BUNDLE-METADATA/com.android.tools.build.bundletool/code_transparency_signed.jwt";
    let world = world(&with(&[(name, Some(b"a.b.c"))]));
    let at = ["--at", "dex/setClientId={client_id}"];
    world.refuses(
        |world| world.signed(&[&["app.aab", "--env", "dev"][..], &at].concat()),
        4,
        &[name, "signs the code"],
    );
    // Resources are not code.
    world.signed(&["app.aab", "--env", "dev"]).exits(0);
    // In a package it has another name.
    let name = "META-INF/code_transparency_signed.jwt";
    world.write("app.apk", super::repacked(&[(name, b"a.b.c")], |_, content| content));
    world.refuses(
        |world| world.signed(&[&["app.apk", "--env", "dev"][..], &at].concat()),
        4,
        &[name, "signs the code"],
    );
}

/// A profile of two dex files with these checksums, as `androidx.profileinstaller` writes it.
pub fn profile(checksums: [u32; 2]) -> Vec<u8> {
    use std::io::Write;
    let mut lines = Vec::new();
    for (number, checksum) in checksums.into_iter().enumerate() {
        let name = format!("classes{number}.dex");
        lines.extend_from_slice(&u16::try_from(name.len()).unwrap().to_le_bytes());
        lines.extend_from_slice(&[3, 0, 0, 0, 0, 0]);
        lines.extend_from_slice(&checksum.to_le_bytes());
        lines.extend_from_slice(&[7, 0, 0, 0]);
        lines.extend_from_slice(name.as_bytes());
    }
    lines.extend_from_slice(b"classes and methods");
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&lines).unwrap();
    let packed = encoder.finish().unwrap();
    let mut out = b"pro\x00010\x00\x02".to_vec();
    out.extend_from_slice(&u32::try_from(lines.len()).unwrap().to_le_bytes());
    out.extend_from_slice(&u32::try_from(packed.len()).unwrap().to_le_bytes());
    out.extend_from_slice(&packed);
    out
}

pub fn lines(profile: &[u8]) -> Vec<u8> {
    use std::io::Read;
    let mut out = Vec::new();
    flate2::read::ZlibDecoder::new(&profile[17..]).read_to_end(&mut out).unwrap();
    out
}

#[test]
fn a_profile_of_the_code_follows_a_dex_that_changes() {
    let of_bundle = "BUNDLE-METADATA/com.android.tools.build.profiles/baseline.prof";
    let crc = crc32fast::hash(&entry(&demo(), "base/dex/classes.dex"));
    let old = profile([crc, 0x1234_5678]);
    let world = world(&with(&[(of_bundle, Some(&old))]));
    // Resources are not what it is about.
    world.signed(&["app.aab", "--env", "dev", "-o", "resources.aab"]).exits(0);
    assert_eq!(entry(&world.read("resources.aab"), of_bundle), old);
    let at = ["--at", "dex/setClientId={client_id}"];
    world.signed(&[&["app.aab", "--env", "dev", "-o", "out.aab"][..], &at].concat()).exits(0);
    let out = world.read("out.aab");
    let now = crc32fast::hash(&entry(&out, "base/dex/classes.dex"));
    assert_ne!(now, crc);
    assert!(lines(&entry(&out, of_bundle)) == lines(&profile([now, 0x1234_5678])));
    // There and back.
    world.signed(&[&["out.aab", "--env", "prod", "-o", "prod.aab"][..], &at].concat()).exits(0);
    world.signed(&[&["prod.aab", "--env", "dev", "-o", "back.aab"][..], &at].concat()).exits(0);
    assert!(world.read("back.aab") == out);
    // In a package it has another name.
    let package = super::repacked(&[("assets/dexopt/baseline.prof", &old)], |_, content| content);
    world.write("app.apk", &package);
    world.signed(&[&["app.apk", "--env", "dev"][..], &at].concat()).exits(0);
    let now = crc32fast::hash(&entry(&world.read("app.apk"), "classes.dex"));
    assert!(
        lines(&entry(&world.read("app.apk"), "assets/dexopt/baseline.prof")) == lines(&profile([now, 0x1234_5678]))
    );
    // What cannot be read is said.
    world.write("odd.aab", with(&[(of_bundle, Some(b"pro\x00015\x00"))]));
    let run = world.signed(&[&["odd.aab", "--env", "dev"][..], &at].concat()).exits(0);
    assert!(run.err.contains("baseline.prof is a profile in a form that is not known here"), "{}", run.err);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn no_bytes_of_a_profile_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0_usize..200, by in 1_u8..) {
        let _ = inject::format::art_profile::with_checksums(&bytes, &[(1, 2)]);
        let mut damaged = profile([1, 3]);
        let at = at % damaged.len();
        damaged[at] ^= by;
        let _ = inject::format::art_profile::with_checksums(&damaged, &[(1, 2)]);
        let _ = inject::format::art_profile::with_checksums(&damaged[..at], &[(1, 2)]);
    }
}
