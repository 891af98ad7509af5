//! A new bundle: changed contents are signed, laid out, written and verified (steps 4 to 7).
//!
//! Must not: give it its name.

use super::{Bundle, WORDS, is_by};
use crate::artifact::apk::{Changes, Spot};
use crate::format::apk_signing_block::SigningBlock;
use crate::format::zip::Archive;
use crate::host::replacement::Replacement;
use crate::pipeline::ArtifactFile;
use crate::pipeline::apk::{Written, rewrite, sign_jar};
use crate::pipeline::assemble::write_payload;
use crate::pipeline::fault::Cause;
use crate::pipeline::kind::Task;
use crate::pipeline::locate::Placed;
use crate::pipeline::signing::AndroidSigning;
use crate::sign::Digest;
use crate::sign::android::Schemes;
use crate::verify::Code;
use crate::verify::android::bundle;
use crate::verify::injected;

impl Bundle {
    /// Steps 4 to 7: signs, lays out, writes and verifies. Nothing is under the output's name yet.
    pub(super) fn write_new(
        &self,
        placed: &Placed<Spot>,
        changes: Changes,
        (stale, block): (&[usize], Option<&SigningBlock>),
        task: &Task<'_>,
    ) -> Result<Written, Cause> {
        let Task { values, output, gate, .. } = *task;
        let signing = task.signing.android()?;
        let archive = &self.packed.archive();
        // 4. Sign: the files of the signature are entries. Whoever checks a bundle knows SHA-256.
        let mut rewrite = rewrite(changes, stale, None);
        if let AndroidSigning::With(request) = signing {
            let jar = Schemes { v1: true, v2: false, v3: false, v4: false };
            sign_jar(archive, &mut rewrite, request.signers.current, Digest::Sha256, jar)?;
        }

        // 5. Lay out: the payload ends where a signing block began, its padding dropped.
        let before = block.map_or(archive.directory_offset(), |block| block.range().start);
        rewrite.payload_end = Some(archive.payload_end(before)?);
        let layout = archive.layout(&rewrite)?;

        // 6. Write, then directory and end record.
        let mut new = Replacement::start(output)?;
        write_payload((&*self.packed.source, None), &layout, 0, &mut new, None)?;
        new.write_all(&layout.directory)?;
        new.write_all(&layout.eocd(layout.payload_len)?)?;

        // 7. Verify what was written, independently of what wrote it.
        let finished = ArtifactFile::over(new.reader()?);
        let written = Archive::open(&finished)?;
        let mut report = match signing {
            AndroidSigning::Unsigned => bundle::container(&written),
            AndroidSigning::With(_) => bundle::rewritten(&written, archive),
        };
        if let AndroidSigning::With(request) = signing
            && !is_by(&report, request)
        {
            report.add(Code::ApkSigner, "the signature", "it is not by the key that was given, and by no other one");
        }
        injected::apk(&mut report, written, &placed.expected(values)?);
        let report = WORDS.sound(report)?;
        gate.whole(&WORDS, values, |hunt, report| hunt.archive(report, &finished))?;
        Ok(Written { new, idsig: None, dex: Vec::new(), report })
    }
}
