//! Keystores that are made of choices, so that what lies behind a check sum is read too.

use inject::format::{der, oid};
use inject::sign::{Identity, IdentityError, Password, aliases};
use sha1::{Digest as _, Sha1};

use super::choices::Choices;

const PASSWORD: &str = "secret";
const KEY: &[u8] = include_bytes!("../../testdata/keys/p256-pkcs8.der");
const CERTIFICATE: &[u8] = include_bytes!("../../testdata/keys/p256-cert.der");
/// Of another key, whose kind is refused.
const OTHER: &[u8] = include_bytes!("../../testdata/keys/dsa-cert.der");
const NAMES: [&str; 6] = ["release", "RELEASE", "a", "", "contrase\u{f1}a-\u{65e5}\u{672c}", "2"];

/// A key that a store holds, and what is expected of it.
struct Held {
    name: Option<String>,
    /// The one whose certificate there is, or another one.
    ours: bool,
}

/// A key on P-256 whose scalar is this number.
fn other_key(number: u8) -> Vec<u8> {
    let mut scalar = [0; 32];
    scalar[31] = number.max(1);
    let kind = der::sequence(&[
        &der::oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]),
        &der::oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]),
    ]);
    let key = der::sequence(&[&der::unsigned(&[1]), &der::octets(&scalar)]);
    der::sequence(&[&der::unsigned(&[]), &kind, &der::octets(&key)])
}

fn opened(bytes: &[u8], alias: Option<&str>) -> Result<Identity, IdentityError> {
    Identity::from_keystore(bytes, alias, &Password::new(PASSWORD.to_owned()), None)
}

fn listed(bytes: &[u8]) -> Result<Vec<String>, IdentityError> {
    aliases(bytes, &Password::new(PASSWORD.to_owned()))
}

/// What a store with these keys has to say; `certified`: the one certificate is in it.
fn judge(bytes: &[u8], names: &[String], held: &[Held], certified: bool) {
    assert_eq!(listed(bytes).expect("a keystore"), names);
    let fits = |found: Result<Identity, IdentityError>, index: usize| match found {
        Ok(identity) => {
            assert!(held[index].ours && certified, "{identity:?}");
            assert_eq!((identity.name(), identity.certificate().raw()), (names[index].as_str(), CERTIFICATE));
        }
        Err(IdentityError::NoCertificate { .. } | IdentityError::Mismatch { .. }) => {
            assert!(!held[index].ours || !certified);
        }
        Err(error) => panic!("{error}"),
    };
    match (opened(bytes, None), held.len()) {
        (Err(IdentityError::NoKey { .. }), 0) => {}
        (found, 1) => fits(found, 0),
        (Err(IdentityError::AmbiguousAlias { available }), 2..) => assert_eq!(available, names),
        (found, _) => panic!("{found:?}"),
    }
    // Opening one costs more than all the rest.
    for name in names.iter().rev().take(1) {
        let first = names.iter().position(|other| other.to_lowercase() == name.to_lowercase()).expect("itself");
        fits(opened(bytes, Some(name)), first);
    }
    assert!(opened(bytes, Some("no such alias")).is_err());
}

/// A store of the kind that the last byte chooses.
pub fn any(bytes: &[u8]) {
    let Some((kind, bytes)) = bytes.split_last() else { return };
    if kind % 2 == 0 { pkcs12(bytes) } else { jks(bytes) }
}

/// A PKCS#12 store (RFC 7292) of bags that are not encrypted, without a MAC: all of it is read.
pub fn pkcs12(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let arc = |last: &[u8]| der::oid(&[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1][..], last].concat());
    let data = |content: &[u8]| der::sequence(&[&arc(&[7, 1]), &der::value(0xa0, &[&der::octets(content)])]);
    let (mut bags, mut held, mut certified) = (Vec::new(), Vec::new(), false);
    for _ in 0..choices.below(5) {
        let name = choices.rarely(4).then_some(()).map_or_else(|| Some(choices.one_of(&NAMES)), |()| None);
        let mut attributes = Vec::new();
        if let Some(name) = name {
            let text: Vec<u8> = name.encode_utf16().flat_map(u16::to_be_bytes).collect();
            attributes.push(der::sequence(&[&arc(&[9, 20]), &der::set_of(vec![der::value(0x1e, &[&text])])]));
        }
        if choices.rarely(2) {
            let id = choices.one_of(&[&b"1"[..], b"2", b""]);
            attributes.push(der::sequence(&[&arc(&[9, 21]), &der::set_of(vec![der::octets(id)])]));
        }
        let (kind, content) = match choices.below(4) {
            0 => (1, KEY.to_vec()),
            1 => (1, other_key(choices.byte())),
            2 => (3, CERTIFICATE.to_vec()),
            _ => (3, OTHER.to_vec()),
        };
        let content = if kind == 1 {
            held.push(Held { name: name.map(str::to_owned), ours: content == KEY });
            content
        } else {
            certified |= content == CERTIFICATE;
            der::sequence(&[&arc(&[9, 22, 1]), &der::value(0xa0, &[&der::octets(&content)])])
        };
        let bag = [arc(&[12, 10, 1, kind]), der::value(0xa0, &[&content])].concat();
        bags.push(match attributes.as_slice() {
            [] => der::sequence(&[&bag]),
            _ => der::sequence(&[&bag, &der::set_of(attributes)]),
        });
    }
    let safe = |bags: &[Vec<u8>]| data(&der::sequence(&bags.iter().map(Vec::as_slice).collect::<Vec<_>>()));
    let (first, second) = bags.split_at(choices.below(bags.len() + 1));
    let safes = der::sequence(&[&safe(first), &safe(second)]);
    let store = der::sequence(&[&der::unsigned(&[3]), &data(&safes)]);
    let mut nameless = 0;
    let names: Vec<String> = held
        .iter()
        .map(|held| {
            held.name.clone().unwrap_or_else(|| {
                nameless += 1;
                nameless.to_string()
            })
        })
        .collect();
    judge(&store, &names, &held, certified);
    damaged(store, &mut choices);
}

/// A JKS store.
pub fn jks(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let password: Vec<u8> = PASSWORD.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let version = choices.one_of(&[2_u32, 1]);
    let counted = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat();
    let text = |text: &str| [&(text.len() as u16).to_be_bytes()[..], text.as_bytes()].concat();
    let certificate = |raw: &[u8]| [if version == 2 { text("X.509") } else { Vec::new() }, counted(raw)].concat();
    let (mut entries, mut held, mut names) = (Vec::new(), Vec::new(), Vec::new());
    let count = choices.below(4);
    // All keys have the certificate, or none.
    let certified = !choices.rarely(4);
    for _ in 0..count {
        let name = choices.one_of(&NAMES);
        if choices.rarely(3) {
            entries.push([&2_u32.to_be_bytes()[..], &text(name), &[0; 8], &certificate(OTHER)].concat());
            continue;
        }
        let ours = !choices.rarely(3);
        let key = if ours { KEY.to_vec() } else { other_key(choices.byte()) };
        let mut masked = vec![choices.byte(); 20];
        let mut mask = masked.clone();
        for part in key.chunks(20) {
            mask = Sha1::new().chain_update(&password).chain_update(&mask).finalize().to_vec();
            masked.extend(part.iter().zip(&mask).map(|(byte, mask)| byte ^ mask));
        }
        masked.extend(Sha1::new().chain_update(&password).chain_update(&key).finalize());
        let algorithm = der::sequence(&[&der::oid(oid::JKS_KEY_PROTECTOR), &der::NULL]);
        let protected = der::sequence(&[&algorithm, &der::octets(&masked)]);
        let chain = if certified { certificate(CERTIFICATE) } else { Vec::new() };
        let chain = [&u32::from(certified).to_be_bytes()[..], &chain].concat();
        entries.push([&1_u32.to_be_bytes()[..], &text(name), &[0; 8], &counted(&protected), &chain].concat());
        held.push(Held { name: Some(name.to_owned()), ours });
        names.push(name.to_owned());
    }
    let head = [0xfeed_feed, version, entries.len() as u32].map(u32::to_be_bytes).concat();
    let mut store = [head, entries.concat()].concat();
    let seal = |store: &[u8]| {
        Sha1::new().chain_update(&password).chain_update(b"Mighty Aphrodite").chain_update(store).finalize().to_vec()
    };
    judge(&[store.clone(), seal(&store)].concat(), &names, &held, certified);
    // Damaged before it was sealed.
    let (at, byte) = (choices.below(store.len()), choices.byte());
    store[at] = byte;
    store.truncate(store.len() - choices.below(4));
    damaged([store.clone(), seal(&store)].concat(), &mut choices);
}

/// Something of it is another byte: it is read or refused.
fn damaged(mut store: Vec<u8>, choices: &mut Choices<'_>) {
    let _ = (listed(&store), opened(&store, None));
    let at = choices.below(store.len());
    store[at] = choices.byte();
    if let Ok(names) = listed(&store) {
        for name in names.iter().take(3) {
            let _ = opened(&store, Some(name));
        }
    }
}
