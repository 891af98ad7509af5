//! The archive: `.tar.gz` (POSIX.1-2017 ustar, RFC 1952), for Windows `.zip`, the same bytes from the same files.
//!
//! Must not: take anything from the file system: no owner, no mode, no time.

use std::io::{Cursor, Write};

use anyhow::Result;
use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{File, Release};

/// Packs all files below one folder, which is named as the archive is.
pub fn pack(release: &Release<'_>) -> Result<Vec<u8>> {
    let mut builder = Builder::new(Vec::new());
    let top = format!("inject-{}-{}", release.version, release.triple);
    for file in &release.files {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(if file.executable { 0o755 } else { 0o644 });
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(release.moment);
        header.set_size(file.content.len() as u64);
        builder.append_data(&mut header, format!("{top}/{}", file.path), file.content.as_slice())?;
    }
    compress(&builder.into_inner()?)
}

/// The same as a zip, which Windows opens by itself. Its times are the first that the format knows: it has no time zones.
pub fn zip(top: &str, files: &[File]) -> Result<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        let mode = if file.executable { 0o755 } else { 0o644 };
        writer.start_file(format!("{top}/{}", file.path), SimpleFileOptions::default().unix_permissions(mode))?;
        writer.write_all(&file.content)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// One member without a name or a time.
pub fn compress(content: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}
