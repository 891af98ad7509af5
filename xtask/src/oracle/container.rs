//! The container judged on real files: an empty plan gives identical bytes, and a changed entry leaves every other one
//! raw-identical.
//!
//! Must not: look into entries.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use inject::format::read_at::ReadAt;
use inject::format::zip::{Alignment, Archive, Change, Layout, Rewrite, Segment, ZipError};

/// What became of one file.
pub enum Outcome {
    /// Read, and reproduced.
    Reproduced,
    /// Refused, with the message.
    Refused(String),
}

/// Checks one archive.
pub fn check(path: &Path) -> Result<Outcome> {
    let bytes = std::fs::read(path)?;
    let archive = match Archive::open(&bytes) {
        Ok(archive) => archive,
        Err(ZipError::Read { source, .. }) => return Err(source.into()),
        Err(refusal) => return Ok(Outcome::Refused(refusal.to_string())),
    };
    let same = assemble(&bytes, &archive.layout(&Rewrite::default())?)?;
    ensure!(same == bytes, "an empty plan changed the bytes");
    for (index, changed) in archive.entries().iter().enumerate() {
        // One changed entry per decile is enough to move everything behind it, and keeps large files quick.
        if index % (archive.entries().len() / 10 + 1) != 0 {
            continue;
        }
        let content = b"changed".repeat(index % 7 + 1);
        let rewrite = Rewrite {
            changes: [(index, Change::Replace(content.clone()))].into(),
            alignment: Some(Alignment::ANDROID),
            ..Rewrite::default()
        };
        let out = assemble(&bytes, &archive.layout(&rewrite)?)?;
        let after = Archive::open(&out).context("our own output")?;
        ensure!(after.entries().len() == archive.entries().len(), "entries were lost");
        for (number, (old, new)) in archive.entries().iter().zip(after.entries()).enumerate() {
            ensure!(old.name() == new.name(), "order changed");
            if new.method() == 0 {
                let multiple = u64::from(Alignment::ANDROID.of(new.name()));
                ensure!(new.data_offset() % multiple == 0, "{} is not aligned", new.display_name());
            }
            if number == index {
                ensure!(after.read(number)? == content, "{} has other content", changed.display_name());
            } else {
                let (old, new) = (raw(&bytes, old.data_range())?, raw(&out, new.data_range())?);
                ensure!(old == new, "{} changed though nobody asked", archive.entries()[number].display_name());
            }
        }
    }
    Ok(Outcome::Reproduced)
}

fn raw(bytes: &[u8], range: std::ops::Range<u64>) -> Result<&[u8]> {
    bytes.get(usize::try_from(range.start)?..usize::try_from(range.end)?).context("range")
}

/// The bytes of a layout, without any signing block.
pub fn assemble(original: &[u8], layout: &Layout) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    for segment in &layout.segments {
        match segment {
            Segment::Original(range) => out.extend_from_slice(raw(original, range.clone())?),
            Segment::Spooled(_) => unreachable!("nothing was spooled"),
            Segment::Bytes(bytes) => out.extend_from_slice(bytes),
        }
    }
    ensure!(out.len() as u64 == layout.payload_len, "payload length");
    out.extend_from_slice(&layout.directory);
    let eocd = layout.eocd(layout.payload_len)?;
    out.extend_from_slice(&eocd);
    let _ = original.size();
    Ok(out)
}
