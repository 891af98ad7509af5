//! What Android asks of the packages of one application that are installed together (`PackageInstallerSession` of AOSP): one
//! base, one package name, one version, one signer, no split twice, and all types of splits that the base requires.
//!
//! Must not: look into a package for anything but what its manifest and its signature say.

use std::collections::{BTreeMap, BTreeSet};

use super::member::Member;
use crate::verify::{Code, Finding, Report};

/// What is wrong with these together. An archive with `variants` holds several packages for one split, of which each device gets
/// one.
pub(super) fn problems(members: &[Member], variants: bool) -> Vec<Finding> {
    let mut problems = Vec::new();
    let mut add = |code, name: &str, message: String| problems.push(Finding::new(code, name, message));
    let Some(base) = members.iter().find(|member| member.split().is_none()) else {
        let splits: Vec<&str> = members.iter().filter_map(Member::split).collect();
        let first = members.first().map(|member| member.name.as_str()).unwrap_or_default();
        let message = format!("no package is the base, only the splits {}; add it", splits.join(", "));
        add(Code::SetIncomplete, first, message);
        return problems;
    };
    let own = &base.package.packed.facts;
    let mut seen: BTreeMap<Option<&str>, &str> = BTreeMap::new();
    for member in members {
        let theirs = &member.package.packed.facts;
        let name = &member.name;
        if theirs.package != own.package {
            let message =
                format!("it is of {}, and {} of {}; a set is one application", theirs.package, base.name, own.package);
            add(Code::SetMixed, name, message);
            continue;
        }
        if let (Some(version), Some(expected)) = (theirs.version_code, own.version_code)
            && version != expected
        {
            let message =
                format!("its versionCode is {version}, that of {} is {expected}; take both of one build", base.name);
            add(Code::SetMixed, name, message);
        }
        if let Some(first) = seen.insert(member.split(), name).filter(|_| !variants) {
            let what = member.split().map_or_else(|| "a base".to_owned(), |split| format!("the split {split}"));
            add(Code::SetMixed, name, format!("{first} is {what} too; remove one of them"));
        }
    }
    if own.needs_splits {
        let splits: Vec<&Member> = members.iter().filter(|member| member.split().is_some()).collect();
        let types: BTreeSet<&str> =
            splits.iter().flat_map(|split| &split.package.packed.facts.split_types).map(String::as_str).collect();
        let missing: Vec<&str> =
            own.required_split_types.iter().map(String::as_str).filter(|wanted| !types.contains(wanted)).collect();
        if splits.is_empty() {
            add(Code::SetIncomplete, &base.name, "it is not installed without its splits; add them".to_owned());
        } else if !missing.is_empty() {
            let message =
                format!("it requires splits of the types {}, and none is there; add them", missing.join(", "));
            add(Code::SetIncomplete, &base.name, message);
        }
    }
    problems
}

/// What verification says of all of them: the signatures of the first, every finding with its package, and whether they have one
/// signer.
pub(super) fn one_report(members: &[Member], reports: Vec<Report>) -> Report {
    let mut all = Report::default();
    let signers = |report: &Report| -> Vec<[u8; 32]> { report.signers().iter().map(|signer| signer.sha256).collect() };
    let mut first: Option<(&str, Vec<[u8; 32]>)> = None;
    for (member, report) in members.iter().zip(reports) {
        let here = signers(&report);
        match &first {
            None => {
                first = Some((&member.name, here));
                all.signatures.clone_from(&report.signatures);
            }
            Some((base, expected)) if *expected != here => {
                let who = report.signers().first().map_or("nobody", |signer| signer.subject.as_str());
                let message = format!(
                    "it is signed by {who}, and {base} by another signer; Android installs a set of one signer alone: \
                     inject again, or sign all of them with one key"
                );
                all.add(Code::SetSigner, member.name.clone(), message);
            }
            Some(_) => {}
        }
        all.findings.extend(report.findings.into_iter().map(|mut finding| {
            finding.place = format!("{}: {}", member.name, finding.place);
            finding
        }));
    }
    all
}
