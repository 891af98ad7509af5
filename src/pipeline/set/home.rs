//! Where the packages of a set lie: in a folder, or in an archive as they are or compressed.
//!
//! A package that is stored is read where it lies. One that is compressed is unpacked into a file without a name.
//!
//! Must not: decide which packages belong together.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::SetError;
use super::member::{Member, about, is_package};
use crate::artifact::kind::FileKind;
use crate::format::limits;
use crate::format::zip::{Archive, Index, METHOD_STORED};
use crate::host::file::FileError;
use crate::host::replacement::Replacement;
use crate::host::transaction::Transaction;
use crate::pipeline::ArtifactFile;
use crate::pipeline::apk::Package;
use crate::pipeline::fault::Cause;
use crate::pipeline::kind::{Location, same_file};
use crate::pipeline::old_copies::OldHunt;
use crate::pipeline::signing::AndroidSigning;
use crate::verify::leak::Hunt;
use crate::verify::{self, Report};

/// Where the packages lie.
#[derive(Debug)]
pub(super) enum Home {
    /// Files of a folder: all packages there, or some.
    Folder(PathBuf),
    /// Entries of an archive.
    Archive(Container),
}

/// An archive of packages.
#[derive(Debug)]
pub(super) struct Container {
    pub(super) path: PathBuf,
    pub(super) file: Arc<ArtifactFile>,
    index: Arc<Index>,
    /// The entries that are packages.
    packages: BTreeSet<usize>,
    /// What compressed ones were unpacked into.
    _unpacked: Vec<Replacement>,
}

/// What was found: where, and the packages.
type Found = (PathBuf, Home, Vec<Member>);

/// The packages at a place; `None` where something else is there. A folder in which no package is a split, or needs any, is a
/// folder of files.
pub(super) fn open(at: &Location) -> Result<Option<Found>, Cause> {
    match at {
        Location::Folder(path) => in_folder(path),
        Location::Packages { folder, names } => {
            let open = |name: &String| Ok(Member { name: name.clone(), index: 0, package: file(folder, name)? });
            let members = names.iter().map(open).collect::<Result<_, Cause>>()?;
            Ok(Some((folder.clone(), Home::Folder(folder.clone()), members)))
        }
        Location::Archive { path, file, index, kind: FileKind::ApkSet } => {
            let (container, members) = Container::open(path, file, index)?;
            Ok(Some((path.clone(), Home::Archive(container), members)))
        }
        Location::Archive { .. } => Ok(None),
    }
}

/// The packages of a folder, by name; an error where there are too many.
fn packages_in(path: &Path) -> Result<Vec<String>, Cause> {
    let entries = std::fs::read_dir(path).map_err(FileError::on("list", path))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(FileError::on("list", path))?;
        // A link that leads nowhere is an error of whoever opens it.
        let is_file = entry.path().is_file() || std::fs::metadata(entry.path()).is_err();
        if !is_file || !is_package(&entry.file_name().to_string_lossy()) {
            continue;
        }
        names.push(entry.file_name().into_string().map_err(|_| SetError::Name(entry.path()))?);
        if names.len() > limits::SPLITS {
            return Err(SetError::TooMany { path: path.to_owned(), limit: limits::SPLITS }.into());
        }
    }
    names.sort();
    Ok(names)
}

fn file(folder: &Path, name: &str) -> Result<Package, Cause> {
    let path = folder.join(name);
    let open = || Package::over(&path, Arc::new(ArtifactFile::open(&path)?));
    open().map_err(about(name))
}

fn in_folder(path: &Path) -> Result<Option<Found>, Cause> {
    let mut members = Vec::new();
    for name in packages_in(path)? {
        let package = file(path, &name);
        members.push((name, package));
    }
    let is_of_set = |package: &Package| {
        let facts = &package.packed.facts;
        facts.split.is_some() || facts.needs_splits
    };
    if !members.iter().any(|(_, package)| package.as_ref().is_ok_and(is_of_set)) {
        return Ok(None);
    }
    let members = members.into_iter().map(|(name, package)| Ok(Member { name, index: 0, package: package? }));
    Ok(Some((path.to_owned(), Home::Folder(path.to_owned()), members.collect::<Result<_, Cause>>()?)))
}

/// A folder that was made for an output. It goes with this, unless something lies in it.
pub(super) struct Made(PathBuf);

impl Drop for Made {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir(&self.0);
    }
}

/// Makes the folder of the output, where it is not there; one that has other packages is an error.
fn make(members: &[Member], output: &Path) -> Result<Option<Made>, Cause> {
    if !output.exists() {
        std::fs::create_dir(output).map_err(FileError::on("make", output))?;
        return Ok(Some(Made(output.to_owned())));
    }
    let is_known = |name: &String| members.iter().any(|member| member.name == *name);
    match packages_in(output)?.into_iter().find(|name| !is_known(name)) {
        Some(other) => Err(SetError::Foreign { output: output.to_owned(), other }.into()),
        None => Ok(None),
    }
}

impl Container {
    fn open(path: &Path, file: &Arc<ArtifactFile>, index: &Arc<Index>) -> Result<(Self, Vec<Member>), Cause> {
        let archive = Archive::with_index(&**file, Arc::clone(index));
        let (mut members, mut packages, mut unpacked, mut left) =
            (Vec::new(), BTreeSet::new(), Vec::new(), limits::SET_UNPACKED_BYTES);
        for (index, entry) in archive.entries().iter().enumerate() {
            let name = entry.display_name();
            if !is_package(&name) {
                continue;
            }
            if packages.len() >= limits::SPLITS {
                return Err(SetError::TooMany { path: path.to_owned(), limit: limits::SPLITS }.into());
            }
            let source = if entry.method() == METHOD_STORED {
                ArtifactFile::part(file, entry.data_range())
            } else {
                let size = entry.uncompressed_size();
                let limit = limits::SET_UNPACKED_BYTES;
                left = left.checked_sub(size).ok_or_else(|| SetError::TooLarge { name: name.clone(), size, limit })?;
                let new = unpack(&archive, index, path).map_err(about(&name))?;
                let source = ArtifactFile::over(new.reader()?);
                unpacked.push(new);
                source
            };
            let mut package = Package::over(path, Arc::new(source)).map_err(about(&name))?;
            // What lies beside the archive is not beside this package.
            package.packed.has_neighbors = false;
            members.push(Member { name, index, package });
            packages.insert(index);
        }
        let (path, file, index) = (path.to_owned(), Arc::clone(file), Arc::clone(index));
        Ok((Self { path, file, index, packages, _unpacked: unpacked }, members))
    }

    pub(super) fn archive(&self) -> Archive<'_, ArtifactFile> {
        Archive::with_index(&*self.file, Arc::clone(&self.index))
    }
}

/// An entry, unpacked into a file without a name: beside the archive, or where the system has temporary files.
fn unpack(archive: &Archive<'_, ArtifactFile>, index: usize, path: &Path) -> Result<Replacement, Cause> {
    let temporary = || Replacement::spool(&std::env::temp_dir().join("inject"));
    let mut new = Replacement::spool(path).or_else(|error| temporary().map_err(|_| error))?;
    let mut written = Ok(());
    archive.stream(index, |chunk| {
        if written.is_ok() {
            written = new.write_all(chunk);
        }
    })?;
    written?;
    Ok(new)
}

impl Home {
    /// Whether there are several packages for one split, one for each kind of device: `bundletool` lists them in `toc.pb`.
    pub(super) fn has_variants(&self) -> bool {
        match self {
            Self::Folder(_) => false,
            Self::Archive(container) => container.archive().find(b"toc.pb").is_some(),
        }
    }

    /// Whether the packages are files of a folder.
    pub(super) fn is_folder(&self) -> bool {
        matches!(self, Self::Folder(_))
    }

    /// What verification says of where the packages lie.
    pub(super) fn verify(&self) -> Report {
        match self {
            Self::Folder(_) => Report::default(),
            Self::Archive(container) => verify::android::bundle::headers(&container.archive()),
        }
    }

    /// What verification says of other archives beside the packages.
    pub(super) fn verify_within(&self, report: &mut Report, members: &[Member]) {
        match self {
            Self::Folder(_) => {}
            Self::Archive(container) => {
                let judged = members.iter().map(|member| member.index).collect();
                verify::archives::within(report, &container.archive(), &judged);
            }
        }
    }

    /// Whether something that lies at `output` is what was opened.
    pub(super) fn is_at(&self, output: &Path) -> bool {
        match self {
            Self::Folder(path) | Self::Archive(Container { path, .. }) => same_file(path, output),
        }
    }

    /// Refuses what no package of it can have.
    pub(super) fn check_signing(&self, signing: &AndroidSigning<'_>) -> Result<(), Cause> {
        match (self, signing) {
            (Self::Archive(container), AndroidSigning::With(request))
                if request.v4 || request.schemes.is_some_and(|schemes| schemes.v4) =>
            {
                Err(SetError::V4(container.path.clone()).into())
            }
            (Self::Folder(_) | Self::Archive(_), AndroidSigning::With(_) | AndroidSigning::Unsigned) => Ok(()),
        }
    }

    /// Whether these packages could be written at `output`.
    pub(super) fn probe(&self, members: &[Member], output: &Path) -> Result<(), Cause> {
        match self {
            Self::Folder(_) => {
                let _made = self.make(members, output)?;
                members.iter().try_for_each(|member| Ok(Transaction::probe(output, &member.name)?))
            }
            Self::Archive(_) => Ok(Replacement::probe(output)?),
        }
    }

    /// Makes the place of the output. What was made goes with the result, unless something lies in it.
    pub(super) fn make(&self, members: &[Member], output: &Path) -> Result<Option<Made>, Cause> {
        match self {
            Self::Folder(_) if self.is_at(output) => Ok(None),
            Self::Folder(_) => make(members, output),
            Self::Archive(_) => Ok(None),
        }
    }

    /// An error where what was opened is not what it was.
    pub(super) fn unchanged(&self, members: &[Member]) -> Result<(), Cause> {
        match self {
            Self::Folder(_) => {
                members.iter().try_for_each(|member| Ok(member.package.packed.source.file().unchanged()?))
            }
            Self::Archive(container) => Ok(container.file.file().unchanged()?),
        }
    }

    /// Where a new version of a package is written until it takes its place.
    pub(super) fn output(&self, member: &Member, output: &Path) -> PathBuf {
        match self {
            Self::Folder(_) => output.join(&member.name),
            Self::Archive(_) => output.to_owned(),
        }
    }

    /// Searches what is no package. Other files of a folder are not of the set.
    pub(super) fn search_rest(&self, hunt: &mut Hunt<'_>, report: &mut Report) {
        match self {
            Self::Folder(_) => {}
            Self::Archive(container) => hunt.archive_but(report, &*container.file, &container.packages),
        }
    }

    /// The same for what was there before.
    pub(super) fn search_old(&self, hunt: &mut OldHunt<'_>) {
        match self {
            Self::Folder(_) => {}
            Self::Archive(container) => hunt.package(&container.archive(), &container.packages),
        }
    }
}
