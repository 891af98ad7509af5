//! What the descriptors say is what the documentation says.
//!
//! Must not: open a registry.

use std::fmt::Write;
use std::path::Path;

use super::*;

#[test]
fn words_and_keys_are_each_of_their_own() {
    for kind in KINDS {
        assert_eq!(KINDS.iter().filter(|other| other.word == kind.word).count(), 1, "{}", kind.word);
        for key in kind.keys {
            assert_eq!(kind.keys.iter().filter(|other| other.name == key.name).count(), 1, "{}", key.name);
            let others = [key.need].into_iter().filter_map(|need| match need {
                Need::With(other) => Some(other),
                Need::Optional | Need::Given(_) | Need::Filled(_) => None,
            });
            others.for_each(|other| assert!(owners(other).contains(&kind.word), "{other}"));
        }
        match kind.remote {
            Remote::With(key) => assert!(kind.keys.iter().any(|known| known.name == key), "{key}"),
            Remote::Never | Remote::Always => {}
        }
    }
    assert!(SERVER_KEYS.iter().all(|key| owners(key).len() > 1));
}

/// The table of `docs/configuration.md`, between two comments; `BLESS=1` writes it.
#[test]
fn the_documentation_has_every_kind_and_key() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let (before, rest) = text.split_once("<!-- registries -->\n").unwrap();
    let (found, after) = rest.split_once("<!-- end -->\n").unwrap();
    let expected = table();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&page, format!("{before}<!-- registries -->\n{expected}<!-- end -->\n{after}")).unwrap();
    } else {
        assert_eq!(found, expected, "BLESS=1 cargo test --workspace the_documentation writes it");
    }
}

#[test]
fn the_table_of_what_registries_do_has_every_kind_with_its_class() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/registries.md");
    let text = std::fs::read_to_string(page).unwrap();
    for kind in KINDS {
        let row = format!("\n| `{}` | {} |", kind.word, classes(kind));
        assert!(text.contains(row.trim_end_matches("  |")), "no {row:?}");
    }
}

fn classes(kind: &Kind) -> String {
    kind.classes.iter().map(|class| class.letter()).collect::<Vec<_>>().join(" or ")
}

fn table() -> String {
    let mut table = "| `registry =` | key | needed | holds |\n|---|---|---|---|\n".to_owned();
    for kind in KINDS {
        let word = if kind.takes_name { format!("`{}`, `{0}:NAME`", kind.word) } else { format!("`{}`", kind.word) };
        if kind.keys.is_empty() {
            let _ = writeln!(table, "| {word} | none | | |");
        }
        for (index, Key { name, form, need, about }) in kind.keys.iter().enumerate() {
            let word = if index == 0 { word.as_str() } else { "" };
            let need = match need {
                Need::Optional => "no".to_owned(),
                Need::Given(_) | Need::Filled(_) => "yes".to_owned(),
                Need::With(other) => format!("with `{other}`"),
            };
            let form = match form {
                Form::Plain => "a text",
                Form::Text => "a text or a reference",
                Form::Reference => "a reference",
                Form::Path => "a path, from the folder of `inject.toml`",
                Form::List => "a list of texts",
                Form::Table => "a table",
            };
            let _ = writeln!(table, "| {word} | `{name}` | {need} | {form}: {about} |");
        }
    }
    table
}
