//! The presets of a run: those of `inject.toml` and those that are shipped.
//!
//! Must not: look into an artifact.

use std::collections::BTreeMap;

use inject::place::Preset;

use crate::exit::{Code, Failure};
use crate::suggest::nearest;

/// The presets that can be named.
#[derive(Debug, Clone, Copy)]
pub struct Presets<'c> {
    own: Option<&'c BTreeMap<String, Preset>>,
}

impl<'c> Presets<'c> {
    /// The shipped ones, and those of a configuration.
    pub fn new(own: Option<&'c BTreeMap<String, Preset>>) -> Self {
        Self { own }
    }

    /// Every name.
    pub fn names(self) -> Vec<&'c str> {
        let mut names: Vec<&str> = self.own.into_iter().flat_map(BTreeMap::keys).map(String::as_str).collect();
        for name in Preset::names() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// A preset by name. One of the configuration hides a shipped one.
    pub fn get(self, name: &str) -> Result<Preset, Failure> {
        if let Some(own) = self.own.and_then(|own| own.get(name)) {
            return Ok(own.clone());
        }
        match Preset::shipped(name) {
            Some(preset) => preset.map_err(|e| Failure::of(Code::Internal, e)),
            None => {
                let failure = Failure::usage(format!("unknown preset {name:?}"));
                Err(match nearest(name, self.names()) {
                    Some(near) => failure.remedy(format!("did you mean {near:?}?")),
                    None => failure.remedy(format!("known: {}", self.names().join(", "))),
                })
            }
        }
    }
}
