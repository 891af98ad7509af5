//! Addresses become spots: one concrete file, archives around it, and one place in it.
//!
//! A pattern may match files that are not what was meant: `**/*.json` also finds what is no JSON. Such a file is passed
//! over unless it mentions the place's own name: then the place may well be in it, and not seeing it would be a mistake.
//!
//! Must not: change anything.

use super::device;
use super::{FileSet, Files, FilesError, has_wildcards, matcher_in};
use crate::artifact::{document, genexus};
use crate::format::limits;
use crate::format::plist::{self, PlistError};
use crate::format::zip::{Archive, Rules};
use crate::placement::{Absence, Address, FilePath, Kind, Locator, Place, Target, enters};

/// Names of files that an error may carry, to find a similar one among them.
const NAMES: usize = 10_000;

/// A concrete place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The address as it was given.
    pub address: Address,
    /// The file that holds it, behind the archives that hold the file.
    pub path: Vec<String>,
    /// Where in the file.
    pub locator: Locator,
    /// Whether it has to be made.
    pub missing: bool,
    /// Whether the address that was given means it too: a key that overrides the one given on some devices.
    pub implied: bool,
}

impl Spot {
    /// The file, as an address would write it.
    pub fn file(&self) -> String {
        shown(&self.path)
    }

    /// The object of GeneXus that the file belongs to, by its name.
    pub fn object(&self) -> &str {
        genexus::object_of_file(self.path.last().map_or("", String::as_str))
    }
}

/// A spot with the values that are there now.
#[derive(Clone, PartialEq, Eq)]
pub struct Found {
    /// Where.
    pub spot: Spot,
    /// Usually one; several where a key stands twice.
    pub values: Vec<String>,
    /// What the address means and an edit does not reach, in words.
    pub left: Vec<String>,
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { spot, values, left } = self;
        f.debug_struct("Found").field("spot", spot).field("values", &values.len()).field("left", left).finish()
    }
}

/// What to do with a file that a pattern matches and that is no such document.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Odd {
    /// An error if it mentions the place.
    Judge,
    /// It does not count.
    PassOver,
}

impl FileSet<'_> {
    /// The spots of a place, with what is there. None where the place is for another kind of artifact, excluded by
    /// `unless`, or may be absent and is.
    pub fn find(&self, place: &Place) -> Result<Vec<Found>, FilesError> {
        if place.at.kind.is_some_and(|kind| !kind.covers(self.kind)) {
            return Ok(Vec::new());
        }
        for other in &place.unless {
            if !self.look(other)?.is_empty() {
                return Ok(Vec::new());
            }
        }
        let found = self.at(&place.at, place.absence, place.partial)?;
        if place.own_id { self.one_by_one(found) } else { Ok(found) }
    }

    /// The same with a spot for each value of a property list.
    fn one_by_one(&self, found: Vec<Found>) -> Result<Vec<Found>, FilesError> {
        let mut all = Vec::new();
        for found in found {
            let (Locator::Plist(keys), [file], false) =
                (&found.spot.locator, found.spot.path.as_slice(), found.spot.missing)
            else {
                all.push(found);
                continue;
            };
            let content = self.files.read(file, limits::ENTRY_BYTES);
            let content =
                content.map_err(|source| FilesError::Read { file: file.clone(), source })?.unwrap_or_default();
            let failed = |source: PlistError| FilesError::Document { file: file.clone(), source: source.into() };
            for keys in plist::places(&content, keys).map_err(failed)? {
                let locator = Locator::Plist(keys);
                let address = found.spot.address.with_locator(&locator);
                let one = self.look_into(&address, file, &locator, false)?;
                all.extend(one.map(|one| Found { spot: Spot { implied: found.spot.implied, ..one.spot }, ..one }));
            }
        }
        Ok(all)
    }

    /// The spots of an address, or what its absence means. With `partial`, what an edit would not reach is told; without, the
    /// edit tells it, where nothing is picked on purpose.
    pub(in crate::artifact) fn at(
        &self,
        address: &Address,
        absence: Absence,
        partial: bool,
    ) -> Result<Vec<Found>, FilesError> {
        let mut found = self.look(address)?;
        for found in found.iter_mut().filter(|found| !partial && !document::picks_one(&found.spot.locator)) {
            found.left.clear();
        }
        if absence == Absence::CreateWithin {
            // Each file for itself: one that has the place does not stand for another one.
            for made in self.made_within(address)? {
                if !found.iter().any(|found| !found.spot.implied && found.spot.path == made.spot.path) {
                    found.push(made);
                }
            }
        }
        if absence == Absence::Create && found.iter().all(|found| found.spot.implied) {
            // What only some devices have is made for the others.
            let made = self.made_within(address)?;
            let there: Vec<Vec<String>> = found.iter().map(|found| found.spot.path.clone()).collect();
            found.extend(made.into_iter().filter(|made| there.contains(&made.spot.path)));
        }
        if !found.is_empty() {
            return Ok(found);
        }
        match absence {
            Absence::Skip | Absence::Offer | Absence::CreateWithin => Ok(Vec::new()),
            Absence::Fail => Err(self.no_place(address)?),
            Absence::Create => match self.made(address)? {
                made if made.is_empty() => Err(self.no_place(address)?),
                made => Ok(made),
            },
        }
    }

    /// What is at a spot now; nothing where its file is in an archive.
    pub fn values_at(&self, spot: &Spot) -> Result<Vec<String>, FilesError> {
        match spot.path.as_slice() {
            [file] => {
                let found = self.look_into(&spot.address, file, &spot.locator, false)?;
                Ok(found.map(|found| found.values).unwrap_or_default())
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Whether something is at an address.
    pub fn has(&self, address: &Address) -> Result<bool, FilesError> {
        if address.kind.is_some_and(|kind| !kind.covers(self.kind)) {
            return Ok(false);
        }
        match self.look_for(address, Odd::PassOver) {
            Ok(found) => Ok(!found.is_empty()),
            Err(FilesError::Address { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What is at an address now.
    pub(in crate::artifact) fn look(&self, address: &Address) -> Result<Vec<Found>, FilesError> {
        self.look_for(address, Odd::Judge)
    }

    /// What is in one file, whatever the address says of its name; a `pattern` led there.
    pub(in crate::artifact) fn look_into(
        &self,
        address: &Address,
        file: &str,
        locator: &Locator,
        pattern: bool,
    ) -> Result<Option<Found>, FilesError> {
        let path = vec![file.to_owned()];
        let content = self.files.read(file, limits::ENTRY_BYTES);
        let content = content.map_err(|source| FilesError::Read { file: file.to_owned(), source })?;
        content.map_or(Ok(None), |content| found(address, &path, &content, locator, pattern.then_some(Odd::Judge)))
    }

    fn look_for(&self, address: &Address, odd: Odd) -> Result<Vec<Found>, FilesError> {
        let (path, locator) = file_of(address)?;
        let odd = (path.is_glob() || odd == Odd::PassOver).then_some(odd);
        let mut all = Vec::new();
        walk(address, self.files, &[], &path.parts, odd, self.kind == Kind::Tree, &mut |path, content| {
            all.extend(found(address, &path, &content, locator, odd)?);
            for locator in device::overriding(&path, &content, locator) {
                let found = found(&address.with_locator(&locator), &path, &content, &locator, odd)?;
                all.extend(found.map(|found| Found { spot: Spot { implied: true, ..found.spot }, ..found }));
            }
            Ok(())
        })?;
        Ok(all)
    }

    /// The spots to make in files that are there.
    fn made_within(&self, address: &Address) -> Result<Vec<Found>, FilesError> {
        let (path, locator) = file_of(address)?;
        let mut made = Vec::new();
        walk(address, self.files, &[], &path.parts, None, self.kind == Kind::Tree, &mut |path, content| {
            if document::could_hold(&content, locator) {
                made.push(missing(address, path, locator));
            }
            Ok(())
        })?;
        Ok(made)
    }

    /// The spots to make, with the file where that is missing too.
    fn made(&self, address: &Address) -> Result<Vec<Found>, FilesError> {
        let within = self.made_within(address)?;
        let (path, locator) = file_of(address)?;
        let Some((file, around)) = path.parts.split_last() else { return Ok(within) };
        if !within.is_empty() || has_wildcards(file) || document::create(locator, "").is_none() {
            return Ok(within);
        }
        if around.is_empty() {
            return Ok(vec![missing(address, vec![file.clone()], locator)]);
        }
        let mut made = Vec::new();
        walk(address, self.files, &[], around, None, self.kind == Kind::Tree, &mut |mut path, _| {
            path.push(file.clone());
            made.push(missing(address, path, locator));
            Ok(())
        })?;
        Ok(made)
    }

    fn no_place(&self, address: &Address) -> Result<FilesError, FilesError> {
        let (path, _) = file_of(address)?;
        let mut there = false;
        walk(address, self.files, &[], &path.parts, Some(Odd::PassOver), self.kind == Kind::Tree, &mut |_, _| {
            there = true;
            Ok(())
        })?;
        let (problem, near) = if there {
            ("the file is there, the place in it is not", Vec::new())
        } else {
            ("no such file", self.files.names().take(NAMES).map(str::to_owned).collect())
        };
        Ok(FilesError::NoPlace { address: Box::new(address.clone()), problem: problem.to_owned(), near })
    }
}

pub(in crate::artifact) fn missing(address: &Address, path: Vec<String>, locator: &Locator) -> Found {
    let spot = Spot { address: address.clone(), path, locator: locator.clone(), missing: true, implied: false };
    Found { spot, values: Vec::new(), left: Vec::new() }
}

fn shown(path: &[String]) -> String {
    path.join("!/")
}

fn file_of(address: &Address) -> Result<(&FilePath, &Locator), FilesError> {
    match &address.target {
        Target::File { path, locator } => Ok((path, locator)),
        Target::String { .. }
        | Target::Resource { .. }
        | Target::MetaData { .. }
        | Target::IntentFilter { .. }
        | Target::DexMethod { .. }
        | Target::DexText { .. }
        | Target::SigningBlock { .. } => Err(FilesError::Address {
            address: Box::new(address.clone()),
            problem: "only Android packages have such places; write apk: in front, or address a file".to_owned(),
        }),
    }
}

/// What is at a place of one file. `odd` says what a file is that a pattern led to and that is no such document.
fn found(
    address: &Address,
    path: &[String],
    content: &[u8],
    locator: &Locator,
    odd: Option<Odd>,
) -> Result<Option<Found>, FilesError> {
    let values = match locator {
        // A whole file can be replaced whatever it holds.
        Locator::Whole => vec![String::from_utf8_lossy(content).into_owned()],
        // A pattern leads to many files; most are told apart without being parsed.
        _ if odd.is_some() && !document::may_hold(content, locator) => return Ok(None),
        Locator::Json(_)
        | Locator::Plist(_)
        | Locator::Xml(_)
        | Locator::Js(_)
        | Locator::Properties(_)
        | Locator::Text(_) => match (document::read(content, locator), odd) {
            (Ok(values), _) => values,
            (Err(_), Some(Odd::PassOver)) => return Ok(None),
            (Err(_), Some(Odd::Judge)) if !document::mentions(content, locator) => return Ok(None),
            (Err(source), _) => return Err(FilesError::Document { file: shown(path), source }),
        },
    };
    let spot = Spot {
        address: address.clone(),
        path: path.to_vec(),
        locator: locator.clone(),
        missing: false,
        implied: false,
    };
    let left = document::left(content, locator);
    Ok((!values.is_empty()).then_some(Found { spot, values, left }))
}

type Visit<'v> = &'v mut dyn FnMut(Vec<String>, Vec<u8>) -> Result<(), FilesError>;

/// Every file that `parts` lead to, `around` being the archives that were entered; `in_folder` where the files are no app's.
fn walk(
    address: &Address,
    files: &dyn Files,
    around: &[String],
    parts: &[String],
    odd: Option<Odd>,
    in_folder: bool,
    visit: Visit<'_>,
) -> Result<(), FilesError> {
    let Some((pattern, inner)) = parts.split_first() else { return Ok(()) };
    if around.len() > limits::NESTED_ARCHIVES {
        let problem = format!("it enters more than {} archives", limits::NESTED_ARCHIVES);
        return Err(FilesError::Address { address: Box::new(address.clone()), problem });
    }
    let limit = if around.is_empty() { limits::ENTRY_BYTES } else { limits::NESTED_BYTES };
    for name in matching(address, files, pattern, in_folder && around.is_empty())? {
        let path: Vec<String> = around.iter().cloned().chain([name.clone()]).collect();
        let content = match files.read(&name, limit) {
            Ok(Some(content)) => content,
            Ok(None) => continue,
            Err(source) => return Err(FilesError::Read { file: shown(&path), source }),
        };
        if inner.is_empty() {
            visit(path, content)?;
            continue;
        }
        match Archive::open_by(content.as_slice(), Rules::Common) {
            Ok(archive) => walk(address, &archive, &path, inner, odd, in_folder, visit)?,
            Err(_) if odd == Some(Odd::PassOver) => {}
            // What only the pattern calls an archive may be anything; what its name calls one is damaged.
            Err(_) if has_wildcards(pattern) && !names_an_ending(pattern) && !content.starts_with(b"PK") => {}
            Err(source) => return Err(FilesError::Nested { file: shown(&path), source }),
        }
    }
    Ok(())
}

/// Whether a pattern says how the names end: `*.gxsd` does, `**/*` does not.
fn names_an_ending(pattern: &str) -> bool {
    let name = pattern.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').is_some_and(|(_, ending)| !ending.is_empty() && !has_wildcards(ending))
}

/// The names that a pattern stands for; itself where it has no wildcards. In a folder that is no app it passes over what is tools'.
fn matching(address: &Address, files: &dyn Files, pattern: &str, in_folder: bool) -> Result<Vec<String>, FilesError> {
    let any_case = matches!(&address.target, Target::File { path, .. } if path.any_case);
    if !has_wildcards(pattern) && !any_case {
        return Ok(vec![pattern.to_owned()]);
    }
    let matcher = matcher_in(pattern, any_case)
        .map_err(|e| FilesError::Address { address: Box::new(address.clone()), problem: e.to_string() })?;
    let of_tools = |name: &&str| {
        let mut folders = name.split('/').rev().skip(1);
        in_folder && folders.any(|folder| !enters(pattern, folder))
    };
    let names = files.names().filter(|name| matcher.is_match(name) && !of_tools(name));
    Ok(names.map(str::to_owned).collect())
}
