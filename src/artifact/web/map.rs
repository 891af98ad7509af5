//! Source maps of scripts that change.
//!
//! Must not: make a map, or fail because of one: a map serves debuggers, so what cannot be corrected is said.

use std::collections::BTreeSet;

use memchr::memmem;
use zeroize::Zeroizing;

use super::{Site, WebError, extension, located};
use crate::format::js;
use crate::format::json::{self, JsonError, Value};
use crate::format::setting::Setting;
use crate::format::source_map::{Shift, shifted};

/// What names the map, at the end of a script (ECMA-426, 11.1.2.1); `@` is the older form.
const COMMENTS: [&str; 4] =
    ["//# sourceMappingURL=", "//@ sourceMappingURL=", "/*# sourceMappingURL=", "/*@ sourceMappingURL="];
/// Old values shorter than this are not looked for in sources: they would be found everywhere.
const SHORTEST: usize = 8;

pub(super) fn keep(
    site: &mut Site<'_>,
    file: &str,
    values: &[(Zeroizing<String>, Zeroizing<String>)],
) -> Result<(), WebError> {
    if !["js", "mjs", "cjs"].contains(&extension(file).as_str()) {
        return Ok(());
    }
    let (Some(old), Some(new)) = (site.before(file)?, site.after(file)?) else { return Ok(()) };
    let name = match comment(&old) {
        Some(url) if url.starts_with("data:") => {
            if old != new {
                site.warn(format!(
                    "{file} carries its source map in itself, which still describes the file as it was built and may \
                     repeat old values; build without inline source maps"
                ));
            }
            return Ok(());
        }
        Some(url) => {
            let names: BTreeSet<&str> = site.files.names().collect();
            located::file(&names, file, &url).unwrap_or_else(|| format!("{file}.map"))
        }
        None => format!("{file}.map"),
    };
    let Some(map) = site.after(&name)? else { return Ok(()) };
    match corrected(&map, &old, &new, values) {
        Ok(corrected) if corrected == map => {}
        Ok(corrected) => site.set(&name, corrected),
        Err(problem) => {
            site.warn(format!("{name} no longer describes {file} and may repeat old values: {problem}"));
        }
    }
    Ok(())
}

/// The map that the last comment of a script names.
fn comment(script: &[u8]) -> Option<String> {
    script.split(|&byte| byte == b'\n').rev().find_map(|line| {
        let behind = |comment: &&str| line.get(memmem::rfind(line, comment.as_bytes())? + comment.len()..);
        let url = String::from_utf8_lossy(COMMENTS.iter().find_map(behind)?);
        Some(url.split(|c: char| c.is_whitespace() || c == '*').next().unwrap_or_default().to_owned())
    })
}

fn corrected(
    map: &[u8],
    old: &[u8],
    new: &[u8],
    values: &[(Zeroizing<String>, Zeroizing<String>)],
) -> Result<Vec<u8>, String> {
    let json = |error: JsonError| error.to_string();
    let mut map = map.to_vec();
    if old != new {
        let shifts = shifts(old, new).ok_or("the places cannot be found in it")?;
        match json::get(&map, "/mappings").map_err(json)?.as_slice() {
            [Value::String(mappings)] => {
                let mappings = shifted(mappings, &shifts).map_err(|error| error.to_string())?;
                map = json::set(&map, "/mappings", &mappings, false).map_err(json)?;
            }
            _ => return Err("it has no mappings of its own".to_owned()),
        }
    }
    let mut renewed = Vec::new();
    for (index, source) in json::get(&map, "/sourcesContent/*").map_err(json)?.into_iter().enumerate() {
        let Value::String(source) = source else { continue };
        let mut text = Zeroizing::new(source.clone());
        for (old, new) in values.iter().filter(|(old, new)| old.len() >= SHORTEST && old != new) {
            *text = text.replace(old.as_str(), new);
        }
        if *text != source {
            renewed.push((format!("/sourcesContent/{index}"), text));
        }
    }
    let settings: Vec<Setting<'_>> = renewed.iter().map(|(at, value)| Setting { at, value, create: false }).collect();
    if settings.is_empty() { Ok(map) } else { json::set_all(&map, &settings).map_err(json) }
}

/// The tokens that got another length; `None` where the scripts differ in more than that.
fn shifts(old: &[u8], new: &[u8]) -> Option<Vec<Shift>> {
    let (before, after) = (js::tokens(old).ok()?, js::tokens(new).ok()?);
    if before.len() != after.len() {
        return None;
    }
    let mut shifts = Vec::new();
    let mut position = Position::default();
    for (before, after) in before.iter().zip(&after) {
        let (was, is) = (old.get(before.start..before.end)?, new.get(after.start..after.end)?);
        if was == is {
            continue;
        }
        position.advance(old.get(position.offset..before.end)?);
        let (mut length_was, mut length_is) = (Position::default(), Position::default());
        length_was.advance(was);
        length_is.advance(is);
        if length_was.line != length_is.line {
            return None;
        }
        let by = length_is.column - length_was.column;
        if by != 0 {
            shifts.push(Shift { line: position.line, end: position.column, by });
        }
    }
    Some(shifts)
}

/// A place in a script as source maps count it.
#[derive(Default)]
struct Position {
    offset: usize,
    line: usize,
    column: i64,
}

impl Position {
    fn advance(&mut self, bytes: &[u8]) {
        self.offset += bytes.len();
        for c in String::from_utf8_lossy(bytes).replace("\r\n", "\n").chars() {
            if matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}') {
                self.line += 1;
                self.column = 0;
            } else {
                self.column += i64::from(c.len_utf16() == 2) + 1;
            }
        }
    }
}
