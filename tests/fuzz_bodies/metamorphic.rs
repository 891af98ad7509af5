//! For any two files that differ only in the values at a place, setting it gives the same bytes. The second file of a pair is
//! the first one with another value put there.

use inject::artifact::document::{Edit, edit, read};
use inject::format::dex::{self, Argument, Dex, DexEdit, Target};
use inject::format::{arsc, axml};
use inject::placement::Locator;

/// Values whose ways of being written differ in each format, and in length.
const VALUES: [&str; 5] =
    ["", "plain", "</script\u{1f600}\"'`\\${\n\u{2028}<!--]]>&", " a=b:c#\u{e9} ", "0123456789abcdef"];

/// By every pair of values; how many could be compared. One that is there already, among those that are `held` or alone, is
/// left as it is written, so it is none to compare.
fn same<E>(held: &[String], set: impl Fn(&[u8], &str) -> Result<Vec<u8>, E>, bytes: &[u8], what: &str) -> usize {
    let put = |value: &'static str| Some((value, set(bytes, value).ok().filter(|new| new != bytes)?));
    let is_new = |value: &&'static str| !held.iter().any(|held| held == value);
    let other: Vec<(&str, Vec<u8>)> = VALUES.into_iter().filter(is_new).filter_map(put).collect();
    let mut pairs = 0;
    for (last, straight) in &other {
        for (between, content) in other.iter().filter(|(between, _)| between != last) {
            let is_same = set(content, last).is_ok_and(|again| again == *straight);
            assert!(is_same, "{what}: {between:?} in between leaves a trace in {last:?}");
            pairs += 1;
        }
    }
    pairs
}

/// Documents of every kind that has places; how many pairs of values were compared, here and below.
pub fn documents(bytes: &[u8]) -> usize {
    let mut pairs = 0;
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
        // Only where there is one spelling of nothing: `<string/>`, a key without a separator and an element between comments
        // stay as they are written, beside a second one that is set; what is empty before `||` is no value.
        let keeps_empty = match locator {
            Locator::Json(_) => true,
            Locator::Xml(path) => path.contains('@'),
            _ => false,
        };
        let set = |bytes: &[u8], value: &str| match value {
            "" if !keeps_empty => Err(None),
            _ => edit(bytes, &[Edit { locator, value, create: false }]).map_err(Some),
        };
        pairs += same(&held, set, bytes, &format!("{locator:?}"));
    }
    pairs
}

/// Tables and compiled documents as compilers write them: in damaged ones strings may overlap.
pub fn compiled(bytes: &[u8]) -> usize {
    let mut pairs = 0;
    for name in ["a", "b"] {
        let set = |bytes: &[u8], value: &str| {
            let edit = arsc::StringEdit { name: name.to_owned(), config: None, value: value.into() };
            arsc::edit(bytes, &[edit], false)
        };
        pairs += same(&[], set, bytes, name);
        let set = |bytes: &[u8], value: &str| {
            let edit = axml::MetaEdit { name: name.to_owned(), value: value.into() };
            axml::edit_meta_data(bytes, &[edit], false).map(|edited| edited.bytes)
        };
        pairs += same(&[], set, bytes, name);
    }
    for path in ["/manifest/@package", "/a/@b", "/a"] {
        let set = |bytes: &[u8], value: &str| {
            axml::edit_paths(bytes, &[axml::PathEdit { path: path.to_owned(), value: value.into() }])
        };
        pairs += same(&[], set, bytes, path);
    }
    pairs
}

/// What calls of a method pass, one by one.
pub fn code(bytes: &[u8], method: &str) -> usize {
    let Ok(all) = Dex::all(bytes) else { return 0 };
    let mut pairs = 0;
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
        let Argument::Constants(loads) = &constant.value else { continue };
        let held: Vec<String> = loads.iter().map(|load| load.text.clone()).collect();
        let set = |bytes: &[u8], value: &str| {
            let target = number(bytes).ok_or("the call is gone")?;
            dex::edit(bytes, &[DexEdit { target, value: value.into() }]).map_err(|_| "refused")
        };
        pairs += same(&held, set, bytes, method);
    }
    pairs
}
