//! For any two files that differ only in the values at a place, setting it gives the same bytes. The second file of a pair is
//! the first one with another value put there.

use inject::artifact::document::{Edit, edit, read};
use inject::format::chunk::Chunk;
use inject::format::dex::{self, Argument, Dex, DexEdit, Target};
use inject::format::string_pool::StringPool;
use inject::format::{arsc, axml};
use inject::placement::Locator;

/// Values whose ways of being written differ in each format, and in length.
const VALUES: [&str; 5] =
    ["", "plain", "</script\u{1f600}\"'`\\${\n\u{2028}<!--]]>&", " a=b:c#\u{e9} ", "0123456789abcdef"];

/// By every pair of values. One that is there already is left as it is written.
fn same<E>(held: &[String], set: impl Fn(&[u8], &str) -> Result<Vec<u8>, E>, bytes: &[u8], what: &str) {
    let values = || VALUES.into_iter().filter(|value| !held.iter().any(|held| held == value));
    for last in values() {
        let Ok(straight) = set(bytes, last) else { continue };
        for between in values().filter(|between| *between != last) {
            let Ok(other) = set(bytes, between) else { continue };
            let again = set(&other, last).ok();
            let is_same = again.is_some_and(|again| again == straight);
            assert!(is_same, "{what}: {between:?} in between leaves a trace in {last:?}");
        }
    }
}

/// Documents of every kind that has places.
pub fn documents(bytes: &[u8]) {
    let text = str::to_owned;
    let locators = [
        Locator::Json(text("/a")),
        Locator::Json(text("/a/0/b")),
        Locator::Json(text("/a/**/b")),
        Locator::Xml(text("/a")),
        Locator::Xml(text("/a/@b")),
        Locator::Xml(text("/a/b[2]")),
        Locator::Plist(text("a")),
        Locator::Plist(text("0/b")),
        Locator::Properties(text("a")),
        Locator::Js(text("a")),
        Locator::Js(text("a.NAME")),
        Locator::Js(text("NAME")),
    ];
    for locator in &locators {
        let Ok(held) = read(bytes, locator) else { continue };
        // An empty text of an element has no place: where it was between blanks and comments is gone.
        let keeps_empty = !matches!(locator, Locator::Xml(path) if !path.contains('@'));
        let set = |bytes: &[u8], value: &str| match value {
            "" if !keeps_empty => Err(None),
            _ => edit(bytes, &[Edit { locator, value, create: false }]).map_err(Some),
        };
        same(&held, set, bytes, &format!("{locator:?}"));
    }
}

/// Tables and compiled documents whose strings can all be read: what lies between others stays.
pub fn compiled(bytes: &[u8]) {
    let pool = [8, 12].into_iter().find_map(|at| StringPool::parse(Chunk::at(bytes, at, bytes.len()).ok()?).ok());
    if pool.is_none_or(|pool| (0..pool.len()).any(|index| pool.text(index).is_err())) {
        return;
    }
    for name in ["a", "b"] {
        let set = |bytes: &[u8], value: &str| {
            let edit = arsc::StringEdit { name: name.to_owned(), config: None, value: value.to_owned() };
            arsc::edit(bytes, &[edit], false)
        };
        same(&[], set, bytes, name);
        let set = |bytes: &[u8], value: &str| {
            let edit = axml::MetaEdit { name: name.to_owned(), value: value.to_owned() };
            axml::edit_meta_data(bytes, &[edit], false).map(|edited| edited.bytes)
        };
        same(&[], set, bytes, name);
    }
    for path in ["/manifest/@package", "/a/@b", "/a"] {
        let set = |bytes: &[u8], value: &str| {
            axml::edit_paths(bytes, &[axml::PathEdit { path: path.to_owned(), value: value.to_owned() }])
        };
        same(&[], set, bytes, path);
    }
}

/// What calls of a method pass, one by one.
pub fn code(bytes: &[u8], method: &str) {
    let Ok(all) = Dex::all(bytes) else { return };
    let constants = all.iter().take(1).flat_map(|dex| dex.constants_to(method).unwrap_or_default());
    for constant in constants.filter(|constant| matches!(constant.value, Argument::Constants(_))).take(8) {
        // Bytes move by an edit; the call stays the one of its number.
        let number = |bytes: &[u8]| -> Option<Target> {
            let dex = Dex::all(bytes).ok()?;
            let calls = |dex: &Dex<'_>| dex.constants_to(method).unwrap_or_default();
            let before = calls(all.first()?).iter().position(|one| one.passed == constant.passed)?;
            let passed = calls(dex.first()?).get(before)?.passed;
            Some(Target::Passed { passed, place: 0 })
        };
        let held: Vec<String> = match &constant.value {
            Argument::Constants(loads) => loads.iter().map(|load| load.text.clone()).collect(),
            Argument::Unknown { .. } => continue,
        };
        let set = |bytes: &[u8], value: &str| {
            let target = number(bytes).ok_or("the call is gone")?;
            dex::edit(bytes, &[DexEdit { target, value: value.to_owned() }]).map_err(|_| "refused")
        };
        same(&held, set, bytes, method);
    }
}
