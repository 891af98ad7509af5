//! The book in `docs/`, and README.md: every command block runs and prints what stands there, every configuration is read, every
//! link leads somewhere, every page is in the table of contents.
//!
//! `BLESS=1 cargo test docs::` writes what is printed into the pages. Ids, digests, times and sizes of files may differ; a line
//! `...` is any number of lines.

mod blocks;
mod links;
mod worlds;

use std::fs;
use std::path::{Path, PathBuf};

use super::cli::World;
use blocks::{Block, blocks};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The pages, by their path in the repository.
fn pages() -> Vec<String> {
    let folder = fs::read_dir(root().join("docs")).unwrap().flatten();
    let names = folder.map(|entry| format!("docs/{}", entry.file_name().into_string().unwrap()));
    let mut pages: Vec<String> =
        names.filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "md")).collect();
    pages.sort();
    pages
}

fn read(page: &str) -> String {
    fs::read_to_string(root().join(page)).unwrap()
}

#[test]
fn every_command_block_runs_and_prints_what_stands_there() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut problems = Vec::new();
    for page in pages() {
        let text = read(&page);
        let world = World::new();
        let key = worlds::prepare(&world, Path::new(&page).file_stem().unwrap().to_str().unwrap());
        let mut blessed: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        for block in blocks(&text).into_iter().filter(|block| block.language == "console") {
            let run = blocks::run(&world, &key, &block);
            if blocks::same(&block.content, &run) {
                continue;
            }
            // The block's lines stand behind its fence; as many lines stay, so that those behind keep their numbers.
            let lines = block.content.lines().count();
            blessed[block.line..block.line + lines].fill(String::new());
            blessed[block.line].clone_from(&run);
            problems.push(format!("{page}:{}: expected\n{}printed\n{run}", block.line, block.content));
        }
        if bless {
            fs::write(root().join(&page), blessed.concat()).unwrap();
        }
    }
    assert!(bless || problems.is_empty(), "{}", problems.join("\n"));
}

/// What is not run says so, and why: a shell block begins with such a comment.
#[test]
fn what_is_not_run_says_why() {
    for page in pages() {
        for block in blocks(&read(&page)) {
            let shown = ["toml", "json", "yaml", "xml", "groovy", "text", "ruby", "kotlin"];
            match block.language.as_str() {
                "console" => assert!(block.content.starts_with("$ "), "{page}:{}: no command", block.line),
                "sh" => {
                    assert!(block.content.starts_with("# Not run here: "), "{page}:{}: say why not", block.line);
                }
                other => assert!(shown.contains(&other), "{page}:{}: a block of {other:?}", block.line),
            }
        }
    }
}

#[test]
fn every_configuration_that_is_shown_is_read() {
    let mut read_ = 0;
    for page in pages().into_iter().chain(["README.md".to_owned()]) {
        let text = read(&page);
        for Block { content, line, .. } in blocks(&text).into_iter().filter(|block| block.language == "toml") {
            let world = World::new();
            // A part of a configuration is completed.
            let whole = if content.contains("version = 1") { content } else { format!("version = 1\n{content}") };
            world.write("inject.toml", &whole);
            let run = world.inject(&["env", "list"]);
            assert_eq!(run.code, Some(0), "{page}:{line}: {}", run.err);
            read_ += 1;
        }
    }
    assert!(read_ > 5, "{read_}");
}

#[test]
fn every_link_leads_somewhere() {
    let mut problems = Vec::new();
    for page in
        pages().into_iter().chain(["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md"].map(str::to_owned))
    {
        problems.extend(links::broken(&root(), &page));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_page_is_in_the_table_of_contents() {
    let contents = read("docs/SUMMARY.md");
    for page in pages().iter().filter(|page| *page != "docs/SUMMARY.md") {
        let name = page.trim_start_matches("docs/");
        assert!(contents.contains(&format!("]({name})")), "{page} is in no chapter of docs/SUMMARY.md");
    }
}
