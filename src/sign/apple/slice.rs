//! The signature of one slice: what it says is kept from the old one, what binds it to the bundle and the signer is new.
//!
//! Must not: change a byte of the code.

use std::collections::BTreeSet;

use super::directory::{self, Facts, Pages};
use super::{AppleSignError, Code, Signer};
use crate::format::apple_plist::{self, Value};
use crate::format::code_signature::code_directory::{EXEC_MAIN_BINARY, FLAG_ADHOC, FLAG_LINKER_SIGNED, exec_flags};
use crate::format::code_signature::{
    CodeDirectory, HashType, MAGIC_ENTITLEMENTS, MAGIC_ENTITLEMENTS_DER, MAGIC_WRAPPER, SuperBlob, is_directory,
    requirement, slot, superblob, usual_hash_types, wrap,
};
use crate::format::macho::{Room, Slice, TYPE_BUNDLE, TYPE_EXECUTE};
use crate::format::outline::{Outline, PageKind, page_hashes};
use crate::format::{cms, der_entitlements};

/// Bytes that codesign keeps free for a CMS signature; a later signer then finds room.
const CMS_RESERVE: usize = 18_000;
/// Room beside a CMS that is larger than that, for signatures of varying length.
const CMS_SPARE: usize = 1024;

/// A new signature in the place of the old one, zeros behind it; `None` where it does not fit, or there is none.
pub(super) fn in_place(
    outline: &Outline,
    index: usize,
    code: &Code<'_>,
    signer: &Signer<'_>,
) -> Result<Option<Vec<u8>>, AppleSignError> {
    in_room(outline, outline.signature(index), index, code, signer)
}

/// The same where the place was made for it, and the signature of before is `old`.
pub(super) fn in_room(
    outline: &Outline,
    old: Option<&[u8]>,
    index: usize,
    code: &Code<'_>,
    signer: &Signer<'_>,
) -> Result<Option<Vec<u8>>, AppleSignError> {
    let Some(slice) = outline.file.slices.get(index) else { return Ok(None) };
    let (Some(command), Some(there)) = (slice.signature, outline.signature(index)) else { return Ok(None) };
    // A signature that cannot be read says nothing that could be kept; it is replaced as if there were none.
    let old = old.and_then(|old| SuperBlob::parse(old).ok());
    let directories = old.as_ref().and_then(|old| old.directories().ok()).unwrap_or_default();
    let content = Content::new(slice, old.as_ref(), &directories, code, signer)?;
    let facts = content.facts(slice, code, signer);
    let hashes = |kind, exponent| outline.pages(index, (kind, exponent)).map(<[u8]>::to_vec);
    let pages = Pages { len: u64::from(command.offset), hashes: &hashes };
    let Some(new) = directory::all(&facts, &pages, &directories) else { return Ok(None) };
    let mut blob = content.superblob(&new, signer)?;
    if blob.len() > there.len() {
        return Ok(None);
    }
    blob.resize(there.len(), 0);
    Ok(Some(blob))
}

/// The slice with room made for a new signature. The load commands change, so its size must be known before anything is
/// hashed.
pub(super) fn grown(
    file: &[u8],
    slice: &Slice,
    code: &Code<'_>,
    signer: &Signer<'_>,
) -> Result<Vec<u8>, AppleSignError> {
    let old = slice.signature_bytes(file).and_then(|bytes| SuperBlob::parse(bytes).ok());
    let directories = old.as_ref().and_then(|old| old.directories().ok()).unwrap_or_default();
    let content = Content::new(slice, old.as_ref(), &directories, code, signer)?;
    let facts = content.facts(slice, code, signer);
    let head = slice.bytes(file).get(..slice.head_len()).unwrap_or_default();
    let size = content.size(&facts, slice.room(head, 0)?.start, signer)?;
    let mut bytes = slice.with_room(file, u32::try_from(size).unwrap_or(u32::MAX))?;
    let hashes = |kind, exponent| Some(page_hashes(&bytes, (kind, exponent)));
    let pages = Pages { len: bytes.len() as u64, hashes: &hashes };
    let blob = content.superblob(&directory::all(&facts, &pages, &[]).unwrap_or_default(), signer)?;
    let end = bytes.len() + size;
    bytes.extend_from_slice(&blob);
    bytes.resize(end, 0);
    Ok(bytes)
}

/// Room for a new signature of the slice, which begins with `head`: where it lies, its bytes, and the page hashes that
/// it will hold.
pub(super) fn room(
    outline: &Outline,
    index: usize,
    head: &[u8],
    code: &Code<'_>,
    signer: &Signer<'_>,
) -> Result<Option<(Room, usize, Vec<PageKind>)>, AppleSignError> {
    let Some(slice) = outline.file.slices.get(index) else { return Ok(None) };
    let old = outline.signature(index).and_then(|bytes| SuperBlob::parse(bytes).ok());
    let directories = old.as_ref().and_then(|old| old.directories().ok()).unwrap_or_default();
    let content = Content::new(slice, old.as_ref(), &directories, code, signer)?;
    let size = content.size(&content.facts(slice, code, signer), slice.room(head, 0)?.start, signer)?;
    let pages = content.hash_types.iter().map(|&kind| (kind, content.page_exponent)).collect();
    Ok(Some((slice.room(head, u32::try_from(size).unwrap_or(u32::MAX))?, size, pages)))
}

/// What the new signature says, apart from hashes.
struct Content<'a> {
    identifier: String,
    team: Option<String>,
    flags: u32,
    hash_types: Vec<HashType>,
    page_exponent: u8,
    runtime: Option<u32>,
    requirements: Vec<u8>,
    /// XML and DER blobs.
    entitlements: Option<(Vec<u8>, Vec<u8>)>,
    /// What the entitlements allow the code.
    exec_flags: u64,
    /// Blobs that are kept: launch and library constraints.
    others: Vec<(u32, &'a [u8])>,
}

impl<'a> Content<'a> {
    fn new(
        slice: &Slice,
        old: Option<&SuperBlob<'a>>,
        directories: &[CodeDirectory<'_>],
        code: &Code<'_>,
        signer: &Signer<'_>,
    ) -> Result<Self, AppleSignError> {
        let first = directories.first();
        // A linker names code by its file; codesign then takes the bundle's identifier.
        let kept = first.filter(|directory| directory.flags & FLAG_LINKER_SIGNED == 0 && !code.renamed);
        let identifier = kept.map_or(code.identifier, |directory| directory.identifier).to_owned();
        let ad_hoc = signer.certificate().is_none();
        let flags = first.map_or(0, |directory| directory.flags) & !(FLAG_ADHOC | FLAG_LINKER_SIGNED);
        let (blobs, exec_flags) = entitlements(slice, old, code)?;
        let old_leaf = old.and_then(SuperBlob::cms).and_then(cms::signer_certificate);
        let same_signer = signer.certificate().is_some_and(|own| old_leaf.as_deref() == Some(own.raw()));
        let old_requirements = old.and_then(|old| old.find(slot::REQUIREMENTS)).map(|blob| blob.raw);
        let old_requirements = old_requirements.map(|old| match first.filter(|first| first.identifier != identifier) {
            Some(first) => requirement::renamed(old, first.identifier, &identifier),
            None => old.to_vec(),
        });
        let requirements = match (signer.requirement(&identifier), old_requirements) {
            (_, Some(old)) if same_signer => old,
            (Some((blob, _)), _) => blob,
            (None, _) => requirement::empty(),
        };
        let hash_types = hash_types(slice, directories);
        let others = old.into_iter().flat_map(|old| &old.blobs);
        let others = others.filter(|blob| blob.slot > slot::ENTITLEMENTS_DER && blob.slot <= slot::LAST_SPECIAL);
        Ok(Self {
            identifier,
            team: signer.team().map(str::to_owned),
            flags: if ad_hoc { flags | FLAG_ADHOC } else { flags },
            hash_types,
            page_exponent: first.map(|first| first.page_exponent).filter(|&exponent| exponent != 0).unwrap_or(12),
            runtime: first.and_then(|first| first.runtime),
            requirements,
            entitlements: blobs,
            exec_flags,
            others: others.map(|blob| (blob.slot, blob.raw)).collect(),
        })
    }

    fn facts(&self, slice: &Slice, code: &Code<'_>, signer: &Signer<'_>) -> Facts<'_> {
        let text = slice.segment("__TEXT");
        let exec = self.exec_flags | if slice.file_type == TYPE_EXECUTE { EXEC_MAIN_BINARY } else { 0 };
        let mut special: Vec<(u32, Vec<u8>)> = Vec::new();
        let mut bind = |slot: u32, bytes: Option<&[u8]>| {
            if let Some(bytes) = bytes {
                special.push((slot, bytes.to_vec()));
            }
        };
        bind(slot::INFO, code.info);
        bind(slot::REQUIREMENTS, Some(&self.requirements));
        bind(slot::RESOURCES, code.resources);
        bind(slot::ENTITLEMENTS, self.entitlements.as_ref().map(|(xml, _)| xml.as_slice()));
        bind(slot::ENTITLEMENTS_DER, self.entitlements.as_ref().map(|(_, der)| der.as_slice()));
        for (slot, raw) in &self.others {
            bind(*slot, Some(raw));
        }
        Facts {
            identifier: &self.identifier,
            team: self.team.as_deref().filter(|_| signer.certificate().is_some()),
            flags: self.flags,
            hash_types: &self.hash_types,
            page_exponent: self.page_exponent,
            runtime: self.runtime,
            exec_segment: (text.map_or(0, |text| text.file_offset), text.map_or(0, |text| text.file_size), exec),
            special,
        }
    }

    /// The superblob over these code directories, signed.
    fn superblob(&self, directories: &[Vec<u8>], signer: &Signer<'_>) -> Result<Vec<u8>, AppleSignError> {
        let mut blobs = Vec::new();
        let (first, more) = directories.split_first().map_or((None, &[][..]), |(first, more)| (Some(first), more));
        blobs.extend(first.map(|first| (slot::DIRECTORY, first.clone())));
        blobs.push((slot::REQUIREMENTS, self.requirements.clone()));
        if let Some((xml, der)) = &self.entitlements {
            blobs.push((slot::ENTITLEMENTS, xml.clone()));
            blobs.push((slot::ENTITLEMENTS_DER, der.clone()));
        }
        blobs.extend(self.others.iter().map(|(slot, raw)| (*slot, raw.to_vec())));
        for (slot, directory) in (slot::ALTERNATE..).zip(more).filter(|(slot, _)| is_directory(*slot)) {
            blobs.push((slot, directory.clone()));
        }
        // Without a signer the wrapper is empty, as codesign leaves it.
        let cms = signer.cms(directories)?.unwrap_or_default();
        blobs.push((slot::SIGNATURE, wrap(MAGIC_WRAPPER, &cms)));
        Ok(superblob(&blobs))
    }

    /// Bytes to reserve for a signature over so many bytes of code, whatever their hashes are.
    fn size(&self, facts: &Facts<'_>, code: u64, signer: &Signer<'_>) -> Result<usize, AppleSignError> {
        let hashes = |kind: HashType, exponent: u8| {
            let pages = if exponent == 0 { 1 } else { code.div_ceil(1 << exponent) };
            Some(vec![0; usize::try_from(pages).ok()? * kind.size()])
        };
        let directories = directory::all(facts, &Pages { len: code, hashes: &hashes }, &[]).unwrap_or_default();
        let sized = self.superblob(&directories, signer)?;
        let cms = self.cms_len(&sized);
        let reserve = if signer.certificate().is_none() {
            0
        } else if cms + 8 <= CMS_RESERVE {
            CMS_RESERVE - cms
        } else {
            (cms + CMS_SPARE).next_multiple_of(4096) - cms
        };
        Ok((sized.len() + reserve).next_multiple_of(16))
    }

    /// Bytes of the CMS in a superblob.
    #[allow(clippy::unused_self, reason = "reads what `superblob` made")]
    fn cms_len(&self, blob: &[u8]) -> usize {
        SuperBlob::parse(blob).ok().and_then(|blob| blob.cms().map(<[u8]>::len)).unwrap_or(0)
    }
}

/// The digests that a slice's signature has: what the old one has of those that a seal of its bundle can hold too, in the
/// order of codesign; else what its system needs.
fn hash_types(slice: &Slice, directories: &[CodeDirectory<'_>]) -> Vec<HashType> {
    let there = |kind: &HashType| directories.iter().any(|directory| directory.hash_type == *kind);
    let kept: Vec<HashType> = [HashType::Sha1, HashType::Sha256].into_iter().filter(there).collect();
    if !kept.is_empty() {
        kept
    } else if directories.is_empty() {
        usual_hash_types(slice.platform)
    } else {
        vec![HashType::Sha256]
    }
}

/// The digests that the new signatures of a file will have, of all its slices.
pub(super) fn all_hash_types(outline: &Outline) -> BTreeSet<HashType> {
    let of = |(index, slice): (usize, &Slice)| {
        let old = outline.signature(index).and_then(|raw| SuperBlob::parse(raw).ok());
        hash_types(slice, &old.as_ref().and_then(|old| old.directories().ok()).unwrap_or_default())
    };
    outline.file.slices.iter().enumerate().flat_map(of).collect()
}

/// Entitlements in XML and in DER, and the flags that follow from them.
type EntitlementBlobs = (Option<(Vec<u8>, Vec<u8>)>, u64);

/// The entitlements: those given, else those that are there byte for byte. A library has none, whoever gave it some.
fn entitlements(
    slice: &Slice,
    old: Option<&SuperBlob<'_>>,
    code: &Code<'_>,
) -> Result<EntitlementBlobs, AppleSignError> {
    let there = old.and_then(|old| old.find(slot::ENTITLEMENTS));
    let given = code.entitlements.filter(|_| slice.file_type == TYPE_EXECUTE);
    let xml = match (given, there) {
        (Some(given), _) => given,
        // A bundle of tests has some, and so may other code that is loaded by name.
        (None, Some(there)) if [TYPE_EXECUTE, TYPE_BUNDLE].contains(&slice.file_type) => there.content(),
        (None, _) => return Ok((None, 0)),
    };
    let wrong = |error: apple_plist::PlistError| AppleSignError::Entitlements { problem: error.to_string() };
    let tree = apple_plist::read_dictionary(xml).map_err(wrong)?;
    // Other forms than XML are no entitlements blob; a given file may be binary, or of the old style.
    let xml_bytes = if is_xml(xml) { xml.to_vec() } else { apple_plist::write(&Value::Dictionary(tree.clone())) };
    let der = der_entitlements::encode(&tree)?;
    Ok((Some((wrap(MAGIC_ENTITLEMENTS, &xml_bytes), wrap(MAGIC_ENTITLEMENTS_DER, &der))), exec_flags(&tree)))
}

/// Whether the first byte that says something begins an element.
fn is_xml(list: &[u8]) -> bool {
    let list = list.strip_prefix(b"\xef\xbb\xbf").unwrap_or(list);
    list.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}
