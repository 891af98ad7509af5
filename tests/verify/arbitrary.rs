//! Arbitrary and damaged bytes never panic.

use proptest::prelude::*;

use crate::fuzz_bodies::signatures::{certificate, keystore, lineage, package};
use crate::sign::package::{DEMO, key_file};

/// A sample with some bytes changed, and perhaps cut.
fn damaged(sample: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let len = sample.len();
    (prop::collection::vec((0..len, any::<u8>()), 1..6), prop_oneof![4 => Just(len), 1 => 0..len]).prop_map(
        move |(changes, cut)| {
            let mut bytes = sample.clone();
            for (at, value) in changes {
                bytes[at] = value;
            }
            bytes.truncate(cut);
            bytes
        },
    )
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        package(&bytes);
        certificate(&bytes);
        keystore(&bytes);
        lineage(&bytes);
    }

    #[test]
    fn damaged_packages(bytes in damaged(DEMO.to_vec())) {
        package(&bytes);
    }

    #[test]
    fn damaged_certificates(bytes in prop_oneof![
        damaged(key_file("p256-cert.der")),
        damaged(dsa_certificate()),
    ]) {
        certificate(&bytes);
    }

    #[test]
    fn damaged_lineages(bytes in damaged(key_file("p256-to-p384-to-rsa.lineage"))) {
        lineage(&bytes);
    }
}

proptest! {
    // Each costs rounds of key derivation.
    #![proptest_config(ProptestConfig { cases: 40, ..config() })]

    #[test]
    fn damaged_keystores(bytes in prop_oneof![
        damaged(key_file("multi.jks")),
        damaged(key_file("ec-p256.p12")),
        damaged(key_file("openssl-3des.p12")),
        damaged(key_file("p256-encrypted.pem")),
        damaged(key_file("p256-sec1.pem")),
    ]) {
        keystore(&bytes);
    }
}

/// The certificate of the refused DSA key; the numbers of DSA keys reach big-number code.
fn dsa_certificate() -> Vec<u8> {
    key_file("dsa-cert.der")
}
