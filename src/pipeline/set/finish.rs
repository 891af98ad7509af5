//! Steps 3 to 8 for a set: each package is written and verified for itself; they take their places together.
//!
//! Must not: know where packages lie.

use std::collections::BTreeMap;

use super::home::Home;
use super::member::{End, Member};
use super::package_set::{Changes, PackageSet, Spot, WORDS};
use super::{archive, folder, rules};
use crate::artifact::apk as packages;
use crate::pipeline::ArtifactFile;
use crate::pipeline::apk::{self, Steps as _, Written};
use crate::pipeline::fault::Cause;
use crate::pipeline::kind::{Artifact as _, Kind as _, Task};
use crate::pipeline::locate::{Placed, Rendered};
use crate::pipeline::old_copies::OldCopies;
use crate::pipeline::plan::Done;
use crate::pipeline::signing::AndroidSigning;
use crate::sign::android::KeptPairs;
use crate::verify::Report;
use crate::verify::injected::Expected;

/// What is said of the packages that were written.
#[derive(Default)]
struct Said {
    entries: Vec<String>,
    removed: Vec<String>,
    /// Notes, each with the packages that it is about.
    notes: BTreeMap<String, Vec<String>>,
}

/// Steps 3 to 8.
pub(super) fn finish(set: &PackageSet, placed: &Placed<Spot>, task: &Task<'_>) -> Result<Done, Cause> {
    let Task { values, output, gate, .. } = *task;
    // Where the signatures stay there is no key.
    let signing = if placed.kept.is_some() { None } else { Some(task.signing.android()?) };
    if let Some(signing) = signing {
        set.home.check_signing(signing)?;
        set.check_pairs(placed, signing)?;
    }
    // What was planned for is still there: another run of this plan may have put its output in its place.
    set.home.unchanged(&set.members)?;
    // 3. Apply: new contents of the entries that change.
    let changes = set.changes(placed, values)?;
    let mut copies = OldCopies::of(&placed.old, values, gate);
    let mut stay: Vec<Option<Report>> = Vec::new();
    for (member, changes) in set.members.iter().zip(&changes.0) {
        let asked = || match signing {
            Some(signing) => member.package.is_signed_as_asked(signing).map_err(member.about()),
            None => Ok(Some(member.package.input())),
        };
        stay.push(if changes.is_empty() { asked()? } else { None });
    }
    let changed = changes.kept();
    let nothing = set.home.is_at(output) && stay.iter().all(Option::is_some) && set.home.verify().is_sound();
    let pairs = if signing.is_none() || nothing { None } else { Some(&placed.pairs) };
    let search = |copies: &mut OldCopies| copies.judged(&WORDS, |hunt| set.search_kept(hunt, pairs, &changed));
    if nothing {
        // Nothing was there before that is not there now; a secret that is kept out may be.
        search(&mut copies)?;
        gate.whole(&WORDS, values, |hunt, report| set.search(hunt, report))?;
        set.home.unchanged(&set.members)?;
        let report = rules::one_report(&set.members, stay.into_iter().flatten().collect());
        let notes = [placed.notes.clone(), copies.notes()].concat();
        return Ok(Done { report, notes, warnings: placed.warnings.clone(), ..Done::default() });
    }
    gate.changed(&WORDS, values, set.contents(&changes))?;
    copies.judged(&WORDS, |hunt| {
        hunt.contents(set.contents(&changes));
        Ok(())
    })?;
    let new_signer = signing.map_or(Ok(false), |signing| set.has_new_signer(signing))?;

    let _made = set.home.make(&set.members, output)?;

    // 4. to 7. for each package, while another thread searches what does not change for what was there before.
    let write = || write(set, placed, changes, stay, task);
    let (copies, written) = apk::while_searching(copies, search, write)?;
    let (ends, said) = written?;
    // What was signed was searched when it was written.
    let mut kept = Vec::new();
    for (member, end) in set.members.iter().zip(&ends) {
        match end {
            End::New(written) if signing.is_none() => {
                kept.push((member, Some(ArtifactFile::over(written.new.reader()?))));
            }
            End::New(_) => {}
            End::Stays(_) => kept.push((member, None)),
        }
    }
    gate.whole(&WORDS, values, |hunt, report| {
        for (member, new) in &kept {
            hunt.part(report, &member.name, |hunt, report| match new {
                Some(new) => hunt.archive(report, new),
                None => member.package.search(hunt, report),
            });
        }
        set.home.search_rest(hunt, report);
    })?;
    let reports = ends.iter().map(|end| match end {
        End::Stays(report) | End::New(Written { report, .. }) => report.clone(),
    });
    let report = WORDS.sound(rules::one_report(&set.members, reports.collect()))?;

    // 8. Commit.
    let notes_of_home = match &set.home {
        Home::Folder(_) => folder::put_in_place(set, ends, output)?,
        Home::Archive(container) => archive::put_in_place(set, container, ends, output)?,
    };
    let mut notes = placed.notes.clone();
    notes.extend(copies.notes());
    notes.extend(said.notes.into_iter().map(|(note, names)| about(&note, &names, set.members.len())));
    notes.extend(notes_of_home);
    let (entries, removed, warnings) = (said.entries, said.removed, placed.warnings.clone());
    Ok(Done { written: true, entries, removed, warnings, notes, report, new_signer })
}

/// Writes every package that does not stay.
fn write(
    set: &PackageSet,
    placed: &Placed<Spot>,
    changes: Changes,
    stay: Vec<Option<Report>>,
    task: &Task<'_>,
) -> Result<(Vec<End>, Said), Cause> {
    let signing = if placed.kept.is_some() { None } else { Some(task.signing.android()?) };
    // Places of other main objects whose credential is not known get no value.
    let given = placed.rendered(task.values)?;
    let (mut ends, mut said) = (Vec::new(), Said::default());
    for (index, ((member, changes), stays)) in set.members.iter().zip(changes.0).zip(stay).enumerate() {
        if let Some(report) = stays {
            ends.push(End::Stays(report));
            continue;
        }
        let here = given.iter().filter(|(_, spot, _)| spot.member == index);
        let here: Vec<Expected> = here.map(within).collect();
        let written =
            one(set, member, (changes, &placed.pairs), &here, (task, signing), &mut said).map_err(member.about())?;
        ends.push(End::New(written));
    }
    Ok((ends, said))
}

/// What is expected of a place, as its package calls it.
fn within((place, spot, value): &Rendered<'_, Spot>) -> Expected {
    Expected { address: place.address.clone(), entry: Some(spot.spot.entry.clone()), value: value.clone() }
}

/// Writes a package.
fn one(
    set: &PackageSet,
    member: &Member,
    (changes, kept): (packages::Changes, &KeptPairs),
    expected: &[Expected],
    (task, signing): (&Task<'_>, Option<&AndroidSigning<'_>>),
    said: &mut Said,
) -> Result<Written, Cause> {
    let packed = &member.package.packed;
    let output = set.home.output(member, task.output);
    let pairs = changes.pairs.contents().map(|(name, _)| member.entry(&name)).collect::<Vec<_>>();
    let Some(signing) = signing else {
        said.entries.extend(pairs);
        let address = expected.first().map(|expected| expected.address.clone());
        let kept = address.map(|address| member.package.kept(&address)).transpose()?.unwrap_or_default();
        return member.package.write_kept(&kept, expected, &changes.pairs, &output);
    };
    let block = packed.block()?;
    let stale = apk::stale(&packed.archive());
    let changed = changes.replaced.keys().map(|&index| packed.name(index)).chain(changes.added.keys().cloned());
    said.entries.extend(changed.map(|name| member.entry(&name)).chain(pairs));
    let removed: Vec<String> = stale.iter().map(|&index| packed.name(index)).collect();
    let given = changes.pairs.ids();
    let stay = packed.kept_pairs(kept, &given)?.into_iter().map(|(id, _)| id);
    let stay = stay.chain(given.iter().copied()).collect();
    let notes = member.package.notes(signing, (&removed, block.as_ref(), &stay));
    for note in changes.notes.iter().cloned().chain(notes) {
        said.notes.entry(note).or_default().push(member.name.clone());
    }
    said.removed.extend(removed.iter().map(|name| member.entry(name)));
    member.package.write_new(expected, (changes, kept), (&stale, block.as_ref()), &Task { output: &output, ..*task })
}

/// A note, with the packages that it is about.
fn about(note: &str, names: &[String], all: usize) -> String {
    match names {
        [name] => format!("{name}: {note}"),
        [first, more @ ..] if names.len() < all => format!("{first} and {} more: {note}", more.len()),
        _ => format!("in every package: {note}"),
    }
}
