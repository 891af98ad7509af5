//! The credential that an application had before, where no place reaches: an old Client Id that stays in a manifest, a nested
//! archive or a script is what the app goes on sending. It is searched for before anything is written.
//!
//! Searched are all contents that change, manifest, resource table, dex files and property lists, and any other file up to a
//! size, archives within files too; not executables and media. [`Reach::Whole`] searches everything.
//!
//! Must not: show a secret, or search for a text that is found anywhere.

use std::collections::{BTreeMap, BTreeSet};

use super::gate::{Gate, Reach};
use super::locate::Old;
use crate::artifact::apk::{MANIFEST, TABLE};
use crate::artifact::apple::{AppFiles, Layout, Tree};
use crate::artifact::files::Files;
use crate::format::limits;
use crate::format::read_at::ReadAt;
use crate::format::zip::Archive;
use crate::placement::template::Values;
use crate::verify::leak::{Foreign, Hunt};
use crate::verify::{Finding, Report};

/// The code of what is found.
pub(super) const CODE: &str = "leak.old";

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
        Self::beside(old, &values.texts(), gate.reach)
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
                copies.sought.push(Foreign { what: (*what).to_owned(), value: value.clone() });
            }
        }
        common.dedup();
        if !common.is_empty() {
            let common = common.join(" and ");
            copies.notes.push(format!("{common}: a placeholder, or short, so not searched for outside the places"));
        }
        copies
    }

    /// What a search for [`Self::sought`] found.
    pub(super) fn told(report: Report) -> Vec<Finding> {
        let mut findings = report.findings;
        findings.retain(|finding| finding.code == "leak.foreign");
        for finding in &mut findings {
            finding.code = CODE;
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

    /// Searches; every place where one is left is a finding.
    pub(super) fn judged(&mut self, look: impl FnOnce(&mut OldHunt<'_>)) -> Result<(), Vec<Finding>> {
        if self.sought.is_empty() {
            return Ok(());
        }
        let mut hunt = OldHunt {
            hunt: Hunt::for_copies(&self.sought),
            report: Report::default(),
            whole: self.reach == Reach::Whole,
            left: limits::OLD_COPY_BYTES,
            passed: 0,
        };
        look(&mut hunt);
        if hunt.passed > 0 {
            self.notes.push(format!(
                "{} files were not searched for what was there before, because there are more than {} MiB; --gate whole searches \
                 everything",
                hunt.passed,
                limits::OLD_COPY_BYTES >> 20
            ));
        }
        let findings = Self::told(hunt.report);
        if findings.is_empty() { Ok(()) } else { Err(findings) }
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
}

impl OldHunt<'_> {
    /// Contents that change.
    pub(super) fn contents<'c>(&mut self, contents: impl IntoIterator<Item = (String, &'c [u8])>) {
        for (name, content) in contents {
            self.hunt.content(&mut self.report, &name, content);
        }
    }

    /// The entries of a package but those that change.
    pub(super) fn package<S: ReadAt + ?Sized>(&mut self, archive: &Archive<'_, S>, changed: &BTreeSet<usize>) {
        for (index, entry) in archive.entries().iter().enumerate() {
            let name = entry.display_name();
            if changed.contains(&index) || name.ends_with('/') {
                continue;
            }
            let size = u64::from(entry.uncompressed_size());
            if !self.takes(&name, size) {
                continue;
            }
            if let Ok(content) = archive.read(index) {
                self.content(&name, &content);
            }
        }
    }

    /// Files of a folder as they will be.
    pub(super) fn files(&mut self, files: &dyn Files, changed: &BTreeMap<String, Vec<u8>>) {
        for (name, content) in changed {
            self.hunt.content(&mut self.report, name, content);
        }
        let names: Vec<String> = files.names().filter(|name| !changed.contains_key(*name)).map(str::to_owned).collect();
        for name in names {
            if !self.whole && is_media(&name) {
                continue;
            }
            let limit = if self.whole { limits::ENTRY_BYTES } else { limits::OLD_COPY_FILE_BYTES };
            // What is too large is not searched, and what cannot be read is said by whoever needs it.
            if let Ok(Some(content)) = files.read(&name, limit)
                && self.takes(&name, content.len() as u64)
            {
                self.content(&name, &content);
            }
        }
    }

    /// An app as it will be. Its executables are searched where everything is.
    pub(super) fn app(&mut self, tree: &dyn Tree, layout: &Layout, changed: &BTreeMap<String, Vec<u8>>) {
        for (name, content) in changed {
            self.hunt.content(&mut self.report, name, content);
        }
        let files = AppFiles(tree);
        let names: Vec<String> = files.names().filter(|name| !changed.contains_key(*name)).map(str::to_owned).collect();
        for name in names {
            // Signatures and seals hold digests alone.
            if !self.whole && (layout.is_code(&name) || !self.takes(&name, tree.size(&name))) {
                continue;
            }
            if let Ok(content) = tree.read(&name) {
                self.content(&name, &content);
            }
        }
    }

    fn content(&mut self, name: &str, content: &[u8]) {
        if self.whole || !MEDIA.iter().any(|magic| content.starts_with(magic)) {
            self.hunt.content(&mut self.report, name, content);
        }
    }

    /// Whether a file is read: always what an app's values usually lie in, any other one up to a size, all of them up to a sum.
    fn takes(&mut self, name: &str, size: u64) -> bool {
        if self.whole || is_always_searched(name) {
            return true;
        }
        if size > limits::OLD_COPY_FILE_BYTES || is_media(name) {
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
    name == MANIFEST
        || name == TABLE
        || !name.contains('/') && name.starts_with("classes") && ends_in(name, &["dex"])
        || ends_in(name, &["plist"])
}

/// Whether a text is found where it means something else: it is short, or made of the words of placeholders.
fn is_common(value: &str) -> bool {
    let words = || value.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    value.len() < crate::verify::leak::SHORTEST_SOUGHT
        || words().all(|word| PLACEHOLDERS.contains(&word.to_lowercase().as_str()))
}
