//! Exit codes: the one list, and the mapping from errors to them.
//!
//! Must not: exit; `main` does.

mod embed;

use std::path::{Path, PathBuf};

use inject::credentials::{Change, ChangeError, Key, ObtainError, Open, SealError, StoreError};
use inject::findings::{About, Finding};
use inject::job::{Fault, JobError, Reach};
use inject::place::{Address, Target};
use inject::registry::{AnswerFault, GenexusFault, RegistryError};

use crate::suggest::{self, nearest};
use crate::variables;

/// What the process says by its exit status. Documented in README.md and tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    /// Done, or up to date.
    Done = 0,
    /// A fault of this program.
    Internal = 1,
    /// Wrong usage or configuration.
    Usage = 2,
    /// An artifact that is unreadable or unsupported, or could not be written.
    Artifact = 3,
    /// A place that is not there.
    NoPlace = 4,
    /// Registry or store.
    Registry = 5,
    /// Signing.
    Signing = 6,
    /// Verification failed, or a foreign credential was found.
    Verification = 7,
    /// `--check` found changes.
    Changes = 8,
    /// Store and registry disagree.
    Conflict = 9,
}

impl Code {
    /// Which of several counts for a run of several artifacts: a fault of the program, then what may be in the wrong hands,
    /// then what needs a person, then what the next build may mend.
    pub fn seriousness(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Changes => 1,
            Self::Usage => 2,
            Self::NoPlace => 3,
            Self::Artifact => 4,
            Self::Registry => 5,
            Self::Signing => 6,
            Self::Conflict => 7,
            Self::Verification => 8,
            Self::Internal => 9,
        }
    }

    /// Every code, in order.
    #[cfg(test)]
    pub const ALL: [Self; 10] = [
        Self::Done,
        Self::Internal,
        Self::Usage,
        Self::Artifact,
        Self::NoPlace,
        Self::Registry,
        Self::Signing,
        Self::Verification,
        Self::Changes,
        Self::Conflict,
    ];

    /// What it means, for people.
    #[cfg(test)]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, or up to date",
            Self::Internal => "a fault of this program",
            Self::Usage => "usage or configuration",
            Self::Artifact => "artifact unreadable or unsupported",
            Self::NoPlace => "no place found",
            Self::Registry => "registry or store",
            Self::Signing => "signing",
            Self::Verification => "verification failed or a foreign credential found",
            Self::Changes => "`--check` found changes",
            Self::Conflict => "conflict between store and registry",
        }
    }

    /// The stable name of errors that end like this, for formats that ask for one.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "inject.done",
            Self::Internal => "inject.internal",
            Self::Usage => "inject.usage",
            Self::Artifact => "inject.artifact",
            Self::NoPlace => "inject.no-place",
            Self::Registry => "inject.registry",
            Self::Signing => "inject.signing",
            Self::Verification => "inject.verification",
            Self::Changes => "inject.changes",
            Self::Conflict => "inject.conflict",
        }
    }
}

/// What to do about a place that is not there and can be made.
pub const MAKE: &str = "or make it: --create";

/// An error with its exit code and what to do about it.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub code: Code,
    /// What happened, most general first.
    pub error: anyhow::Error,
    /// What belongs to it, on lines of its own.
    pub details: Vec<String>,
    /// What to do, one line each.
    pub remedies: Vec<String>,
    /// The artifact it is about, where it is about one.
    pub artifact: Option<PathBuf>,
    /// What verification found there.
    pub findings: Vec<Finding>,
}

impl Failure {
    /// A failure with a text of its own.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self::of(code, anyhow::anyhow!(message.into()))
    }

    /// Wrong usage or configuration.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Code::Usage, message)
    }

    /// From an error of the library.
    pub fn of(code: Code, error: impl Into<anyhow::Error>) -> Self {
        let (details, remedies, findings) = (Vec::new(), Vec::new(), Vec::new());
        Self { code, error: error.into(), details, remedies, artifact: None, findings }
    }

    /// What happened, most general first. A cause that its effect quotes already is not said twice, nor is a place that
    /// the cause names itself.
    pub fn message(&self) -> String {
        let texts: Vec<String> = self.error.chain().map(ToString::to_string).collect();
        let mut out = String::new();
        for (index, text) in texts.iter().enumerate() {
            let said_next = texts.get(index + 1).is_some_and(|next| next.contains(text.as_str()));
            if !out.ends_with(text.as_str()) && !said_next {
                out.push_str(if out.is_empty() { "" } else { ": " });
                out.push_str(text);
            }
        }
        out
    }

    /// What happened and what belongs to it, as one text of several lines: for JSON alone, where no line break can be mistaken.
    pub fn text(&self) -> String {
        [&[self.message()][..], &self.details].concat().join("\n")
    }

    /// Adds a line that belongs to what happened.
    #[must_use]
    pub fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn remedy(mut self, line: impl Into<String>) -> Self {
        self.remedies.push(line.into());
        self
    }

    /// Adds the artifact that it is about.
    #[must_use]
    pub fn about(mut self, artifact: &Path) -> Self {
        self.artifact = Some(artifact.to_owned());
        self.during(artifact.display().to_string())
    }

    /// Adds what was being done.
    #[must_use]
    pub fn during(mut self, what: impl std::fmt::Display + Send + Sync + 'static) -> Self {
        self.error = self.error.context(what);
        self
    }
}

impl Failure {
    /// From a variant that this program does not know. There is none: the library's enumerations are open to others, so the
    /// compiler wants this arm, and clippy (`wildcard_enum_match_arm`) names what falls into it.
    pub fn undecided(error: impl Into<anyhow::Error>) -> Self {
        Self::of(Code::Internal, error)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message())
    }
}

/// What comes back from the library as it went in: what a source of credentials says.
impl std::error::Error for Failure {}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Seal(SealError::Keyring { .. } | SealError::NoKey { .. }) => Self::of(Code::Registry, error)
                .remedy("unlock the keyring, or put the key there again from where it is kept too")
                .remedy(format!("where no keyring can be asked: {}=env:NAME", variables::STORE_KEY)),
            StoreError::File(_)
            | StoreError::Seal(_)
            | StoreError::Sqlite { .. }
            | StoreError::Foreign { .. }
            | StoreError::Gone { .. }
            | StoreError::Damaged { .. }
            | StoreError::Row { .. } => Self::of(Code::Registry, error),
            _ => Self::undecided(error),
        }
    }
}

impl From<SealError> for Failure {
    fn from(error: SealError) -> Self {
        StoreError::from(error).into()
    }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        // What is to be done is the same for any database.
        if let RegistryError::Database(error) = error {
            return error.into();
        }
        match &error {
            RegistryError::Genexus { fault, .. } => {
                let (code, remedies) = genexus(fault);
                Self { remedies, ..Self::of(code, error) }
            }
            RegistryError::Answer { fault, .. } => {
                let remedies = answer(fault);
                Self { remedies, ..Self::of(Code::Registry, error) }
            }
            RegistryError::Database(_)
            | RegistryError::Failed { .. }
            | RegistryError::NotRegistered { .. }
            | RegistryError::Offline { .. }
            | RegistryError::PossibleOrphan { .. }
            | RegistryError::Revoked { .. }
            | RegistryError::Unknown { .. }
            | RegistryError::Unsupported { .. }
            | RegistryError::Random(_) => Self::of(Code::Registry, error),
            _ => Self::undecided(error),
        }
    }
}

/// What to do about a change whose end is not known.
fn unfinished(open: &Open) -> Vec<String> {
    let Key { application, environment, .. } = &open.intent.key;
    let register = format!("inject register {application} --env {environment}");
    match open.intent.change {
        Change::Revoke => vec![
            format!("finish it: inject credential revoke --app {application} --env {environment}"),
            format!("or see what the registry has: {register} --force"),
        ],
        Change::Rotate(_) | Change::Take(_) => vec![
            format!("finish it, by what the registry has: {register}"),
            format!("the registry is right, whatever it has: {register} --take registry"),
            format!("it is not there any more: inject credential forget --app {application} --env {environment}"),
        ],
        _ => vec![],
    }
}

impl From<ChangeError> for Failure {
    fn from(error: ChangeError) -> Self {
        ObtainError::from(error).into()
    }
}

/// What to do about an answer to something else than what was asked.
fn answer(fault: &AnswerFault) -> Vec<String> {
    let forget = |application: &str, environment| {
        format!("inject credential forget --app {application} --env {environment}, then run again")
    };
    match fault {
        AnswerFault::NoSecret { application, environment, .. } => vec![
            format!("embed none: secret = \"omit\" in [env.{environment}]"),
            format!(
                "or bring the secret here: inject credential set --app {application} --env {environment} --client-id ID --secret prompt"
            ),
        ],
        AnswerFault::AnotherId { application, environment, .. } => {
            vec![format!(
                "the registry is right, and no app was shipped with the other id: {}",
                forget(application, environment)
            )]
        }
        AnswerFault::AnotherApplication { asked, answered, environment, .. } => vec![
            format!("it is that application: --app {answered}"),
            format!("it is another one, and needs an id of its own: {}", forget(asked, environment)),
        ],
        AnswerFault::Ended { application, environment, .. } => vec![format!(
            "make a new one: inject credential revoke --app {application} --env {environment}, then inject register"
        )],
        _ => vec![],
    }
}

/// What to do about GeneXus' file.
fn genexus(fault: &GenexusFault) -> (Code, Vec<String>) {
    let remedies: &[&str] = match fault {
        GenexusFault::Missing { .. } => &[
            "press F5 in GeneXus with \"Keep GAM database updated\" = True: Applications Registration writes the file",
            "model is the environment's folder in the knowledge base (JavaModel, CSharpModel, ...)",
        ],
        GenexusFault::Unfinished { .. } => &["run again when F5 has ended"],
        GenexusFault::NotListed { .. } => &[
            "press F5 in GeneXus on that main object with \"Keep GAM database updated\" = True (Applications Registration)",
            "or write name = \"...\" in its [app.NAME]: the name of the main object, as it stands there",
        ],
        GenexusFault::Refused { .. } => &["correct it in GAM or in GeneXus, then press F5 again"],
        GenexusFault::NoSecret { environment, .. } => {
            let omit = format!("embed none: secret = \"omit\" in [env.{environment}]");
            return (
                Code::Registry,
                vec![omit, "or bring the one that GAM shows here: inject credential set".to_owned()],
            );
        }
        GenexusFault::Ambiguous { .. } => &[
            "say which one it is: inject credential set --app APP --env ENV --client-id ID, or delete the other one in GAM",
        ],
        GenexusFault::Disagree { .. } => {
            let remedies = [
                "the file is right, and no app was shipped with the other one: inject credential forget, then run again",
                "the store is right: register that Client Id in GAM again, under this name, and press F5",
            ];
            return (Code::Conflict, remedies.map(str::to_owned).to_vec());
        }
        GenexusFault::TwoSecrets { .. } | GenexusFault::Entry { .. } => {
            &["correct the application in GAM's backend, then press F5 again"]
        }
        GenexusFault::Unreadable { .. } | GenexusFault::Program(_) => &[],
        _ => return (Code::Internal, vec![]),
    };
    (Code::Registry, remedies.iter().map(|remedy| (*remedy).to_owned()).collect())
}

impl From<ObtainError> for Failure {
    fn from(error: ObtainError) -> Self {
        if let ObtainError::Store(error) = error {
            return error.into();
        }
        match &error {
            ObtainError::Registry(RegistryError::Offline { .. }) => Self::of(Code::Registry, error)
                .remedy("run once without --offline; from then on the store has it")
                .remedy("or give the credential: INJECT_CLIENT_ID and INJECT_CLIENT_SECRET"),
            ObtainError::Registry(RegistryError::NotRegistered { .. }) => Self::of(Code::Registry, error)
                .remedy("register the application where that registry keeps its credentials, then run again"),
            ObtainError::Registry(RegistryError::PossibleOrphan { pending, .. }) => {
                let again = format!("inject register {} --env {} --again", pending.application, pending.environment);
                Self::of(Code::Registry, error)
                    .remedy(format!("look on the server; if it is not there, or deleted: {again}"))
                    .remedy("if it is there and its secret can be read there: inject credential set")
            }
            ObtainError::Open(open) => {
                let remedies = unfinished(open);
                Self { remedies, ..Self::of(Code::Conflict, error) }
            }
            ObtainError::Store(_) | ObtainError::Random(_) => Self::of(Code::Registry, error),
            // What is to be done depends on the registry's error alone.
            ObtainError::Registry(_) => {
                if let ObtainError::Registry(error) = error {
                    error.into()
                } else {
                    Self::undecided(error)
                }
            }
            ObtainError::NotRegistered { application, environment, .. } => {
                let register =
                    format!("register it on purpose: inject register {application} --env {environment} --new");
                Self::of(Code::Registry, error)
                    .remedy(register)
                    .remedy("or bring its credential here: inject credential set")
            }
            ObtainError::Conflict { application, environment, .. } => {
                let take = format!("inject register {application} --env {environment} --take");
                Self::of(Code::Conflict, error)
                    .remedy(format!("the registry is right: {take} registry"))
                    .remedy(format!("the store is right, and shipped apps carry it: {take} store"))
            }
            _ => Self::undecided(error),
        }
    }
}

impl From<JobError> for Failure {
    fn from(error: JobError) -> Self {
        let (code, remedies) = match error.fault() {
            Fault::Artifact | Fault::Changed => (Code::Artifact, vec![]),
            Fault::PartOfFolder => (
                Code::Artifact,
                vec!["give the folder it lies in (gxmetadata): all copies of a credential change together".to_owned()],
            ),
            Fault::Kind => {
                (Code::Artifact, vec!["inject works on APKs, App Bundles, IPAs, apps and folders".to_owned()])
            }
            Fault::Copy => {
                (Code::Artifact, vec!["remove the copy, or make such copies after inject has run".to_owned()])
            }
            Fault::Request => (Code::Usage, vec![]),
            Fault::InPlace(what) => (Code::Usage, vec![format!("leave --output out to change the {what} itself")]),
            Fault::NoPlaceAtAll { example, make, source_tree } => {
                let create = if example.starts_with("Info.plist") { " --create" } else { "" };
                let line =
                    format!("name the places: --at ADDRESS=VALUE, for example --at {example}={{client_id}}{create}");
                let make = make.map(|make| format!("or make a file for a program that reads it: {make}"));
                match source_tree {
                    None => (Code::NoPlace, std::iter::once(line).chain(make).collect()),
                    Some(source_tree) => {
                        let build = source_tree.remedies().into_iter().map(str::to_owned);
                        (Code::NoPlace, build.chain([format!("or {line}")]).collect())
                    }
                }
            }
            Fault::LeftEmpty { .. } => (Code::NoPlace, vec!["fill it all the same: --create".to_owned()]),
            Fault::WhichMain => (
                Code::Usage,
                vec![
                    "say which: --app NAME".to_owned(),
                    "or write the main object's name in inject.toml: name = \"...\" in [app.KEY]".to_owned(),
                ],
            ),
            Fault::NoPlace { address, near, makeable } => {
                let make = makeable.then(|| MAKE.to_owned());
                (Code::NoPlace, near_place(address, near).into_iter().chain(make).collect())
            }
            Fault::Refused => (Code::NoPlace, vec![]),
            Fault::Signing => (Code::Signing, vec![]),
            Fault::Issuers => (Code::Signing, vec!["give the issuers: --chain FILE.pem".to_owned()]),
            Fault::NewSigner => (
                Code::Signing,
                vec![
                    "give the key that signed the input".to_owned(),
                    "or accept a new signer on purpose: --allow-new-signer".to_owned(),
                ],
            ),
            Fault::SeveralSigners => {
                (Code::Signing, vec!["sign it with this key alone on purpose: --allow-new-signer".to_owned()])
            }
            Fault::NewTeam => (
                Code::Signing,
                vec![
                    "give the identity of the team that signed the input".to_owned(),
                    "or accept another team on purpose, with its profile and entitlements: --allow-new-signer"
                        .to_owned(),
                ],
            ),
            Fault::Profile => (
                Code::Signing,
                vec![
                    "give a profile that fits: --profile FILE.mobileprovision".to_owned(),
                    "or accept it on purpose: --allow-new-signer (not for one that has expired)".to_owned(),
                ],
            ),
            Fault::Unsound(findings) => {
                let findings = findings.to_vec();
                let foreign = findings.iter().all(|finding| finding.code.about() == About::Leak);
                let remedies = if foreign { FOREIGN.map(str::to_owned).to_vec() } else { vec![] };
                return Self { remedies, findings, ..Self::of(Code::Verification, error) };
            }
            Fault::Unsearched { findings, reach } => {
                let (findings, mut remedies) = (findings.to_vec(), vec![REPAIR.to_owned()]);
                if reach == Reach::Whole {
                    remedies.push("or search only what changes: --gate changed".to_owned());
                }
                remedies.push("or search nothing: --gate off".to_owned());
                return Self { remedies, findings, ..Self::of(Code::Verification, error) };
            }
            Fault::Internal => (Code::Internal, vec![]),
            _ => return Self::undecided(error),
        };
        Self { remedies, ..Self::of(code, error) }
    }
}

/// What to do about a credential in the output that is not its own.
const FOREIGN: [&str; 2] = [
    "name that place too, so that it gets the right value: --at ADDRESS=VALUE, or a preset",
    "or write it all the same: --gate off",
];

/// What to do about content that cannot be searched.
const REPAIR: &str = "repair it, or leave it out of the build";

/// What may have been meant instead of an address.
fn near_place(address: &Address, near: &[String]) -> Option<String> {
    let name = match &address.target {
        Target::String { name, .. } | Target::Resource { name, .. } | Target::MetaData { name } => name.clone(),
        Target::IntentFilter { class, .. } => class.clone(),
        Target::File { path, .. } => path.to_string(),
        Target::DexMethod { .. } | Target::DexText { .. } | Target::SigningBlock { .. } => String::new(),
        _ => return None,
    };
    let near = nearest(&name, near.iter().map(String::as_str)).map(str::to_owned);
    near.or_else(|| suggest::address(&address.to_string())).map(|near| format!("did you mean {near:?}?"))
}

/// The table of `docs/findings.md` is made from this enum.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a page of the checkout")]
    fn errors_of_a_run_are_documented_as_they_are() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/findings.md");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let heading = "| code | exit code | |\n|---|---|---|\n";
        let (before, table) = text.split_once(heading).unwrap_or_default();
        let errors = Code::ALL.iter().filter(|code| !matches!(code, Code::Done | Code::Changes));
        let rows = errors.map(|code| format!("| `{}` | {} | {} |\n", code.name(), *code as u8, code.meaning()));
        let made = rows.chain(["| `inject.warning` | | a warning of any command |\n".to_owned()]).collect::<String>();
        if std::env::var_os("BLESS").is_some() && table != made {
            assert!(std::fs::write(&path, [before, heading, &made].concat()).is_ok());
        } else {
            assert_eq!(table, made, "BLESS=1 writes it");
        }
    }
}
