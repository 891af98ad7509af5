//! GeneXus' own file as the registry: `Library/GAM/OutputParms.json` in the model folder of an environment is what GAM answered
//! when an F5 registered the applications, secrets included. It is read, and says which application has which Client Id; what
//! is not in it GeneXus has to register.
//!
//! With a program it can ask, too: the program gets the paths of an `InputParms.json` and of the `OutputParms.json` that it is
//! to write, as the program that the IDE runs does.
//!
//! * `parms`: the two files as text.
//! * `fault`: what can be wrong with them.
//! * `ask`: running the program.
//!
//! Must not: write into the model folder, or say that something is registered that GAM did not answer.

mod ask;
pub mod fault;
pub mod parms;

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, UNIX_EPOCH};

use zeroize::Zeroizing;

use super::{Application, Capability, Proposal, Registered, Registry, RegistryError, RegistryIdentity, Wanted};
use crate::credential::ledger::Ledger;
use crate::credential::{ClientId, ClientSecret, EnvironmentName};
use crate::format::limits;
use crate::host::file::{FileError, SourceFile};
use crate::host::random::OsRandom;
use crate::host::sharing;
pub use ask::Program;
use fault::Fault;
use parms::{Answer, Problem};

/// Where the file lies in a model folder.
pub const FILE: [&str; 3] = ["Library", "GAM", "OutputParms.json"];

/// What the answer of a program is called in messages: its file is gone by then.
const ANSWER: &str = "the program's answer";

/// How long a file that is being written is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two looks at it.
const PAUSE: Duration = Duration::from_millis(100);

/// Which file, and for whom.
#[derive(Debug)]
pub struct Config {
    /// The model folder.
    pub model: PathBuf,
    /// What the model folder is called in the identity: it must be the same wherever it is asked from.
    pub called: String,
    /// The environment, for messages.
    pub environment: EnvironmentName,
    /// The program that registers, where there is one.
    pub program: Option<Program>,
}

/// The registry.
#[derive(Debug)]
pub struct Genexus {
    identity: RegistryIdentity,
    file: PathBuf,
    environment: EnvironmentName,
    program: Option<Program>,
}

/// What the file holds, without a secret.
#[derive(Debug)]
#[non_exhaustive]
pub struct Holding {
    /// The file.
    pub file: PathBuf,
    /// When it was written, in seconds since 1970.
    pub written: Option<u64>,
    /// Name, Client Id, and whether there is a secret; in the order of the file.
    pub applications: Vec<(String, String, bool)>,
    /// Client Ids that several entries have, which GAM allows.
    pub shared_ids: Vec<String>,
}

impl Genexus {
    /// Over the file of a model folder.
    pub fn new(config: Config) -> Self {
        let Config { model, called, environment, program } = config;
        let file = FILE.iter().fold(model, |path, name| path.join(name));
        Self { identity: RegistryIdentity(format!("genexus:{called}")), file, environment, program }
    }

    /// What the file holds.
    pub fn holding(&self) -> Result<Holding, RegistryError> {
        let (answer, written) = self.read().map_err(|fault| self.error(fault))?;
        Ok(Holding {
            file: self.file.clone(),
            written,
            applications: answer
                .applications
                .iter()
                .map(|listed| (parms::shown(&listed.name), parms::shown(&listed.client_id), listed.has_secret()))
                .collect(),
            shared_ids: answer.shared_ids().into_iter().map(parms::shown).collect(),
        })
    }

    fn error(&self, fault: Fault) -> RegistryError {
        RegistryError::Genexus { registry: self.identity.clone(), fault: Box::new(fault) }
    }

    /// What GAM answered at the last F5, and when that was written.
    fn read(&self) -> Result<(Answer, Option<u64>), Fault> {
        let (answer, written) = read(&self.file, &[])?;
        match answer.refused {
            Some(words) => Err(Fault::Refused { file: self.file.clone(), words }),
            None => Ok((answer, written)),
        }
    }

    /// Likewise; nothing where there is a program to ask instead.
    fn read_or_ask(&self) -> Result<Option<Answer>, Fault> {
        match self.read() {
            Ok((answer, _)) => Ok(Some(answer)),
            Err(Fault::Missing { .. } | Fault::Refused { .. }) if self.program.is_some() => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// What an answer, which came from `file`, has for an application. It must be what was asked for: Client Id and name lead to one entry.
    fn pick(
        answer: &Answer,
        file: &Path,
        application: &Application,
        known: Option<&ClientId>,
    ) -> Result<Option<Registered>, Fault> {
        let by_id = known.map(|id| answer.by_id(id)).transpose()?.flatten();
        // Several of one name are told apart by the Client Id.
        let by_name = match answer.by_name(application) {
            Err(Fault::Ambiguous { ids, .. }) if known.is_some_and(|id| ids.iter().any(|of| of == id.as_str())) => None,
            other => other?,
        };
        if let (Some(known), Some(named)) = (known, by_name)
            && named.client_id != known.as_str()
        {
            return Err(Fault::Disagree {
                application: application.name.clone(),
                known: known.clone(),
                owner: by_id.map(|owner| parms::shown(&owner.name)),
                listed: parms::shown(&named.client_id),
                file: file.to_owned(),
            });
        }
        by_id.or(by_name).map(parms::Listed::registered).transpose()
    }

    fn not_listed(&self, application: &Application, answer: &Answer) -> Fault {
        Fault::NotListed {
            application: application.name.clone(),
            environment: self.environment.clone(),
            file: self.file.clone(),
            listed: answer.shown(),
        }
    }

    fn no_secret(&self, file: &Path, application: &Application, id: &ClientId) -> Fault {
        Fault::NoSecret {
            application: application.name.clone(),
            id: id.clone(),
            environment: self.environment.clone(),
            file: file.to_owned(),
        }
    }

    /// Why a registration would fail.
    fn foresee(&self, application: &Application, known: Option<&ClientId>, wants_secret: bool) -> Result<(), Fault> {
        let Some(answer) = self.read_or_ask()? else { return Ok(()) };
        match Self::pick(&answer, &self.file, application, known)? {
            None if self.program.is_none() => Err(self.not_listed(application, &answer)),
            Some(found) if wants_secret && found.secret.is_none() && self.program.is_none() => {
                Err(self.no_secret(&self.file, application, &found.id))
            }
            _ => Ok(()),
        }
    }

    fn registered(&self, wanted: &Wanted<'_>) -> Result<Registered, Fault> {
        let (known, proposed) = match wanted.proposal {
            Proposal::Known(id) => (Some(id), id),
            Proposal::Fresh(id) => (None, id),
        };
        let wants_secret = wanted.wants_secret && wanted.secret.is_none();
        let answer = self.read_or_ask()?;
        let found = match &answer {
            Some(answer) => Self::pick(answer, &self.file, wanted.application, known)?,
            None => None,
        };
        let Some(program) = &self.program else {
            return match (found, answer) {
                (Some(found), _) if wants_secret && found.secret.is_none() => {
                    Err(self.no_secret(&self.file, wanted.application, &found.id))
                }
                (Some(found), _) => Ok(found),
                (None, Some(answer)) => Err(self.not_listed(wanted.application, &answer)),
                (None, None) => Err(Fault::Missing { file: self.file.clone() }),
            };
        };
        if let Some(found) = found.filter(|found| !wanted.refresh && (found.secret.is_some() || !wants_secret)) {
            return Ok(found);
        }
        // What GAM holds is never reset: it is sent a secret only when it has answered that there is none.
        let first = Self::asked(program, wanted, proposed, None)?;
        if !wanted.wants_secret || first.secret.is_some() {
            return Ok(first);
        }
        let made = match wanted.secret {
            Some(_) => None,
            None => Some(ClientSecret::generate(&mut OsRandom).map_err(|error| Fault::Program(error.to_string()))?),
        };
        let second = Self::asked(program, wanted, &first.id, wanted.secret.or(made.as_ref()))?;
        if wants_secret && second.secret.is_none() {
            return Err(self.no_secret(Path::new(ANSWER), wanted.application, &second.id));
        }
        Ok(Registered { existed: first.existed, ..second })
    }

    /// What the program answers about an application, under `id` where that is nobody's yet. It must be what was asked for; an
    /// id that was just made gives way to the one that the name has.
    fn asked(
        program: &Program,
        wanted: &Wanted<'_>,
        id: &ClientId,
        secret: Option<&ClientSecret>,
    ) -> Result<Registered, Fault> {
        let answer = program.ask(&wanted.application.name, id, secret)?;
        let has_it = answer.by_id(id)?.is_some();
        let is_known = matches!(wanted.proposal, Proposal::Known(_));
        let found = Self::pick(&answer, Path::new(ANSWER), wanted.application, (has_it || is_known).then_some(id))?;
        let found = found.ok_or_else(|| {
            let (name, there) = (&wanted.application.name, answer.shown().join(", "));
            Fault::Program(format!("the program answered without {name} ({id}); there: {there}"))
        })?;
        Ok(Registered { existed: is_known || !has_it, ..found })
    }
}

impl Registry for Genexus {
    fn identity(&self) -> &RegistryIdentity {
        &self.identity
    }

    fn capability(&self) -> Capability {
        Capability::GetOrCreate
    }

    fn find(&mut self, application: &Application, id: Option<&ClientId>) -> Result<Option<Registered>, RegistryError> {
        let find = || {
            let Some(answer) = self.read_or_ask()? else { return Ok(None) };
            let found = match id.map(|id| answer.by_id(id)).transpose()?.flatten() {
                Some(found) => Some(found),
                None => answer.by_name(application)?,
            };
            found.map(parms::Listed::registered).transpose()
        };
        find().map_err(|fault| self.error(fault))
    }

    fn foresee(
        &mut self,
        application: &Application,
        known: Option<&ClientId>,
        wants_secret: bool,
    ) -> Result<(), RegistryError> {
        Self::foresee(self, application, known, wants_secret).map_err(|fault| self.error(fault))
    }

    fn register(&mut self, wanted: &Wanted<'_>, _: &mut dyn Ledger) -> Result<Registered, RegistryError> {
        self.registered(wanted).map_err(|fault| self.error(fault))
    }

    fn replace_secret(&mut self, _: &Application, _: &ClientId, _: &ClientSecret) -> Result<Registered, RegistryError> {
        let why = "GeneXus' file is only read; change it in GAM's backend (Applications), press F5 so that the file has it, \
                   then: inject register --take registry";
        Err(RegistryError::Unsupported { registry: self.identity.clone(), what: "replace a secret", why })
    }

    fn revoke(&mut self, _: &Application, _: &ClientId, _: &mut dyn Ledger) -> Result<bool, RegistryError> {
        let why =
            "GeneXus' file is only read; revoke it in GAM's backend (Applications), then: inject credential forget";
        Err(RegistryError::Unsupported { registry: self.identity.clone(), what: "revoke an application", why })
    }
}

/// Reads such a file; one that is just being written is waited for. Of `secrets` none is repeated.
fn read(path: &Path, secrets: &[&str]) -> Result<(Answer, Option<u64>), Fault> {
    let until = Instant::now() + PATIENCE;
    loop {
        match attempt(path, secrets) {
            Err((_, true)) if Instant::now() < until => std::thread::sleep(PAUSE),
            done => return done.map_err(|(fault, _)| fault),
        }
    }
}

/// Reads it once. The error says whether another look may help.
#[allow(clippy::wildcard_enum_match_arm, reason = "kinds of io::Error, of which some are told apart")]
fn attempt(path: &Path, secrets: &[&str]) -> Result<(Answer, Option<u64>), (Fault, bool)> {
    let file = path.to_owned();
    let (bytes, written) = content(path).map_err(|error| match error.source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => (Fault::Missing { file: file.clone() }, false),
        io::ErrorKind::UnexpectedEof => {
            (Fault::Unfinished { file: file.clone(), problem: "it became shorter while it was read".to_owned() }, true)
        }
        _ => {
            // It was waited for; who writes may need longer.
            let held = sharing::is_sharing_violation(&error.source);
            let problem = format!("cannot {} it: {}", error.operation, error.source);
            let fault = if held {
                Fault::Unfinished { file: file.clone(), problem }
            } else {
                Fault::Unreadable { file: file.clone(), problem }
            };
            (fault, held)
        }
    })?;
    let answer = Answer::parse(&bytes, secrets).map_err(|problem| {
        let Problem { text: problem, unfinished, passing } = problem;
        let fault = if unfinished { Fault::Unfinished { file, problem } } else { Fault::Unreadable { file, problem } };
        (fault, passing)
    })?;
    Ok((answer, written))
}

/// The bytes of a regular file within the limit, and when it was written.
fn content(path: &Path) -> Result<(Zeroizing<Vec<u8>>, Option<u64>), FileError> {
    let file = SourceFile::open(path)?;
    if file.size() > limits::GAM_PARAMETERS_BYTES {
        let problem = format!("it has more than {} bytes", limits::GAM_PARAMETERS_BYTES);
        return Err(FileError::on("read", path)(io::Error::new(io::ErrorKind::FileTooLarge, problem)));
    }
    let mut bytes = Zeroizing::new(vec![0; usize::try_from(file.size()).unwrap_or(0)]);
    file.read_exact_at(&mut bytes, 0).map_err(FileError::on("read", path))?;
    let written = file.metadata().modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    Ok((bytes, written.map(|since| since.as_secs())))
}
