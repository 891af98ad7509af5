//! How an app is to be signed, and what is checked of that before anything is written: the team, the profiles, the
//! certificate's time.
//!
//! Must not: sign.

use super::entitlements::{check_given, entitlements};
use super::error::AppFault;
use super::signed_by::{SignedBy, Signers};
use crate::artifact::apple::{Bundle, Layout, Tree};
use crate::format::apple_plist;
use crate::format::calendar::generalized;
use crate::format::mobileprovision::Profile;
use crate::format::x509::Certificate;
use crate::pipeline::fault::Cause;
use crate::pipeline::signing::{AppleSigning, AppleSigningRequest};
use crate::sign::apple::Signer;
use crate::verify::{self, About, Code, Severity};

/// The profile given that fits a bundle best: of those that it could run with, the one with the longest pattern. Where it
/// could run with none, the one of the longest pattern, so that it is said why not.
pub(super) fn profile_for<'a>(
    request: &AppleSigningRequest<'a>,
    bundle: &Bundle,
    there: &SignedBy,
) -> Option<&'a (String, Vec<u8>)> {
    let fit = |bytes: &[u8]| {
        let profile = Profile::parse(bytes).ok()?;
        let len = profile.fits(&bundle.identifier)?;
        Some((unusable(&profile, request, there).is_none(), len))
    };
    let fitting = request.profiles.iter().filter_map(|profile| Some((fit(&profile.1)?, profile)));
    fitting.max_by_key(|(rank, _)| *rank).map(|(_, profile)| profile)
}

/// Why code cannot run with a profile, whatever its identifier is.
fn unusable(profile: &Profile, request: &AppleSigningRequest<'_>, there: &SignedBy) -> Option<String> {
    if profile.expires < generalized(request.now) {
        return Some(format!("it expired on {}", profile.last_day()));
    }
    if !profile.is_for(there.platform) {
        return Some(format!("it is for {}", profile.platforms.join(", ")));
    }
    let own = request.identity.certificate().raw();
    let lists = profile.certificates.iter().any(|listed| listed == own);
    (!lists).then(|| "it does not list the certificate".to_owned())
}

/// What is said of the profiles given that fit a bundle's identifier and are not the one that was chosen for it.
fn passed_over(request: &AppleSigningRequest<'_>, bundle: &Bundle, there: &SignedBy) -> Vec<String> {
    let Some((chosen, bytes)) = profile_for(request, bundle, there) else { return Vec::new() };
    let pattern = |bytes: &[u8]| {
        let profile = Profile::parse(bytes).ok()?;
        let len = profile.fits(&bundle.identifier)?;
        Some((profile, len))
    };
    let longest = pattern(bytes).map(|(_, len)| len);
    let others = request.profiles.iter().filter(|(_, other)| other != bytes);
    let why = |(name, other): &(String, Vec<u8>)| {
        let (profile, len) = pattern(other)?;
        let why = unusable(&profile, request, there).unwrap_or_else(|| {
            let better =
                if longest == Some(len) { "fits it as well, and was given later" } else { "has a longer pattern" };
            format!("{chosen} {better}")
        });
        Some(format!("profile {name} is not used for {}: {why}", shown(bundle)))
    };
    others.filter_map(why).collect()
}

/// Who signs; `None` where nobody does.
pub(super) fn signer<'a>(signing: &AppleSigning<'a>) -> Result<Option<Signer<'a>>, Cause> {
    match signing {
        AppleSigning::With(request) => {
            Ok(Some(Signer::new(request.identity, request.issuers, verify::apple::issued_by)?))
        }
        AppleSigning::AdHoc => Ok(Some(Signer::ad_hoc())),
        AppleSigning::Unsigned => Ok(None),
    }
}

/// Refuses what a device would refuse. What was accepted on purpose comes back as warnings.
pub(super) fn check(
    tree: &dyn Tree,
    layout: &Layout,
    signers: &Signers,
    request: &AppleSigningRequest<'_>,
) -> Result<Vec<String>, Cause> {
    let signer = Signer::new(request.identity, request.issuers, verify::apple::issued_by)?;
    let own = request.identity.certificate();
    let now = generalized(request.now);
    for certificate in signer.chain() {
        let ((from, until), subject) = (certificate.validity(), certificate.subject_text());
        if until < now.as_str() {
            return Err(AppFault::Expired { subject, at: until.to_owned() }.into());
        }
        if from > now.as_str() {
            return Err(AppFault::NotYetValid { subject, from: from.to_owned() }.into());
        }
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
    for (identifier, _) in request.entitlements_of {
        let mut running = layout.bundles.iter().filter(|bundle| bundle.runs());
        // Several apps of one run share the list, so it is no error.
        if !running.any(|bundle| bundle.identifier == *identifier) {
            warnings.push(format!("entitlements for {identifier}: no bundle of this app, so they are not used"));
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
        warnings.extend(passed_over(request, bundle, &there));
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
    let given = profile_for(request, bundle, there);
    let embedded = tree.read_if_there(&bundle.profile())?;
    let (name, profile) = match (given, &embedded) {
        (Some((name, bytes)), _) => (name.clone(), bytes.as_slice()),
        (None, Some(bytes)) => (bundle.profile(), bytes.as_slice()),
        (None, None) => {
            check_given(bundle, request, false)?;
            return Ok(Vec::new());
        }
    };
    check_given(bundle, request, true)?;
    let claimed = entitlements(bundle, request, there, Some(profile))?;
    let dropped = claimed.as_ref().map(|claimed| claimed.dropped.join(", ")).filter(|dropped| !dropped.is_empty());
    let dropped = dropped.map(|dropped| {
        format!("{}: entitlements that profile {name} does not grant were dropped: {dropped}", shown(bundle))
    });
    let claimed = claimed.map(|claimed| apple_plist::read_dictionary(&claimed.xml)).transpose();
    let claimed = claimed.map_err(|error| AppFault::Entitlements { problem: error.to_string() })?;
    let mut report = verify::Report::default();
    let claim = verify::apple::Claim {
        bundle_id: &bundle.identifier,
        certificate: Some(own.raw()),
        entitlements: claimed.as_ref(),
        platform: there.platform,
        now: Some(now),
    };
    verify::apple::profile(&mut report, &name, profile, &claim);
    let (tolerable, fatal): (Vec<_>, Vec<_>) = report
        .findings
        .into_iter()
        .filter(|finding| finding.severity == Severity::Error)
        .partition(|finding| request.allow_new_signer && is_tolerable(finding.code));
    if fatal.is_empty() {
        let of = shown(bundle);
        let tolerable = tolerable.into_iter().map(|finding| format!("{of}: {}", finding.message));
        return Ok(dropped.into_iter().chain(tolerable).collect());
    }
    Err(AppFault::ProfileDoesNotFit { bundle: shown(bundle), findings: fatal }.into())
}

/// What `allow_new_signer` accepts: that the profile is another team's. Time passes for everybody.
pub(super) fn is_tolerable(code: Code) -> bool {
    code.about() == About::ProfileFit
}

fn shown(bundle: &Bundle) -> String {
    if bundle.root.is_empty() { "the app".to_owned() } else { bundle.root.clone() }
}
