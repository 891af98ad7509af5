//! Packages of other tools that Android or its signers take in another way than they look: what is put right, what is taken as it
//! is, and what is said before anything is registered.

use inject::format::zip::{Archive, METHOD_DEFLATED, METHOD_STORED, Rules};

use super::apple::ipa;
use super::set::{self, NAMES};
use super::{APP, World, demo, key};
use crate::format::build::zip::{Item, Zip};

const GIVEN: [(&str, &str); 2] = [("INJECT_CLIENT_ID", "the-id"), ("INJECT_CLIENT_SECRET", "the-secret")];

/// The demo, unsigned and without its padding, with other entries.
fn package(others: impl IntoIterator<Item = Item>) -> Vec<u8> {
    let demo = demo();
    let archive = Archive::open(&demo[..]).unwrap();
    let own = archive.entries().iter().enumerate().filter(|(_, entry)| !entry.name().starts_with(b"META-INF/"));
    let items = own.map(|(index, entry)| {
        let method = if entry.is_deflated() { METHOD_DEFLATED } else { METHOD_STORED };
        Item::new(&entry.display_name(), method, &archive.read(index).unwrap())
    });
    Zip::of(items.chain(others).collect::<Vec<_>>()).build()
}

fn local_header(bytes: &[u8], name: &str) -> usize {
    let archive = Archive::open(bytes).unwrap();
    let index = archive.find(name.as_bytes()).unwrap();
    usize::try_from(archive.entries()[index].local_offset()).unwrap()
}

fn content_of(bytes: &[u8], name: &str) -> Vec<u8> {
    let archive = Archive::open(bytes).unwrap();
    archive.read(archive.find(name.as_bytes()).unwrap()).unwrap()
}

#[test]
fn a_local_header_that_lies_is_found_and_put_right() {
    let plain = package([Item::new("assets/odd.txt", METHOD_DEFLATED, &b"odd ".repeat(40))]);
    let at = local_header(&plain, "assets/odd.txt");
    for (offset, says) in [(30 + 9, "another name"), (14, "CRC-32"), (22, "bytes of content"), (6, "data descriptor")] {
        let mut bytes = plain.clone();
        bytes[at + offset] ^= 8;
        let world = World::new();
        world.write("app.apk", &bytes);
        let judged = world.inject(&["verify", "app.apk", "--signature-only"]).exits(7);
        judged.says(&["zip.header", "assets/odd.txt", says]);
        world.signed_with(&GIVEN, &["app.apk", "--env", "dev", "--allow-new-signer"]).exits(0);
        world.inject(&["verify", "app.apk", "--signature-only"]).exits(0);
        // As if it had never lied.
        let right = world.read("app.apk");
        world.write("plain.apk", &plain);
        world.signed_with(&GIVEN, &["plain.apk", "--env", "dev", "--allow-new-signer"]).exits(0);
        assert!(right == world.read("plain.apk"), "{says}");
    }
}

/// An archive with other entries of its own, each with a header that says what the directory does.
fn rebuilt(bytes: &[u8]) -> Vec<u8> {
    rebuilt_with(bytes, None)
}

/// The same with another entry behind them.
fn rebuilt_with(bytes: &[u8], other: Option<Item>) -> Vec<u8> {
    let archive = Archive::open(bytes).unwrap();
    let kept = archive.entries().iter().enumerate().filter(|(_, entry)| !entry.name().starts_with(b"META-INF/"));
    let item = |(index, _): (usize, &_)| {
        Item::new(&archive.entries()[index].display_name(), METHOD_DEFLATED, &archive.read(index).unwrap())
    };
    Zip::of(kept.map(item).chain(other).collect::<Vec<_>>()).build()
}

/// How many local headers say otherwise than the directory.
fn lies(bytes: &[u8]) -> usize {
    let archive = Archive::open(bytes).unwrap();
    (0..archive.entries().len()).filter(|&index| archive.disagreement(index, Rules::Android).unwrap().is_some()).count()
}

#[test]
fn so_is_one_of_a_bundle() {
    let plain = rebuilt(&std::fs::read(super::testdata("demo.aab")).unwrap());
    let world = World::new();
    let mut bytes = plain.clone();
    bytes[local_header(&plain, "base/resources.pb") + 14] ^= 8;
    world.write("app.aab", &bytes);
    let judged = world.inject(&["verify", "app.aab", "--signature-only"]).exits(7);
    judged.says(&["zip.header (base/resources.pb)", "CRC-32", "a reader that streams it from the start"]);
    world.signed_with(&GIVEN, &["app.aab", "--env", "dev"]).exits(0);
    world.inject(&["verify", "app.aab", "--signature-only"]).exits(0);
    assert_eq!(lies(&world.read("app.aab")), 0);
    world.signed_with(&GIVEN, &["app.aab", "--env", "dev"]).exits(0).says(&["up to date"]);
}

#[test]
fn and_one_of_an_archive_of_packages_also_where_nothing_else_changes() {
    let world = World::new();
    let packages = NAMES.map(|name| Item::new(name, METHOD_STORED, &set::package(name)));
    world.write("app.xapk", Zip::of(packages.to_vec()).build());
    let args = ["app.xapk", "--env", "dev", "--allow-new-signer"];
    world.signed_with(&GIVEN, &args).exits(0);
    let right = world.read("app.xapk");
    world.signed_with(&GIVEN, &args).exits(0).says(&["up to date"]);
    let mut bytes = right.clone();
    bytes[local_header(&right, "split_extra.apk") + 14] ^= 8;
    world.write("app.xapk", &bytes);
    let judged = world.inject(&["verify", "app.xapk", "--signature-only"]).exits(7);
    judged.says(&["zip.header (split_extra.apk)", "CRC-32"]);
    world.signed_with(&GIVEN, &args).exits(0);
    assert!(world.read("app.xapk") == right, "not as it was");
    world.inject(&["verify", "app.xapk", "--signature-only"]).exits(0);
}

#[test]
fn and_one_of_an_archive_within_where_that_is_written() {
    let inner = Zip::of([
        Item::new("a.json", METHOD_DEFLATED, b"{\"id\":\"an-old-value-of-it\"}"),
        Item::new("b.txt", METHOD_DEFLATED, &b"odd ".repeat(40)),
    ]);
    let mut inner = inner.build();
    let at = local_header(&inner, "b.txt");
    inner[at + 14] ^= 8;
    let world = World::new();
    world.write("app.apk", package([Item::new("assets/inner.zip", METHOD_STORED, &inner)]));
    // What is not written stays as it is.
    world.signed_with(&GIVEN, &["app.apk", "--env", "dev", "--at", "string/client_id={client_id}"]).exits(0);
    assert!(content_of(&world.read("app.apk"), "assets/inner.zip") == inner);
    let args = ["app.apk", "--env", "dev", "--at", "assets/inner.zip!/a.json#/id={client_id}"];
    world.signed_with(&GIVEN, &args).exits(0);
    let inner = content_of(&world.read("app.apk"), "assets/inner.zip");
    assert_eq!((lies(&inner), content_of(&inner, "a.json")), (0, b"{\"id\":\"the-id\"}".to_vec()));
    world.signed_with(&GIVEN, &args).exits(0).says(&["up to date"]);
}

#[test]
fn and_one_of_an_ipa_also_where_nothing_else_changes() {
    let name = "Payload/Notes.app/odd.txt";
    let plain = ipa(&[(name, &b"odd ".repeat(40))]);
    let args = ["App.ipa", "--env", "dev", "--ad-hoc"];
    let injected = |bytes: &[u8]| {
        let world = World::new();
        world.write("App.ipa", bytes);
        world.run(&GIVEN, &args, "").exits(0).says(&["2 places"]);
        world
    };
    let right = injected(&plain).read("App.ipa");
    for (offset, says) in [(30 + 24, "another name"), (14, "CRC-32"), (22, "bytes of content"), (6, "data descriptor")]
    {
        let mut bytes = plain.clone();
        bytes[local_header(&plain, name) + offset] ^= 8;
        let world = injected(&bytes);
        assert!(world.read("App.ipa") == right, "not as if it had never lied: {says}");
        let mut bytes = right.clone();
        bytes[local_header(&right, name) + offset] ^= 8;
        world.write("App.ipa", &bytes);
        let judged = world.inject(&["verify", "App.ipa", "--signature-only"]).exits(7);
        judged.says(&["zip.header (Payload/Notes.app/odd.txt)", says, "a reader that streams it from the start"]);
        world.run(&GIVEN, &args, "").exits(0);
        assert!(world.read("App.ipa") == right, "not as it was: {says}");
        world.inject(&["verify", "App.ipa", "--signature-only"]).exits(0);
        world.run(&GIVEN, &args, "").exits(0).says(&["up to date"]);
    }
}

#[test]
fn one_of_an_archive_within_that_is_not_written_is_said() {
    let odd = |others: &[Item]| {
        let items = [&[Item::new("b.txt", METHOD_DEFLATED, &b"odd ".repeat(40))], others].concat();
        let mut bytes = Zip::of(items).build();
        let at = local_header(&bytes, "b.txt");
        bytes[at + 14] ^= 8;
        bytes
    };
    let inner = odd(&[]);
    let outer = odd(&[Item::new("more/inner.jar", METHOD_DEFLATED, &inner), Item::new("a.zip", METHOD_STORED, &inner)]);
    // What begins like an archive and is none is none.
    let none = Item::new("assets/none.zip", METHOD_DEFLATED, b"PK\x03\x04 and no more");
    let places = ["outer.zip!/b.txt", "outer.zip!/more/inner.jar!/b.txt", "outer.zip!/a.zip!/b.txt"];
    let says = |world: &World, name: &str, folder: &str| {
        let run = world.inject(&["verify", name, "--signature-only", "--json"]).exits(0);
        let all = run.json()["artifacts"][0]["findings"].as_array().unwrap().clone();
        let all: Vec<_> = all.iter().filter(|finding| finding["code"] == "zip.header").collect();
        let found: Vec<&str> = all.iter().map(|finding| finding["place"].as_str().unwrap()).collect();
        assert_eq!(found, places.map(|place| format!("{folder}{place}")));
        for finding in all {
            let message = finding["message"].as_str().unwrap();
            assert!(finding["severity"] == "warning" && message.contains("pack that archive anew"), "{finding}");
        }
    };
    for method in [METHOD_STORED, METHOD_DEFLATED] {
        let world = World::new();
        world.write("app.apk", package([Item::new("assets/outer.zip", method, &outer), none.clone()]));
        world.signed_with(&GIVEN, &["app.apk", "--env", "dev"]).exits(0);
        says(&world, "app.apk", "assets/");
    }
    let world = World::new();
    world.write("App.ipa", ipa(&[("Payload/Notes.app/outer.zip", &outer)]));
    world.run(&GIVEN, &["App.ipa", "--env", "dev", "--ad-hoc"], "").exits(0);
    says(&world, "App.ipa", "Payload/Notes.app/");
    let mut packages = NAMES.map(|name| Item::new(name, METHOD_STORED, &set::package(name))).to_vec();
    packages.push(Item::new("outer.zip", METHOD_STORED, &outer));
    let world = World::new();
    world.write("app.xapk", Zip::of(packages).build());
    world.signed_with(&GIVEN, &["app.xapk", "--env", "dev", "--allow-new-signer"]).exits(0);
    says(&world, "app.xapk", "");
}

#[test]
fn names_that_android_does_not_read_are_said_before_anything_is_written() {
    let named = |name: &[u8]| {
        let mut item = Item::new("", METHOD_DEFLATED, b"content");
        item.name = name.to_vec();
        let world = World::new();
        world.write("app.apk", package([item]));
        world
    };
    let inject = |world: &World| world.signed(&["app.apk", "--env", "dev"]);
    for name in [&b"assets/\xc4\xe3\xba\xc3.txt"[..], b"assets/\xe4", b"assets/\xff", b"assets/a\0b"] {
        named(name).refuses(inject, 3, &["entry", "is not UTF-8 or has a zero byte", "aapt2 do not open"]);
    }
    // Half a character, in three bytes: Android reads it, and the manifest of v1 cannot say it.
    let world = named(b"assets/\xed\xa0\xbd.txt");
    world.refuses(inject, 3, &["half of a character", "--schemes v2,v3"]);
    world.signed(&["app.apk", "--env", "dev", "--schemes", "v2,v3", "--min-sdk", "24"]).exits(0);
    named("assets/\u{4f60}.txt".as_bytes()).signed(&["app.apk", "--env", "dev"]).exits(0);
}

#[test]
fn names_that_are_no_text_are_said_of_every_other_kind_before_anything_is_written() {
    let bundle = std::fs::read(super::testdata("demo.aab")).unwrap();
    for (ending, plain) in [(&b"\xe4"[..], false), (b"\xed\xa0\xbd", false), ("\u{4f60}".as_bytes(), true)] {
        let named = |folder: &str| {
            let mut item = Item::new("", METHOD_DEFLATED, b"content");
            item.name = [folder.as_bytes(), ending].concat();
            item
        };
        let world = World::new();
        world.write("app.aab", rebuilt_with(&bundle, Some(named("base/assets/"))));
        world.write("App.ipa", rebuilt_with(&ipa(&[]), Some(named("Payload/Notes.app/"))));
        let job = |world: &World, args: &[&str]| world.run(&GIVEN, args, "");
        if plain {
            world.signed_with(&GIVEN, &["app.aab", "--env", "dev"]).exits(0);
            job(&world, &["App.ipa", "--env", "dev", "--ad-hoc"]).exits(0);
        } else {
            let says = ["entry", "base/assets/", "is not UTF-8 or has a zero byte", "JAR signature"];
            world.refuses(|world| world.signed_with(&GIVEN, &["app.aab", "--env", "dev"]), 3, &says);
            world.refuses(|world| job(world, &["app.aab", "--env", "dev", "--unsigned"]), 3, &says);
            let says = ["entry", "Payload/Notes.app/", "not UTF-8"];
            world.refuses(|world| job(world, &["App.ipa", "--env", "dev", "--ad-hoc"]), 3, &says);
        }
    }
}

#[test]
fn a_method_that_nobody_knows_is_inflated_or_named() {
    let content = b"inflated by whoever does not store it ".repeat(9);
    let mut bytes = package([Item::new("assets/odd.bin", METHOD_DEFLATED, &content)]);
    let at = local_header(&bytes, "assets/odd.bin");
    let record = bytes.windows(14).rposition(|window| window == b"assets/odd.bin").unwrap() - 46;
    for at in [at + 8, record + 10] {
        bytes[at..at + 2].copy_from_slice(&99_u16.to_le_bytes());
    }
    let world = World::new();
    world.write("app.apk", bytes);
    world.signed(&["app.apk", "--env", "dev"]).exits(0);
    world.inject(&["verify", "app.apk", "--signature-only"]).exits(0);
    assert_eq!(content_of(&world.read("app.apk"), "assets/odd.bin"), content);
    // Stored under such a method it is no text that a verifier of v1 could inflate.
    let world = World::new();
    world.write("app.apk", package([Item::new("assets/odd.bin", 99, &content)]));
    let inject = |world: &World| world.signed(&["app.apk", "--env", "dev"]);
    world.refuses(inject, 3, &["assets/odd.bin", "compression method 99", "--schemes v2,v3"]);
    world.signed(&["app.apk", "--env", "dev", "--schemes", "v2,v3", "--min-sdk", "24"]).exits(0);
}

#[test]
fn a_bit_that_says_encrypted_is_believed_by_nobody() {
    let mut item = Item::new("assets/odd.txt", METHOD_DEFLATED, &b"odd ".repeat(40));
    item.central_flags = 1;
    let world = World::new();
    world.write("app.apk", package([item.clone()]));
    world.signed(&["app.apk", "--env", "dev"]).exits(0);
    world.inject(&["verify", "app.apk", "--signature-only"]).exits(0);
    assert_eq!(content_of(&world.read("app.apk"), "assets/odd.txt"), b"odd ".repeat(40));
    // What is encrypted is not read.
    let mut bytes = package([item]);
    let at = local_header(&bytes, "assets/odd.txt") + 30 + 14;
    bytes[at..at + 4].fill(0xff);
    let world = World::new();
    world.write("app.apk", bytes);
    world.signed(&["app.apk", "--env", "dev"]).exits(3).says(&["assets/odd.txt", "is encrypted"]);
}

#[test]
fn an_empty_password_is_a_password() {
    let keystore = key("openssl-empty-password.p12");
    let file = format!("file:{}", key("empty.password"));
    let run = |variables: &[(&str, &str)], source: &[&str], stdin: &str| {
        let world = World::new();
        world.demo("app.apk");
        let args = [&["app.apk", "--env", "dev", "--allow-new-signer"], source].concat();
        world.run(&[&GIVEN[..], variables].concat(), &args, stdin)
    };
    run(&[("E", "")], &["--ks", &keystore, "--ks-pass", "env:E"], "").exits(0);
    run(&[], &["--ks", &keystore, "--ks-pass", &file], "").exits(0);
    run(&[], &["--ks", &keystore, "--ks-pass", "stdin"], "\n").exits(0);
    run(&[("KEYSTORE_FILE", &keystore), ("KEYSTORE_PASSWORD", "")], &[], "").exits(0);
    run(&[("E", "x")], &["--ks", &keystore, "--ks-pass", "env:E"], "").exits(6).says(&["wrong password"]);
    let demo = key("demo.p12");
    run(&[("E", "")], &["--ks", &demo, "--ks-pass", "env:E"], "").exits(6).says(&["wrong password"]);
    // The key's password, left empty, is the store's.
    let jks = key("multi.jks");
    let of_key = ["--ks", &jks, "--ks-key-alias", "second", "--ks-pass", "env:S"];
    run(&[("S", "secret"), ("KEY_PASSWORD", "")], &of_key, "").exits(0);
}

#[test]
fn a_mark_in_front_of_a_password_is_no_part_of_it() {
    let world = World::new();
    world.demo("app.apk");
    world.write("password.txt", "\u{feff}demo-password\r\n");
    let demo = key("demo.p12");
    world.run(&GIVEN, &["app.apk", "--env", "dev", "--ks", &demo, "--ks-pass", "file:password.txt"], "").exits(0);
}

/// A text in UTF-16, as Windows writes it: with its mark, or without.
fn utf16(text: &str, little: bool) -> Vec<u8> {
    text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
}

#[test]
fn what_is_given_may_be_utf_16() {
    let world = World::new();
    let demo = key("demo.p12");
    let settings =
        format!("\u{feff}version = 1\r\ndefault-env = \"dev\"\r\n[app.\"\u{fc}\"]\r\nid = \"{APP}\"\r\n[env.dev]\r\n");
    for little in [true, false] {
        world.demo("app.apk");
        world.write("inject.toml", utf16(&settings, little));
        world.write("password.txt", utf16("\u{feff}demo-password\r\n", little));
        let args = ["app.apk", "--ks", &demo, "--ks-pass", "file:password.txt"];
        world.run(&GIVEN, &args, "").exits(0);
        // Without its mark; again from the start, because what carries dev already needs no key.
        world.demo("app.apk");
        world.write("password.txt", utf16("demo-password", little));
        world.run(&GIVEN, &args, "").exits(0);
    }
    // What ends in the middle of a character is not guessed.
    world.write("password.txt", &utf16("\u{feff}demo-password", true)[..9]);
    world.demo("app.apk");
    world
        .run(&GIVEN, &["app.apk", "--ks", &demo, "--ks-pass", "file:password.txt"], "")
        .exits(6)
        .says(&["password.txt", "it is no UTF-16 text: it ends in the middle of a character"]);
    // Nothing is written into a file that would lose its encoding.
    world.write("inject.toml", utf16("\u{feff}version = 1\n", true));
    world.refuses(
        |world| world.inject(&["env", "add", "qa"]),
        2,
        &["inject.toml", "it is UTF-16 text, UTF-8 is expected"],
    );
}

#[test]
fn a_key_may_be_utf_16() {
    let world = World::new();
    world.demo("app.apk");
    for name in ["p256-pkcs8.pem", "p256-cert.pem"] {
        let text = String::from_utf8(std::fs::read(key(name)).unwrap()).unwrap();
        world.write(name, utf16(&format!("\u{feff}{text}"), true));
    }
    let args = ["app.apk", "--env", "dev", "--allow-new-signer", "--key", "p256-pkcs8.pem", "--cert", "p256-cert.pem"];
    world.run(&GIVEN, &args, "").exits(0);
}

#[test]
fn a_short_key_signs_with_a_warning() {
    let world = World::new();
    world.demo("app.apk");
    let keystore = key("rsa-1024.p12");
    let args = ["app.apk", "--env", "dev", "--allow-new-signer", "--ks", &keystore, "--ks-pass", "env:S"];
    let variables = [&GIVEN[..], &[("S", "secret")]].concat();
    world.run(&variables, &args, "").exits(0).says(&["warning", "\"small\" has 1024 bits"]);
    world.inject(&["verify", "app.apk", "--signature-only"]).exits(0);
    let other = key("rsa-2048.p12");
    let args = ["app.apk", "--env", "dev", "--allow-new-signer", "--ks", &other, "--ks-pass", "env:S"];
    assert!(!world.run(&variables, &args, "").exits(0).err.contains("bits:"));
}

#[test]
fn what_no_app_would_read_is_not_made() {
    let world = World::new();
    world.demo("app.apk");
    let at = |address: &str| format!("{address}={{client_id}}");
    for (address, meant) in [
        ("strings/client_id", "string/client_id"),
        ("@string/client_id", "string/client_id"),
        ("R.string.client_id", "string/client_id"),
        ("metadata/com.example.ID", "meta-data/com.example.ID"),
        ("raws/auth#/id", "raw/auth#/id"),
    ] {
        let run = |world: &World| world.signed(&["app.apk", "--env", "dev", "--create", "--at", &at(address)]);
        world.refuses(run, 2, &[&format!("looks like a mistyped {meant}"), "with ./ in front"]);
    }
    for create in [&["--create"][..], &[]] {
        let run = |world: &World| {
            world.signed(&[&["app.apk", "--env", "dev", "--at", &at("string/0x7f090001")], create].concat())
        };
        let run = world.refuses(run, 4, &["the ID of a resource"]);
        assert!(!run.err.contains("make it"), "{}", run.err);
    }
}
