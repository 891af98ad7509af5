//! Apps for Apple's systems: in an IPA, in a folder before or after signing, in an archive of Xcode.
//!
//! * `source`, `folder`: where an app lies.
//! * `signing`: how it is signed, and what is checked of that before.
//! * `reseal`: what is signed again.
//! * `shadow`: what is read instead of a place on some devices or in some languages.
//! * `begun`: the beginning of an output, before all of the app was read.
//! * `write`, `copied`: the finished app, verified and put in place.
//!
//! Must not: obtain credentials; values come from the caller, between plan and apply.

mod begun;
mod copied;
mod error;
mod folder;
mod reseal;
mod shadow;
mod signing;
mod source;
mod write;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

pub use error::AppleJobError;
pub use folder::FolderTree;
pub use signing::{Signing, SigningRequest};

use zeroize::Zeroizing;

use super::ArtifactFile;
use super::gate::Gate;
use super::locate::{Hit, NoPlan, Outcome, Placed, Search, locate};
use super::old_copies::OldCopies;
use super::plan::{AppFacts, Description, Done, Facts, Form, PlannedPlace, ProfileFacts, ReleaseFault};
use crate::artifact::apple::{AppFiles, Changes, Compared, IpaTree, Known, Layout, Overlay, Survey, Tree};
use crate::artifact::files::{FileSet, Spot};
use crate::artifact::genexus::{self, Mains};
use crate::format::apple_plist::{self, Value};
use crate::format::mobileprovision::Profile;
use crate::format::zip::{Archive, Index};
use crate::host::clock;
use crate::host::replacement::Replacement;
use crate::host::transaction::Transaction;
use crate::placement::Address;
use crate::placement::template::{TemplateError, Values};
use crate::sign::apple::Signer;
use crate::verify::injected::{self, Expected};
use crate::verify::leak::{Foreign, Hunt};
use crate::verify::{self, Code, Severity};
use begun::Begun;
use reseal::Reseal;
use signing::{SignedBy, Signers};
use source::Source;
use write::{Judge, Written};

/// An app, inspected.
#[derive(Debug)]
pub struct Inspected {
    source: Arc<Source>,
    layout: Layout,
    /// What reading every file once tells: executables and media are large.
    survey: Survey,
    /// Who signed each code that runs by itself, as soon as somebody asked.
    signers: OnceLock<Signers>,
}

/// An app, inspected, and what would change in it.
#[derive(Debug)]
pub struct Planned {
    inspected: Inspected,
    placed: Placed<Spot>,
    begun: Mutex<Option<Begun>>,
}

impl Inspected {
    /// Step 1: the app in an IPA that was opened.
    pub fn ipa(path: &Path, file: ArtifactFile, index: Arc<Index>, compared: Compared) -> Result<Self, AppleJobError> {
        Self::of(Source::Ipa { path: path.to_owned(), file, index, contents: OnceLock::new() }, compared)
    }

    /// Step 1: the app in a folder or an archive of Xcode; `None` where the folder holds something else.
    pub fn folder(path: &Path, compared: Compared) -> Result<Option<Self>, AppleJobError> {
        Source::in_folder(path)?.map(|source| Self::of(source, compared)).transpose()
    }

    /// Finishes or drops what a killed run left in a folder of an app, and says what a person must not miss; `None` where the
    /// folder holds something else.
    #[allow(clippy::option_option, reason = "a folder of another kind, and an app with nothing to say, are two things")]
    pub fn repair(path: &Path) -> Result<Option<Option<String>>, AppleJobError> {
        Source::in_folder(path)?.map(|source| source.repair()).transpose()
    }

    /// What a killed run left, and what happens to it, likewise.
    #[allow(clippy::option_option, reason = "a folder of another kind, and an app with nothing to say, are two things")]
    pub fn pending(path: &Path) -> Result<Option<Option<String>>, AppleJobError> {
        Source::in_folder(path)?.map(|source| source.pending()).transpose()
    }

    fn of(source: Source, compared: Compared) -> Result<Self, AppleJobError> {
        let source = Arc::new(source);
        let (layout, survey) = source.with(|tree| {
            let layout = Layout::of(tree)?;
            let reach = Arc::<Source>::clone(&source);
            let survey = match compared {
                Compared::Best => Survey::start(reach, tree, &layout, compared),
                // Who verifies waits for all of it.
                Compared::All => Survey::whole(reach, tree, &layout, compared),
            };
            Ok::<_, AppleJobError>((layout, survey))
        })??;
        Ok(Self { source, layout, survey, signers: OnceLock::new() })
    }

    /// Waits until its code was read; an error where it cannot be.
    pub fn settle(&self) -> Result<(), AppleJobError> {
        self.signers().map(drop)
    }

    /// Who signed each code that runs by itself; waits until it was read.
    fn signers(&self) -> Result<&Signers, AppleJobError> {
        if let Some(signers) = self.signers.get() {
            return Ok(signers);
        }
        let signers = self.source.with(|tree| {
            let code = self.survey.code(tree);
            let mut signers = Signers::new();
            for bundle in self.layout.bundles.iter().filter(|bundle| bundle.runs()) {
                let image = code.image(tree, &bundle.executable)?;
                let by = image.map_or(SignedBy::default(), |image| signing::signed_by(&image));
                signers.insert(bundle.executable.clone(), by);
            }
            Ok::<_, AppleJobError>(signers)
        })??;
        Ok(self.signers.get_or_init(|| signers))
    }

    /// The bundle identifier.
    pub fn id(&self) -> &str {
        self.layout.app().map_or("", |app| &app.identifier)
    }

    /// Who signed the app itself.
    fn app_signer(&self) -> Option<&SignedBy> {
        // What cannot be read was said by whoever waited for it.
        self.signers().ok()?.get(&self.layout.app()?.executable)
    }

    fn is_signed(&self) -> bool {
        self.app_signer().is_some_and(|by| by.signed)
    }

    /// Whether all of its code is signed, by whomever and however.
    fn is_all_signed(&self) -> Result<bool, AppleJobError> {
        self.source.with(|tree| {
            let code = self.survey.code(tree);
            let mut images = self.layout.images().map(|path| code.image(tree, path));
            images.all(|image| image.is_ok_and(|image| image.is_ok_and(|image| signing::signed_by(&image).signed)))
        })
    }

    /// Whether it needs a key. An app in a folder that nobody has signed yet is Xcode's to sign.
    pub fn needs_key(&self) -> bool {
        matches!(*self.source, Source::Ipa { .. }) || self.is_signed()
    }

    /// Whether one of these addresses is there: how a preset is found by looking.
    pub fn has_one_of(&self, addresses: &[Address]) -> Result<bool, AppleJobError> {
        let kind = self.source.kind();
        self.source.with(|tree| {
            let files = AppFiles(tree);
            for address in addresses {
                if FileSet::new(&files, kind).has(address)? {
                    return Ok(true);
                }
            }
            Ok(false)
        })?
    }

    /// The main objects of GeneXus that it holds metadata of.
    pub fn mains(&self) -> Result<Mains, AppleJobError> {
        self.source.with(|tree| {
            let info = self.layout.app().map(|app| tree.read_if_there(&app.info)).transpose()?.flatten();
            Ok(genexus::of_app(&AppFiles(tree), &info.unwrap_or_default(), self.id())?)
        })?
    }

    /// Every copy of every place.
    pub(super) fn locate(&self, search: Search<'_>) -> Result<Outcome<Spot, AppleJobError>, AppleJobError> {
        let kind = self.source.kind();
        self.source.with(|tree| {
            let is_absence =
                |error: &AppleJobError| matches!(error, AppleJobError::Files(error) if error.is_no_place());
            locate(search, is_absence, |place| {
                let found = FileSet::new(&AppFiles(tree), kind).find(place)?;
                found.iter().try_for_each(|found| self.check_new(&found.spot))?;
                Ok(found.into_iter().map(Hit::from).collect())
            })
        })
    }

    /// What the app is, for people.
    pub fn describe(&self) -> Description {
        // What cannot be read here was read before, or is found by verification.
        let facts = self.source.with(|tree| self.facts(tree)).unwrap_or_else(|_| self.bare_facts());
        let form = match &*self.source {
            Source::Ipa { .. } => Form::Ipa,
            Source::Folder { path, .. } if path.extension().is_some_and(|ending| ending == "xcarchive") => {
                Form::Xcarchive
            }
            Source::Folder { .. } => Form::App,
        };
        Description { form, facts: Facts::App(facts) }
    }

    /// What is known without looking into files.
    fn bare_facts(&self) -> AppFacts {
        AppFacts { bundle_id: self.id().to_owned(), ..AppFacts::default() }
    }

    fn facts(&self, tree: &dyn Tree) -> AppFacts {
        let mut facts = self.bare_facts();
        let Some(app) = self.layout.app() else { return facts };
        let info = tree.read(&app.info).ok().and_then(|bytes| apple_plist::read_dictionary(&bytes).ok());
        let text = |key: &str| info.as_ref()?.get(key)?.as_string().map(str::to_owned);
        facts.version = text("CFBundleShortVersionString");
        facts.build = text("CFBundleVersion");
        facts.team = self.app_signer().and_then(|by| by.team.clone());
        let profile = tree.read_if_there(&app.profile()).ok().flatten();
        let profile = profile.and_then(|bytes| Profile::parse(&bytes).ok());
        facts.profile = profile.map(|known| ProfileFacts { last_day: known.last_day(), name: known.name });
        let bundles = self.layout.bundles.iter().map(|bundle| &bundle.root).filter(|root| !root.is_empty());
        facts.nested_code = bundles.chain(&self.layout.loose).cloned().collect();
        facts
    }

    /// What a release must not be, and this is.
    pub fn release_faults(&self) -> Vec<ReleaseFault> {
        let fault = ReleaseFault {
            code: Code::ReleaseDebuggable,
            place: "the entitlements",
            what: "debuggable (get-task-allow)",
        };
        let xml = self.app_signer().and_then(|by| by.entitlements.as_deref());
        let entitlements = xml.and_then(|xml| apple_plist::read_dictionary(xml).ok());
        let debuggable = entitlements.and_then(|all| all.get("get-task-allow").and_then(Value::as_boolean));
        if debuggable == Some(true) { vec![fault] } else { Vec::new() }
    }

    /// What verification says of signatures, seals and profiles; nothing of credentials.
    pub fn verify_signature(&self) -> Result<verify::Report, AppleJobError> {
        let now = signing::time(clock::unix_seconds());
        self.source.with(|tree| {
            let known = Some(self.survey.all(tree));
            verify::apple::app(tree, &verify::apple::Options { now: Some(&now), known, compared: Compared::All })
        })
    }

    /// Adds what verification says of the places, and of credentials that should not be there.
    pub fn verify_content(&self, report: &mut verify::Report, expected: &[Expected], foreign: &[Foreign]) {
        let kind = self.source.kind();
        let looked = self.source.with(|tree| {
            injected::files(report, &AppFiles(tree), kind, expected);
            let mut hunt = Hunt::new(foreign, &injected::values(expected));
            match &*self.source {
                Source::Ipa { file, index, .. } => {
                    let mut leaks = verify::Report::default();
                    hunt.archive(&mut leaks, file);
                    // Places are said as addresses say them: from the app's folder on.
                    let archive = Archive::with_index(file, Arc::clone(index));
                    let prefix = IpaTree::open(&archive).map(|tree| tree.prefix().to_owned()).unwrap_or_default();
                    for mut finding in leaks.findings {
                        if finding.place.starts_with(&prefix) {
                            finding.place.drain(..prefix.len());
                        }
                        report.findings.push(finding);
                    }
                }
                Source::Folder { .. } => hunt.files(report, &AppFiles(tree)),
            }
        });
        if let Err(error) = looked {
            report.add(Code::AppleUnreadable, "the app", error.to_string());
        }
    }

    /// What the app may read instead of these values, and holds something else: the warnings of [`Planned::finish`], in the
    /// same words.
    pub fn overrides(&self, expected: &[Expected]) -> Vec<verify::Finding> {
        // What cannot be read is said by who reads the places.
        self.source.with(|tree| shadow::findings(tree, expected)).unwrap_or_default()
    }

    /// A new file at the top of an app for macOS, beside `Contents`, would be sealed by nothing.
    fn check_new(&self, spot: &Spot) -> Result<(), AppleJobError> {
        let file = spot.path.first().map_or("", String::as_str);
        match self.layout.app() {
            Some(app) if spot.missing && app.within(file).is_none() => {
                Err(AppleJobError::OutsideContents { file: file.to_owned(), base: app.base.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Step 2: every address becomes spots, or an error before anything is obtained. `presets` is for messages.
    pub(super) fn plan(self, search: Search<'_>, presets: &str) -> Result<Planned, AppleJobError> {
        let placed = Placed::of(self.locate(search)?, search.places).map_err(|why| match why {
            NoPlan::Place(error) => error,
            NoPlan::LeftEmpty { address, entry } => AppleJobError::LeftEmpty { address: Box::new(address), entry },
            NoPlan::Main { mains } => AppleJobError::Main { mains },
            NoPlan::Nothing => AppleJobError::NoPlaceAtAll { presets: presets.to_owned() },
        })?;
        Ok(Planned { inspected: self, placed, begun: Mutex::default() })
    }
}

impl Planned {
    /// What a release must not be, and this is.
    pub fn release_faults(&self) -> Vec<ReleaseFault> {
        self.inspected.release_faults()
    }

    /// Whether it needs a key.
    pub fn needs_key(&self) -> bool {
        self.inspected.needs_key()
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
    pub fn would_change(&self, values: &Values<'_>, gate: Gate<'_>) -> Result<bool, AppleJobError> {
        self.inspected.source.with(|tree| {
            let changes = self.changes(tree, values)?;
            let contents = changes.iter().map(|(name, content)| (name.clone(), content.as_slice()));
            gate.changed(values, contents).map_err(AppleJobError::Leak)?;
            self.check_old(tree, values, gate, &changes)?;
            Ok(!changes.is_empty())
        })?
    }

    /// What was there before is nowhere else in the app.
    fn check_old(
        &self,
        tree: &dyn Tree,
        values: &Values<'_>,
        gate: Gate<'_>,
        changes: &BTreeMap<String, Vec<u8>>,
    ) -> Result<Vec<String>, AppleJobError> {
        let mut copies = OldCopies::of(&self.placed.old, values, gate);
        let judged = copies.judged(|hunt| hunt.app(tree, &self.inspected.layout, changes));
        judged.map_err(AppleJobError::Leak)?;
        Ok(copies.notes())
    }

    /// Begins to write what these values will probably make at `output`, while the app is still being read. Nothing is there
    /// before [`Self::finish`], and what fails here is said there.
    pub fn begin(&self, values: &Values<'_>, output: &Path) {
        let begin = |tree: &dyn Tree| {
            let contents = self.changes(tree, values).ok().filter(|contents| !contents.is_empty())?;
            Begun::start(&self.inspected.source, &self.inspected.layout, contents, output)
        };
        let begun = self.inspected.source.with(begin).ok().flatten();
        if let Ok(mut place) = self.begun.lock() {
            *place = begun;
        }
    }

    /// Whether it can be signed as asked: before anything is obtained for it.
    pub fn check(&self, signing: &Signing<'_>) -> Result<(), AppleJobError> {
        signing.signer()?;
        let signers = self.inspected.signers()?;
        if let Signing::With(request) = signing {
            self.inspected.source.with(|tree| signing::check(tree, &self.inspected.layout, signers, request))??;
        }
        Ok(())
    }

    /// Whether something could be written at `output`.
    pub fn probe(&self, output: &Path) -> Result<(), AppleJobError> {
        match &*self.inspected.source {
            Source::Ipa { .. } => Ok(Replacement::probe(output)?),
            Source::Folder { path, tree } => {
                check_output(path, output)?;
                let info = self.inspected.layout.app().map(|app| app.info.clone()).unwrap_or_default();
                Ok(Transaction::probe(&tree.path(""), &info)?)
            }
        }
    }

    /// The new contents of files that change.
    fn changes(&self, tree: &dyn Tree, values: &Values<'_>) -> Result<BTreeMap<String, Vec<u8>>, AppleJobError> {
        let files = AppFiles(tree);
        let rendered = self.placed.rendered(values)?;
        let pairs = rendered.iter().map(|(_, spot, value)| (*spot, value.as_str()));
        Ok(FileSet::new(&files, self.inspected.source.kind()).change(pairs)?.contents)
    }

    fn expected(&self, values: &Values<'_>) -> Result<Vec<Expected>, TemplateError> {
        self.placed.expected(values)
    }

    /// Steps 3 to 7: applies the values, signs, and puts the finished app at `output`.
    /// The gate may keep it from being written.
    pub fn finish(
        self,
        values: &Values<'_>,
        signing: &Signing<'_>,
        output: &Path,
        gate: Gate<'_>,
    ) -> Result<Done, AppleJobError> {
        if let Source::Folder { path, .. } = &*self.inspected.source {
            check_output(path, output)?;
        }
        let signer = signing.signer()?;
        let now = signing::time(match signing {
            Signing::With(request) => request.now,
            _ => clock::unix_seconds(),
        });
        let tolerant = matches!(signing, Signing::With(request) if request.allow_new_signer);
        let judge = Judge { planned: &self, values, now: &now, tolerant, signed: signer.is_some(), gate };
        let task = Task { values, signing, signer: signer.as_ref(), output, gate };

        // 3. Apply, 4. sign, 5. write: what changed and what lies around it, while the rest is still being read. Where all code is
        // signed, the rest is as it was signed more often than not.
        let supposed = (signer.is_none() || self.inspected.is_all_signed()?).then(|| self.make(&task, None));
        let (known, unsound) = match &signer {
            Some(_) => self.inspected.source.with(|tree| {
                let known = self.inspected.survey.all(tree);
                (known.clone(), unsound(tree, known, &now))
            })?,
            None => self.inspected.source.with(|tree| (self.inspected.survey.code(tree).clone(), None))?,
        };
        let made = match (supposed, unsound) {
            (Some(made), None) => made?,
            // A seal that is kept would go on claiming hashes that do not hold.
            (supposed, unsound) => {
                drop(supposed);
                self.make(&task, unsound.as_deref().map(|why| (&known, why)))?
            }
        };
        let Made { mut done, changes, written } = made;

        // 6. Verify what was written, 7. commit.
        match (&*self.inspected.source, written) {
            (Source::Ipa { file, .. }, Some(written)) => {
                let like = file.file().metadata().clone();
                let (report, mut new) = written.verify(&changes, known, &judge)?;
                done.report = report;
                new.complete(Some(&like))?;
                // What was read several times was one content all along, and nobody's newer build is lost.
                self.inspected.source.unchanged()?;
                // Where the input is the output too, not every system lets an open file be replaced.
                drop(self);
                new.commit(None)?;
                done.written = true;
            }
            (Source::Folder { tree, .. }, _) if !done.entries.is_empty() => {
                done.report = write::folder(tree, changes, known, &judge)?;
                done.written = true;
            }
            _ => {
                done.report = self.inspected.source.with(|tree| judge.report(tree, &known))??;
                self.inspected.source.unchanged()?;
            }
        }
        Ok(done)
    }

    /// Applies the values, signs, and writes the output of an IPA beside its place. `unsound` says why everything has to be
    /// signed, and what is known of it.
    fn make(&self, task: &Task<'_>, unsound: Option<(&Known, &str)>) -> Result<Made, AppleJobError> {
        let inspected = &self.inspected;
        let signers = inspected.signers()?;
        let mut done = Done::default();
        let changes = inspected.source.with(|tree| {
            // New contents of the files that change, and the profiles given.
            let mut overlay = Overlay::new(tree);
            let new = self.changes(tree, task.values)?;
            done.notes.clone_from(&self.placed.notes);
            done.notes.extend(self.check_old(tree, task.values, task.gate, &new)?);
            for (path, content) in new {
                overlay.set(path, content);
            }
            if let Signing::With(request) = task.signing {
                done.warnings = signing::check(tree, &inspected.layout, signers, request)?;
                self.profiles(&mut overlay, request)?;
            }
            done.warnings.extend(self.placed.warnings.iter().cloned());
            let shadows = shadow::findings(tree, &self.expected(task.values)?);
            done.warnings.extend(shadows.into_iter().map(|shadow| shadow.message));

            if let Some(signer) = task.signer {
                if let Some((_, why)) = unsound.filter(|_| inspected.is_signed()) {
                    done.warnings.push(format!("it was not as it was signed, so all of it is signed again: {why}"));
                }
                let known = unsound.map_or_else(|| inspected.survey.code(tree), |(known, _)| known);
                let was_code = |path: &str| (!overlay.changed(path)).then(|| inspected.layout.is_image(path));
                let layout = Layout::with(&overlay, &was_code)?;
                let (signing, everything) = (task.signing, unsound.is_some());
                Reseal { layout: &layout, signing, signer, known, signers, everything }.run(&mut overlay)?;
                done.new_signer = self.is_new_signer(signer);
            } else if inspected.is_signed() && overlay.changes().paths().next().is_some() {
                done.notes.push(
                    "its seal is broken now, because it stays unsigned: sign it before it is installed".to_owned(),
                );
            }
            Ok::<_, AppleJobError>(overlay.into_changes())
        })??;
        let contents = changes.contents.iter().map(|(name, content)| (name.clone(), content.as_slice()));
        task.gate.changed(task.values, contents).map_err(AppleJobError::Leak)?;
        done.entries = changes.paths().map(str::to_owned).collect();
        done.entries.sort();
        let written = match &*inspected.source {
            Source::Ipa { path, file, index, .. } if !done.entries.is_empty() || !same_file(path, task.output) => {
                let code = inspected.source.with(|tree| inspected.survey.code(tree))?;
                let begun = self.begun.lock().ok().and_then(|mut begun| begun.take());
                Some(write::ipa(file, index, &changes, (task.output, begun), code)?)
            }
            _ => None,
        };
        Ok(Made { done, changes, written })
    }

    /// Lays the profiles given over those that are there.
    fn profiles(&self, overlay: &mut Overlay<'_>, request: &SigningRequest<'_>) -> Result<(), AppleJobError> {
        for bundle in self.inspected.layout.bundles.iter().filter(|bundle| bundle.runs()) {
            if let Some((_, profile)) = request.profile_for(bundle)
                && overlay.read_if_there(&bundle.profile())?.as_ref() != Some(profile)
            {
                overlay.set(bundle.profile(), profile.clone());
            }
        }
        Ok(())
    }

    fn is_new_signer(&self, signer: &Signer<'_>) -> bool {
        self.inspected.app_signer().is_some_and(|there| there.leaf.is_some() && there.team.as_deref() != signer.team())
    }
}

/// What is made of a plan.
struct Task<'a> {
    values: &'a Values<'a>,
    signing: &'a Signing<'a>,
    signer: Option<&'a Signer<'a>>,
    output: &'a Path,
    gate: Gate<'a>,
}

/// What was made, and not judged yet.
struct Made {
    done: Done,
    changes: Changes,
    written: Option<Written>,
}

/// Why what is there is not signed and sealed as it should be, wherever it may run; `None` where it is.
fn unsound(tree: &dyn Tree, known: &Known, now: &str) -> Option<String> {
    let options = verify::apple::Options { now: Some(now), known: Some(known), compared: Compared::Best };
    let mut findings = verify::apple::app(tree, &options).findings.into_iter();
    let wrong = findings.find(|finding| finding.severity == Severity::Error && !finding.code.is_profile());
    wrong.map(|finding| format!("{} ({}): {}", finding.code, finding.place, finding.message))
}

fn check_output(path: &Path, output: &Path) -> Result<(), AppleJobError> {
    if same_file(path, output) { Ok(()) } else { Err(AppleJobError::Output(output.to_owned())) }
}

fn same_file(a: &Path, b: &Path) -> bool {
    match (std::fs::canonicalize(a), std::fs::canonicalize(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}
