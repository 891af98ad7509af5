//! What must not be in an output: credentials of other environments, looked for before the output takes its place.
//!
//! What cannot be searched refuses an output as what is found does: nobody knows what lies there.
//!
//! Must not: look for anything that may be there.

use super::fault::Cause;
use super::reach::Reach;
use super::refusal::Words;
use crate::placement::template::Values;
use crate::verify::Report;
use crate::verify::leak::{self, Foreign, Hunt};

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

    /// Searches all of an output, where that is asked.
    pub(super) fn whole(
        &self,
        words: &'static Words,
        values: &Values<'_>,
        look: impl FnOnce(&mut Hunt<'_>, &mut Report),
    ) -> Result<(), Cause> {
        if self.reach == Reach::Whole { self.judged(words, values, look) } else { Ok(()) }
    }

    /// Searches an artifact before anything is obtained for it, where all of the output will be searched: what keeps the output
    /// from being written keeps anything from being registered. Contents that change, by name, are left to [`Self::changed`],
    /// and what lies between contents to the output.
    pub(super) fn input(
        &self,
        words: &'static Words,
        values: &Values<'_>,
        changed: &[&str],
        look: impl FnOnce(&mut Hunt<'_>, &mut Report),
    ) -> Result<(), Cause> {
        self.whole(words, values, |hunt, report| {
            look(hunt, report);
            report.findings.retain(|finding| {
                let stays = |name: &&str| !leak::is_in(finding, name);
                !leak::is_outside(finding) && changed.iter().all(stays)
            });
        })
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
        words.searched(report, self.reach)
    }
}
