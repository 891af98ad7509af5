//! A package that was inspected: its archive, what it says of itself, its splits, and who signed it.
//!
//! Must not: change anything.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::{EntryFault, SignerFault};
use super::packed::Packed;
use super::{v1_files, v4_file};
use crate::artifact::apk::Facts;
use crate::artifact::kind::FileKind;
use crate::format::apk_signing_block::id;
use crate::format::limits;
use crate::format::zip::{Archive, METHOD_DEFLATED, METHOD_STORED};
use crate::pipeline::ArtifactFile;
use crate::pipeline::fault::Cause;
use crate::pipeline::kind::Location;
use crate::pipeline::locate::Outcome;
use crate::pipeline::refusal::Words;
use crate::pipeline::signing::{AndroidSigning, AndroidSigningRequest};
use crate::sign::android::Schemes;
use crate::verify::{self, About};

/// The last API level that knows only v1.
const SDK_V1_LAST: u32 = 23;

/// What a package is called in messages.
pub(super) static WORDS: Words =
    Words { this: "this package", new: "the new package", example: "string/client_id", make: None };

/// A package, inspected.
#[derive(Debug)]
pub struct Package {
    pub(in crate::pipeline) packed: Packed,
}

impl Package {
    /// The package at a place; `None` where something else is there.
    pub(in crate::pipeline) fn open(at: &Location) -> Result<Option<Self>, Cause> {
        match at {
            Location::Archive { path, file, index, kind: FileKind::Apk } => {
                Ok(Some(Self { packed: Packed::over(path, Arc::clone(file), Arc::clone(index))? }))
            }
            Location::Archive { .. } | Location::Folder(_) | Location::Packages { .. } => Ok(None),
        }
    }

    /// The package in a file, or in a part of one.
    pub(in crate::pipeline) fn over(path: &Path, file: Arc<ArtifactFile>) -> Result<Self, Cause> {
        let index = Archive::open(&*file)?.index();
        Ok(Self { packed: Packed::over(path, file, index)? })
    }

    /// What a split does not say of the Androids that it runs on, its base says.
    pub(in crate::pipeline) fn complement(&mut self, base: &Facts) {
        let Facts { min_sdk, target_sdk, .. } = &mut self.packed.facts;
        *min_sdk = min_sdk.or(base.min_sdk);
        *target_sdk = target_sdk.or(base.target_sdk);
    }

    /// The splits beside a base that does not run without them: a device picks what they hold before what the base does.
    pub(in crate::pipeline) fn splits(&self) -> Vec<(String, Self)> {
        let Some(folder) = self.packed.path.parent() else { return Vec::new() };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> =
            entries.map(|entry| entry.path()).filter(|path| *path != self.packed.path).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("apk")));
        paths.sort();
        let splits = paths.into_iter().take(limits::SPLITS).filter_map(|path| {
            let split = Self::over(&path, Arc::new(ArtifactFile::open(&path).ok()?)).ok()?;
            let (own, theirs) = (&self.packed.facts, &split.packed.facts);
            let belongs = own.package == theirs.package && own.version_code == theirs.version_code;
            let name = path.file_name()?.to_string_lossy().into_owned();
            (belongs && theirs.split.is_some()).then_some((name, split))
        });
        splits.collect()
    }

    /// Who signed the input and by which schemes. Its contents are not hashed: nothing of what is made here relies on
    /// them being what was signed.
    pub(in crate::pipeline) fn input(&self) -> verify::Report {
        verify::android::signatures(&self.packed.archive(), &options(&self.packed.facts, None, None))
    }

    /// Whether the input is signed exactly as asked, and sound: then there is nothing to do where nothing changes.
    pub(in crate::pipeline) fn is_signed_as_asked(
        &self,
        signing: &AndroidSigning<'_>,
    ) -> Result<Option<verify::Report>, Cause> {
        let apk = self.packed.apk();
        let (min_sdk, wanted) = match signing {
            AndroidSigning::Unsigned => (None, None),
            AndroidSigning::With(request) => {
                let wanted = self.schemes(request)?;
                (self.judged_min_sdk(request, wanted), Some((request, wanted)))
            }
        };
        let idsig = wanted
            .filter(|(_, wanted)| wanted.v4 && self.packed.has_neighbors)
            .and_then(|_| v4_file::read(&v4_file::path(&self.packed.path)).ok()?);
        let idsig = idsig.as_ref().map(|idsig| idsig.as_slice());
        let report = verify::android::package(apk.archive(), &options(&self.packed.facts, min_sdk, idsig));
        let aligned = !report.findings.iter().any(|finding| finding.code.about() == About::Alignment);
        let fits = match wanted {
            None => {
                let block = self.packed.block()?;
                block.is_none() && v1_files::stale(apk.archive()).is_empty()
            }
            Some((request, wanted)) => {
                let has = |scheme| report.signature(scheme).is_some();
                // Where v3 counts for every Android the package runs on, v2 is there but nobody judges it.
                let block = self.packed.block()?;
                let v2_unjudged = has(verify::Scheme::V3) && block.is_some_and(|block| block.value(id::V2).is_some());
                report.is_sound()
                    && (!wanted.v1 || has(verify::Scheme::V1))
                    && (!wanted.v2 || has(verify::Scheme::V2) || v2_unjudged)
                    && (!wanted.v3 || has(verify::Scheme::V3))
                    && (!wanted.v4 || has(verify::Scheme::V4))
                    // A v1 signature that was asked away is something to do.
                    && (request.schemes.is_none() || wanted.v1 == v1_files::is_signed(apk.archive()))
                    && report
                        .signers()
                        .iter()
                        .any(|signer| signer.certificate == request.signers.current.certificate().raw())
            }
        };
        Ok((fits && aligned).then_some(report))
    }

    /// For which Androids a signature is judged. v1 is looked at only where some of them know nothing newer; one that was
    /// asked for must hold even where nobody needs it, and its absence is what there is to do.
    pub(super) fn judged_min_sdk(&self, request: &AndroidSigningRequest<'_>, schemes: Schemes) -> Option<u32> {
        let min_sdk = request.min_sdk.or(self.packed.facts.min_sdk);
        if schemes.v1 { Some(min_sdk.unwrap_or(1).min(SDK_V1_LAST)) } else { min_sdk }
    }

    /// Whether a package with these entries can be opened by a device, and signed with v1 where that is asked for.
    pub(super) fn check_entries(&self, v1: bool) -> Result<(), Cause> {
        for (index, entry) in self.packed.archive().entries().iter().enumerate() {
            let (number, name) = (index.saturating_add(1), entry.display_name());
            if !is_readable(entry.name()) {
                return Err(EntryFault::Name { number, name }.into());
            }
            if v1 && std::str::from_utf8(entry.name()).is_err() {
                return Err(EntryFault::Surrogate { number, name }.into());
            }
            let method = entry.method();
            if v1 && ![METHOD_STORED, METHOD_DEFLATED].contains(&method) && !entry.is_deflated() {
                return Err(EntryFault::Method { name, method }.into());
            }
        }
        Ok(())
    }

    pub(super) fn schemes(&self, request: &AndroidSigningRequest<'_>) -> Result<Schemes, Cause> {
        let min_sdk = request.min_sdk.or(self.packed.facts.min_sdk).unwrap_or(1);
        let had_v1 = v1_files::is_signed(&self.packed.archive());
        let mut schemes = request.schemes.unwrap_or_else(|| Schemes::for_min_sdk(min_sdk).with_v1_of_input(had_v1));
        schemes.v4 |= request.v4;
        Ok(schemes.check(min_sdk, self.packed.facts.target_sdk)?)
    }
}

/// Whether Android opens a package with an entry of this name: UTF-8 by its leading bits alone, so that encoded surrogates pass, and
/// no zero (`IsValidEntryName` of AOSP's libziparchive).
fn is_readable(name: &[u8]) -> bool {
    let mut rest = name;
    while let Some((&lead, behind)) = rest.split_first() {
        let following = match lead {
            0x01..0x80 => 0,
            0 | 0x80..0xc0 | 0xfe.. => return false,
            0xc0..0xfe => lead.leading_ones().saturating_sub(1) as usize,
        };
        let Some((continued, behind)) = behind.split_at_checked(following) else { return false };
        if continued.iter().any(|byte| byte & 0xc0 != 0x80) {
            return false;
        }
        rest = behind;
    }
    true
}

/// What verification looks at.
pub(super) fn options<'i>(
    facts: &Facts,
    min_sdk: Option<u32>,
    idsig: Option<&'i [u8]>,
) -> verify::android::Options<'i> {
    verify::android::Options {
        min_sdk: min_sdk.or(facts.min_sdk),
        max_sdk: None,
        target_sdk: facts.target_sdk,
        target_sandbox: facts.target_sandbox,
        idsig,
    }
}

/// What another key than the input's means for a package.
pub(in crate::pipeline) const NEW_KEY: &str =
    "devices would refuse the update, and apps that share data by signature would lose it";

/// Refuses a signer that whoever gets the output would refuse, unless it is wanted. Says whether there is a new one.
pub(in crate::pipeline) fn check_signer(
    signing: &AndroidSigning<'_>,
    input: &verify::Report,
    consequence: &'static str,
) -> Result<bool, Cause> {
    let AndroidSigning::With(request) = signing else { return Ok(false) };
    let signers = input.signers();
    if signers.len() > 1 && !request.allow_new_signer {
        return Err(SignerFault::Several { count: signers.len() }.into());
    }
    let Some(signer) = signers.first() else { return Ok(false) };
    let given = request.signers.current.certificate();
    let known = request.signers.identities().iter().any(|identity| identity.certificate().raw() == signer.certificate);
    if known {
        return Ok(false);
    }
    if request.allow_new_signer {
        return Ok(true);
    }
    Err(SignerFault::New {
        input: format!("{} (SHA-256 {})", signer.subject, signer.sha256_hex()),
        given: format!("{} (SHA-256 {})", given.subject_text(), verify::certificate_sha256(given.raw())),
        consequence,
    }
    .into())
}

/// Says of each copy which of these splits, which are not edited, hold the same place.
pub(in crate::pipeline) fn name_splits<S>(found: &mut Outcome<S>, splits: &[(String, Package)]) {
    // Each package has a block of its own, and an app reads that of the base.
    for (copy, _) in found.copies.iter_mut().filter(|(copy, _)| !copy.address.is_pair()) {
        for (name, split) in splits {
            match split.packed.has(&copy.address) {
                Ok(false) => {}
                Ok(true) => copy.left.push(format!("the split {name} has this place too; give it too, or the folder")),
                Err(error) => copy.left.push(format!("the split {name} may have this place too: {error}")),
            }
        }
    }
}
