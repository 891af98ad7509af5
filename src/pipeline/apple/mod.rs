//! Apps for Apple's systems: in an IPA, in a folder before or after signing, in an archive of Xcode.
//!
//! * `source`, `folder`: where an app lies.
//! * `signing`: how it is signed, and what is checked of that before.
//! * `signed_by`: who signed the code that is there.
//! * `entitlements`: what its code claims.
//! * `reseal`: what is signed again.
//! * `shadow`: what is read instead of a place on some devices or in some languages.
//! * `write`, `copied`: the finished app, verified and put in place.
//! * `error`: what can go wrong with an app alone.
//!
//! Must not: obtain credentials; values come from the caller, between plan and apply.

mod copied;
mod entitlements;
mod error;
mod folder;
mod reseal;
mod shadow;
mod signed_by;
mod signing;
mod source;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

pub use folder::FolderTree;

use super::fault::Cause;
use super::kind::{Artifact, Kind, Location, Task, same_file};
use super::locate::{Hit, Placed};
use super::old_copies::{OldCopies, OldHunt};
use super::plan::{AppFacts, Description, Done, Facts, Form, PlannedPlace, ProfileFacts, ReleaseFault};
use super::refusal::{Refusal, Words};
use super::signing::{AppleSigning, AppleSigningRequest, KeyKind, Signing};
use crate::artifact::apple::{
    AppFiles, Changes, Compared, IDENTIFIER, IpaTree, Known, Layout, Overlay, Survey, Tree, below, misnamed,
};
use crate::artifact::files::{FileSet, Spot};
use crate::artifact::genexus::{self, Mains};
use crate::artifact::kind::FileKind;
use crate::format::apple_plist::{self, Value};
use crate::format::calendar::generalized;
use crate::format::macho::Slice;
use crate::format::mobileprovision::Profile;
use crate::format::zip::{Archive, Rules};
use crate::host::clock;
use crate::host::replacement::Replacement;
use crate::host::transaction::Transaction;
use crate::placement::template::Values;
use crate::placement::{self, Address, Locator, Place};
use crate::sign::apple::Signer;
use crate::verify::injected::{self, Expected};
use crate::verify::leak::Hunt;
use crate::verify::{self, Code, Severity, archives};
use entitlements::renamed;
use error::{AppFault, WORDS};
use reseal::Reseal;
use signed_by::{SignedBy, Signers, signed_by};
use source::Source;
use write::{Judge, Written};

/// An app, inspected.
#[derive(Debug)]
pub struct App {
    source: Arc<Source>,
    layout: Layout,
    /// What reading every file once tells: executables and media are large. Begun as soon as somebody needs it.
    survey: OnceLock<Survey>,
    /// Who signed each code that runs by itself, as soon as somebody asked.
    signers: OnceLock<Signers>,
}

impl App {
    /// The app at a place; `None` where something else is there.
    pub(super) fn open(at: &Location) -> Result<Option<Self>, Cause> {
        let source = match at {
            Location::Folder(path) => match Source::in_folder(path)? {
                Some(source) => source,
                None => return Ok(None),
            },
            Location::Archive { path, file, index, kind: FileKind::Ipa } => Source::Ipa {
                path: path.clone(),
                file: Arc::clone(file),
                index: Arc::clone(index),
                contents: OnceLock::new(),
            },
            Location::Archive { .. } | Location::Packages { .. } => return Ok(None),
        };
        let layout = source.with(|tree| Layout::of(tree))??;
        Ok(Some(Self { source: Arc::new(source), layout, survey: OnceLock::new(), signers: OnceLock::new() }))
    }

    /// What runs that were killed left in the folder of an app, and where their journal lies; `None` where the folder holds
    /// something else.
    pub(super) fn left(path: &Path) -> Result<Option<(PathBuf, Vec<String>)>, Cause> {
        Ok(match Source::in_folder(path)? {
            Some(Source::Folder { tree, .. }) => Some((tree.path(""), tree.ours().to_vec())),
            Some(Source::Ipa { .. }) | None => None,
        })
    }

    /// What reading it tells. Whoever asks first says what is compared: what only [`Compared::All`] needs is read along with
    /// everything else then, and else when it is asked for.
    fn survey(&self, tree: &dyn Tree, compared: Compared) -> &Survey {
        self.survey.get_or_init(|| {
            let reach = Arc::<Source>::clone(&self.source);
            match compared {
                Compared::Best => Survey::start(reach, tree, &self.layout, compared),
                // Who verifies waits for all of it.
                Compared::All => Survey::whole(reach, tree, &self.layout, compared),
            }
        })
    }

    /// What is known of its code; waits until it was read.
    fn code<'a>(&'a self, tree: &dyn Tree) -> &'a Known {
        self.survey(tree, Compared::Best).code(tree)
    }

    /// Who signed each code that runs by itself; waits until it was read.
    fn signers(&self) -> Result<&Signers, Cause> {
        if let Some(signers) = self.signers.get() {
            return Ok(signers);
        }
        let signers = self.source.with(|tree| {
            let code = self.code(tree);
            let mut signers = Signers::new();
            for bundle in self.layout.bundles.iter().filter(|bundle| bundle.runs()) {
                let image = code.image(tree, &bundle.executable)?;
                let by = image.map_or(SignedBy::default(), |image| signed_by(&image));
                signers.insert(bundle.executable.clone(), by);
            }
            Ok::<_, Cause>(signers)
        })??;
        Ok(self.signers.get_or_init(|| signers))
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
    fn is_all_signed(&self) -> Result<bool, Cause> {
        self.source.with(|tree| {
            let code = self.code(tree);
            let mut images = self.layout.images().map(|path| code.image(tree, path));
            images.all(|image| image.is_ok_and(|image| image.is_ok_and(|image| signed_by(&image).signed)))
        })
    }

    /// An app in a folder that nobody has signed yet is Xcode's to sign.
    fn needs_key(&self) -> bool {
        matches!(*self.source, Source::Ipa { .. }) || self.is_signed()
    }

    /// What is known without looking into files.
    fn bare_facts(&self) -> AppFacts {
        AppFacts { bundle_id: self.id().unwrap_or_default().to_owned(), ..AppFacts::default() }
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

    /// A new file at the top of an app for macOS, beside `Contents`, would be sealed by nothing.
    fn check_new(&self, spot: &Spot) -> Result<(), Cause> {
        let file = spot.path.first().map_or("", String::as_str);
        match self.layout.app() {
            Some(app) if spot.missing && app.within(file).is_none() => {
                Err(AppFault::OutsideContents { file: file.to_owned(), base: app.base.clone() }.into())
            }
            _ => Ok(()),
        }
    }

    /// The new contents of files with a place.
    fn contents_of(
        &self,
        tree: &dyn Tree,
        placed: &Placed<Spot>,
        values: &Values<'_>,
    ) -> Result<BTreeMap<String, Vec<u8>>, Cause> {
        let files = AppFiles(tree);
        let rendered = placed.rendered(values)?;
        let pairs = rendered.iter().map(|(_, spot, value)| (*spot, value.as_str()));
        Ok(FileSet::new(&files, self.source.kind()).change(pairs)?.contents)
    }

    /// Applies the values, signs, and writes the output of an IPA beside its place. `unsound` says why everything has to be
    /// signed, and what is known of it.
    fn make(&self, order: &Order<'_>, unsound: Option<(&Known, &str)>) -> Result<Made, Cause> {
        let Order { placed, task, .. } = *order;
        let signers = self.signers()?;
        let mut done = Done::default();
        let changes = self.source.with(|tree| {
            // New contents of the files that change, and the profiles given.
            let mut overlay = Overlay::new(tree);
            let new = self.contents_of(tree, placed, task.values)?;
            done.notes.clone_from(&placed.notes);
            let mut copies = OldCopies::of(&placed.old, task.values, task.gate);
            copies.judged(&WORDS, |hunt| {
                hunt.contents(self.contents(&new));
                hunt.app(tree, &self.layout, &new);
                Ok(())
            })?;
            done.notes.extend(copies.notes());
            for (path, content) in new {
                overlay.set(path, content);
            }
            let layout = self.layout_of(&overlay)?;
            self.check_names(tree, &overlay, &layout)?;
            if let AppleSigning::With(request) = order.signing {
                done.warnings = signing::check(&overlay, &layout, signers, request, &renamed(&self.layout, &layout))?;
                self.profiles(&mut overlay, &layout, request)?;
            }
            done.warnings.extend(placed.warnings.iter().cloned());
            let shadows = shadow::findings(tree, order.expected);
            done.warnings.extend(shadows.into_iter().map(|shadow| shadow.message));

            if let Some(signer) = order.signer {
                if let Some((_, why)) = unsound.filter(|_| self.is_signed()) {
                    done.warnings.push(format!("it was not as it was signed, so all of it is signed again: {why}"));
                }
                let known = unsound.map_or_else(|| self.code(tree), |(known, _)| known);
                let (signing, everything) = (order.signing, unsound.is_some());
                Reseal { layout: &layout, before: &self.layout, signing, signer, known, signers, everything }
                    .run(&mut overlay)?;
                done.new_signer = self.is_new_signer(signer);
                done.warnings.extend(self.dropped(tree, &overlay, known)?);
                for folder in &layout.sealed_files {
                    if overlay.changes().paths().any(|path| below(path, folder).is_some()) {
                        done.warnings.push(format!(
                            "{folder} has a seal of its own, but no code that could be signed: that seal does not hold \
                             any more, and what is around it seals the new files"
                        ));
                    }
                }
            } else if self.is_signed() && overlay.changes().paths().next().is_some() {
                done.notes.push(
                    "its seal is broken now, because it stays unsigned: sign it before it is installed".to_owned(),
                );
            }
            Ok::<_, Cause>(overlay.into_changes())
        })??;
        let contents = changes.contents.iter().map(|(name, content)| (name.clone(), content.as_slice()));
        task.gate.changed(&WORDS, task.values, contents)?;
        done.entries = changes.paths().chain(changes.removed.iter().map(String::as_str)).map(str::to_owned).collect();
        done.entries.sort();
        let written = match &*self.source {
            Source::Ipa { path, file, index, .. }
                if !done.entries.is_empty() || !same_file(path, task.output) || write::is_odd(file, index) =>
            {
                let code = self.source.with(|tree| self.code(tree))?;
                Some(write::ipa(file, index, &changes, task.output, code)?)
            }
            Source::Ipa { .. } | Source::Folder { .. } => None,
        };
        Ok(Made { done, changes, written })
    }

    /// The code of the app as it will be.
    fn layout_of(&self, overlay: &Overlay<'_>) -> Result<Layout, Cause> {
        let was_code = |path: &str| (!overlay.changed(path)).then(|| self.layout.is_image(path));
        Ok(Layout::with(overlay, &was_code)?)
    }

    /// Refuses identifiers that agreed before and would not any more.
    fn check_names(&self, tree: &dyn Tree, overlay: &Overlay<'_>, layout: &Layout) -> Result<(), Cause> {
        if !overlay.changes().paths().any(|path| layout.bundles.iter().any(|bundle| bundle.info == path)) {
            return Ok(());
        }
        let (mut wrong, before) = (misnamed(overlay, layout)?, misnamed(tree, &self.layout)?);
        wrong.retain(|wrong| !before.contains(wrong));
        if wrong.is_empty() { Ok(()) } else { Err(AppFault::Identifiers { wrong }.into()) }
    }

    /// Lays the profiles given over those that are there.
    fn profiles(
        &self,
        overlay: &mut Overlay<'_>,
        layout: &Layout,
        request: &AppleSigningRequest<'_>,
    ) -> Result<(), Cause> {
        for bundle in layout.bundles.iter().filter(|bundle| bundle.runs()) {
            let there = self.signers()?.get(&bundle.executable).cloned().unwrap_or_default();
            if let Some((_, profile)) = signing::profile_for(request, bundle, &there)
                && overlay.read_if_there(&bundle.profile())?.as_ref() != Some(profile)
            {
                overlay.set(bundle.profile(), profile.clone());
            }
        }
        Ok(())
    }

    /// What is said of what nothing covered, and is gone: bytes behind a signature that is new now, and files beside a seal.
    fn dropped(&self, tree: &dyn Tree, overlay: &Overlay<'_>, known: &Known) -> Result<Vec<String>, Cause> {
        let gone = overlay.changes().removed.iter();
        let mut all: Vec<String> = gone
            .map(|path| format!("{path}: beside the seal, where codesign takes no other file, so it was removed"))
            .collect();
        let bundles = self.layout.bundles.iter().map(|bundle| &bundle.executable);
        for path in bundles.chain(&self.layout.loose).filter(|path| overlay.changed(path)) {
            let Ok(image) = known.image(tree, path)? else { continue };
            let bytes: u64 = image.file.slices.iter().map(Slice::behind_signature).sum();
            if bytes > 0 {
                all.push(format!("{path}: {bytes} bytes behind its signature, which nothing covered, were removed"));
            }
        }
        Ok(all)
    }

    fn is_new_signer(&self, signer: &Signer<'_>) -> bool {
        self.app_signer().is_some_and(|there| there.leaf.is_some() && there.team.as_deref() != signer.team())
    }
}

impl Artifact for App {
    fn words(&self) -> &'static Words {
        &WORDS
    }

    fn id(&self) -> Option<&str> {
        Some(self.layout.app().map_or("", |app| &app.identifier))
    }

    fn kind(&self) -> placement::Kind {
        self.source.kind()
    }

    fn describe(&self) -> Description {
        // What cannot be read is found by verification.
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

    fn mains(&self) -> Result<Mains, Cause> {
        self.source.with(|tree| {
            let info = self.layout.app().map(|app| tree.read_if_there(&app.info)).transpose()?.flatten();
            Ok(genexus::of_app(&AppFiles(tree), &info.unwrap_or_default(), self.id().unwrap_or_default())?)
        })?
    }

    fn release_faults(&self) -> Vec<ReleaseFault> {
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

    fn key_kind(&self) -> Option<KeyKind> {
        self.needs_key().then_some(KeyKind::Apple)
    }

    fn check_readable(&self) -> Result<(), Cause> {
        self.signers().map(drop)
    }

    fn check_signing(&self, signing: &Signing<'_>) -> Result<(), Cause> {
        let signing = signing.apple(self.needs_key())?;
        signing::signer(&signing)?;
        let signers = self.signers()?;
        if let AppleSigning::With(request) = signing {
            self.source.with(|tree| signing::check(tree, &self.layout, signers, &request, &Vec::new()))??;
        }
        Ok(())
    }

    fn has(&self, address: &Address) -> Result<bool, Cause> {
        self.source.with(|tree| Ok(FileSet::new(&AppFiles(tree), self.source.kind()).has(address)?))?
    }

    /// Of signatures, seals and profiles.
    fn verify_signature(&self, _min_sdk: Option<u32>) -> Result<verify::Report, Cause> {
        let now = generalized(clock::unix_seconds());
        let mut report = self.source.with(|tree| {
            let known = Some(self.survey(tree, Compared::All).all(tree));
            verify::apple::app(tree, &verify::apple::Options { now: Some(&now), known, compared: Compared::All })
        })?;
        if let Source::Ipa { file, index, .. } = &*self.source {
            let archive = Archive::with_index(&**file, Arc::clone(index));
            archives::headers(&mut report, &archive, Rules::Common, archives::READERS);
            archives::within(&mut report, &archive, &BTreeSet::new());
        }
        Ok(report)
    }

    fn verify_places(&self, report: &mut verify::Report, expected: &[Expected]) {
        let kind = self.source.kind();
        let looked = self.source.with(|tree| injected::files(report, &AppFiles(tree), kind, expected));
        if let Err(error) = looked {
            report.add(Code::AppleUnreadable, "the app", error.to_string());
        }
    }

    /// Places are said as addresses say them: from the app's folder on.
    fn search(&self, hunt: &mut Hunt<'_>, report: &mut verify::Report) {
        match &*self.source {
            Source::Ipa { file, index, .. } => {
                let mut leaks = verify::Report::default();
                hunt.archive(&mut leaks, &**file);
                let archive = Archive::with_index(&**file, Arc::clone(index));
                let prefix = IpaTree::open(&archive).map(|tree| tree.prefix().to_owned()).unwrap_or_default();
                for mut finding in leaks.findings {
                    if finding.place.starts_with(&prefix) {
                        finding.place.drain(..prefix.len());
                    }
                    report.findings.push(finding);
                }
            }
            Source::Folder { tree, .. } => hunt.files(report, &AppFiles(tree)),
        }
    }

    fn overrides(&self, expected: &[Expected]) -> Vec<verify::Finding> {
        // What cannot be read is said by who reads the places.
        self.source.with(|tree| shadow::findings(tree, expected)).unwrap_or_default()
    }
}

impl Kind for App {
    type Spot = Spot;
    type Changes = BTreeMap<String, Vec<u8>>;

    fn read_ahead(&self) {
        // What cannot be read is said by who needs it.
        let _ = self.source.with(|tree| {
            self.survey(tree, Compared::Best);
        });
    }

    fn find(&self, place: &Place) -> Result<Vec<Hit<Spot>>, Cause> {
        self.source.with(|tree| {
            let found = FileSet::new(&AppFiles(tree), self.source.kind()).find(place)?;
            found.iter().try_for_each(|found| self.check_new(&found.spot))?;
            Ok(found.into_iter().map(Hit::from).collect())
        })?
    }

    fn changes(&self, placed: &Placed<Spot>, values: &Values<'_>) -> Result<Self::Changes, Cause> {
        self.source.with(|tree| self.contents_of(tree, placed, values))?
    }

    fn contents<'c>(&self, changes: &'c Self::Changes) -> Vec<(String, &'c [u8])> {
        changes.iter().map(|(name, content)| (name.clone(), content.as_slice())).collect()
    }

    fn search_rest(
        &self,
        _placed: &Placed<Spot>,
        hunt: &mut OldHunt<'_>,
        changes: &Self::Changes,
    ) -> Result<(), Cause> {
        self.source.with(|tree| hunt.app(tree, &self.layout, changes))
    }

    /// With the values that are known already: identifiers above all, which profiles are chosen by.
    fn check_plan(&self, placed: &Placed<Spot>, signing: &Signing<'_>) -> Result<(), Cause> {
        let named = |spot: &Spot| {
            let [file] = spot.path.as_slice() else { return None };
            let is_name = matches!(&spot.locator, Locator::Whole)
                || matches!(&spot.locator, Locator::Plist(key) if key.split('~').next() == Some(IDENTIFIER));
            self.layout.bundles.iter().find(|bundle| bundle.info == *file).filter(|_| is_name)
        };
        let planned = || placed.places.iter().zip(&placed.spots);
        if planned().all(|(_, spot)| named(spot).is_none()) {
            return self.check_signing(signing);
        }
        let signing = signing.apple(self.needs_key())?;
        signing::signer(&signing)?;
        let signers = self.signers()?;
        self.source.with(|tree| {
            let known = planned().filter_map(|(place, spot)| Some((spot, place.value.literal()?)));
            let contents = FileSet::new(&AppFiles(tree), self.source.kind()).change(known)?.contents;
            let mut overlay = Overlay::new(tree);
            for (path, content) in contents {
                overlay.set(path, content);
            }
            let mut layout = self.layout_of(&overlay)?;
            let later = |place: &PlannedPlace| place.value.literal().is_none();
            let later = planned().filter(|(place, _)| later(place)).filter_map(|(_, spot)| named(spot));
            let later: Vec<&str> = later.map(|bundle| bundle.root.as_str()).collect();
            // What other bundles are compared with is known then, too.
            if later.is_empty() {
                self.check_names(tree, &overlay, &layout)?;
            }
            layout.bundles.retain(|bundle| !later.contains(&bundle.root.as_str()));
            match signing {
                AppleSigning::With(request) => {
                    signing::check(&overlay, &layout, signers, &request, &renamed(&self.layout, &layout)).map(drop)
                }
                AppleSigning::AdHoc | AppleSigning::Unsigned => Ok(()),
            }
        })?
    }

    fn probe(&self, _placed: &Placed<Spot>, output: &Path) -> Result<(), Cause> {
        match &*self.source {
            Source::Ipa { .. } => Ok(Replacement::probe(output)?),
            Source::Folder { path, tree } => {
                check_output(path, output)?;
                let info = self.layout.app().map(|app| app.info.clone()).unwrap_or_default();
                Ok(Transaction::probe(&tree.path(""), &info)?)
            }
        }
    }

    /// Steps 3 to 7.
    fn finish(&self, placed: &Placed<Spot>, task: &Task<'_>) -> Result<Done, Cause> {
        match &*self.source {
            Source::Folder { path, .. } => check_output(path, task.output)?,
            // What was planned for is still there: another run of this plan may have put its output in its place.
            Source::Ipa { file, .. } => file.file().unchanged()?,
        }
        let signing = task.signing.apple(self.needs_key())?;
        let signer = signing::signer(&signing)?;
        let now = generalized(match signing {
            AppleSigning::With(request) => request.now,
            AppleSigning::AdHoc | AppleSigning::Unsigned => clock::unix_seconds(),
        });
        let expected = placed.expected(task.values)?;
        let judge = Judge {
            kind: self.source.kind(),
            expected: &expected,
            values: task.values,
            now: &now,
            tolerant: matches!(signing, AppleSigning::With(request) if request.allow_new_signer),
            signed: signer.is_some(),
            gate: task.gate,
        };
        let order = Order { placed, task, expected: &expected, signing: &signing, signer: signer.as_ref() };

        // 3. Apply, 4. sign, 5. write: what changed and what lies around it, while the rest is still being read. Where all code is
        // signed, the rest is as it was signed more often than not.
        let supposed = (signer.is_none() || self.is_all_signed()?).then(|| self.make(&order, None));
        let (known, unsound) = match &signer {
            Some(_) => self.source.with(|tree| {
                let known = self.survey(tree, Compared::Best).all(tree);
                (known.clone(), unsound(tree, known, &now))
            })?,
            None => self.source.with(|tree| (self.code(tree).clone(), None))?,
        };
        let made = match (supposed, unsound) {
            (Some(made), None) => made?,
            // A seal that is kept would go on claiming hashes that do not hold.
            (supposed, unsound) => {
                drop(supposed);
                self.make(&order, unsound.as_deref().map(|why| (&known, why)))?
            }
        };
        let Made { mut done, changes, written } = made;

        // 6. Verify what was written, 7. commit.
        match (&*self.source, written) {
            (Source::Ipa { file, .. }, Some(written)) => {
                let like = file.file().like()?;
                let (report, mut new) = written.verify(&changes, known, &judge)?;
                done.report = report;
                new.complete(Some(&like))?;
                // What was read several times was one content all along, and nobody's newer build is lost.
                self.source.unchanged()?;
                // Where the input is the output too, not every system lets an open file be replaced.
                if same_file(task.output, file.file().path()) {
                    file.file().close();
                }
                new.commit(None)?;
                done.written = true;
            }
            (Source::Folder { tree, .. }, _) if !done.entries.is_empty() => {
                done.report = write::folder(tree, changes, known, &judge)?;
                done.written = true;
            }
            _ => {
                done.report = self.source.with(|tree| {
                    task.gate.whole(&WORDS, task.values, |hunt, report| self.search(hunt, report))?;
                    judge.report(tree, &known)
                })??;
                self.source.unchanged()?;
            }
        }
        Ok(done)
    }
}

/// What is made of a plan.
#[derive(Clone, Copy)]
struct Order<'a> {
    placed: &'a Placed<Spot>,
    task: &'a Task<'a>,
    /// What should be at every place afterwards.
    expected: &'a [Expected],
    signing: &'a AppleSigning<'a>,
    signer: Option<&'a Signer<'a>>,
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
    let wrong = findings.find(|finding| {
        finding.severity == Severity::Error
            && !finding.code.is_profile()
            // Signing again changes no name.
            && finding.code != Code::AppleIdentifierNested
    });
    wrong.map(|finding| format!("{} ({}): {}", finding.code, finding.place, finding.message))
}

fn check_output(path: &Path, output: &Path) -> Result<(), Cause> {
    if same_file(path, output) {
        return Ok(());
    }
    Err(Refusal::InPlace { what: "an app in a folder", short: "app", output: output.to_owned() }.into())
}
