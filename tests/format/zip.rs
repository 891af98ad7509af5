//! The container: identity, raw copies, alignment that finds back, and what is refused.

use inject::format::zip::{
    Alignment, Archive, Change, Disagreement, METHOD_DEFLATED, METHOD_STORED, NewEntry, Padding, Rewrite, Rules,
    ZipError,
};
use proptest::prelude::*;

use super::build::zip::{Item, Zip, assemble, virtual_entry};

/// Every oddity of real packages in one archive.
fn odd() -> Zip {
    let mut manifest = Item::new("AndroidManifest.xml", METHOD_DEFLATED, &b"manifest ".repeat(40));
    manifest.gap = virtual_entry(50);
    let mut table = Item::new("resources.arsc", METHOD_STORED, &b"table".repeat(33));
    table.local_extra = vec![0; 3];
    let mut library = Item::new("lib/arm64-v8a/libx.so", METHOD_STORED, &[7; 5000]);
    library.local_extra = [&[0x35, 0xd9, 8, 0, 0, 0x40][..], &[0; 6]].concat();
    let mut described = Item::new("assets/described.bin", METHOD_DEFLATED, &b"described".repeat(50));
    described.descriptor = Some(16);
    let mut bare = Item::new("assets/bare.bin", METHOD_DEFLATED, &b"bare".repeat(50));
    bare.descriptor = Some(12);
    bare.central_extra = vec![0x55, 0x54, 5, 0, 3, 1, 2, 3, 4];
    bare.gap = b"junk between entries".to_vec();
    let mut lying = Item::new("assets/lying", 0x4d2a, b"unknown method, and another one in the local header");
    lying.local_method = Some(8);
    let evil = Item::new("../../evil", METHOD_STORED, b"traversal");
    let mut zip = Zip::of([manifest, table, library, described, bare, lying, evil]);
    zip.order = vec![6, 0, 2, 1, 3, 4, 5];
    zip.tail = vec![0; 13];
    zip.comment = b"a comment".to_vec();
    zip
}

fn relayout(bytes: &[u8], rewrite: &Rewrite) -> Vec<u8> {
    assemble(bytes, &Archive::open(bytes).unwrap().layout(rewrite).unwrap())
}

fn replace(bytes: &[u8], name: &str, content: &[u8]) -> Vec<u8> {
    let index = Archive::open(bytes).unwrap().find(name.as_bytes()).unwrap();
    let change = Change::Replace(content.to_vec());
    relayout(
        bytes,
        &Rewrite { changes: [(index, change)].into(), alignment: Some(Alignment::ANDROID), ..Rewrite::default() },
    )
}

#[test]
fn an_empty_plan_gives_identical_bytes() {
    let bytes = odd().build();
    assert_eq!(relayout(&bytes, &Rewrite::default()), bytes);
    let empty = Zip::default().build();
    assert_eq!(relayout(&empty, &Rewrite::default()), empty);
}

#[test]
fn untouched_entries_stay_raw_identical_around_a_change() {
    let bytes = odd().build();
    let before = Archive::open(&bytes[..]).unwrap();
    for (changed, entry) in before.entries().iter().enumerate() {
        let out = replace(&bytes, &entry.display_name(), b"new content");
        let after = Archive::open(&out[..]).unwrap();
        for (index, (old, new)) in before.entries().iter().zip(after.entries()).enumerate() {
            assert_eq!(old.name(), new.name());
            if index == changed {
                assert_eq!(after.read(index).unwrap(), b"new content");
                assert_eq!(new.flags().1 & 8, 0, "a replaced entry has no data descriptor");
                continue;
            }
            let old_end = usize::try_from(old.data_range().end).unwrap();
            let new_end = usize::try_from(new.data_range().end).unwrap();
            let len = old.compressed_size() as usize;
            assert_eq!(bytes[old_end - len..old_end], out[new_end - len..new_end], "{}", old.display_name());
            assert_eq!(old.flags(), new.flags());
            assert_eq!(old.method(), new.method());
        }
        assert_eq!(after.eocd().comment(), b"a comment");
        let gap = b"junk between entries";
        assert!(out.windows(gap.len()).any(|window| window == gap));
    }
}

#[test]
fn the_old_content_is_gone() {
    let bytes = odd().build();
    let out = replace(&bytes, "../../evil", b"x");
    assert!(!out.windows(9).any(|window| window == b"traversal"));
    let index = Archive::open(&bytes[..]).unwrap().find(b"../../evil").unwrap();
    let removed = relayout(&bytes, &Rewrite { changes: [(index, Change::Remove)].into(), ..Rewrite::default() });
    assert!(!removed.windows(9).any(|window| window == b"traversal"));
    assert!(Archive::open(&removed[..]).unwrap().find(b"../../evil").is_none());
}

#[test]
fn a_data_descriptor_goes_with_its_entry() {
    for (name, len) in [("assets/described.bin", 16), ("assets/bare.bin", 12)] {
        let bytes = odd().build();
        let archive = Archive::open(&bytes[..]).unwrap();
        let index = archive.find(name.as_bytes()).unwrap();
        let entry = &archive.entries()[index];
        let start = usize::try_from(entry.data_range().end).unwrap();
        let descriptor = bytes[start..start + len].to_vec();
        let out = relayout(
            &bytes,
            &Rewrite { changes: [(index, Change::Replace(b"new".to_vec()))].into(), ..Rewrite::default() },
        );
        assert!(!out.windows(len).any(|window| window == descriptor), "{name}");
    }
}

#[test]
fn stored_entries_are_aligned_and_there_and_back_is_the_same() {
    let bytes = odd().build();
    let aligned = replace(&bytes, "AndroidManifest.xml", &b"dev".repeat(1000));
    let archive = Archive::open(&aligned[..]).unwrap();
    for entry in archive.entries().iter().filter(|entry| entry.method() == METHOD_STORED) {
        let multiple = if entry.name().ends_with(b".so") { 16384 } else { 4 };
        assert_eq!(entry.data_offset() % multiple, 0, "{}", entry.display_name());
    }
    for other in [&b"production"[..], &[0; 333], b""] {
        let there = replace(&aligned, "AndroidManifest.xml", other);
        assert_eq!(replace(&there, "AndroidManifest.xml", &b"dev".repeat(1000)), aligned);
    }
}

#[test]
fn added_entries_come_last_and_read_back() {
    let bytes = odd().build();
    let entry = |name: &str, method| NewEntry { name: name.into(), content: b"{}".repeat(20), method };
    let added = vec![entry("assets/new.json", METHOD_DEFLATED), entry("lib/x/libnew.so", METHOD_STORED)];
    let alignment = Some(Alignment::ANDROID);
    let out = relayout(&bytes, &Rewrite { added: added.clone(), alignment, ..Rewrite::default() });
    let archive = Archive::open(&out[..]).unwrap();
    let last: Vec<_> = archive.in_file_order().map(inject::format::zip::Entry::display_name).collect();
    assert_eq!(last[7..], ["assets/new.json", "lib/x/libnew.so"]);
    for new in &added {
        let index = archive.find(&new.name).unwrap();
        assert_eq!(archive.read(index).unwrap(), new.content);
    }
    let again = Archive::open(&out[..]).unwrap();
    let error = again.layout(&Rewrite { added, ..Rewrite::default() }).unwrap_err();
    assert!(matches!(error, ZipError::Duplicate { .. }), "{error}");
}

#[test]
fn refusals_are_exact() {
    let one = || Item::new("a", METHOD_STORED, b"content");
    let bytes = Zip::of([one()]).build();
    let eocd = bytes.len() - 22;
    let central = eocd - 47;
    let refused = |bytes: Vec<u8>| Archive::open(&bytes).unwrap_err().to_string();
    let patched = |at: usize, patch: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[at..at + patch.len()].copy_from_slice(patch);
        refused(bytes)
    };

    let mut encrypted = one();
    encrypted.central_flags = 1;
    let encrypted = Zip::of([encrypted]).build();
    let mut scrambled = encrypted.clone();
    scrambled[31] ^= 1;
    let read = |bytes: &[u8]| Archive::open(bytes).unwrap().read(0);
    assert!(read(&scrambled).unwrap_err().to_string().contains("entry \"a\" is encrypted"));
    // Android does not look at the bit: what reads as the directory says is not encrypted. What replaces it has no such bit.
    assert_eq!(read(&encrypted).unwrap(), b"content");
    let replaced = replace(&encrypted, "a", b"new");
    assert_eq!(Archive::open(&replaced[..]).unwrap().entries()[0].flags(), (0, 0));
    assert!(refused(Zip::of([one(), one()]).build()).contains("entry \"a\" is listed twice"));
    assert!(refused(b"not a zip".to_vec()).contains("not a ZIP archive"));
    assert!(refused(bytes[..bytes.len() - 1].to_vec()).contains("truncated"));
    assert!(patched(eocd + 4, &[1, 0]).contains("multi-disk archive: number of this disk is 1"));
    assert!(patched(eocd + 8, &[2, 0]).contains("multi-disk archive: number of entries on this disk is 2"));
    assert!(patched(central + 34, &[3, 0]).contains("multi-disk archive: disk of an entry is 3"));
    assert!(patched(eocd + 16, &[255; 4]).contains("zip64"));
    assert!(patched(central + 20, &[255; 4]).contains("zip64"));
    assert!(patched(eocd + 12, &[46, 0]).contains("central directory"));
    assert!(patched(eocd + 10, &[2, 0]).contains("on this disk"));
    assert!(patched(0, b"XX").contains("local header signature"));
    assert!(patched(central, b"XX").contains("record 0 of 1: signature"));
    assert!(patched(central + 20, &[200]).contains("behind the central directory"));
    assert!(patched(central + 42, &[200]).contains("does not fit"));

    let mut locator = Zip::of([one()]).build();
    locator.splice(eocd..eocd, [&b"PK\x06\x07"[..], &[0; 16]].concat());
    assert!(refused(locator).contains("zip64 end of central directory locator"));

    // Two records, one within the other's data.
    let inner = Zip::of([one()]).build();
    let mut outer = Zip::of([Item::new("outer", METHOD_STORED, &inner), Item::new("b", METHOD_STORED, b"")]).build();
    let record = outer.len() - 22 - 47;
    outer[record + 42..record + 46].copy_from_slice(&35_u32.to_le_bytes());
    assert!(refused(outer).contains("entries \"outer\" and \"b\" overlap"));
}

/// Bytes of an archive of two entries, of which the first has its header or its record changed: where, and to what.
fn lying(descriptor: Option<usize>, central_flags: u16, patches: &[(usize, &[u8])]) -> Vec<u8> {
    let mut first = Item::new("assets/first", METHOD_DEFLATED, &b"first ".repeat(30));
    (first.descriptor, first.central_flags) = (descriptor, central_flags);
    first.local_extra = vec![0x55, 0x54, 1, 0, 7];
    let mut bytes = Zip::of([first, Item::new("second", METHOD_STORED, b"content")]).build();
    for (at, patch) in patches {
        bytes[*at..at + patch.len()].copy_from_slice(patch);
    }
    bytes
}

#[test]
fn a_local_header_that_disagrees_is_named_and_put_right() {
    let rewrite = Rewrite { headers: Some(Rules::Android), ..Rewrite::default() };
    let descriptor = lying(Some(16), 0, &[]);
    let at = usize::try_from(Archive::open(&descriptor[..]).unwrap().entries()[0].data_range().end).unwrap();
    let cases: [(Vec<u8>, Disagreement); 8] = [
        (lying(None, 0, &[(30, b"assets/other")]), Disagreement::Name),
        (lying(None, 0, &[(26, &[11, 0])]), Disagreement::Name),
        (lying(None, 0, &[(14, &[1, 2, 3, 4])]), Disagreement::Crc(0x0403_0201)),
        (lying(None, 0, &[(18, &[1, 0, 0, 0])]), Disagreement::CompressedSize(1)),
        (lying(None, 0, &[(22, &[9, 0, 0, 0])]), Disagreement::Size(9)),
        (lying(None, 0, &[(6, &[8, 0])]), Disagreement::Descriptor(true)),
        (lying(None, 8, &[]), Disagreement::Descriptor(false)),
        (lying(Some(16), 0, &[(at + 4, &[1])]), Disagreement::NoDescriptor),
    ];
    for (bytes, expected) in cases {
        // One whose name is cut has its data elsewhere; the directory knows nothing of that.
        let archive = Archive::open(&bytes[..]).unwrap();
        assert_eq!(archive.disagreement(0, Rules::Android).unwrap(), Some(expected));
        assert_eq!(archive.disagreement(1, Rules::Android).unwrap(), None);
        assert_eq!(relayout(&bytes, &Rewrite::default()), bytes, "nobody asked for it");
        let right = relayout(&bytes, &rewrite);
        let after = Archive::open(&right[..]).unwrap();
        assert_eq!(after.disagreement(0, Rules::Android).unwrap(), None, "{expected:?}");
        let entry = &after.entries()[0];
        let header = usize::try_from(entry.local_offset()).unwrap();
        assert_eq!(right[header + 30..header + 42], *b"assets/first", "{expected:?}");
        assert_eq!(entry.flags(), (0, 0));
        assert_eq!(after.read(1).unwrap(), b"content");
        if bytes[26] == 12 {
            assert_eq!(after.read(0).unwrap(), b"first ".repeat(30));
            assert_eq!(right[header + 42..header + 47], [0x55, 0x54, 1, 0, 7], "other fields stay");
        }
        assert_eq!(relayout(&right, &rewrite), right, "once is enough");
    }
    // What agrees stays as it is, with its descriptor and whatever its method is.
    for bytes in [descriptor, odd().build()] {
        assert_eq!(relayout(&bytes, &rewrite), bytes);
    }
}

/// An archive with numbers of 64 bits wherever they can be.
fn wide() -> Zip {
    let all = |name: &str, method| {
        let mut item = Item::new(name, method, &b"content ".repeat(30));
        (item.wide_local, item.wide_record) = (true, [true; 3]);
        item
    };
    let mut described = all("described", METHOD_DEFLATED);
    described.descriptor = Some(24);
    described.local_extra = vec![0x55, 0x54, 1, 0, 7];
    described.central_extra = vec![0x55, 0x54, 1, 0, 7];
    let mut offset = Item::new("offset", METHOD_STORED, b"its offset alone");
    offset.wide_record = [false, false, true];
    let mut zip =
        Zip::of([all("first", METHOD_DEFLATED), described, offset, Item::new("plain", METHOD_STORED, b"plain")]);
    (zip.wide, zip.comment) = (Some(true), b"a comment".to_vec());
    zip
}

#[test]
fn zip64_is_read_and_kept_where_others_than_android_read() {
    let bytes = wide().build();
    let refused = Archive::open(&bytes[..]).unwrap_err().to_string();
    assert!(refused.contains("zip64") && refused.contains("Android packages must not"), "{refused}");
    let archive = Archive::open_by(&bytes[..], Rules::Common).unwrap();
    assert_eq!(archive.fits_android().unwrap_err().to_string().get(..13), Some("zip64 archive"));
    for (index, len) in [240, 240, 16, 5].into_iter().enumerate() {
        assert_eq!(archive.read(index).unwrap().len(), len);
        assert_eq!(archive.disagreement(index, Rules::Common).unwrap(), None);
    }
    assert_eq!(archive.rewritten(&Rewrite::default()).unwrap(), bytes);
    // A change: what is new needs no zip64; what moves keeps it.
    let edit = |bytes: &[u8], content: &[u8]| {
        let archive = Archive::open_by(bytes, Rules::Common).unwrap();
        let changes = [(0, Change::Replace(content.to_vec())), (1, Change::Replace(content.to_vec()))].into();
        let added = vec![NewEntry { name: b"new".into(), content: b"new".to_vec(), method: METHOD_STORED }];
        let added = if archive.find(b"new").is_some() { Vec::new() } else { added };
        archive.rewritten(&Rewrite { changes, added, ..Rewrite::default() }).unwrap()
    };
    let long = (0..90_u8).map(|byte| byte.wrapping_mul(77)).collect::<Vec<_>>();
    let new = edit(&bytes, &long);
    let after = Archive::open_by(&new[..], Rules::Common).unwrap();
    assert_eq!(after.read(0).unwrap(), long);
    assert_eq!(after.read(1).unwrap(), long);
    assert_eq!(after.read(2).unwrap(), b"its offset alone");
    assert_eq!(after.read(4).unwrap(), b"new");
    assert_eq!(after.entries()[0].flags(), (0, 0));
    let record = |archive: &Archive<'_, [u8]>, name: &str| {
        let directory = archive.directory();
        let at = (0..directory.len()).find(|&at| directory[at..].starts_with(name.as_bytes())).unwrap();
        directory[at - 16..].to_vec()
    };
    assert_eq!(record(&after, "described")[..2], [5, 0], "the other field stays, without that of zip64");
    assert_eq!(record(&after, "offset")[..2], [12, 0]);
    assert_eq!(new[new.len() - 9..], *b"a comment");
    // There and back again.
    assert_eq!(edit(&edit(&new, b"other"), &long), new);
}

#[test]
fn a_disk_of_32_bits_goes_with_the_field_that_held_it() {
    let mut item = Item::new("a", METHOD_STORED, b"content");
    item.central_extra = vec![1, 0, 4, 0, 0, 0, 0, 0];
    let mut bytes = Zip::of([item]).build();
    let directory = usize::try_from(Archive::open(&bytes[..]).unwrap().directory_offset()).unwrap();
    bytes[directory + 34..directory + 36].copy_from_slice(&[255; 2]);
    let archive = Archive::open_by(&bytes[..], Rules::Common).unwrap();
    assert_eq!(archive.rewritten(&Rewrite::default()).unwrap(), bytes);
    let changes = [(0, Change::Replace(b"new".to_vec()))].into();
    let new = archive.rewritten(&Rewrite { changes, ..Rewrite::default() }).unwrap();
    assert_eq!(Archive::open(&new[..]).unwrap().read(0).unwrap(), b"new");
    bytes[directory + 46 + 1 + 4] = 1;
    let error = Archive::open_by(&bytes[..], Rules::Common).unwrap_err().to_string();
    assert!(error.contains("multi-disk archive: disk of an entry is 1"), "{error}");
}

#[test]
fn offsets_beyond_32_bits_are_read_and_written() {
    // 5 GiB of nothing before the entries, which nobody holds.
    const HOLE: u64 = 5 << 30;
    struct Sparse(Vec<u8>);
    impl inject::format::read_at::ReadAt for Sparse {
        fn size(&self) -> u64 {
            HOLE + self.0.len() as u64
        }
        fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<()> {
            for (byte, at) in buf.iter_mut().zip(offset..) {
                *byte = at.checked_sub(HOLE).map_or(0, |at| self.0[usize::try_from(at).unwrap()]);
            }
            Ok(())
        }
    }
    let mut zip = Zip::of([Item::new("a", METHOD_DEFLATED, &[7; 999]), Item::new("b", METHOD_STORED, b"b")]);
    for item in &mut zip.items {
        item.wide_record = [false, false, true];
    }
    zip.wide = Some(true);
    let mut bytes = zip.build();
    // Every offset goes up by the hole: those of the entries, of the directory, of its end.
    let small = Archive::open_by(&bytes[..], Rules::Common).unwrap();
    let (start, len) = (usize::try_from(small.directory_offset()).unwrap(), small.directory().len());
    let record = len / 2;
    let end = start + len;
    for at in [start + 51, start + record + 51, end + 48, end + 56 + 8] {
        let offset = u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) + HOLE;
        bytes[at..at + 8].copy_from_slice(&offset.to_le_bytes());
    }
    let source = Sparse(bytes);
    let archive = Archive::open_by(&source, Rules::Common).unwrap();
    assert_eq!(archive.read(0).unwrap(), [7; 999]);
    let changes = [(0, Change::Replace(b"new".to_vec()))].into();
    let added = vec![NewEntry { name: b"c".into(), content: b"added".to_vec(), method: METHOD_STORED }];
    let layout = archive.layout(&Rewrite { changes, added, ..Rewrite::default() }).unwrap();
    let mut after = Vec::new();
    for segment in &layout.segments {
        match segment {
            inject::format::zip::Segment::Original(range) if range.end <= HOLE => {}
            inject::format::zip::Segment::Original(range) => {
                let mut part = vec![0; usize::try_from(range.end - range.start.max(HOLE)).unwrap()];
                inject::format::read_at::ReadAt::read_exact_at(&source, &mut part, range.start.max(HOLE)).unwrap();
                after.extend(part);
            }
            inject::format::zip::Segment::Bytes(bytes) => after.extend(bytes),
            inject::format::zip::Segment::Spooled(_) => unreachable!("nothing was spooled"),
        }
    }
    after.extend(&layout.directory);
    after.extend(layout.eocd(layout.payload_len).unwrap());
    let after = Sparse(after);
    let archive = Archive::open_by(&after, Rules::Common).unwrap();
    assert!(archive.directory_offset() > HOLE);
    assert_eq!(archive.read(0).unwrap(), b"new");
    assert_eq!(archive.read(1).unwrap(), b"b");
    assert_eq!(archive.read(2).unwrap(), b"added");
}

#[test]
fn records_of_zip64_that_contradict_or_are_cut_are_refused() {
    let bytes = wide().build();
    let (end, locator) = (bytes.len() - 22 - 9, bytes.len() - 22 - 9 - 20);
    let record = locator - 56;
    let refused = |at: usize, patch: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[at..at + patch.len()].copy_from_slice(patch);
        Archive::open_by(&bytes[..], Rules::Common).unwrap_err().to_string()
    };
    assert!(refused(end + 10, &[3, 0]).contains("on this disk"));
    assert!(refused(end + 8, &[3, 0, 3, 0]).contains("says 3 entries, the zip64 record at"));
    assert!(refused(end + 12, &[9, 0, 0, 0]).contains("says 9 bytes of directory"));
    assert!(refused(end + 16, &[9, 0, 0, 0]).contains("says 9 as the offset of the directory"));
    assert!(refused(locator + 8, &[255; 8]).contains("where no zip64 record fits"));
    assert!(refused(locator + 4, &[1]).contains("disk of the zip64 record is 1"));
    assert!(refused(locator + 16, &[2]).contains("number of disks but one is 1"));
    assert!(refused(record, b"XX").contains("zip64 record signature"));
    assert!(refused(record + 4, &[45]).contains("has 57 bytes, expected 56"));
    assert!(refused(record + 24, &[9]).contains("9 entries on this disk, and 4 in all"));
    assert!(refused(record + 24, &[255; 16]).contains("the number of entries is"));
    assert!(refused(record + 40, &[255; 16]).contains("central directory"));
    // A placeholder without its number.
    let mut zip = wide();
    zip.items[2].wide_record = [false; 3];
    zip.items[2].central_extra = vec![1, 0, 0, 0];
    let mut bytes = zip.build();
    let directory = Archive::open_by(&bytes[..], Rules::Common).unwrap();
    let at = usize::try_from(directory.directory_offset()).unwrap();
    let at = (at..bytes.len()).find(|&at| bytes[at..].starts_with(b"offset")).unwrap() - 4;
    bytes[at..at + 4].copy_from_slice(&[255; 4]);
    let error = Archive::open_by(&bytes[..], Rules::Common).unwrap_err().to_string();
    assert!(error.contains("record 2 of 4 has a placeholder for zip64"), "{error}");
}

#[test]
fn bytes_behind_an_archive_are_passed_over_and_stay_where_others_than_android_read() {
    for wide in [None, Some(false), Some(true)] {
        let mut zip = odd();
        (zip.wide, zip.behind) = (wide, b"\0behind PK\x05\x06 it".to_vec());
        let bytes = zip.build();
        assert!(matches!(Archive::open(&bytes[..]), Err(ZipError::NoEndOfCentralDirectory { .. })));
        let archive = Archive::open_by(&bytes[..], Rules::Common).unwrap();
        assert!(archive.fits_android().is_err());
        assert_eq!(archive.eocd().comment(), b"a comment");
        assert_eq!(archive.rewritten(&Rewrite::default()).unwrap(), bytes);
        let changes = [(0, Change::Replace(b"new".to_vec()))].into();
        let new = archive.rewritten(&Rewrite { changes, ..Rewrite::default() }).unwrap();
        assert!(new.ends_with(&zip.behind));
        assert_eq!(Archive::open_by(&new[..], Rules::Common).unwrap().read(0).unwrap(), b"new");
    }
    // One in which another lies stored at the end is cut, and not the other one.
    let inner = Zip::of([Item::new("a", METHOD_STORED, b"a")]).build();
    let outer = Zip::of([Item::new("b", METHOD_STORED, &inner)]).build();
    let cut = &outer[..outer.len() - 30];
    assert!(matches!(Archive::open_by(cut, Rules::Common), Err(ZipError::NoEndOfCentralDirectory { .. })));
}

#[test]
fn headers_that_announce_zip64_disagree_for_android_alone() {
    let mut announced = Item::new("a", METHOD_DEFLATED, &b"content".repeat(9));
    announced.wide_local = true;
    let mut described = announced.clone();
    described.name = b"b".to_vec();
    described.descriptor = Some(24);
    let bytes = Zip::of([announced, described]).build();
    let archive = Archive::open(&bytes[..]).unwrap();
    let rewrite = |rules| relayout(&bytes, &Rewrite { headers: Some(rules), ..Rewrite::default() });
    for index in 0..2 {
        assert_eq!(archive.disagreement(index, Rules::Android).unwrap(), Some(Disagreement::Zip64));
        assert_eq!(archive.disagreement(index, Rules::Common).unwrap(), None);
    }
    assert_eq!(rewrite(Rules::Common), bytes);
    let right = rewrite(Rules::Android);
    let archive = Archive::open(&right[..]).unwrap();
    for index in 0..2 {
        assert_eq!(archive.disagreement(index, Rules::Android).unwrap(), None);
        assert_eq!(archive.read(index).unwrap(), b"content".repeat(9));
    }
    assert!(right.len() < bytes.len() - 2 * 20, "the fields and the descriptor are gone");
}

#[test]
fn a_method_that_nobody_knows_is_what_its_sizes_say() {
    let content = b"inflated by whoever does not store it ".repeat(9);
    let mut bytes = Zip::of([Item::new("a", METHOD_DEFLATED, &content)]).build();
    let record = bytes.len() - 22 - 47;
    for at in [8, record + 10] {
        bytes[at..at + 2].copy_from_slice(&99_u16.to_le_bytes());
    }
    let archive = Archive::open(&bytes[..]).unwrap();
    assert!(archive.entries()[0].is_deflated());
    assert_eq!(archive.read(0).unwrap(), content);
    assert_eq!(archive.start(0, 8).unwrap(), b"inflated");
    let stored = Zip::of([Item::new("a", 99, &content)]).build();
    let archive = Archive::open(&stored[..]).unwrap();
    assert!(!archive.entries()[0].is_deflated());
    assert_eq!(archive.read(0).unwrap(), content);
    assert_eq!(Archive::open(&replace(&bytes, "a", b"new")[..]).unwrap().read(0).unwrap(), b"new");
}

#[test]
fn content_is_checked_against_the_directory() {
    let bytes = Zip::of([Item::new("a", METHOD_DEFLATED, &b"content ".repeat(30))]).build();
    let record = bytes.len() - 22 - 47;
    let read = |bytes: &[u8]| Archive::open(bytes).unwrap().read(0).map_err(|error| error.to_string());
    assert_eq!(read(&bytes).unwrap(), b"content ".repeat(30));
    let with = |at: usize, value: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = value;
        read(&bytes).unwrap_err()
    };
    assert!(with(record + 16, bytes[record + 16] ^ 1).contains("CRC-32"));
    assert!(with(record + 24, 239).contains("more than the 239 bytes"));
    assert!(with(record + 24, 241).contains("240 bytes, expected 241"));
    assert!(with(31, 0xff).contains("content of entry \"a\""));
    assert!(with(record + 20, bytes[record + 20] - 1).contains("has no end"));
}

#[test]
fn a_claimed_size_allocates_nothing() {
    let mut bytes = Zip::of([Item::new("a", METHOD_DEFLATED, b"tiny")]).build();
    let record = bytes.len() - 22 - 47;
    bytes[record + 24..record + 28].copy_from_slice(&0x1fff_ffff_u32.to_le_bytes());
    assert!(Archive::open(&bytes).unwrap().read(0).unwrap_err().to_string().contains("4 bytes, expected 536870911"));
    bytes[record + 24..record + 28].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
    assert!(matches!(Archive::open(&bytes).unwrap().read(0).unwrap_err(), ZipError::Limit { .. }));
}

#[test]
fn the_payload_ends_where_content_ends() {
    let mut zip = odd();
    zip.items.last_mut().unwrap().descriptor = Some(16);
    zip.tail = vec![0; 5000];
    let bytes = zip.build();
    let archive = Archive::open(&bytes[..]).unwrap();
    let end = archive.payload_end(archive.directory_offset()).unwrap();
    assert_eq!(end, archive.data_end() + 16);
    zip.tail[4000] = 1;
    let bytes = zip.build();
    let archive = Archive::open(&bytes[..]).unwrap();
    assert_eq!(archive.payload_end(archive.directory_offset()).unwrap(), archive.directory_offset() - 999);
}

/// What is no extra field, and fields that are too short for padding: an edit in between leaves no trace in them.
#[test]
fn there_and_back_is_the_same_whatever_the_extra_field_is() {
    for extra in [
        &[0x35, 0xd9, 3, 0, 16, 0, 0][..],
        &[0x35, 0xd9, 5, 0, 4, 0, 0, 1, 0],
        &[1, 2, 3],
        &[1, 2, 2],
        &[9],
        &[0x35, 0xd9, 0, 0],
        &[0x35, 0xd9, 1, 0, 4],
        &[0x55, 0x54, 1, 0, 7, 8, 9],
    ] {
        // With one of the names the data of the second entry is aligned as it is.
        for shift in 0..4 {
            let first = Item::new("a", METHOD_STORED, b"old");
            let mut second = Item::new(&"b".repeat(1 + shift), METHOD_STORED, b"content");
            second.local_extra = extra.to_vec();
            let bytes = Zip::of([first, second]).build();
            for other in 0..5 {
                let straight = replace(&bytes, "a", b"dev");
                let around = replace(&replace(&bytes, "a", &vec![1; other]), "a", b"dev");
                assert_eq!(around, straight, "{extra:?} {shift} {other}");
            }
        }
    }
}

#[test]
fn paddings_of_the_three_conventions() {
    assert_eq!(Padding::split(&[]), (&[][..], Padding::Zeros { len: 0 }));
    assert_eq!(Padding::split(&[0, 0, 0]), (&[][..], Padding::Zeros { len: 3 }));
    let times = [0x55, 0x54, 1, 0, 9];
    let padded = [&times[..], &[0; 7]].concat();
    assert_eq!(Padding::split(&padded), (&times[..], Padding::Zeros { len: 7 }));
    let android = [&times[..], &[0x35, 0xd9, 3, 0, 4, 0, 0]].concat();
    assert_eq!(Padding::split(&android), (&times[..], Padding::Android { len: 7, multiple: 4 }));
    // No field: what is padded anew could not be told from it, so it counts as padding.
    assert_eq!(Padding::split(&[1, 2, 3]), (&[][..], Padding::Zeros { len: 3 }));
    // A field that cannot say its multiple is none of padding.
    assert_eq!(Padding::split(&[0x35, 0xd9, 1, 0, 4]), (&[0x35, 0xd9, 1, 0, 4][..], Padding::Zeros { len: 0 }));
    assert_eq!(Padding::split(&[0xfe, 0xca, 0, 0]), (&[0xfe, 0xca, 0, 0][..], Padding::Zeros { len: 0 }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn padding_finds_back(len in 0..40_usize, android: bool, base in 0..100_000_u64, by in 0..100_000_u64, so: bool) {
        let multiple = if so { 16384 } else { 4 };
        let padding = if android { Padding::Android { len: len + 6, multiple } } else { Padding::Zeros { len } };
        let first = padding.aligned(base, multiple);
        prop_assert_eq!((base + first.len() as u64) % u64::from(multiple), 0);
        prop_assert_eq!(first.aligned(base + by, multiple).aligned(base, multiple), first);
        let mut extra = vec![0x55, 0x54, 1, 0, 9];
        first.write(&mut extra);
        prop_assert_eq!(Padding::split(&extra), (&[0x55, 0x54, 1, 0, 9][..], first));
    }

    #[test]
    fn any_archive_survives_any_rewrite(
        contents in proptest::collection::vec((proptest::collection::vec(any::<u8>(), 0..200), any::<bool>()), 1..6),
        new in proptest::collection::vec(any::<u8>(), 0..200),
        pick in any::<proptest::sample::Index>(),
    ) {
        let items = contents.iter().enumerate().map(|(index, (content, deflated))| {
            Item::new(&format!("entry{index}"), if *deflated { METHOD_DEFLATED } else { METHOD_STORED }, content)
        });
        let bytes = Zip::of(items).build();
        prop_assert_eq!(&relayout(&bytes, &Rewrite::default()), &bytes);
        let changed = pick.index(contents.len());
        let out = replace(&bytes, &format!("entry{changed}"), &new);
        let archive = Archive::open(&out[..]).unwrap();
        for (index, (content, _)) in contents.iter().enumerate() {
            let expected = if index == changed { &new } else { content };
            prop_assert_eq!(&archive.read(index).unwrap(), expected);
        }
    }

    #[test]
    fn hostile_bytes_never_panic(mut flips in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..8), cut in any::<proptest::sample::Index>()) {
        let mut bytes = odd().build();
        for (at, value) in flips.drain(..) {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        read_everything(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        read_everything(&bytes);
    }
}

/// The fuzz body of the container: opens, reads every entry, lays out again.
fn read_everything(bytes: &[u8]) {
    let Ok(archive) = Archive::open_by(bytes, Rules::Common) else { return };
    for index in 0..archive.entries().len() {
        let _ = archive.read(index);
    }
    let same = archive.layout(&Rewrite::default()).unwrap();
    assert_eq!(assemble(bytes, &same), bytes);
    let _ = archive.layout(&Rewrite { alignment: Some(Alignment::ANDROID), ..Rewrite::default() });
}
