//! The files of Apple's code signing: Mach-O, signatures, seals, entitlements, profiles.

use inject::format::apple_plist::{self, Dictionary, Value};
use inject::format::code_resources::{CodeResources, Exclusions, Fate, Generation, Sealed};
use inject::format::code_signature::{
    Directory, HashType, MAGIC_ENTITLEMENTS, SuperBlob, requirement, slot, superblob, wrap,
};
use inject::format::der_entitlements;
use inject::format::macho::{Container, MachO, MachOError};
use inject::format::mobileprovision::{Profile, allows};
use proptest::prelude::*;

use crate::fuzz_bodies::apple as fuzz;

const IOS: &[u8] = include_bytes!("../../testdata/apple/macho/ios-arm64");
const WATCH: &[u8] = include_bytes!("../../testdata/apple/macho/watchos-arm64_32");
const MAC: &[u8] = include_bytes!("../../testdata/apple/macho/macos-arm64");
const FAT: &[u8] = include_bytes!("../../testdata/apple/macho/simulator-fat");
const NOTES: &[u8] = include_bytes!("../../testdata/apple/keys/notes.mobileprovision");

const PLIST_HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
                          \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n";

#[test]
fn images_are_read_as_objdump_reads_them() {
    let ios = MachO::parse(IOS).unwrap();
    let slice = &ios.slices[0];
    assert_eq!(ios.container, Container::Thin);
    assert_eq!((slice.architecture().as_str(), slice.is_64, slice.file_type), ("arm64", true, 2));
    assert_eq!(slice.signature, None);
    assert_eq!(slice.platform.map(|platform| (platform.id, platform.min_os)), Some((2, 0x000f_0000)));
    let linkedit = slice.segment("__LINKEDIT").unwrap();
    assert_eq!(linkedit.file_offset + linkedit.file_size, IOS.len() as u64);
    let watch = MachO::parse(WATCH).unwrap();
    assert_eq!((watch.slices[0].architecture().as_str(), watch.slices[0].is_64), ("arm64_32", false));
    let fat = MachO::parse(FAT).unwrap();
    let names: Vec<String> = fat.slices.iter().map(inject::format::macho::Slice::architecture).collect();
    assert_eq!((fat.container, names), (Container::Fat, vec!["x86_64".to_owned(), "arm64".to_owned()]));
    assert!(MachO::is_one(IOS) && MachO::is_one(FAT));
    // A Java class of version 61.
    assert!(!MachO::is_one(b"\xca\xfe\xba\xbe\x00\x00\x00\x3d") && !MachO::is_one(b"PK\x03\x04"));
}

#[test]
fn the_same_images_make_the_same_file() {
    for bytes in [IOS, WATCH, MAC, FAT] {
        let file = MachO::parse(bytes).unwrap();
        let images: Vec<Vec<u8>> = file.slices.iter().map(|slice| slice.bytes(bytes).to_vec()).collect();
        assert_eq!(file.with_images(bytes, &images).unwrap(), bytes);
    }
}

#[test]
fn room_for_a_signature_changes_three_commands_and_nothing_else() {
    for bytes in [IOS, WATCH, MAC] {
        let file = MachO::parse(bytes).unwrap();
        let slice = &file.slices[0];
        let image = slice.with_room(bytes, 0x5000).unwrap();
        let signed = [image.as_slice(), &vec![0; 0x5000]].concat();
        let again = MachO::parse(&signed).unwrap();
        let new = &again.slices[0];
        let signature = new.signature.unwrap();
        assert_eq!((signature.offset as usize, signature.size), (image.len(), 0x5000));
        assert_eq!(signature.offset % 16, 0);
        let linkedit = new.segment("__LINKEDIT").unwrap();
        assert_eq!(linkedit.file_offset + linkedit.file_size, signed.len() as u64);
        assert!(linkedit.vm_size >= linkedit.file_size && linkedit.vm_size.is_multiple_of(new.page_size()));
        // Behind the load commands nothing but zeros up to the multiple of 16 is new.
        let end = new.commands.end;
        let old = &bytes[..slice.signature.map_or(bytes.len(), |signature| signature.offset as usize)];
        assert_eq!(&image[end..old.len()], &old[end..]);
        assert!(image[old.len()..].iter().all(|&byte| byte == 0));
        assert_eq!(new.with_room(&signed, 0x5000).unwrap(), image, "room that is there is made again the same");
    }
}

#[test]
fn what_cannot_grow_is_refused() {
    let mut encrypted = IOS.to_vec();
    let file = MachO::parse(IOS).unwrap();
    // The load command behind the last one gets a byte: no room any more.
    encrypted[file.slices[0].commands.end] = 1;
    let file = MachO::parse(&encrypted).unwrap();
    assert!(matches!(file.slices[0].with_room(&encrypted, 16), Err(MachOError::NoHeaderRoom { .. })));
    let longer = [IOS, &[7; 64]].concat();
    let file = MachO::parse(&longer).unwrap();
    assert!(matches!(file.slices[0].with_room(&longer, 16), Err(MachOError::LinkeditNotLast { .. })));
    let power_pc = MachO::parse(b"\xfe\xed\xfa\xce\x00\x00\x00\x12").unwrap_err();
    assert!(power_pc.to_string().contains("big-endian"), "{power_pc}");
}

fn directory(pages: usize, version: u32) -> Vec<u8> {
    let directory = Directory {
        version,
        flags: 0x1_0000,
        code_limit: pages as u64 * 4096,
        hash_type: HashType::Sha256,
        platform: 0,
        page_exponent: 12,
        identifier: "com.example.notes",
        team: Some("TEAM123456"),
        exec_segment: (0, 0x4000, 1),
        runtime: 0x000e_0000,
        special: vec![Some(vec![1; 32]), None, Some(vec![3; 32])],
        pages: vec![9; pages * 32],
    };
    directory.encode()
}

#[test]
fn a_signature_that_was_made_is_read_back() {
    for version in [0x2_0400, 0x2_0500] {
        let entitlements = wrap(MAGIC_ENTITLEMENTS, b"<plist/>");
        let bytes = superblob(&[(slot::DIRECTORY, directory(3, version)), (slot::ENTITLEMENTS, entitlements)]);
        let padded = [bytes.as_slice(), &[0; 40]].concat();
        let signature = SuperBlob::parse(&padded).unwrap();
        assert_eq!(signature.raw, bytes);
        assert_eq!(signature.entitlements(), Some(b"<plist/>".as_slice()));
        let directories = signature.directories().unwrap();
        let read = directories[0];
        assert_eq!((read.identifier, read.team, read.version), ("com.example.notes", Some("TEAM123456"), version));
        assert_eq!((read.code_limit, read.exec_segment), (3 * 4096, Some((0, 0x4000, 1))));
        assert_eq!(read.runtime, (version >= 0x2_0500).then_some(0x000e_0000));
        assert_eq!(read.special(1), Some([1; 32].as_slice()));
        assert!(read.binds(3) && !read.binds(2) && read.special(4).is_none());
        assert_eq!(read.pages().collect::<Vec<_>>(), [[9; 32].as_slice(); 3]);
        let changed = read.with_special(&[(3, vec![5; 32])]).unwrap();
        assert_eq!(changed.iter().zip(read.raw).filter(|(a, b)| a != b).count(), 32);
        assert_eq!(read.with_special(&[(4, vec![5; 32])]), None);
        assert_eq!(read.with_special(&[(3, vec![5; 20])]), None);
    }
    let apple = requirement::designated(&requirement::Designated::Apple { identifier: "a.b", common_name: "Apple: X" });
    assert!(!requirement::is_empty(&apple) && requirement::is_empty(&requirement::empty()));
    assert_eq!(apple.len() % 4, 0);
}

#[test]
fn the_linkers_signature_is_read() {
    let file = MachO::parse(MAC).unwrap();
    let signature = SuperBlob::parse(file.slices[0].signature_bytes(MAC).unwrap()).unwrap();
    let directory = signature.directories().unwrap()[0];
    assert_eq!((directory.identifier, directory.hash_type), ("macos-arm64", HashType::Sha256));
    assert_eq!(directory.pages().len() as u64, directory.code_limit.div_ceil(4096));
}

fn seal_text() -> String {
    let rules = "\t\t<key>^.*</key>\n\t\t<true/>\n\t\t<key>^.*\\.lproj/</key>\n\t\t<dict>\n\t\t\t<key>optional</key>\n\t\t\t<true/>\n\t\t\t<key>weight</key>\n\t\t\t<real>1000</real>\n\t\t</dict>\n\t\t<key>^Info\\.plist$</key>\n\t\t<dict>\n\t\t\t<key>omit</key>\n\t\t\t<true/>\n\t\t\t<key>weight</key>\n\t\t\t<real>20</real>\n\t\t</dict>\n";
    format!(
        "{PLIST_HEAD}<dict>\n\t<key>files</key>\n\t<dict>\n\t\t<key>a &amp; b</key>\n\t\t<data>\n\t\tAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\t\t</data>\n\t</dict>\n\t<key>files2</key>\n\t<dict>\n\t\t<key>a &amp; b</key>\n\t\t<dict>\n\t\t\t<key>hash2</key>\n\t\t\t<data>\n\t\t\tAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\t\t\t</data>\n\t\t\t<key>optional</key>\n\t\t\t<true/>\n\t\t</dict>\n\t</dict>\n\t<key>rules</key>\n\t<dict>\n{rules}\t</dict>\n\t<key>rules2</key>\n\t<dict>\n{rules}\t</dict>\n</dict>\n</plist>\n"
    )
}

#[test]
fn a_seal_is_written_as_it_was_read() {
    let text = seal_text();
    let seal = CodeResources::parse(text.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(seal.to_bytes()).unwrap(), text);
    let sealed = seal.get(Generation::Two, "a & b").unwrap().unwrap();
    assert_eq!((sealed.hash, sealed.hash2, sealed.optional), (None, Some(vec![0; 32]), true));
    let mut changed = seal.clone();
    let entry = Sealed { hash: Some(vec![0; 20]), ..Sealed::default() };
    changed.set(Generation::One, "Z", &entry);
    changed.set(Generation::One, "A", &entry);
    let written = CodeResources::parse(&changed.to_bytes()).unwrap();
    assert_eq!(written.paths(Generation::One).collect::<Vec<_>>(), ["A", "Z", "a & b"]);
    changed.remove(Generation::One, "Z");
    changed.remove(Generation::One, "A");
    assert_eq!(changed, seal);
}

#[test]
fn the_heaviest_rule_decides() {
    let rules = CodeResources::parse(seal_text().as_bytes()).unwrap().rules(Generation::Two).unwrap();
    assert_eq!(rules.fate("x"), Fate::Sealed { optional: false, nested: false });
    assert_eq!(rules.fate("de.lproj/x"), Fate::Sealed { optional: true, nested: false });
    assert_eq!(rules.fate("Info.plist"), Fate::Omitted);
    assert_eq!(rules.fate("PlugIns/x.appex/Info.plist"), Fate::Sealed { optional: false, nested: false });
    let flat = CodeResources::new(false).rules(Generation::Two).unwrap();
    assert_eq!(flat.fate("a/.DS_Store"), Fate::Omitted);
    assert_eq!(flat.fate("Base.lproj/x"), Fate::Sealed { optional: false, nested: false });
    let deep = CodeResources::new(true).rules(Generation::Two).unwrap();
    assert_eq!(deep.fate("Frameworks/x.framework"), Fate::Sealed { optional: false, nested: true });
    assert_eq!(deep.fate("Resources/x"), Fate::Sealed { optional: false, nested: false });
    let exclusions = Exclusions { executable: Some("Notes".to_owned()) };
    assert!(
        exclusions.cover("Notes") && exclusions.cover("_CodeSignature/CodeResources") && !exclusions.cover("Notes2")
    );
}

#[test]
fn a_bad_seal_says_what_is_bad() {
    let broken = seal_text().replace("^.*\\.lproj/", "^(");
    let seal = CodeResources::parse(broken.as_bytes()).unwrap();
    assert!(seal.rules(Generation::Two).unwrap_err().to_string().contains("rule \"^(\""));
    let broken = seal_text().replace("hash2", "hash9");
    assert!(CodeResources::parse(broken.as_bytes()).unwrap_err().to_string().contains("files2 of \"a & b\""));
}

fn example() -> Dictionary {
    let text = format!(
        "{PLIST_HEAD}<dict><key>z</key><true/><key>application-identifier</key><string>T.a</string><key>n</key>\
         <integer>-129</integer><key>list</key><array><string>x</string><integer>300</integer></array><key>d</key>\
         <dict><key>b</key><false/><key>a</key><data>AQI=</data></dict></dict></plist>"
    );
    apple_plist::read_dictionary(text.as_bytes()).unwrap()
}

#[test]
fn entitlements_have_one_der_form() {
    let der = der_entitlements::encode(&example()).unwrap();
    let decoded = der_entitlements::decode(&der).unwrap();
    assert!(decoded.canonical);
    let sorted = |dictionary: &Dictionary| {
        let mut dictionary = dictionary.clone();
        dictionary.sort_keys();
        dictionary
    };
    assert_eq!(sorted(&decoded.entitlements).get("n"), Some(&Value::Integer((-129).into())));
    assert_eq!(sorted(&decoded.entitlements).len(), example().len());
    // What Xcode 12 wrote: a SET without an envelope, TRUE as 01.
    let old = b"\x31\x08\x30\x06\x0c\x01z\x01\x01\x01";
    let decoded = der_entitlements::decode(old).unwrap();
    assert_eq!((decoded.canonical, decoded.entitlements.get("z")), (false, Some(&Value::Boolean(true))));
    let mut date = Dictionary::new();
    date.insert("when".to_owned(), Value::Real(1.5));
    assert!(der_entitlements::encode(&date).unwrap_err().to_string().contains("\"when\""));
}

#[test]
fn entitlements_in_der_byte_for_byte() {
    let mut small = Dictionary::new();
    small.insert("get-task-allow".to_owned(), Value::Boolean(true));
    small.insert("a".to_owned(), Value::String("b".to_owned()));
    let expected: &[u8] =
        b"\x70\x22\x02\x01\x01\xb0\x1d\x30\x06\x0c\x01a\x0c\x01b\x30\x13\x0c\x0eget-task-allow\x01\x01\xff";
    assert_eq!(der_entitlements::encode(&small).unwrap(), expected);
    assert_eq!(der_entitlements::encode(&Dictionary::new()).unwrap(), b"\x70\x05\x02\x01\x01\xb0\x00");
}

#[test]
fn profiles_are_read_signed_and_bare() {
    let profile = Profile::parse(NOTES).unwrap();
    assert_eq!(profile.name, "notes");
    assert_eq!(
        (profile.teams.as_slice(), profile.expires.as_str()),
        (["TEAM123456".to_owned()].as_slice(), "20510101000000Z")
    );
    assert_eq!(profile.application_identifier(), Some("TEAM123456.com.example.notes"));
    assert_eq!(profile.certificates.len(), 1);
    let start = NOTES.windows(5).position(|window| window == b"<?xml").unwrap();
    let end = NOTES.windows(8).position(|window| window == b"</plist>").unwrap() + 8;
    assert_eq!(Profile::parse(&NOTES[start..end]).unwrap(), profile);
    let wildcard = Profile::parse(include_bytes!("../../testdata/apple/keys/wildcard.mobileprovision")).unwrap();
    assert_eq!(wildcard.fits("com.example.notes.widget"), Some(13));
    assert_eq!(profile.fits("com.example.notes.widget"), None);
    assert_eq!(profile.fits("com.example.notes"), Some(17));
    assert!(allows("a.*", "a.b") && allows("*", "x") && !allows("a.*", "b.a") && !allows("a", "ab"));
}

#[test]
fn every_truncation_is_an_error_and_no_panic() {
    for bytes in [IOS, WATCH, MAC, FAT] {
        let headers = MachO::parse(bytes).unwrap().slices[0].commands.end + 64;
        for len in (0..headers.min(bytes.len())).chain((0..bytes.len()).step_by(509)) {
            fuzz::macho(&bytes[..len]);
            assert!(MachO::parse(&bytes[..len]).is_err() || bytes.len() - len < 16, "cut at {len}");
        }
    }
    let signature = superblob(&[(0, directory(2, 0x2_0500)), (2, requirement::empty())]);
    for len in 0..signature.len() {
        fuzz::code_signature(&signature[..len]);
    }
    for len in 0..NOTES.len() {
        fuzz::documents(&NOTES[..len]);
    }
    let der = der_entitlements::encode(&example()).unwrap();
    for len in 0..der.len() {
        assert!(der_entitlements::decode(&der[..len]).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_headers(which in 0..4_usize, changes in prop::collection::vec((0..1400_usize, any::<u8>()), 1..5)) {
        let mut bytes = [IOS, WATCH, MAC, FAT][which].to_vec();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        fuzz::macho(&bytes);
    }

    #[test]
    fn what_is_signed_verifies_however_damaged_it_was(
        which in 0..4_usize,
        changes in prop::collection::vec((0..1400_usize, any::<u8>()), 0..4),
    ) {
        let mut bytes = [IOS, WATCH, MAC, FAT][which].to_vec();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        fuzz::signing(&bytes);
    }

    #[test]
    fn damaged_signatures(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5)) {
        let mut bytes = superblob(&[(0, directory(2, 0x2_0500)), (0x1000, directory(1, 0x2_0400)), (2, requirement::empty())]);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        fuzz::code_signature(&bytes);
    }

    #[test]
    fn damaged_documents(which in 0..3_usize, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5)) {
        let mut bytes = [NOTES.to_vec(), seal_text().into_bytes(), der_entitlements::encode(&example()).unwrap()][which].clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        fuzz::documents(&bytes);
    }

    #[test]
    fn texts_in_entitlements_come_back(key in "[a-z.]{1,40}", value in "\\PC{0,200}", number: i64) {
        let mut entitlements = Dictionary::new();
        entitlements.insert(key.clone(), Value::Array(vec![Value::String(value), Value::Integer(number.into())]));
        let der = der_entitlements::encode(&entitlements).unwrap();
        let decoded = der_entitlements::decode(&der).unwrap();
        prop_assert!(decoded.canonical);
        prop_assert_eq!(decoded.entitlements, entitlements);
    }
}
