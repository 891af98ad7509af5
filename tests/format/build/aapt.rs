//! Messages of `Resources.proto`, field by field, so that a test can write what no compiler would.

/// A number in as few bytes as it takes.
pub fn varint(mut number: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while number > 0x7f {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
    out
}

/// A number in more bytes than it takes.
pub fn wide(number: u64, width: usize) -> Vec<u8> {
    let mut out = varint(number);
    while out.len() < width {
        *out.last_mut().unwrap() |= 0x80;
        out.push(0);
    }
    out
}

pub fn number(field: u32, value: u64) -> Vec<u8> {
    [varint(u64::from(field) << 3), varint(value)].concat()
}

pub fn bytes(field: u32, content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    [varint(u64::from(field) << 3 | 2), varint(content.len() as u64), content.to_vec()].concat()
}

/// The same with a longer length than it takes.
pub fn wide_bytes(field: u32, content: impl AsRef<[u8]>, width: usize) -> Vec<u8> {
    let content = content.as_ref();
    [varint(u64::from(field) << 3 | 2), wide(content.len() as u64, width), content.to_vec()].concat()
}

/// A message of one kind: its fields one after the other.
pub fn message(fields: &[Vec<u8>]) -> Vec<u8> {
    fields.concat()
}

/// Fields that no version of the messages has, of every wire type.
pub fn unknown() -> Vec<u8> {
    let fixed64 = [varint(901 << 3 | 1), vec![1, 2, 3, 4, 5, 6, 7, 8]].concat();
    let fixed32 = [varint(902 << 3 | 5), vec![9, 8, 7, 6]].concat();
    [number(900, 77), fixed64, fixed32, bytes(903, b"kept")].concat()
}

/// `Item { str }`
pub fn text(value: &str) -> Vec<u8> {
    bytes(2, if value.is_empty() { Vec::new() } else { bytes(1, value) })
}

/// `ConfigValue { config { locale }, value { item } }`
pub fn value(locale: &str, item: &[u8]) -> Vec<u8> {
    let config = if locale.is_empty() { Vec::new() } else { bytes(3, locale) };
    bytes(6, [bytes(1, config), bytes(2, bytes(4, item))].concat())
}

/// `Entry { entry_id, name, config_value... }`
pub fn entry(id: u64, name: &str, values: &[Vec<u8>]) -> Vec<u8> {
    bytes(3, [bytes(1, id_of(id)), bytes(2, name), values.concat()].concat())
}

/// `Type { type_id, name, entry... }`
pub fn kind(id: u64, name: &str, entries: &[Vec<u8>]) -> Vec<u8> {
    bytes(3, [bytes(1, id_of(id)), bytes(2, name), entries.concat()].concat())
}

/// `Package { package_id, package_name, type... }`
pub fn package(id: u64, name: &str, kinds: &[Vec<u8>]) -> Vec<u8> {
    bytes(2, [bytes(1, id_of(id)), bytes(2, name), kinds.concat()].concat())
}

fn id_of(id: u64) -> Vec<u8> {
    if id == 0 { Vec::new() } else { number(1, id) }
}

/// A table of one package with strings in the default configuration, `(name, value)`.
pub fn strings(all: &[(&str, &str)]) -> Vec<u8> {
    let entries: Vec<Vec<u8>> = all
        .iter()
        .enumerate()
        .map(|(id, (name, text_)): (usize, &(&str, &str))| entry(id as u64, name, &[value("", &text(text_))]))
        .collect();
    package(0x7f, "com.example", &[kind(1, "string", &entries)])
}

pub const ANDROID: &str = "http://schemas.android.com/apk/res/android";

/// `XmlAttribute` in the namespace of Android; `more` are fields behind the value: `compiled_item` is field 6.
pub fn attribute(name: &str, id: u64, value: &str, more: &[u8]) -> Vec<u8> {
    let value = if value.is_empty() { Vec::new() } else { bytes(3, value) };
    bytes(4, [bytes(1, ANDROID), bytes(2, name), value, number(5, id), more.to_vec()].concat())
}

/// `XmlAttribute` without namespace.
pub fn plain(name: &str, value: &str) -> Vec<u8> {
    bytes(4, [bytes(2, name), bytes(3, value)].concat())
}

/// `XmlElement`, as the content of an `XmlNode`.
pub fn element(name: &str, attributes: &[Vec<u8>], children: &[Vec<u8>]) -> Vec<u8> {
    let children: Vec<u8> = children.iter().flat_map(|child| bytes(5, child)).collect();
    bytes(1, [bytes(3, name), attributes.concat(), children].concat())
}

/// A text between elements, as the content of an `XmlNode`.
pub fn words(content: &str) -> Vec<u8> {
    bytes(2, content)
}

/// `<meta-data android:name=... android:value=.../>`, with `compiled_item` where there is one.
pub fn meta(name: &str, value: &str, item: Option<Vec<u8>>) -> Vec<u8> {
    let item = item.map(|item| bytes(6, item)).unwrap_or_default();
    element(
        "meta-data",
        &[attribute("name", 0x0101_0003, name, &[]), attribute("value", 0x0101_0024, value, &item)],
        &[],
    )
}

/// A manifest whose application has these children.
pub fn manifest(children: &[Vec<u8>]) -> Vec<u8> {
    element("manifest", &[plain("package", "com.example")], &[element("application", &[], children)])
}

/// `Item { prim { field } }`
pub fn prim(field: u32, value: u64) -> Vec<u8> {
    bytes(7, number(field, value))
}

/// `Item { ref { id } }`
pub fn reference(id: u64) -> Vec<u8> {
    bytes(1, number(2, id))
}
