//! A new package: changed contents are signed, laid out, aligned, written and verified (steps 4 to 7).
//!
//! Must not: give it its name.

use super::package::{Package, WORDS, options};
use super::packed::{Written, rewrite};
use super::v1_files;
use crate::artifact::apk::{Changes, TABLE};
use crate::format::apk_signing_block::{SigningBlock, padding_before};
use crate::format::zip::{Alignment, Archive, Change, METHOD_STORED, Rewrite};
use crate::host::replacement::Replacement;
use crate::pipeline::ArtifactFile;
use crate::pipeline::assemble::write_payload;
use crate::pipeline::fault::Cause;
use crate::pipeline::kind::Task;
use crate::pipeline::signing::{AndroidSigning, AndroidSigningRequest};
use crate::sign::android::{self, ContentHasher, KeptPairs, Schemes};
use crate::verify::injected::{self, Expected};
use crate::verify::{self, Code};

/// From this targetSdkVersion on Android refuses a compressed resource table.
const SDK_ARSC_STORED: u32 = 30;

impl Package {
    /// Steps 4 to 7: signs, lays out, writes beside the output, and verifies. Nothing is under the output's name yet.
    pub(in crate::pipeline) fn write_new(
        &self,
        expected: &[Expected],
        (mut changes, kept): (Changes, &KeptPairs),
        (stale, block): (&[usize], Option<&SigningBlock>),
        task: &Task<'_>,
    ) -> Result<Written, Cause> {
        let Task { values, output, gate, .. } = *task;
        let signing = task.signing.android()?;
        let archive = &self.packed.archive();
        // What stays keeps its order; what gets a value follows, by ID, so that the way to an output does not show in it.
        let given = std::mem::take(&mut changes.pairs);
        let mut pairs = self.packed.kept_pairs(kept, &given.ids())?;
        pairs.extend(given.values);
        // 4. Sign v1: its files are entries, so they come before the container is closed.
        let dex = changes.dex.clone();
        let mut rewrite = rewrite(changes, stale, Some(Alignment::ANDROID));
        self.store_table(archive, &mut rewrite)?;
        let schemes = match signing {
            AndroidSigning::Unsigned => None,
            AndroidSigning::With(request) => Some((request, self.schemes(request)?)),
        };
        if let Some((request, schemes)) = schemes.filter(|(_, schemes)| schemes.v1) {
            let min_sdk = request.min_sdk.or(self.packed.facts.min_sdk).unwrap_or(1);
            let identity = request.signers.oldest();
            let digest = android::v1::digest(identity.key(), min_sdk).map_err(android::AndroidSignError::from)?;
            v1_files::sign(archive, &mut rewrite, identity, digest, schemes)?;
        }

        // 5. Lay out and align: the payload ends where the old signing block began, its padding dropped.
        let before = block.map_or(archive.directory_offset(), |block| block.range().start);
        rewrite.payload_end = Some(archive.payload_end(before)?);
        let layout = archive.layout(&rewrite)?;

        // 6. Write, hashing on the way; then the signing block over what was hashed, directory and end record.
        let mut new = Replacement::start(output)?;
        let (mut idsig, mut fresh, mut chunks) = (None, Vec::new(), Vec::new());
        match schemes.filter(|(_, schemes)| schemes.has_block()) {
            None => {
                write_payload((&*self.packed.source, None), &layout, 0, &mut new, None)?;
                new.write_all(&layout.directory)?;
                new.write_all(&layout.eocd(layout.payload_len)?)?;
            }
            Some((request, schemes)) => {
                let padding = padding_before(layout.payload_len);
                let start = layout.payload_len + padding;
                let mut hasher = ContentHasher::new(&android::needed_digests(&request.signers));
                hasher.section(start);
                fresh = write_payload((&*self.packed.source, None), &layout, padding, &mut new, Some(&mut hasher))?;
                hasher.section(layout.directory.len() as u64);
                hasher.update(&layout.directory);
                let end = layout.eocd(start)?;
                hasher.section(end.len() as u64);
                hasher.update(&end);
                let digests = hasher.finish()?;
                let block = android::signing_block(&request.signers, schemes, &digests, &pairs)?.unwrap_or_default();
                new.write_all(&block)?;
                new.write_all(&layout.directory)?;
                new.write_all(&layout.eocd(start + block.len() as u64)?)?;
                if schemes.v4 {
                    let finished = ArtifactFile::over(new.reader()?);
                    idsig = Some(android::v4::idsig(&request.signers, &finished, &digests)?);
                }
                chunks = digests.chunks().to_vec();
            }
        }

        // 7. Verify what was written, independently of what wrote it.
        let wanted = schemes.map(|(request, schemes)| (*request, schemes));
        let copied = verify::android::Copied { hashes: &chunks, fresh: &fresh };
        let report = self.verify_output(&new, (archive, &copied), (wanted, idsig.as_deref()), expected)?;
        let finished = ArtifactFile::over(new.reader()?);
        gate.whole(&WORDS, values, |hunt, report| hunt.archive(report, &finished))?;
        Ok(Written { new, idsig, dex, report })
    }

    /// A package for Android 11 and later must store its table: a compressed one is stored, changed or not.
    fn store_table(&self, archive: &Archive<'_, ArtifactFile>, rewrite: &mut Rewrite) -> Result<(), Cause> {
        let Some(index) = archive.find(TABLE.as_bytes()) else { return Ok(()) };
        let compressed = archive.entries()[index].method() != METHOD_STORED;
        if compressed && self.packed.facts.target_sdk.is_some_and(|sdk| sdk >= SDK_ARSC_STORED) {
            let content = match rewrite.changes.remove(&index) {
                Some(Change::Replace(content)) => content,
                _ => archive.read(index)?,
            };
            rewrite.changes.insert(index, Change::Store(content));
        }
        Ok(())
    }

    fn verify_output(
        &self,
        new: &Replacement,
        (original, copied): (&Archive<'_, ArtifactFile>, &verify::android::Copied<'_>),
        (wanted, idsig): (Option<(AndroidSigningRequest<'_>, Schemes)>, Option<&[u8]>),
        expected: &[Expected],
    ) -> Result<verify::Report, Cause> {
        let finished = ArtifactFile::over(new.reader()?);
        let archive = Archive::open(&finished)?;
        let mut report = match &wanted {
            Some((request, schemes)) => {
                let options = options(&self.packed.facts, self.judged_min_sdk(request, *schemes), idsig);
                verify::android::rewritten(&archive, original, Some(copied), &options)
            }
            None => verify::android::container_of(&archive, self.packed.facts.target_sdk),
        };
        if let Some((request, _)) = wanted
            && !report.signers().iter().any(|signer| signer.certificate == request.signers.current.certificate().raw())
        {
            report.add(Code::ApkSigner, "the signature", "it is not by the key that was given");
        }
        injected::apk(&mut report, archive, expected);
        WORDS.sound(report)
    }
}
