//! What must not be in an output: credentials of other environments, looked for before the output takes its place.
//!
//! What cannot be searched refuses an output as what is found does: nobody knows what lies there.
//!
//! Must not: look for anything that may be there.

use super::fault::Cause;
use super::refusal::Words;
use crate::artifact::files::Files;
use crate::format::read_at::ReadAt;
use crate::placement::template::Values;
use crate::verify::Report;
use crate::verify::leak::{Foreign, Hunt};

/// How much of an output is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Reach {
    /// Nothing.
    Off,
    /// Every content that changes.
    #[default]
    Changed,
    /// The whole output, between its entries too.
    Whole,
}

/// What is looked for. The default looks for nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Gate<'g> {
    /// Values that must not be there.
    pub foreign: &'g [Foreign],
    /// Where.
    pub reach: Reach,
}

impl Gate<'_> {
    /// Searches contents that change, each with its name.
    pub(super) fn changed<'c>(
        &self,
        words: &'static Words,
        values: &Values<'_>,
        contents: impl IntoIterator<Item = (String, &'c [u8])>,
    ) -> Result<(), Cause> {
        self.judged(words, values, |hunt, report| {
            for (name, content) in contents {
                hunt.content(report, &name, content);
            }
        })
    }

    /// Searches a whole archive, where that is asked.
    pub(super) fn archive<S: ReadAt + ?Sized>(
        &self,
        words: &'static Words,
        values: &Values<'_>,
        source: &S,
    ) -> Result<(), Cause> {
        if self.reach != Reach::Whole {
            return Ok(());
        }
        self.judged(words, values, |hunt, report| hunt.archive(report, source))
    }

    /// Searches all files of a folder, where that is asked.
    pub(super) fn files(&self, words: &'static Words, values: &Values<'_>, files: &dyn Files) -> Result<(), Cause> {
        if self.reach != Reach::Whole {
            return Ok(());
        }
        self.judged(words, values, |hunt, report| hunt.files(report, files))
    }

    fn judged(
        &self,
        words: &'static Words,
        values: &Values<'_>,
        look: impl FnOnce(&mut Hunt<'_>, &mut Report),
    ) -> Result<(), Cause> {
        if self.foreign.is_empty() || self.reach == Reach::Off {
            return Ok(());
        }
        let mut report = Report::default();
        look(&mut Hunt::new(self.foreign, &values.texts()), &mut report);
        words.searched(report)
    }
}
