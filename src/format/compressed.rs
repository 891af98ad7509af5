//! Compressed copies of a file that lie beside it for a web server: gzip (RFC 1952) and Brotli (RFC 7932).
//!
//! Must not: unpack more than it is told to.

use std::io::{self, Read};

use flate2::bufread::{GzDecoder, MultiGzDecoder};
use flate2::{Compression, GzBuilder};

/// Brotli's windows, as powers of two (RFC 7932 9.1): the largest that build tools choose for files of a site. A smaller content
/// gets the smallest that reaches over all of it: the encoder makes tables by the window, which takes longer than a small file.
const WINDOWS: std::ops::RangeInclusive<i32> = 10..=22;
/// Brotli's quality, and that for contents beyond a size: the highest takes seconds for each MiB, and what comes next is
/// ten times as fast for two to four percent more bytes.
const QUALITY: (i32, i32) = (11, 9);
/// Where the second one begins.
const LARGE: usize = 1024 * 1024;
/// Bytes read at a time.
const STEP: usize = 64 * 1024;

/// How a copy is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// gzip.
    Gzip,
    /// Brotli.
    Brotli,
}

/// Why a copy cannot be unpacked or made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompressedError {
    /// The data.
    #[error("not valid {} data: {source}", encoding.describe())]
    Data {
        /// What was expected.
        encoding: Encoding,
        /// Why not.
        source: io::Error,
    },
    /// Too much.
    #[error("it unpacks to more than {limit} bytes")]
    Limit {
        /// How much is allowed.
        limit: u64,
    },
}

impl Encoding {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Gzip, Self::Brotli];

    /// What a copy's name ends with.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Gzip => ".gz",
            Self::Brotli => ".br",
        }
    }

    /// For messages.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "Brotli",
        }
    }

    /// The content.
    pub fn decode(self, packed: &[u8], limit: u64) -> Result<Vec<u8>, CompressedError> {
        let mut content = Vec::new();
        let bound = limit.saturating_add(1);
        let read = match self {
            Self::Gzip => MultiGzDecoder::new(packed).take(bound).read_to_end(&mut content),
            Self::Brotli => brotli::Decompressor::new(packed, STEP).take(bound).read_to_end(&mut content),
        };
        read.map_err(|source| CompressedError::Data { encoding: self, source })?;
        if content.len() as u64 > limit { Err(CompressedError::Limit { limit }) } else { Ok(content) }
    }

    /// A copy of a content, as small as is worth the time; a gzip header keeps what the old copy's said. The same content and
    /// header always give the same bytes.
    pub fn encode(self, content: &[u8], old: &[u8]) -> Result<Vec<u8>, CompressedError> {
        let mut packed = Vec::new();
        let written = match self {
            Self::Gzip => gzip_header(old).read(content, Compression::best()).read_to_end(&mut packed).map(drop),
            Self::Brotli => {
                let quality = if content.len() > LARGE { QUALITY.1 } else { QUALITY.0 };
                let size_hint = content.len();
                // A window is 16 bytes shorter than its power of two.
                let reaches = |bits: &i32| content.len() <= (1_usize << bits) - 16;
                let lgwin = WINDOWS.into_iter().find(reaches).unwrap_or(*WINDOWS.end());
                let params = brotli::enc::BrotliEncoderParams { quality, lgwin, size_hint, ..Default::default() };
                brotli::BrotliCompress(&mut &*content, &mut packed, &params).map(drop)
            }
        };
        written.map_err(|source| CompressedError::Data { encoding: self, source })?;
        Ok(packed)
    }
}

/// Name, time and system as another header has them; none of them where that is no header.
fn gzip_header(old: &[u8]) -> GzBuilder {
    let decoder = GzDecoder::new(old);
    let Some(header) = decoder.header() else { return GzBuilder::new() };
    let mut builder = GzBuilder::new().mtime(header.mtime()).operating_system(header.operating_system());
    if let Some(name) = header.filename() {
        builder = builder.filename(name);
    }
    if let Some(comment) = header.comment() {
        builder = builder.comment(comment);
    }
    match header.extra() {
        Some(extra) => builder.extra(extra),
        None => builder,
    }
}
