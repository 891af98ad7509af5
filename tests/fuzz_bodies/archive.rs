//! Bodies for archives: what an edit leaves, and what the crate `zip` reads of the same bytes.

use std::io::{Cursor, Read};

use inject::format::zip::{
    Alignment, Archive, Change, Entry, METHOD_DEFLATED, METHOD_STORED, NewEntry, Rewrite, Rules, ZipError,
};

use super::choices::Choices;
use crate::format::build::zip::{Item, Zip, assemble, virtual_entry};

const NAMES: [&str; 8] =
    ["AndroidManifest.xml", "lib/a/libx.so", "a.json", "b", "../evil", "assets/\u{e9}.bin", "", "x.so"];

/// Any bytes as an archive: an empty plan is the same bytes, and the crate `zip` reads the same contents.
pub fn any(bytes: &[u8]) {
    any_by(bytes, Rules::Android);
    any_by(bytes, Rules::Common);
}

fn any_by(bytes: &[u8], rules: Rules) {
    let Ok(archive) = Archive::open_by(bytes, rules) else { return };
    assert_eq!(archive.fits_android().is_ok(), Archive::open(bytes).is_ok());
    assert_eq!(archive.rewritten(&Rewrite::default()).expect("an empty plan is always possible"), bytes);
    same_contents(bytes, &archive);
    // Whatever lies between the entries: what is replaced reads as what was put there, and the others hold the same data.
    let data = |bytes: &[u8], entry: &Entry| {
        let range = entry.data_range();
        (entry.name().to_vec(), entry.method(), entry.crc(), bytes[range.start as usize..range.end as usize].to_vec())
    };
    // Headers that lie are put right, and nothing else changes.
    let rewrite = Rewrite { headers: Some(rules), ..Rewrite::default() };
    if let Ok(right) = archive.rewritten(&rewrite) {
        let after = Archive::open_by(right.as_slice(), rules).expect("what was written is an archive");
        for (number, (old, now)) in archive.entries().iter().zip(after.entries()).enumerate() {
            assert!(data(bytes, old) == data(&right, now), "{}", old.display_name());
            assert_eq!(after.disagreement(number, rules).expect("it is read"), None, "{}", old.display_name());
        }
        assert_eq!(after.rewritten(&rewrite).expect("it fits"), right, "once is enough");
    }
    for alignment in [None, Some(Alignment::ANDROID)] {
        let index = bytes.len() % archive.entries().len().max(1);
        let changes = [(index, Change::Replace(b"replaced".to_vec()))].into();
        let rewrite = Rewrite { changes, alignment, ..Rewrite::default() };
        if archive.entries().is_empty() {
            return;
        }
        let Ok(new) = archive.rewritten(&rewrite) else { continue };
        let after = Archive::open_by(new.as_slice(), rules).expect("what was written is an archive");
        assert_eq!(after.entries().len(), archive.entries().len());
        assert_eq!(after.read(index).expect("what was put there is read"), b"replaced");
        for (number, (old, now)) in archive.entries().iter().zip(after.entries()).enumerate() {
            assert!(number == index || data(bytes, old) == data(&new, now), "{}", old.display_name());
        }
    }
}

/// Where the crate opens an archive too, contents are the same.
fn same_contents(bytes: &[u8], archive: &Archive<'_, [u8]>) {
    let Ok(mut other) = zip::ZipArchive::new(Cursor::new(bytes)) else { return };
    // It takes another beginning for the archive's own where bytes before it shift the offsets; we do not.
    if other.offset() != 0 || other.len() != archive.entries().len() {
        return;
    }
    for (index, entry) in archive.entries().iter().enumerate() {
        let (Ok(ours), Ok(mut theirs)) = (archive.read(index), other.by_index(index)) else { continue };
        if theirs.name_raw() != entry.name() || ![METHOD_STORED, METHOD_DEFLATED].contains(&entry.method()) {
            continue;
        }
        let mut content = Vec::new();
        if theirs.read_to_end(&mut content).is_ok() {
            assert_eq!(content, ours, "{}", entry.display_name());
        }
    }
}

/// An archive made of choices, with every oddity that packages have.
fn made(choices: &mut Choices<'_>, rules: Rules) -> Zip {
    let mut zip = Zip::default();
    for _ in 0..choices.below(6) {
        let method = choices.one_of(&[METHOD_STORED, METHOD_DEFLATED, METHOD_STORED, METHOD_DEFLATED, 0x4d2a]);
        let content = choices.some(64).repeat(choices.below(5));
        let name = if choices.rarely(4) { choices.text(9) } else { choices.one_of(&NAMES).to_owned() };
        let mut item = Item::new(&name, method, &content);
        item.local_extra = extra(choices);
        item.central_extra = choices.one_of(&[vec![], vec![0x55, 0x54, 1, 0, 9], vec![0; 3]]);
        item.descriptor = choices.one_of(&[None, None, Some(12), Some(16)]);
        item.gap = match choices.below(5) {
            3 => virtual_entry(choices.below(40)),
            4 => choices.some(30).to_vec(),
            _ => Vec::new(),
        };
        item.local_method = choices.rarely(8).then_some(METHOD_DEFLATED);
        if rules == Rules::Common {
            item.wide_local = choices.rarely(3);
            item.wide_record = [(); 3].map(|()| choices.rarely(3));
            if item.wide_local {
                item.descriptor = item.descriptor.map(|len| len + 8);
            }
        }
        zip.items.push(item);
    }
    let count = zip.items.len();
    zip.order = (0..count).collect();
    zip.order.rotate_left(choices.below(count.max(1)));
    zip.tail = choices.one_of(&[vec![], vec![0; 13], b"tail".to_vec()]);
    zip.comment = choices.one_of(&[&b""[..], b"a comment", b"PK\x05\x06"]).to_vec();
    if rules == Rules::Common {
        // Numbers of 64 bits ask for the record, or some of what is written does not fit.
        let asks = zip.items.iter().any(|item| item.wide_record.contains(&true));
        zip.wide = choices.one_of(&[None, Some(false), Some(true)]).or(asks.then_some(true));
        zip.behind = choices.one_of(&[&b""[..], b"\0", b"behind"]).to_vec();
    }
    zip
}

/// Other fields, then padding of one of the conventions, or something else.
fn extra(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut extra = if choices.rarely(3) { vec![0x55, 0x54, 1, 0, 7] } else { Vec::new() };
    match choices.below(5) {
        0 => {}
        1 => extra.extend(vec![0; choices.below(20)]),
        2 => {
            let data = choices.below(20);
            extra.extend([0x35, 0xd9, data as u8, 0]);
            extra.extend([4, 0].into_iter().chain(std::iter::repeat(0)).take(data));
        }
        3 => extra.extend(vec![0; 16 * 1024 + choices.below(20)]),
        _ => extra.extend(choices.some(12)),
    }
    extra
}

/// What an entry is to be.
#[derive(Clone, PartialEq)]
enum Wanted {
    AsItIs,
    Gone,
    Content(Vec<u8>),
}

/// Writes an archive again.
type Written<'w> = &'w dyn Fn(&[u8], &Rewrite) -> Result<Vec<u8>, ZipError>;

/// What happens to the entries, and what they are to be.
struct Plan {
    rewrite: Rewrite,
    /// By index.
    wanted: Vec<Wanted>,
}

fn plan(choices: &mut Choices<'_>, count: usize) -> Plan {
    let mut plan = Plan { rewrite: Rewrite::default(), wanted: vec![Wanted::AsItIs; count] };
    plan.rewrite.alignment = choices.one_of(&[
        None,
        Some(Alignment::ANDROID),
        Some(Alignment::ANDROID),
        Some(Alignment { stored: 1, native_library: 7 }),
    ]);
    for index in 0..count {
        let content = choices.some(40).repeat(choices.below(3));
        let (change, wanted) = match choices.below(6) {
            0 | 1 => continue,
            2 => (Change::Remove, Wanted::Gone),
            3 => (Change::Store(content.clone()), Wanted::Content(content)),
            _ => (Change::Replace(content.clone()), Wanted::Content(content)),
        };
        plan.rewrite.changes.insert(index, change);
        plan.wanted[index] = wanted;
    }
    for _ in 0..choices.below(3) {
        let method = choices.one_of(&[METHOD_STORED, METHOD_DEFLATED]);
        let name = choices.one_of(&["new", "lib/new.so", "a.json", "n\u{e9}w"]).into();
        plan.rewrite.added.push(NewEntry { name, content: choices.some(40).to_vec(), method });
    }
    plan
}

/// An archive made of the bytes, and a plan: nothing changes but what was asked for, and no way leaves a trace.
pub fn edited(bytes: &[u8]) {
    for rules in [Rules::Android, Rules::Common] {
        edited_by(bytes, rules);
    }
}

fn edited_by(bytes: &[u8], rules: Rules) {
    let mut choices = Choices::new(bytes);
    let zip = made(&mut choices, rules);
    let bytes = zip.build();
    let archive = match Archive::open_by(bytes.as_slice(), rules) {
        Ok(archive) => archive,
        Err(ZipError::Duplicate { .. }) => return,
        Err(error) => panic!("{error}"),
    };
    let written = |bytes: &[u8], rewrite: &Rewrite| {
        let archive = Archive::open_by(bytes, rules).expect("what was written is an archive");
        archive.layout(rewrite).map(|layout| assemble(bytes, &layout))
    };
    assert_eq!(written(&bytes, &Rewrite::default()).expect("an empty plan is always possible"), bytes);
    same_contents(&bytes, &archive);
    let plan = plan(&mut choices, zip.items.len());
    let new = match written(&bytes, &plan.rewrite) {
        Ok(new) => new,
        Err(ZipError::Duplicate { .. } | ZipError::Limit { .. }) => return,
        Err(error) => panic!("{error}"),
    };
    judge(&zip, &archive, &plan, &Archive::open_by(new.as_slice(), rules).expect("what was written is an archive"));
    there_and_back(&bytes, &plan, &written);
}

fn judge(zip: &Zip, archive: &Archive<'_, [u8]>, plan: &Plan, after: &Archive<'_, [u8]>) {
    let (bytes, new) = (archive.source(), after.source());
    same_contents(new, after);
    assert!(new.ends_with(&zip.behind));
    let part = |bytes: &[u8], range: std::ops::Range<u64>| bytes[range.start as usize..range.end as usize].to_vec();
    let mut left = after.entries().len();
    let mut ends = Vec::new();
    for (index, entry) in archive.entries().iter().enumerate() {
        let name = entry.display_name();
        let Some(now) = after.find(entry.name()) else {
            assert!(plan.wanted[index] == Wanted::Gone, "{name:?} is gone");
            continue;
        };
        // One of the same name may be added in its place.
        if plan.wanted[index] == Wanted::Gone {
            continue;
        }
        left -= 1;
        let now_entry = &after.entries()[now];
        let item = &zip.items[zip.order[index]];
        match &plan.wanted[index] {
            Wanted::Content(content) => {
                assert_eq!(after.read(now).expect("what was put there is read"), *content, "{name:?}");
                assert_eq!(now_entry.flags().1 & 8, 0, "{name:?} has no descriptor any more");
                ends.push((now_entry.local_offset(), now_entry.data_range().end));
            }
            _ => {
                let both = |entry: &Entry| {
                    (entry.flags(), entry.method(), entry.crc(), entry.compressed_size(), entry.uncompressed_size())
                };
                assert_eq!(both(entry), both(now_entry), "{name:?}");
                let behind = item.descriptor.unwrap_or(0) as u64;
                let whole = |entry: &Entry| {
                    let range = entry.data_range();
                    range.start..range.end + behind
                };
                assert_eq!(part(bytes, whole(entry)), part(new, whole(now_entry)), "{name:?}");
                ends.push((now_entry.local_offset(), whole(now_entry).end));
                if plan.rewrite.alignment.is_none() {
                    let header = |entry: &Entry| entry.local_offset()..entry.data_offset();
                    assert_eq!(part(bytes, header(entry)), part(new, header(now_entry)), "{name:?}");
                }
            }
        }
    }
    assert_eq!(left, plan.rewrite.added.len());
    for added in &plan.rewrite.added {
        let now = after.find(&added.name).expect("it was added");
        assert_eq!(after.read(now).expect("what was added is read"), added.content);
        let entry = &after.entries()[now];
        ends.push((entry.local_offset(), entry.data_range().end));
    }
    if let Some(alignment) = plan.rewrite.alignment {
        for entry in after.entries().iter().filter(|entry| entry.method() == METHOD_STORED) {
            let multiple = u64::from(alignment.of(entry.name()));
            assert!(entry.data_offset().is_multiple_of(multiple), "{:?} is not aligned", entry.display_name());
        }
    }
    // What lies between entries is what lay there.
    ends.sort_unstable();
    let (mut between, mut at) = (Vec::new(), 0);
    for (start, end) in ends {
        between.extend(part(new, at..start));
        at = end;
    }
    between.extend(part(new, at..after.directory_offset()));
    let gaps: Vec<u8> = zip.items.iter().flat_map(|item| item.gap.clone()).chain(zip.tail.clone()).collect();
    assert_eq!(between, gaps);
    assert_eq!(after.eocd().comment(), zip.comment);
}

/// Another content in between changes nothing, and the same plan again neither.
fn there_and_back(bytes: &[u8], plan: &Plan, written: Written<'_>) {
    let alignment = plan.rewrite.alignment;
    let rewrite = |of: &dyn Fn(&[u8]) -> Vec<u8>| {
        let replaced = plan.rewrite.changes.iter().filter_map(|(index, change)| match change {
            Change::Replace(content) => Some((*index, Change::Replace(of(content)))),
            _ => None,
        });
        Rewrite { changes: replaced.collect(), alignment, ..Rewrite::default() }
    };
    let (dev, prod) = (rewrite(&<[u8]>::to_vec), rewrite(&|content| [content, b"production"].concat()));
    let (Ok(in_dev), Ok(in_prod)) = (written(bytes, &dev), written(bytes, &prod)) else { return };
    assert_eq!(written(&in_prod, &dev).expect("it fits"), in_dev, "by way of another content");
    assert_eq!(written(&in_dev, &dev).expect("it fits"), in_dev, "the same again");
}
