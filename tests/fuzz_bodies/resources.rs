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
    let Ok(document) = axml::Document::parse(bytes) else {
        assert!(axml::edit_meta_data(bytes, &[], true).is_err());
        return;
    };
    let _ = (axml::dump(&document), document.manifest(), axml::read_path(&document, "/manifest/@package"));
    let edit = axml::MetaEdit { name: "a".to_owned(), value: "fuzz".into() };
    for create in [false, true] {
        let Ok(edited) = axml::edit_meta_data(bytes, std::slice::from_ref(&edit), create) else { continue };
        let now = axml::Document::parse(&edited.bytes).expect("what was edited is read");
        let metas = now.manifest().meta_data;
        let mut metas = metas.iter().filter(|meta| meta.name == "a").peekable();
        assert!(metas.peek().is_some() && metas.all(|meta| meta.value == Some(axml::Scalar::Text("fuzz".to_owned()))));
        // Nothing else reads as another thing: strings, resource ids of attributes, values.
        let mut others = seen(&now);
        if !edited.created.is_empty() {
            let made = others.iter().rposition(|(is_it, _)| *is_it).expect("what was made is there");
            others.drain(made..made + 2);
        }
        assert!(!is_whole(&document) || others == seen(&document), "an edit changes something else");
        let again = axml::edit_meta_data(&edited.bytes, std::slice::from_ref(&edit), create).map(|again| again.bytes);
        assert!(again.as_ref() == Ok(&edited.bytes), "the second edit changes something");
    }
    let edit = axml::PathEdit { path: "/manifest/@package".to_owned(), value: "fuzz".into() };
    let _ = axml::edit_paths(bytes, &[edit]);
}

/// Whether all strings can be read, and all that are referred to are there: else what is added may be what is read.
fn is_whole(document: &axml::Document<'_>) -> bool {
    let pool = document.pool();
    let is_there = |index: &u32| *index == u32::MAX || *index < pool.len();
    let refers = |node: &axml::Node<'_>| match &node.kind {
        axml::NodeKind::StartNamespace { prefix: one, uri: two }
        | axml::NodeKind::EndNamespace { prefix: one, uri: two }
        | axml::NodeKind::End { namespace: one, name: two } => is_there(one) && is_there(two),
        axml::NodeKind::Text { text } => is_there(text),
        axml::NodeKind::Start { namespace, name, attributes } => {
            let all = attributes.iter().all(|it| {
                let is_text = it.data_type == 3;
                [it.namespace, it.name, it.raw].iter().all(is_there) && (!is_text || is_there(&it.data))
            });
            all && is_there(namespace) && is_there(name)
        }
    };
    (0..pool.len()).all(|index| pool.text(index).is_ok()) && document.nodes().iter().all(refers)
}

/// What every node says, in words; of `<meta-data android:name="a">` its value is left out.
fn seen(document: &axml::Document<'_>) -> Vec<(bool, String)> {
    let text = |index: u32| document.string(index).map(std::borrow::Cow::into_owned);
    let node = |node: &axml::Node<'_>| match &node.kind {
        axml::NodeKind::StartNamespace { prefix, uri } | axml::NodeKind::EndNamespace { prefix, uri } => {
            (false, format!("namespace {:?} {:?}", text(*prefix), text(*uri)))
        }
        axml::NodeKind::End { namespace, name } => (false, format!("end {:?} {:?}", text(*namespace), text(*name))),
        axml::NodeKind::Text { text: index } => (false, format!("text {:?}", text(*index))),
        axml::NodeKind::Start { namespace, name, attributes } => {
            let own = document.attribute(attributes, axml::NAME, "name").map(|own| document.scalar(own));
            let is_it = own == Some(axml::Scalar::Text("a".to_owned())) && text(*name).as_deref() == Some("meta-data");
            let value =
                document.attribute(attributes, axml::VALUE, "value").filter(|_| is_it).map(|value| value.offset);
            let mut said = format!("start {:?} {:?}", text(*namespace), text(*name));
            for attribute in attributes {
                let id = document.resource_id(attribute);
                let of = (text(attribute.namespace), text(attribute.name), id);
                let is_value = value == Some(attribute.offset);
                let holds = (!is_value).then(|| (text(attribute.raw), document.scalar(attribute)));
                said.extend([format!(" {of:?} {holds:?}")]);
            }
            (is_it, said)
        }
    };
    document.nodes().iter().map(node).collect()
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
