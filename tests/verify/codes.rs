//! The table of codes: names, the page that is made from it, and that each is found somewhere.
//!
//! `BLESS=1 cargo test --workspace verify::codes` writes the tables of `docs/findings.md`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use inject::verify::{Code, Section, Severity};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn severity(code: Code) -> &'static str {
    match (code.severity(), code.warning_case()) {
        (Severity::Error, None) => "E",
        (Severity::Error, Some(_)) => "E, w",
        (Severity::Warning, _) => "w",
    }
}

/// The table of one section, as it stands below its heading.
fn table(section: Section) -> String {
    let mut out = "| code | | what it means | what to do |\n|---|---|---|---|\n".to_owned();
    for code in Code::ALL.iter().filter(|code| code.section() == section) {
        let case = code.warning_case().map(|case| format!("; a warning for {case}")).unwrap_or_default();
        let (grade, meaning, remedy) = (severity(*code), code.meaning(), code.remedy());
        let _ = writeln!(out, "| `{code}` | {grade} | {meaning}{case} | {remedy} |");
    }
    out
}

#[test]
fn the_page_of_findings_is_the_table() {
    let path = root().join("docs/findings.md");
    let text = fs::read_to_string(&path).unwrap();
    let mut made = text.clone();
    for section in Section::ALL {
        let heading = format!("\n## {}\n", section.heading());
        let (before, rest) = made.split_once(&heading).unwrap_or_else(|| panic!("no heading {heading:?}"));
        let end = rest.find("\n## ").unwrap_or(rest.len());
        let intro: String = rest[..end].split_inclusive('\n').take_while(|line| !line.starts_with('|')).collect();
        made = [before, &heading, &intro, &table(*section), &rest[end..]].concat();
    }
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &made).unwrap();
    } else {
        assert_eq!(text, made, "BLESS=1 writes it");
    }
}

#[test]
fn names_are_stable_names_and_each_is_there_once() {
    let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(names.len(), Code::ALL.len());
    for code in Code::ALL {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        assert!(code.as_str().contains('.') && code.as_str().chars().all(plain), "{code}");
        // A cell of a table holds neither of these, and SARIF shows Markdown's links as they are spelled.
        for text in [code.meaning(), code.remedy()].into_iter().chain(code.warning_case()) {
            assert!(!text.is_empty() && !text.contains(['|', '\n']) && !text.contains("]("), "{code}: {text}");
        }
    }
}

/// A code that nothing finds any more goes from the table.
#[test]
fn every_code_is_found_somewhere() {
    let mut used = String::new();
    sources(&root().join("src"), &mut used);
    let words: BTreeSet<&str> = used.split(|c: char| !c.is_alphanumeric() && c != ':').collect();
    let finds =
        |code: &&Code| ["", "findings::"].iter().any(|room| words.contains(format!("{room}Code::{code:?}").as_str()));
    let surplus: Vec<&Code> = Code::ALL.iter().filter(|code| !finds(code)).collect();
    assert!(surplus.is_empty(), "nothing finds {surplus:?}");
}

/// All sources below a folder but the table itself.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("code/table.rs") {
            // Tests in a source find nothing.
            let source = fs::read_to_string(&path).unwrap();
            *text += source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        }
    }
}

#[test]
fn every_code_that_the_book_names_is_in_the_table() {
    let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let first: BTreeSet<&str> = names.iter().filter_map(|name| Some(name.split_once('.')?.0)).collect();
    let pages = fs::read_dir(root().join("docs")).unwrap().flatten().map(|entry| entry.path());
    for page in pages.filter(|page| page.extension().is_some_and(|extension| extension == "md")) {
        let text = fs::read_to_string(&page).unwrap();
        for word in text.split('`').skip(1).step_by(2) {
            let is_code = word.split_once('.').is_some_and(|(start, rest)| {
                let plain = |c: char| c.is_ascii_lowercase() || c == '-' || c == '.';
                first.contains(start) && !rest.is_empty() && rest.chars().all(plain)
            });
            assert!(!is_code || names.contains(word), "{}: {word} is no code", page.display());
        }
    }
}
