//! Bodies for arbitrary bytes as the files that Apple's code signing reads.

use inject::format::code_resources::{CodeResources, Generation};
use inject::format::code_signature::SuperBlob;
use inject::format::macho::MachO;
use inject::format::mobileprovision::Profile;
use inject::format::outline::Outline;
use inject::format::{apple_plist, cms, der_entitlements};
use inject::sign::Identity;
use inject::sign::apple::{Code, Signer, sign};
use inject::verify::{self, Finding, Severity, apple};

/// A Mach-O file: what is read can be asked for everything, and given room.
pub fn macho(bytes: &[u8]) {
    let _ = MachO::is_one(bytes);
    if let Ok(outline) = Outline::of(bytes) {
        let _ = (outline.missing(), outline.first_signature());
        assert_eq!(outline.with_signatures(0, bytes, bytes), Some(outline));
    }
    let Ok(file) = MachO::parse(bytes) else { return };
    let _ = file.encrypted();
    for slice in &file.slices {
        let _ = (slice.architecture(), slice.page_size(), slice.segment("__TEXT"));
        if let Some(signature) = slice.signature_bytes(bytes) {
            code_signature(signature);
        }
        if let Ok(image) = slice.with_room(bytes, 4096)
            && image.len() < 1 << 24
        {
            let signed = [image.as_slice(), &[0; 4096]].concat();
            let again = MachO::parse(&signed).expect("an image with room is an image");
            assert_eq!(again.slices[0].signature.map(|signature| signature.size), Some(4096));
        }
    }
    let images: Vec<Vec<u8>> = file.slices.iter().map(|slice| slice.bytes(bytes).to_vec()).collect();
    let _ = file.with_images(bytes, &images);
}

/// A code signature.
pub fn code_signature(bytes: &[u8]) {
    let Ok(blob) = SuperBlob::parse(bytes) else { return };
    let _ = (blob.cms(), blob.entitlements());
    for directory in blob.directories().unwrap_or_default() {
        assert!(directory.page_hashes().len() <= bytes.len());
        let _ = directory.pages().count();
        for slot in 0..=directory.special_count().min(20) {
            if let Some(hash) = directory.special(slot) {
                let same = directory.with_special(&[(slot, hash.to_vec())]);
                assert_eq!(same.as_deref(), Some(directory.raw));
            }
        }
    }
}

/// A property list, seal, profile, entitlements, CMS.
pub fn documents(bytes: &[u8]) {
    if let Ok(value) = apple_plist::read(bytes) {
        let _ = apple_plist::write(&value);
    }
    if let Ok(seal) = CodeResources::parse(bytes) {
        for generation in Generation::BOTH {
            if let Ok(rules) = seal.rules(generation) {
                let _ = rules.fate("Base.lproj/x");
            }
        }
    }
    let _ = Profile::parse(bytes);
    let _ = cms::parse(bytes);
    if let Ok(decoded) = der_entitlements::decode(bytes) {
        let again = der_entitlements::encode(&decoded.entitlements).expect("what was decoded is encoded");
        let again = der_entitlements::decode(&again).expect("what was encoded is decoded");
        assert!(again.canonical && again.entitlements == decoded.entitlements);
    }
}

/// A Mach-O file that is signed: what the verifier says of the signature, which it shares nothing with, and signing it again
/// changes nothing.
pub fn signing(bytes: &[u8]) {
    let mut signers = vec![Signer::ad_hoc()];
    // A key costs more than all the rest.
    let identity = identity();
    if bytes.len() % 8 == 3 {
        signers.push(Signer::new(identity, &[], inject::verify::apple::issued_by).expect("a chain to sign with"));
    }
    let entitlements = b"<plist><dict><key>get-task-allow</key><true/></dict></plist>".as_slice();
    for signer in &signers {
        for entitlements in [None, Some(entitlements)] {
            let code =
                Code { identifier: "com.example.fuzz", renamed: false, info: None, resources: None, entitlements };
            let Ok(signed) = sign(bytes, &code, signer) else { continue };
            let found = apple::executable(&signed.bytes).findings;
            // What the linker has laid out stays as it is, also where it is wrong.
            let ours = |code| {
                ![verify::Code::AppleGeometry, verify::Code::AppleTrailing, verify::Code::AppleAlignment]
                    .contains(&code)
            };
            let wrong = |finding: &&Finding| finding.severity == Severity::Error && ours(finding.code);
            assert_eq!(found.iter().find(wrong), None);
            let again = sign(&signed.bytes, &code, signer).expect("what was signed can be signed again");
            assert!(again.in_place && again.bytes == signed.bytes, "signing again changes something");
        }
    }
}

/// Read once.
fn identity() -> &'static Identity {
    static READ: std::sync::OnceLock<Identity> = std::sync::OnceLock::new();
    let key = include_bytes!("../../testdata/apple/keys/ec.key.pem");
    let chain = [
        &include_bytes!("../../testdata/apple/keys/ec.pem")[..],
        include_bytes!("../../testdata/apple/keys/chain.pem"),
    ];
    READ.get_or_init(|| Identity::from_files("ec", key, &chain.concat(), None).expect("an identity"))
}
