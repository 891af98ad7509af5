//! What to do about errors of the main job, and their exit codes.
//!
//! Must not: exit; `main` does.

use inject::embed::{AppError, EmbedError, PinError, PlacesError, SourceError};

use super::{Code, Failure, MAKE};
use crate::suggest::nearest;

impl From<EmbedError> for Failure {
    fn from(error: EmbedError) -> Self {
        match error {
            EmbedError::About { path, error } => Self::from(*error).about(&path),
            EmbedError::Job(error) => error.into(),
            EmbedError::NoPlace { error, hint, create } => {
                let mut failure = Self::from(error);
                // It was asked for, and is not to be had.
                failure.remedies.retain(|remedy| !create || remedy != MAKE);
                failure.remedies.extend(hint);
                failure
            }
            EmbedError::NoSuchMain { .. } => {
                let text = error.to_string();
                let EmbedError::NoSuchMain { error, .. } = error else { return Self::undecided(error) };
                Self { remedies: Self::from(error).remedies, ..Self::usage(text) }
            }
            EmbedError::App(error) => error.into(),
            EmbedError::Places(error) => error.into(),
            EmbedError::Name(error) => Self::of(Code::Usage, error),
            EmbedError::Obtain(error) => error.into(),
            EmbedError::Source(error) => error.into(),
            EmbedError::Template(error) => Self::of(Code::Usage, error),
            EmbedError::NoSecretPlace(ref environment) => {
                let omit = format!("or leave it out of this environment: secret = \"omit\" in [env.{environment}]");
                Self::of(Code::NoPlace, error)
                    .remedy("name its place too: --at ADDRESS={client_secret}")
                    .remedy(omit)
                    .remedy("or accept it: --partial")
            }
            EmbedError::NotRelease { .. } => Self::of(Code::Verification, error).remedy("build the release variant"),
            EmbedError::Pin(error) => error.into(),
            EmbedError::Became(_) => Self::of(Code::Artifact, error),
            EmbedError::NoCredential(_) => Self::of(Code::Registry, error),
            EmbedError::Receipt(error) => error.into(),
            EmbedError::File(error) => Self::of(Code::Artifact, error),
            _ => Self::undecided(error),
        }
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        match error.downcast::<Self>() {
            Ok(failure) => *failure,
            Err(other) => Self::undecided(anyhow::anyhow!(other)),
        }
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        let known = |name: &str, known: &[String], keys: &[String]| match nearest(
            name,
            keys.iter().chain(known).map(String::as_str),
        ) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("add [app.NAME] with id = {name:?} to inject.toml"),
        };
        let (code, remedies) = match &error {
            AppError::Unknown { name, known: ids, keys } => (Code::Usage, vec![known(name, ids, keys)]),
            AppError::UnknownId { id, known: ids, keys } => {
                (Code::Usage, vec![known(id, ids, keys), "or say which one it is: --app APP".to_owned()])
            }
            AppError::NoneListed => (Code::Usage, vec!["name it: its package id".to_owned()]),
            AppError::SeveralListed(_) => (Code::Usage, vec!["name one of them".to_owned()]),
            AppError::SourceTree(source_tree) => {
                let build = source_tree.remedies().into_iter().map(str::to_owned);
                let name =
                    "or, to change files of the source itself, name it: --app NAME, and the places: --at ADDRESS=VALUE";
                (Code::Artifact, build.chain([name.to_owned()]).collect())
            }
            AppError::Folder => (
                Code::Usage,
                vec!["name it: --app NAME, the package id of the application or another name for it".to_owned()],
            ),
            AppError::SeveralMains(_) => (
                Code::Usage,
                vec![
                    "say which: --app NAME".to_owned(),
                    "or write the main object's name in inject.toml: name = \"...\" in [app.KEY]".to_owned(),
                ],
            ),
            AppError::SeveralStored { environment, stored } => {
                let forget = |name: &str| format!("inject credential forget --app {name} --env {environment}");
                let (one, id) = stored.first().map_or(("", None), |(name, id)| (name.as_str(), Some(id)));
                let other = stored.iter().find(|(_, other)| Some(other) != id).map_or("", |(name, _)| name.as_str());
                let keep = "keep the one that shipped apps carry, and forget the other";
                (Code::Conflict, vec![format!("{keep}: {}", forget(other)), format!("or {}", forget(one))])
            }
            _ => return Self::undecided(error),
        };
        Self { remedies, ..Self::of(code, error) }
    }
}

impl From<PlacesError> for Failure {
    fn from(error: PlacesError) -> Self {
        match error {
            PlacesError::Twice(at) => {
                Self::usage(format!("--at {at} is given twice, with different values")).remedy("keep one of them")
            }
            PlacesError::UnknownPreset { ref name, ref known } => {
                let remedy = match nearest(name, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean {near:?}?"),
                    None => format!("known: {}", known.join(", ")),
                };
                Self::of(Code::Usage, error).remedy(remedy)
            }
            PlacesError::Preset(error) => Self::of(Code::Internal, error),
            PlacesError::NoneFits { .. } => Self::of(Code::NoPlace, error)
                .remedy("name the preset all the same (--preset), or the places: --at ADDRESS=VALUE"),
            PlacesError::SeveralFit(_) => Self::of(Code::NoPlace, error)
                .remedy("say which: --preset NAME (repeatable), or preset = [...] in inject.toml"),
            PlacesError::Template { .. } => Self::of(Code::Usage, error),
            PlacesError::Job(error) => error.into(),
            _ => Self::undecided(error),
        }
    }
}

impl From<PinError> for Failure {
    fn from(error: PinError) -> Self {
        match &error {
            PinError::Unsigned(environment) => {
                Self::new(Code::Signing, format!("{environment} pins its signer, and --unsigned asks for none"))
            }
            PinError::None(_) => Self::of(Code::Signing, error),
            PinError::Other { environment, .. } => {
                let remedy = format!("give that key, or correct signer in [env.{environment}]");
                Self::of(Code::Signing, error).remedy(remedy)
            }
            PinError::Kept { environment, .. } => {
                let remedy = format!("sign it with that key first, or correct signer in [env.{environment}]");
                Self::of(Code::Signing, error).remedy(remedy)
            }
            _ => Self::undecided(error),
        }
    }
}
