//! The output of a knowledge base as real ones have it: two main objects, one of them a menu, which carries the other one's
//! panel; metadata, packages, an app for iOS, one application each.

use std::collections::BTreeMap;

use inject::format::dex::{self, DexEdit, Target};

use super::{Run, World, entry, files_below, holds, testdata, values, zipped};
use crate::format::build::arsc::{Body, Layout, Pool, Type, package, pool, strings, table};
use crate::format::build::axml::{NONE, Node, document};
use crate::format::build::zip::{Item, Zip};

const VERSION: &str = "11873201";
const PANEL: &str = "d82625fd-5892-40b0-99c9-5c8559c197fc";
const MENU: &str = "9bdcc055-174e-4af6-96cb-a2ceef6c5f09";
/// What the build put there: an id for each main object.
pub const NOTES: &str = "c45876ca29eb60319323ef8cd9596024";
pub const START: &str = "cd3939649b7e08ecc7f22b2725c5b1fd";

fn built(main: &str) -> &'static str {
    if main == "Notes" { NOTES } else { START }
}

/// Keys of integrated security, as they stand in each copy: one of them twice.
fn security(main: &str, at: &str) -> String {
    let id = built(main);
    format!(
        r#""{at}EnableIntegratedSecurity":"True","{at}IntegratedSecurityObjClientID":"{id}","{at}IntegratedSecurityLoginSD":"LoginPanel""#
    )
}

fn properties_of(main: &str) -> String {
    let low = main.to_lowercase();
    format!(
        r#"{{"IsMain":"True","AndroidPackageName":"com.example.{low}","iOSBundleIdentifier":"com.example.kb.{main}",{},"EnableIntegratedSecurity":"True"}}"#,
        security(main, "")
    )
}

fn properties(main: &str) -> String {
    format!(r#"{{"properties":{}}}"#, properties_of(main))
}

/// The object itself: a panel, or a menu.
fn object(main: &str) -> String {
    let own = format!(r#"{{"@IsMain":"True","@AppTitle":"Árbol & Co",{}}}"#, security(main, "@"));
    if main == "Notes" {
        format!(r#"{{"instance":{{"instanceProperties":{own},"data":[],"layout":[{{"@id":"1"}}]}}}}"#)
    } else {
        format!(r#"{{"Dashboard":{{"@Title":"","instanceProperties":{own},"Item":[{{"@object":"Notes"}}]}}}}"#)
    }
}

fn kind(main: &str) -> &'static str {
    if main == "Notes" { "panel" } else { "menu" }
}

const LOGIN: &str = r#"{"instance":{"instanceProperties":{"@IsMain":"False","@IntegratedSecurityObjClientID":""}}}"#;

/// The flat files of a main object, as they lie in a gxsd and in an app.
fn flat(main: &str) -> Vec<(String, String)> {
    let low = main.to_lowercase();
    let mut files = vec![
        (format!("{low}.properties.json"), properties(main)),
        ("gxversion.json".to_owned(), format!(r#"{{ "version":"{VERSION}"}}"#)),
        ("appid.json".to_owned(), r#"{"id":"KB_made_up","servertype":41}"#.to_owned()),
        (format!("{low}.gxapp.json"), format!(r#"{{"app":"{main}"}}"#)),
        ("loginpanel.panel.json".to_owned(), LOGIN.to_owned()),
        (format!("{low}.{}.json", kind(main)), object(main)),
    ];
    if main == "Start" {
        files.push(("notes.panel.json".to_owned(), object("Notes")));
    }
    files
}

/// `gxmetadata/`
pub fn metadata() -> BTreeMap<String, Vec<u8>> {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let apps: Vec<String> = [("Notes", PANEL), ("Start", MENU)]
        .iter()
        .map(|(name, guid)| format!(r#"{{"n":"{name}","t":"{guid}","properties":{}}}"#, properties_of(name)))
        .collect();
    files.insert("sdapps.json".into(), format!(r#"{{"apps":[{}]}}"#, apps.join(",")).into());
    files.insert("gxversion.json".into(), format!(r#"{{ "version":"{VERSION}"}}"#).into());
    files.insert("LastTimeCopy".into(), b"1".to_vec());
    for main in ["Notes", "Start"] {
        let low = main.to_lowercase();
        files.insert(format!("{low}.properties.json"), properties(main).into());
        if main == "Start" {
            files.insert("start.menu.json".into(), object(main).into());
        }
        for platform in ["android", "ios"] {
            files.insert(format!("{low}.{platform}.json"), br#"{"minor":"0","major":"1"}"#.to_vec());
            if main == "Notes" {
                files.insert(format!("notes.panel.{platform}.json"), object(main).into());
            }
            let flat = flat(main);
            let inside: Vec<(&str, &[u8])> = flat.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
            files.insert(format!("{low}.{platform}.gxsd"), zipped(&inside));
        }
    }
    files
}

/// A manifest whose redirect activity has this scheme.
fn manifest(package: &str, scheme: &str) -> Vec<u8> {
    let mut strings: Vec<String> = ["name", "scheme"].map(str::to_owned).to_vec();
    let ids = [0x0101_0003, 0x0101_0027];
    let mut index = |text: &str| {
        strings.push(text.to_owned());
        strings.len() as u32 - 1
    };
    let (prefix, uri) = (index("android"), index(inject::format::axml::ANDROID));
    let (root, attribute, id) = (index("manifest"), index("package"), index(package));
    let (application, activity) = (index("application"), index("activity"));
    let (filter, data) = (index("intent-filter"), index("data"));
    let (redirect, other) = (index("com.genexus.android.gam.AuthRedirectActivity"), index(".MainActivity"));
    let (scheme, https) = (index(scheme), index("https"));
    let one = |class: u32, scheme: u32| {
        vec![
            Node::Start(activity, vec![(uri, 0, class, 3, class)]),
            Node::Start(filter, vec![]),
            Node::Start(data, vec![(uri, 1, scheme, 3, scheme)]),
            Node::End(data),
            Node::End(filter),
            Node::End(activity),
        ]
    };
    let mut nodes = vec![
        Node::Namespace(prefix, uri),
        Node::Start(root, vec![(NONE, attribute, id, 3, id)]),
        Node::Start(application, vec![]),
    ];
    nodes.extend(one(other, https));
    nodes.extend(one(redirect, scheme));
    nodes.extend([Node::End(application), Node::End(root), Node::EndNamespace(prefix, uri)]);
    document(&Pool { strings, utf16: true, ..Pool::default() }, &ids, &nodes)
}

/// A package with these raw resources and this constant for `setClientId`.
fn apk(package_name: &str, scheme: &str, constant: &str, raws: &[(&str, &str)], more: &[(&str, &[u8])]) -> Vec<u8> {
    let paths: Vec<String> = raws.iter().map(|(name, _)| format!("res/raw/{name}")).collect();
    let keys: Vec<&str> = raws.iter().map(|(name, _)| *name).collect();
    let entries: Vec<_> = (0..raws.len()).map(|index| Some((index as u32, Body::String(index as u32)))).collect();
    let raw = Type { id: 1, ..strings(Layout::Dense, "", &entries) };
    let names: Vec<&str> = paths.iter().map(String::as_str).collect();
    let table = table(&pool(&names), &[package(&["raw"], &keys, vec![raw])]);
    let demo = std::fs::read(testdata("demo.apk")).unwrap();
    let code = entry(&demo, "classes.dex");
    let target = Target::Value("placeholder-in-dex".into());
    let code = dex::edit(&code, &[DexEdit { target, value: constant.into() }]).unwrap();
    let mut items = vec![
        Item::new("AndroidManifest.xml", 8, &manifest(package_name, scheme)),
        Item::new("resources.arsc", 0, &table),
        Item::new("classes.dex", 8, &code),
    ];
    items.extend(paths.iter().zip(raws).map(|(path, (_, text))| Item::new(path, 8, text.as_bytes())));
    items.extend(more.iter().map(|(name, content)| Item::new(name, 8, content)));
    Zip::of(items).build()
}

/// The package of a main object, with more entries.
pub fn package_of(main: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let (low, own, properties) = (main.to_lowercase(), object(main), properties(main));
    let (own_name, properties_name) = (format!("{low}_{}", kind(main)), format!("{low}_properties"));
    let notes = object("Notes");
    let mut raws = vec![(own_name.as_str(), own.as_str()), (properties_name.as_str(), properties.as_str())];
    if main == "Start" {
        raws.push(("notes_panel", &notes));
    }
    apk(&format!("com.example.{low}"), &format!("gxgam{}", built(main)), built(main), &raws, more)
}

/// The files of the menu's app, flat, with the property list in text.
fn app() -> Vec<(String, Vec<u8>)> {
    let info = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">\n<dict>\n\
         <key>CFBundleExecutable</key><string>Start</string>\n<key>CFBundleIdentifier</key><string>com.example.kb.Start</string>\n\
         <key>CFBundleURLTypes</key><array><dict><key>CFBundleURLSchemes</key><array><string>gxgam{START}</string></array></dict></array>\n\
         <key>GXDefaultServerMainEntryPoint</key><string>{MENU}-Start</string>\n</dict>\n</plist>\n"
    );
    let mut files: Vec<(String, Vec<u8>)> =
        flat("Start").into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    files.push(("Info.plist".to_owned(), info.into_bytes()));
    files.push(("Start".to_owned(), std::fs::read(testdata("apple/macho/ios-arm64")).unwrap()));
    files
}

/// The whole output, in the project.
fn knowledge_base(world: &World) {
    for (name, content) in metadata() {
        world.write(&format!("web/gxmetadata/{name}"), content);
    }
    world.write("notes.apk", package_of("Notes", &[]));
    world.write("start.apk", package_of("Start", &[]));
    for (name, content) in app() {
        world.write(&format!("Start.app/{name}"), content);
    }
}

const CONFIG: &str = r#"version = 1
default-env = "dev"
[app.notes]
id = "com.example.notes"
ios = "com.example.kb.Notes"
name = "Notes"
preset = ["genexus"]
artifacts = ["web/gxmetadata", "notes.apk"]
[app.start]
id = "com.example.start"
ios = "com.example.kb.Start"
name = "Start"
preset = ["genexus"]
artifacts = ["web/gxmetadata", "start.apk", "Start.app"]
[env.dev]
[env.qa]
"#;

/// Every file of the output below a name, archives taken apart.
fn contents(world: &World) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for (path, content) in files_below(&world.project()) {
        let name = path.strip_prefix(world.project()).unwrap().to_string_lossy().into_owned();
        if content.starts_with(b"PK") {
            let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&content)).unwrap();
            for index in 0..archive.len() {
                let inner = archive.by_index(index).unwrap().name().unwrap().into_owned();
                all.insert(format!("{name}!/{inner}"), entry(&content, &inner));
            }
        } else {
            all.insert(name, content);
        }
    }
    all
}

fn replaced(text: &str, ids: &[(&str, &str)]) -> String {
    ids.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// Places that only lead to copies of the other main object.
const OTHERS: &str = r#"
[preset.panels]
about = "panels"
[[preset.panels.place]]
at = "apk:raw/*_panel#/instance/instanceProperties/@IntegratedSecurityObjClientID"
value = "{client_id}"
by-object = true
"#;

fn switch(world: &World, env: &str) -> Run {
    world.signed(&["--env", env, "--ad-hoc"]).exits(0)
}

#[test]
fn one_run_gives_every_copy_the_id_of_its_own_main_object_and_changes_nothing_else() {
    let world = World::new();
    knowledge_base(&world);
    world.write("inject.toml", CONFIG);
    let before = contents(&world);
    let run = switch(&world, "dev");
    assert!(!run.err.contains("different Client Ids") && !run.err.contains("not known here"), "{}", run.err);
    let after = contents(&world);
    let (notes, _) = world.credential("com.example.notes", "dev");
    let (start, _) = world.credential("com.example.start", "dev");
    assert_eq!(world.credentials(), 2, "one application for each main object");
    let text = |content: &[u8]| String::from_utf8(content.to_vec()).ok();
    let mut changed = 0;
    for (name, old) in &before {
        let new = &after[name];
        assert!(!holds(new, NOTES) && !holds(new, START), "{name}");
        let (Some(old_text), Some(new_text)) = (text(old), text(new)) else { continue };
        // In prototyping metadata the version rises, in apps it stays.
        let version = if name.starts_with("web/") { "11873202" } else { VERSION };
        let expected = replaced(&old_text, &[(NOTES, &notes), (START, &start), (VERSION, version)]);
        assert_eq!(new_text, expected, "{name}");
        changed += usize::from(old_text != new_text);
    }
    assert!(changed >= 20, "{changed}");
    for (file, id) in [("notes.apk", &notes), ("start.apk", &start)] {
        let apk = world.read(file);
        assert_eq!(values(&apk, "dex/setClientId"), [id.as_str()]);
        let schemes = values(&apk, "intent-filter/*#scheme");
        assert_eq!(schemes, ["https".to_owned(), format!("gxgam{id}")]);
    }
    // Again: nothing. The other environment and back: the same but for the version.
    let mut first = contents(&world);
    let run = switch(&world, "dev");
    assert_eq!(run.err.matches("up to date").count(), 5, "{}", run.err);
    assert!(contents(&world) == first);
    switch(&world, "qa");
    assert_eq!(world.credentials(), 4);
    world.inject(&["verify", "--env", "qa"]).exits(0);
    let run = world.inject(&["verify", "start.apk", "--env", "dev"]).exits(7);
    // Many places, one cause, one finding.
    assert_eq!(run.err.matches("place.value").count(), 1, "{}", run.err);
    assert!(run.err.contains("places hold values that are not this environment's"), "{}", run.err);
    // That another main object's copy fits proves nothing of this one.
    world.write("inject.toml", format!("{CONFIG}{OTHERS}"));
    let others = ["verify", "start.apk", "--env", "qa", "--preset", "panels"];
    world
        .inject(&others)
        .exits(7)
        .says(&["place.none", "com.example.start: the presets panels lead to no place of its own"]);
    world.write("inject.toml", CONFIG);
    switch(&world, "dev");
    let mut again = contents(&world);
    for all in [&mut first, &mut again] {
        for (name, content) in all.iter_mut().filter(|(name, _)| name.starts_with("web/")) {
            let text = String::from_utf8_lossy(content).into_owned();
            for version in 2..9 {
                if text.contains(&format!("1187320{version}")) {
                    assert!(name.ends_with("gxversion.json"), "{name}");
                    *content = text.replace(&format!("1187320{version}"), VERSION).into_bytes();
                }
            }
        }
    }
    assert!(first == again, "dev, qa, dev is not dev");
    world.inject(&["verify", "--env", "dev"]).exits(0);
    let run = world.inject(&["identify", "web/gxmetadata", "notes.apk", "start.apk", "Start.app"]).exits(0);
    for line in [
        "web/gxmetadata (Notes): com.example.notes in dev",
        "web/gxmetadata (Start): com.example.start in dev",
        "notes.apk: com.example.notes in dev",
        "start.apk: com.example.start in dev",
        "start.apk (notes): com.example.notes in dev",
        "Start.app: com.example.start in dev",
    ] {
        assert!(run.out.lines().any(|said| said == line), "no {line:?} in\n{}", run.out);
    }
}

#[test]
fn artifacts_of_one_main_object_find_each_other_without_a_configuration() {
    let world = World::new();
    knowledge_base(&world);
    world.inject(&["Start.app", "--env", "dev", "--ad-hoc"]).exits(0).says(&["carries dev of com.example.start"]);
    world.signed(&["start.apk", "--env", "dev"]).exits(0);
    world.inject(&["web/gxmetadata", "--env", "dev", "--app", "start"]).exits(0);
    assert_eq!(world.credentials(), 1);
    // The other main object's copies stay, and whose they are is said once.
    let run = world.signed(&["start.apk", "--env", "qa"]).exits(0);
    assert_eq!(
        run.err.matches("metadata of the main object notes (1 copy of its Client Id) stays as it is").count(),
        1,
        "{}",
        run.err
    );
    assert!(holds(&entry(&world.read("start.apk"), "res/raw/notes_panel"), NOTES));
    world.inject(&["verify", "start.apk", "--env", "qa"]).exits(0).says(&["another main object", "not known here"]);
    // As soon as it is known, they follow.
    world.signed(&["notes.apk", "--env", "qa"]).exits(0);
    world.signed(&["start.apk", "--env", "qa"]).exits(0);
    let (notes, _) = world.credential("com.example.notes", "qa");
    assert!(holds(&entry(&world.read("start.apk"), "res/raw/notes_panel"), &notes));
    world.inject(&["identify", "start.apk"]).exits(0);
}

/// A split of the package of Start.
fn split_of_start() -> Vec<u8> {
    let texts = ["manifest", "application", "package", "com.example.start", "split", "config.de"];
    let nodes = [
        Node::Start(0, vec![(NONE, 2, 3, 3, 3), (NONE, 4, 5, 3, 5)]),
        Node::Start(1, vec![]),
        Node::End(1),
        Node::End(0),
    ];
    let manifest = document(&pool(&texts), &[], &nodes);
    Zip::of(vec![Item::new("AndroidManifest.xml", 8, &manifest)]).build()
}

#[test]
fn a_set_keeps_the_metadata_of_another_main_object_and_gets_its_own() {
    let world = World::new();
    world.write("set/start.apk", package_of("Start", &[]));
    world.write("set/de.apk", split_of_start());
    world.write("notes.apk", package_of("Notes", &[]));
    let run = world.signed(&["set", "--env", "qa"]).exits(0);
    run.says(&["metadata of the main object notes (1 copy of its Client Id) stays as it is"]);
    let (start, _) = world.credential("com.example.start", "qa");
    let raw = |name: &str| entry(&world.read("set/start.apk"), &format!("res/raw/{name}"));
    assert!(holds(&raw("notes_panel"), NOTES) && holds(&raw("start_properties"), &start));
    world.inject(&["verify", "set", "--env", "qa"]).exits(0).says(&["another main object", "not known here"]);
    world.signed(&["set", "--env", "qa"]).exits(0).says(&["up to date"]);
    world.signed(&["notes.apk", "--env", "qa"]).exits(0);
    world.signed(&["set", "--env", "qa"]).exits(0);
    let (notes, _) = world.credential("com.example.notes", "qa");
    assert!(holds(&raw("notes_panel"), &notes));
}

#[test]
fn an_application_that_the_store_has_under_another_name_is_that_one_and_two_are_a_conflict() {
    let world = World::new();
    knowledge_base(&world);
    // As earlier versions registered metadata: by the main object's name.
    world.inject(&["register", "Start", "--env", "dev"]).exits(0);
    world.signed(&["start.apk", "--env", "dev"]).exits(0).says(&["carries dev of Start"]);
    assert_eq!(world.credentials(), 1);
    world.inject(&["register", "com.example.kb.Start", "--env", "dev"]).exits(0);
    let texts = ["in the store under several names in dev", "Start (", "com.example.kb.Start (", "credential forget"];
    world.refuses(|world| world.signed(&["start.apk", "--env", "dev"]), 9, &texts);
    world.inject(&["credential", "forget", "--app", "com.example.kb.Start", "--env", "dev"]).exits(0);
    world.signed(&["start.apk", "--env", "dev"]).exits(0).says(&["up to date"]);
}

#[test]
fn an_old_copy_anywhere_is_refused_before_anything_is_registered() {
    let world = World::new();
    let utf16: Vec<u8> = NOTES.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let nested = zipped(&[("web/config.js", format!("var id = '{NOTES}'").as_bytes())]);
    let spread = zipped(&[("a.zip", nested.as_slice())]);
    let large = format!("{}var id = '{NOTES}'", "// a bundle\n".repeat(300_000)).into_bytes();
    for (name, content) in [
        ("assets/bundle.js", large),
        ("assets/copy.json", format!(r#"{{"id":"{NOTES}"}}"#).into_bytes()),
        ("assets/web.zip", spread),
        ("assets/text.bin", utf16),
        ("assets/page.html", format!("<a href=\"gxgam{NOTES}://x\">").into_bytes()),
    ] {
        world.write("notes.apk", package_of("Notes", &[(name, &content)]));
        for more in [&[][..], &["--dry-run"], &["--check"]] {
            let args = [&["notes.apk", "--env", "dev"][..], more].concat();
            let run =
                world.refuses(|world| world.signed(&args), 7, &["leak.old", name, "no place reaches", "--gate off"]);
            assert!(!run.err.contains("NEW"), "{}", run.err);
            // Nothing was made that could verify or not.
            assert!(run.err.contains("nothing was written") && !run.err.contains("put in place"), "{}", run.err);
        }
        let run = world.inject(&["inspect", "notes.apk"]).exits(0);
        assert!(run.out.contains(&format!("holds {NOTES} too, where no place reaches")), "{name}: {}", run.out);
    }
    // Said the same by the gate, for an environment that is known.
    world.inject(&["register", "com.example.notes", "--env", "dev"]).exits(0);
    let run = world.inject(&["verify", "notes.apk", "--env", "dev"]).exits(7);
    assert!(
        run.err.contains("leak.old (assets/page.html): it holds the old Client Id, where no place reaches"),
        "{}",
        run.err
    );
    // The ways out.
    let at = "--at=assets/page.html=<a href=\"gxgam{client_id}://x\">";
    world.signed(&["notes.apk", "--env", "dev", "--preset", "genexus", at]).exits(0);
    world.write("notes.apk", package_of("Notes", &[("assets/copy.json", NOTES.as_bytes())]));
    world.signed(&["notes.apk", "--env", "dev", "--gate", "off"]).exits(0);
}

#[test]
fn what_is_not_searched_for_an_old_copy_is_said() {
    let world = World::new();
    let broken = [b"PK\x03\x04".as_slice(), &[0; 60]].concat();
    let large = vec![b' '; 17 << 20];
    world.write("notes.apk", package_of("Notes", &[("assets/broken.zip", &broken), ("assets/large.dat", &large)]));
    let notes =
        ["not searched for what was there before: assets/broken.zip: ", "1 file was not searched for", "16 MiB"];
    world.signed(&["notes.apk", "--env", "dev"]).exits(0).says(&notes);
    let whole = ["notes.apk", "--env", "qa", "--gate", "whole"];
    world.signed(&whole).exits(7).says(&["cannot be searched", "leak.unreadable (assets/broken.zip)"]);
    world.write("notes.apk", package_of("Notes", &[("assets/large.dat", &large)]));
    let run = world.signed(&whole).exits(0);
    assert!(!run.err.contains("16 MiB"), "{}", run.err);
    // A folder likewise.
    world.write("web/broken.zip", &broken);
    world.write("web/config.json", format!(r#"{{"id":"{NOTES}"}}"#));
    let args = ["web", "--env", "dev", "--app", "com.example.notes", "--at=config.json#/id={client_id}"];
    world.inject(&args).exits(0).says(&["not searched for what was there before: broken.zip: "]);
}

#[test]
fn a_build_without_security_gets_nothing_unless_it_is_asked_for() {
    let world = World::new();
    let plain = r#"{"properties":{"IsMain":"True","AndroidPackageName":"com.example.notes"}}"#;
    world.write("notes.apk", apk("com.example.notes", "gxgam", "", &[("notes_properties", plain)], &[]));
    let texts =
        ["apk:dex/setClientId in classes.dex is empty in this build", "without integrated security", "--create"];
    world.refuses(|world| world.signed(&["notes.apk", "--env", "dev"]), 4, &texts);
    world.signed(&["notes.apk", "--env", "dev", "--create"]).exits(0);
    let (id, _) = world.credential("com.example.notes", "dev");
    let apk = world.read("notes.apk");
    assert_eq!(values(&apk, "dex/setClientId"), std::slice::from_ref(&id));
    assert_eq!(values(&apk, "intent-filter/*.AuthRedirectActivity#scheme"), [format!("gxgam{id}")]);
}

#[test]
fn a_method_that_was_renamed_is_found_by_the_constant() {
    let world = World::new();
    let package = package_of("Notes", &[]);
    // R8 renames the method; the name stands in the table of strings.
    let code = entry(&package, "classes.dex");
    let at = code.windows(11).position(|window| window == b"setClientId").unwrap();
    let mut renamed = code.clone();
    renamed[at..at + 11].copy_from_slice(b"setClientIe");
    let sum = crate::format::build::dex::checksum(&renamed[12..]);
    renamed[8..12].copy_from_slice(&sum.to_le_bytes());
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&package)).unwrap();
    let names: Vec<String> =
        (0..archive.len()).map(|index| archive.by_index(index).unwrap().name().unwrap().into_owned()).collect();
    let entries: Vec<(String, Vec<u8>)> = names
        .into_iter()
        .map(|name| {
            let content = if name == "classes.dex" { renamed.clone() } else { entry(&package, &name) };
            (name, content)
        })
        .collect();
    let parts: Vec<(&str, &[u8])> = entries.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    world.write("notes.apk", zipped(&parts));
    // The server's URL is a constant that a place holds, too, and not the one.
    world.write("inject.toml", "version = 1\n[env.dev.values]\nserver_url = \"https://dev.example.com/\"\n[env.qa]\n");
    world.signed(&["notes.apk", "--env", "dev"]).exits(0).says(&["setClientId is not there (renamed"]);
    let (id, _) = world.credential("com.example.notes", "dev");
    let apk = world.read("notes.apk");
    assert!(holds(&entry(&apk, "classes.dex"), &id) && !holds(&entry(&apk, "classes.dex"), NOTES));
    world.signed(&["notes.apk", "--env", "dev"]).exits(0).says(&["up to date"]);
    world.inject(&["verify", "notes.apk", "--env", "dev"]).exits(0);
    world.signed(&["notes.apk", "--env", "qa"]).exits(0);
    world.inject(&["identify", "notes.apk"]).exits(0);
}

#[test]
fn names_that_begin_with_another_name_and_names_in_capitals_are_told_apart() {
    let world = World::new();
    let id = |digit: char| digit.to_string().repeat(32);
    let properties =
        |id: &str| format!(r#"{{"properties":{{"IsMain":"True","IntegratedSecurityObjClientID":"{id}"}}}}"#);
    let panel = |id: &str| {
        format!(
            r#"{{"instance":{{"instanceProperties":{{"@IsMain":"True","@IntegratedSecurityObjClientID":"{id}"}}}}}}"#
        )
    };
    let (sales, inner) = (id('1'), id('2'));
    let list = format!(
        r#"{{"apps":[{{"n":"Sales","properties":{{"IntegratedSecurityObjClientID":"{sales}"}}}},{{"n":"Sales.Panel","properties":{{"IntegratedSecurityObjClientID":"{inner}"}}}}]}}"#
    );
    for (name, content) in [
        ("sdapps.json", list),
        ("SALES.properties.json", properties(&sales)),
        ("Sales.panel.android.json", panel(&sales)),
        ("sales.panel.properties.json", properties(&inner)),
        ("sales.panel.panel.android.json", panel(&inner)),
        ("gxversion.json", r#"{ "version":"1"}"#.to_owned()),
    ] {
        world.write(&format!("gxmetadata/{name}"), content);
    }
    world.inject(&["gxmetadata", "--env", "dev", "--app", "Sales"]).exits(0);
    let (new, _) = world.credential("Sales", "dev");
    let read = |name: &str| String::from_utf8(world.read(&format!("gxmetadata/{name}"))).unwrap();
    for name in ["SALES.properties.json", "Sales.panel.android.json"] {
        assert!(read(name).contains(&new), "{name}");
    }
    for name in ["sales.panel.properties.json", "sales.panel.panel.android.json"] {
        assert!(read(name).contains(&inner), "{name}");
    }
    // An archive that a killed build left empty is no metadata without a place.
    world.write("gxmetadata/sales.android.gxsd", b"");
    let texts = ["sales.android.gxsd", "zip"];
    let run = world.inject(&["gxmetadata", "--env", "dev", "--app", "Sales"]).exits(3);
    assert!(texts.iter().any(|text| run.err.contains(text)), "{}", run.err);
}
