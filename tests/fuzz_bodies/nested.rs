//! Places in archives within: GeneXus' `.gxsd`, and archives in those.

use std::collections::BTreeMap;

use inject::artifact::files::{FileSet, Files, FilesError, ReadError};
use inject::format::zip::{Archive, METHOD_DEFLATED, METHOD_STORED};
use inject::placement::{Absence, Address, Kind, Place, Template};

use super::choices::Choices;
use crate::format::build::zip::{Item, Zip};

struct Folder(BTreeMap<String, Vec<u8>>);

impl Files for Folder {
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(self.0.keys().map(String::as_str))
    }

    fn read(&self, name: &str, _limit: u64) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.0.get(name).cloned())
    }
}

const PLACES: [&str; 4] =
    ["*.gxsd!/*.json#/id", "*.gxsd!/in.zip!/*.json#/id", "one.gxsd!/**/a#/**/id", "*.gxsd!/b.txt"];
const NAMES: [&str; 6] = ["a.json", "b.json", "b.txt", "x/a", "META-INF/A.SF", "c.bin"];

fn archive(choices: &mut Choices<'_>, inner: Option<Vec<u8>>) -> Vec<u8> {
    let mut items = Vec::new();
    for _ in 0..choices.below(5) {
        let text = match choices.below(4) {
            0 => choices.some(60).to_vec(),
            1 => br#"{"id":"old"}"#.to_vec(),
            2 => [&br#"{"a":[{"id":"one"},{"id":7}],"id":""#[..], choices.some(9), b"\"}"].concat(),
            _ => [&br#"{ "id" : "x", "id":"old", "k": ""#[..], choices.some(9), b"\"}\n"].concat(),
        };
        let mut item = Item::new(choices.one_of(&NAMES), choices.one_of(&[METHOD_STORED, METHOD_DEFLATED]), &text);
        item.descriptor = choices.one_of(&[None, Some(16), Some(12)]);
        item.local_extra = choices.one_of(&[vec![], vec![0x55, 0x54, 1, 0, 7]]);
        items.push(item);
    }
    items.extend(inner.map(|inner| Item::new("in.zip", METHOD_STORED, &inner)));
    let mut zip = Zip::of(items);
    zip.tail = choices.one_of(&[vec![], b"tail".to_vec()]);
    zip.build()
}

/// Every file below, by its path.
fn flat(name: &str, bytes: &[u8], all: &mut BTreeMap<String, Vec<u8>>) {
    if let Ok(archive) = Archive::open(bytes) {
        for (index, entry) in archive.entries().iter().enumerate() {
            if let Ok(content) = archive.read(index) {
                flat(&format!("{name}!/{}", entry.display_name()), &content, all);
            }
        }
    } else {
        all.insert(name.to_owned(), bytes.to_vec());
    }
}

/// Values reach their places and nothing else, and the way leaves no trace.
pub fn nested(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let at = choices.one_of(&PLACES);
    let inner = choices.rarely(2).then(|| archive(&mut choices, None));
    let names = ["one.gxsd", "two.gxsd"];
    let files = Folder(names.map(|name| (name.to_owned(), archive(&mut choices, inner.clone()))).into());
    let place = Place::new(Address::parse(at).expect("an address"), Template::default(), Absence::Skip);
    // The same edit of other files; `None` where it is refused.
    let set = |files: &Folder, value: &str| -> Result<Folder, FilesError> {
        let set = FileSet::new(files, Kind::Tree);
        let found = set.find(&place)?;
        let changes = set.change(found.iter().map(|found| (&found.spot, value)))?;
        let mut new = files.0.clone();
        for (name, content) in changes.contents {
            assert!(found.iter().any(|found| found.spot.path[0] == name), "{name} changed, and has no place");
            new.insert(name, content);
        }
        Ok(Folder(new))
    };
    let Ok(found) = FileSet::new(&files, Kind::Tree).find(&place) else { return };
    let Ok(new) = set(&files, "new") else { return };
    let again = FileSet::new(&new, Kind::Tree).find(&place).expect("what was written is read");
    assert_eq!(again.len(), found.len());
    assert!(again.iter().all(|found| found.values.iter().all(|value| value == "new")), "{again:?}");
    let mut before_after = [BTreeMap::new(), BTreeMap::new()];
    for (files, all) in [&files, &new].into_iter().zip(&mut before_after) {
        files.0.iter().for_each(|(name, bytes)| flat(name, bytes, all));
    }
    let [before, after] = before_after;
    assert!(before.keys().eq(after.keys()), "a file came or went");
    for (name, content) in &before {
        let is_place = found.iter().any(|found| found.spot.file() == *name);
        assert!(is_place || after[name] == *content, "{name} has no place, and is another one now");
    }
    // What is there already stays as it is written, so two values that were not there are compared.
    let other = set(&new, "other value").expect("what was written is edited");
    let direct = set(&files, "other value").expect("what is edited is edited to another value");
    if !found.iter().any(|found| found.values.iter().any(|value| value == "other value")) {
        assert_eq!(other.0, direct.0, "by way of another value");
    }
}
