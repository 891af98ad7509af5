//! Code directories (`codedirectory.h`), versions 0x20001 to 0x20500 and, copied as they are, later ones.
//!
//! ```text
//! 0 magic, length, version, flags | 16 hashOffset, identOffset, nSpecialSlots, nCodeSlots, codeLimit | 36 hashSize,
//! hashType, platform, pageSize (bytes) | 40 spare2 | 44 scatterOffset (0x20100) | 48 teamOffset (0x20200) | 52 spare3,
//! 56 codeLimit64 (0x20300) | 64 execSegBase, execSegLimit, execSegFlags (0x20400) | 88 runtime, preEncryptOffset (0x20500)
//! ```
//! The hashes of special slots lie before `hashOffset`, -1 next to it; those of pages behind it.
//!
//! Must not: compute a hash.

use crate::format::apple_plist::{Dictionary, Value};

use super::{MAGIC_DIRECTORY, SignatureError, array, be32, be64, wrap, wrong};

/// The signature is ad hoc: without CMS.
pub const FLAG_ADHOC: u32 = 0x2;
/// The signature was made by a linker.
pub const FLAG_LINKER_SIGNED: u32 = 0x2_0000;
/// `execSegFlags`: a main executable.
pub const EXEC_MAIN_BINARY: u64 = 0x1;
/// Entitlements that set a flag of `execSegFlags` where they are true, beside the flag.
const EXEC_ENTITLEMENTS: [(&str, u64); 7] = [
    // A debugger may add unsigned pages.
    ("get-task-allow", 0x10),
    ("run-unsigned-code", 0x10),
    ("com.apple.private.cs.debugger", 0x20),
    ("dynamic-codesigning", 0x40),
    ("com.apple.private.skip-library-validation", 0x80),
    ("com.apple.private.amfi.can-load-cdhash", 0x100),
    ("com.apple.private.amfi.can-execute-cdhash", 0x200),
];

/// The `execSegFlags` that follow from entitlements.
pub fn exec_flags(entitlements: &Dictionary) -> u64 {
    let is_true = |name: &str| entitlements.get(name).and_then(Value::as_boolean) == Some(true);
    EXEC_ENTITLEMENTS.iter().filter(|(name, _)| is_true(name)).fold(0, |flags, (_, flag)| flags | flag)
}

/// From this version on the signature says where `__TEXT` lies; iOS 15 wants no older one.
pub const VERSION_EXEC_SEGMENT: u32 = 0x2_0400;
/// From this version on with the version of the hardened runtime.
pub const VERSION_RUNTIME: u32 = 0x2_0500;

/// Digests of a code directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashType {
    /// SHA-1, 20 bytes.
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-256, cut to 20 bytes.
    Sha256Truncated,
    /// SHA-384, 48 bytes.
    Sha384,
}

impl HashType {
    fn of(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Sha1,
            2 => Self::Sha256,
            3 => Self::Sha256Truncated,
            4 => Self::Sha384,
            _ => return None,
        })
    }

    /// Its number in a code directory.
    pub fn number(self) -> u8 {
        match self {
            Self::Sha1 => 1,
            Self::Sha256 => 2,
            Self::Sha256Truncated => 3,
            Self::Sha384 => 4,
        }
    }

    /// Bytes of a hash.
    pub fn size(self) -> usize {
        match self {
            Self::Sha1 | Self::Sha256Truncated => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
        }
    }
}

/// A code directory as it lies in a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeDirectory<'a> {
    /// Its bytes: what is signed.
    pub raw: &'a [u8],
    /// Version.
    pub version: u32,
    /// `FLAG_*`.
    pub flags: u32,
    /// Bytes of the image that are hashed.
    pub code_limit: u64,
    /// The digest.
    pub hash_type: HashType,
    /// Number of a platform binary; 0 in apps.
    pub platform: u8,
    /// Exponent of the page size; 0: one page for all.
    pub page_exponent: u8,
    /// The identifier.
    pub identifier: &'a str,
    /// The team.
    pub team: Option<&'a str>,
    /// Start, length and `EXEC_*` of `__TEXT`; from 0x20400 on.
    pub exec_segment: Option<(u64, u64, u64)>,
    /// Version of the hardened runtime; from 0x20500 on.
    pub runtime: Option<u32>,
    /// Whether it has scattered pages or pages hashed before encryption, which nothing for iOS has.
    pub unusual: bool,
    special_count: u32,
    code_count: u32,
    hash_offset: usize,
}

impl<'a> CodeDirectory<'a> {
    /// Reads one; the blob's length is that of `raw`.
    pub fn parse(raw: &'a [u8]) -> Result<Self, SignatureError> {
        let magic = be32(raw, 0)?;
        if magic != MAGIC_DIRECTORY {
            return Err(wrong(0, format!("code directory: magic {magic:#010x}, expected {MAGIC_DIRECTORY:#010x}")));
        }
        let version = be32(raw, 8)?;
        let since = |first| version >= first;
        let [hash_size, hash_type, platform, page_exponent] = array(raw, 36)?;
        let hash_type =
            HashType::of(hash_type).ok_or_else(|| wrong(37, format!("hash type {hash_type}, expected 1 to 4")))?;
        if usize::from(hash_size) != hash_type.size() {
            return Err(wrong(36, format!("hashes of {hash_size} bytes, expected {}", hash_type.size())));
        }
        if page_exponent > 20 {
            return Err(wrong(39, format!("pages of 2^{page_exponent} bytes, expected at most 2^20")));
        }
        let wide = if since(0x2_0300) { be64(raw, 56)? } else { 0 };
        let team = match if since(0x2_0200) { be32(raw, 48)? } else { 0 } {
            0 => None,
            offset => Some(text(raw, offset as usize)?),
        };
        let exec = (be64(raw, 64), be64(raw, 72), be64(raw, 80));
        let exec_segment = match exec {
            (Ok(base), Ok(limit), Ok(flags)) if since(VERSION_EXEC_SEGMENT) => Some((base, limit, flags)),
            (Err(error), ..) | (_, Err(error), _) | (.., Err(error)) if since(VERSION_EXEC_SEGMENT) => {
                return Err(error);
            }
            _ => None,
        };
        let runtime = if since(VERSION_RUNTIME) { Some(be32(raw, 88)?) } else { None };
        let scattered = since(0x2_0100) && be32(raw, 44)? != 0;
        let encrypted = since(VERSION_RUNTIME) && be32(raw, 92)? != 0;
        let directory = Self {
            raw,
            version,
            flags: be32(raw, 12)?,
            code_limit: if wide == 0 { u64::from(be32(raw, 32)?) } else { wide },
            hash_type,
            platform,
            page_exponent,
            identifier: text(raw, be32(raw, 20)? as usize)?,
            team,
            exec_segment,
            runtime,
            unusual: scattered || encrypted,
            special_count: be32(raw, 24)?,
            code_count: be32(raw, 28)?,
            hash_offset: be32(raw, 16)? as usize,
        };
        directory.check_slots()?;
        Ok(directory)
    }

    fn check_slots(&self) -> Result<(), SignatureError> {
        let size = self.hash_type.size() as u64;
        let (before, behind) = (u64::from(self.special_count) * size, u64::from(self.code_count) * size);
        let (start, len) = (self.hash_offset as u64, self.raw.len() as u64);
        if before > start || start + behind > len {
            return Err(wrong(
                16,
                format!(
                    "{} special and {} code slots around {start} do not fit the {len} bytes of the code directory",
                    self.special_count, self.code_count
                ),
            ));
        }
        Ok(())
    }

    /// Number of special slots.
    pub fn special_count(&self) -> u32 {
        self.special_count
    }

    /// The hash of a special slot, `slot::*`; `None` beyond the last one.
    pub fn special(&self, slot: u32) -> Option<&'a [u8]> {
        self.raw.get(self.special_range(slot)?)
    }

    /// Whether a special slot holds a hash.
    pub fn binds(&self, slot: u32) -> bool {
        self.special(slot).is_some_and(|hash| hash.iter().any(|&byte| byte != 0))
    }

    /// The hashes of pages.
    pub fn pages(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + use<'a> {
        let len = self.code_count as usize * self.hash_type.size();
        let all = self.raw.get(self.hash_offset..self.hash_offset + len).unwrap_or_default();
        all.chunks_exact(self.hash_type.size())
    }

    /// The bytes of all page hashes.
    pub fn page_hashes(&self) -> &'a [u8] {
        let len = self.code_count as usize * self.hash_type.size();
        self.raw.get(self.hash_offset..self.hash_offset + len).unwrap_or_default()
    }

    /// Bytes of a page; `None` where all the code is one page.
    pub fn page_size(&self) -> Option<usize> {
        (self.page_exponent != 0).then(|| 1 << self.page_exponent)
    }

    /// The code directory with other hashes in special slots that it has; everything else stays byte for byte. `None` where
    /// a slot is not there or a hash has another size.
    pub fn with_special(&self, hashes: &[(u32, Vec<u8>)]) -> Option<Vec<u8>> {
        let mut new = self.raw.to_vec();
        for (slot, hash) in hashes {
            let place = new.get_mut(self.special_range(*slot)?)?;
            if place.len() != hash.len() {
                return None;
            }
            place.copy_from_slice(hash);
        }
        Some(new)
    }

    fn special_range(&self, slot: u32) -> Option<std::ops::Range<usize>> {
        if slot == 0 || slot > self.special_count {
            return None;
        }
        let size = self.hash_type.size();
        let start = self.hash_offset.checked_sub(slot as usize * size)?;
        Some(start..start + size)
    }
}

/// A text that ends with a zero byte.
fn text(raw: &[u8], offset: usize) -> Result<&str, SignatureError> {
    let rest = raw.get(offset..).filter(|_| offset >= 44).unwrap_or_default();
    let text = rest.iter().position(|&byte| byte == 0).and_then(|end| rest.get(..end));
    let text = text.ok_or_else(|| wrong(offset, "no text there that ends with a zero byte"))?;
    std::str::from_utf8(text).map_err(|error| wrong(offset, format!("a name that is not UTF-8: {error}")))
}

/// A code directory to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory<'a> {
    /// Version, 0x20400 or 0x20500.
    pub version: u32,
    /// `FLAG_*`.
    pub flags: u32,
    /// Bytes of the image that are hashed.
    pub code_limit: u64,
    /// The digest.
    pub hash_type: HashType,
    /// Number of a platform binary.
    pub platform: u8,
    /// Exponent of the page size.
    pub page_exponent: u8,
    /// The identifier.
    pub identifier: &'a str,
    /// The team.
    pub team: Option<&'a str>,
    /// Start, length and `EXEC_*` of `__TEXT`.
    pub exec_segment: (u64, u64, u64),
    /// Version of the hardened runtime, where the version has it.
    pub runtime: u32,
    /// Hashes of the special slots from 1 on; `None` writes zeros.
    pub special: Vec<Option<Vec<u8>>>,
    /// Hashes of the pages, one behind the other.
    pub pages: Vec<u8>,
}

impl Directory<'_> {
    /// The blob.
    pub fn encode(&self) -> Vec<u8> {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes();
        let size = self.hash_type.size();
        let fixed = if self.version >= VERSION_RUNTIME { 96 } else { 88 };
        let mut names = self.identifier.as_bytes().to_vec();
        names.push(0);
        let team_offset = self.team.map_or(0, |team| {
            let offset = fixed + names.len();
            names.extend_from_slice(team.as_bytes());
            names.push(0);
            offset
        });
        let hash_offset = fixed + names.len() + self.special.len() * size;
        let mut body = Vec::with_capacity(hash_offset + self.pages.len());
        body.extend_from_slice(&self.version.to_be_bytes());
        body.extend_from_slice(&self.flags.to_be_bytes());
        body.extend_from_slice(&number(hash_offset));
        body.extend_from_slice(&number(fixed));
        body.extend_from_slice(&number(self.special.len()));
        body.extend_from_slice(&number(self.pages.len() / size));
        // A limit beyond 32 bits stands in its own field, and only there.
        let (short, wide) = u32::try_from(self.code_limit).map_or((u32::MAX, self.code_limit), |short| (short, 0));
        body.extend_from_slice(&short.to_be_bytes());
        body.extend_from_slice(&[
            u8::try_from(size).unwrap_or(0),
            self.hash_type.number(),
            self.platform,
            self.page_exponent,
        ]);
        body.extend_from_slice(&[0; 8]);
        body.extend_from_slice(&number(team_offset));
        body.extend_from_slice(&[0; 4]);
        body.extend_from_slice(&wide.to_be_bytes());
        let (base, limit, flags) = self.exec_segment;
        for value in [base, limit, flags] {
            body.extend_from_slice(&value.to_be_bytes());
        }
        if self.version >= VERSION_RUNTIME {
            body.extend_from_slice(&self.runtime.to_be_bytes());
            body.extend_from_slice(&[0; 4]);
        }
        body.extend_from_slice(&names);
        for hash in self.special.iter().rev() {
            match hash {
                Some(hash) => body.extend_from_slice(hash),
                None => body.extend_from_slice(&vec![0; size]),
            }
        }
        body.extend_from_slice(&self.pages);
        wrap(MAGIC_DIRECTORY, &body)
    }
}
