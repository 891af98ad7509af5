//! `inject inspect`: what an artifact is, who signed it, and what it carries where.
//!
//! Must not: judge; `verify` does.

use std::path::Path;

use inject::findings::Report;
use inject::job::{self, Description, Form, Input, Inspected};
use serde::Serialize;

use crate::args::look::Look;
use crate::carried::{Carried, Role, Value, during, ids, look, tell_cut_off};
use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::results::{Finding, Outcome, Owner, Pair, Signed, all_findings};
use crate::settings::Settings;

/// What artifacts are and carry.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Inspection {
    artifacts: Vec<InspectedArtifact>,
}

impl Outcome for Inspection {
    const COMMAND: &'static str = "inspect";
}

/// What an artifact is and carries.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct InspectedArtifact {
    /// The artifact, as it was given.
    artifact: String,
    kind: Kind,
    facts: Facts,
    /// Whether container and signature are sound.
    sound: bool,
    /// What is wrong with them.
    findings: Vec<Finding>,
    #[serde(flatten)]
    signed: Signed,
    /// The Client Ids at known places, each once.
    client_ids: Vec<String>,
    places: Vec<HeldValue>,
    /// Client Ids outside of known places.
    elsewhere: Vec<StrayClientId>,
    /// Places that could not be read.
    unread: Vec<UnreadPlace>,
}

/// What an artifact is.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// An Android package.
    Apk,
    /// An Android App Bundle.
    Aab,
    /// A base and its splits, in a folder or an archive.
    ApkSet,
    /// An iOS package.
    Ipa,
    /// The folder of an app for Apple's systems.
    App,
    /// An archive of Xcode.
    Xcarchive,
    /// A folder with GeneXus' prototyping metadata.
    GenexusMetadata,
    /// Any other folder.
    Folder,
}

impl From<Form> for Kind {
    fn from(form: Form) -> Self {
        match form {
            Form::Apk => Self::Apk,
            Form::Aab => Self::Aab,
            Form::ApkSet => Self::ApkSet,
            Form::Ipa => Self::Ipa,
            Form::App => Self::App,
            Form::Xcarchive => Self::Xcarchive,
            Form::Metadata => Self::GenexusMetadata,
            Form::Folder => Self::Folder,
        }
    }
}

/// What an artifact says of itself, by its kind.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
enum Facts {
    Apk(ApkFacts),
    App(AppFacts),
    Folder(FolderFacts),
}

/// What an Android package, a set of them, or an App Bundle says of itself.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ApkFacts {
    /// The application's id.
    package: String,
    /// The name of a split.
    split: Option<String>,
    version_name: Option<String>,
    version_code: Option<u32>,
    /// The lowest API level.
    min_sdk: Option<u32>,
    /// The API level it is made for.
    target_sdk: Option<u32>,
    debuggable: bool,
    test_only: bool,
    /// Architectures of its native libraries.
    abis: Vec<String>,
    /// The modules of an App Bundle, the base first; none of an APK.
    modules: Vec<String>,
    /// The packages of a set, the base first; none of a single one.
    packages: Vec<String>,
    /// Pairs of the APK Signing Block that are beside the signatures.
    pairs: Vec<Pair>,
    /// How many entries it has.
    entries: usize,
}

/// What an app for Apple's systems says of itself.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct AppFacts {
    /// The application's id.
    bundle_id: String,
    /// `CFBundleShortVersionString`.
    version: Option<String>,
    /// `CFBundleVersion`.
    build: Option<String>,
    /// The team that signed it.
    team: Option<String>,
    profile: Option<Profile>,
    /// Code within: bundles and images, by their paths.
    nested_code: Vec<String>,
}

/// A provisioning profile.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Profile {
    name: String,
    /// The last day on which it counts: `YYYY-MM-DD`.
    last_day: String,
}

/// What a folder says of itself.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct FolderFacts {
    /// How many files it has.
    files: usize,
    /// GeneXus' main objects, by name.
    mains: Vec<String>,
}

/// A value at a place.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct HeldValue {
    /// The preset that names the place; null: configuration or `--at`.
    preset: Option<String>,
    /// The place's address.
    at: String,
    /// The entry or file that holds it.
    entry: String,
    is: ValueRole,
    /// The value; null where it may be a secret.
    value: Option<String>,
    /// How many characters it has.
    characters: usize,
    /// Whose it is.
    belongs_to: Vec<Owner>,
}

/// What a value is.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum ValueRole {
    ClientId,
    /// A secret, or something with one in it.
    Secret,
    /// A coupled value: a server's URL.
    Value,
    /// Nobody said what.
    Unknown,
}

/// A Client Id outside of known places.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct StrayClientId {
    client_id: String,
    /// Where, for people.
    place: String,
}

/// A place that could not be read.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct UnreadPlace {
    /// The place's address.
    at: String,
    /// Why, for people.
    problem: String,
}

/// Runs it.
pub fn run(settings: &Settings, asked: &Look, out: Output) -> Result<Code, Failure> {
    let mut results = Vec::new();
    for input in Input::together(asked.artifacts.clone()).into_iter().flatten() {
        let path = &input.path;
        let mut inspected = Inspected::of(&input).map_err(|e| during(path)(e.into()))?;
        tell_cut_off(path, out)?;
        let report = inspected.verify_signature(None).map_err(|e| during(path)(e.into()))?;
        let carried = look(settings, &mut inspected, asked).map_err(during(path))?;
        carried.unasked.iter().for_each(|problem| out.warn(problem));
        let description = inspected.describe();
        show(path, &description, &report, &carried, out);
        for finding in &report.findings {
            out.annotated(path, finding);
        }
        results.push(InspectedArtifact::of(path, description, &report, &carried));
    }
    out.json(&Inspection { artifacts: results });
    Ok(Code::Done)
}

fn show(path: &Path, description: &Description, report: &Report, carried: &Carried, out: Output) {
    out.result(&format!("{}: {}", path.display(), description.form.words()));
    let mut lines: Vec<(&str, String)> = description.facts.lines();
    let schemes: Vec<String> = report.signatures.iter().map(|signature| signature.scheme.to_string()).collect();
    if description.form.is_signable() {
        lines.push(("signed", if schemes.is_empty() { "no".to_owned() } else { schemes.join(" ") }));
    }
    for signer in report.signers() {
        lines.push(("signer", format!("{}, {}, SHA-256 {}", signer.subject, signer.key, signer.sha256_hex())));
    }
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, text) in &lines {
        out.result(&format!("  {name:width$}  {text}"));
    }
    let wrong = report.findings.iter().filter(|finding| finding.severity == inject::findings::Severity::Error);
    for finding in wrong {
        out.result(&format!("  not sound: {} ({}): {}", finding.code, finding.place, finding.message));
    }
    if carried.values.is_empty() {
        out.result("  no known place holds a credential");
    }
    let mut preset = None;
    for value in &carried.values {
        if preset != Some(&value.preset) {
            out.result(&format!("  {}:", value.preset.as_deref().unwrap_or("other places")));
            preset = Some(&value.preset);
        }
        out.result(&format!("    {} = {} in {}", value.at, shown(value), value.entry));
    }
    for (id, place) in &carried.elsewhere {
        out.result(&format!("  {place} holds {id} too, where no place reaches"));
    }
    for (at, problem) in &carried.unread {
        out.result(&format!("  {at} cannot be read: {problem}"));
    }
    for (main, values) in carried.by_main() {
        let ids = ids(values);
        if ids.len() > 1 {
            let of = main.map(|main| format!(" of {main}")).unwrap_or_default();
            out.warn(&format!("{}: the places{of} hold different Client Ids: {}", path.display(), ids.join(", ")));
        }
    }
}

fn shown(value: &Value) -> String {
    let owners: Vec<String> = value.owners.iter().map(Owner::to_string).collect();
    let owner = if owners.is_empty() { String::new() } else { format!(" ({})", owners.join("; ")) };
    match &value.shown {
        Some(text) if text.is_empty() => "\"\"".to_owned(),
        Some(text) => format!("{text}{owner}"),
        None if value.len == 0 => "\"\"".to_owned(),
        None => format!("[{} characters, not shown]{owner}", value.len),
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} in {}", self.application, self.environment)
    }
}

impl InspectedArtifact {
    fn of(path: &Path, description: Description, report: &Report, carried: &Carried) -> Self {
        let elsewhere = carried.elsewhere.iter();
        let unread = carried.unread.iter();
        Self {
            artifact: path.to_string_lossy().into_owned(),
            kind: description.form.into(),
            facts: description.facts.into(),
            sound: report.is_sound(),
            findings: all_findings(report),
            signed: Signed::from(report),
            client_ids: ids(&carried.values).into_iter().map(str::to_owned).collect(),
            places: carried.values.iter().map(HeldValue::from).collect(),
            elsewhere: elsewhere.map(|(id, at)| StrayClientId { client_id: id.clone(), place: at.clone() }).collect(),
            unread: unread.map(|(at, why)| UnreadPlace { at: at.clone(), problem: why.clone() }).collect(),
        }
    }
}

impl From<job::Facts> for Facts {
    fn from(facts: job::Facts) -> Self {
        match facts {
            job::Facts::Apk(apk) => Self::Apk(ApkFacts {
                package: apk.package,
                split: apk.split,
                version_name: apk.version_name,
                version_code: apk.version_code,
                min_sdk: apk.min_sdk,
                target_sdk: apk.target_sdk,
                debuggable: apk.debuggable,
                test_only: apk.test_only,
                abis: apk.abis,
                modules: apk.modules,
                packages: apk.packages,
                pairs: apk.pairs.iter().map(Pair::from).collect(),
                entries: apk.entries,
            }),
            job::Facts::App(app) => Self::App(AppFacts {
                bundle_id: app.bundle_id,
                version: app.version,
                build: app.build,
                team: app.team,
                profile: app.profile.map(|known| Profile { name: known.name, last_day: known.last_day }),
                nested_code: app.nested_code,
            }),
            job::Facts::Folder(folder) => Self::Folder(FolderFacts { files: folder.files, mains: folder.mains }),
        }
    }
}

impl From<&Value> for HeldValue {
    fn from(value: &Value) -> Self {
        Self {
            preset: value.preset.clone(),
            at: value.at.clone(),
            entry: value.entry.clone(),
            is: match value.role {
                Role::Id => ValueRole::ClientId,
                Role::Secret => ValueRole::Secret,
                Role::Other => ValueRole::Value,
                Role::Unknown => ValueRole::Unknown,
            },
            value: value.shown.clone(),
            characters: value.len,
            belongs_to: value.owners.clone(),
        }
    }
}
