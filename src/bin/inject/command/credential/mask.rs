//! `inject credential mask`: tells the CI system that this runs in to hide secrets in the log of the job.
//!
//! The commands that do so hold the secrets: a runner takes them out of its standard output, and shows none of them. Anywhere
//! else they would stand there for everybody.
//!
//! Must not: print anything where no runner reads it.

use std::io::{IsTerminal, Write};

use inject::credentials::ClientSecret;
use inject::embed::{Given, known_values};
use inject::findings::logged;
use zeroize::Zeroizing;

use super::args::Ci;
use crate::carried::{coming, stored};
use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::settings::Settings;
use crate::settings::access::given;
use crate::variables::{self, variable};

/// Runs it.
pub fn run(settings: &Settings, asked: Option<Ci>, out: Output) -> Result<Code, Failure> {
    let ci = runner(asked)?;
    if std::io::stdout().is_terminal() {
        return Err(Failure::usage("standard output is a terminal, where everybody would see the secrets"));
    }
    if out.is_document() {
        return Err(
            Failure::usage("what a runner reads is neither JSON nor SARIF").remedy("leave --json and --format out")
        );
    }
    let secrets = secrets(settings)?;
    let mut lines = Zeroizing::new(String::new());
    let mut count = 0;
    for form in secrets.iter().flat_map(|secret| logged(secret)) {
        let line = Zeroizing::new(command(ci, &form));
        // Full capacity at once: growing would leave copies behind that nobody overwrites.
        if lines.capacity() < lines.len() + line.len() {
            let mut larger = Zeroizing::new(String::with_capacity(2 * lines.len() + line.len()));
            larger.push_str(&lines);
            lines = larger;
        }
        lines.push_str(&line);
        count += 1;
    }
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(lines.as_bytes()).and_then(|()| stdout.flush()).map_err(|e| {
        Failure::of(Code::Artifact, e)
            .during("standard output")
            .remedy("the secrets may not be hidden: do not go on as if they were")
    })?;
    match secrets.len() {
        0 => out.note("no secret is known here yet; mask again when one was obtained"),
        many => out.note(&format!("the log hides {many} secrets from here on, in {count} forms")),
    }
    Ok(Code::Done)
}

/// The CI system that this runs in.
fn runner(asked: Option<Ci>) -> Result<Ci, Failure> {
    let is_true = |name| variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let here = [(Ci::Github, "GITHUB_ACTIONS"), (Ci::Azure, "TF_BUILD")];
    let found = here.iter().find(|(ci, name)| asked.is_none_or(|asked| asked == *ci) && is_true(*name));
    if let Some((ci, _)) = found {
        return Ok(*ci);
    }
    let names: Vec<&str> =
        here.iter().filter(|(ci, _)| asked.is_none_or(|asked| asked == *ci)).map(|(_, name)| *name).collect();
    let failure = Failure::usage(format!("no runner hides anything here: {} is not set to true", names.join(" or ")));
    Err(if is_true("GITLAB_CI") {
        failure.remedy("GitLab hides only variables that are marked as masked in the settings of the project, and nothing at run time")
    } else {
        failure.remedy("run it as a step of GitHub Actions or Azure Pipelines")
    })
}

/// Every secret that this run could come to know without asking anybody.
fn secrets(settings: &Settings) -> Result<Vec<Zeroizing<String>>, Failure> {
    let mut secrets: Vec<Zeroizing<String>> =
        known_values(&stored(settings)?, false).into_iter().map(|known| known.value).collect();
    secrets.extend(coming(settings)?);
    secrets.extend(variable(variables::CLIENT_SECRET).map(|given| Zeroizing::new(given.trim().to_owned())));
    // Without an environment there is no registry to have one.
    if let Ok(chosen) = settings.environment()
        && variable(variables::CLIENT_SECRET).is_none()
        && let Some(given) = given(&chosen)?
    {
        let credential = match given {
            Given::Known(credential, _) => credential,
            Given::Unread(_, error) => return Err(error.into()),
        };
        secrets
            .extend(credential.secret.as_ref().map(|secret| Zeroizing::new(ClientSecret::expose(secret).to_owned())));
    }
    secrets.retain(|secret| !secret.is_empty());
    secrets.sort_by(|one, other| one.as_str().cmp(other.as_str()));
    secrets.dedup();
    Ok(secrets)
}

/// The line that hides a value. Sources: as in `render::lines`.
fn command(ci: Ci, value: &str) -> String {
    match ci {
        Ci::Github => format!("::add-mask::{}\n", value.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")),
        Ci::Azure => {
            format!("##vso[task.setsecret]{}\n", value.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A"))
        }
    }
}
