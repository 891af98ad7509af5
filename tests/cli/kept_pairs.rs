//! Pairs of the APK Signing Block that stay although the package is signed anew, and those that do not.

use std::fs;

use inject::format::apk_signing_block::{build, id};

use super::set::{NAMES, package};
use super::signing_block::{block, with_block, with_pairs};
use super::{World, demo, testdata, values};

const CHANNEL: &[u8] = b"{\"channel\":\"store\"}";
const VASDOLLY: &[u8] = b"store\xff\x00";
const ID: &str = "string/client_id={client_id}";
const KEEP: &str = "--keep-signing-block-ids";
const DEV: [(&str, &str); 2] = [("INJECT_CLIENT_ID", "dev-client-id"), ("INJECT_CLIENT_SECRET", "dev-secret-value")];
const PROD: [(&str, &str); 2] = [("INJECT_CLIENT_ID", "prod-client"), ("INJECT_CLIENT_SECRET", "prod-secret-value")];

/// A package with what channel tools, Gradle and stores leave beside the signatures.
fn with_channels() -> Vec<u8> {
    let pairs: [(u32, &[u8]); 5] =
        [(id::VASDOLLY, VASDOLLY), (id::DEPENDENCIES, b"deps"), (id::STAMP, b"stamp"), (id::WALLE, CHANNEL), (7, b"")];
    with_pairs(&demo(), &pairs)
}

/// The pairs beside the signatures.
fn beside(apk: &[u8]) -> Vec<(u32, Vec<u8>)> {
    block(apk).1.into_iter().filter(|(id, _)| id::is_beside(*id)).collect()
}

#[test]
fn what_is_left_out_is_named_in_one_line() {
    let world = World::new();
    world.write("app.apk", with_channels());
    let run = world.signed_with(&DEV, &["app.apk", "--env", "dev", "--at", ID]).exits(0);
    let run = run.says(&["note app.apk: left out of the signing block: signing-block/0x881155ff (channel of VasDolly, 7 bytes), \
        signing-block/0x504b4453 (dependency information for Google Play, 4 bytes), signing-block/0x6dff800d (source stamp, 5 bytes), \
        signing-block/0x71777777 (channel of Walle, 19 bytes), signing-block/0x00000007 (unknown, 0 bytes); what an app needs stays with \
        --keep-signing-block-ids"]);
    assert_eq!(run.err.matches("left out").count(), 1, "{}", run.err);
    assert!(beside(&world.read("app.apk")).is_empty());
}

#[test]
fn what_is_named_stays_byte_for_byte_and_in_its_order() {
    let world = World::new();
    world.write("app.apk", with_channels());
    let args = ["app.apk", "--env", "dev", "--at", ID, KEEP, "0x71777777", KEEP, "0x881155ff,7"];
    let run = world.signed_with(&DEV, &args).exits(0).says(&["signed v1 v2 v3"]);
    run.says(&["left out of the signing block: signing-block/0x504b4453 (dependency information for Google Play, 4 bytes), signing-block/0x6dff800d"]);
    let dev = world.read("app.apk");
    let kept = [(id::VASDOLLY, VASDOLLY.to_vec()), (id::WALLE, CHANNEL.to_vec()), (7, Vec::new())];
    assert_eq!(beside(&dev), kept);
    let all: Vec<u32> = block(&dev).1.into_iter().map(|(id, _)| id).collect();
    assert_eq!(all, [id::V2, id::V3, id::VASDOLLY, id::WALLE, 7, id::PADDING]);
    world.run(&DEV, &["verify", "app.apk", "--env", "dev", "--at", ID], "").exits(0);
    // Nothing to do; and there and back.
    world.signed_with(&DEV, &args).exits(0).says(&["up to date"]);
    assert!(world.read("app.apk") == dev);
    world.signed_with(&PROD, &args).exits(0);
    assert_eq!(beside(&world.read("app.apk")), kept);
    world.signed_with(&DEV, &args).exits(0);
    assert!(world.read("app.apk") == dev, "dev over prod is not dev");
}

#[test]
fn all_is_whatever_a_signature_leaves_true() {
    let world = World::new();
    world.write("app.apk", with_channels());
    let args = ["app.apk", "--env", "dev", "--at", ID, KEEP, "all", "--v4"];
    let run = world.signed_with(&DEV, &args).exits(0);
    let run = run.says(&["left out of the signing block: signing-block/0x6dff800d (source stamp, 5 bytes)"]);
    assert!(!run.err.contains(KEEP), "{}", run.err);
    let ids: Vec<u32> = beside(&world.read("app.apk")).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, [id::VASDOLLY, id::DEPENDENCIES, id::WALLE, 7]);
    // The v4 signature is of the package with them.
    let verified = world.run(&DEV, &["verify", "app.apk", "--env", "dev", "--at", ID], "").exits(0);
    assert!(verified.out.contains("signed v1 v2 v3 v4 by"), "{}", verified.out);
    // A value that a place puts in goes before what was there.
    let at = ["--at", "signing-block/0x71777777={client_id}", "-o", "out.apk"];
    world.write("app.apk", with_channels());
    world.signed_with(&DEV, &[&args[..], &at].concat()).exits(0);
    let out = world.read("out.apk");
    assert_eq!(values(&out, "signing-block/0x71777777"), ["dev-client-id"]);
    let ids: Vec<u32> = beside(&out).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, [id::VASDOLLY, id::DEPENDENCIES, 7, id::WALLE]);
}

#[test]
fn what_cannot_be_kept_is_refused_by_name() {
    let world = World::new();
    world.write("app.apk", with_channels());
    let cases = [
        (
            "0x7109871a",
            "signing-block/0x7109871a is the APK Signature Scheme v2, and signing makes the signatures anew",
        ),
        ("0x71777777,0xf05368c0", "signing-block/0xf05368c0 is the APK Signature Scheme v3, and"),
        ("462663009", "signing-block/0x1b93ad61 is the APK Signature Scheme v3.1, and"),
        ("0x42726577", "signing-block/0x42726577 is the padding, and it is made anew for the size that the block has"),
        ("0x6dff800d", "signing-block/0x6dff800d is the source stamp, and it signs the package as it was"),
        ("walle", "\"walle\" is no ID of 32 bits; expected numbers such as 0x71777777"),
        ("0x171777777", "\"0x171777777\" is no ID of 32 bits"),
    ];
    for (list, says) in cases {
        let args = ["app.apk", "--env", "dev", "--at", ID, KEEP, list];
        world.refuses(|world| world.signed_with(&DEV, &args), 2, &["--keep-signing-block-ids", says]);
    }
    // An output without a block cannot have it; one that is not there is said.
    let args = ["app.apk", "--env", "dev", "--at", ID, KEEP, "0x71777777", "--unsigned"];
    let says = [
        "signing-block/0x71777777 (channel of Walle, 19 bytes) is to be kept, and the output would have no APK Signing Block",
    ];
    world.refuses(|world| world.signed_with(&DEV, &args), 6, &says);
    let args = ["app.apk", "--env", "dev", "--at", ID, KEEP, "0x71777777,8", "-o", "out.apk"];
    let run = world.signed_with(&DEV, &args).exits(0);
    run.says(&["note app.apk: there is no signing-block/0x00000008 to keep"]);
}

#[test]
fn an_old_client_id_in_a_pair_that_stays_is_found_before_anything_is_registered() {
    let world = World::new();
    let old = b"an-old-id-of-it";
    world.write("app.apk", with_pairs(&demo(), &[(5, old), (9, old)]));
    let args = ["app.apk", "--env", "dev", "--at", "signing-block/9={client_id}", "--at", ID, KEEP, "5"];
    let says = ["leak.old (signing-block/0x00000005): it holds the old Client Id, where no place reaches"];
    world.refuses(|world| world.signed(&args), 7, &says);
    world.refuses(|world| world.signed_with(&DEV, &args), 7, &says);
    world.signed(&args[..7]).exits(0);
}

#[test]
fn inspect_and_verify_say_the_pairs() {
    let world = World::new();
    world.write("app.apk", with_channels());
    let shown = world.inject(&["inspect", "app.apk"]).exits(0).out;
    assert!(
        shown.contains(
            "  beside      signing-block/0x881155ff (channel of VasDolly, 7 bytes), signing-block/0x504b4453"
        ),
        "{shown}"
    );
    let json = world.inject(&["inspect", "app.apk", "--json"]).exits(0).json();
    let pair = &json["artifacts"][0]["facts"]["pairs"][3];
    assert_eq!(
        (&pair["id"], &pair["what"], &pair["bytes"]),
        (&"0x71777777".into(), &"channel of Walle".into(), &19.into())
    );
    let run = world.inject(&["verify", "app.apk", "--signature-only"]).exits(0);
    run.says(&["note app.apk: beside its signatures, which do not cover it: signing-block/0x881155ff (channel of VasDolly, 7 bytes),"]);
    let json = world.inject(&["verify", "app.apk", "--signature-only", "--json"]).exits(0).json();
    assert_eq!(json["artifacts"][0]["pairs"][0]["id"], "0x881155ff");
    // What a place is compared with is said by that.
    world.write("app.apk", with_pairs(&demo(), &[(9, b"dev-client-id")]));
    let verify = ["verify", "app.apk", "--env", "dev", "--at", "signing-block/9={client_id}"];
    let run = world.run(&DEV, &verify, "").exits(0);
    assert!(!run.err.contains("beside"), "{}", run.err);
}

#[test]
fn packages_of_a_set_keep_theirs() {
    let world = World::new();
    for name in NAMES {
        let bytes = package(name);
        let with = with_pairs(&bytes, &[(id::WALLE, CHANNEL)]);
        world.write(&format!("set/{name}"), if name == NAMES[2] { bytes } else { with });
    }
    let args = ["set", "--env", "dev", "--allow-new-signer", KEEP, "0x71777777", "-o", "out"];
    let run = world.signed_with(&DEV, &args).exits(0);
    assert!(!run.err.contains("left out") && !run.err.contains("there is no signing-block"), "{}", run.err);
    for name in NAMES {
        let pairs = beside(&fs::read(world.path("out").join(name)).unwrap());
        assert_eq!(pairs.len(), usize::from(name != NAMES[2]), "{name}");
        assert!(pairs.iter().all(|pair| *pair == (id::WALLE, CHANNEL.to_vec())), "{name}");
    }
    let shown = world.inject(&["inspect", "out"]).exits(0).out;
    let says = "base.apk!/signing-block/0x71777777 (channel of Walle, 19 bytes), split_config.de.apk!/signing-block/0x71777777";
    assert!(shown.contains(says), "{shown}");
    let none =
        world.signed_with(&DEV, &["set", "--env", "dev", "--allow-new-signer", KEEP, "8", "-o", "none"]).exits(0);
    none.says(&[
        "there is no signing-block/0x00000008 to keep",
        "base.apk and 1 more: left out of the signing block: signing-block/0x71777777",
    ]);
}

#[test]
fn a_bundle_has_none() {
    let world = World::new();
    let bundle = fs::read(testdata("demo.aab")).unwrap();
    world.write("app.aab", &bundle);
    let args = ["app.aab", "--env", "dev", "-o", "out.aab", KEEP, "all"];
    world.signed_with(&DEV, &args).exits(0);
    world.write("app.aab", with_block(&bundle, &build(&[(id::WALLE, CHANNEL)])));
    let says = [
        "signing-block/0x71777777 (channel of Walle, 19 bytes) is to be kept, and an App Bundle has no APK Signing Block",
    ];
    world.refuses(|world| world.signed_with(&DEV, &args), 6, &says);
    world.signed_with(&DEV, &args[..5]).exits(0).says(&["the APK Signing Block is gone"]);
}
