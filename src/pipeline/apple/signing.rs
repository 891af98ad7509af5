//! How an app is to be signed, and what is checked of that before anything is written: the team, the profiles, the
//! certificate's time.
//!
//! Must not: sign.

use std::collections::BTreeMap;

use super::error::AppFault;
use crate::artifact::apple::{Bundle, Layout, Tree};
use crate::format::apple_plist::{self, Dictionary, Value};
use crate::format::calendar::Civil;
use crate::format::code_signature::SuperBlob;
use crate::format::mobileprovision::Profile;
use crate::format::outline::Outline;
use crate::format::x509::Certificate;
use crate::format::{cms, limits};
use crate::pipeline::fault::Cause;
use crate::pipeline::signing::{AppleSigning, AppleSigningRequest};
use crate::sign::apple::Signer;
use crate::verify::{self, About, Code, Severity};

/// The profile given that fits a bundle best: the one with the longest pattern.
pub(super) fn profile_for<'a>(request: &AppleSigningRequest<'a>, bundle: &Bundle) -> Option<&'a (String, Vec<u8>)> {
    let fit = |bytes: &[u8]| Profile::parse(bytes).ok().and_then(|profile| profile.fits(&bundle.identifier));
    let fitting = request.profiles.iter().filter_map(|profile| Some((fit(&profile.1)?, profile)));
    fitting.max_by_key(|(len, _)| *len).map(|(_, profile)| profile)
}

/// Who signs; `None` where nobody does.
pub(super) fn signer<'a>(signing: &AppleSigning<'a>) -> Result<Option<Signer<'a>>, Cause> {
    match signing {
        AppleSigning::With(request) => Ok(Some(Signer::new(request.identity, request.issuers)?)),
        AppleSigning::AdHoc => Ok(Some(Signer::ad_hoc())),
        AppleSigning::Unsigned => Ok(None),
    }
}

/// What a signature says of who made it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct SignedBy {
    pub(super) signed: bool,
    pub(super) leaf: Option<Vec<u8>>,
    pub(super) team: Option<String>,
    pub(super) entitlements: Option<Vec<u8>>,
}

/// Who signed what, by path.
pub(super) type Signers = BTreeMap<String, SignedBy>;

/// Who signed a Mach-O file; several slices by several are nobody's.
pub(super) fn signed_by(outline: &Outline) -> SignedBy {
    let mut all: Vec<SignedBy> = Vec::new();
    for index in 0..outline.file.slices.len() {
        let blob = outline.signature(index).and_then(|raw| SuperBlob::parse(raw).ok());
        let Some(blob) = blob else { return SignedBy::default() };
        let team = blob.directories().ok().and_then(|all| all.first()?.team.map(str::to_owned));
        let leaf = blob.cms().and_then(cms::signer_certificate);
        let entitlements = blob.entitlements().map(<[u8]>::to_vec);
        all.push(SignedBy { signed: true, leaf, team, entitlements });
    }
    let first = all.first().cloned().unwrap_or_default();
    if all.iter().all(|other| other.leaf == first.leaf) { first } else { SignedBy { leaf: None, ..first } }
}

/// Refuses what a device would refuse. What was accepted on purpose comes back as warnings.
pub(super) fn check(
    tree: &dyn Tree,
    layout: &Layout,
    signers: &Signers,
    request: &AppleSigningRequest<'_>,
) -> Result<Vec<String>, Cause> {
    let signer = Signer::new(request.identity, request.issuers)?;
    let own = request.identity.certificate();
    let now = time(request.now);
    if own.validity().1 < now.as_str() {
        return Err(AppFault::Expired { subject: own.subject_text(), at: own.validity().1.to_owned() }.into());
    }
    let mut warnings = Vec::new();
    for (name, bytes) in request.profiles {
        let profile = Profile::parse(bytes);
        let profile = profile.map_err(|source| AppFault::Profile { name: name.clone(), source })?;
        let mut running = layout.bundles.iter().filter(|bundle| bundle.runs());
        // Several apps of one run share the list, so it is no error.
        if !running.any(|bundle| profile.fits(&bundle.identifier).is_some()) {
            let pattern = profile.application_identifier().unwrap_or("nothing");
            warnings.push(format!("profile {name} is for {pattern}: no bundle of this app, so it is not used"));
        }
    }
    for bundle in layout.bundles.iter().filter(|bundle| bundle.runs()) {
        let there = signers.get(&bundle.executable).cloned().unwrap_or_default();
        if let (Some(old), Some(new)) = (there.team.as_deref(), signer.team())
            && old != new
            && !request.allow_new_signer
        {
            return Err(AppFault::Team { bundle: shown(bundle), old: old.to_owned(), new: new.to_owned() }.into());
        }
        warnings.extend(check_profile(tree, bundle, request, own, &there, &now)?);
    }
    Ok(warnings)
}

fn check_profile(
    tree: &dyn Tree,
    bundle: &Bundle,
    request: &AppleSigningRequest<'_>,
    own: &Certificate,
    there: &SignedBy,
    now: &str,
) -> Result<Vec<String>, Cause> {
    let given = profile_for(request, bundle);
    let embedded = tree.read_if_there(&bundle.profile())?;
    let (name, profile) = match (given, &embedded) {
        (Some((name, bytes)), _) => (name.clone(), bytes.as_slice()),
        (None, Some(bytes)) => (bundle.profile(), bytes.as_slice()),
        (None, None) => return Ok(Vec::new()),
    };
    let claimed = entitlements(bundle, request, there, Some(profile))?;
    let claimed = claimed.map(|xml| apple_plist::read_dictionary(&xml)).transpose();
    let claimed = claimed.map_err(|error| AppFault::Entitlements { problem: error.to_string() })?;
    let mut report = verify::Report::default();
    let claim = verify::apple::Claim {
        bundle_id: &bundle.identifier,
        certificate: Some(own.raw()),
        entitlements: claimed.as_ref(),
        now: Some(now),
    };
    verify::apple::profile(&mut report, &name, profile, &claim);
    let (tolerable, fatal): (Vec<_>, Vec<_>) = report
        .findings
        .into_iter()
        .filter(|finding| finding.severity == Severity::Error)
        .partition(|finding| request.allow_new_signer && is_tolerable(finding.code));
    if fatal.is_empty() {
        return Ok(tolerable.into_iter().map(|finding| finding.message).collect());
    }
    Err(AppFault::ProfileDoesNotFit { bundle: shown(bundle), findings: fatal }.into())
}

/// What `allow_new_signer` accepts: that the profile is another team's. Time passes for everybody.
pub(super) fn is_tolerable(code: Code) -> bool {
    code.about() == About::ProfileFit
}

/// The entitlements that a bundle is signed with where its own are not kept: those given for the app; for code that has
/// none, what its profile says of application and team.
pub(super) fn entitlements(
    bundle: &Bundle,
    request: &AppleSigningRequest<'_>,
    there: &SignedBy,
    profile: Option<&[u8]>,
) -> Result<Option<Vec<u8>>, Cause> {
    if let Some(given) = request.entitlements.filter(|_| bundle.root.is_empty()) {
        return Ok(Some(given.to_vec()));
    }
    if there.entitlements.is_some() {
        return Ok(there.entitlements.clone());
    }
    let Some(profile) = profile else { return Ok(None) };
    let name = bundle.profile();
    let profile = Profile::parse(profile).map_err(|source| AppFault::Profile { name, source })?;
    let mut claimed = Dictionary::new();
    for key in ["application-identifier", "com.apple.application-identifier"] {
        let pattern = profile.entitlements.get(key).and_then(Value::as_string);
        if let Some((prefix, _)) = pattern.and_then(|pattern| pattern.split_once('.')) {
            // A pattern is what may be claimed, never the claim.
            claimed.insert(key.to_owned(), Value::String(format!("{prefix}.{}", bundle.identifier)));
        }
    }
    for key in ["com.apple.developer.team-identifier", "get-task-allow"] {
        if let Some(value) = profile.entitlements.get(key) {
            claimed.insert(key.to_owned(), value.clone());
        }
    }
    Ok(Some(apple_plist::write(&Value::Dictionary(claimed))))
}

fn shown(bundle: &Bundle) -> String {
    if bundle.root.is_empty() { "the app".to_owned() } else { bundle.root.clone() }
}

/// Seconds since 1970 as `YYYYMMDDHHMMSSZ`, the form of certificates and profiles.
pub(super) fn time(seconds: u64) -> String {
    // Beyond the year 9999 nothing expires.
    Civil::of(seconds.min(limits::LAST_SECOND)).generalized()
}
