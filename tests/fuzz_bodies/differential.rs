//! Where another reader takes the same bytes too, it reads the same of them. Ours may refuse more.

use inject::format::{json, plist, xml};
use quick_xml::events::Event;

/// As each of them.
pub fn any(bytes: &[u8]) {
    property_list(bytes);
    json_text(bytes);
    document(bytes);
}

/// XML property lists, by the crate `plist`.
pub fn property_list(bytes: &[u8]) {
    // Binary ones are read by that crate already, and of text it reads another format.
    if !bytes.starts_with(b"<") {
        return;
    }
    let (Ok(ours), Ok(theirs)) = (plist::read(bytes), ::plist::Value::from_reader_xml(bytes)) else { return };
    assert!(same(&ours, &theirs), "{ours:?}, expected {theirs:?}");
}

/// Numbers that are none are the same; a dictionary has its last value of a key that stands twice.
fn same(ours: &::plist::Value, theirs: &::plist::Value) -> bool {
    use ::plist::Value::{Array, Dictionary, Real};
    match (ours, theirs) {
        (Real(ours), Real(theirs)) => ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan(),
        (Array(ours), Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| same(ours, theirs))
        }
        (Dictionary(ours), Dictionary(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().all(|(key, ours)| theirs.get(key).is_some_and(|theirs| same(ours, theirs)))
        }
        _ => ours == theirs,
    }
}

/// JSON, by the crate `serde_json`.
pub fn json_text(bytes: &[u8]) {
    let Ok(theirs) = serde_json::from_slice::<serde_json::Value>(bytes) else { return };
    for pointer in ["", "/a", "/a/0", "/a/0/b", "/a~1b/\u{e9}", "/0"] {
        let Ok(ours) = json::get(bytes, pointer) else { continue };
        // Of a member that stands twice the crate keeps the last one. Ours reads both, so it may find what only the first has.
        let Some(theirs) = theirs.pointer(pointer) else { continue };
        let expected = if let serde_json::Value::String(text) = theirs { Some(text) } else { None };
        let ours = match ours.last() {
            Some(json::Value::String(text)) => Some(text),
            _ => None,
        };
        assert_eq!(ours, expected, "{pointer:?}");
    }
}

/// An element of a document as the events of `quick-xml` tell it.
#[derive(Default)]
struct Element {
    path: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: usize,
}

/// XML, by the events of `quick-xml`.
pub fn document(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some(elements) = elements(text) else { return };
    for path in ["/a", "/a/b", "/a/b/c"] {
        let with_path = || elements.iter().filter(|element| element.path == path);
        if let Ok(ours) = xml::get(bytes, path) {
            let theirs: Vec<&str> =
                with_path().filter(|element| element.children == 0).map(|element| element.text.trim()).collect();
            assert_eq!(ours, theirs, "{path}");
        }
        if let Ok(ours) = xml::get(bytes, &format!("{path}/@b")) {
            let attribute = |element: &Element| {
                element.attributes.iter().find(|(name, _)| name == "b").map(|(_, value)| value.clone())
            };
            let theirs: Vec<String> = with_path().filter_map(attribute).collect();
            assert_eq!(ours, theirs, "{path}/@b");
        }
    }
}

/// XML 1.0, 2.11: every end of a line is a line feed.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn elements(text: &str) -> Option<Vec<Element>> {
    let mut reader = quick_xml::Reader::from_str(text);
    let (mut all, mut open): (Vec<Element>, Vec<usize>) = (Vec::new(), Vec::new());
    loop {
        let event = reader.read_event().ok()?;
        match &event {
            Event::Start(tag) | Event::Empty(tag) => {
                let name = tag.name().as_ref().to_owned();
                let around = open.last().map_or("", |at| all[*at].path.as_str());
                let mut element = Element { path: format!("{around}/{name}"), ..Element::default() };
                for attribute in tag.attributes() {
                    let attribute = attribute.ok()?;
                    let name = attribute.key.as_ref().to_owned();
                    let value: &str = &attribute.value;
                    // XML 1.0, 3.3.3: white space that stands there as it is counts as blanks.
                    let value = value.replace("\r\n", " ").replace(['\t', '\n', '\r'], " ");
                    element.attributes.push((name, quick_xml::escape::unescape(&value).ok()?.into_owned()));
                }
                if let Some(parent) = open.last() {
                    all[*parent].children += 1;
                }
                all.push(element);
                if matches!(event, Event::Start(_)) {
                    open.push(all.len() - 1);
                }
            }
            Event::End(_) => drop(open.pop()),
            Event::Text(piece) => {
                if let Some(at) = open.last() {
                    all[*at].text += &lines(piece);
                }
            }
            Event::CData(piece) => {
                if let Some(at) = open.last() {
                    all[*at].text += &lines(piece);
                }
            }
            Event::GeneralRef(piece) => {
                let reference = format!("&{};", &**piece);
                if let Some(at) = open.last() {
                    all[*at].text += &quick_xml::escape::unescape(&reference).ok()?;
                }
            }
            // Entities of its own could mean anything.
            Event::DocType(_) => return None,
            Event::Eof => return Some(all),
            _ => {}
        }
    }
}
