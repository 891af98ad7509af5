//! Pairs of the APK Signing Block as places: put in without a key, with every signature as it was.

use std::collections::BTreeMap;

use inject::format::apk_signing_block::{SigningBlock, build, id};
use inject::format::zip::Archive;

use crate::format::build::arsc::{Body, Layout, package, pool, strings, table};

use super::{APP, World, demo, holds, key, names_in, repacked, testdata, values};

const PAIR: &str = "signing-block/0x71777777";
const AT: &str = "signing-block/0x71777777={client_id}";
const DEV: [(&str, &str); 2] = [("INJECT_CLIENT_ID", "dev-client-id"), ("INJECT_CLIENT_SECRET", "dev-secret-value")];
const PROD: [(&str, &str); 2] = [("INJECT_CLIENT_ID", "prod-client"), ("INJECT_CLIENT_SECRET", "prod-secret-value")];

/// Where the block of a package begins, and its pairs.
pub(super) fn block(apk: &[u8]) -> (u64, Vec<(u32, Vec<u8>)>) {
    let found = SigningBlock::find(apk, Archive::open(apk).unwrap().directory_offset()).unwrap().unwrap();
    (found.range().start, found.pairs().map(|(id, value)| (id, value.to_vec())).collect())
}

/// A package with another block in the place of its own.
pub(super) fn with_block(apk: &[u8], block: &[u8]) -> Vec<u8> {
    let archive = Archive::open(apk).unwrap();
    let directory = archive.directory_offset();
    let old = SigningBlock::find(apk, directory).unwrap();
    let start = old.map_or(directory, |old| old.range().start);
    let end = archive.eocd_at(start + block.len() as u64).unwrap();
    [&apk[..start as usize], block, archive.directory(), &end].concat()
}

/// The block's pairs, and one more.
pub(super) fn with_pairs(apk: &[u8], more: &[(u32, &[u8])]) -> Vec<u8> {
    let (_, pairs) = block(apk);
    let signatures = pairs.iter().filter(|(id, _)| *id != id::PADDING).map(|(id, value)| (*id, value.as_slice()));
    let all: Vec<(u32, &[u8])> = signatures.chain(more.iter().copied()).collect();
    with_block(apk, &build(&all))
}

/// Nothing but that pair differs: what is in front of the block, the directory, the end record but its offset, other pairs.
#[track_caller]
fn assert_kept(before: &[u8], after: &[u8]) {
    let others = |apk: &[u8]| {
        let mut pairs = block(apk).1;
        pairs.retain(|(id, _)| ![id::PADDING, 0x7177_7777].contains(id));
        pairs
    };
    let start = block(before).0;
    assert_eq!(block(after).0, start);
    assert!(before[..start as usize] == after[..start as usize], "the payload changed");
    assert_eq!(others(before), others(after));
    let (old, new) = (Archive::open(before).unwrap(), Archive::open(after).unwrap());
    assert_eq!(old.directory(), new.directory());
    assert_eq!(old.eocd_at(0).unwrap(), new.eocd_at(0).unwrap());
    let len = new.directory_offset() - start;
    assert!(len.is_multiple_of(4096), "{len}");
}

#[test]
fn it_is_put_in_without_a_key_and_everything_else_stays() {
    let world = World::new();
    let original = world.demo("app.apk");
    let args = ["app.apk", "--env", "dev", "--at", AT];
    let run =
        world.inject(&args).exits(0).says(&["app.apk carries dev of com.example.demo", "1 place, signed v1 v2 v3"]);
    assert!(!run.err.contains("key"), "{}", run.err);
    let (dev_id, dev_secret) = world.credential(APP, "dev");
    let dev = world.read("app.apk");
    assert_eq!(values(&dev, PAIR), [dev_id.as_str()]);
    assert!(!holds(&dev, &dev_secret));
    assert_kept(&original, &dev);
    // The last pair but padding.
    let ids: Vec<u32> = block(&dev).1.into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, [id::V2, id::V3, 0x7177_7777, id::PADDING]);
    // The whole check, by the part that computes all digests.
    world.inject(&["verify", "app.apk", "--env", "dev", "--at", AT]).exits(0);
    // Nothing to do, whatever the ID is written as.
    for at in [AT, "apk:signing-block/1903654775={client_id}"] {
        world.inject(&["app.apk", "--env", "dev", "--at", at]).exits(0).says(&["up to date"]);
    }
    assert!(world.read("app.apk") == dev);
    // There and back.
    world.inject(&["app.apk", "--env", "prod", "--at", AT]).exits(0);
    let prod = world.read("app.apk");
    let (prod_id, _) = world.credential(APP, "prod");
    assert_eq!(values(&prod, PAIR), [prod_id.as_str()]);
    assert!(!holds(&prod, &dev_id), "the old id is left");
    assert_kept(&original, &prod);
    world.inject(&args).exits(0);
    assert!(world.read("app.apk") == dev, "dev over prod is not dev");
    assert_eq!(world.files().len(), 1);
}

#[test]
fn every_answer_knows_the_place() {
    let world = World::new();
    world.demo("app.apk");
    world.inject(&["register", APP, "--env", "prod"]).exits(0);
    let dry = world.inject(&["app.apk", "--env", "prod", "--at", AT, "--dry-run"]).exits(0);
    assert!(dry.out.contains(&format!("{PAIR} = {{client_id}} in {PAIR} (new)")), "{}", dry.out);
    world.inject(&["app.apk", "--env", "prod", "--at", AT, "--check"]).exits(8);
    let done = world
        .inject(&["app.apk", "--env", "prod", "--at", AT, "--json", "--receipt", "r.json", "--gate", "whole"])
        .exits(0)
        .json();
    let (id, _) = world.credential(APP, "prod");
    let artifact = &done["artifacts"][0];
    assert_eq!((artifact["entries"][0].as_str(), artifact["places"][0]["at"].as_str()), (Some(PAIR), Some(PAIR)));
    assert_eq!(
        (artifact["places"][0]["entry"].as_str(), &artifact["places"][0]["created"]),
        (Some(PAIR), &true.into())
    );
    assert_eq!(artifact["signatures"].as_array().unwrap().len(), 3);
    let receipt: serde_json::Value = serde_json::from_slice(&world.read("r.json")).unwrap();
    assert_eq!(receipt["predicate"]["places"][0]["at"], PAIR);
    world.inject(&["verify", "app.apk", "--env", "prod", "--at", AT, "--receipt", "r.json"]).exits(0);
    world.inject(&["app.apk", "--env", "prod", "--at", AT, "--check"]).exits(0);
    // Without a word of the place: the pairs of a block are few, and the store knows the value.
    let shown = world.inject(&["inspect", "app.apk"]).exits(0).out;
    assert!(shown.contains(&format!("{PAIR} = {id} ({APP} in prod) in {PAIR}")), "{shown}");
    let identified = world.inject(&["identify", "app.apk", "--json"]).json();
    let mixed = identified["artifacts"][0]["mixed"].as_array().unwrap().clone();
    let holder = mixed.iter().find(|holder| holder["at"] == PAIR).unwrap();
    assert_eq!(holder["belongs_to"][0]["environment"], "prod");
    // Another environment's.
    let other = ["verify", "app.apk", "--env", "dev", "--at", AT];
    world.inject(&["register", APP, "--env", "dev"]).exits(0);
    let says = [
        "place.value (signing-block/0x71777777 in signing-block/0x71777777)",
        "leak.foreign (signing-block/0x71777777)",
    ];
    world.inject(&other).exits(7).says(&says);
    world.demo("app.apk");
    world.inject(&other).exits(7).says(&["place.missing (signing-block/0x71777777)", "inject first"]);
}

#[test]
fn identify_names_the_environment_where_the_pair_is_the_only_place() {
    let world = World::new();
    // No place that a preset knows.
    let chunks = vec![strings(Layout::Dense, "", &[Some((0, Body::String(0)))])];
    let resources = table(&pool(&["a text"]), &[package(&["string"], &["other"], chunks)]);
    let package = repacked(&[], |name, content| if name == "resources.arsc" { resources.clone() } else { content });
    world.write("app.apk", package);
    let args = ["app.apk", "--env", "dev", "--at", "assets/x.txt={client_id}", "--create", "--gate", "off"];
    world.signed(&args).exits(0);
    let apk = world.read("app.apk");
    world.write(
        "app.apk",
        with_pairs(&apk, &[(0x7177_7777, world.credential(APP, "dev").0.as_bytes()), (5, b"channel")]),
    );
    let run = world.inject(&["identify", "app.apk"]).exits(0);
    assert_eq!(run.out, format!("app.apk: {APP} in dev\n"));
}

#[test]
fn a_search_names_the_pair() {
    let world = World::new();
    world.demo("app.apk");
    world.inject(&["app.apk", "--env", "dev", "--at", AT]).exits(0);
    let scan = ["scan", "--ids", "app.apk"];
    world.inject(&scan).exits(7).says(&["leak.foreign (app.apk!/signing-block/0x71777777): it holds the Client Id of"]);
    // One that no address says: the gate.
    let (id, _) = world.credential(APP, "dev");
    world.write("app.apk", with_pairs(&demo(), &[(5, id.as_bytes())]));
    let gate = ["app.apk", "--env", "prod", "--at", AT, "--gate", "whole"];
    world.inject(&gate).exits(7).says(&["leak.foreign (signing-block/0x00000005)"]);
    assert!(world.read("app.apk") == with_pairs(&demo(), &[(5, id.as_bytes())]));
    // And where it was the value before.
    world.write("app.apk", with_pairs(&demo(), &[(5, b"an-old-id-of-it"), (0x7177_7777, b"an-old-id-of-it")]));
    let args = ["app.apk", "--env", "dev", "--at", AT];
    let says = ["leak.old (signing-block/0x00000005): it holds the old Client Id, where no place reaches"];
    world.refuses(|world| world.inject(&args), 7, &says);
    world.refuses(|world| world.inject(&[&args[..], &["--dry-run"]].concat()), 7, &says);
    world.inject(&[&args[..], &["--at", "signing-block/5={client_id}"]].concat()).exits(0).says(&["2 places"]);
    // A signature made anew leaves it out, so there nothing refuses.
    world.write("app.apk", with_pairs(&demo(), &[(5, b"an-old-id-of-it"), (0x7177_7777, b"an-old-id-of-it")]));
    let mixed = [&args[..], &["--at", "string/client_id={client_id}"]].concat();
    world
        .signed(&mixed)
        .exits(0)
        .says(&["left out of the signing block: signing-block/0x00000005 (unknown, 15 bytes)"]);
    assert!(!holds(&world.read("app.apk"), "an-old-id-of-it"));
}

#[test]
fn with_other_places_it_is_in_the_new_block() {
    let world = World::new();
    world.write("app.apk", with_pairs(&demo(), &[(9, b"of somebody"), (0x7177_7777, b"placeholder-id")]));
    let args = ["app.apk", "--env", "dev", "--at", AT, "--at", "string/client_id={client_id}"];
    world.refuses(|world| world.inject(&args), 6, &["no key to sign with"]);
    let run = world.signed_with(&DEV, &args).exits(0).says(&[
        "2 places, signed v1 v2 v3",
        "left out of the signing block: signing-block/0x00000009 (unknown, 11 bytes);",
    ]);
    assert_eq!(run.err.matches("left out").count(), 1, "{}", run.err);
    let dev = world.read("app.apk");
    assert_eq!(values(&dev, PAIR), ["dev-client-id"]);
    let ids: Vec<u32> = block(&dev).1.into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, [id::V2, id::V3, 0x7177_7777, id::PADDING]);
    world.run(&DEV, &["verify", "app.apk", "--env", "dev", "--at", AT, "--at", args[6]], "").exits(0);
    world.signed_with(&DEV, &args).exits(0).says(&["up to date"]);
    // The pair alone changes, and the rest does not: it is still what the run would make.
    world.write("app.apk", with_pairs(&dev[..], &[]));
    assert_eq!(values(&world.read("app.apk"), PAIR), ["dev-client-id"]);
    world.signed_with(&PROD, &args).exits(0);
    world.signed_with(&DEV, &args).exits(0);
    assert!(world.read("app.apk") == dev);
    // An output without a block cannot have it.
    let unsigned = [&args[..], &["--unsigned"]].concat();
    let says = ["place signing-block/0x71777777: the output would have no APK Signing Block", "sign with one of them"];
    world.refuses(|world| world.signed_with(&PROD, &unsigned), 6, &says);
}

#[test]
fn options_for_a_signature_have_no_effect_and_are_said_to() {
    let world = World::new();
    let original = world.demo("app.apk");
    let nowhere = ["--ks", "nowhere.p12", "--ks-pass", "env:NOWHERE", "--schemes", "v2"];
    let args = ["app.apk", "--env", "dev", "--at", AT, "-o", "out.apk"];
    let says =
        ["note app.apk: nothing changes that its signature covers, so it stays, and --ks, --schemes has no effect"];
    world.run(&DEV, &[&args[..], &nowhere].concat(), "").exits(0).says(&says);
    let out = world.read("out.apk");
    assert_kept(&original, &out);
    world.run(&DEV, &[&args[..], &["--unsigned"]].concat(), "").exits(0).says(&["--unsigned has no effect"]);
    assert!(world.read("out.apk") == out);
    // A keystore of the environment is nobody's wish: nothing is said, and it is not opened.
    let variables = [&DEV[..], &[("KEYSTORE_FILE", "nowhere.p12")]].concat();
    let run = world.run(&variables, &args, "").exits(0);
    assert!(!run.err.contains("effect") && !run.err.contains("nowhere"), "{}", run.err);
    assert!(world.read("app.apk") == original);
}

#[test]
fn a_v4_signature_is_stale_and_goes() {
    let world = World::new();
    world.demo("app.apk");
    world.signed_with(&DEV, &["app.apk", "--env", "dev", "--v4"]).exits(0);
    assert!(world.path("app.apk.idsig").exists());
    world.run(&DEV, &["app.apk", "--env", "dev", "--at", AT, "-o", "out.apk"], "").exits(0);
    assert!(world.path("app.apk.idsig").exists(), "it is of another file");
    let run = world.run(&DEV, &["app.apk", "--env", "dev", "--at", AT], "").exits(0);
    let run =
        run.says(&["warning app.apk: app.apk.idsig is gone: a v4 signature covers the APK Signing Block", "--v4"]);
    assert_eq!(run.err.matches("idsig").count(), 1, "{}", run.err);
    assert!(!world.path("app.apk.idsig").exists());
    // The other places still hold the old id.
    let run = world.run(&PROD, &["app.apk", "--env", "dev", "--at", AT, "--gate", "off"], "").exits(0);
    assert!(!run.err.contains("idsig"), "{}", run.err);
}

#[test]
fn the_secret_is_put_there_only_where_somebody_wrote_that_and_the_warning_stays() {
    let world = World::new();
    world.demo("app.apk");
    let args = ["app.apk", "--env", "dev", "--at", "signing-block/0x71777777={client_id}:{client_secret}"];
    let warning = "takes the secret, and no signature covers the APK Signing Block";
    for said in ["1 place", "up to date"] {
        world.run(&DEV, &args, "").exits(0).says(&[&format!("warning app.apk: {PAIR} {warning}"), said]);
    }
    assert_eq!(values(&world.read("app.apk"), PAIR), ["dev-client-id:dev-secret-value"]);
    let verified = world.run(&DEV, &[&["verify"], &args[..]].concat(), "").exits(0);
    verified.says(&[&format!("warning app.apk: {PAIR}: it {warning}")]);
    let json = world.run(&DEV, &[&["verify"], &args[..], &["--json"]].concat(), "").exits(0).json();
    assert_eq!(json["artifacts"][0]["findings"][0]["code"], "place.unprotected");
    // No preset does that for others.
    let preset =
        "version = 1\n[env.dev]\n[preset.mine]\nabout = \"x\"\n[[preset.mine.place]]\nat = \"signing-block/5\"\n";
    for (value, code) in [("{client_secret}", 2), ("{credential_json}", 2), ("{client_id}", 0)] {
        let text = format!("{preset}value = \"{value}\"\nabsent = \"create\"\n");
        world.write("inject.toml", text);
        let run = world.run(&DEV, &["app.apk", "--env", "dev", "--preset", "mine"], "").exits(code);
        assert_eq!(run.err.contains("a preset puts the Client Id alone there"), code == 2, "{}", run.err);
    }
}

#[test]
fn without_a_block_that_is_signed_nothing_is_made() {
    let world = World::new();
    world.write("unsigned.apk", repacked(&[], |_, content| content));
    world.write("v1.apk", with_block(&demo(), &[]));
    // A block that a channel was written to, and nothing is signed in.
    world.write("channel.apk", with_block(&demo(), &build(&[(0x7177_7777, b"channel")])));
    let none =
        ["place signing-block/0x71777777: this package has no APK Signing Block", "sign it with v2 or later first"];
    let unused = ["holds neither a v2 nor a v3 signature", "sign the package with v2 or later first"];
    for (name, says) in [("unsigned.apk", none), ("v1.apk", none), ("channel.apk", unused)] {
        world.refuses(|world| world.signed(&[name, "--env", "dev", "--at", AT]), 4, &says);
        world.refuses(|world| world.inject(&[name, "--env", "dev", "--at", AT, "--dry-run"]), 4, &says);
        // With a place in the contents the run signs it, and the new block has it.
        let both = [name, "--env", "dev", "--at", AT, "--at", "string/client_id={client_id}", "-o", "both.apk"];
        world.signed_with(&DEV, &both).exits(0);
        assert_eq!(values(&world.read("both.apk"), PAIR), ["dev-client-id"]);
        world.run(&DEV, &["verify", "both.apk", "--env", "dev", "--at", AT], "").exits(0);
    }
}

#[test]
fn a_signature_that_does_not_hold_is_not_kept() {
    let world = World::new();
    let mut apk = demo();
    let at =
        SigningBlock::find(apk.as_slice(), Archive::open(apk.as_slice()).unwrap().directory_offset()).unwrap().unwrap();
    let (value, start) = at.value(id::V2).unwrap();
    let last = (start + value.len() as u64) as usize - 400;
    apk[last] ^= 1;
    world.write("app.apk", apk);
    let says =
        ["place signing-block/0x71777777: the package would keep its signatures, and they are not in order: v2."];
    world.refuses(|world| world.inject(&["app.apk", "--env", "dev", "--at", AT]), 7, &says);
}

#[test]
fn contents_that_are_not_what_was_signed_stay_so_and_verify_says_it() {
    let world = World::new();
    let mut apk = demo();
    let archive = Archive::open(apk.as_slice()).unwrap();
    let range = archive.entries()[archive.find(b"classes.dex").unwrap()].data_range();
    apk[range.start as usize + 40] ^= 1;
    world.write("app.apk", &apk);
    // What is not read is not judged.
    world.run(&DEV, &["app.apk", "--env", "dev", "--at", AT], "").exits(0);
    world.run(&DEV, &["verify", "app.apk", "--env", "dev", "--at", AT], "").exits(7).says(&["digest"]);
}

#[test]
fn a_signer_that_is_pinned_is_the_one_that_signed() {
    let world = World::new();
    world.demo("app.apk");
    let pin = |pin: &str| world.write("inject.toml", format!("version = 1\n[env.prod]\nsigner = \"sha256:{pin}\"\n"));
    pin(&"ab".repeat(32));
    let says = ["prod pins the signer abab", "the signature that stays is by bb99bc58", "sign it with that key first"];
    world.refuses(|world| world.inject(&["app.apk", "--env", "prod", "--at", AT]), 6, &says);
    pin("bb99bc58ca624b8911ae358baf18b7bee10c3721f5917d4cb651b12874387a4c");
    world.inject(&["app.apk", "--env", "prod", "--at", AT]).exits(0);
    world.inject(&["verify", "app.apk", "--env", "prod", "--at", AT]).exits(0);
}

#[test]
fn only_packages_have_it() {
    let world = World::new();
    world.write("app.aab", std::fs::read(testdata("demo.aab")).unwrap());
    world.write("site/a.json", "{}");
    let says = ["place signing-block/0x71777777: an App Bundle has no APK Signing Block", "apk: in front"];
    world.refuses(|world| world.signed(&["app.aab", "--env", "dev", "--at", AT]), 2, &says);
    let site = ["site", "--app", "com.example.app", "--env", "dev", "--at", AT];
    world.refuses(|world| world.inject(&site), 2, &["only Android packages have such places; write apk: in front"]);
    // apk: in front passes over both.
    let apk = "apk:signing-block/0x71777777={client_id}";
    let both = ["app.aab", "--env", "dev", "--at", apk, "--at", "string/client_id={client_id}", "-o", "out.aab"];
    world.signed(&both).exits(0).says(&["2 places, signed v1"]);
    let says = ["none of the places that were named is for such an artifact"];
    world.refuses(|world| world.signed(&["app.aab", "--env", "dev", "--at", apk]), 4, &says);
}

#[test]
fn hostile_blocks_are_refused() {
    let world = World::new();
    let args = ["app.apk", "--env", "dev", "--at", AT];
    let refused = |apk: Vec<u8>, code: i32, says: &[&str]| {
        world.write("app.apk", apk);
        world.refuses(|world| world.inject(&args), code, says);
    };
    let twice = with_pairs(&demo(), &[(0x7177_7777, b"one"), (0x7177_7777, b"two")]);
    refused(
        twice.clone(),
        4,
        &["the APK Signing Block has 2 pairs of this ID, expected one", "sign the package again"],
    );
    let binary = with_pairs(&demo(), &[(0x7177_7777, b"abc\xff\x00")]);
    refused(binary, 4, &["the pair holds 5 bytes that are no UTF-8 text (byte 3)", "take another one"]);
    // A pair that says more than there is, and sizes that differ.
    let start = block(&demo()).0 as usize;
    let mut cut = demo();
    cut[start + 8..start + 16].copy_from_slice(&u64::MAX.to_le_bytes());
    refused(cut, 3, &["APK Signing Block at offset", "pair 1 has 18446744073709551615 bytes"]);
    let mut sizes = demo();
    sizes[start] ^= 8;
    refused(sizes, 3, &["the size in front of it is"]);
    // They are searched all the same.
    world.write("app.apk", twice);
    world.run(&[], &["inspect", "app.apk"], "").exits(0);
    assert_eq!(names_in(&world.stores()).len(), 0);
}

#[test]
fn several_artifacts_of_one_run_need_a_key_where_one_does() {
    let world = World::new();
    world.demo("a.apk");
    world.demo("b.apk");
    let args = ["a.apk", "b.apk", "--env", "dev", "--at", AT];
    world.run(&DEV, &args, "").exits(0);
    assert_eq!(world.read("a.apk"), world.read("b.apk"));
    let listed: BTreeMap<_, _> = world.files();
    assert_eq!(listed.len(), 2);
}

#[test]
fn every_scheme_stays() {
    let (old, new) = (key("ec-p256.p12"), key("ec-p384.p12"));
    let lineage = testdata("keys/p256-to-p384.lineage");
    let rotated = ["--old-ks", &old, "--old-ks-pass", "env:S", "--lineage", lineage.to_str().unwrap()];
    let ec = ["--ks", &new, "--ks-pass", "env:S", "--allow-new-signer"];
    for (more, schemes) in [
        (vec!["--schemes", "v2", "--min-sdk", "24"], 1),
        (vec!["--schemes", "v3", "--min-sdk", "28"], 1),
        ([&["--schemes", "v2,v3", "--min-sdk", "24"], &rotated[..]].concat(), 3),
    ] {
        let world = World::new();
        world.demo("app.apk");
        let sign = [&["app.apk", "--env", "dev"], &ec[..], &more].concat();
        world.run(&[&DEV[..], &[("S", "secret")]].concat(), &sign, "").exits(0);
        let before = world.read("app.apk");
        world.run(&DEV, &["app.apk", "--env", "dev", "--at", AT], "").exits(0);
        assert_kept(&before, &world.read("app.apk"));
        let min_sdk = if more.contains(&"v3") { "28" } else { "24" };
        let verify = ["verify", "app.apk", "--env", "dev", "--at", AT, "--min-sdk", min_sdk, "--json"];
        let json = world.run(&DEV, &verify, "").exits(0).json();
        assert_eq!(json["artifacts"][0]["signatures"].as_array().unwrap().len(), schemes, "{more:?}");
    }
}
