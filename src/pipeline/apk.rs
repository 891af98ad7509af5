//! Android packages: inspect, plan, apply, align, sign, verify, commit.
//!
//! Must not: obtain credentials; values come from the caller, between plan and apply.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use super::ArtifactFile;
use super::assemble::write_payload;
use super::gate::{Gate, Reach};
use super::locate::{Hit, NoPlan, Outcome, Placed, Search, locate};
use super::old_copies::OldCopies;
use super::plan::{self, ApkFacts, Description, Done, Form, PlannedPlace, ReleaseFault};
use super::{v1_files, v4_file};
use crate::artifact::apk::{Apk, ApkError, Changes, Facts, Found, MANIFEST, Spot, TABLE};
use crate::artifact::genexus::{self, Mains};
use crate::format::apk_signing_block::{SigningBlock, SigningBlockError, id, padding_before};
use crate::format::limits;
use crate::format::zip::{
    Alignment, Archive, Change, Entry, Index, METHOD_DEFLATED, METHOD_STORED, NewEntry, Rewrite, ZipError,
};
use crate::host::file::{Changed, FileError};
use crate::host::interrupt;
use crate::host::replacement::Replacement;
use crate::placement::Address;
use crate::placement::template::{TemplateError, Values};
use crate::sign::android::{self, AndroidSignError, ContentHasher, Schemes, SchemesError, SectionLength, Signers};
use crate::verify::injected::{self, Expected};
use crate::verify::leak::{Foreign, Hunt};
use crate::verify::{self, About, Code};

/// From this targetSdkVersion on Android refuses a compressed resource table.
const SDK_ARSC_STORED: u32 = 30;
/// The last API level that knows only v1.
const SDK_V1_LAST: u32 = 23;

/// Why a package was not injected. Nothing was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApkJobError {
    /// A file operation.
    #[error(transparent)]
    File(#[from] FileError),
    /// Something else wrote there.
    #[error(transparent)]
    Changed(#[from] Changed),
    /// The package.
    #[error(transparent)]
    Apk(#[from] ApkError),
    /// The container.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// The signing block of the input.
    #[error(transparent)]
    SigningBlock(#[from] SigningBlockError),
    /// A value template.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// No place at all.
    #[error("no place for a credential was found in this package: none of the presets {presets} fits")]
    NoPlaceAtAll {
        /// What was tried.
        presets: String,
    },
    /// Places that the build left empty, and nothing else.
    #[error("nothing was put into this package: {address} in {entry} is empty in this build, and stays so")]
    LeftEmpty {
        /// The first of them.
        address: Box<Address>,
        /// Where it lies.
        entry: String,
    },
    /// Metadata of several main objects.
    #[error("which main object is this package? it holds metadata of {}", .mains.join(", "))]
    Main {
        /// Their names.
        mains: Vec<String>,
    },
    /// The schemes do not fit the package.
    #[error(transparent)]
    Schemes(#[from] SchemesError),
    /// Signing.
    #[error(transparent)]
    Sign(#[from] AndroidSignError),
    /// The content digest was fed wrongly: a fault of this program.
    #[error(transparent)]
    Digest(#[from] SectionLength),
    /// Another key than the input's.
    #[error(
        "the input was signed by {input} and the key given is {given}: devices would refuse the update, and apps that \
         share data by signature would lose it"
    )]
    NewSigner {
        /// Subject and digest of the input's certificate.
        input: String,
        /// Of the given key's.
        given: String,
    },
    /// Several signers.
    #[error("the input has {count} signers; a package with several signers cannot be signed again with one key")]
    SeveralSigners {
        /// How many.
        count: usize,
    },
    /// The output does not verify.
    #[error("the new package does not verify, so it was not put in place: {}", verify::findings_text(.0))]
    Unsound(Vec<verify::Finding>),
    /// A credential that must not be in what would be written.
    #[error("nothing was written, because the new package would hold what must not be there: {}", verify::findings_text(.0))]
    Leak(Vec<verify::Finding>),
}

/// How the output is signed.
#[derive(Debug, Clone, Copy)]
pub enum Signing<'a> {
    /// With these identities.
    With(SigningRequest<'a>),
    /// Not at all, on purpose.
    Unsigned,
}

/// With which identities, and how.
#[derive(Debug, Clone, Copy)]
pub struct SigningRequest<'a> {
    /// Who signs.
    pub signers: Signers<'a>,
    /// Instead of the choice by minSdkVersion and input.
    pub schemes: Option<Schemes>,
    /// Instead of the manifest's minSdkVersion.
    pub min_sdk: Option<u32>,
    /// Also write the `.idsig` of v4.
    pub v4: bool,
    /// Accept another signer than the input's.
    pub allow_new_signer: bool,
}

/// A package, inspected, and what would change in it. Secret-free but for what the package holds itself.
#[derive(Debug)]
pub struct Planned {
    source: ArtifactFile,
    index: Arc<Index>,
    path: PathBuf,
    facts: Facts,
    placed: Placed<Spot>,
}

/// A package, inspected.
#[derive(Debug)]
pub struct Inspected {
    source: ArtifactFile,
    index: Arc<Index>,
    path: PathBuf,
    facts: Facts,
}

impl Inspected {
    /// Step 1: inspects the package at `path`.
    pub fn new(path: &Path) -> Result<Self, ApkJobError> {
        let source = ArtifactFile::open(path)?;
        let index = Archive::open(&source)?.index();
        Self::over(path, source, index)
    }

    /// The same over an archive that is open already.
    pub fn over(path: &Path, source: ArtifactFile, index: Arc<Index>) -> Result<Self, ApkJobError> {
        let facts = Apk::over(Archive::with_index(&source, Arc::clone(&index)))?.facts().clone();
        Ok(Self { source, index, path: path.to_owned(), facts })
    }

    fn archive(&self) -> Archive<'_, ArtifactFile> {
        Archive::with_index(&self.source, Arc::clone(&self.index))
    }

    /// What the package says of itself.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What verification says of container and signature, with the v4 signature beside it; nothing of credentials.
    pub fn verify_signature(&self, min_sdk: Option<u32>) -> Result<verify::Report, ApkJobError> {
        let path = v4_file::path(&self.path);
        let idsig = v4_file::read(&path)?;
        let idsig = idsig.as_ref().map(|idsig| idsig.as_slice());
        Ok(verify::android::package(&self.archive(), &options(&self.facts, min_sdk, idsig)))
    }

    /// Adds what verification says of the places, and of credentials that should not be there.
    pub fn verify_content(&self, report: &mut verify::Report, expected: &[Expected], foreign: &[Foreign]) {
        injected::apk(report, self.archive(), expected);
        Hunt::new(foreign, &injected::values(expected)).archive(report, &self.source);
    }

    /// Whether one of these addresses is there: how a preset is found by looking.
    pub fn has_one_of(&self, addresses: &[Address]) -> Result<bool, ApkJobError> {
        let apk = Apk::again(self.archive(), self.facts.clone());
        for address in addresses {
            if apk.has(address)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The main objects of GeneXus that it holds metadata of.
    pub fn mains(&self) -> Result<Mains, ApkJobError> {
        Ok(genexus::of_package(&Apk::again(self.archive(), self.facts.clone()))?)
    }

    /// Every copy of every place.
    pub(super) fn locate(&self, search: Search<'_>) -> Outcome<Spot, ApkError> {
        let apk = Apk::again(self.archive(), self.facts.clone());
        let mut outcome = locate(search, ApkError::is_no_place, |place| {
            let hit = |Found { spot, values, left }: Found| {
                let (entry, missing, object) = (spot.entry.clone(), spot.missing, spot.object().to_owned());
                let (address, implied) = (place.at.clone(), false);
                Hit { spot, address, implied, entry, missing, object, values, left }
            };
            Ok(apk.find(place)?.into_iter().map(hit).collect())
        });
        let splits = if self.facts.needs_splits { self.splits() } else { Vec::new() };
        for (copy, _) in &mut outcome.copies {
            for (name, split) in &splits {
                match split.has_one_of(std::slice::from_ref(&copy.address)) {
                    Ok(false) => {}
                    Ok(true) => copy
                        .left
                        .push(format!("the split {name} has this place too; inject it as well, with the same key")),
                    Err(error) => copy.left.push(format!("the split {name} may have this place too: {error}")),
                }
            }
        }
        outcome
    }

    /// The splits beside a base that does not run without them: a device picks what they hold before what the base does.
    fn splits(&self) -> Vec<(String, Self)> {
        let Some(folder) = self.path.parent() else { return Vec::new() };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| *path != self.path).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("apk")));
        paths.sort();
        let splits = paths.into_iter().take(limits::SPLITS).filter_map(|path| {
            let split = Self::new(&path).ok()?;
            let (own, theirs) = (&self.facts, &split.facts);
            let belongs = own.package == theirs.package && own.version_code == theirs.version_code;
            let name = path.file_name()?.to_string_lossy().into_owned();
            (belongs && theirs.split.is_some()).then_some((name, split))
        });
        splits.collect()
    }

    /// What the package is and says of itself, for people.
    pub fn describe(&self) -> Description {
        let Facts { package, split, version_name, version_code, min_sdk, target_sdk, debuggable, test_only, .. } =
            self.facts.clone();
        let archive = self.archive();
        let entries = archive.entries().len();
        let libraries = archive.entries().iter().filter_map(|entry| {
            let name = std::str::from_utf8(entry.name()).ok()?.strip_prefix("lib/")?;
            Some(name.split_once('/')?.0.to_owned())
        });
        let abis = libraries.collect::<BTreeSet<String>>().into_iter().collect();
        let facts = ApkFacts {
            package,
            split,
            version_name,
            version_code,
            min_sdk,
            target_sdk,
            debuggable,
            test_only,
            abis,
            entries,
        };
        Description { form: Form::Apk, facts: plan::Facts::Apk(facts) }
    }

    /// Step 2: every address becomes spots, or an error before anything is obtained. `presets` is for messages.
    pub(super) fn plan(self, search: Search<'_>, presets: &str) -> Result<Planned, ApkJobError> {
        let placed = Placed::of(self.locate(search), search.places).map_err(|why| match why {
            NoPlan::Place(error) => error.into(),
            NoPlan::LeftEmpty { address, entry } => ApkJobError::LeftEmpty { address: Box::new(address), entry },
            NoPlan::Main { mains } => ApkJobError::Main { mains },
            NoPlan::Nothing => ApkJobError::NoPlaceAtAll { presets: presets.to_owned() },
        })?;
        Apk::again(self.archive(), self.facts.clone()).check(&placed.spots)?;
        let Self { source, index, path, facts } = self;
        Ok(Planned { source, index, path, facts, placed })
    }
}

impl Planned {
    fn apk(&self) -> Apk<'_, ArtifactFile> {
        Apk::again(Archive::with_index(&self.source, Arc::clone(&self.index)), self.facts.clone())
    }

    /// Who signed the input and by which schemes. Its contents are not hashed: nothing of what is made here relies on
    /// them being what was signed.
    fn input(&self) -> verify::Report {
        verify::android::signatures(self.apk().archive(), &options(&self.facts, None, None))
    }

    /// What the package says of itself.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What it holds of other main objects now.
    pub fn kept(&self) -> &[Zeroizing<String>] {
        &self.placed.old.others
    }

    /// The places, in the order of presets and configuration.
    pub fn places(&self) -> &[PlannedPlace] {
        &self.placed.places
    }

    /// Whether a value that the plan puts in place differs from what is there; an error where the gate or an old copy would
    /// keep it from being done.
    pub fn would_change(&self, values: &Values<'_>, gate: Gate<'_>) -> Result<bool, ApkJobError> {
        let apk = self.apk();
        let changes = self.changes(&apk, values)?;
        gate.changed(values, named(apk.archive(), &changes)).map_err(ApkJobError::Leak)?;
        let mut copies = OldCopies::of(&self.placed.old, values, gate);
        let kept = changes.replaced.keys().copied().collect();
        copies
            .judged(|hunt| {
                hunt.contents(named(apk.archive(), &changes));
                hunt.package(apk.archive(), &kept);
            })
            .map_err(ApkJobError::Leak)?;
        Ok(!changes.is_empty())
    }

    fn changes(&self, apk: &Apk<'_, ArtifactFile>, values: &Values<'_>) -> Result<Changes, ApkJobError> {
        let rendered = self.placed.rendered(values)?;
        let pairs: Vec<_> = rendered.into_iter().map(|(_, spot, value)| (spot.clone(), value)).collect();
        Ok(apk.change(&pairs)?)
    }

    /// Whether the input is signed exactly as asked, and sound: then there is nothing to do where nothing changes.
    pub fn is_signed_as_asked(&self, signing: &Signing<'_>) -> Result<Option<verify::Report>, ApkJobError> {
        let apk = self.apk();
        let (min_sdk, wanted) = match signing {
            Signing::Unsigned => (None, None),
            Signing::With(request) => {
                let wanted = self.schemes(request)?;
                (self.judged_min_sdk(request, wanted), Some((request, wanted)))
            }
        };
        let idsig =
            wanted.filter(|(_, wanted)| wanted.v4).and_then(|_| v4_file::read(&v4_file::path(&self.path)).ok()?);
        let idsig = idsig.as_ref().map(|idsig| idsig.as_slice());
        let report = verify::android::package(apk.archive(), &options(&self.facts, min_sdk, idsig));
        let aligned = !report.findings.iter().any(|finding| finding.code.about() == About::Alignment);
        let fits = match wanted {
            None => {
                let block = SigningBlock::find(&self.source, apk.archive().directory_offset())?;
                block.is_none() && v1_files::stale(apk.archive()).is_empty()
            }
            Some((request, wanted)) => {
                let has = |scheme| report.signature(scheme).is_some();
                // Where v3 counts for every Android the package runs on, v2 is there but nobody judges it.
                let block = SigningBlock::find(&self.source, apk.archive().directory_offset())?;
                let v2_unjudged = has(verify::Scheme::V3) && block.is_some_and(|block| block.value(id::V2).is_some());
                report.is_sound()
                    && (!wanted.v1 || has(verify::Scheme::V1))
                    && (!wanted.v2 || has(verify::Scheme::V2) || v2_unjudged)
                    && (!wanted.v3 || has(verify::Scheme::V3))
                    && (!wanted.v4 || has(verify::Scheme::V4))
                    // A v1 signature that was asked away is something to do.
                    && (request.schemes.is_none() || wanted.v1 == v1_files::is_signed(apk.archive()))
                    && report
                        .signers()
                        .iter()
                        .any(|signer| signer.certificate == request.signers.current.certificate().raw())
            }
        };
        Ok((fits && aligned).then_some(report))
    }

    /// For which Androids a signature is judged. v1 is looked at only where some of them know nothing newer; one that was
    /// asked for must hold even where nobody needs it, and its absence is what there is to do.
    fn judged_min_sdk(&self, request: &SigningRequest<'_>, schemes: Schemes) -> Option<u32> {
        let min_sdk = request.min_sdk.or(self.facts.min_sdk);
        if schemes.v1 { Some(min_sdk.unwrap_or(1).min(SDK_V1_LAST)) } else { min_sdk }
    }

    fn schemes(&self, request: &SigningRequest<'_>) -> Result<Schemes, ApkJobError> {
        let min_sdk = request.min_sdk.or(self.facts.min_sdk).unwrap_or(1);
        let had_v1 = v1_files::is_signed(self.apk().archive());
        let mut schemes = request.schemes.unwrap_or_else(|| Schemes::for_min_sdk(min_sdk).with_v1_of_input(had_v1));
        schemes.v4 |= request.v4;
        Ok(schemes.check(min_sdk, self.facts.target_sdk)?)
    }

    /// Whether the package can be signed as asked: before anything is obtained for it.
    pub fn check(&self, signing: &Signing<'_>) -> Result<(), ApkJobError> {
        if let Signing::With(request) = signing {
            self.schemes(request)?;
            check_signer(signing, &self.input())?;
        }
        Ok(())
    }

    /// Steps 3 to 8: applies the values and puts the finished package at `output`.
    /// The gate may keep it from being written.
    pub fn finish(
        self,
        values: &Values<'_>,
        signing: &Signing<'_>,
        output: &Path,
        gate: Gate<'_>,
    ) -> Result<Done, ApkJobError> {
        // 3. Apply: new contents of the entries that change.
        let apk = self.apk();
        let archive = apk.archive();
        let changes = self.changes(&apk, values)?;
        let mut copies = OldCopies::of(&self.placed.old, values, gate);
        if changes.is_empty()
            && same_file(output, &self.path)
            && let Some(report) = self.is_signed_as_asked(signing)?
        {
            // Nothing was there before that is not there now; a secret that is kept out may be.
            copies.judged(|hunt| hunt.package(archive, &BTreeSet::new())).map_err(ApkJobError::Leak)?;
            self.source.file().unchanged()?;
            let notes = [self.placed.notes, copies.notes()].concat();
            return Ok(Done { report, notes, warnings: self.placed.warnings, ..Done::default() });
        }
        gate.changed(values, named(archive, &changes)).map_err(ApkJobError::Leak)?;
        copies.judged(|hunt| hunt.contents(named(archive, &changes))).map_err(ApkJobError::Leak)?;
        let input = self.input();
        let new_signer = check_signer(signing, &input)?;
        let block = SigningBlock::find(&self.source, archive.directory_offset())?;
        let dropped = block.as_ref().map(android::dropped_pairs).unwrap_or_default();
        let stale = v1_files::stale(archive);
        let mut entries: Vec<String> =
            changes.replaced.keys().map(|&index| archive.entries()[index].display_name()).collect();
        entries.extend(changes.added.keys().cloned());

        // 4. to 7., while another thread searches what does not change for what was there before.
        let kept: BTreeSet<usize> = changes.replaced.keys().copied().collect();
        let copies = Mutex::new(copies);
        let search =
            || copies.lock().unwrap_or_else(PoisonError::into_inner).judged(|hunt| hunt.package(archive, &kept));
        let (written, searched) = std::thread::scope(|scope| {
            let searching = std::thread::Builder::new().spawn_scoped(scope, search);
            let written = self.write(&apk, changes, &stale, block.as_ref(), &Task { values, signing, output, gate });
            // Where no thread is to be had, this one does it.
            (written, searching.map_or_else(|_| Ok(search()), std::thread::ScopedJoinHandle::join))
        });
        let copies = copies.into_inner().unwrap_or_else(PoisonError::into_inner);
        match searched {
            Ok(found) => found.map_err(ApkJobError::Leak)?,
            Err(panic) => std::panic::resume_unwind(panic),
        }
        let Written { mut new, idsig, report } = written?;

        // 8. Commit; a v4 signature of the old package would be stale, so it goes first. What was read several times was one
        // content all along, and nobody's newer build is lost. The input is closed before: where it is the output too, not
        // every system lets an open file be replaced.
        let removed: Vec<String> = stale.iter().map(|&index| archive.entries()[index].display_name()).collect();
        let like = self.source.file().metadata().clone();
        new.complete(Some(&like))?;
        let _section = interrupt::section();
        self.source.file().unchanged()?;
        drop(self.source);
        let idsig_path = v4_file::path(output);
        v4_file::remove(&idsig_path)?;
        new.commit(None)?;
        if let Some(idsig) = idsig {
            let mut file = Replacement::start(&idsig_path)?;
            file.write_all(&idsig)?;
            file.commit(None)?;
        }
        let mut notes = self.placed.notes;
        notes.extend(copies.notes());
        notes.extend(
            dropped.iter().map(|pair| format!("left out of the signing block: {} ({} bytes)", pair.what, pair.len)),
        );
        if removed.iter().any(|name| name.as_bytes() == v1_files::STAMP) {
            notes.push("the source stamp is gone; its signature no longer fits".to_owned());
        }
        let warnings = self.placed.warnings;
        Ok(Done { written: true, entries, removed, warnings, notes, report, new_signer })
    }

    /// Steps 4 to 7: signs, lays out, writes and verifies. Nothing is under the output's name yet.
    fn write(
        &self,
        apk: &Apk<'_, ArtifactFile>,
        changes: Changes,
        stale: &[usize],
        block: Option<&SigningBlock>,
        task: &Task<'_>,
    ) -> Result<Written, ApkJobError> {
        let Task { values, signing, output, gate } = *task;
        let archive = apk.archive();
        // 4. Sign v1: its files are entries, so they come before the container is closed.
        let mut rewrite = Rewrite {
            changes: stale.iter().map(|&index| (index, Change::Remove)).collect(),
            added: changes.added.into_iter().map(|(name, content)| new_entry(name, content)).collect(),
            alignment: Some(Alignment::ANDROID),
            payload_end: None,
        };
        rewrite.changes.extend(changes.replaced.into_iter().map(|(index, content)| (index, Change::Replace(content))));
        self.store_table(apk, &mut rewrite)?;
        let schemes = match signing {
            Signing::Unsigned => None,
            Signing::With(request) => Some((request, self.schemes(request)?)),
        };
        if let Some((request, schemes)) = schemes.filter(|(_, schemes)| schemes.v1) {
            let min_sdk = request.min_sdk.or(self.facts.min_sdk).unwrap_or(1);
            v1_files::sign(archive, &mut rewrite, &request.signers, schemes, min_sdk)?;
        }

        // 5. Lay out and align: the payload ends where the old signing block began, its padding dropped.
        let before = block.map_or(archive.directory_offset(), |block| block.range().start);
        rewrite.payload_end = Some(archive.payload_end(before)?);
        let layout = archive.layout(&rewrite)?;

        // 6. Write, hashing on the way; then the signing block over what was hashed, directory and end record.
        let mut new = Replacement::start(output)?;
        let (mut idsig, mut fresh, mut chunks) = (None, Vec::new(), Vec::new());
        match schemes.filter(|(_, schemes)| schemes.has_block()) {
            None => {
                write_payload((&self.source, None), &layout, 0, &mut new, None, &[])?;
                new.write_all(&layout.directory)?;
                new.write_all(&layout.eocd(layout.payload_len)?)?;
            }
            Some((request, schemes)) => {
                let padding = padding_before(layout.payload_len);
                let start = layout.payload_len + padding;
                let mut hasher = ContentHasher::new(&android::needed_digests(&request.signers));
                hasher.section(start);
                fresh = write_payload((&self.source, None), &layout, padding, &mut new, Some(&mut hasher), &[])?;
                hasher.section(layout.directory.len() as u64);
                hasher.update(&layout.directory);
                let end = layout.eocd(start)?;
                hasher.section(end.len() as u64);
                hasher.update(&end);
                let digests = hasher.finish()?;
                let block = android::signing_block(&request.signers, schemes, &digests)?.unwrap_or_default();
                new.write_all(&block)?;
                new.write_all(&layout.directory)?;
                new.write_all(&layout.eocd(start + block.len() as u64)?)?;
                if schemes.v4 {
                    let finished = ArtifactFile::over(new.reader()?);
                    idsig = Some(android::v4::idsig(&request.signers, &finished, &digests)?);
                }
                chunks = digests.chunks().to_vec();
            }
        }

        // 7. Verify what was written, independently of what wrote it.
        let wanted = schemes.map(|(request, schemes)| (*request, schemes));
        let copied = verify::android::Copied { hashes: &chunks, fresh: &fresh };
        let report = self.verify_output(&new, (archive, &copied), wanted, idsig.as_deref(), values)?;
        if gate.reach == Reach::Whole {
            gate.archive(values, &ArtifactFile::over(new.reader()?)).map_err(ApkJobError::Leak)?;
        }
        Ok(Written { new, idsig, report })
    }

    /// A package for Android 11 and later must store its table: a compressed one is stored, changed or not.
    fn store_table(&self, apk: &Apk<'_, ArtifactFile>, rewrite: &mut Rewrite) -> Result<(), ApkJobError> {
        let Some(index) = apk.archive().find(TABLE.as_bytes()) else { return Ok(()) };
        let compressed = apk.archive().entries()[index].method() != METHOD_STORED;
        if compressed && self.facts.target_sdk.is_some_and(|sdk| sdk >= SDK_ARSC_STORED) {
            let content = match rewrite.changes.remove(&index) {
                Some(Change::Replace(content)) => content,
                _ => apk.archive().read(index)?,
            };
            rewrite.changes.insert(index, Change::Store(content));
        }
        Ok(())
    }

    fn verify_output(
        &self,
        new: &Replacement,
        (original, copied): (&Archive<'_, ArtifactFile>, &verify::android::Copied<'_>),
        wanted: Option<(SigningRequest<'_>, Schemes)>,
        idsig: Option<&[u8]>,
        values: &Values<'_>,
    ) -> Result<verify::Report, ApkJobError> {
        let finished = ArtifactFile::over(new.reader()?);
        let archive = Archive::open(&finished)?;
        let mut report = match &wanted {
            Some((request, schemes)) => {
                let options = options(&self.facts, self.judged_min_sdk(request, *schemes), idsig);
                verify::android::rewritten(&archive, original, Some(copied), &options)
            }
            None => verify::android::container_of(&archive, self.facts.target_sdk),
        };
        if let Some((request, _)) = wanted
            && !report.signers().iter().any(|signer| signer.certificate == request.signers.current.certificate().raw())
        {
            report.add(Code::ApkSigner, "the signature", "it is not by the key that was given");
        }
        let expected = self.placed.expected(values)?;
        injected::apk(&mut report, archive, &expected);
        if report.is_sound() {
            return Ok(report);
        }
        let wrong = report.findings.into_iter().filter(|finding| finding.severity == verify::Severity::Error);
        Err(ApkJobError::Unsound(wrong.collect()))
    }
}

fn options<'i>(facts: &Facts, min_sdk: Option<u32>, idsig: Option<&'i [u8]>) -> verify::android::Options<'i> {
    verify::android::Options {
        min_sdk: min_sdk.or(facts.min_sdk),
        max_sdk: None,
        target_sdk: facts.target_sdk,
        target_sandbox: facts.target_sandbox,
        idsig,
    }
}

/// What is made of a plan.
struct Task<'a> {
    values: &'a Values<'a>,
    signing: &'a Signing<'a>,
    output: &'a Path,
    gate: Gate<'a>,
}

/// What was written and verified, and has no name yet.
struct Written {
    new: Replacement,
    idsig: Option<Vec<u8>>,
    report: verify::Report,
}

/// The contents that change, each with its name.
fn named<'c>(archive: &'c Archive<'_, ArtifactFile>, changes: &'c Changes) -> impl Iterator<Item = (String, &'c [u8])> {
    let name = |index: usize| archive.entries().get(index).map(Entry::display_name).unwrap_or_default();
    let replaced = changes.replaced.iter().map(move |(index, content)| (name(*index), content.as_slice()));
    replaced.chain(changes.added.iter().map(|(name, content)| (name.clone(), content.as_slice())))
}

fn new_entry(name: String, content: Vec<u8>) -> NewEntry {
    NewEntry { name: name.into_bytes(), content, method: METHOD_DEFLATED }
}

/// What a release must not be, and this package is.
pub(super) fn release_faults(facts: &Facts) -> Vec<ReleaseFault> {
    let faults = [
        (facts.debuggable, Code::ReleaseDebuggable, "debuggable"),
        (facts.test_only, Code::ReleaseTestOnly, "testOnly"),
    ];
    let there = faults.into_iter().filter(|(wrong, ..)| *wrong);
    there.map(|(_, code, what)| ReleaseFault { code, place: MANIFEST, what }).collect()
}

fn same_file(a: &Path, b: &Path) -> bool {
    match (std::fs::canonicalize(a), std::fs::canonicalize(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

/// Refuses a signer that devices would refuse, unless it is wanted. Says whether there is a new one.
fn check_signer(signing: &Signing<'_>, input: &verify::Report) -> Result<bool, ApkJobError> {
    let Signing::With(request) = signing else { return Ok(false) };
    let signers = input.signers();
    if signers.len() > 1 && !request.allow_new_signer {
        return Err(ApkJobError::SeveralSigners { count: signers.len() });
    }
    let Some(signer) = signers.first() else { return Ok(false) };
    let given = request.signers.current.certificate();
    let known = request.signers.identities().iter().any(|identity| identity.certificate().raw() == signer.certificate);
    if known {
        return Ok(false);
    }
    if request.allow_new_signer {
        return Ok(true);
    }
    Err(ApkJobError::NewSigner {
        input: format!("{} (SHA-256 {})", signer.subject, signer.sha256_hex()),
        given: format!("{} (SHA-256 {})", given.subject_text(), verify::certificate_sha256(given.raw())),
    })
}
