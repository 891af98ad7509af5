//! The entitlements that code is signed with: those given, those that are there, and what becomes of them where the profile
//! is another team's.
//!
//! Must not: decide whether a profile may be used.

use super::error::AppFault;
use super::signed_by::SignedBy;
use crate::artifact::apple::Bundle;
use crate::format::apple_plist::{self, Dictionary, Value};
use crate::format::mobileprovision::Profile;
use crate::format::plist;
use crate::format::setting::Setting;
use crate::pipeline::fault::Cause;
use crate::pipeline::signing::AppleSigningRequest;
use crate::verify;

/// Keys of the identifier of an application: of iOS, and of macOS.
const IDENTIFIERS: [&str; 2] = ["application-identifier", "com.apple.application-identifier"];
const TEAM: &str = "com.apple.developer.team-identifier";
/// What the profile says, whatever the code claimed before.
const BY_PROFILE: [&str; 3] = [TEAM, "get-task-allow", "beta-reports-active"];

/// What is claimed.
pub(super) struct Claimed {
    /// As a property list.
    pub(super) xml: Vec<u8>,
    /// Keys that the profile does not grant.
    pub(super) dropped: Vec<String>,
}

/// The entitlements that a bundle is signed with: those given for the app; its own, rebased where the profile is of another
/// team; for code that has none, what its profile says of application and team.
pub(super) fn entitlements(
    bundle: &Bundle,
    request: &AppleSigningRequest<'_>,
    there: &SignedBy,
    profile: Option<&[u8]>,
) -> Result<Option<Claimed>, Cause> {
    let as_it_is = |xml: &[u8]| Some(Claimed { xml: xml.to_vec(), dropped: Vec::new() });
    if let Some(given) = given(bundle, request) {
        return Ok(as_it_is(given));
    }
    let name = bundle.profile();
    let profile = profile.map(Profile::parse).transpose();
    let profile = profile.map_err(|source| AppFault::Profile { name, source })?;
    match (&there.entitlements, profile) {
        (Some(xml), Some(profile)) if request.allow_new_signer && !request.keep_entitlements => {
            let old = apple_plist::read_dictionary(xml);
            let old = old.map_err(|error| AppFault::Entitlements { problem: error.to_string() })?;
            match rebased(&old, there, &profile, bundle) {
                Some(rebased) => Ok(Some(rebased)),
                None => Ok(as_it_is(following(xml, bundle)?.as_deref().unwrap_or(xml))),
            }
        }
        (Some(xml), _) if request.keep_entitlements => Ok(as_it_is(xml)),
        (Some(xml), _) => Ok(as_it_is(following(xml, bundle)?.as_deref().unwrap_or(xml))),
        (None, None) => Ok(None),
        (None, Some(profile)) => {
            let mut claimed = identifiers(&profile, bundle);
            for key in [TEAM, "get-task-allow"] {
                if let Some(value) = profile.entitlements.get(key) {
                    claimed.insert(key.to_owned(), value.clone());
                }
            }
            Ok(as_it_is(&apple_plist::write(&Value::Dictionary(claimed))))
        }
    }
}

/// Entitlements whose application is this bundle, where they name another one: what a place made of its identifier is claimed
/// too. All other bytes stay. `None` where nothing has to change.
pub(super) fn following(xml: &[u8], bundle: &Bundle) -> Result<Option<Vec<u8>>, Cause> {
    let wrong = |problem: String| Cause::from(AppFault::Entitlements { problem });
    let claimed = apple_plist::read_dictionary(xml).map_err(|error| wrong(error.to_string()))?;
    let mut values = Vec::new();
    for key in IDENTIFIERS {
        let Some(there) = claimed.get(key).and_then(Value::as_string) else { continue };
        if verify::apple::names_other(there, &bundle.identifier)
            && let Some((prefix, _)) = there.split_once('.')
        {
            values.push((key, format!("{prefix}.{}", bundle.identifier)));
        }
    }
    if values.is_empty() {
        return Ok(None);
    }
    let settings: Vec<Setting<'_>> = values.iter().map(|(at, value)| Setting { at, value, create: false }).collect();
    plist::set_all(xml, &settings).map(Some).map_err(|error| wrong(error.to_string()))
}

/// The entitlements given for a bundle: by its identifier, else those for the app.
fn given<'a>(bundle: &Bundle, request: &AppleSigningRequest<'a>) -> Option<&'a [u8]> {
    let own = request.entitlements_of.iter().find(|(identifier, _)| *identifier == bundle.identifier);
    own.map(|(_, given)| given.as_slice()).or_else(|| request.entitlements.filter(|_| bundle.root.is_empty()))
}

/// Refuses entitlements given that no device would start the app with.
pub(super) fn check_given(bundle: &Bundle, request: &AppleSigningRequest<'_>, profile: bool) -> Result<(), Cause> {
    let Some(given) = given(bundle, request) else { return Ok(()) };
    let of = if bundle.root.is_empty() { String::new() } else { format!("{}: ", bundle.root) };
    let wrong = |problem: String| Cause::from(AppFault::Entitlements { problem: format!("{of}{problem}") });
    let given = apple_plist::read_dictionary(given).map_err(|error| wrong(error.to_string()))?;
    if given.is_empty() {
        return Err(wrong(
            "the file given has none, expected those of the app; leave it out to keep what is there".into(),
        ));
    }
    if profile && IDENTIFIERS.iter().all(|key| !given.contains_key(key)) {
        let problem = "the file given has no application-identifier, which the profile is compared with; add it: the \
                       prefix of the team, a dot, and the bundle identifier";
        return Err(wrong(problem.to_owned()));
    }
    for key in IDENTIFIERS {
        let there = given.get(key).and_then(Value::as_string);
        if let Some(there) = there.filter(|there| verify::apple::names_other(there, &bundle.identifier)) {
            return Err(wrong(format!(
                "the file given has the {key} {there:?}, the bundle identifier is {:?}; change one of them",
                bundle.identifier
            )));
        }
    }
    Ok(())
}

/// The identifier of the application. A pattern is what may be claimed, never the claim.
fn identifiers(profile: &Profile, bundle: &Bundle) -> Dictionary {
    let mut claimed = Dictionary::new();
    for key in IDENTIFIERS {
        let pattern = profile.entitlements.get(key).and_then(Value::as_string);
        if let Some((prefix, _)) = pattern.and_then(|pattern| pattern.split_once('.')) {
            claimed.insert(key.to_owned(), Value::String(format!("{prefix}.{}", bundle.identifier)));
        }
    }
    claimed
}

/// The entitlements of code of one team as a profile of another one grants them; `None` where the team stays.
fn rebased(old: &Dictionary, there: &SignedBy, profile: &Profile, bundle: &Bundle) -> Option<Claimed> {
    let (new_prefix, _) = profile.application_identifier()?.split_once('.')?;
    let claimed = IDENTIFIERS.iter().find_map(|key| old.get(key).and_then(Value::as_string));
    let old_prefix = claimed.and_then(|claimed| claimed.split_once('.')).map(|(prefix, _)| prefix);
    let old_prefix = old_prefix.or(there.team.as_deref())?;
    if old_prefix == new_prefix {
        return None;
    }
    let teams: Vec<&str> = [Some(old_prefix), there.team.as_deref()].into_iter().flatten().collect();
    let text = |text: &str| {
        let rest = teams.iter().find_map(|team| text.strip_prefix(team)?.strip_prefix('.'));
        match rest {
            Some("*") => format!("{new_prefix}.{}", bundle.identifier),
            Some(rest) => format!("{new_prefix}.{rest}"),
            None => text.to_owned(),
        }
    };
    let (mut new, mut dropped) = (identifiers(profile, bundle), Vec::new());
    for key in BY_PROFILE {
        if let Some(value) = profile.entitlements.get(key) {
            new.insert(key.to_owned(), value.clone());
        }
    }
    for (key, value) in old {
        if IDENTIFIERS.contains(&key.as_str()) || BY_PROFILE.contains(&key.as_str()) {
            continue;
        }
        let granted = profile.entitlements.get(key);
        let value = if let Some(one) = value.as_string() {
            Value::String(text(one))
        } else if let Some(all) = value.as_array() {
            let was_empty = all.is_empty();
            let all = all.iter().map(|one| one.as_string().map_or(one.clone(), |one| Value::String(text(one))));
            let (kept, gone): (Vec<Value>, Vec<Value>) =
                all.partition(|one| verify::apple::grants(granted, &Value::Array(vec![one.clone()])));
            let gone = gone.iter().map(|one| format!("{key} {}", one.as_string().unwrap_or("(no text)")));
            dropped.extend(gone);
            if kept.is_empty() && !was_empty {
                continue;
            }
            Value::Array(kept)
        } else {
            value.clone()
        };
        if verify::apple::grants(granted, &value) {
            new.insert(key.clone(), value);
        } else {
            dropped.push(key.clone());
        }
    }
    Some(Claimed { xml: apple_plist::write(&Value::Dictionary(new)), dropped })
}
