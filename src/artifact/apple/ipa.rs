//! The app in an IPA: `Payload/NAME.app/` of a zip.
//!
//! Must not: accept a name that would leave the folder it is extracted to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::bundle::nodes_below;
use super::facts::Look;
use super::tree::{Node, Tree, TreeError};
use crate::format::read_at::ReadAt;
use crate::format::sha256::Two;
use crate::format::zip::{Archive, METHOD_DEFLATED, METHOD_STORED, Reader, Spans, ZipError};

/// File type bits of a Unix mode, and a link's (`stat.h`).
const TYPE_MASK: u32 = 0o170_000;
const TYPE_LINK: u32 = 0o120_000;
/// Bytes from which on the rest of a file is read by several threads, as soon as there is a processor for that: an app has one
/// large executable more often than several, and it is what everything waits for. Less than that, one thread reads faster.
const LARGE: u64 = 4 * 1024 * 1024;

/// Why an IPA holds no app.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IpaError {
    /// The container.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// No app.
    #[error("no app in this IPA: expected one folder Payload/NAME.app; there: {}", .there.join(", "))]
    NoApp {
        /// What is at the top.
        there: Vec<String>,
    },
    /// Several apps.
    #[error("{} apps in this IPA, expected one: {}", .apps.len(), .apps.join(", "))]
    SeveralApps {
        /// Their folders.
        apps: Vec<String>,
    },
    /// An app that lies in no `Payload`.
    #[error(
        "{app} is at the top of this archive, expected Payload/{app}: it is an archive of an app, not an IPA; unzip it and \
         give the folder {app}, or, for iOS, move the folder into Payload and zip that (`zip -qry App.ipa Payload`)"
    )]
    NoPayload {
        /// The app's folder.
        app: String,
    },
    /// A name with backslashes.
    #[error(
        "entry {name:?} has backslashes between its folders, as some programs on Windows write them: a device reads the \
         whole as one name and finds no app; zip the folder Payload again with a program that writes slashes"
    )]
    Backslash {
        /// The name.
        name: String,
    },
    /// A method that no installer knows.
    #[error(
        "entry {name:?} is compressed by method {method}{}: installers read stored and deflated entries only; zip the folder \
         Payload again (`zip -qry App.ipa Payload`)", method_name(*.method)
    )]
    Method {
        /// The name.
        name: String,
        /// What the central directory says (APPNOTE 4.4.5).
        method: u16,
    },
    /// A name that leads out.
    #[error("entry {name:?} would be written outside the folder that the IPA is extracted to")]
    Traversal {
        /// The name.
        name: String,
    },
    /// A name that is no text.
    #[error("entry {name:?} of the app has a name that is not UTF-8: it could not be sealed")]
    Name {
        /// The name, unprintable bytes replaced.
        name: String,
    },
    /// A link whose target cannot be read.
    #[error("{0}")]
    Tree(#[from] TreeError),
}

/// The name of a compression method in brackets (APPNOTE 4.4.5); nothing for the rarer ones.
fn method_name(method: u16) -> &'static str {
    match method {
        9 => " (Deflate64)",
        12 => " (bzip2)",
        14 => " (LZMA)",
        93 => " (Zstandard)",
        95 => " (XZ)",
        _ => "",
    }
}

/// Whether entries of these names are an IPA, or what somebody took for one: an app that has to be zipped otherwise.
pub fn is_ipa<'n>(mut names: impl Iterator<Item = &'n [u8]>) -> bool {
    names.any(|name| {
        let name = name.strip_prefix(b"./").unwrap_or(name);
        name.starts_with(b"Payload/") || name.starts_with(b"Payload\\") || is_bare(name)
    })
}

/// Whether a name is that of the `Info.plist` of an app at the top.
fn is_bare(name: &[u8]) -> bool {
    let folder = name.strip_suffix(b"/Info.plist").or_else(|| name.strip_suffix(b"/Contents/Info.plist"));
    folder.is_some_and(|folder| folder.ends_with(b".app") && !folder.contains(&b'/'))
}

/// Whether a folder of `Payload` is an app; the ending is compared as iOS does.
fn is_app(name: &str) -> bool {
    name.strip_suffix(".app").is_some_and(|stem| !stem.is_empty())
}

/// Where the app lies in an IPA, and what is in it.
#[derive(Debug)]
pub struct Contents {
    prefix: String,
    nodes: BTreeMap<String, Node>,
}

/// The app in an IPA.
#[derive(Debug)]
pub struct IpaTree<'a, 's, S: ReadAt + ?Sized> {
    archive: &'a Archive<'s, S>,
    contents: Arc<Contents>,
}

impl<'a, 's, S: ReadAt + ?Sized> IpaTree<'a, 's, S> {
    /// Finds the app.
    pub fn open(archive: &'a Archive<'s, S>) -> Result<Self, IpaError> {
        let mut apps = BTreeSet::new();
        let (mut top, mut bare) = (BTreeSet::new(), None);
        for entry in archive.entries() {
            let name = entry.display_name();
            if name.contains('\\') {
                return Err(IpaError::Backslash { name });
            }
            if ![METHOD_STORED, METHOD_DEFLATED].contains(&entry.method()) {
                return Err(IpaError::Method { name, method: entry.method() });
            }
            if name.starts_with('/') || name.split('/').any(|step| step == "..") {
                return Err(IpaError::Traversal { name });
            }
            top.insert(name.split('/').take(2).collect::<Vec<_>>().join("/"));
            // `zip -r App.ipa ./Payload` of some programs; what unpacks it takes the step for nothing.
            let (here, inner) = name.strip_prefix("./").map_or(("", name.as_str()), |inner| ("./", inner));
            if is_bare(inner.as_bytes()) {
                bare.get_or_insert_with(|| inner.split('/').next().unwrap_or_default().to_owned());
            }
            if let Some((app, _)) = inner.strip_prefix("Payload/").and_then(|rest| rest.split_once('/'))
                && is_app(app)
            {
                apps.insert(format!("{here}Payload/{app}/"));
            }
        }
        let prefix = match apps.iter().collect::<Vec<_>>().as_slice() {
            [] if bare.is_some() => return Err(IpaError::NoPayload { app: bare.unwrap_or_default() }),
            [] => return Err(IpaError::NoApp { there: top.into_iter().take(8).collect() }),
            [one] => (*one).clone(),
            _ => return Err(IpaError::SeveralApps { apps: apps.into_iter().collect() }),
        };
        let mut nodes = Vec::new();
        for (index, entry) in archive.entries().iter().enumerate() {
            if !entry.name().starts_with(prefix.as_bytes()) || entry.name().ends_with(b"/") {
                continue;
            }
            let Ok(name) = std::str::from_utf8(entry.name()) else {
                return Err(IpaError::Name { name: entry.display_name() });
            };
            let is_link = entry.unix_mode().is_some_and(|mode| mode & TYPE_MASK == TYPE_LINK);
            let node = if is_link {
                let target = String::from_utf8(archive.read(index)?);
                let target = target.map_err(|_| TreeError {
                    path: name.to_owned(),
                    problem: "a symbolic link to a name that is not UTF-8".to_owned(),
                })?;
                Node::Symlink(target)
            } else {
                Node::File
            };
            nodes.push((name.to_owned(), node));
        }
        let nodes = nodes_below(nodes.into_iter(), &prefix);
        Ok(Self { archive, contents: Arc::new(Contents { prefix, nodes }) })
    }

    /// The app in an IPA of which the [`Self::contents`] were taken, over the same bytes.
    pub fn with_contents(archive: &'a Archive<'s, S>, contents: Arc<Contents>) -> Self {
        Self { archive, contents }
    }

    /// What was found, to be used again.
    pub fn contents(&self) -> Arc<Contents> {
        Arc::clone(&self.contents)
    }

    /// `Payload/NAME.app/`.
    pub fn prefix(&self) -> &str {
        &self.contents.prefix
    }

    /// The entry of a file of the app.
    pub fn entry(&self, path: &str) -> Option<usize> {
        // One allocation of the right size: one that grows is locked in the arena of whoever had it first.
        self.archive.find(&[self.contents.prefix.as_bytes(), path.as_bytes()].concat())
    }

    fn find(&self, path: &str) -> Result<usize, TreeError> {
        self.entry(path).ok_or_else(|| TreeError { path: path.to_owned(), problem: "no such entry".to_owned() })
    }
}

impl<S: ReadAt + Sync + ?Sized> Tree for IpaTree<'_, '_, S> {
    fn nodes(&self) -> &BTreeMap<String, Node> {
        &self.contents.nodes
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, TreeError> {
        let failed = |error: ZipError| TreeError { path: path.to_owned(), problem: error.to_string() };
        self.archive.read(self.find(path)?).map_err(failed)
    }

    fn start(&self, path: &str, len: usize) -> Result<Vec<u8>, TreeError> {
        let failed = |error: ZipError| TreeError { path: path.to_owned(), problem: error.to_string() };
        self.archive.start(self.find(path)?, len).map_err(failed)
    }

    fn size(&self, path: &str) -> u64 {
        let entry = self.entry(path).and_then(|index| self.archive.entries().get(index));
        entry.map_or(0, |entry| u64::from(entry.uncompressed_size()))
    }

    fn look(&self, path: &str, look: &mut Look) -> Result<(), TreeError> {
        let failed = |error: ZipError| TreeError { path: path.to_owned(), problem: error.to_string() };
        let index = self.find(path)?;
        let deflated = self.archive.entries().get(index).is_some_and(|entry| entry.method() == METHOD_DEFLATED);
        let mut reader = self.archive.reader(index);
        let mut at = 0;
        while let Some(piece) = reader.next(look.stops_at_blocks()).map_err(failed)? {
            if !deflated {
                look.feed(piece.bytes);
                continue;
            }
            at += piece.bytes.len() as u64;
            look.feed_deflated(piece.bytes, piece.block_end);
            if self.size(path).saturating_sub(at) >= LARGE
                && let Some(stops) = look.stops()
                && let Some(first) = look.idle().take()
            {
                let (idle, mut first) = (look.idle(), Some(first));
                let data = self.archive.entries().get(index).map_or(0, |entry| u64::from(entry.compressed_size()));
                let spans = Spans::of(data, self.size(path));
                let helper = || first.take().or_else(|| idle.take());
                let read = reader.read_ahead(spans, &stops, helper, |bytes, end| look.feed_deflated(bytes, end));
                return read.map_err(failed);
            }
        }
        Ok(())
    }

    fn two_digests(&self, paths: [&str; 2]) -> [Option<[u8; 32]>; 2] {
        let mut readers = paths.map(|path| self.entry(path).map(|index| self.archive.reader(index)));
        let (mut two, mut ends) = (Two::new(&[]), [None; 2]);
        while readers.iter().any(Option::is_some) {
            let ([first, second], [first_end, second_end]) = (&mut readers, &mut ends);
            two.update([some(first.as_mut(), first_end), some(second.as_mut(), second_end)]);
            for (reader, end) in readers.iter_mut().zip(ends) {
                reader.take_if(|_| end.is_some());
            }
        }
        let [first, second] = two.finish();
        let whole = |end: Option<bool>, digest| end.filter(|whole| *whole).map(|_| digest);
        [whole(ends[0], first), whole(ends[1], second)]
    }

    fn pour(&self, path: &str, to: &mut dyn FnMut(&[u8])) -> Result<(), TreeError> {
        let failed = |error: ZipError| TreeError { path: path.to_owned(), problem: error.to_string() };
        let mut reader = self.archive.reader(self.find(path)?);
        while let Some(piece) = reader.next(false).map_err(failed)? {
            to(piece.bytes);
        }
        Ok(())
    }
}

/// The next piece of an entry, and at its `end` whether it was whole.
fn some<'r, S: ReadAt + ?Sized>(reader: Option<&'r mut Reader<'_, S>>, end: &mut Option<bool>) -> &'r [u8] {
    match reader.map(|reader| reader.next(false)) {
        Some(Ok(Some(piece))) => return piece.bytes,
        Some(Ok(None)) => *end = Some(true),
        Some(Err(_)) => *end = Some(false),
        None => {}
    }
    &[]
}
