//! Whether a provisioning profile lets code run with what it claims.
//!
//! The signature in the profile must hold over its content, by the certificate that came along. Whether that certificate is
//! Apple's is not judged: a device does, and test suites have their own.
//!
//! Must not: pin a root.

use crate::format::apple_plist::{Dictionary, Value};
use crate::format::cms;
use crate::format::der::tag;
use crate::format::mobileprovision::{Profile, allows};
use crate::verify::code::Code;
use crate::verify::report::Report;

/// What is claimed of a profile.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// `CFBundleIdentifier`.
    pub bundle_id: &'a str,
    /// The certificate that signs, in DER.
    pub certificate: Option<&'a [u8]>,
    /// The entitlements of the code.
    pub entitlements: Option<&'a Dictionary>,
    /// `PLATFORM_*` of its image.
    pub platform: Option<u32>,
    /// The time as `YYYYMMDDHHMMSSZ`.
    pub now: Option<&'a str>,
}

/// Adds what is wrong between a profile and a claim.
pub fn check(report: &mut Report, place: &str, profile: &[u8], claim: &Claim<'_>) {
    signature(report, place, profile);
    let profile = match Profile::parse(profile) {
        Ok(profile) => profile,
        Err(error) => return report.add(Code::AppleProfile, place, error.to_string()),
    };
    let name = &profile.name;
    if claim.now.is_some_and(|now| profile.expires.as_str() < now) {
        let message = format!("profile {name:?} expired on {}; download a new one", profile.last_day());
        report.add(Code::AppleProfileExpired, place, message);
    }
    if !profile.is_for(claim.platform) {
        let message =
            format!("profile {name:?} is for {}, the code is for another system", profile.platforms.join(", "));
        report.add(Code::AppleProfilePlatform, place, message);
    }
    if let Some(certificate) = claim.certificate
        && !profile.certificates.iter().any(|listed| listed == certificate)
    {
        let message = format!("profile {name:?} does not list the certificate that signs; choose one that does");
        report.add(Code::AppleProfileCertificate, place, message);
    }
    if profile.fits(claim.bundle_id).is_none() {
        let pattern = profile.application_identifier().unwrap_or("nothing");
        let message = format!("profile {name:?} is for {pattern}, the app is {:?}; choose another", claim.bundle_id);
        report.add(Code::AppleProfileApp, place, message);
    }
    let claimed = claim.entitlements.into_iter().flatten();
    let refused: Vec<&str> = claimed
        .filter(|(key, value)| !grants(profile.entitlements.get(key), value))
        .map(|(key, _)| key.as_str())
        .collect();
    if !refused.is_empty() {
        let message = format!("profile {name:?} does not grant what the app claims: {}", refused.join(", "));
        report.add(Code::AppleProfileEntitlement, place, message);
    }
}

/// Whether the profile is what somebody signed.
fn signature(report: &mut Report, place: &str, profile: &[u8]) {
    if profile.first() != Some(&tag::SEQUENCE) {
        report.add(Code::AppleProfileBare, place, "a property list that nobody signed: no device takes it");
        return;
    }
    // What cannot be read is said by whoever reads the profile.
    let Ok(signed) = cms::parse(profile) else { return };
    let Some(content) = &signed.content else { return };
    if let Err(why) = super::cms::signs(&signed, content) {
        let message = format!("it is not what was signed: {why}; download it again");
        report.add(Code::AppleProfileSignature, place, message);
    }
}

/// Whether an application identifier of entitlements is of another application than the bundle of this identifier. A pattern
/// may be of both, and what a bundle is called counts alone: the prefix may be a team or older than teams.
pub fn names_other(claimed: &str, bundle_id: &str) -> bool {
    !bundle_id.is_empty() && claimed.split_once('.').is_some_and(|(_, application)| !allows(application, bundle_id))
}

/// Whether a claimed value is granted.
pub fn grants(granted: Option<&Value>, claimed: &Value) -> bool {
    let Some(granted) = granted else {
        // What is switched off claims nothing.
        return claimed == &Value::Boolean(false);
    };
    match (granted, claimed) {
        (_, Value::Boolean(false)) => true,
        (Value::Array(granted), Value::Array(claimed)) => {
            claimed.iter().all(|claimed| granted.iter().any(|granted| covers(granted, claimed)))
        }
        (Value::Array(granted), claimed) => granted.iter().any(|granted| covers(granted, claimed)),
        // `*` alone grants any value, lists too (iCloud containers, associated domains).
        (Value::String(any), Value::Array(_)) if any == "*" => true,
        (granted, claimed) => covers(granted, claimed),
    }
}

fn covers(granted: &Value, claimed: &Value) -> bool {
    match (granted, claimed) {
        (Value::String(pattern), Value::String(text)) => allows(pattern, text),
        (granted, claimed) => granted == claimed,
    }
}
