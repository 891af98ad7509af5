//! The credential that an application had before, where no place reaches: an old Client Id that stays in a manifest, a nested
//! archive or a script is what the app goes on sending. It is searched for before anything is written.
//!
//! Searched are all contents that change, manifest, resource table, dex files and property lists, and other files up to a sum,
//! the smallest first, archives within files too; not executables and media. [`Reach::Whole`] searches everything. What is left
//! out or cannot be read is said.
//!
//! Must not: show a secret, or search for a text that is found anywhere.

use std::collections::{BTreeMap, BTreeSet};

use super::fault::Cause;
use super::gate::Gate;
use super::locate::Old;
use super::reach::Reach;
use super::refusal::Words;
use crate::artifact::apk::is_program;
use crate::artifact::apple::{AppFiles, Layout, Tree};
use crate::artifact::files::Files;
use crate::format::read_at::ReadAt;
use crate::format::zip::Archive;
use crate::format::{dex, limits};
use crate::placement::template::Values;
use crate::verify::leak::{self, Foreign, Hunt};
use crate::verify::{Code, Finding, Report};

/// Words that placeholders are made of: a text of nothing else is an ordinary word somewhere.
const PLACEHOLDERS: [&str; 42] = [
    "a",
    "access",
    "add",
    "an",
    "api",
    "app",
    "application",
    "auth",
    "change",
    "changeme",
    "client",
    "clientid",
    "clientsecret",
    "credential",
    "default",
    "demo",
    "dummy",
    "empty",
    "enter",
    "example",
    "fill",
    "gam",
    "here",
    "id",
    "in",
    "insert",
    "key",
    "me",
    "my",
    "none",
    "null",
    "oauth",
    "placeholder",
    "put",
    "replace",
    "sample",
    "secret",
    "test",
    "the",
    "todo",
    "value",
    "your",
];

/// First bytes of what holds no text that an app reads as one: executables, pictures, sound, fonts.
const MEDIA: [&[u8]; 16] = [
    b"\x7fELF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"RIFF",
    b"OggS",
    b"ID3",
    b"\0\0\0\x18ftyp",
    b"\0\0\0\x1cftyp",
    b"\0\0\0\x20ftyp",
    b"\0\x01\0\0",
    b"OTTO",
    b"wOFF",
    b"wOF2",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
];

/// What is looked for.
pub(super) struct OldCopies {
    sought: Vec<Foreign>,
    notes: Vec<String>,
    reach: Reach,
}

impl OldCopies {
    /// The old values that these do not put back.
    pub(super) fn of(old: &Old, values: &Values<'_>, gate: Gate<'_>) -> Self {
        let mut copies = Self::beside(old, &values.texts(), gate.reach);
        // The application's own, where the environment keeps it out: it is found as the old value or by itself, once.
        let kept_out = gate.foreign.iter().filter(|foreign| foreign.own && gate.reach != Reach::Off);
        for own in kept_out {
            copies.sought.retain(|old| old.value != own.value);
            copies.sought.push(own.clone());
        }
        copies
    }

    /// The old values that are in none of these texts.
    pub(super) fn beside(old: &Old, new: &[&str], reach: Reach) -> Self {
        let mut copies = Self { sought: Vec::new(), notes: Vec::new(), reach };
        if reach == Reach::Off {
            return copies;
        }
        let mut common: Vec<&str> = Vec::new();
        for (what, value) in &old.own {
            if new.iter().any(|new| new.contains(value.as_str())) {
                continue;
            }
            if old.others.contains(value) {
                copies.notes.push(format!("{what} is that of another main object too, so it may stay where it is"));
            } else if is_common(value) {
                common.push(*what);
            } else {
                copies.sought.push(Foreign::new(*what, value.clone()));
            }
        }
        common.dedup();
        if !common.is_empty() {
            let common = common.join(" and ");
            copies.notes.push(format!(
                "{common}: a placeholder, short or too long for a credential, so not searched for outside the places"
            ));
        }
        copies
    }

    /// What a search for [`Self::sought`] found; what could not be searched is not of it.
    pub(super) fn told(report: Report) -> Vec<Finding> {
        let mut findings = report.findings;
        findings.retain(leak::is_found);
        for finding in findings.iter_mut().filter(|finding| finding.code == Code::LeakForeign) {
            finding.code = Code::LeakOld;
            finding.message.push_str(", where no place reaches");
        }
        findings
    }

    /// The values that are searched for.
    pub(super) fn sought(&self) -> &[Foreign] {
        &self.sought
    }

    /// What a person should know of this search.
    pub(super) fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    /// Searches; every place where one is left is a reason to refuse.
    pub(super) fn judged(
        &mut self,
        words: &'static Words,
        look: impl FnOnce(&mut OldHunt<'_>) -> Result<(), Cause>,
    ) -> Result<(), Cause> {
        if self.sought.is_empty() {
            return Ok(());
        }
        let mut hunt = OldHunt {
            hunt: Hunt::for_copies(&self.sought),
            report: Report::default(),
            whole: self.reach == Reach::Whole,
            left: limits::OLD_COPY_BYTES,
            passed: 0,
            unread: Vec::new(),
            within: String::new(),
        };
        look(&mut hunt)?;
        if hunt.passed > 0 {
            let files = if hunt.passed == 1 { "1 file was".to_owned() } else { format!("{} files were", hunt.passed) };
            self.notes.push(format!(
                "{files} not searched for what was there before, because there are more than {} MiB; --gate whole searches \
                 everything",
                limits::OLD_COPY_BYTES >> 20
            ));
        }
        let not_searched = hunt.report.findings.iter().filter(|finding| !leak::is_found(finding));
        hunt.unread.extend(not_searched.map(|finding| format!("{}: {}", finding.place, finding.message)));
        match hunt.unread.as_slice() {
            [] => {}
            [one] => self.notes.push(format!("not searched for what was there before: {one}")),
            [first, more @ ..] => {
                self.notes.push(format!("not searched for what was there before: {first}; and {} more", more.len()));
            }
        }
        let findings = Self::told(hunt.report);
        if findings.is_empty() { Ok(()) } else { Err(words.leak(findings)) }
    }
}

/// A search through one artifact.
pub(super) struct OldHunt<'h> {
    hunt: Hunt<'h>,
    report: Report,
    whole: bool,
    /// Bytes of files that may still be read, beside those that are always searched.
    left: u64,
    /// Files that were passed over because there were too many.
    passed: usize,
    /// Files that could not be read, and why.
    unread: Vec<String>,
    /// What the names of files have in front.
    within: String,
}

/// A file that does not change.
struct Other<K> {
    key: K,
    name: String,
    size: u64,
}

impl OldHunt<'_> {
    /// Contents that change.
    pub(super) fn contents<'c>(&mut self, contents: impl IntoIterator<Item = (String, &'c [u8])>) {
        for (name, content) in contents {
            self.hunt.content(&mut self.report, &format!("{}{name}", self.within), content);
        }
    }

    /// Searches with the name of a package in front of every file's.
    pub(super) fn within<T>(&mut self, name: &str, look: impl FnOnce(&mut Self) -> T) -> T {
        self.within = leak::inside(name);
        let looked = look(self);
        self.within.clear();
        looked
    }

    /// The entries of a package but those that change.
    pub(super) fn package<S: ReadAt + ?Sized>(&mut self, archive: &Archive<'_, S>, changed: &BTreeSet<usize>) {
        let entries = archive.entries().iter().enumerate().filter(|(index, _)| !changed.contains(index));
        let others = entries.map(|(key, entry)| {
            let size = entry.uncompressed_size();
            Other { key, name: entry.display_name(), size }
        });
        let others = others.filter(|other| !other.name.ends_with('/')).collect();
        self.others(others, |other| archive.read(other.key).map_err(|error| error.to_string()));
    }

    /// The files of a folder but those that change; `size` says how many bytes one has.
    pub(super) fn folder(
        &mut self,
        folder: &dyn Files,
        size: impl Fn(&str) -> u64,
        changed: &BTreeMap<String, Vec<u8>>,
    ) {
        let names = folder.names().filter(|name| !changed.contains_key(*name));
        let others = names.map(|name| Other { key: (), name: name.to_owned(), size: size(name) }).collect();
        self.others(others, |other| match folder.read(&other.name, limits::ENTRY_BYTES) {
            Ok(content) => content.ok_or_else(|| "it is gone".to_owned()),
            Err(error) => Err(error.to_string()),
        });
    }

    /// The files of an app but those that change. Its executables are searched where everything is.
    pub(super) fn app(&mut self, tree: &dyn Tree, layout: &Layout, changed: &BTreeMap<String, Vec<u8>>) {
        let files = AppFiles(tree);
        // Signatures and seals hold digests alone.
        let names = files.names().filter(|name| !changed.contains_key(*name) && (self.whole || !layout.is_code(name)));
        let others = names.map(|name| Other { key: (), name: name.to_owned(), size: tree.size(name) }).collect();
        self.others(others, |other| tree.read(&other.name).map_err(|error| error.problem));
    }

    /// What an app's values usually lie in first, then the smallest first: where not all are searched, most are.
    fn others<K>(&mut self, mut others: Vec<Other<K>>, read: impl Fn(&Other<K>) -> Result<Vec<u8>, String>) {
        others.sort_by_key(|other| (!is_always_searched(&other.name), other.size));
        for other in others {
            if self.takes(&other.name, other.size) {
                match read(&other) {
                    Ok(content) => self.content(&other.name, &content),
                    Err(error) => self.unread.push(format!("{}{}: {error}", self.within, other.name)),
                }
            }
        }
    }

    fn content(&mut self, name: &str, content: &[u8]) {
        if self.whole || !MEDIA.iter().any(|magic| content.starts_with(magic)) {
            // Code refers to texts, and holds none.
            let texts = if self.whole { None } else { dex::texts(content) };
            let content = texts.and_then(|texts| content.get(texts)).unwrap_or(content);
            self.hunt.content(&mut self.report, &format!("{}{name}", self.within), content);
        }
    }

    /// Whether a file is read: always what an app's values usually lie in, other ones up to a sum.
    fn takes(&mut self, name: &str, size: u64) -> bool {
        if self.whole || is_always_searched(name) {
            return true;
        }
        if is_media(name) {
            return false;
        }
        if size > self.left {
            self.passed += 1;
            return false;
        }
        self.left = self.left.saturating_sub(size);
        true
    }
}

/// Whether a name is that of a picture, a sound, a font or a library.
fn is_media(name: &str) -> bool {
    ends_in(name, &["png", "webp", "jpg", "jpeg", "gif", "so", "ttf", "otf", "ogg", "mp3", "mp4"])
}

/// Whether a name has one of these endings.
fn ends_in(name: &str, endings: &[&str]) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| endings.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// Manifest, table, dex and property lists.
fn is_always_searched(name: &str) -> bool {
    is_program(name) || ends_in(name, &["plist", "strings", "loctable"])
}

/// Whether a text is no credential, or found where it means something else: it is short, very long, or made of the words of
/// placeholders.
fn is_common(value: &str) -> bool {
    let words = || value.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    value.len() < crate::verify::leak::SHORTEST_SOUGHT
        || value.chars().nth(limits::SECRET_CHARS).is_some()
        || words().all(|word| PLACEHOLDERS.contains(&word.to_lowercase().as_str()))
}
