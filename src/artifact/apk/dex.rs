//! String constants in the package's dex files: which ones an address means, and new dex files with other ones.
//!
//! Must not: guess. Where several constants reach a method, the address has to say which one.

use std::collections::{BTreeMap, BTreeSet};

use zeroize::Zeroizing;

use super::module::is_dex;
use super::spot::{Constant, Slot};
use super::{Apk, ApkError, Contents, Found, Spot};
use crate::artifact::list;
use crate::format::art_profile;
use crate::format::dex::{self, Argument, Classes, Dex, DexEdit, DexError, Passed, Site, Source};
use crate::format::read_at::ReadAt;
use crate::placement::{Address, Target};

/// Entries that hold a profile of the code: of a package, and of a bundle, whose profile bundletool puts there.
const PROFILES: [&str; 2] =
    ["assets/dexopt/baseline.prof", "BUNDLE-METADATA/com.android.tools.build.profiles/baseline.prof"];
/// Entries that sign the code (<https://developer.android.com/guide/app-bundle/code-transparency>).
const TRANSPARENCY: [&str; 2] = [
    "META-INF/code_transparency_signed.jwt",
    "BUNDLE-METADATA/com.android.tools.build.bundletool/code_transparency_signed.jwt",
];

/// What reaches a method, over all dex files.
#[derive(Default)]
struct Reaching {
    /// What calls pass, in their order; a call that several methods share once.
    found: Vec<Found>,
    /// Who passes them, for messages.
    callers: Vec<String>,
    /// Calls that pass something else, for messages.
    unknown: Vec<String>,
    /// Why a class has to be named, where it has.
    classes: Option<String>,
    /// Why the parameter has to be named, where it has.
    parameters: Option<String>,
}

/// What is behind calls that pass no constant themselves: the constants, and whose each is, for messages; or why they cannot
/// change for these calls.
type Traced = Result<Vec<(Found, String)>, String>;

/// What calls of a method pass.
#[derive(Default)]
pub struct Passing {
    /// The constants, each with its values; they may be secrets.
    pub constants: Vec<Vec<Zeroizing<String>>>,
    /// Calls whose value is not known, in words.
    pub unknown: Vec<String>,
}

/// The checksums of dex files that changed, the old one and the new one each, and what a person should know of it.
type Followed = (Vec<(u32, u32)>, Vec<String>);

impl<S: ReadAt + ?Sized> Apk<'_, S> {
    /// The constants that an address means. They are not shown in errors: they may be secrets.
    pub(super) fn look_into_dex(&self, address: &Address, partial: bool) -> Result<Vec<Found>, ApkError> {
        match &address.target {
            Target::DexMethod { method, parameter, index } => {
                let reaching = self.reaching(address, method, *parameter)?;
                let refused = |problem| Err(ApkError::Refused { address: Box::new(address.clone()), problem });
                if let Some(problem) = reaching.parameters {
                    return refused(problem);
                }
                if let Some(index) = index {
                    let index = usize::try_from(*index).unwrap_or(usize::MAX);
                    let others = reaching.callers.iter().enumerate().filter(|(number, _)| *number != index);
                    let left: Vec<String> =
                        others.map(|(_, caller)| caller).chain(&reaching.unknown).cloned().collect();
                    let wanted = reaching.found.into_iter().nth(index);
                    return Ok(wanted.map(|found| Found { left: calls_left(&left), ..found }).into_iter().collect());
                }
                if reaching.found.is_empty() {
                    return Ok(reaching.found);
                }
                if let Some(problem) = reaching.classes {
                    return refused(problem);
                }
                let different: BTreeSet<&[String]> =
                    reaching.found.iter().map(|found| found.values.as_slice()).collect();
                if different.len() > 1 {
                    let callers = list(&reaching.callers);
                    let unknown = match reaching.unknown.as_slice() {
                        [] => String::new(),
                        unknown => format!("; and what is not known: {}", list(unknown)),
                    };
                    return refused(format!(
                        "{} different constants reach this method: {callers}{unknown}; name its class (dex/Lpkg/Class;->method) or one of \
                         them (dex/{method}[0])",
                        different.len(),
                    ));
                }
                if partial {
                    let left = calls_left(&reaching.unknown);
                    let mut found = reaching.found;
                    if let Some(first) = found.first_mut() {
                        first.left = left;
                    }
                    return Ok(found);
                }
                if !reaching.unknown.is_empty() {
                    let problem = format!(
                        "not every call of this method passes a string constant: {}; change the source so that these do, or \
                         name the calls that are meant by number: {}; or accept that the others keep theirs: --partial",
                        list(&reaching.unknown),
                        list(&reaching.callers)
                    );
                    return refused(problem);
                }
                Ok(reaching.found)
            }
            Target::DexText { text } => {
                let mut found = Vec::new();
                for entry in self.dex_entries() {
                    let content = self.content(&entry)?.unwrap_or_default();
                    // The text may also be a name only, which is not to change.
                    let same =
                        DexEdit { target: dex::Target::Value(text.sought().into()), value: text.sought().into() };
                    match dex::edit(&content, &[same]) {
                        Ok(_) => {
                            let constant = Constant::Text(text.sought().into());
                            found.push(found_constant(address, &entry, constant, vec![text.sought().to_owned()]));
                        }
                        Err(DexError::NotFound { .. }) => {}
                        Err(source) => return Err(ApkError::Dex { entry, source }),
                    }
                }
                Ok(found)
            }
            Target::String { .. }
            | Target::Resource { .. }
            | Target::MetaData { .. }
            | Target::IntentFilter { .. }
            | Target::SigningBlock { .. }
            | Target::File { .. } => Ok(Vec::new()),
        }
    }

    /// Whether it has code.
    pub fn has_code(&self) -> bool {
        !self.dex_entries().is_empty()
    }

    /// What calls of an address's method pass, where it means all of them: the constants, each with its values, and the calls whose
    /// value is not known. For whoever compares packages that are one program.
    pub fn passed(&self, address: &Address) -> Result<Passing, ApkError> {
        match &address.target {
            Target::DexMethod { method, parameter, index: None } => {
                let Reaching { found, unknown, .. } = self.reaching(address, method, *parameter)?;
                let constants = found.into_iter().map(|found| found.values.into_iter().map(Zeroizing::new).collect());
                Ok(Passing { constants: constants.collect(), unknown })
            }
            Target::String { .. }
            | Target::Resource { .. }
            | Target::MetaData { .. }
            | Target::IntentFilter { .. }
            | Target::DexMethod { .. }
            | Target::DexText { .. }
            | Target::SigningBlock { .. }
            | Target::File { .. } => Ok(Passing::default()),
        }
    }

    /// Whether a constant reaches the method of an address, however many there are.
    pub(super) fn has_in_dex(&self, address: &Address) -> Result<bool, ApkError> {
        match &address.target {
            Target::DexMethod { method, parameter, index: None } => {
                Ok(!self.reaching(address, method, *parameter)?.found.is_empty())
            }
            Target::String { .. }
            | Target::Resource { .. }
            | Target::MetaData { .. }
            | Target::IntentFilter { .. }
            | Target::DexMethod { .. }
            | Target::DexText { .. }
            | Target::SigningBlock { .. }
            | Target::File { .. } => Ok(!self.look_into_dex(address, true)?.is_empty()),
        }
    }

    /// Why nothing is at an address in the dex files.
    pub(super) fn not_in_dex(&self, address: &Address) -> Result<String, ApkError> {
        let problem = if let Target::DexMethod { method, parameter, index } = &address.target {
            let Reaching { found, callers, unknown, .. } = self.reaching(address, method, *parameter)?;
            match (index, found.is_empty(), unknown.is_empty()) {
                (Some(_), false, _) => format!("{} constants reach this method: {}", found.len(), list(&callers)),
                (_, _, true) if parameter.is_some() => "no call of this method passes a string there".to_owned(),
                (_, _, true) => "no call of this method passes a string".to_owned(),
                (_, _, false) => format!("no call of this method passes a string constant: {}", list(&unknown)),
            }
        } else {
            "no string constant has this text; a text that was replaced is no longer there, so address a constant by the \
             method it is passed to where the package is injected again"
                .to_owned()
        };
        let others = self.not_loaded();
        Ok(if others.is_empty() {
            problem
        } else {
            format!("{problem}; Android does not load {}, so nothing in there is a place", list(&others))
        })
    }

    /// What is about dex files follows those that changed: profiles name them by their checksums. Says the old and the new
    /// checksum of each, and what a person should know.
    pub(super) fn follow_dex(&self, contents: &mut Contents) -> Result<Followed, ApkError> {
        let mut changed = Vec::new();
        for entry in self.dex_entries() {
            let before = self.archive.find(entry.as_bytes()).and_then(|index| self.archive.entries().get(index));
            if let Some((before, after)) = before.zip(contents.get(&entry)) {
                changed.push((before.crc(), crc32fast::hash(after)));
            }
        }
        let mut notes = Vec::new();
        changed.retain(|(before, after)| before != after);
        if changed.is_empty() {
            return Ok((changed, notes));
        }
        let names = self.archive.entries().iter().filter_map(|entry| std::str::from_utf8(entry.name()).ok());
        let profiles = names.filter(|name| PROFILES.iter().any(|profile| name.ends_with(profile)));
        for profile in profiles.map(str::to_owned).collect::<Vec<_>>() {
            let content = self.content(&profile)?.unwrap_or_default();
            match art_profile::with_checksums(&content, &changed) {
                Some(new) if new != content => {
                    contents.insert(profile, new);
                }
                Some(_) => {}
                None => notes.push(format!(
                    "{profile} is a profile in a form that is not known here: it may name the code before the change, and Android \
                     leaves such a profile unused"
                )),
            }
        }
        Ok((changed, notes))
    }

    /// Whether what calls pass can change for these calls alone: refused before there is a value.
    pub(super) fn check_dex(&self, spots: &[Spot]) -> Result<(), ApkError> {
        let in_dex = spots.iter().find(|spot| matches!(spot.slot, Slot::Dex(_)));
        let transparency = TRANSPARENCY.iter().find(|entry| self.archive.find(entry.as_bytes()).is_some());
        if let Some((spot, entry)) = in_dex.zip(transparency) {
            let problem = format!(
                "{entry} signs the code, and a change of the code would break that: inject before code transparency is added, or \
                 address a resource instead"
            );
            return Err(ApkError::Refused { address: Box::new(spot.address.clone()), problem });
        }
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
                    DexError::Malformed { .. }
                    | DexError::Unsupported { .. }
                    | DexError::NotFound { .. }
                    | DexError::Conflict { .. }
                    | DexError::TooLong { .. } => return ApkError::Dex { entry: entry.to_owned(), source },
                };
                let number = passed.iter().find(|(passed, _)| passed.call == call).map_or(0, |(_, place)| *place);
                match places.get(number) {
                    Some(address) => ApkError::Refused {
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

    fn reaching(&self, address: &Address, method: &str, parameter: Option<u32>) -> Result<Reaching, ApkError> {
        let (class, name) = match method.split_once("->") {
            Some((class, name)) => (Some(class), name),
            None => (None, method),
        };
        let mut all: Vec<(String, dex::Constant)> = Vec::new();
        for entry in self.dex_entries() {
            let content = self.content(&entry)?.unwrap_or_default();
            let in_dex = |source: DexError| ApkError::Dex { entry: entry.clone(), source };
            for dex in Dex::all(&content).map_err(in_dex)? {
                let constants = dex.constants_to(name).map_err(in_dex)?;
                all.extend(constants.into_iter().map(|constant| (entry.clone(), constant)));
            }
        }
        let mut reaching = Reaching::default();
        let called: BTreeSet<&str> = all.iter().map(|(_, constant)| constant.method.class.as_str()).collect();
        let others = called.iter().filter(|called| class.is_none_or(|class| class != **called)).count();
        if class.map_or(called.len() > 1, |_| others > 0) {
            let classes = self.classes(name)?;
            match class {
                Some(class) => all.retain(|(_, constant)| classes.means(&constant.method.class, class)),
                None => {
                    let families = classes.families(&called);
                    let example = families.first().and_then(|family| family.first()).copied().unwrap_or_default();
                    let shown: Vec<String> = families.iter().map(|family| family.join(" with ")).collect();
                    reaching.classes = (families.len() > 1).then(|| {
                        let count = families.len();
                        format!(
                            "{count} classes that have nothing to do with each other have this method: {}; name the class that is \
                             meant (dex/{example}->{name})",
                            list(&shown)
                        )
                    });
                }
            }
        }
        // Which of several parameters is meant is never guessed.
        let mut parameters: BTreeMap<&dex::MethodRef, BTreeSet<usize>> = BTreeMap::new();
        for (_, constant) in &all {
            parameters.entry(&constant.method).or_default().insert(constant.argument);
        }
        match parameter.map(usize::try_from) {
            Some(number) => all.retain(|(_, constant)| Ok(constant.argument) == number),
            None => {
                let several = parameters.iter().find(|(_, numbers)| numbers.len() > 1);
                reaching.parameters = several.map(|(called, numbers)| {
                    let shown: Vec<String> = numbers.iter().map(|number| format!("dex/{method}({number})")).collect();
                    format!("{called} has several parameters that are Strings; say which one: {}", shown.join(", "))
                });
            }
        }
        let followed = self.follow_all(address, &all)?;
        for (entry, constant) in all {
            let caller = caller_of(&entry, &constant);
            match constant.value {
                Argument::Unknown { why, from } => match from.and_then(|source| followed.get(&source)) {
                    Some(Ok(found)) => {
                        for (found, of) in found {
                            if !reaching.found.contains(found) {
                                reaching.callers.push(format!("[{}] {of}", reaching.found.len()));
                                reaching.found.push(found.clone());
                            }
                        }
                    }
                    Some(Err(problem)) => {
                        reaching.unknown.push(format!("{caller}, where {why}, and {problem}"));
                    }
                    None => reaching.unknown.push(format!("{caller}, where {why}")),
                },
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
        Ok(reaching)
    }

    /// Every source that something is passed from.
    fn follow_all(
        &self,
        address: &Address,
        all: &[(String, dex::Constant)],
    ) -> Result<BTreeMap<Source, Traced>, ApkError> {
        // By source, the operands that have it from there.
        let mut sources: BTreeMap<&Source, Vec<&(String, dex::Constant)>> = BTreeMap::new();
        for call in all {
            if let Argument::Unknown { from: Some(source), .. } = &call.1.value {
                sources.entry(source).or_default().push(call);
            }
        }
        let mut followed = BTreeMap::new();
        for (source, calls) in sources {
            let named = calls.iter().map(|(entry, constant)| (entry.clone(), constant.passed)).collect();
            let mut callers: Vec<String> = calls.iter().map(|(entry, constant)| caller_of(entry, constant)).collect();
            callers.dedup();
            followed.insert(source.clone(), self.follow(address, source, &named, &list(&callers))?);
        }
        Ok(followed)
    }

    /// One hop further: the constants in a field or of a method, if calls of this address alone read them; else why not.
    fn follow(
        &self,
        address: &Address,
        source: &Source,
        named: &BTreeSet<(String, Passed)>,
        callers: &str,
    ) -> Result<Traced, ApkError> {
        let (mut found, mut problems, mut by_way_of) = (Vec::new(), Vec::new(), BTreeSet::new());
        for entry in self.dex_entries() {
            let content = self.content(&entry)?.unwrap_or_default();
            let in_dex = |source: DexError| ApkError::Dex { entry: entry.clone(), source };
            let here = named.iter().filter(|(of, _)| *of == entry).map(|(_, passed)| *passed).collect();
            for dex in Dex::all(&content).map_err(in_dex)? {
                let followed = dex.follow(source, &here).map_err(in_dex)?;
                problems.extend(followed.problems);
                by_way_of.extend(followed.by_way_of);
                for held in followed.held {
                    let constant = match held.site {
                        Site::Passed(passed) => Constant::Passed(passed),
                        Site::At(at) => Constant::At(at),
                    };
                    let of = match source {
                        Source::Field { .. } | Source::Result(_) => format!("{source}, for {callers}"),
                        Source::Default { .. } => format!("{} in {entry}, for {callers}", held.by),
                    };
                    found.push((found_constant(address, &entry, constant, held.texts), of));
                }
            }
        }
        let (class, name) = match source {
            Source::Field { class, name } => (class, name),
            Source::Result(method) | Source::Default { method, .. } => (&method.class, &method.name),
        };
        if !by_way_of.is_empty() {
            let classes = self.classes(name)?;
            let other = by_way_of.iter().find(|other| classes.extends(other, class) || classes.extends(class, other));
            problems.extend(other.map(|other| format!("{other} may have the same one")));
        }
        // A field has one value: where its class sets it again, which one is read is not known.
        if matches!(source, Source::Field { .. }) && found.len() > 1 {
            problems.push("it is set more than once".to_owned());
        }
        if found.is_empty() && problems.is_empty() {
            problems.push("no constant is there".to_owned());
        }
        Ok(if problems.is_empty() { Ok(found) } else { Err(list(&problems)) })
    }

    /// Who extends whom, over all dex files.
    fn classes(&self, method: &str) -> Result<Classes, ApkError> {
        let mut classes = Classes::default();
        for entry in self.dex_entries() {
            let content = self.content(&entry)?.unwrap_or_default();
            let in_dex = |source: DexError| ApkError::Dex { entry: entry.clone(), source };
            for dex in Dex::all(&content).map_err(in_dex)? {
                classes.add(&dex, method).map_err(in_dex)?;
            }
        }
        Ok(classes)
    }

    /// What looks like one of those and is none: behind a gap, or counted otherwise.
    fn not_loaded(&self) -> Vec<String> {
        let loaded = self.dex_entries();
        let names = self.archive.entries().iter().filter_map(|entry| std::str::from_utf8(entry.name()).ok());
        let is_dex = |name: &str| self.modules.all().iter().filter_map(|module| module.file(name)).any(is_dex);
        let is_other = |name: &&str| is_dex(name) && !loaded.iter().any(|loaded| loaded == name);
        names.filter(is_other).map(str::to_owned).collect()
    }
}

/// The number of an address: calls of one place may share a constant.
pub(super) fn place_of<'a>(places: &mut Vec<&'a Address>, address: &'a Address) -> usize {
    places.iter().position(|known| *known == address).unwrap_or_else(|| {
        places.push(address);
        places.len().saturating_sub(1)
    })
}

fn caller_of(entry: &str, constant: &dex::Constant) -> String {
    format!("{}->{} in {entry}", constant.caller.class, constant.caller.name)
}

fn found_constant(address: &Address, entry: &str, constant: Constant, values: Vec<String>) -> Found {
    let slot = Slot::Dex(constant);
    let spot = Spot { address: address.clone(), entry: entry.to_owned(), missing: false, resource: None, slot };
    Found { spot, values, left: Vec::new() }
}

/// Calls that keep what they pass.
fn calls_left(calls: &[String]) -> Vec<String> {
    if calls.is_empty() { Vec::new() } else { vec![format!("other calls keep their value: {}", list(calls))] }
}
