//! Which application an artifact belongs to: `--app`, else its id, else the main object whose metadata it is.
//!
//! Must not: look into an artifact.

use inject::job::Inspected;
use inject::registry::Application;

use super::config::App;
use super::{Settings, application};
use crate::exit::{Code, Failure};

/// The application of an artifact.
#[derive(Debug)]
pub struct Owner<'s> {
    /// The application.
    pub application: Application,
    /// Its settings, where it has some.
    pub app: Option<&'s App>,
    /// The main objects that the artifact has.
    mains: Vec<String>,
}

impl Settings {
    /// The application of an artifact.
    pub fn owner(&self, inspected: &Inspected, flag: Option<&str>) -> Result<Owner<'_>, Failure> {
        let mains = inspected.mains().to_vec();
        let (application, app) = match (flag, inspected.id()) {
            (Some(name), _) => self.named_app(name)?,
            (None, Some(id)) => self.app_of(id)?,
            (None, None) => self.app_of_mains(&mains)?,
        };
        Ok(Owner { application, app, mains })
    }

    /// The application that has the name of a main object.
    fn app_of_mains(&self, mains: &[String]) -> Result<(Application, Option<&App>), Failure> {
        let apps: Vec<&App> = self.config.iter().flat_map(|config| config.apps.values()).collect();
        let named = |app: &&App| mains.iter().any(|main| is_called(main, &[&app.name, &app.id]));
        let fitting: Vec<&App> = apps.iter().copied().filter(named).collect();
        match (fitting.as_slice(), apps.as_slice(), mains) {
            ([app], _, _) | ([], [app], [] | [_]) => Ok((application(app), Some(app))),
            ([], [], [main]) => Ok((Application { id: main.clone(), name: main.clone() }, None)),
            ([], [], []) => Err(Failure::usage("which application? a folder of files does not say")
                .remedy("name it: --app NAME, the package id of the application or another name for it")),
            _ => Err(Failure::usage(format!("which application? this is the metadata of {}", mains.join(", ")))
                .remedy("say which: --app NAME")
                .remedy("or write the main object's name in inject.toml: name = \"...\" in [app.KEY]")),
        }
    }
}

impl Owner<'_> {
    /// The main object of the application.
    pub fn main(&self) -> Result<String, Failure> {
        let names = [self.application.name.as_str(), self.application.id.as_str()];
        let called = self.mains.iter().find(|main| is_called(main, &names));
        match (called, self.mains.as_slice()) {
            (Some(main), _) | (None, [main]) => Ok(main.clone()),
            (None, []) => Err(Failure::new(Code::NoPlace, "there is no list of main objects (sdapps.json)")
                .remedy("name the places: --at ADDRESS=VALUE")),
            (None, mains) => Err(Failure::usage(format!(
                "this is the metadata of {}; none of them is called {}",
                mains.join(", "),
                self.application.name
            ))
            .remedy("say which: --app NAME")
            .remedy("or write the main object's name in inject.toml: name = \"...\" in [app.KEY]")),
        }
    }
}

/// Names of objects are the same in any case.
fn is_called(main: &str, names: &[&str]) -> bool {
    names.iter().any(|name| name.to_lowercase() == main.to_lowercase())
}
