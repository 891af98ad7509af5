//! Exit codes: the one list, and the mapping from errors to them.
//!
//! Must not: exit; `main` does.

use std::path::{Path, PathBuf};

use inject::artifact::apk::ApkError;
use inject::artifact::files::FilesError;
use inject::artifact::kind::FileKind;
use inject::artifact::web::WebError;
use inject::credential::obtain::ObtainError;
use inject::credential::registry::RegistryError;
use inject::credential::seal::SealError;
use inject::credential::store::StoreError;
use inject::pipeline::apk::ApkJobError;
use inject::pipeline::apple::AppleJobError;
use inject::pipeline::job::JobError;
use inject::pipeline::tree::{RaisedError, TreeJobError};
use inject::placement::{Address, Target};
use inject::verify::Finding;

use crate::settings::variables;
use crate::suggest::{self, nearest};

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

/// An error with its exit code and what to do about it.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub code: Code,
    /// What happened, most general first.
    pub error: anyhow::Error,
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
        Self { code, error: error.into(), remedies: Vec::new(), artifact: None, findings: Vec::new() }
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

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Seal(SealError::Keyring { .. } | SealError::NoKey { .. }) => Self::of(Code::Registry, error)
                .remedy("unlock the keyring, or put the key there again from where it is kept too")
                .remedy(format!("where no keyring can be asked: {}=env:NAME", variables::STORE_KEY)),
            _ => Self::of(Code::Registry, error),
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
        Self::of(Code::Registry, error)
    }
}

impl From<ObtainError> for Failure {
    fn from(error: ObtainError) -> Self {
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
            ObtainError::Store(_) | ObtainError::Registry(_) | ObtainError::Random(_) => {
                Self::of(Code::Registry, error)
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
            _ => Self::of(Code::Internal, error),
        }
    }
}

impl From<JobError> for Failure {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Apk(error) => error.into(),
            JobError::Tree(error) => error.into(),
            JobError::Apple(error) => error.into(),
            JobError::Kind(FileKind::Gxsd) => Self::of(Code::Artifact, error)
                .remedy("give the folder it lies in (gxmetadata): all copies of a credential change together"),
            JobError::Kind(_) => Self::of(Code::Artifact, error)
                .remedy("this version works on APKs, IPAs, apps and folders; other kinds come with later versions"),
            JobError::File(_) | JobError::Zip(_) => Self::of(Code::Artifact, error),
            _ => Self::of(Code::Internal, error),
        }
    }
}

impl From<ApkJobError> for Failure {
    fn from(error: ApkJobError) -> Self {
        match error {
            ApkJobError::Apk(error) => error.into(),
            ApkJobError::File(_) | ApkJobError::Zip(_) | ApkJobError::SigningBlock(_) => {
                Self::of(Code::Artifact, error)
            }
            ApkJobError::Template(_) => Self::of(Code::Usage, error),
            ApkJobError::NoPlaceAtAll { .. } => Self::of(Code::NoPlace, error)
                .remedy("name the places: --at ADDRESS=VALUE, for example --at string/client_id={client_id}"),
            ApkJobError::Schemes(_) | ApkJobError::Sign(_) => Self::of(Code::Signing, error),
            ApkJobError::NewSigner { .. } => Self::of(Code::Signing, error)
                .remedy("give the key that signed the input")
                .remedy("or accept a new signer on purpose: --allow-new-signer"),
            ApkJobError::SeveralSigners { .. } => {
                Self::of(Code::Signing, error).remedy("sign it with this key alone on purpose: --allow-new-signer")
            }
            ApkJobError::Unsound(ref findings) => {
                let findings = findings.clone();
                Self::unsound(findings, error)
            }
            _ => Self::of(Code::Internal, error),
        }
    }
}

impl From<AppleJobError> for Failure {
    fn from(error: AppleJobError) -> Self {
        match error {
            AppleJobError::Files(error) => error.into(),
            AppleJobError::Template(_) | AppleJobError::OutsideContents { .. } => Self::of(Code::Usage, error),
            AppleJobError::Output(_) => {
                Self::of(Code::Usage, error).remedy("leave --output out to change the app itself")
            }
            AppleJobError::NoPlaceAtAll { .. } => Self::of(Code::NoPlace, error).remedy(
                "name the places: --at ADDRESS=VALUE, for example --at Info.plist#ClientId={client_id} --create",
            ),
            AppleJobError::Signer(_) => Self::of(Code::Signing, error).remedy("give the issuers: --chain FILE.pem"),
            AppleJobError::Sign { .. } | AppleJobError::Expired { .. } | AppleJobError::Profile { .. } => {
                Self::of(Code::Signing, error)
            }
            AppleJobError::Entitlements { .. } => Self::of(Code::Signing, error),
            AppleJobError::Team { .. } => Self::of(Code::Signing, error)
                .remedy("give the identity of the team that signed the input")
                .remedy("or accept another team on purpose, with its profile and entitlements: --allow-new-signer"),
            AppleJobError::ProfileDoesNotFit { .. } => Self::of(Code::Signing, error)
                .remedy("give a profile that fits: --profile FILE.mobileprovision")
                .remedy("or accept it on purpose: --allow-new-signer (not for one that has expired)"),
            AppleJobError::Unsound(ref findings) => {
                let findings = findings.clone();
                Self::unsound(findings, error)
            }
            _ => Self::of(Code::Artifact, error),
        }
    }
}

impl From<TreeJobError> for Failure {
    fn from(error: TreeJobError) -> Self {
        match error {
            TreeJobError::Files(error) | TreeJobError::Raised(RaisedError::Files(error)) => error.into(),
            TreeJobError::Template(_) => Self::of(Code::Usage, error),
            TreeJobError::Output(_) => {
                Self::of(Code::Usage, error).remedy("leave --output out to change the folder itself")
            }
            TreeJobError::NoPlaceAtAll { .. } => Self::of(Code::NoPlace, error)
                .remedy("name the places: --at ADDRESS=VALUE, for example --at config.json#/client_id={client_id}"),
            TreeJobError::Unsound(ref findings) => {
                let findings = findings.clone();
                Self::unsound(findings, error)
            }
            TreeJobError::Web(WebError::Unmakeable { .. }) => {
                Self::of(Code::Artifact, error).remedy("remove the copy, or make such copies after inject has run")
            }
            _ => Self::of(Code::Artifact, error),
        }
    }
}

impl From<FilesError> for Failure {
    fn from(error: FilesError) -> Self {
        match &error {
            FilesError::NoPlace { address, near, .. } => {
                let near = near_place(address, near);
                let failure = Self::of(Code::NoPlace, error);
                let failure = match near {
                    Some(near) => failure.remedy(near),
                    None => failure,
                };
                failure.remedy("or make it: --create")
            }
            FilesError::Address { .. } | FilesError::Conflict { .. } => Self::of(Code::Usage, error),
            _ => Self::of(Code::Artifact, error),
        }
    }
}

/// What may have been meant instead of an address.
fn near_place(address: &Address, near: &[String]) -> Option<String> {
    let name = match &address.target {
        Target::String { name, .. } | Target::Raw { name, .. } | Target::MetaData { name } => name.clone(),
        Target::File { path, .. } => path.to_string(),
        _ => String::new(),
    };
    let near = nearest(&name, near.iter().map(String::as_str)).map(str::to_owned);
    near.or_else(|| suggest::address(&address.to_string())).map(|near| format!("did you mean {near:?}?"))
}

impl Failure {
    /// An output that is not written because of what verification found in it.
    fn unsound(findings: Vec<Finding>, error: impl Into<anyhow::Error>) -> Self {
        let foreign = findings.iter().all(|finding| finding.code == "leak.foreign");
        let failure = Self { findings, ..Self::of(Code::Verification, error) };
        if !foreign {
            return failure;
        }
        failure
            .remedy("name that place too, so that it gets the right value: --at ADDRESS=VALUE, or a preset")
            .remedy("or write it all the same: --gate off")
    }
}

impl From<ApkError> for Failure {
    fn from(error: ApkError) -> Self {
        match &error {
            ApkError::NoPlace { address, near, .. } => {
                // Nothing calls a constant that is made.
                let address_is_dex = matches!(address.target, Target::DexMethod { .. } | Target::DexText { .. });
                let near = near_place(address, near);
                let failure = Self::of(Code::NoPlace, error);
                let failure = match near {
                    Some(near) => failure.remedy(near),
                    None => failure,
                };
                if address_is_dex { failure } else { failure.remedy("or make it: --create") }
            }
            ApkError::Address { .. } | ApkError::Conflict { .. } => Self::of(Code::Usage, error),
            ApkError::Kind(_) => Self::of(Code::Artifact, error)
                .remedy("this version works on APKs and folders; other kinds come with later versions"),
            _ => Self::of(Code::Artifact, error),
        }
    }
}
