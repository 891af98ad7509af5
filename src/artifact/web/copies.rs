//! Compressed copies beside a file, which a server sends instead of it.
//!
//! Must not: make a copy where there was none, or take one away.

use std::collections::BTreeSet;

use super::{Site, WebError};
use crate::format::compressed::Encoding;
use crate::format::limits;

/// Copies that are known and cannot be made.
const UNMAKEABLE: [&str; 2] = [".zst", ".zz"];

pub(super) fn keep(site: &mut Site<'_>, touched: &BTreeSet<String>) -> Result<(), WebError> {
    let names: BTreeSet<String> = site.files.names().map(str::to_owned).collect();
    for file in touched {
        for encoding in Encoding::ALL {
            let copy = format!("{file}{}", encoding.extension());
            if !names.contains(&copy) {
                continue;
            }
            let (Some(packed), Some(content)) = (site.after(&copy)?, site.after(file)?) else { continue };
            let of_copy = |source| WebError::Copy { file: copy.clone(), source };
            if encoding.decode(&packed, limits::ENTRY_BYTES).map_err(of_copy)? != content {
                let packed = encoding.encode(&content, &packed).map_err(of_copy)?;
                site.set(&copy, packed);
            }
        }
        let stale = UNMAKEABLE.iter().map(|extension| format!("{file}{extension}")).find(|copy| names.contains(copy));
        if let Some(copy) = stale.filter(|_| site.changes.contents.contains_key(file)) {
            return Err(WebError::Unmakeable { copy, file: file.clone() });
        }
    }
    Ok(())
}
