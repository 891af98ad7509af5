//! Addresses become copies of a value: where each lies, whose it is, and what it holds. The same for every kind of artifact.
//!
//! A copy belongs to the artifact's application, or, in GeneXus' metadata, to the main object that its file is named after.
//!
//! Must not: look into an artifact; each kind finds its own spots.

use zeroize::Zeroizing;

use super::fault::Cause;
use super::plan::PlannedPlace;
use super::refusal::{Refusal, Words};
use super::source_tree::SourceTree;
use crate::artifact::files;
use crate::artifact::genexus::{MainObject, Mains};
use crate::placement::template::{TemplateError, Values, same_object};
use crate::placement::{Absence, Address, ByValue, Place, Target, Template};
use crate::sign::android::KeptPairs;
use crate::verify::injected::Expected;
use crate::verify::{Code, Finding, Report};

/// A spot that a kind of artifact found.
pub(super) struct Hit<S> {
    pub(super) spot: S,
    /// Where it is: the place's address, or a narrower one.
    pub(super) address: Address,
    /// Whether the place's address means it without saying so.
    pub(super) implied: bool,
    pub(super) entry: String,
    pub(super) missing: bool,
    /// The object of GeneXus that the file is named after.
    pub(super) object: String,
    pub(super) values: Vec<String>,
    /// What the address means and an edit does not reach, in words.
    pub(super) left: Vec<String>,
}

impl From<files::Found> for Hit<files::Spot> {
    fn from(files::Found { spot, values, left }: files::Found) -> Self {
        Self {
            address: spot.address.clone(),
            implied: spot.implied,
            entry: spot.file(),
            missing: spot.missing,
            object: spot.object().to_owned(),
            values,
            left,
            spot,
        }
    }
}

/// What is looked for.
#[derive(Clone, Copy)]
pub(super) struct Search<'a> {
    pub(super) places: &'a [Place],
    pub(super) mains: &'a Mains,
    /// The main object that the artifact stands for here; its own where `None`.
    pub(super) own: Option<&'a str>,
    /// Pairs of a signing block that stay although the package is signed anew.
    pub(super) pairs: &'a KeptPairs,
}

/// A copy of a value in an artifact.
#[derive(Clone)]
#[non_exhaustive]
pub struct Located {
    /// Which of the places led there.
    pub place: usize,
    /// The address.
    pub address: Address,
    /// The entry or file it lies in.
    pub entry: String,
    /// Whether it would have to be made.
    pub missing: bool,
    /// The main object whose it is, where the place is one of a main object.
    pub main: Option<String>,
    /// Whether it is the artifact's own application's.
    pub own: bool,
    /// Usually one; several where configurations or duplicate keys hold it more than once.
    pub values: Vec<Zeroizing<String>>,
    /// What the address means and an edit does not reach, in words.
    pub left: Vec<String>,
    /// Whether the place's address means it without saying so.
    implied: bool,
}

impl std::fmt::Debug for Located {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values may be secrets.
        let Self { place, address, entry, missing, main, own, values: _, left, implied } = self;
        let mut shown = f.debug_struct("Located");
        shown.field("place", place).field("address", address).field("entry", entry).field("missing", missing);
        shown
            .field("main", main)
            .field("own", own)
            .field("left", left)
            .field("implied", implied)
            .finish_non_exhaustive()
    }
}

impl Located {
    /// What is put there.
    fn planned(self, value: Template) -> PlannedPlace {
        let copy = self;
        let ids = copy.values.iter().filter_map(|held| value.read(held).client_id);
        let held_ids = ids.map(|id| id.to_string()).collect();
        let other_main = copy.main.filter(|_| !copy.own);
        PlannedPlace {
            address: copy.address,
            entry: copy.entry,
            value,
            missing: copy.missing,
            other_main,
            held_ids,
            left: copy.left,
        }
    }

    fn is_at(&self, address: &Address, entry: &str) -> bool {
        let locator = |address: &Address| {
            if let Target::File { locator, .. } = &address.target { Some(locator.clone()) } else { None }
        };
        self.entry == entry && locator(&self.address).is_some_and(|own| Some(own) == locator(address))
    }
}

/// Copies of a place that hold another Client Id than the other places do: none is the application's own.
#[derive(Debug, Clone)]
pub(super) struct NotOwn {
    address: Address,
    entry: String,
    value: Template,
}

impl NotOwn {
    /// What a person must not miss.
    pub(super) fn message(&self) -> String {
        let Self { address, value, .. } = self;
        format!(
            "{address} holds another Client Id than the other places, so it stays; if it is the application's own: --at \
             '{address}={value}'"
        )
    }

    /// The same as a finding.
    pub(super) fn finding(&self) -> Finding {
        let (place, message) = (self.entry.clone(), self.message());
        Finding::new(Code::PlaceOtherId, place, message)
    }
}

/// All copies, and what there is to say.
pub(super) struct Outcome<S> {
    pub(super) copies: Vec<(Located, S)>,
    pub(super) notes: Vec<String>,
    /// What is left of places that are for the application's own Client Id, where none of it holds that one.
    pub(super) not_own: Vec<NotOwn>,
    /// Places whose value the build left empty, with where they lie.
    pub(super) empty: Vec<(Address, String)>,
    /// Places that cannot be read, or are not there and should be.
    pub(super) errors: Vec<(Address, Cause)>,
}

/// Finds every copy of every place. `find` answers for one place of one artifact.
pub(super) fn locate<S>(search: Search<'_>, mut find: impl FnMut(&Place) -> Result<Vec<Hit<S>>, Cause>) -> Outcome<S> {
    let mut outcome =
        Outcome { copies: Vec::new(), notes: Vec::new(), not_own: Vec::new(), empty: Vec::new(), errors: Vec::new() };
    let only = if let [only] = search.mains.all.as_slice() { Some(only) } else { None };
    let own = search.own.or_else(|| search.mains.own().or(only).map(|main| main.name.as_str()));
    let (mut later, mut of_own_id) = (Vec::new(), Vec::new());
    for (index, place) in search.places.iter().enumerate() {
        for (place, main) in expanded(place, search.mains, own) {
            match find(&place) {
                Ok(hits) if hits.is_empty() && place.or_constant => later.push((index, place, None)),
                Ok(hits) if place.own_id => of_own_id.push((index, place, main, hits)),
                Ok(hits) => outcome.add(index, &place, main, hits),
                // What cannot be told is no reason to change something else.
                Err(error) if place.or_constant && error.is_no_place() => later.push((index, place, Some(error))),
                Err(error) => outcome.errors.push((place.at, error)),
            }
        }
    }
    outcome.tell_own(search.mains, own);
    for (index, place, error) in later {
        outcome.constant((index, search.places), &place, error, &mut find);
    }
    let ids = outcome.own_ids(search.places);
    for (index, place, main, hits) in of_own_id {
        outcome.of_own_id(&ids, (index, &place, main), hits);
    }
    outcome.said_wins();
    outcome
}

/// A place that names the main object, for each of them; of others than the own one only what is there counts.
fn expanded<'a>(place: &Place, mains: &'a Mains, own: Option<&str>) -> Vec<(Place, Option<&'a str>)> {
    if !place.at.names_main() {
        return vec![(place.clone(), None)];
    }
    let is_own = |name: &str| own.is_some_and(|own| same_object(own, name));
    let for_main = |main: &'a MainObject| {
        let mut place = Place { at: place.at.for_main(&main.name), ..place.clone() };
        if !is_own(&main.name) {
            place.absence = Absence::Skip;
        }
        (place, Some(main.name.as_str()))
    };
    mains.all.iter().map(for_main).collect()
}

impl<S> Outcome<S> {
    fn add(&mut self, index: usize, place: &Place, main: Option<&str>, hits: Vec<Hit<S>>) {
        for Hit { spot, address, implied, entry, missing, object, values, left } in hits {
            if place.keep_empty && !missing && values.iter().all(|value| is_empty(&place.value, value)) {
                self.empty.push((address, entry));
                continue;
            }
            let main = main.map(str::to_owned).or_else(|| place.by_object.then_some(object));
            let values = values.into_iter().map(Zeroizing::new).collect();
            let own = main.is_none();
            let copy = Located { place: index, address, entry, missing, main, own, values, left, implied };
            self.copies.push((copy, spot));
        }
    }

    /// The Client Ids that the application's own copies hold.
    fn own_ids(&self, places: &[Place]) -> Vec<Zeroizing<String>> {
        let held = |copy: &Located| {
            let template = places.get(copy.place).map(|place| place.value.clone()).unwrap_or_default();
            copy.values.iter().filter_map(|value| template.read(value).client_id).collect::<Vec<_>>()
        };
        let own = self.copies.iter().filter(|(copy, _)| copy.own).flat_map(|(copy, _)| held(copy));
        own.filter(|id| !id.is_empty()).collect()
    }

    /// What of a place holds one of these Client Ids; the rest is another client's.
    fn of_own_id(
        &mut self,
        ids: &[Zeroizing<String>],
        (index, place, main): (usize, &Place, Option<&str>),
        hits: Vec<Hit<S>>,
    ) {
        // Schemes of URLs are the same in any case (RFC 3986, 3.1).
        let is_own = |value: &String| {
            let id = place.value.read(value).client_id;
            id.is_some_and(|id| ids.iter().any(|own| own.eq_ignore_ascii_case(&id)))
        };
        let (own, others): (Vec<_>, Vec<_>) =
            hits.into_iter().partition(|hit| hit.missing || hit.values.iter().all(is_own));
        let others = others.into_iter().map(|Hit { address, entry, .. }| {
            let value = place.value.clone();
            NotOwn { address, entry, value }
        });
        if own.is_empty() {
            self.not_own.extend(others);
        } else {
            self.notes.extend(others.map(|other| format!("{} is of another Client Id, so it stays", other.address)));
        }
        self.add(index, place, main, own);
    }

    /// What a place says of a copy counts before what another one only means, or leaves.
    fn said_wins(&mut self) {
        let said: Vec<Located> =
            self.copies.iter().filter(|(copy, _)| !copy.implied).map(|(copy, _)| copy.clone()).collect();
        let is_said = |address: &Address, entry: &str| said.iter().any(|copy| copy.is_at(address, entry));
        self.copies.retain(|(copy, _)| !copy.implied || !is_said(&copy.address, &copy.entry));
        self.not_own.retain(|left| !is_said(&left.address, &left.entry));
    }

    /// Whose the copies are that belong to main objects. Where nobody says which one the artifact is, and there is only one, it
    /// is that. Nothing is made for another one.
    fn tell_own(&mut self, mains: &Mains, own: Option<&str>) {
        let mut names: Vec<&str> = Vec::new();
        for name in self.copies.iter().filter_map(|(copy, _)| copy.main.as_deref()) {
            if !names.iter().any(|known| same_object(known, name)) {
                names.push(name);
            }
        }
        let own = match (own, names.as_slice()) {
            (Some(own), _) => Some(own.to_owned()),
            (None, [only]) if mains.all.len() <= 1 => Some((*only).to_owned()),
            (None, _) => None,
        };
        for (copy, _) in &mut self.copies {
            if let Some(main) = &mut copy.main {
                copy.own = own.as_ref().is_some_and(|own| same_object(own, main));
                // Files are in lower case, lists are not.
                if let Some(known) = mains.named(main) {
                    main.clone_from(&known.name);
                }
            }
        }
        self.copies.retain(|(copy, _)| copy.own || !copy.missing);
    }

    /// The constant that is equal to what the other places of this template hold, in the place of one that is not there.
    fn constant(
        &mut self,
        (index, places): (usize, &[Place]),
        place: &Place,
        error: Option<Cause>,
        find: &mut impl FnMut(&Place) -> Result<Vec<Hit<S>>, Cause>,
    ) {
        let mut ids: Vec<Zeroizing<String>> = Vec::new();
        let same = |copy: &Located| places.get(copy.place).is_some_and(|other| other.value == place.value);
        for value in self.copies.iter().filter(|(copy, _)| copy.own && same(copy)).flat_map(|(copy, _)| &copy.values) {
            if !value.is_empty() && !ids.contains(value) {
                ids.push(value.clone());
            }
        }
        let mut found = Vec::new();
        // Several values, or none, do not say which constant is meant.
        for id in &ids {
            let target = Target::DexText { text: ByValue::new(id.as_str()) };
            let place = Place::new(Address { kind: place.at.kind, target }, place.value.clone(), Absence::Skip);
            match find(&place) {
                Ok(hits) if hits.is_empty() => {}
                Ok(hits) => found.push((place, hits)),
                Err(error) => return self.errors.push((place.at, error)),
            }
        }
        match found.pop() {
            Some((constant, hits)) if found.is_empty() => {
                self.notes.push(format!(
                    "{} is not there (renamed, or shrunk away); the string constant that holds the same value as the \
                     metadata is changed instead",
                    place.at
                ));
                self.add(index, &constant, None, hits);
            }
            _ => self.errors.extend(error.map(|error| (place.at.clone(), error))),
        }
    }
}

/// A plan's places, each with where it is.
#[derive(Debug)]
pub(super) struct Placed<S> {
    /// In the order of presets and configuration.
    pub(super) places: Vec<PlannedPlace>,
    pub(super) spots: Vec<S>,
    pub(super) notes: Vec<String>,
    pub(super) warnings: Vec<String>,
    /// The credential that is there now.
    pub(super) old: Old,
    /// What verification says of the signatures that are there, where they stay and nothing is signed.
    pub(super) kept: Option<Report>,
    /// Pairs of a signing block that stay although the package is signed anew.
    pub(super) pairs: KeptPairs,
}

/// A place, its spot, and its value.
pub(super) type Rendered<'p, S> = (&'p PlannedPlace, &'p S, Zeroizing<String>);

impl<S> Placed<S> {
    /// A plan of what was found; an error where that is nothing. `presets` and `source_tree` are for its message.
    pub(super) fn of(
        outcome: Outcome<S>,
        places: &[Place],
        words: &'static Words,
        presets: &str,
        source_tree: impl FnOnce() -> Option<SourceTree>,
    ) -> Result<Self, Cause> {
        let Outcome { copies, mut notes, not_own, empty, errors } = outcome;
        if let Some((_, error)) = errors.into_iter().next() {
            return Err(error);
        }
        let template = |copy: &Located| places.get(copy.place).map(|place| place.value.clone()).unwrap_or_default();
        let counts = |copy: &Located| copy.own && !template(copy).is_raised();
        if !copies.iter().any(|(copy, _)| counts(copy)) {
            let mains: Vec<String> = copies.iter().filter_map(|(copy, _)| copy.main.clone()).collect();
            let why = match empty.into_iter().next() {
                Some((address, entry)) => Refusal::LeftEmpty { words, address: Box::new(address), entry },
                None if !mains.is_empty() => Refusal::WhichMain { words, mains: each_once(mains) },
                None => Refusal::NoPlaceAtAll { words, presets: presets.to_owned(), source_tree: source_tree() },
            };
            return Err(why.into());
        }
        notes.extend(empty.into_iter().map(|(address, entry)| {
            format!("{address} in {entry} is empty in this build, and stays so; --create fills it")
        }));
        notes.extend(made(&copies, places));
        let warnings = not_own.iter().map(NotOwn::message).collect();
        let mut placed = Self {
            places: Vec::new(),
            spots: Vec::new(),
            notes,
            warnings,
            old: Old::default(),
            kept: None,
            pairs: KeptPairs::default(),
        };
        for (copy, spot) in copies {
            let value = template(&copy);
            placed.old.take(&copy, &value);
            placed.places.push(copy.planned(value));
            placed.spots.push(spot);
        }
        Ok(placed)
    }

    /// The value of every place that gets one. Those of main objects whose credential is not known stay as they are, and so do
    /// numbers that rise.
    pub(super) fn rendered(&self, values: &Values<'_>) -> Result<Vec<Rendered<'_, S>>, TemplateError> {
        let mut all = Vec::new();
        for (place, spot) in self.places.iter().zip(&self.spots).filter(|(place, _)| !place.value.is_raised()) {
            if let Some(value) = place.rendered(values)? {
                all.push((place, spot, value));
            }
        }
        Ok(all)
    }

    /// What should be at every place afterwards.
    pub(super) fn expected(&self, values: &Values<'_>) -> Result<Vec<Expected>, TemplateError> {
        let expected = |(place, _, value): Rendered<'_, S>| Expected {
            address: place.address.clone(),
            entry: Some(place.entry.clone()),
            value,
        };
        Ok(self.rendered(values)?.into_iter().map(expected).collect())
    }
}

/// What is said of places that are made: an app reads what it was written to read.
fn made<S>(copies: &[(Located, S)], places: &[Place]) -> Option<String> {
    let is_made = |copy: &Located| {
        copy.missing
            && places.get(copy.place).is_some_and(|place| place.absence == Absence::Create && !place.at.is_pair())
    };
    let made = copies.iter().map(|(copy, _)| copy).filter(|copy| is_made(copy)).map(|copy| copy.address.to_string());
    match each_once(made.collect()).as_slice() {
        [] => None,
        [one] => Some(format!("{one} is not there and is made; the app must be written to read it")),
        several => {
            Some(format!("{} are not there and are made; the app must be written to read them", several.join(", ")))
        }
    }
}

/// Values that an artifact held at its places before.
#[derive(Default)]
pub(super) struct Old {
    /// The application's own: whether it is a Client Id or a secret, and the value.
    pub(super) own: Vec<(&'static str, Zeroizing<String>)>,
    /// Those of other main objects.
    pub(super) others: Vec<Zeroizing<String>>,
}

impl std::fmt::Debug for Old {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A secret may be among them.
        f.debug_struct("Old").field("own", &self.own.len()).field("others", &self.others.len()).finish()
    }
}

impl Old {
    pub(super) fn take(&mut self, copy: &Located, template: &Template) {
        for value in &copy.values {
            let held = template.read(value);
            let found = [("the old Client Id", held.client_id), ("the old secret", held.client_secret)];
            for (what, value) in found {
                let Some(value) = value.filter(|value| !value.is_empty()) else { continue };
                if !copy.own {
                    self.others.push(value);
                } else if !self.own.iter().any(|(_, known)| *known == value) {
                    self.own.push((what, value));
                }
            }
        }
    }
}

/// Whether a value holds nothing: no text, or a template around none.
fn is_empty(template: &Template, value: &str) -> bool {
    let held = template.read(value);
    let is_empty = |value: &Zeroizing<String>| value.is_empty();
    value.is_empty() || held.client_id.as_ref().or(held.client_secret.as_ref()).is_some_and(is_empty)
}

fn each_once(names: Vec<String>) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for name in names {
        if !once.contains(&name) {
            once.push(name);
        }
    }
    once
}
