//! Bodies for arbitrary bytes against certificates, keystores, signing blocks, lineages and signatures: nothing may panic.

use std::collections::BTreeMap;

use inject::format::apk_signing_block::{SigningBlock, id};
use inject::format::x509::Certificate;
use inject::sign::android::Lineage;
use inject::sign::{Identity, Password};
use inject::verify::android::{Options, apk, lineage_signature};

/// A package, and its `.idsig`.
pub fn package(bytes: &[u8]) {
    let options = Options { min_sdk: Some(18), target_sdk: Some(30), idsig: Some(bytes), ..Options::default() };
    let _ = apk(bytes, &options);
    if let Ok(Some(block)) = SigningBlock::find(bytes, bytes.len() as u64) {
        let new = block.with_values(&BTreeMap::from([(7, b"value".to_vec())])).unwrap();
        let again = SigningBlock::find(new.as_slice(), new.len() as u64).unwrap().unwrap();
        assert_eq!(again.value(7).unwrap().0, b"value");
        assert!(again.with_values(&BTreeMap::new()).unwrap() == new, "a second time");
        let others = |block: &SigningBlock| {
            let others = block.pairs().filter(|(id, _)| ![7, id::PADDING].contains(id));
            others.map(|(id, value)| (id, value.to_vec())).collect::<Vec<_>>()
        };
        assert_eq!(others(&again), others(&block));
    }
}

/// A certificate, and a key with its signature.
pub fn certificate(bytes: &[u8]) {
    if let Ok(certificate) = Certificate::parse(bytes) {
        let _ = (certificate.subject_text(), certificate.validity());
        for algorithm in [0x0101, 0x0102, 0x0103, 0x0201, 0x0202, 0x0301] {
            let _ = lineage_signature(certificate.public_key(), algorithm, b"x", bytes.get(..256).unwrap_or(bytes));
        }
    }
}

/// A keystore, key and certificate files.
pub fn keystore(bytes: &[u8]) {
    let password = Password::new("secret".to_owned());
    let _ = Identity::from_keystore(bytes, None, &password, None);
    let _ = Identity::from_files("x", bytes, bytes, Some(&password));
}

/// A lineage, as file and as attribute.
pub fn lineage(bytes: &[u8]) {
    let _ = Lineage::from_file(bytes, lineage_signature);
    let _ = Lineage::decode(bytes, lineage_signature);
}
