//! The new packages of a folder take their places together. Nothing takes its place before everything is written and verified; a run
//! that is cut off after that is finished by the next one. Where the system refuses a single rename then (an immutable file), those
//! before it have taken theirs, and the error says so.
//!
//! Must not: decide what is written.

use std::path::{Path, PathBuf};

use super::member::{End, Member};
use super::package_set::PackageSet;
use crate::host::file::Stamp;
use crate::host::interrupt;
use crate::host::rights::Like;
use crate::host::transaction::{Transaction, TransactionError};
use crate::pipeline::ArtifactFile;
use crate::pipeline::apk::dm_file::{self, Renewed};
use crate::pipeline::apk::v4_file;
use crate::pipeline::fault::Cause;
use crate::verify::Scheme;

/// Puts the set at `output`, a folder; where it is not that of the input, all packages go there. Says what a person should know.
pub(super) fn put_in_place(set: &PackageSet, ends: Vec<End>, output: &Path) -> Result<Vec<String>, Cause> {
    let here = set.home.is_at(output);
    let mut transaction = Transaction::start(output)?;
    let (mut stale, mut stale_profiles) = (Vec::new(), Vec::new());
    for (member, end) in set.members.iter().zip(ends) {
        let target = output.join(&member.name);
        let like = member.package.packed.source.file().like()?;
        put_profile(&mut transaction, (member, &end), &target, &mut stale_profiles)?;
        let idsig_path = v4_file::path(&target);
        match end {
            End::Stays(_) if here => {}
            End::Stays(report) => {
                let from = &member.package.packed.source;
                pour(&mut transaction, (&member.name, Stamp::at(&target)?), from, &like)?;
                // A v4 signature that was asked for, and verified, goes with it.
                let own = v4_file::path(&member.package.packed.path);
                match report.signature(Scheme::V4).and_then(|_| v4_file::read(&own).transpose()) {
                    Some(idsig) => put_idsig(&mut transaction, member, &idsig_path, &idsig?)?,
                    None => stale.push(idsig_path),
                }
            }
            End::New(written) => {
                let there = if here { Some(stamp(member)) } else { Stamp::at(&target)? };
                pour(&mut transaction, (&member.name, there), &ArtifactFile::over(written.new.reader()?), &like)?;
                match &written.idsig {
                    Some(idsig) => put_idsig(&mut transaction, member, &idsig_path, idsig)?,
                    None => stale.push(idsig_path),
                }
            }
        }
    }
    // What was read several times was one content all along, and nobody's newer build is lost.
    set.home.unchanged(&set.members)?;
    let _section = interrupt::section();
    // What is about the old packages goes before the new ones count: a run that is cut off leaves nothing that is about others.
    let mut notes: Vec<String> = stale_profiles.iter().map(|path| dm_file::left_out(path)).collect();
    for path in &stale_profiles {
        let _ = v4_file::remove_stale(path)?;
    }
    for path in stale {
        if v4_file::remove_stale(&path)? {
            notes.push(v4_file::gone(&path));
        }
    }
    if let Some(prepared) = transaction.prepare()? {
        if here {
            // Not every system lets an open file be replaced.
            set.members.iter().for_each(|member| member.package.packed.source.file().close());
        }
        prepared.commit()?;
    }
    Ok(notes)
}

/// The profile beside a package goes where the package goes.
fn put_profile(
    transaction: &mut Transaction,
    (member, end): (&Member, &End),
    target: &Path,
    stale: &mut Vec<PathBuf>,
) -> Result<(), Cause> {
    let dex: &[_] = if let End::New(written) = end { &written.dex } else { &[] };
    match dm_file::renewed(&member.package.packed.path, target, dex)? {
        None => {}
        Some((path, Renewed::Content(content))) => {
            let like = member.package.packed.source.file().like()?.beside();
            let name = dm_file::name(&member.name).unwrap_or_default();
            transaction.begin_like(&name, Stamp::at(&path)?, Some(&like))?.append(&content)?;
        }
        Some((path, Renewed::Stale)) => stale.push(path),
    }
    Ok(())
}

/// What a package was when it was opened.
fn stamp(member: &Member) -> Stamp {
    Stamp::of(member.package.packed.source.file().metadata())
}

fn put_idsig(
    transaction: &mut Transaction,
    member: &Member,
    path: &Path,
    idsig: &[u8],
) -> Result<(), TransactionError> {
    let name = format!("{}.idsig", member.name);
    let like = member.package.packed.source.file().like()?.beside();
    transaction.begin_like(&name, Stamp::at(path)?, Some(&like))?.append(idsig)
}

/// Writes what `from` holds as the new version of a file; one that was not there gets the rights of `like`.
fn pour(
    transaction: &mut Transaction,
    (name, there): (&str, Option<Stamp>),
    from: &ArtifactFile,
    like: &Like,
) -> Result<(), Cause> {
    let mut new = transaction.begin_like(name, there, Some(like))?;
    from.stream::<Cause>(|piece| Ok(new.append(piece)?))
}
