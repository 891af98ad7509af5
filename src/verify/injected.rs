//! Whether every place holds the value it should: read again from the finished artifact, by address.
//!
//! Must not: show a value; what is there may be another environment's secret.

use zeroize::Zeroizing;

use super::code::Code;
use super::report::Report;
use crate::artifact::apk::Apk;
use crate::artifact::files::{FileSet, Files, FilesError};
use crate::format::read_at::ReadAt;
use crate::format::zip::Archive;
use crate::placement::{Absence, Address, Kind, Place, Template};

/// A value at a place.
#[derive(Clone)]
pub struct Expected {
    /// Where.
    pub address: Address,
    /// The entry it was put into; any where `None`.
    pub entry: Option<String>,
    /// What should be there.
    pub value: Zeroizing<String>,
}

impl std::fmt::Debug for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { address, entry, value: _ } = self;
        f.debug_struct("Expected").field("address", address).field("entry", entry).finish_non_exhaustive()
    }
}

/// The values that are expected: what may be in the artifact.
pub fn values(expected: &[Expected]) -> Vec<&str> {
    expected.iter().map(|expected| expected.value.as_str()).collect()
}

/// Reads every place of a package and compares.
pub fn apk<S: ReadAt + ?Sized>(report: &mut Report, archive: Archive<'_, S>, expected: &[Expected]) {
    match Apk::over(archive) {
        Err(error) => report.add(Code::PlaceUnreadable, "the package", error.to_string()),
        Ok(apk) => compare(report, expected, |place| {
            let found = apk.find(place).map_err(|error| (error.is_no_place(), error.to_string()))?;
            // What would have to be made is not there.
            let there = found.into_iter().filter(|found| !found.spot.missing);
            Ok(there.map(|found| (found.spot.entry, found.values)).collect())
        }),
    }
}

/// Reads every place of a set of packages and compares; each package with its name, which its entries are expected with.
pub fn packages<S: ReadAt + ?Sized>(report: &mut Report, all: Vec<(&str, Archive<'_, S>)>, expected: &[Expected]) {
    let mut opened = Vec::new();
    for (name, archive) in all {
        match Apk::over(archive) {
            Ok(apk) => opened.push((name, apk)),
            Err(error) => report.add(Code::PlaceUnreadable, name, error.to_string()),
        }
    }
    compare(report, expected, |place| {
        let (mut all, mut missing) = (Vec::new(), None);
        for (name, apk) in &opened {
            match apk.find(place) {
                Ok(found) => {
                    let there = found.into_iter().filter(|found| !found.spot.missing);
                    all.extend(there.map(|found| (format!("{name}!/{}", found.spot.entry), found.values)));
                }
                Err(error) if error.is_no_place() => missing = missing.or(Some((true, error.to_string()))),
                Err(error) => return Err((false, format!("{name}: {error}"))),
            }
        }
        missing.filter(|_| all.is_empty()).map_or(Ok(all), Err)
    });
}

/// Reads every place of a set of files and compares.
pub fn files(report: &mut Report, files: &dyn Files, kind: Kind, expected: &[Expected]) {
    let files = FileSet::new(files, kind);
    compare(report, expected, |place| {
        let found =
            files.find(place).map_err(|error| (matches!(error, FilesError::NoPlace { .. }), error.to_string()))?;
        // What an address means beside what it says is expected under its own.
        let said = found.into_iter().filter(|found| !found.spot.implied);
        Ok(said.map(|found| (found.spot.file(), found.values)).collect())
    });
}

/// The entries with a place and the values there; or whether it is not there, and the error's text.
type Looked = Result<Vec<(String, Vec<String>)>, (bool, String)>;

fn compare(report: &mut Report, expected: &[Expected], find: impl Fn(&Place) -> Looked) {
    for Expected { address, entry, value } in expected {
        // A constant that was addressed by its old text is there under the new one.
        let renamed = address.holding(value);
        let by_text = renamed.is_some();
        let at = renamed.unwrap_or_else(|| address.clone());
        // What an edit left was said where it was planned.
        let place = Place { partial: true, ..Place::new(at, Template::default(), Absence::Fail) };
        let found = match find(&place) {
            Ok(found) => found,
            // The error would name the value.
            Err((true, _)) if by_text => Vec::new(),
            Err((_, error)) => {
                report.add(Code::PlaceMissing, address.to_string(), error);
                continue;
            }
        };
        let here: Vec<_> = found.iter().filter(|(file, _)| entry.as_ref().is_none_or(|entry| entry == file)).collect();
        if here.is_empty() {
            report.add(Code::PlaceMissing, address.to_string(), "the place is not there; inject again");
        }
        for (file, values) in here {
            let wrong = values.iter().filter(|text| ***text != **value).count();
            if wrong > 0 {
                report.add(
                    Code::PlaceValue,
                    format!("{address} in {file}"),
                    format!("{wrong} of {} values are not this environment's; inject again", values.len()),
                );
            }
        }
    }
}
