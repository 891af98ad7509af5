//! Sets of packages, a base and its splits: in a folder, given together, in an archive. Places in every one of them, one signer, all
//! or nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read, Write};

use inject::artifact::apk::Apk;
use inject::format::zip::{Archive, Change, NewEntry, Rewrite};
use inject::placement::Address;

use super::{APP, Run, World, apk_holds, entry, holds, key, testdata, values};

pub(super) const NAMES: [&str; 3] = ["base.apk", "split_config.de.apk", "split_extra.apk"];

/// A package of the set of the fixtures, as `aapt2` and `apksigner` made it.
pub(super) fn package(name: &str) -> Vec<u8> {
    fs::read(testdata("set").join(name)).unwrap()
}

/// A world with the set in a folder.
pub(super) fn world() -> World {
    let world = World::new();
    put(&world, "set");
    world
}

pub(super) fn put(world: &World, folder: &str) {
    for name in NAMES {
        world.write(&format!("{folder}/{name}"), package(name));
    }
}

/// Every file of a folder of the project, by name.
pub(super) fn folder(world: &World, name: &str) -> BTreeMap<String, Vec<u8>> {
    let files = super::files_below(&world.path(name)).into_iter();
    files.map(|(path, content)| (path.file_name().unwrap().to_string_lossy().into_owned(), content)).collect()
}

/// A package with bytes of its manifest replaced by others of the same length.
fn with_manifest(package: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    with_entry(package, "AndroidManifest.xml", |content| {
        let found: Vec<usize> = (0..content.len()).filter(|at| content[*at..].starts_with(old)).collect();
        assert!(!found.is_empty());
        for at in found {
            content[at..at + new.len()].copy_from_slice(new);
        }
    })
}

fn with_entry(package: &[u8], name: &str, edit: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let archive = Archive::open(package).unwrap();
    let index = archive.find(name.as_bytes()).unwrap();
    let mut content = archive.read(index).unwrap();
    edit(&mut content);
    let changes = [(index, Change::Replace(content))].into_iter().collect();
    archive.rewritten(&Rewrite { changes, ..Rewrite::default() }).unwrap()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// An archive of these entries, stored or deflated.
pub(super) fn packed(entries: &[(&str, &[u8])], deflated: bool) -> Vec<u8> {
    let method = if deflated { zip::CompressionMethod::Deflated } else { zip::CompressionMethod::Stored };
    let options = zip::write::SimpleFileOptions::default().compression_method(method);
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Every entry of an archive as it lies there, in the order of the directory.
pub(super) fn raw(archive: &[u8]) -> Vec<(String, u16, Vec<u8>)> {
    let opened = Archive::open(archive).unwrap();
    let entries = opened.entries().iter().map(|entry| {
        let range = entry.data_range();
        let data = archive[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()].to_vec();
        (entry.display_name(), entry.method(), data)
    });
    entries.collect()
}

#[test]
fn every_package_of_a_folder_gets_the_environment() {
    let world = world();
    world.write("set/notes.txt", "not of the set");
    let run = world.signed(&["set", "--env", "dev"]).exits(0);
    run.says(&["done set carries dev of com.example.demo", "4 places, signed v1 v2 v3"]);
    let (id, secret) = world.credential(APP, "dev");
    let dev = folder(&world, "set");
    assert_eq!(dev["notes.txt"], b"not of the set");
    // What a device reads in German, and what the feature has, is the environment's too.
    for name in NAMES {
        assert_eq!(values(&dev[name], "string/client_id"), [id.as_str()], "{name}");
        assert!(!apk_holds(&dev[name], "placeholder-client"), "an old value is left in {name}");
    }
    assert_eq!(values(&dev["base.apk"], "string/client_secret"), [secret.as_str()]);

    assert_eq!(world.inject(&["identify", "set"]).exits(0).out, format!("set: {APP} in dev\n"));
    let verified = world.inject(&["verify", "set", "--env", "dev"]).exits(0).out;
    assert!(verified.starts_with("set: carries dev, sound, signed v1 v2 v3 by CN=inject demo"), "{verified}");
    let shown = world.inject(&["inspect", "set"]).exits(0).out;
    let texts = [
        "set of Android packages (base and splits)",
        "packages    base.apk, split_config.de.apk, split_extra.apk",
        &format!("apk:string/client_id = {id} (com.example.demo in dev) in split_config.de.apk!/resources.arsc"),
    ];
    for text in texts {
        assert!(shown.contains(text), "no {text:?} in\n{shown}");
    }
    assert!(!shown.contains(&secret));
    let json = world.inject(&["inspect", "set", "--json"]).exits(0).json();
    assert_eq!(json["artifacts"][0]["kind"], "apk_set");
    assert_eq!(json["artifacts"][0]["facts"]["packages"].as_array().unwrap().len(), 3);

    // The same again is nothing to do; there and back is where it was.
    world.signed(&["set", "--env", "dev"]).exits(0).says(&["up to date"]);
    assert!(folder(&world, "set") == dev);
    world.signed(&["set", "--env", "dev", "--check"]).exits(0);
    world.signed(&["set", "--env", "prod", "--check"]).exits(8);
    world.signed(&["set", "--env", "prod", "-o", "prod", "--receipt", "receipt.json"]).exits(0);
    assert!(folder(&world, "set") == dev, "the input changed");
    let prod = folder(&world, "prod");
    assert_eq!(prod.keys().map(String::as_str).collect::<Vec<_>>(), NAMES);
    for text in [&id, &secret] {
        assert!(!prod.values().any(|package| apk_holds(package, text)));
    }
    world.inject(&["verify", "prod", "--env", "prod", "--receipt", "receipt.json"]).exits(0);
    world.inject(&["verify", "prod", "--env", "dev"]).exits(7).says(&[
        "place.value (apk:string/client_id in split_config.de.apk!/resources.arsc)",
        "leak.foreign (base.apk!/resources.arsc): it holds the secret of com.example.demo in prod",
    ]);
    world.signed(&["prod", "--env", "dev"]).exits(0);
    for name in NAMES {
        assert!(world.read(&format!("prod/{name}")) == dev[name], "{name}: dev over prod is not dev");
    }
}

#[test]
fn what_nothing_changes_in_and_is_signed_so_stays() {
    let world = world();
    let args = ["set", "--env", "dev"];
    let at = ["--at", "assets/app.properties#client.id={client_id}"];
    let run = world.signed(&[&args[..], &at, &["--json"]].concat()).exits(0);
    assert_eq!(run.json()["artifacts"][0]["entries"], serde_json::json!(["base.apk!/assets/app.properties"]));
    for name in &NAMES[1..] {
        assert!(world.read(&format!("set/{name}")) == package(name), "{name} changed");
    }
    assert_ne!(world.read("set/base.apk"), package("base.apk"));
    // A place that is nowhere is the base's, once.
    let at = ["--at", "string/brand=x", "--create"];
    world.signed(&[&args[..], &at].concat()).exits(0).says(&["1 place"]);
    assert_eq!(values(&world.read("set/base.apk"), "string/brand"), ["x"]);
    assert!(world.read("set/split_extra.apk") == package("split_extra.apk"));
    world.refuses(
        |world| world.signed(&["set", "--env", "dev", "--at", "string/client_idd={client_id}"]),
        4,
        &["string/client_idd", "string/client_id"],
    );
}

#[test]
fn files_that_are_given_together_are_one_artifact() {
    let world = world();
    // A full package of the same application, and one that is no package, are not of the set.
    world.demo("set/full.apk");
    world.write("set/text.apk", "no package");
    let files: Vec<String> = NAMES.iter().map(|name| format!("set/{name}")).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let run = world.signed(&[&files[..], &["--env", "dev", "--receipt", "receipt.json"]].concat()).exits(0);
    run.says(&["done set carries dev of com.example.demo", "4 places", "set: receipt in receipt.json"]);
    assert_eq!(world.read("set/full.apk"), super::demo());
    let verify = [&["verify"], &files[..], &["--env", "dev", "--receipt", "receipt.json"]].concat();
    assert!(world.inject(&verify).exits(0).out.starts_with("set: carries dev, sound"));
    assert!(
        world.inject(&[&["identify"], &files[..]].concat()).exits(0).out.starts_with("set: com.example.demo in dev")
    );
    // The digest is that of these files, in any order.
    let mut turned = files.clone();
    turned.reverse();
    world.inject(&[&["verify"], &turned[..], &["--env", "dev", "--receipt", "receipt.json"]].concat()).exits(0);
    world.write("set/split_extra.apk", package("split_extra.apk"));
    world
        .inject(&verify)
        .exits(7)
        .says(&["receipt.digest", "place.value (apk:string/client_id in split_extra.apk!/resources.arsc)"]);
    // Beside other artifacts, and elsewhere.
    world.demo("app.apk");
    let both = [&["app.apk"], &files[..], &["--env", "dev", "--json"]].concat();
    assert_eq!(world.signed(&both).exits(0).json()["artifacts"].as_array().unwrap().len(), 2);
    world.signed(&[&files[..], &["--env", "dev", "-o", "out"]].concat()).exits(0);
    assert_eq!(folder(&world, "out").len(), 3);
    // However the folder is spelled; and one that was left out is named.
    let spelled = [files[0].to_owned(), format!("./{}", files[1]), world.path(files[2]).display().to_string()];
    let spelled: Vec<&str> = spelled.iter().map(String::as_str).collect();
    world.signed(&[&spelled[..], &["--env", "dev"]].concat()).exits(0).says(&["up to date"]);
    let partial = "the split split_config.de.apk has this place too; give it too, or the folder";
    world.signed(&["set/base.apk", "set/split_extra.apk", "--env", "dev"]).exits(0).says(&[partial]);
    // As inject.toml lists them.
    let config = "version = 1\n[env.dev]\n[app.demo]\nid = \"com.example.demo\"\nartifacts = [\"out/*.apk\"]\n";
    world.write("inject.toml", config);
    world.signed(&["--env", "dev"]).exits(0).says(&["done out carries dev of com.example.demo: up to date"]);
}

#[test]
fn one_file_of_a_set_is_still_one_artifact() {
    let world = world();
    world.signed(&["set/base.apk", "--env", "dev"]).exits(0).says(&[
        "partial: apk:string/client_id: the split split_config.de.apk has this place too; give it too, or the folder",
    ]);
    assert!(world.read("set/split_config.de.apk") == package("split_config.de.apk"));
}

/// The same with another version.
fn other_version(package: &[u8]) -> Vec<u8> {
    with_manifest(package, &[8, 0, 0, 0x10, 7, 0, 0, 0], &[8, 0, 0, 0x10, 9, 0, 0, 0])
}

/// Packages, each with its name.
type Packages<'a> = Vec<(&'a str, Vec<u8>)>;

#[test]
fn an_incomplete_or_mixed_set_is_refused() {
    // `android:compileSdkVersionCodename`, a text of two of the packages, as another attribute.
    let (codename, required, types) = ([0x73, 5, 1, 1], [0x4e, 6, 1, 1], [0x4f, 6, 1, 1]);
    let requiring = with_manifest(&package("base.apk"), &codename, &required);
    let other_app = with_manifest(&package("split_extra.apk"), &utf16("com.example.demo"), &utf16("com.example.dame"));
    let cases: Vec<(&str, Packages<'_>, &str)> = vec![
        (
            "no base",
            vec![("a.apk", package("split_config.de.apk")), ("b.apk", package("split_extra.apk"))],
            "set.incomplete (a.apk): no package is the base, only the splits config.de, extra; add it",
        ),
        (
            "no split",
            vec![("base.apk", package("base.apk"))],
            "set.incomplete (base.apk): it is not installed without its splits; add them",
        ),
        (
            "no split of a type",
            vec![("base.apk", requiring.clone()), ("de.apk", package("split_config.de.apk"))],
            "set.incomplete (base.apk): it requires splits of the types 10.0.0, and none is there; add them",
        ),
        (
            "another version",
            vec![("base.apk", package("base.apk")), ("extra.apk", other_version(&package("split_extra.apk")))],
            "set.mixed (extra.apk): its versionCode is 9, that of base.apk is 7; take both of one build",
        ),
        (
            "another application",
            vec![("base.apk", package("base.apk")), ("extra.apk", other_app)],
            "set.mixed (extra.apk): it is of com.example.dame, and base.apk of com.example.demo; a set is one application",
        ),
        (
            "a split twice",
            vec![
                ("base.apk", package("base.apk")),
                ("de.apk", package("split_config.de.apk")),
                ("de2.apk", package("split_config.de.apk")),
            ],
            "set.mixed (de2.apk): de.apk is the split config.de too; remove one of them",
        ),
        (
            "two bases",
            vec![
                ("base.apk", package("base.apk")),
                ("de.apk", package("split_config.de.apk")),
                ("full.apk", super::demo()),
            ],
            "set.mixed (full.apk): base.apk is a base too; remove one of them",
        ),
    ];
    for (what, packages, text) in cases {
        let world = World::new();
        for (name, content) in &packages {
            world.write(&format!("dist/{name}"), content);
        }
        let entries: Vec<(&str, &[u8])> = packages.iter().map(|(name, content)| (*name, content.as_slice())).collect();
        world.write("set.xapk", packed(&entries, false));
        for artifact in ["dist", "set.xapk"] {
            let run = world.refuses(|world| world.signed(&[artifact, "--env", "dev"]), 7, &[text]);
            assert_eq!(run.err.lines().count(), 1, "{what}: {}", run.err);
            world.inject(&["verify", artifact, "--signature-only"]).exits(7).says(&[text]);
        }
    }
    // A base that has what it requires.
    let world = World::new();
    world.write("dist/base.apk", &requiring);
    world.write("dist/extra.apk", with_manifest(&package("split_extra.apk"), &codename, &types));
    world.signed(&["dist", "--env", "dev"]).exits(0);
    world.inject(&["verify", "dist", "--env", "dev"]).exits(0);
    // Packages that need no splits are a folder of files, as before.
    let world = World::new();
    world.demo("dist/app.apk");
    world.refuses(|world| world.signed(&["dist", "--env", "dev"]), 2, &["which application"]);
}

#[test]
fn all_of_a_set_have_one_signer() {
    let world = world();
    let ec = key("ec-p256.p12");
    let other = [("KEYSTORE_FILE", ec.as_str()), ("KEYSTORE_PASSWORD", "secret")];
    let text = "base.apk: the input was signed by CN=inject demo";
    world.refuses(|world| world.run(&other, &["set", "--env", "dev"], ""), 6, &[text]);
    // One split by another key is refused as the whole would be, and is no set for Android.
    world
        .run(&other, &["set/split_extra.apk", "--env", "dev", "--allow-new-signer", "--at", "string/extra_text=x"], "")
        .exits(0);
    world.inject(&["verify", "set", "--signature-only"]).exits(7).says(&["set.signer (split_extra.apk)"]);
    world.refuses(|world| world.signed(&["set", "--env", "dev"]), 6, &["split_extra.apk: the input was signed by"]);
    world.signed(&["set", "--env", "dev", "--allow-new-signer"]).exits(0).says(&["another signer than before"]);
    world.inject(&["verify", "set", "--env", "dev"]).exits(0);
    // Unsigned, for signing later; then signed.
    world.signed(&["set", "--env", "dev", "--unsigned"]).exits(0).says(&["unsigned"]);
    assert!(NAMES.iter().all(|name| !holds(&world.read(&format!("set/{name}")), "APK Sig Block 42")));
    world.signed(&["set", "--env", "dev", "--unsigned"]).exits(0).says(&["up to date"]);
    world.run(&other, &["set", "--env", "dev"], "").exits(0).says(&["signed v1 v2 v3"]);
}

#[test]
fn v4_signatures_lie_beside_the_packages() {
    let world = world();
    world.signed(&["set", "--env", "dev", "--v4"]).exits(0).says(&["signed v1 v2 v3 v4"]);
    assert_eq!(folder(&world, "set").keys().filter(|name| name.ends_with(".apk.idsig")).count(), 3);
    world.signed(&["set", "--env", "dev", "--v4"]).exits(0).says(&["up to date"]);
    world.inject(&["verify", "set", "--env", "dev"]).exits(0);
    let run = world.signed(&["set", "--env", "prod"]).exits(0);
    run.says(&["base.apk.idsig is gone; it was the v4 signature of the old package (--v4 makes a new one)"]);
    assert_eq!(folder(&world, "set").len(), 3);
    // An archive has no files beside its packages.
    let entries: Vec<(&str, Vec<u8>)> = NAMES.iter().map(|name| (*name, package(name))).collect();
    let mut entries: Vec<(&str, &[u8])> = entries.iter().map(|(name, content)| (*name, content.as_slice())).collect();
    entries.push(("base.apk.idsig", b"stale"));
    world.write("set.xapk", packed(&entries, true));
    let text = "a v4 signature is a file beside a package, and set.xapk is an archive";
    world.refuses(|world| world.signed(&["set.xapk", "--env", "dev", "--v4"]), 6, &[text]);
    let run = world.signed(&["set.xapk", "--env", "dev"]).exits(0);
    run.says(&["base.apk.idsig is gone; it was the v4 signature of the old package"]);
    assert!(!raw(&world.read("set.xapk")).iter().any(|(name, ..)| name == "base.apk.idsig"));
}

#[test]
fn what_a_split_or_the_archive_holds_beside_its_places_is_found() {
    let world = world();
    world.signed(&["set", "--env", "dev"]).exits(0);
    let (id, _) = world.credential(APP, "dev");
    // The old Client Id in a file of a split that no place reaches.
    let split = world.read("set/split_extra.apk");
    let stray =
        with_entry(&split, "res/raw/extra.json", |content| *content = format!("{{\"id\":\"{id}\"}}").into_bytes());
    world.write("set/split_extra.apk", stray);
    world.inject(&["register", APP, "--env", "prod"]).exits(0);
    let text = "leak.old (split_extra.apk!/res/raw/extra.json): it holds the old Client Id, where no place reaches";
    world.refuses(|world| world.signed(&["set", "--env", "prod"]), 7, &[text]);
    world.refuses(|world| world.signed(&["set", "--env", "prod", "--check"]), 7, &[text]);
    // In an archive, beside the packages.
    let packages: Vec<Vec<u8>> = NAMES.iter().map(|name| world.read(&format!("set/{name}"))).collect();
    let mut entries: Vec<(&str, &[u8])> = vec![(NAMES[0], &packages[0]), (NAMES[1], &packages[1])];
    let info = format!("{{\"client\":\"{id}\"}}");
    entries.push(("info.json", info.as_bytes()));
    world.write("app.apkm", packed(&entries, true));
    world.refuses(|world| world.signed(&["app.apkm", "--env", "prod"]), 7, &["leak.old (info.json)"]);
    world.signed(&["app.apkm", "--env", "prod", "--gate", "off"]).exits(0);
    world.inject(&["verify", "app.apkm", "--env", "prod"]).exits(7).says(&["leak.foreign (info.json)"]);
    let run = world.refuses(|world| world.signed(&["app.apkm", "--env", "prod", "--gate", "whole"]), 7, &["info.json"]);
    assert!(!run.err.contains(&id), "{}", run.err);
}

#[test]
fn a_folder_for_the_output_is_made_and_has_nothing_else() {
    let world = world();
    let refuses = |args: &[&str], code: i32, text: &str| world.refuses(|world| world.signed(args), code, &[text]);
    world.write("file", "x");
    world.write("other/app.apk", super::demo());
    refuses(&["set", "--env", "dev", "-o", "file"], 3, "file");
    refuses(&["set", "--env", "dev", "-o", "none/out"], 3, "cannot make none/out");
    let foreign = "other holds app.apk, which is not in this set; name an empty folder, or remove it";
    refuses(&["set", "--env", "dev", "-o", "other"], 2, foreign);
    // A link in the folder is not followed where it would be replaced, and nothing is registered for it.
    #[cfg(unix)]
    {
        put(&world, "links");
        fs::rename(world.path("links/split_extra.apk"), world.path("extra.apk")).unwrap();
        std::os::unix::fs::symlink("../extra.apk", world.path("links/split_extra.apk")).unwrap();
        refuses(&["links", "--env", "dev"], 3, "symbolic link");
        assert!(world.read("extra.apk") == package("split_extra.apk"));
    }
    // A failure leaves no folder.
    refuses(&["set", "--env", "dev", "-o", "new", "--at", "string/none={client_id}"], 4, "string/none");
    world.signed(&["set", "--env", "dev", "-o", "new"]).exits(0);
    world.write("new/notes.txt", "stays");
    world.signed(&["set", "--env", "prod", "-o", "new"]).exits(0);
    assert_eq!(world.read("new/notes.txt"), b"stays");
    world.inject(&["verify", "new", "--env", "prod"]).exits(0);
    assert!(world.read("set/base.apk") == package("base.apk"));
}

#[test]
fn a_set_that_changes_meanwhile_or_was_cut_off_is_whole() {
    let world = world();
    world.signed(&["set", "--env", "dev"]).exits(0);
    let dev = folder(&world, "set");
    // A journal that a killed run left is finished or dropped before anything else.
    world.write("set/.inject-journal", "{\"inject_journal\":2,\"files\":[]}");
    world.signed(&["set", "--env", "dev"]).exits(0);
    assert!(folder(&world, "set") == dev);
    // So is one that lies where the output goes.
    world.signed(&["set", "--env", "dev", "-o", "out"]).exits(0);
    world.write("out/.inject-journal", "{\"inject_journal\":2,\"files\":[]}");
    world.write("out/.base.apk.inject-tree-0123456789abcdef", "left");
    world.signed(&["set", "--env", "dev", "-o", "out"]).exits(0);
    assert_eq!(folder(&world, "out").len(), 3);
}

/// A split with this code.
fn with_code(split: &[u8], dex: &[u8]) -> Vec<u8> {
    let archive = Archive::open(split).unwrap();
    let added = vec![NewEntry { name: b"classes.dex".to_vec(), content: dex.to_vec(), method: 8 }];
    archive.rewritten(&Rewrite { added, ..Rewrite::default() }).unwrap()
}

#[test]
fn the_code_of_all_packages_is_one_program() {
    let world = world();
    let base = package("base.apk");
    let dex = entry(&base, "classes.dex");
    let at = ["--at", "dex/setClientId={client_id}"];
    let run = |world: &World, more: &[&str]| world.signed(&[&["set", "--env", "dev"][..], &at, more].concat());
    // The same constant in two packages is one value.
    world.write("set/split_extra.apk", with_code(&package("split_extra.apk"), &dex));
    run(&world, &["-o", "same"]).exits(0).says(&["2 places"]);
    let (id, _) = world.credential(APP, "dev");
    for name in ["same/base.apk", "same/split_extra.apk"] {
        assert_eq!(values(&world.read(name), "dex/setClientId"), [id.as_str()], "{name}");
    }
    // Different ones are a question.
    let mut other = dex.clone();
    let (old, new) = (b"placeholder-in-dex", b"placeholder-in-dez");
    let found: Vec<usize> = (0..other.len()).filter(|at| other[*at..].starts_with(old)).collect();
    assert_eq!(found.len(), 1);
    other[found[0]..found[0] + new.len()].copy_from_slice(new);
    world.write("set/split_extra.apk", with_code(&package("split_extra.apk"), &other));
    let text = "dex/setClientId: packages of this set pass different constants to this method: base.apk, split_extra.apk; name";
    world.refuses(|world| run(world, &[]), 4, &[text]);
    // So are calls in one package alone whose value is not known: the constant is taken out of the code.
    let method = Address::parse("dex/setClientId").unwrap();
    let without = (0..dex.len()).step_by(2).filter(|at| dex[*at] == 0x1a).find_map(|at| {
        let mut code = dex.clone();
        code[at..at + 4].fill(0);
        let split = with_code(&package("split_extra.apk"), &code);
        let passing = Apk::open(split.as_slice()).unwrap().passed(&method).ok()?;
        (passing.constants.is_empty() && !passing.unknown.is_empty()).then_some(split)
    });
    world.write("set/split_extra.apk", without.unwrap());
    let text = "dex/setClientId: not every call of this method passes a string constant: split_extra.apk: ";
    world.refuses(|world| run(world, &[]), 4, &[text]);
    let partial = run(&world, &["--partial", "--gate", "off"]).exits(0);
    partial.says(&["partial: dex/setClientId: ", "split_extra.apk: "]);
    let verify = world.inject(&[&["verify", "set", "--env", "dev"][..], &at].concat());
    assert!(verify.out.starts_with("set: carries dev, partial"), "{}{}", verify.out, verify.err);
}

#[test]
fn a_pair_of_the_signing_block_is_the_bases_and_needs_no_key() {
    let world = world();
    let at = ["--at", "signing-block/0x71777777={client_id}"];
    let packages: Vec<Vec<u8>> = NAMES.iter().map(|name| package(name)).collect();
    let entries: Vec<(&str, &[u8])> = NAMES.iter().zip(&packages).map(|(name, one)| (*name, one.as_slice())).collect();
    world.write("set.xapk", packed(&entries, false));
    for artifact in ["set", "set.xapk"] {
        let run = world.inject(&[&[artifact, "--env", "dev"], &at[..]].concat()).exits(0);
        run.says(&["1 place, signed v1 v2 v3"]);
        let (id, _) = world.credential(APP, "dev");
        let now = |name: &str| {
            if artifact == "set" { world.read(&format!("set/{name}")) } else { entry(&world.read("set.xapk"), name) }
        };
        assert_eq!(values(&now("base.apk"), "signing-block/0x71777777"), [id.as_str()]);
        assert!(NAMES[1..].iter().all(|name| now(name) == package(name)), "a split changed");
        world.inject(&["verify", artifact, "--signature-only"]).exits(0);
        world.inject(&[&["verify", artifact, "--env", "dev"], &at[..]].concat()).exits(0);
        let shown = world.inject(&["inspect", artifact]).exits(0).out;
        let held =
            format!("signing-block/0x71777777 = {id} (com.example.demo in dev) in base.apk!/signing-block/0x71777777");
        assert!(shown.contains(&held), "no {held} in\n{shown}");
        let dev = world.files();
        world.inject(&[&[artifact, "--env", "dev"], &at[..]].concat()).exits(0).says(&["up to date"]);
        assert!(world.files() == dev);
        world.inject(&[&[artifact, "--env", "prod", "--gate", "whole"], &at[..]].concat()).exits(0);
        world.inject(&[&["verify", artifact, "--env", "dev"], &at[..]].concat()).exits(7).says(&["place.value"]);
        // The old value in the pair is found where the place is not named.
        let found = "leak.foreign (base.apk!/signing-block/0x71777777)";
        world.inject(&["verify", artifact, "--env", "dev"]).exits(7).says(&[found]);
        world.inject(&[&[artifact, "--env", "dev"], &at[..]].concat()).exits(0);
        assert!(world.files() == dev, "dev over prod is not dev");
        // With other places it is in the new block.
        world.signed(&[&[artifact, "--env", "dev", "--at", "string/client_id={client_id}"], &at[..]].concat()).exits(0);
        assert_eq!(values(&now("base.apk"), "signing-block/0x71777777"), [id.as_str()]);
        world.inject(&[&["verify", artifact, "--env", "dev"], &at[..]].concat()).exits(0);
    }
    // Without a block there is nothing to put it in.
    world.signed(&["set", "--env", "dev", "--unsigned"]).exits(0);
    let text = "base.apk: place signing-block/0x71777777: this package has no APK Signing Block";
    world.refuses(|world| world.inject(&[&["set", "--env", "dev"], &at[..]].concat()), 4, &[text]);
}

/// The output of a run that says nothing of a secret.
fn silent(run: &Run, secret: &str) {
    assert!(!run.out.contains(secret) && !run.err.contains(secret), "{}\n{}", run.out, run.err);
}

#[test]
fn no_secret_is_said_and_none_is_left_in_a_temporary_file() {
    let world = world();
    let packages: Vec<Vec<u8>> = NAMES.iter().map(|name| package(name)).collect();
    let entries: Vec<(&str, &[u8])> = NAMES.iter().zip(&packages).map(|(name, one)| (*name, one.as_slice())).collect();
    world.write("set.xapk", packed(&entries, true));
    for artifact in ["set", "set.xapk"] {
        let run = world.signed(&[artifact, "--env", "dev", "-v", "--receipt", &format!("{artifact}.json")]).exits(0);
        let (_, secret) = world.credential(APP, "dev");
        silent(&run, &secret);
        for args in
            [vec!["inspect", artifact], vec!["verify", artifact, "--env", "dev"], vec!["identify", artifact, "--json"]]
        {
            silent(&world.inject(&args), &secret);
        }
        let mut receipt = String::new();
        fs::File::open(world.path(&format!("{artifact}.json"))).unwrap().read_to_string(&mut receipt).unwrap();
        assert!(!receipt.contains(&secret));
    }
    assert_eq!(fs::read_dir(world.root().join("tmp")).unwrap().count(), 0);
    let left: Vec<String> = folder(&world, "").into_keys().filter(|name| name.starts_with('.')).collect();
    assert!(left.is_empty(), "{left:?}");
}
