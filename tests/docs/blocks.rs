//! Blocks of code in a page, and what those of commands print.

use std::fmt::Write;
use std::path::Path;

use super::super::cli::{PROGRAM, World};

/// A block of code.
pub struct Block {
    /// The word behind the fence.
    pub language: String,
    /// What is in it, lines with their ends.
    pub content: String,
    /// The line of its fence.
    pub line: usize,
}

/// The fenced blocks of a page (`CommonMark` 4.5), in order.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut all: Vec<Block> = Vec::new();
    let mut open = false;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        match line.trim_end().strip_prefix("```") {
            Some(_) if open => open = false,
            Some(language) => {
                open = true;
                all.push(Block { language: language.to_owned(), content: String::new(), line: number + 1 });
            }
            None if open => all.last_mut().unwrap().content.push_str(line),
            None => {}
        }
    }
    all
}

/// Runs every command of a block in the world's project; the block as it should be. Lines that end in a backslash go on.
pub fn run(world: &World, key: &[(String, String)], block: &Block) -> String {
    let mut out = String::new();
    let mut lines = block.content.lines();
    while let Some(first) = lines.next() {
        let Some(command) = first.strip_prefix("$ ") else { continue };
        let _ = writeln!(out, "{first}");
        let mut command = command.to_owned();
        while command.ends_with('\\') {
            let next = lines.next().unwrap_or_default();
            let _ = writeln!(out, "{next}");
            command.pop();
            command.push_str(next);
        }
        out.push_str(&printed(world, key, &command));
    }
    out
}

/// Standard output and error, in the order they came, and the exit status where it is none of success.
fn printed(world: &World, key: &[(String, String)], command: &str) -> String {
    let folder = Path::new(PROGRAM).parent().unwrap().to_string_lossy().into_owned();
    let mut shell = world.command("sh");
    shell.args(["-c", &format!("exec 2>&1\n{command}\n")]);
    shell.env("PATH", format!("{folder}:{}", std::env::var("PATH").unwrap()));
    // Nothing of the caller's, and the same words everywhere.
    shell.env("LC_ALL", "C.UTF-8").env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    shell.envs(key.iter().map(|(name, value)| (name, value)));
    let run = super::super::cli::finish(shell, "");
    let mut out = run.out.replace(&*world.project().to_string_lossy(), "/home/me/project");
    out = out.replace(&*world.home().to_string_lossy(), "/home/me");
    out = out.replace(&*world.stores().to_string_lossy(), "/home/me/.local/share/inject");
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    if run.code != Some(0) {
        let _ = writeln!(out, "[exit code {}]", run.code.unwrap_or(-1));
    }
    out
}

/// Whether a block shows what was printed. `...` alone is any number of lines.
pub fn same(shown: &str, printed: &str) -> bool {
    let lines = |text: &str| text.lines().map(|line| settled(line.trim_end())).collect::<Vec<_>>();
    matches(&lines(shown), &lines(printed))
}

fn matches(shown: &[String], printed: &[String]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((any, rest)) if any == "..." => (0..=printed.len()).any(|skip| matches(rest, &printed[skip..])),
        Some((line, rest)) => printed.first() == Some(line) && matches(rest, &printed[1..]),
    }
}

/// A line without what differs from run to run: ids, digests, times.
fn settled(line: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in line.chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() || c == '.' || c == ':' || c == '-' {
            word.push(c);
            continue;
        }
        let hex = word.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        let time = word.len() >= 20 && word.starts_with("20") && word.ends_with('Z');
        let took = word.contains('.') && word.chars().all(|c| c.is_ascii_digit() || c == '.') && c == ' ';
        if hex && word.len() >= 16 || time {
            out.push_str("<id>");
        } else if took && line.contains(" s") {
            out.push_str("<time>");
        } else {
            out.push_str(&word);
        }
        word.clear();
        out.push(c);
    }
    // Columns are as wide as what is in them.
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_differs_is_seen() {
    let id = "32 digits 0123456789abcdef0123456789abcdef, 1.2 s, at 2026-01-02T03:04:05Z";
    let other = "32 digits fedcba9876543210fedcba9876543210, 0.1 s, at 2027-11-12T13:14:15Z";
    assert!(same(id, other) && same("a\n...\nz\n", "a\nb\nc\nz\n") && same("a\n...\n", "a\n"));
    for (shown, printed) in [
        ("carries dev", "carries prod"),
        ("a\nb\n", "a\n"),
        ("a\n", "a\nb\n"),
        ("a\n...\nz\n", "a\nb\n"),
        ("[exit code 7]", "[exit code 2]"),
        ("2 places", "3 places"),
        ("0123456789abcdef", "none"),
    ] {
        assert!(!same(shown, printed), "{shown} {printed}");
    }
}
