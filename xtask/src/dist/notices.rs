//! `THIRD-PARTY.md`: name, version, licence and source of every crate in the program, and the texts that their licences want kept.
//!
//! Must not: choose a licence for somebody.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Result;

use super::crates::Crate;

/// First words of the names of files that licences want kept.
const KEPT: [&str; 6] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];

/// The page.
pub fn markdown(triple: &str, crates: &[Crate]) -> Result<String> {
    let others: Vec<&Crate> = crates.iter().filter(|one| one.name != "inject").collect();
    let mut page = format!(
        "# What is in this program beside its own code\n\n\
         {} crates, Rust's standard library (MIT OR Apache-2.0){}, and SQLite within libsqlite3-sys (public domain).\n\n\
         | crate | version | licence | source |\n|---|---|---|---|\n",
        others.len(),
        if triple.ends_with("-musl") { ", musl (MIT)" } else { "" },
    );
    for one in &others {
        let source = one.repository.as_deref().unwrap_or("its package");
        page += &format!("| {} | {} | {} | {source} |\n", one.name, one.version, one.license);
    }
    page += "\n# Texts\n";
    for (users, text) in texts(&others)? {
        page += &format!("\n## {}\n\n", users.join(", "));
        // An indented block needs no fence, which a text could hold.
        page.extend(text.lines().map(|line| format!("    {line}").trim_end().to_owned() + "\n"));
    }
    Ok(page)
}

/// Each text once, with those who keep it.
fn texts(crates: &[&Crate]) -> Result<Vec<(Vec<String>, String)>> {
    let mut found: BTreeMap<String, (Vec<String>, String)> = BTreeMap::new();
    for one in crates {
        for text in texts_of(&one.folder)? {
            let words: String = text.split_whitespace().flat_map(|word| [word, " "]).collect();
            let (users, _) = found.entry(words).or_insert_with(|| (Vec::new(), text));
            let user = format!("{} {}", one.name, one.version);
            if !users.contains(&user) {
                users.push(user);
            }
        }
    }
    let mut texts: Vec<_> = found.into_values().collect();
    texts.sort();
    Ok(texts)
}

fn texts_of(folder: &Path) -> Result<Vec<String>> {
    let mut paths: Vec<_> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.sort();
    let is_kept = |path: &&std::path::PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        path.is_file() && KEPT.iter().any(|word| name.starts_with(word))
    };
    paths.iter().filter(is_kept).map(|path| Ok(String::from_utf8_lossy(&fs::read(path)?).into_owned())).collect()
}
