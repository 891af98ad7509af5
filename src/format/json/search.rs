//! Where pointers lead to, found while the document is read: for each open value it is known how far each pointer has come.
//!
//! Must not: hold more of a document than its way down and what was found.

use std::ops::Range;

use super::error::JsonError;
use super::picked::{self, Picked, Progress};
use super::scan::{Kind, Node, Scanner, Visit, is_key};
use super::steps::{Pointer, Step};

/// Where each pointer leads to in a whole document, which begins behind a mark.
pub(super) fn all(text: &str, mark: usize, pointers: &[Pointer]) -> Result<Vec<Vec<Node>>, JsonError> {
    let picked = picked::all(pointers, |visit| read(text, mark, visit))?;
    Ok(read(text, mark, Search::of(pointers, &picked))?.found)
}

/// Where each pointer leads to below a value of a document that was read.
pub(super) fn below(text: &str, node: &Node, pointers: &[Pointer]) -> Result<Vec<Vec<Node>>, JsonError> {
    let text = &text[..node.range.end];
    let picked = picked::all(pointers, |visit| read(text, node.range.start, visit))?;
    Ok(read(text, node.range.start, Search::of(pointers, &picked))?.found)
}

/// Reads all of a text from a byte on.
fn read<V: Visit>(text: &str, at: usize, visit: V) -> Result<V, JsonError> {
    let mut scanner = Scanner { text, at, visit };
    scanner.blanks();
    let root = scanner.visit.root();
    scanner.value(0, root)?;
    scanner.blanks();
    if scanner.at < text.len() {
        return Err(scanner.expected("the end of the document"));
    }
    Ok(scanner.visit)
}

struct Search<'p> {
    pointers: &'p [Pointer],
    picked: &'p Picked,
    /// How far the pointers have come, for each open value from the outermost on.
    progress: Vec<Progress>,
    /// For each pointer, in the order of the text.
    found: Vec<Vec<Node>>,
}

/// What of `progress` is a value's. Where it is empty, no pointer leads on.
#[derive(Clone, Copy)]
struct Own {
    start: usize,
    end: usize,
}

impl<'p> Search<'p> {
    fn of(pointers: &'p [Pointer], picked: &'p Picked) -> Self {
        Self { pointers, picked, progress: Vec::new(), found: vec![Vec::new(); pointers.len()] }
    }

    fn step(&self, (pointer, done): Progress) -> Option<&'p Step> {
        self.pointers.get(pointer)?.get(done)
    }

    /// Notes progress of the value whose progress begins at `start`, once.
    fn note(&mut self, start: usize, progress: Progress) {
        if !self.progress.get(start..).is_some_and(|noted| noted.contains(&progress)) {
            self.progress.push(progress);
        }
    }

    /// What a value's child has of it: `leads` says which steps lead there.
    fn child(&mut self, inside: Own, leads: impl Fn(Progress, &Step) -> bool) -> Own {
        let start = self.progress.len();
        for index in inside.start..inside.end {
            let Some(&(pointer, done)) = self.progress.get(index) else { break };
            match self.step((pointer, done)) {
                Some(Step::Below) => self.note(start, (pointer, done)),
                Some(step) if leads((pointer, done), step) => self.note(start, (pointer, done + 1)),
                Some(_) | None => {}
            }
        }
        Own { start, end: self.progress.len() }
    }
}

impl Visit for Search<'_> {
    type State = Own;

    fn root(&mut self) -> Own {
        self.progress.extend((0..self.pointers.len()).map(|pointer| (pointer, 0)));
        Own { start: 0, end: self.progress.len() }
    }

    /// What leads to the value itself is done, and what has come to its end is found.
    fn open(&mut self, at: usize, arrived: Own) -> Own {
        let mut index = arrived.start;
        while let Some(&(pointer, done)) = self.progress.get(index) {
            index += 1;
            let stays = match self.step((pointer, done)) {
                Some(Step::Below) => true,
                Some(Step::Picked { .. }) => self.picked.is_itself((pointer, done), at),
                Some(Step::Each | Step::Name { .. } | Step::Key(_)) => false,
                None => {
                    // Its end and its kind are known when it ends.
                    let node = Node { range: at..at, kind: Kind::Literal };
                    self.found.get_mut(pointer).into_iter().for_each(|found| found.push(node.clone()));
                    false
                }
            };
            if stays {
                self.note(arrived.start, (pointer, done + 1));
            }
        }
        Own { start: arrived.start, end: self.progress.len() }
    }

    fn member(&mut self, inside: Own, text: &str, key: Range<usize>) -> Own {
        self.child(inside, |_, step| step.key().is_some_and(|wanted| is_key(&text[key.clone()], wanted)))
    }

    fn item(&mut self, inside: Own, index: usize, at: usize) -> Own {
        let picked = self.picked;
        self.child(inside, |progress, step| match step {
            Step::Each => true,
            Step::Picked { .. } => picked.has(progress, at),
            Step::Name { index: wanted, .. } => *wanted == Some(index),
            Step::Below | Step::Key(_) => false,
        })
    }

    fn close(&mut self, inside: Own, _: &str, node: Node) {
        for index in inside.start..inside.end {
            let Some(&(pointer, done)) = self.progress.get(index) else { break };
            let Some(found) = self.found.get_mut(pointer) else { break };
            if self.pointers.get(pointer).is_some_and(|steps| steps.len() == done)
                && let Ok(at) = found.binary_search_by_key(&node.range.start, |found| found.range.start)
                && let Some(found) = found.get_mut(at)
            {
                *found = node.clone();
            }
        }
        self.progress.truncate(inside.start);
    }
}
