//! The headers of a file that is read from front to back: which bytes are needed next, and what they say.
//!
//! Must not: hold more than the headers that are being read.

use std::ops::Range;

use super::parse::{FAT_HEADER, IMAGE_HEADER, Table, head_len, image_of, table, table_len};
use super::{Container, MachOError, Slice};

/// Which headers come next.
enum Step {
    /// The first bytes of the file.
    Start,
    /// The table of slices, up to there.
    Table(usize),
    /// The first bytes of a slice.
    Image,
    /// Its load commands, up to there, from its start.
    Commands(usize),
    /// None: all slices were found.
    Done,
}

/// Reads headers as they come.
pub struct Scan {
    len: usize,
    step: Step,
    container: Container,
    count: usize,
    /// Slices that were not read yet, the next one last.
    left: Vec<(usize, Range<usize>, u32)>,
}

impl Scan {
    /// Of a file of `len` bytes.
    pub fn new(len: usize) -> Self {
        Self { len, step: Step::Start, container: Container::Thin, count: 1, left: Vec::new() }
    }

    /// Up to where in the file bytes are needed next.
    pub fn needs(&self) -> u64 {
        let slice = self.left.last().map_or(0..self.len, |(_, range, _)| range.clone());
        let until = match self.step {
            Step::Start => FAT_HEADER.min(self.len),
            Step::Table(end) => end.min(self.len),
            Step::Image => slice.start + IMAGE_HEADER.min(slice.len()),
            Step::Commands(end) => slice.start + end,
            Step::Done => self.len,
        };
        until as u64
    }

    /// Where the next slice begins.
    pub fn next_slice(&self) -> Option<u64> {
        self.left.last().map(|(_, range, _)| range.start as u64)
    }

    /// How many slices there are.
    pub fn slice_count(&self) -> usize {
        self.count
    }

    /// What holds them.
    pub fn container(&self) -> Container {
        self.container
    }

    /// Whether no header is left.
    pub fn is_complete(&self) -> bool {
        matches!(self.step, Step::Done)
    }

    /// Takes the bytes that were needed: from the start of the file, or of the slice. A slice whose headers are complete
    /// comes with its place in the table.
    pub fn take(&mut self, held: &[u8]) -> Result<Option<(usize, Slice)>, MachOError> {
        match self.step {
            Step::Start => {
                self.step = match table_len(held)? {
                    0 => self.begin(table(held, self.len)?),
                    end => Step::Table(end),
                };
                Ok(None)
            }
            Step::Table(_) => {
                self.step = self.begin(table(held, self.len)?);
                Ok(None)
            }
            Step::Image => {
                let range = self.left.last().map_or(0..self.len, |(_, range, _)| range.clone());
                self.step = Step::Commands(head_len(held, &range)?);
                Ok(None)
            }
            Step::Commands(_) => {
                let Some((index, range, align)) = self.left.pop() else { return Ok(None) };
                self.step = if self.left.is_empty() { Step::Done } else { Step::Image };
                image_of(held, range, align).map(|slice| Some((index, slice)))
            }
            Step::Done => Ok(None),
        }
    }

    fn begin(&mut self, table: Table) -> Step {
        self.container = table.container;
        self.count = table.slices.len();
        let slices = table.slices.into_iter().enumerate();
        self.left = slices.map(|(index, (range, align))| (index, range, align)).collect();
        self.left.sort_by_key(|(_, range, _)| std::cmp::Reverse(range.start));
        Step::Image
    }
}
