//! Whether every place holds the value it should: read again from the finished artifact, by address.
//!
//! Must not: show a value; what is there may be another environment's secret.

use zeroize::Zeroizing;

use super::report::Report;
use crate::artifact::apk::Apk;
use crate::format::read_at::ReadAt;
use crate::format::zip::Archive;
use crate::placement::{Absence, Address, Place, Target, Template};

/// A value at a place.
#[derive(Debug, Clone)]
pub struct Expected {
    /// Where.
    pub address: Address,
    /// The entry it was put into; any where `None`.
    pub entry: Option<String>,
    /// What should be there.
    pub value: Zeroizing<String>,
}

/// Reads every place of a package and compares.
pub fn apk<S: ReadAt + ?Sized>(report: &mut Report, archive: Archive<'_, S>, expected: &[Expected]) {
    let apk = match Apk::over(archive) {
        Ok(apk) => apk,
        Err(error) => {
            report.error("place.unreadable", "the package", error.to_string());
            return;
        }
    };
    for Expected { address, entry, value } in expected {
        // A constant that was addressed by its old text is there under the new one.
        let by_text = matches!(address.target, Target::DexText { .. });
        let at = if by_text { constant(value) } else { address.clone() };
        let place = Place { at, value: Template::default(), absence: Absence::Fail, unless: Vec::new() };
        let found = match apk.find(&place) {
            Ok(found) => found,
            // The error would name the value.
            Err(error) if by_text && error.is_no_place() => Vec::new(),
            Err(error) => {
                report.error("place.missing", address.to_string(), error.to_string());
                continue;
            }
        };
        let here: Vec<_> =
            found.iter().filter(|found| entry.as_ref().is_none_or(|entry| *entry == found.spot.entry)).collect();
        if here.is_empty() {
            report.error("place.missing", address.to_string(), "the place is not there; inject again");
        }
        for found in here {
            let wrong = found.values.iter().filter(|text| **text != **value).count();
            if wrong > 0 {
                report.error(
                    "place.value",
                    format!("{address} in {}", found.spot.entry),
                    format!("{wrong} of {} values are not this environment's; inject again", found.values.len()),
                );
            }
        }
    }
}

fn constant(text: &str) -> Address {
    Address { kind: None, target: Target::DexText { text: text.to_owned() } }
}
