//! Files of GeneXus and GAM that must not be committed or published, known secret or not: by what is in them, whatever they
//! are called, and by their names.
//!
//! | file | holds |
//! |---|---|
//! | `InputParms.json` | what the IDE sends to GAM: passwords of the database and of GAM's administrator |
//! | `OutputParms.json` | what GAM answered: Client Ids and secrets |
//! | `connection.gam` | the key of GAM's repository |
//! | `application.gam`, `applications.gam` | ids of applications and environments |
//!
//! Must not: show a value that it finds.

use serde_json::{Map, Value};

use super::code::Code;
use super::leak::{encoding_of, ends_like_an_archive, is_archive};
use super::report::Report;
use super::severity::Severity;
use crate::format::limits;
use crate::format::read_at::ReadAt;
use crate::format::text;
use crate::format::zip::{Archive, Rules};

/// Bytes that tell whether a content may be one of these, an archive, or neither.
const START: usize = 64;

/// A search for such files.
#[derive(Debug)]
pub struct Exposed {
    /// What a file comes to that holds ids alone.
    ids: Severity,
    /// Bytes that may still be unpacked.
    unpacked: u64,
}

/// What a content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Passwords,
    Secrets,
    Key,
    Ids,
}

impl Exposed {
    /// A file that holds ids alone comes to `ids`.
    pub fn new(ids: Severity) -> Self {
        Self { ids, unpacked: limits::UNPACKED_BYTES }
    }

    /// Looks at a file, and into it where it is an archive.
    pub fn file<S: ReadAt + ?Sized>(&mut self, report: &mut Report, place: &str, source: &S) {
        self.unpacked = limits::UNPACKED_BYTES;
        let read = |most: u64| {
            let len = usize::try_from(source.size().min(most)).ok()?;
            let mut bytes = vec![0; len];
            source.read_exact_at(&mut bytes, 0).ok().map(|()| bytes)
        };
        // What cannot be read is said by who searches it for values.
        let Some(start) = read(START as u64) else { return self.judge(report, place, None) };
        if (is_archive(&start) || ends_like_an_archive(source))
            && let Ok(archive) = Archive::open_by(source, Rules::Common)
        {
            return self.entries(report, place, &archive, 0);
        }
        let fits = source.size() <= limits::GAM_PARAMETERS_BYTES;
        let content = if fits && is_worth_reading(place, &start) { read(limits::GAM_PARAMETERS_BYTES) } else { None };
        self.content(report, place, content.as_deref(), 0);
    }

    fn entries<S: ReadAt + ?Sized>(
        &mut self,
        report: &mut Report,
        place: &str,
        archive: &Archive<'_, S>,
        depth: usize,
    ) {
        for (index, entry) in archive.entries().iter().enumerate() {
            let place = format!("{place}!/{}", entry.display_name());
            let size = entry.uncompressed_size();
            let start = archive.start(index, START).unwrap_or_default();
            let most = if is_archive(&start) { limits::NESTED_BYTES } else { limits::GAM_PARAMETERS_BYTES };
            let content = if is_worth_reading(&place, &start) && size <= most.min(self.unpacked) {
                self.unpacked = self.unpacked.saturating_sub(size);
                archive.read(index).ok()
            } else {
                None
            };
            self.content(report, &place, content.as_deref(), depth);
        }
    }

    /// Looks at a content, and at what is packed in it; `None` where it is not worth reading.
    fn content(&mut self, report: &mut Report, place: &str, content: Option<&[u8]>, depth: usize) {
        let packed = content.filter(|_| depth < limits::NESTED_ARCHIVES);
        if let Some(packed) = packed {
            if is_archive(packed)
                && let Ok(archive) = Archive::open_by(packed, Rules::Common)
            {
                return self.entries(report, place, &archive, depth + 1);
            }
            if let Some(encoding) = encoding_of(place, packed)
                && let Ok(unpacked) = encoding.decode(packed, limits::GAM_PARAMETERS_BYTES.min(self.unpacked))
            {
                self.unpacked = self.unpacked.saturating_sub(unpacked.len() as u64);
                return self.content(report, &format!("{place} (unpacked)"), Some(&unpacked), depth + 1);
            }
        }
        self.judge(report, place, content);
    }

    fn judge(&self, report: &mut Report, place: &str, content: Option<&[u8]>) {
        match content.and_then(shape) {
            Some(Shape::Passwords) => report.add(
                Code::LeakGamPasswords,
                place,
                "it has the form of InputParms.json, what GeneXus sends to GAM: passwords of the database and of GAM's \
                 administrator in clear; take it out of what is committed or published, add it to .gitignore, and change the \
                 passwords, and the secrets where it has some",
            ),
            Some(Shape::Secrets) => report.add(
                Code::LeakGamSecrets,
                place,
                "it has the form of OutputParms.json, what GAM answers GeneXus: Client Secrets in clear; take it out of what \
                 is committed or published, add it to .gitignore, and give the applications new secrets in GAM",
            ),
            Some(Shape::Key) => report.add(
                Code::LeakGamKey,
                place,
                "it has the form of connection.gam: the key of GAM's repository; take it out of what is committed or \
                 published, add it to .gitignore, and make a new connection key in GAM",
            ),
            Some(Shape::Ids) => {
                let message = "it has the form of GAM's lists of applications (application.gam, applications.gam, \
                               OutputParms.json without secrets): ids of applications; take it out of what is committed or \
                               published, and add it to .gitignore";
                match self.ids {
                    Severity::Error => report.add(Code::LeakGamIds, place, message),
                    Severity::Warning => report.add_warning(Code::LeakGamIds, place, message),
                }
            }
            None => {
                if let Some(named) = named(place) {
                    let message = format!(
                        "it is called as GeneXus' {named}, and has another form: look whether it belongs here; else take it out, \
                         and add it to .gitignore"
                    );
                    report.add(Code::LeakGamName, place, message);
                }
            }
        }
    }
}

/// The file of GeneXus that is called so.
fn named(place: &str) -> Option<&'static str> {
    let place = place.trim_end_matches(" (unpacked)");
    let name = place.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = [".gz", ".br"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    ["InputParms.json", "OutputParms.json", "connection.gam", "application.gam", "applications.gam"]
        .into_iter()
        .find(|known| name.eq_ignore_ascii_case(known))
}

/// Whether a content that begins so is JSON, XML, an archive or a compressed file.
fn is_worth_reading(place: &str, start: &[u8]) -> bool {
    let text = [&b"\xef\xbb\xbf"[..], b"\xff\xfe", b"\xfe\xff"].iter().find_map(|mark| start.strip_prefix(*mark));
    let first = text.unwrap_or(start).iter().find(|byte| !byte.is_ascii_whitespace() && **byte != 0);
    // A text may begin with more blanks than are looked at.
    first.is_none_or(|first| b"{[<".contains(first)) || is_archive(start) || encoding_of(place, start).is_some()
}

fn shape(content: &[u8]) -> Option<Shape> {
    // A comment in another encoding hides nothing.
    let text = text::read(content).unwrap_or_else(|_| String::from_utf8_lossy(content));
    let text = text.trim_start();
    if text.starts_with('<') {
        let key = guid_within(text, "Connection", "key").then_some(Shape::Key);
        return key.or_else(|| guid_within(text, "Application", "Id").then_some(Shape::Ids));
    }
    let words = ["IdeConnection", "ClientSecret", "EnvironmentGUID"];
    if !text.starts_with(['{', '[']) || !words.iter().any(|word| text.contains(word)) {
        return None;
    }
    let mut found: Option<Shape> = None;
    let mut open: Vec<Value> = vec![serde_json::from_str(text).ok()?];
    while let Some(value) = open.pop() {
        if let Value::Object(object) = &value {
            let this = of_object(object);
            // The first of the kinds says the most.
            found = [Shape::Passwords, Shape::Secrets, Shape::Ids]
                .into_iter()
                .find(|kind| this == Some(*kind) || found == Some(*kind));
        }
        match value {
            Value::Object(object) => open.extend(object.into_iter().map(|(_, value)| value)),
            Value::Array(items) => open.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    found
}

fn of_object(object: &Map<String, Value>) -> Option<Shape> {
    let is_there = |of: &Map<String, Value>, key: &str| {
        let text = of.get(key).and_then(Value::as_str).map(str::trim);
        text.is_some_and(|text| !text.is_empty() && text != "null")
    };
    if let Some(connection) = object.get("IdeConnection").and_then(Value::as_object)
        && ["ConnPassword", "UserPassword"].iter().any(|key| is_there(connection, key))
    {
        return Some(Shape::Passwords);
    }
    // What GAM alone calls so: other lists of clients are somebody else's.
    let is_gam = ["GUID", "ClientEncriptionKey", "ClientAutoRegisterAnomymousUser"];
    if object.contains_key("ClientSecret") && is_gam.iter().any(|key| object.contains_key(*key)) {
        let has_secret = ["ClientSecret", "ClientEncriptionKey"].iter().any(|key| is_there(object, key));
        return if has_secret { Some(Shape::Secrets) } else { is_there(object, "ClientId").then_some(Shape::Ids) };
    }
    (is_there(object, "Id") && is_there(object, "EnvironmentGUID")).then_some(Shape::Ids)
}

/// Whether an XML document has an element `outer`, without attributes, that begins with an element `inner` that holds a GUID.
fn guid_within(text: &str, outer: &str, inner: &str) -> bool {
    let (outer, from, to) = (format!("<{outer}>"), format!("<{inner}>"), format!("</{inner}>"));
    text.split(outer.as_str()).skip(1).any(|body| {
        let value = body.trim_start().strip_prefix(from.as_str()).and_then(|rest| rest.split_once(to.as_str()));
        value.is_some_and(|(value, _)| is_guid(value.trim()))
    })
}

/// 32 hexadecimal digits, as a rule in five groups.
fn is_guid(text: &str) -> bool {
    let text = text.trim_start_matches('{').trim_end_matches('}');
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    let digits = text.bytes().filter(|byte| *byte != b'-');
    (groups == [8, 4, 4, 4, 12] || groups == [32]) && digits.into_iter().all(|byte| byte.is_ascii_hexdigit())
}
