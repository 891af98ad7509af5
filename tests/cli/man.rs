//! Manual pages: one for every command, and each says all that the command's help says.

use std::collections::BTreeMap;
use std::fs;

use super::World;

/// Help of every command, by its words.
fn commands(world: &World) -> BTreeMap<Vec<String>, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![Vec::<String>::new()];
    while let Some(words) = open.pop() {
        let args: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let help = world.inject(&args).exits(0).out;
        let listed = help.split("Commands:\n").nth(1).unwrap_or_default().lines().take_while(|line| !line.is_empty());
        // A name stands two blanks in; what it does may go on below, further to the right.
        let names = listed.filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
        for name in names.filter_map(|line| line.split(' ').next()) {
            open.push([words.clone(), vec![name.to_owned()]].concat());
        }
        found.insert(words, help);
    }
    found
}

/// The text of a page, without what tells its reader how to set it.
fn plain(page: &str) -> String {
    let text = page.replace("\\-", "-").replace("\\*(Aq", "'").replace("\\&", "");
    text.replace("\\fB", "").replace("\\fI", "").replace("\\fR", "")
}

#[test]
fn every_command_has_a_page_that_says_what_its_help_says() {
    let world = World::new();
    world.inject(&["man", "--all", "."]).exits(0);
    let commands = commands(&world);
    assert!(commands.len() > 25, "{:?}", commands.keys());
    for (words, help) in &commands {
        let name = [&["inject".to_owned()][..], words].concat().join("-");
        let page = plain(&fs::read_to_string(world.path(&format!("{name}.1"))).expect(&name));
        assert!(page.contains(&format!("\n.TH {} 1 \"\" \"inject ", name.to_uppercase())), "{name} has no title");
        assert!(page.contains(&format!("\n{name} - ")), "{name} is not named");
        let options = help.lines().filter(|line| line.trim_start().starts_with('-') && !line.contains("- "));
        let mut count = 0;
        for word in options.flat_map(str::split_whitespace).filter(|word| word.starts_with('-')) {
            let option = word.trim_end_matches([',', '.']);
            assert!(page.contains(option), "{name}: no {option}");
            count += 1;
        }
        assert!(count >= 6, "{name}: the options of all commands are not in its help");
        // Examples and exit codes stand line by line.
        let kept = |line: &&str| {
            line.strip_prefix("  ")
                .is_some_and(|rest| rest.starts_with("inject ") || rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        for line in help.lines().filter(kept) {
            assert!(page.lines().any(|set| set.starts_with(line)), "{name}: {line:?} lost its form");
        }
        for sub in commands.keys().filter(|other| other.len() == words.len() + 1 && other.starts_with(words)) {
            assert!(page.contains(&format!("{name}-{}(1)", sub[words.len()])), "{name} does not name {sub:?}");
        }
        let asked: Vec<&str> = ["man"].into_iter().chain(words.iter().map(String::as_str)).collect();
        assert_eq!(plain(&world.inject(&asked).exits(0).out), page, "{name}: man prints another page");
    }
    assert_eq!(world.files().len(), commands.len(), "pages of no command");
}

#[test]
fn sections_have_the_names_that_manuals_give_them() {
    let world = World::new();
    let page = world.inject(&["man"]).exits(0).out;
    for title in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "\"EXIT STATUS\""] {
        assert!(page.contains(&format!("\n.SH {title}\n")), "no {title}");
    }
    assert!(!page.contains("EXTRA") && !page.contains("(ALSO"), "{page}");
    let page = world.inject(&["man", "credential", "mask"]).exits(0).out;
    assert!(page.contains("\n.SH \"SEE ALSO\"\ninject\\-credential(1)\n"), "{page}");
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    World::new().inject(&["man", "--all", "none"]).exits(3).says(&["none"]);
}
