//! Android App Bundles: found, edited, signed, verified and put in place.
//!
//! A bundle has a JAR signature, by the upload key; Google Play takes it off and signs what it makes of the bundle with the app
//! signing key. There is no alignment: bundletool aligns the packages.
//!
//! * `error`: what can go wrong with a bundle alone.
//! * `write`: the new bundle, from its changed contents to what was verified and has no name yet.
//!
//! Must not: obtain credentials; values come from the caller, between plan and apply.

mod error;
mod write;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ArtifactFile;
use super::apk::{self, check_signer};
use super::fault::Cause;
use super::kind::{Artifact, Kind, Location, Task, same_file};
use super::locate::{Hit, Placed, Search};
use super::old_copies::{OldCopies, OldHunt};
use super::plan::{Description, Done, Form, ReleaseFault};
use super::refusal::Words;
use super::signing::{AndroidSigning, AndroidSigningRequest, KeyKind, Signing};
use crate::artifact::apk::{Apk, Changes, Facts, Modules, Spot};
use crate::artifact::genexus::{self, Mains};
use crate::artifact::kind::FileKind;
use crate::format::apk_signing_block::SigningBlock;
use crate::format::zip::{Archive, Index};
use crate::host::interrupt;
use crate::host::replacement::Replacement;
use crate::placement::template::Values;
use crate::placement::{Address, Place};
use crate::verify::android::bundle;
use crate::verify::injected::{self, Expected};
use crate::verify::leak::Hunt;
use crate::verify::{self, Scheme};
use error::BundleSigningError;

/// What a bundle is called in messages.
pub(super) static WORDS: Words = Words { this: "this bundle", new: "the new bundle", example: "string/client_id" };
/// What another key than the input's means for a bundle.
const NEW_KEY: &str = "Google Play takes a bundle with the upload key that it knows, and would refuse this one";
/// The manifest that a release is judged by.
const MANIFEST: &str = "base/manifest/AndroidManifest.xml";

/// A bundle, inspected.
#[derive(Debug)]
pub(super) struct Bundle {
    source: Arc<ArtifactFile>,
    index: Arc<Index>,
    path: PathBuf,
    facts: Facts,
    modules: Modules,
}

impl Bundle {
    /// The bundle at a place; `None` where something else is there.
    pub(super) fn open(at: &Location) -> Result<Option<Self>, Cause> {
        let Location::Archive { path, file, index, kind: FileKind::Aab } = at else { return Ok(None) };
        let (source, index) = (Arc::clone(file), Arc::clone(index));
        let apk = Apk::over(Archive::with_index(&*source, Arc::clone(&index)))?;
        let (facts, modules) = (apk.facts().clone(), apk.modules());
        Ok(Some(Self { source, index, path: path.clone(), facts, modules }))
    }

    fn archive(&self) -> Archive<'_, ArtifactFile> {
        Archive::with_index(&*self.source, Arc::clone(&self.index))
    }

    fn apk(&self) -> Apk<'_, ArtifactFile> {
        Apk::again(self.archive(), self.facts.clone(), self.modules.clone())
    }

    /// The bundle as it is, if it is signed exactly as asked, and sound: then there is nothing to do where nothing changes.
    fn signed_as_asked(&self, signing: &AndroidSigning<'_>) -> Result<Option<verify::Report>, Cause> {
        let archive = self.archive();
        // Nobody reads a block, so it goes.
        if SigningBlock::find(&*self.source, archive.directory_offset())?.is_some() {
            return Ok(None);
        }
        let AndroidSigning::With(request) = signing else {
            let unsigned = apk::stale(&archive).is_empty();
            return Ok(unsigned.then(|| bundle::container(&archive)).filter(verify::Report::is_sound));
        };
        let report = bundle::whole(&archive);
        let signed = report.is_sound() && is_by(&report, request);
        Ok(signed.then_some(report))
    }
}

/// Whether the key that was given is the only one that signed.
fn is_by(report: &verify::Report, request: &AndroidSigningRequest<'_>) -> bool {
    let signature = report.signature(Scheme::V1);
    let own = request.signers.current.certificate().raw();
    signature.is_some_and(|signature| signature.signers.iter().all(|signer| signer.certificate == own))
}

/// Refuses what no bundle can have.
fn check(request: &AndroidSigningRequest<'_>) -> Result<(), Cause> {
    if request.v4 || request.schemes.is_some_and(|schemes| schemes.v2 || schemes.v3 || schemes.v4) {
        return Err(BundleSigningError::Scheme.into());
    }
    if request.signers.rotation.is_some() {
        return Err(BundleSigningError::Lineage.into());
    }
    Ok(())
}

impl Artifact for Bundle {
    fn words(&self) -> &'static Words {
        &WORDS
    }

    fn id(&self) -> Option<&str> {
        Some(&self.facts.package)
    }

    fn describe(&self) -> Description {
        apk::describe(Form::Aab, &self.apk())
    }

    fn mains(&self) -> Result<Mains, Cause> {
        Ok(genexus::of_package(&self.apk())?)
    }

    fn release_faults(&self) -> Vec<ReleaseFault> {
        apk::release_faults(&self.facts, MANIFEST)
    }

    fn key_kind(&self) -> Option<KeyKind> {
        Some(KeyKind::Android)
    }

    fn check_signing(&self, signing: &Signing<'_>) -> Result<(), Cause> {
        let signing = signing.android()?;
        if let AndroidSigning::With(request) = signing {
            check(request)?;
            check_signer(signing, &bundle::signatures(&self.archive()), NEW_KEY)?;
        }
        Ok(())
    }

    fn has(&self, address: &Address) -> Result<bool, Cause> {
        Ok(self.apk().has(address)?)
    }

    fn verify_signature(&self, _min_sdk: Option<u32>) -> Result<verify::Report, Cause> {
        Ok(bundle::whole(&self.archive()))
    }

    fn verify_places(&self, report: &mut verify::Report, expected: &[Expected]) {
        injected::apk(report, self.archive(), expected);
    }

    fn search(&self, hunt: &mut Hunt<'_>, report: &mut verify::Report) {
        hunt.archive(report, &*self.source);
    }
}

impl Kind for Bundle {
    type Spot = Spot;
    type Changes = Changes;

    fn find(&self, place: &Place) -> Result<Vec<Hit<Spot>>, Cause> {
        apk::hits(&self.apk(), place)
    }

    fn judge_plan(&self, _search: Search<'_>, placed: &mut Placed<Spot>) -> Result<(), Cause> {
        Ok(self.apk().check(&placed.spots)?)
    }

    fn changes(&self, placed: &Placed<Spot>, values: &Values<'_>) -> Result<Changes, Cause> {
        apk::changes(&self.apk(), placed, values)
    }

    fn contents<'c>(&self, changes: &'c Changes) -> Vec<(String, &'c [u8])> {
        apk::contents(&self.index, changes)
    }

    fn search_rest(&self, hunt: &mut OldHunt<'_>, changes: &Changes) -> Result<(), Cause> {
        hunt.package(&self.archive(), &changes.replaced.keys().copied().collect());
        Ok(())
    }

    fn probe(&self, _placed: &Placed<Spot>, output: &Path) -> Result<(), Cause> {
        Ok(Replacement::probe(output)?)
    }

    /// Steps 3 to 8.
    fn finish(&self, placed: &Placed<Spot>, task: &Task<'_>) -> Result<Done, Cause> {
        let Task { values, output, gate, .. } = *task;
        let signing = task.signing.android()?;
        // What was planned for is still there: another run of this plan may have put its output in its place.
        self.source.file().unchanged()?;
        if let AndroidSigning::With(request) = signing {
            check(request)?;
        }
        // 3. Apply: new contents of the entries that change.
        let archive = &self.archive();
        let changes = self.changes(placed, values)?;
        let mut copies = OldCopies::of(&placed.old, values, gate);
        if changes.is_empty()
            && same_file(output, &self.path)
            && let Some(report) = self.signed_as_asked(signing)?
        {
            // Nothing was there before that is not there now; a secret that is kept out may be.
            copies.judged(&WORDS, |hunt| {
                hunt.package(archive, &BTreeSet::new());
                Ok(())
            })?;
            gate.whole(&WORDS, values, |hunt, report| self.search(hunt, report))?;
            self.source.file().unchanged()?;
            let notes = [placed.notes.clone(), copies.notes()].concat();
            return Ok(Done { report, notes, warnings: placed.warnings.clone(), ..Done::default() });
        }
        gate.changed(&WORDS, values, self.contents(&changes))?;
        copies.judged(&WORDS, |hunt| {
            hunt.contents(self.contents(&changes));
            hunt.package(archive, &changes.replaced.keys().copied().collect());
            Ok(())
        })?;
        let new_signer = check_signer(signing, &bundle::signatures(archive), NEW_KEY)?;
        let block = SigningBlock::find(&*self.source, archive.directory_offset())?;
        let stale = apk::stale(archive);
        let mut entries: Vec<String> =
            changes.replaced.keys().map(|&index| archive.entries()[index].display_name()).collect();
        entries.extend(changes.added.keys().cloned());
        let of_changes = changes.notes.clone();

        // 4. to 7.
        let (mut new, report) = self.write(placed, changes, (&stale, block.as_ref()), task)?;

        // 8. Commit. The input is closed before: where it is the output too, not every system lets an open file be replaced.
        let removed: Vec<String> = stale.iter().map(|&index| archive.entries()[index].display_name()).collect();
        let like = self.source.file().metadata().clone();
        new.complete(Some(&like))?;
        let _section = interrupt::section();
        self.source.file().unchanged()?;
        if same_file(output, &self.path) {
            self.source.file().close();
        }
        new.commit(None)?;
        let mut notes = placed.notes.clone();
        notes.extend(of_changes);
        notes.extend(copies.notes());
        if block.is_some() {
            notes.push("the APK Signing Block is gone; a bundle has a JAR signature only".to_owned());
        }
        if matches!(signing, AndroidSigning::With(_)) {
            notes.push(
                "Google Play signs what it serves with the app signing key; to check what users get, verify the APK that Play serves"
                    .to_owned(),
            );
        }
        let warnings = placed.warnings.clone();
        Ok(Done { written: true, entries, removed, warnings, notes, report, new_signer })
    }
}
