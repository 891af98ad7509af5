//! Archives of packages, and what lies beside packages: what is not a package stays, and what says something of one follows.

use std::fs;

use inject::format::zip::Archive;

use super::set::{NAMES, folder, package, packed, put, raw, world};
use super::{APP, World, apk_holds, entry, values};

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn an_archive_keeps_all_but_its_packages() {
    let names = ["com.example.demo.apk", "config.de.apk", "feature/extra.apk"];
    let packages: Vec<Vec<u8>> = NAMES.iter().map(|name| package(name)).collect();
    let total: usize = packages.iter().map(Vec::len).sum();
    let obb = super::noise(70_000);
    let md5 = {
        use md5::{Digest, Md5};
        Md5::digest(&packages[1]).iter().map(|byte| format!("{byte:02X}")).collect::<String>()
    };
    let listing = format!(
        "{{\n  \"xapk_version\" : 2, \"total_size\": \"{total}\",\n \"split_apks\":[{{\"file\":\"config.de.apk\", \"md5\":\"{md5}\",\
         \"sha256\":\"{}\"}}, {{\"file\":\"x\",\"sha256\":\"{}\"}}]\n}}\n",
        sha256(&packages[1]),
        sha256(b"another file")
    );
    for deflated in [false, true] {
        let world = World::new();
        let entries: Vec<(&str, &[u8])> = vec![
            ("icon.png", b"\x89PNG"),
            (names[1], &packages[1]),
            ("Android/obb/com.example.demo/main.7.com.example.demo.obb", &obb),
            (names[0], &packages[0]),
            ("manifest.json", listing.as_bytes()),
            (names[2], &packages[2]),
            ("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\r\n"),
            ("META-INF/APKMIRRO.SF", b"Signature-Version: 1.0\r\n"),
        ];
        world.write("app.xapk", packed(&entries, deflated));
        let run = world.signed(&["app.xapk", "--env", "dev", "-o", "dev.xapk"]).exits(0);
        run.says(&["4 places, signed v1 v2 v3", "the signature of the archive itself is gone"]);
        let (id, _) = world.credential(APP, "dev");
        let (before, dev) = (raw(&world.read("app.xapk")), world.read("dev.xapk"));
        let after = raw(&dev);
        let kept = before.iter().filter(|(name, ..)| !name.starts_with("META-INF/"));
        let order: Vec<(&String, u16)> = kept.map(|(name, method, _)| (name, *method)).collect();
        assert_eq!(after.iter().map(|(name, method, _)| (name, *method)).collect::<Vec<_>>(), order);
        for name in ["icon.png", "Android/obb/com.example.demo/main.7.com.example.demo.obb"] {
            assert!(before.iter().find(|(other, ..)| other == name) == after.iter().find(|(other, ..)| other == name));
        }
        let mut sizes = 0;
        for name in names {
            let package = entry(&dev, name);
            sizes += package.len();
            assert_eq!(values(&package, "string/client_id"), [id.as_str()], "{name}");
            assert!(!apk_holds(&package, "placeholder-client"), "an old value is left in {name}");
        }
        // Its text stays but for the numbers; what is about another file stays too.
        let config = entry(&dev, names[1]);
        let (old, new) = (sha256(&packages[1]), sha256(&config));
        let new_md5 = {
            use md5::{Digest, Md5};
            Md5::digest(&config).iter().map(|byte| format!("{byte:02X}")).collect::<String>()
        };
        let expected =
            listing.replace(&total.to_string(), &sizes.to_string()).replace(&old, &new).replace(&md5, &new_md5);
        assert_eq!(String::from_utf8(entry(&dev, "manifest.json")).unwrap(), expected);

        assert_eq!(world.inject(&["identify", "dev.xapk"]).exits(0).out, format!("dev.xapk: {APP} in dev\n"));
        world.inject(&["verify", "dev.xapk", "--env", "dev"]).exits(0);
        world.signed(&["dev.xapk", "--env", "dev"]).exits(0).says(&["up to date"]);
        assert!(world.read("dev.xapk") == dev);
        world.signed(&["dev.xapk", "--env", "prod", "-o", "prod.xapk"]).exits(0);
        world
            .inject(&["verify", "prod.xapk", "--env", "dev"])
            .exits(7)
            .says(&[&format!("leak.foreign ({}!/", names[1])]);
        world.signed(&["prod.xapk", "--env", "dev"]).exits(0);
        assert!(world.read("prod.xapk") == dev, "dev over prod is not dev");
    }
}

#[test]
fn a_listing_that_is_not_understood_stays() {
    for (listing, text) in [
        (
            "{\"total_size\": 5}",
            "manifest.json: its total_size is 5, which its packages have not together (34229), so it stays as it is",
        ),
        ("no JSON", "manifest.json: it is no JSON, so it stays as it is"),
    ] {
        let world = World::new();
        let packages: Vec<Vec<u8>> = NAMES.iter().map(|name| package(name)).collect();
        let mut entries: Vec<(&str, &[u8])> =
            NAMES.iter().zip(&packages).map(|(name, one)| (*name, one.as_slice())).collect();
        entries.push(("manifest.json", listing.as_bytes()));
        world.write("app.xapk", packed(&entries, false));
        world.signed(&["app.xapk", "--env", "dev"]).exits(0).says(&[text]);
        assert_eq!(entry(&world.read("app.xapk"), "manifest.json"), listing.as_bytes());
        world.inject(&["verify", "app.xapk", "--env", "dev"]).exits(0);
    }
}

#[test]
fn a_name_that_is_no_utf_8_changes_like_any_other() {
    let packages: Vec<Vec<u8>> = NAMES.iter().map(|name| package(name)).collect();
    let entries: Vec<(&str, &[u8])> =
        vec![("base.apk", &packages[0]), ("cafX.apk", &packages[1]), ("cafY.apk", &packages[2])];
    let mut archive = packed(&entries, false);
    for at in 0..archive.len() - 8 {
        if archive[at..].starts_with(b"caf") && archive[at + 4..].starts_with(b".apk") {
            archive[at + 3] = if archive[at + 3] == b'X' { 0xe9 } else { 0xff };
        }
    }
    let world = World::new();
    world.write("app.xapk", &archive);
    world.signed(&["app.xapk", "--env", "dev"]).exits(0);
    world.inject(&["verify", "app.xapk", "--env", "dev"]).exits(0);
    let out = world.read("app.xapk");
    assert!(!super::holds(&out, "placeholder-client-id"), "an old value is left");
    // What lies beside the archive, or where an entry's name leads, is not of it.
    world.write("app.xapk!/base.apk.idsig", "junk");
    world.inject(&["verify", "app.xapk", "--env", "dev"]).exits(0);
}

#[test]
fn one_kind_of_device_each() {
    // bundletool packs a package for each kind of device, several of one split, and lists them in toc.pb.
    let (base, config) = (package("base.apk"), package("split_config.de.apk"));
    let full = super::demo();
    let entries: Vec<(&str, &[u8])> = vec![
        ("toc.pb", b"\x0a\x00"),
        ("splits/base-master.apk", &base),
        ("splits/base-de.apk", &config),
        ("splits/base-de_2.apk", &config),
        ("splits/base-master_2.apk", &base),
        ("standalones/standalone-hdpi.apk", &full),
    ];
    let world = World::new();
    world.write("app.apks", packed(&entries, false));
    world.signed(&["app.apks", "--env", "dev"]).exits(0);
    let (id, _) = world.credential(APP, "dev");
    for (name, _) in &entries[1..] {
        let values = values(&entry(&world.read("app.apks"), name), "string/client_id");
        assert!(!values.is_empty() && values.iter().all(|value| *value == id), "{name}: {values:?}");
    }
    assert_eq!(entry(&world.read("app.apks"), "toc.pb"), b"\x0a\x00");
    world.inject(&["verify", "app.apks", "--env", "dev"]).exits(0);
    // What is made is made for each of these devices.
    world.signed(&["app.apks", "--env", "dev", "--at", "string/brand=x", "--create"]).exits(0).says(&["3 places"]);
}

#[test]
fn a_profile_beside_a_package_follows_a_dex_that_changes() {
    let crc = crc32fast::hash(&entry(&package("base.apk"), "classes.dex"));
    let old = super::bundle::profile([crc, 0x1234_5678]);
    let dm = packed(
        &[("manifest.json", b"{\"packageName\":\"com.example.demo\",\"versionCode\":7}"), ("primary.prof", &old)],
        true,
    );
    let at = ["--at", "dex/setClientId={client_id}"];
    let follows = |package: &[u8], dm: &[u8]| {
        let now = crc32fast::hash(&entry(package, "classes.dex"));
        assert_ne!(now, crc);
        let expected = super::bundle::lines(&super::bundle::profile([now, 0x1234_5678]));
        assert!(super::bundle::lines(&entry(dm, "primary.prof")) == expected);
    };
    let world = world();
    world.write("set/base.dm", &dm);
    // Resources are not what it is about; a package elsewhere has it beside it.
    world.signed(&["set", "--env", "dev", "-o", "resources"]).exits(0);
    assert!(world.read("resources/base.dm") == dm);
    world.signed(&[&["set", "--env", "dev"][..], &at].concat()).exits(0);
    follows(&world.read("set/base.apk"), &world.read("set/base.dm"));
    let dev = folder(&world, "set");
    world.signed(&[&["set", "--env", "prod"][..], &at].concat()).exits(0);
    world.signed(&[&["set", "--env", "dev"][..], &at].concat()).exits(0);
    assert!(folder(&world, "set") == dev, "dev over prod is not dev");
    // A package by itself, in its place and elsewhere.
    world.demo("app.apk");
    let old = super::bundle::profile([crc32fast::hash(&entry(&super::demo(), "classes.dex")), 0x1234_5678]);
    world.write("app.dm", packed(&[("primary.prof", &old)], false));
    world.signed(&[&["app.apk", "--env", "dev", "-o", "out.apk"][..], &at].concat()).exits(0);
    follows(&world.read("out.apk"), &world.read("out.dm"));
    world.signed(&[&["app.apk", "--env", "dev"][..], &at].concat()).exits(0);
    follows(&world.read("app.apk"), &world.read("app.dm"));
    // In an archive.
    let (base, config) = (package("base.apk"), package("split_config.de.apk"));
    world.write("set.apkm", packed(&[("base.apk", &base), ("base.dm", &dm), ("de.apk", &config)], false));
    world.signed(&[&["set.apkm", "--env", "dev"][..], &at].concat()).exits(0);
    follows(&entry(&world.read("set.apkm"), "base.apk"), &entry(&world.read("set.apkm"), "base.dm"));
    // Also where its name is no UTF-8.
    let mut odd = packed(&[("bXse.apk", &base), ("bXse.dm", &dm), ("de.apk", &config)], false);
    for at in 0..odd.len() - 4 {
        if odd[at..].starts_with(b"bXse") {
            odd[at + 1] = 0xe4;
        }
    }
    world.write("names.apkm", odd);
    world.signed(&[&["names.apkm", "--env", "dev"][..], &at].concat()).exits(0);
    let new = world.read("names.apkm");
    let new = Archive::open(&*new).unwrap();
    follows(&new.read(0).unwrap(), &new.read(1).unwrap());
    // What cannot follow is left out, and said.
    let odd: [Vec<u8>; 3] = [
        b"no archive".to_vec(),
        packed(&[("primary.prof", b"pro\x00015\x00")], false),
        packed(&[("primary.prof", &old), ("primary.vdex", b"vdex")], false),
    ];
    for dm in odd {
        let text = "base.dm is left out: it is about the code before the change";
        put(&world, "odd");
        world.write("odd/base.dm", &dm);
        world.signed(&[&["odd", "--env", "dev"][..], &at].concat()).exits(0).says(&[text]);
        assert!(!world.path("odd/base.dm").exists());
        world.write("odd.apkm", packed(&[("base.apk", &base), ("base.dm", &dm), ("de.apk", &config)], false));
        world.signed(&[&["odd.apkm", "--env", "dev"][..], &at].concat()).exits(0).says(&[text]);
        assert!(!raw(&world.read("odd.apkm")).iter().any(|(name, ..)| name == "base.dm"));
        world.demo("odd.apk");
        world.write("odd.dm", &dm);
        world.signed(&[&["odd.apk", "--env", "dev"][..], &at].concat()).exits(0).says(&["odd.dm is left out"]);
        assert!(!world.path("odd.dm").exists());
    }
}

#[test]
fn a_damaged_package_of_a_set_is_named() {
    let (base, config) = (package("base.apk"), package("split_config.de.apk"));
    let cut = &config[..config.len() - 30];
    let world = World::new();
    world.write("dist/base.apk", &base);
    world.write("dist/de.apk", cut);
    world.refuses(|world| world.signed(&["dist", "--env", "dev"]), 3, &["de.apk: "]);
    for deflated in [false, true] {
        world.write("set.xapk", packed(&[("base.apk", &base), ("de.apk", cut)], deflated));
        world.refuses(|world| world.signed(&["set.xapk", "--env", "dev"]), 3, &["set.xapk", "de.apk: "]);
        // A flipped bit in what is packed.
        let whole = packed(&[("base.apk", &base), ("de.apk", &config)], deflated);
        let at = {
            let archive = Archive::open(whole.as_slice()).unwrap();
            usize::try_from(archive.entries()[1].data_offset()).unwrap() + 200
        };
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        world.write("set.xapk", &damaged);
        let run = world.signed(&["set.xapk", "--env", "dev"]);
        assert!(
            run.code != Some(0) || world.inject(&["verify", "set.xapk", "--env", "dev"]).code == Some(0),
            "{}",
            run.err
        );
    }
    world.write("empty.apks", packed(&[("toc.pb", b"")], false));
    world.refuses(|world| world.signed(&["empty.apks", "--env", "dev"]), 3, &["there is no package in empty.apks"]);
    // A folder within is none of a set's business, nor what Finder leaves.
    put(&world, "set");
    world.write("set/._base.apk", "Mac OS X");
    fs::create_dir(world.path("set/folder.apk")).unwrap();
    world.signed(&["set", "--env", "dev"]).exits(0);
}
