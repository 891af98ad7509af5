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
use std::path::Path;
use std::sync::Arc;

use super::apk::{self, LeftOut, Packed, Steps, Written, check_signer};
use super::fault::Cause;
use super::kind::{Artifact, Kind, Location, Task};
use super::locate::{Hit, Placed, Search};
use super::old_copies::OldHunt;
use super::plan::{Description, Done, Form, ReleaseFault};
use super::refusal::Words;
use super::signing::{AndroidSigning, AndroidSigningRequest, KeyKind, Signing};
use crate::artifact::apk::{Changes, Spot};
use crate::artifact::genexus::Mains;
use crate::artifact::kind::FileKind;
use crate::format::apk_signing_block::{SigningBlock, pair_text};
use crate::host::replacement::Replacement;
use crate::placement::template::Values;
use crate::placement::{self, Address, Place};
use crate::verify::android::bundle;
use crate::verify::injected::Expected;
use crate::verify::leak::Hunt;
use crate::verify::{self, Scheme, archives};
use error::{BundleEntryError, BundleSigningError};

/// What a bundle is called in messages.
pub(super) static WORDS: Words =
    Words { this: "this bundle", new: "the new bundle", example: "string/client_id", make: None };
/// What another key than the input's means for a bundle.
const NEW_KEY: &str = "Google Play takes a bundle with the upload key that it knows, and would refuse this one";
/// The manifest that a release is judged by.
const MANIFEST: &str = "base/manifest/AndroidManifest.xml";

/// A bundle, inspected.
#[derive(Debug)]
pub(super) struct Bundle {
    packed: Packed,
}

impl Bundle {
    /// The bundle at a place; `None` where something else is there.
    pub(super) fn open(at: &Location) -> Result<Option<Self>, Cause> {
        let Location::Archive { path, file, index, kind: FileKind::Aab } = at else { return Ok(None) };
        Ok(Some(Self { packed: Packed::over(path, Arc::clone(file), Arc::clone(index))? }))
    }

    /// Whether every entry has a name that a manifest of a JAR signature can say, and that readers in Java read.
    fn check_entries(&self) -> Result<(), Cause> {
        for (index, entry) in self.packed.archive().entries().iter().enumerate() {
            if entry.name().contains(&0) || std::str::from_utf8(entry.name()).is_err() {
                let (number, name) = (index.saturating_add(1), entry.display_name());
                return Err(BundleEntryError::Name { number, name }.into());
            }
        }
        Ok(())
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
        Some(&self.packed.facts.package)
    }

    fn kind(&self) -> placement::Kind {
        placement::Kind::Aab
    }

    fn describe(&self) -> Description {
        self.packed.describe(Form::Aab)
    }

    fn mains(&self) -> Result<Mains, Cause> {
        self.packed.mains()
    }

    fn release_faults(&self) -> Vec<ReleaseFault> {
        self.packed.release_faults(MANIFEST)
    }

    fn key_kind(&self) -> Option<KeyKind> {
        Some(KeyKind::Android)
    }

    fn check_signing(&self, signing: &Signing<'_>) -> Result<(), Cause> {
        self.check_entries()?;
        self.has_new_signer(signing.android()?).map(drop)
    }

    fn has(&self, address: &Address) -> Result<bool, Cause> {
        self.packed.has(address)
    }

    /// Whoever checks a bundle has no lowest Android.
    fn verify_signature(&self, _min_sdk: Option<u32>) -> Result<verify::Report, Cause> {
        let archive = self.packed.archive();
        let mut report = bundle::whole(&archive);
        archives::within(&mut report, &archive, &BTreeSet::new());
        Ok(report)
    }

    fn verify_places(&self, report: &mut verify::Report, expected: &[Expected]) {
        self.packed.verify_places(report, expected);
    }

    fn search(&self, hunt: &mut Hunt<'_>, report: &mut verify::Report) {
        self.packed.search(hunt, report);
    }
}

impl Kind for Bundle {
    type Spot = Spot;
    type Changes = Changes;

    fn find(&self, place: &Place) -> Result<Vec<Hit<Spot>>, Cause> {
        self.packed.find(place)
    }

    fn judge_plan(&self, _search: Search<'_>, placed: &mut Placed<Spot>) -> Result<(), Cause> {
        if let Some((id, value)) = self.packed.kept_pairs(&placed.pairs, &BTreeSet::new())?.first() {
            return Err(BundleSigningError::Pair { pair: pair_text(*id, value.len()) }.into());
        }
        placed.notes.extend(apk::not_there(&placed.pairs, [&self.packed])?);
        self.packed.judge_plan(placed)
    }

    fn changes(&self, placed: &Placed<Spot>, values: &Values<'_>) -> Result<Changes, Cause> {
        self.packed.changes(placed, values)
    }

    fn contents<'c>(&self, changes: &'c Changes) -> Vec<(String, &'c [u8])> {
        self.packed.contents(changes)
    }

    fn search_rest(&self, _placed: &Placed<Spot>, hunt: &mut OldHunt<'_>, changes: &Changes) -> Result<(), Cause> {
        self.packed.search_rest(hunt, changes);
        Ok(())
    }

    fn probe(&self, _placed: &Placed<Spot>, output: &Path) -> Result<(), Cause> {
        Ok(Replacement::probe(output)?)
    }

    fn finish(&self, placed: &Placed<Spot>, task: &Task<'_>) -> Result<Done, Cause> {
        apk::finish(self, placed, task)
    }
}

impl Steps for Bundle {
    fn packed(&self) -> &Packed {
        &self.packed
    }

    fn signed_as_asked(&self, signing: &AndroidSigning<'_>) -> Result<Option<verify::Report>, Cause> {
        let archive = self.packed.archive();
        // Nobody reads a block, so it goes.
        if self.packed.block()?.is_some() {
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

    fn has_new_signer(&self, signing: &AndroidSigning<'_>) -> Result<bool, Cause> {
        if let AndroidSigning::With(request) = signing {
            check(request)?;
        }
        check_signer(signing, &bundle::signatures(&self.packed.archive()), NEW_KEY)
    }

    fn write(
        &self,
        placed: &Placed<Spot>,
        changes: Changes,
        left_out: (&[usize], Option<&SigningBlock>),
        task: &Task<'_>,
    ) -> Result<Written, Cause> {
        self.write_new(placed, changes, left_out, task)
    }

    fn put_in_place(&self, written: Written, _output: &Path) -> Result<Vec<String>, Cause> {
        written.new.commit(None)?;
        Ok(Vec::new())
    }

    fn notes(&self, signing: &AndroidSigning<'_>, (_, block, _): LeftOut<'_>) -> Vec<String> {
        let mut notes = Vec::new();
        if block.is_some() {
            notes.push("the APK Signing Block is gone; a bundle has a JAR signature only".to_owned());
        }
        if matches!(signing, AndroidSigning::With(_)) {
            notes.push(
                "Google Play signs what it serves with the app signing key; to check what users get, verify the APK that Play serves"
                    .to_owned(),
            );
        }
        notes
    }
}
