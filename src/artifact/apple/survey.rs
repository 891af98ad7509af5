//! Reading an app: each file once, on all processors, for all that anybody will ask of it. Code is read first, and whoever asked
//! goes on until something of it is needed; what is only sealed is read by threads of its own after that.
//!
//! Must not: judge what it finds; leave a thread behind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;

use super::bundle::{Bundle, Layout};
use super::facts::{Digests, Facts, Wanted};
use super::idle::{Idle, processors};
use super::known::{Known, helped_facts};
use super::tree::{Node, Tree};
use crate::format::code_resources::{CodeResources, Generation};
use crate::format::limits;

/// Files up to so many bytes are hashed in pairs; of larger ones each is a thread's.
const PAIRED: u64 = 2 * 1024 * 1024;
/// What is wanted of most files.
const SHA256: Wanted = Wanted { sha1: false, sha256: true, image: false, tail: 0, pages: None };

/// Which of the digests that a seal states of one file are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// Each of them.
    All,
    /// SHA-256 where the seal has one: what systems that read `files2` go by. SHA-1 where it has nothing else.
    Best,
}

/// A way to the files of an app for threads that outlive whoever started them.
pub trait Reach: std::fmt::Debug + Send + Sync + 'static {
    /// Does something with the files; nothing where they cannot be had.
    fn reach(&self, work: &mut dyn FnMut(&dyn Tree));
}

/// An app that is being read.
#[derive(Debug)]
pub struct Survey {
    reach: Arc<dyn Reach>,
    seals: BTreeMap<String, Arc<CodeResources>>,
    /// Code that is being read, and what else is to be read after it.
    reading: Mutex<Option<(Rest, BTreeMap<String, Wanted>)>>,
    code: OnceLock<Known>,
    rest: Mutex<Option<Rest>>,
    all: OnceLock<Known>,
}

impl Survey {
    /// Begins to read the code of an app.
    pub fn start(reach: Arc<dyn Reach>, tree: &dyn Tree, layout: &Layout, compared: Compared) -> Self {
        let (mut rest, seals) = wanted(tree, layout, compared);
        let code = layout.images().filter_map(|path| rest.remove_entry(path)).collect();
        // Everything waits for the code, and a large executable keeps several processors busy: nothing else is read beside it.
        let code = Rest::start(&reach, tree, code, true);
        let reading = Mutex::new(Some((code, rest)));
        Self { reach, seals, reading, code: OnceLock::new(), rest: Mutex::default(), all: OnceLock::new() }
    }

    /// Reads an app, and waits for all of it.
    pub fn whole(reach: Arc<dyn Reach>, tree: &dyn Tree, layout: &Layout, compared: Compared) -> Self {
        let code = Known::survey(tree, layout, compared);
        let seals = code.seals.clone();
        let (reading, rest, all) = (Mutex::default(), Mutex::default(), OnceLock::new());
        Self { reach, seals, reading, code: OnceLock::from(code), rest, all }
    }

    /// What is known of the code, and of the seals: helps to read what was not read yet, and waits for the others.
    pub fn code(&self, tree: &dyn Tree) -> &Known {
        self.code.get_or_init(|| {
            let reading = self.reading.lock().ok().and_then(|mut reading| reading.take());
            let (facts, rest) = reading.map(|(code, rest)| (code.end(tree), rest)).unwrap_or_default();
            if let Ok(mut place) = self.rest.lock() {
                *place = Some(Rest::start(&self.reach, tree, rest, false));
            }
            Known { facts, seals: self.seals.clone() }
        })
    }

    /// What is known of every file, likewise.
    pub fn all(&self, tree: &dyn Tree) -> &Known {
        self.all.get_or_init(|| {
            let mut all = self.code(tree).clone();
            let rest = self.rest.lock().ok().and_then(|mut rest| rest.take());
            all.facts.extend(rest.map(|rest| rest.end(tree)).unwrap_or_default());
            all
        })
    }
}

impl Known {
    /// Reads an app: digests of what is sealed, outlines of code, and ends of executables as far as they can be kept.
    pub fn survey(tree: &dyn Tree, layout: &Layout, compared: Compared) -> Self {
        let (wanted, seals) = wanted(tree, layout, compared);
        Self { facts: read(tree, wanted), seals }
    }
}

/// Files to be read, and what was found of some.
#[derive(Debug, Default)]
struct Queue {
    /// The largest first, so that no thread is left with one at the end. Nothing is taken out of it: what one thread allocates
    /// and another frees makes both wait.
    jobs: Vec<(u64, String, Wanted)>,
    /// The first that nobody took yet.
    next: AtomicUsize,
    found: Mutex<Vec<(usize, Facts)>>,
    /// Bytes of ends that are kept.
    kept: AtomicU64,
    stopped: AtomicBool,
    idle: Arc<Idle>,
}

impl Queue {
    /// `idle`: processors beside those that will work on it.
    fn new(tree: &dyn Tree, wanted: BTreeMap<String, Wanted>, idle: usize) -> Self {
        let jobs = wanted.into_iter().map(|(path, wanted)| (tree.size(&path), path, wanted));
        let mut jobs: Vec<_> = jobs.collect();
        jobs.sort_by(|a, b| (b.0, &a.1).cmp(&(a.0, &b.1)));
        let found = Mutex::new(Vec::with_capacity(jobs.len()));
        let (next, kept, stopped) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicBool::new(false));
        Self { jobs, next, found, kept, stopped, idle: Arc::new(Idle::new(idle)) }
    }

    /// Reads files until none is left. What cannot be read is left out: whoever asks for it gets the error.
    fn work(&self, tree: &dyn Tree) {
        let mut first = None;
        while !self.stopped.load(Ordering::Relaxed) {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some((size, path, wanted)) = self.jobs.get(index) else { break };
            let paired = *size <= PAIRED && *wanted == SHA256;
            match first.take() {
                None if paired => first = Some((index, path)),
                // Neighbours are of one size, more or less.
                Some(other) if paired => self.hash(tree, [other, (index, path)]),
                other => {
                    first = other;
                    self.look(tree, index, path, wanted);
                }
            }
        }
        if let Some((index, path)) = first {
            self.look(tree, index, path, &SHA256);
        }
        self.idle.add();
    }

    fn look(&self, tree: &dyn Tree, index: usize, path: &str, wanted: &Wanted) {
        let Ok(mut facts) = helped_facts(tree, path, wanted, &self.idle) else { return };
        let len = facts.tail.as_ref().map_or(0, |tail| tail.bytes.len() as u64);
        if len > 0 && self.kept.fetch_add(len, Ordering::Relaxed) + len > limits::KEPT_TAIL_BYTES {
            facts.tail = None;
        }
        if let Ok(mut found) = self.found.lock() {
            found.push((index, facts));
        }
    }

    /// Two files at once, which is faster.
    fn hash(&self, tree: &dyn Tree, files: [(usize, &String); 2]) {
        let digests = tree.two_digests(files.map(|(_, path)| path.as_str()));
        let Ok(mut found) = self.found.lock() else { return };
        for ((index, _), sha256) in files.into_iter().zip(digests).filter(|(_, sha256)| sha256.is_some()) {
            found.push((index, Facts { digests: Digests { sha1: None, sha256 }, ..Facts::default() }));
        }
    }

    fn found(self) -> BTreeMap<String, Facts> {
        let mut jobs: Vec<_> = self.jobs.into_iter().map(|(_, path, _)| path).collect();
        let found = self.found.into_inner().unwrap_or_default().into_iter();
        found.filter_map(|(index, facts)| Some((std::mem::take(jobs.get_mut(index)?), facts))).collect()
    }
}

/// Reads files, and waits.
fn read(tree: &dyn Tree, wanted: BTreeMap<String, Wanted>) -> BTreeMap<String, Facts> {
    let threads = processors().min(wanted.len()).max(1);
    let queue = Queue::new(tree, wanted, processors() - threads);
    std::thread::scope(|scope| {
        for _ in 1..threads {
            // Where no thread is to be had, this one does it.
            let _ = std::thread::Builder::new().spawn_scoped(scope, || queue.work(tree));
        }
        queue.work(tree);
    });
    queue.found()
}

/// What is read while others go on.
#[derive(Debug)]
struct Rest {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

impl Rest {
    /// One processor stays with whoever goes on. Those that have no file of their own are `helpers` or stay idle.
    fn start(reach: &Arc<dyn Reach>, tree: &dyn Tree, files: BTreeMap<String, Wanted>, helpers: bool) -> Self {
        // Where no thread is to be had, the end does all of it.
        let others = processors().saturating_sub(1).max(1);
        let threads = others.min(files.len());
        let queue = Arc::new(Queue::new(tree, files, if helpers { others - threads } else { 0 }));
        let one = |_| {
            let (reach, queue) = (Arc::clone(reach), Arc::clone(&queue));
            std::thread::Builder::new().spawn(move || reach.reach(&mut |tree| queue.work(tree))).ok()
        };
        let threads = (0..threads).filter_map(one).collect();
        Self { queue, threads }
    }

    /// Everything that was found.
    fn end(mut self, tree: &dyn Tree) -> BTreeMap<String, Facts> {
        self.queue.work(tree);
        for thread in self.threads.drain(..) {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
        // Each thread had one, and is gone.
        Arc::into_inner(std::mem::take(&mut self.queue)).map(Queue::found).unwrap_or_default()
    }
}

impl Drop for Rest {
    /// Nobody wants it any more: each thread ends with the file that it has.
    fn drop(&mut self) {
        self.queue.stopped.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // Whoever dropped it has no use for its panic.
            let _ = thread.join();
        }
    }
}

/// What has to be known of which file, and the seals that say so.
fn wanted(
    tree: &dyn Tree,
    layout: &Layout,
    compared: Compared,
) -> (BTreeMap<String, Wanted>, BTreeMap<String, Arc<CodeResources>>) {
    let (mut wanted, mut seals) = (BTreeMap::new(), BTreeMap::new());
    for bundle in &layout.bundles {
        let bytes = tree.read_if_there(&bundle.seal()).ok().flatten();
        let seal = bytes.and_then(|bytes| CodeResources::parse(&bytes).ok()).map(Arc::new);
        sealed(tree, bundle, seal.as_deref(), compared, &mut wanted);
        seals.extend(seal.map(|seal| (bundle.seal(), seal)));
    }
    for path in layout.images() {
        let wanted: &mut Wanted = wanted.entry(path.to_owned()).or_default();
        // A signature has a hash for every page, or two, and some certificates.
        (wanted.image, wanted.tail) = (true, tree.size(path) / 32 + limits::CUT_SEARCH_BYTES);
    }
    (wanted, seals)
}

/// Adds the files of a bundle's seal, with the digests that are in it; every file where there is none yet.
fn sealed(
    tree: &dyn Tree,
    bundle: &Bundle,
    seal: Option<&CodeResources>,
    compared: Compared,
    wanted: &mut BTreeMap<String, Wanted>,
) {
    let Some(seal) = seal else {
        let files = tree.nodes().iter().filter(|(_, node)| **node == Node::File);
        for path in files.map(|(path, _)| path).filter(|path| bundle.within(path).is_some()) {
            if *path != bundle.executable {
                let wanted = wanted.entry(path.clone()).or_default();
                (wanted.sha1, wanted.sha256) = (true, true);
            }
        }
        return;
    };
    let paths: BTreeSet<&str> = Generation::BOTH.into_iter().flat_map(|generation| seal.paths(generation)).collect();
    for path in paths {
        let full = if bundle.base.is_empty() { path.to_owned() } else { format!("{}/{path}", bundle.base) };
        if tree.nodes().get(&full) != Some(&Node::File) {
            continue;
        }
        // A list without rules does not count.
        let lists = Generation::BOTH.into_iter().filter(|generation| seal.has(*generation));
        let stated = lists.filter_map(|generation| seal.get(generation, path).ok().flatten());
        let (mut sha1, mut sha256) = (false, false);
        for stated in stated {
            sha1 |= stated.hash.is_some();
            sha256 |= stated.hash2.is_some();
        }
        let wanted = wanted.entry(full).or_default();
        wanted.sha1 |= sha1 && !(sha256 && compared == Compared::Best);
        wanted.sha256 |= sha256;
    }
}
