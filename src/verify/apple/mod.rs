//! Apps for Apple's systems: signature of every code, seal of every bundle, profile.
//!
//! * `image`: one slice: pages, special slots, entitlements, geometry.
//! * `cms`: who signed the code directories.
//! * `seal`: which files a bundle has, and which it should have.
//! * `profile`: whether the app may run with what it claims.
//!
//! Must not: stop at the first finding; rely on anything the signer computed.

mod cms;
mod image;
mod profile;
mod seal;

use std::collections::{BTreeMap, BTreeSet};

use crate::artifact::apple::{Bundle, Compared, Known, Layout, Node, Tree, misnamed};
use crate::format::code_signature::HashType;
use crate::format::outline::Outline;
use crate::format::x509::{Certificate, PublicKeyInfo};
use crate::verify::code::Code;
use crate::verify::hash::Hash;
use crate::verify::report::{Report, Scheme, Signature, Signer};
use crate::verify::severity::Severity;

pub use cms::issued_by;
pub use profile::{Claim, check as profile, grants, names_other};

/// How an app is verified.
#[derive(Clone, Copy)]
pub struct Options<'o> {
    /// The time as `YYYYMMDDHHMMSSZ`; without it nothing expires.
    pub now: Option<&'o str>,
    /// What is known of files already, so that they need not be read again; everything is read where it is `None`.
    pub known: Option<&'o Known>,
    /// Which digests of a seal are compared with the files.
    pub compared: Compared,
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("now", &self.now).finish_non_exhaustive()
    }
}

/// What is bound to code from outside it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bound<'a> {
    /// Whether it is the main executable of a bundle.
    pub(super) in_bundle: bool,
    pub(super) info: Option<&'a [u8]>,
    pub(super) resources: Option<&'a [u8]>,
}

/// What was found of one image.
#[derive(Debug, Default)]
pub(super) struct Verified {
    /// Whether every slice is signed.
    pub(super) signed: bool,
    /// Certificate of the signer of the first slice; `None` for ad hoc.
    pub(super) leaf: Option<Certificate>,
    /// Hashes of code directories: what a seal of macOS holds of nested code.
    pub(super) cdhashes: Vec<Vec<u8>>,
    /// Identifiers that the code directories have, of all slices.
    pub(super) identifiers: BTreeSet<String>,
    /// Digests of the code directories, of all slices.
    pub(super) hash_types: BTreeSet<HashType>,
    /// The entitlements of the first slice that has some.
    pub(super) entitlements: Option<crate::format::apple_plist::Dictionary>,
    /// `PLATFORM_*` of the first slice.
    pub(super) platform: Option<u32>,
}

/// All that can be found of an app.
pub fn app(tree: &dyn Tree, options: &Options<'_>) -> Report {
    let mut report = Report::default();
    let layout =
        match options.known.map_or_else(|| Layout::of(tree), |known| Layout::with(tree, &|path| known.is_code(path))) {
            Ok(layout) => layout,
            Err(error) => {
                report.add(Code::AppleLayout, "the app", error.to_string());
                return report;
            }
        };
    let surveyed;
    let known = match options.known {
        Some(known) => known,
        None => {
            surveyed = Known::survey(tree, &layout, options.compared);
            &surveyed
        }
    };
    let app = App { tree, layout: &layout, known, options };
    let mut codes: BTreeMap<&str, Verified> = BTreeMap::new();
    for path in &layout.loose {
        if let Some(verified) = code(&mut report, &app, path, Bound::default()) {
            codes.insert(path, verified);
        }
    }
    // Innermost first, so that the hashes of nested code are there when they are compared.
    for bundle in &layout.bundles {
        let verified = whole_bundle(&mut report, &app, bundle, &codes);
        codes.insert(&bundle.root, verified);
    }
    nested_signers(&mut report, &codes);
    names(&mut report, &app, &codes);
    if let Some(Verified { leaf, signed: true, .. }) = codes.get("")
        && report.findings.iter().all(|finding| finding.severity < Severity::Error || finding.code.is_profile())
    {
        report.signatures.push(Signature { scheme: Scheme::Code, signers: leaf.iter().map(signer).collect() });
    }
    report
}

/// What is looked at.
struct App<'a> {
    tree: &'a dyn Tree,
    layout: &'a Layout,
    known: &'a Known,
    options: &'a Options<'a>,
}

fn whole_bundle(report: &mut Report, app: &App<'_>, bundle: &Bundle, codes: &BTreeMap<&str, Verified>) -> Verified {
    let mut read = |path: &str| match app.tree.read_if_there(path) {
        Ok(content) => content,
        Err(error) => {
            report.add(Code::AppleUnreadable, path, error.problem);
            None
        }
    };
    let (info, resources) = (read(&bundle.info), read(&bundle.seal()));
    let bound = Bound { in_bundle: true, info: info.as_deref(), resources: resources.as_deref() };
    let verified = code(report, app, &bundle.executable, bound).unwrap_or_default();
    match &resources {
        Some(resources) => seal::check(report, (app, bundle, codes), resources, &verified.hash_types),
        None if verified.signed => {
            report.add(
                Code::AppleSealNone,
                bundle.seal(),
                "the code is signed, but its bundle has no seal; sign it again",
            );
        }
        None => {}
    }
    if bundle.runs() && verified.signed && verified.leaf.is_some() {
        embedded_profile(report, app, bundle, &verified);
    }
    if bundle.root.is_empty() && !verified.signed {
        report.add(Code::AppleUnsigned, bundle.executable.clone(), "the app is not signed; sign it");
    } else if bundle.root.is_empty() && verified.leaf.is_none() {
        report.add(Code::AppleAdHoc, bundle.executable.clone(), "signed by nobody (ad hoc): only simulators run it");
    }
    verified
}

fn embedded_profile(report: &mut Report, app: &App<'_>, bundle: &Bundle, verified: &Verified) {
    let path = bundle.profile();
    if app.tree.nodes().get(&path) != Some(&Node::File) {
        // PLATFORM_IOS, tvOS, watchOS: what runs on a device.
        if matches!(verified.platform, Some(2..=4)) {
            report.add(
                Code::AppleProfileNone,
                path,
                "no profile in the app: a device takes it from the App Store only",
            );
        }
        return;
    }
    let content = match app.tree.read(&path) {
        Ok(content) => content,
        Err(error) => return report.add(Code::AppleUnreadable, path, error.problem),
    };
    let claim = Claim {
        bundle_id: &bundle.identifier,
        certificate: verified.leaf.as_ref().map(Certificate::raw),
        entitlements: verified.entitlements.as_ref(),
        platform: verified.platform,
        now: app.options.now,
    };
    profile::check(report, &path, &content, &claim);
}

/// Verifies a Mach-O file; `None` where it cannot be read.
fn code(report: &mut Report, app: &App<'_>, path: &str, bound: Bound<'_>) -> Option<Verified> {
    match app.known.image(app.tree, path) {
        Ok(Ok(outline)) => Some(image::check(report, path, &outline, bound)),
        Ok(Err(error)) => {
            report.add(Code::AppleMacho, path, error.to_string());
            Some(Verified::default())
        }
        Err(error) => {
            report.add(Code::AppleUnreadable, path, error.problem);
            None
        }
    }
}

/// A Mach-O file by itself.
pub fn executable(bytes: &[u8]) -> Report {
    let mut report = Report::default();
    match Outline::of(bytes) {
        Ok(outline) => drop(image::check(&mut report, "the file", &outline, Bound::default())),
        Err(error) => report.add(Code::AppleMacho, "the file", error.to_string()),
    }
    report
}

/// What bundles are called, in their `Info.plist`, their signature and their entitlements, and one after the other.
fn names(report: &mut Report, app: &App<'_>, codes: &BTreeMap<&str, Verified>) {
    match misnamed(app.tree, app.layout) {
        Ok(all) => {
            // PLATFORM_IOS, tvOS, watchOS, visionOS: a simulator installs an app whatever its extensions are called.
            let on_device = codes.get("").is_some_and(|app| matches!(app.platform, Some(2..=4 | 11)));
            for wrong in all {
                let (place, message) = (wrong.file.clone(), wrong.to_string());
                if on_device {
                    report.add(Code::AppleIdentifierNested, place, message);
                } else {
                    report.add_warning(Code::AppleIdentifierNested, place, message);
                }
            }
        }
        Err(error) => report.add(Code::AppleUnreadable, "the app", error.problem),
    }
    // On macOS a signer may choose another identifier (`codesign --identifier`), and a simulator looks at none.
    for bundle in app.layout.bundles.iter().filter(|bundle| !bundle.deep && !bundle.identifier.is_empty()) {
        let Some(verified) = codes.get(bundle.root.as_str()).filter(|verified| verified.leaf.is_some()) else {
            continue;
        };
        let own = &bundle.identifier;
        for signed in verified.identifiers.iter().filter(|signed| *signed != own) {
            let message = format!(
                "signed as {signed:?}, but CFBundleIdentifier in {} is {own:?}: a device does not install it; sign again",
                bundle.info
            );
            report.add(Code::AppleIdentifier, bundle.executable.clone(), message);
        }
        let claimed = verified.entitlements.as_ref().filter(|_| bundle.runs());
        for key in ["application-identifier", "com.apple.application-identifier"] {
            let claimed = claimed.and_then(|claimed| claimed.get(key)?.as_string());
            if let Some(claimed) = claimed.filter(|claimed| names_other(claimed, own)) {
                let message = format!(
                    "the entitlement {key} is {claimed:?}, but CFBundleIdentifier in {} is {own:?}; sign again, with \
                     entitlements of this app where some are given",
                    bundle.info
                );
                report.add(Code::AppleApplicationIdentifier, bundle.executable.clone(), message);
            }
        }
    }
}

/// Code within an app is by its signer or by Apple.
fn nested_signers(report: &mut Report, codes: &BTreeMap<&str, Verified>) {
    let Some(own) = codes.get("").and_then(|app| app.leaf.as_ref()) else { return };
    for (path, verified) in codes {
        if let Some(leaf) = &verified.leaf
            && leaf.raw() != own.raw()
        {
            report.add(
                Code::AppleNestedSigner,
                *path,
                format!(
                    "signed by {:?}, the app by {:?}: a device may refuse to load it",
                    leaf.subject_text(),
                    own.subject_text()
                ),
            );
        }
    }
}

fn signer(leaf: &Certificate) -> Signer {
    let sha256 = Hash::Sha256.of(&[leaf.raw()]);
    Signer {
        sha256: sha256.try_into().unwrap_or_default(),
        subject: leaf.subject_text(),
        key: PublicKeyInfo::parse(leaf.public_key()).map_or("unreadable".to_owned(), |key| key.describe()),
        certificate: leaf.raw().to_vec(),
    }
}

/// A hash as code directories hold it, and before it is cut.
fn digest(kind: HashType, bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let full = of(kind).of(&[bytes]);
    (full.get(..kind.size()).unwrap_or(&full).to_vec(), full)
}

fn of(kind: HashType) -> Hash {
    match kind {
        HashType::Sha1 => Hash::Sha1,
        HashType::Sha256 | HashType::Sha256Truncated => Hash::Sha256,
        HashType::Sha384 => Hash::Sha384,
    }
}
