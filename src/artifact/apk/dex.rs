//! String constants in the package's dex files: which ones an address means, and new dex files with other ones.
//!
//! Must not: guess. Where several constants reach a method, the address has to say which one.

use std::collections::{BTreeMap, BTreeSet};

use super::spot::Slot;
use super::{Apk, ApkError, Contents, Found, Spot};
use crate::format::dex::{self, Argument, Dex, DexEdit, DexError, Passed};
use crate::format::read_at::ReadAt;
use crate::placement::{Address, Target};

/// Calls that are listed in a message.
const LISTED: usize = 20;

/// Where a string constant is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Constant {
    /// What one call passes.
    Passed(Passed),
    /// Every constant with this text.
    Text(String),
}

/// What reaches a method, over all dex files.
#[derive(Default)]
struct Reaching {
    /// What calls pass, in their order; a call that several methods share once.
    found: Vec<Found>,
    /// Who passes them, for messages.
    callers: Vec<String>,
    /// Calls that pass something else, for messages.
    unknown: Vec<String>,
}

impl<S: ReadAt + ?Sized> Apk<'_, S> {
    /// The constants that an address means. They are not shown in errors: they may be secrets.
    pub(super) fn look_into_dex(&self, address: &Address) -> Result<Vec<Found>, ApkError> {
        match &address.target {
            Target::DexMethod { method, index } => {
                let reaching = self.reaching(address, method)?;
                if let Some(index) = index {
                    let wanted = usize::try_from(*index).ok().and_then(|index| reaching.found.into_iter().nth(index));
                    return Ok(wanted.into_iter().collect());
                }
                let different: BTreeSet<&[String]> =
                    reaching.found.iter().map(|found| found.values.as_slice()).collect();
                if different.len() > 1 {
                    let problem = format!(
                        "{} different constants reach this method: {}; name its class (dex/Lpkg/Class;->method) or one of \
                         them (dex/{method}[0])",
                        different.len(),
                        list(&reaching.callers)
                    );
                    return Err(ApkError::Address { address: Box::new(address.clone()), problem });
                }
                Ok(reaching.found)
            }
            Target::DexText { text } => {
                let mut found = Vec::new();
                for entry in self.dex_entries() {
                    let content = self.content(&entry)?.unwrap_or_default();
                    // The text may also be a name only, which is not to change.
                    let same = DexEdit { target: dex::Target::Value(text.clone()), value: text.clone() };
                    match dex::edit(&content, &[same]) {
                        Ok(_) => {
                            let constant = Constant::Text(text.clone());
                            found.push(found_constant(address, &entry, constant, vec![text.clone()]));
                        }
                        Err(DexError::NotFound { .. }) => {}
                        Err(source) => return Err(ApkError::Dex { entry, source }),
                    }
                }
                Ok(found)
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Whether a constant reaches the method of an address, however many there are.
    pub(super) fn has_in_dex(&self, address: &Address) -> Result<bool, ApkError> {
        match &address.target {
            Target::DexMethod { method, index: None } => Ok(!self.reaching(address, method)?.found.is_empty()),
            _ => Ok(!self.look_into_dex(address)?.is_empty()),
        }
    }

    /// Why nothing is at an address in the dex files.
    pub(super) fn not_in_dex(&self, address: &Address) -> Result<String, ApkError> {
        let Target::DexMethod { method, index } = &address.target else {
            let problem = "no string constant has this text; a text that was replaced is no longer there, so address a \
                           constant by the method it is passed to where the package is injected again";
            return Ok(problem.to_owned());
        };
        let Reaching { found, callers, unknown } = self.reaching(address, method)?;
        Ok(match (index, found.is_empty(), unknown.is_empty()) {
            (Some(_), false, _) => format!("{} constants reach this method: {}", found.len(), list(&callers)),
            (_, _, true) => "no call of this method passes a string".to_owned(),
            (_, _, false) => format!("no call of this method passes a string constant: {}", list(&unknown)),
        })
    }

    /// Whether what calls pass can change for these calls alone: refused before there is a value.
    pub(super) fn check_dex(&self, spots: &[Spot]) -> Result<(), ApkError> {
        let mut places: Vec<&Address> = Vec::new();
        let mut entries: BTreeMap<&str, Vec<(Passed, usize)>> = BTreeMap::new();
        for spot in spots {
            if let Slot::Dex(Constant::Passed(passed)) = &spot.slot {
                let place = place_of(&mut places, &spot.address);
                entries.entry(&spot.entry).or_default().push((*passed, place));
            }
        }
        for (entry, passed) in entries {
            let content = self.content(entry)?.unwrap_or_default();
            dex::check_passed(&content, &passed).map_err(|source| {
                let call = match &source {
                    DexError::Shared { offset, .. } => *offset,
                    _ => return ApkError::Dex { entry: entry.to_owned(), source },
                };
                let number = passed.iter().find(|(passed, _)| passed.call == call).map_or(0, |(_, place)| *place);
                match places.get(number) {
                    Some(address) => ApkError::Address {
                        address: Box::new((*address).clone()),
                        problem: format!("{entry}: {source}"),
                    },
                    None => ApkError::Dex { entry: entry.to_owned(), source },
                }
            })?;
        }
        Ok(())
    }

    /// The dex files with other constants.
    pub(super) fn change_dex(
        &self,
        contents: &mut Contents,
        edits: BTreeMap<&str, Vec<DexEdit>>,
    ) -> Result<(), ApkError> {
        for (entry, edits) in edits {
            let content = self.content(entry)?.unwrap_or_default();
            let in_dex = |source| ApkError::Dex { entry: entry.to_owned(), source };
            contents.insert(entry.to_owned(), dex::edit(&content, &edits).map_err(in_dex)?);
        }
        Ok(())
    }

    fn reaching(&self, address: &Address, method: &str) -> Result<Reaching, ApkError> {
        let mut reaching = Reaching::default();
        for entry in self.dex_entries() {
            let content = self.content(&entry)?.unwrap_or_default();
            let in_dex = |source: DexError| ApkError::Dex { entry: entry.clone(), source };
            let mut constants = Vec::new();
            for dex in Dex::all(&content).map_err(in_dex)? {
                constants.extend(dex.constants_to(method).map_err(in_dex)?);
            }
            for constant in constants {
                let caller = format!("{}->{} in {entry}", constant.caller.class, constant.caller.name);
                match constant.value {
                    Argument::Unknown { why } => reaching.unknown.push(format!("{caller}, where {why}")),
                    Argument::Constants(loads) => {
                        let mut values: Vec<String> = Vec::new();
                        for load in loads {
                            values.extend(Some(load.text).filter(|text| !values.contains(text)));
                        }
                        let found = found_constant(address, &entry, Constant::Passed(constant.passed), values);
                        // Several methods may share one code.
                        if !reaching.found.contains(&found) {
                            reaching.callers.push(format!("[{}] {caller}", reaching.found.len()));
                            reaching.found.push(found);
                        }
                    }
                }
            }
        }
        Ok(reaching)
    }

    /// `classes.dex`, `classes2.dex` and so on: what Android loads, in its order.
    fn dex_entries(&self) -> Vec<String> {
        let number = |name: &str| {
            let middle = name.strip_prefix("classes")?.strip_suffix(".dex")?;
            if middle.is_empty() { Some(1) } else { middle.parse::<u32>().ok().filter(|&number| number > 1) }
        };
        let names = self.archive.entries().iter().filter_map(|entry| std::str::from_utf8(entry.name()).ok());
        let mut numbered: Vec<(u32, String)> =
            names.filter_map(|name| Some((number(name)?, name.to_owned()))).collect();
        numbered.sort();
        numbered.into_iter().map(|(_, name)| name).collect()
    }
}

/// The number of an address: calls of one place may share a constant.
pub(super) fn place_of<'a>(places: &mut Vec<&'a Address>, address: &'a Address) -> usize {
    places.iter().position(|known| *known == address).unwrap_or_else(|| {
        places.push(address);
        places.len().saturating_sub(1)
    })
}

fn found_constant(address: &Address, entry: &str, constant: Constant, values: Vec<String>) -> Found {
    let slot = Slot::Dex(constant);
    let spot = Spot { address: address.clone(), entry: entry.to_owned(), missing: false, slot };
    Found { spot, values }
}

fn list(texts: &[String]) -> String {
    let shown = texts.iter().take(LISTED).cloned().collect::<Vec<_>>().join("; ");
    match texts.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}
