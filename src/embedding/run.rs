//! Several artifacts in one run.
//!
//! Must not: know what is done with one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::credential::Credentials;
use super::embedder::Embedder;
use super::error::EmbedError;
use super::prepared::{Artifact, Embedded, Prepared};
use crate::credential::store::Stored;
use crate::host::workers;
use crate::pipeline::signing::{KeyKind, Signing};

/// Memory that work on a file takes beside its size, roughly: tables, indices, what is inflated.
const MEMORY: u64 = 64 * 1024 * 1024;
/// Of the memory that is there, the part that is taken.
const SHARE: u64 = 2;

impl Embedder<'_> {
    /// The main job: artifacts get the credential of their application, and are signed. What can fail before anything is obtained
    /// or written is the error of all of them, and nothing has happened; after that each has its own result, in order.
    ///
    /// [`Signing`] has a key for each kind of artifact among these.
    pub fn run(
        &self,
        artifacts: Vec<Artifact>,
        signing: &Signing<'_>,
    ) -> Result<Vec<Result<Embedded, EmbedError>>, EmbedError> {
        let mut all = Vec::new();
        self.plan_all(artifacts, |prepared| all.push(prepared));
        let mut all = all.into_iter().collect::<Result<Vec<_>, _>>()?;
        for prepared in &all {
            self.check_release(prepared)?;
        }
        for prepared in &all {
            self.settle(&prepared.application)?;
        }
        let kinds: BTreeSet<KeyKind> = all.iter().filter_map(|prepared| prepared.planned.key_kind()).collect();
        for kind in kinds {
            self.check_pin(kind, signing)?;
        }
        let stored = self.stored()?;
        for prepared in &all {
            self.check(prepared, signing, &stored)?;
        }
        let mut credentials = Credentials::default();
        for prepared in &all {
            self.obtain_for(prepared, &mut credentials)?;
        }
        for prepared in &mut all {
            self.meet(prepared, &credentials)?;
        }
        let mut results = Vec::new();
        self.finish_all(all, &credentials, signing, &stored, |(result, _)| results.push(result));
        Ok(results)
    }

    /// Plans all of them, several at once; `each` gets every result, in order.
    pub fn plan_all(&self, artifacts: Vec<Artifact>, mut each: impl FnMut(Result<Prepared, EmbedError>)) {
        in_parallel(artifacts, |artifact| artifact.path.clone(), |artifact| self.plan(artifact), &mut each);
    }

    /// Carries out all of them, several at once; `each` gets every result and the time it took, in order.
    pub fn finish_all(
        &self,
        all: Vec<Prepared>,
        credentials: &Credentials,
        signing: &Signing<'_>,
        stored: &[Stored],
        mut each: impl FnMut((Result<Embedded, EmbedError>, Duration)),
    ) {
        let work = |prepared: Prepared| {
            let began = Instant::now();
            (self.finish(prepared, credentials, signing, stored), began.elapsed())
        };
        in_parallel(all, |prepared| prepared.artifact.path.clone(), work, &mut each);
    }
}

/// Works on several artifacts at once, and hands the results over in order. What lies in one folder, or is that folder, is worked
/// on by one thread, in order.
fn in_parallel<T: Send, R: Send>(
    all: Vec<T>,
    path: impl Fn(&T) -> PathBuf,
    work: impl Fn(T) -> R + Sync,
    each: &mut dyn FnMut(R),
) {
    let work =
        |all: Vec<(usize, T)>| -> Vec<(usize, R)> { all.into_iter().map(|(index, one)| (index, work(one))).collect() };
    let all: Vec<(usize, T)> = all.into_iter().enumerate().collect();
    // A result waits for those before it, which another thread may still be at.
    let mut waiting: Vec<(usize, R)> = Vec::new();
    let mut next = 0;
    workers::run(tasks(all, |(_, one)| path(one)), memory(), work, |done| {
        waiting.extend(done);
        while let Some(at) = waiting.iter().position(|(index, _)| *index == next) {
            each(waiting.swap_remove(at).1);
            next += 1;
        }
    });
}

/// Tasks that can be done at once.
fn tasks<T>(all: Vec<T>, path: impl Fn(&T) -> PathBuf) -> Vec<workers::Task<Vec<T>>> {
    let mut groups: Vec<(PathBuf, workers::Task<Vec<T>>)> = Vec::new();
    for one in all {
        let path = path(&one);
        let path = std::fs::canonicalize(&path).unwrap_or(path);
        let memory = MEMORY.saturating_add(size(&path));
        match groups.iter_mut().find(|(known, _)| path.starts_with(known) || known.starts_with(&path)) {
            Some((_, task)) => {
                task.on.push(one);
                task.memory = task.memory.max(memory);
            }
            None => groups.push((path, workers::Task { on: vec![one], memory })),
        }
    }
    groups.into_iter().map(|(_, task)| task).collect()
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

/// Bytes that all of them may take at once.
fn memory() -> u64 {
    workers::memory_available().map_or(u64::MAX, |bytes| bytes / SHARE)
}
