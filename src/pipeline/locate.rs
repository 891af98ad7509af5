//! Addresses become copies of a value: where each lies, whose it is, and what it holds. The same for every kind of artifact.
//!
//! A copy belongs to the artifact's application, or, in GeneXus' metadata, to the main object that its file is named after.
//!
//! Must not: look into an artifact; each kind finds its own spots.

use zeroize::Zeroizing;

use super::plan::PlannedPlace;
use crate::artifact::genexus::{MainObject, Mains};
use crate::placement::template::{TemplateError, Values, same_object};
use crate::placement::{Absence, Address, Place, Target, Template};
use crate::verify::injected::Expected;

/// A spot that a kind of artifact found.
pub(super) struct Hit<S> {
    pub(super) spot: S,
    pub(super) entry: String,
    pub(super) missing: bool,
    /// The object of GeneXus that the file is named after.
    pub(super) object: String,
    pub(super) values: Vec<String>,
    /// What the address means and an edit does not reach, in words.
    pub(super) left: Vec<String>,
}

/// What is looked for.
#[derive(Clone, Copy)]
pub(super) struct Search<'a> {
    pub(super) places: &'a [Place],
    pub(super) mains: &'a Mains,
    /// The main object that the artifact stands for here; its own where `None`.
    pub(super) own: Option<&'a str>,
}

/// A copy of a value in an artifact.
#[derive(Debug, Clone)]
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
}

/// All copies, and what there is to say.
pub(super) struct Outcome<S, E> {
    pub(super) copies: Vec<(Located, S)>,
    pub(super) notes: Vec<String>,
    /// Places whose value the build left empty, with where they lie.
    pub(super) empty: Vec<(Address, String)>,
    /// Places that cannot be read, or are not there and should be.
    pub(super) errors: Vec<(Address, E)>,
}

/// Finds every copy of every place. `find` answers for one place of one kind of artifact, `is_absence` whether an error of it says that
/// nothing is there.
pub(super) fn locate<S, E>(
    search: Search<'_>,
    is_absence: impl Fn(&E) -> bool,
    mut find: impl FnMut(&Place) -> Result<Vec<Hit<S>>, E>,
) -> Outcome<S, E> {
    let mut outcome = Outcome { copies: Vec::new(), notes: Vec::new(), empty: Vec::new(), errors: Vec::new() };
    let only = if let [only] = search.mains.all.as_slice() { Some(only) } else { None };
    let own = search.own.or_else(|| search.mains.own().or(only).map(|main| main.name.as_str()));
    let mut later = Vec::new();
    for (index, place) in search.places.iter().enumerate() {
        for (place, main) in expanded(place, search.mains, own) {
            match find(&place) {
                Ok(hits) if hits.is_empty() && place.or_constant => later.push((index, place, None)),
                Ok(hits) => outcome.add(index, &place, main, hits),
                // What cannot be told is no reason to change something else.
                Err(error) if place.or_constant && is_absence(&error) => later.push((index, place, Some(error))),
                Err(error) => outcome.errors.push((place.at, error)),
            }
        }
    }
    outcome.tell_own(search.mains, own);
    for (index, place, error) in later {
        outcome.constant((index, search.places), &place, error, &mut find);
    }
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

impl<S, E> Outcome<S, E> {
    /// The same with the errors of whoever asked.
    pub(super) fn map_error<F>(self, map: impl Fn(E) -> F) -> Outcome<S, F> {
        let Self { copies, notes, empty, errors } = self;
        let errors = errors.into_iter().map(|(at, error)| (at, map(error))).collect();
        Outcome { copies, notes, empty, errors }
    }

    fn add(&mut self, index: usize, place: &Place, main: Option<&str>, hits: Vec<Hit<S>>) {
        for Hit { spot, entry, missing, object, values, left } in hits {
            if place.keep_empty && !missing && values.iter().all(|value| is_empty(&place.value, value)) {
                self.empty.push((place.at.clone(), entry));
                continue;
            }
            let main = main.map(str::to_owned).or_else(|| place.by_object.then_some(object));
            let values = values.into_iter().map(Zeroizing::new).collect();
            let own = main.is_none();
            let copy = Located { place: index, address: place.at.clone(), entry, missing, main, own, values, left };
            self.copies.push((copy, spot));
        }
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
        error: Option<E>,
        find: &mut impl FnMut(&Place) -> Result<Vec<Hit<S>>, E>,
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
            let target = Target::DexText { text: id.to_string() };
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
    /// The credential that is there now.
    pub(super) old: Old,
}

/// A place, its spot, and its value.
pub(super) type Rendered<'p, S> = (&'p PlannedPlace, &'p S, Zeroizing<String>);

/// Why there is no plan.
pub(super) enum NoPlan<E> {
    /// A place.
    Place(E),
    /// There is nothing to do but in places that are empty, and stay so.
    LeftEmpty { address: Address, entry: String },
    /// Nothing is there at all.
    Nothing,
    /// There is metadata of several main objects, and nobody says which one is meant.
    Main { mains: Vec<String> },
}

impl<S> Placed<S> {
    pub(super) fn of<E>(outcome: Outcome<S, E>, places: &[Place]) -> Result<Self, NoPlan<E>> {
        let Outcome { copies, mut notes, empty, errors } = outcome;
        if let Some((_, error)) = errors.into_iter().next() {
            return Err(NoPlan::Place(error));
        }
        let template = |copy: &Located| places.get(copy.place).map(|place| place.value.clone()).unwrap_or_default();
        let counts = |copy: &Located| copy.own && !template(copy).is_raised();
        if !copies.iter().any(|(copy, _)| counts(copy)) {
            let mains: Vec<String> = copies.iter().filter_map(|(copy, _)| copy.main.clone()).collect();
            return Err(match empty.into_iter().next() {
                Some((address, entry)) => NoPlan::LeftEmpty { address, entry },
                None if !mains.is_empty() => NoPlan::Main { mains: each_once(mains) },
                None => NoPlan::Nothing,
            });
        }
        notes.extend(empty.into_iter().map(|(address, entry)| {
            format!("{address} in {entry} is empty in this build, and stays so; --create fills it")
        }));
        let mut placed = Self { places: Vec::new(), spots: Vec::new(), notes, old: Old::default() };
        for (copy, spot) in copies {
            let value = template(&copy);
            placed.old.take(&copy, &value);
            placed.places.push(PlannedPlace::new(copy, value));
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
