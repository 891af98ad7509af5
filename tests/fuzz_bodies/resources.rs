//! What a fuzzer calls: plain functions over any bytes that must return. Ordinary tests call them too.

use inject::format::{arsc, axml, json, mutf8, plist, properties, xml};

pub fn arsc(bytes: &[u8]) {
    let edit = |name: &str| arsc::StringEdit { name: name.to_owned(), config: None, value: "fuzz".into() };
    if let Ok(table) = arsc::Table::parse(bytes) {
        let _ = (arsc::dump(&table), table.string_names(), table.find("string", "a"), table.resolve(0x7f01_0000));
    }
    for create in [false, true] {
        if let Ok(edited) = arsc::edit(bytes, &[edit("a"), edit("b")], create) {
            arsc::Table::parse(&edited).expect("what was edited is read");
        }
    }
}

pub fn axml(bytes: &[u8]) {
    if let Ok(document) = axml::Document::parse(bytes) {
        let _ = (axml::dump(&document), document.manifest(), axml::read_path(&document, "/manifest/@package"));
    }
    let edit = axml::MetaEdit { name: "a".to_owned(), value: "fuzz".into() };
    for create in [false, true] {
        if let Ok(edited) = axml::edit_meta_data(bytes, std::slice::from_ref(&edit), create) {
            axml::Document::parse(&edited.bytes).expect("what was edited is read");
        }
    }
    let edit = axml::PathEdit { path: "/manifest/@package".to_owned(), value: "fuzz".into() };
    let _ = axml::edit_paths(bytes, &[edit]);
}

pub fn text(bytes: &[u8]) {
    for (pointer, path) in [("/a", "/a/@b"), ("/a/0/b", "/a/b[2]"), ("", "/a"), ("/a/*/b", "/a"), ("/a/[b=0]/a", "/a")]
    {
        for create in [false, true] {
            if let Ok(edited) = json::set(bytes, pointer, "f\u{1f600}\"", create) {
                let read = json::get(&edited, pointer).expect("JSON stays JSON");
                assert_eq!(read.last(), Some(&json::Value::String("f\u{1f600}\"".to_owned())));
            }
            if let Ok(edited) = xml::set(bytes, path, "f<&\"'", create) {
                xml::get(&edited, path).expect("XML stays XML");
            }
            for path in ["a", "0/b"] {
                match plist::set(bytes, path, "f<&\"", create) {
                    Ok(edited) => assert_eq!(plist::get(&edited, path).unwrap(), ["f<&\""]),
                    Err(plist::PlistError::Check) => panic!("an edit that does not read as it should"),
                    Err(_) => {}
                }
            }
            if let Ok(edited) = properties::set(bytes, "a", " f=\u{1f600}\\", create) {
                assert_eq!(properties::get(&edited, "a").unwrap().last().map(String::as_str), Some(" f=\u{1f600}\\"));
            }
        }
    }
    let _ = (mutf8::decode_lossy(bytes), mutf8::decode(bytes));
}
