//! Resources of bundles: any bytes are read or refused, and an edit is read back as it was asked for and leaves no trace.

use inject::format::aapt::{
    AaptError, Document, Table, edit_manifest, edit_paths, edit_strings, is_document, read_path,
};
use inject::format::arsc::{StringEdit, Value};
use inject::format::axml::{DataAttribute, MetaData, MetaEdit, PathEdit, Scalar};

/// A text with what is hard to write.
const VALUE: &str = "f\u{1f600}\\n\"'@";

pub fn aapt(bytes: &[u8]) {
    table(bytes);
    document(bytes);
}

fn table(bytes: &[u8]) {
    let Ok(table) = Table::parse(bytes) else { return };
    let _ = (
        table.resolve(0x7f01_0000),
        table.resource_name(0x7f01_0000),
        table.resource_of("res/a"),
        table.files("raw", "c"),
    );
    let edit = |name: &str, text: &str| StringEdit { name: name.to_owned(), config: None, value: text.into() };
    assert!(edit_strings(bytes, &[], true).as_deref() == Ok(bytes), "an edit of nothing");
    let mut names = table.names("string").unwrap_or_default();
    names.truncate(4);
    names.push("a".to_owned());
    for name in &names {
        for create in [false, true] {
            let Ok(edited) = edit_strings(bytes, &[edit(name, VALUE)], create) else { continue };
            let strings = |bytes: &[u8]| -> Result<Vec<_>, AaptError> {
                let found = Table::parse(bytes)?.find("string", name)?;
                Ok(found.into_iter().map(|found| (found.id, found.config, found.value)).collect())
            };
            let now = strings(&edited).expect("what was edited is read");
            assert!(!now.is_empty() && now.iter().all(|(.., value)| *value == Value::String(VALUE.to_owned())));
            let again = edit_strings(&edited, &[edit(name, VALUE)], create);
            assert!(again.as_ref() == Ok(&edited), "the second edit changes something");
            // Back, where all had one value.
            let before = table.find("string", name).unwrap_or_default();
            let mut texts = before.iter().map(|found| match &found.value {
                Value::String(text) => Some(text),
                _ => None,
            });
            if let Some(Some(first)) = texts.next()
                && texts.all(|text| text == Some(first))
            {
                let back = edit_strings(&edited, &[edit(name, first)], false).expect("an edit back");
                assert_eq!(strings(&back), strings(bytes));
            }
        }
    }
}

fn document(bytes: &[u8]) {
    let Ok(document) = Document::parse(bytes) else {
        assert!(!is_document(bytes));
        return;
    };
    let manifest = document.manifest();
    let _ = (document.filter_data(DataAttribute::Scheme), read_path(bytes, "/manifest/@package"));
    assert!(edit_manifest(bytes, &[], &[], true).map(|edited| edited.bytes).as_deref() == Ok(bytes));
    let edit = |name: &str, text: &str| [MetaEdit { name: name.to_owned(), value: text.into() }];
    for value in [VALUE, "42", "true"] {
        for create in [false, true] {
            let Ok(edited) = edit_manifest(bytes, &edit("a", value), &[], create) else { continue };
            let now = Document::parse(&edited.bytes).expect("what was edited is read").manifest();
            let mut metas = now.meta_data.iter().filter(|meta| meta.name == "a").peekable();
            assert!(metas.peek().is_some());
            let is_it = |meta: &MetaData| match &meta.value {
                Some(Scalar::Text(text)) => text == value,
                Some(Scalar::Int(number)) => number.to_string() == value,
                Some(Scalar::Bool(truth)) => truth.to_string() == value,
                Some(Scalar::Reference(_) | Scalar::Other { .. }) | None => false,
            };
            if let Some(other) = metas.find(|meta| !is_it(meta)) {
                panic!("set to {value:?}, it reads {:?}", other.value);
            }
            let others = |manifest: &inject::format::axml::Manifest| {
                let mut manifest = manifest.clone();
                manifest.meta_data.retain(|meta| meta.name != "a");
                manifest
            };
            assert_eq!(others(&now), others(&manifest));
            let again = edit_manifest(&edited.bytes, &edit("a", value), &[], false).map(|again| again.bytes);
            assert!(again.as_ref() == Ok(&edited.bytes), "the second edit changes something");
        }
    }
    let path = PathEdit { path: "/manifest/@package".to_owned(), value: VALUE.into() };
    if let Ok(edited) = edit_paths(bytes, &[path]) {
        assert_eq!(read_path(&edited, "/manifest/@package").expect("what was edited is read"), [VALUE]);
    }
}
