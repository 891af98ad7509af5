//! `cargo xtask api`: the public API, as rustdoc sees it, beside the listing that is committed. A change of it is seen in
//! review, without a release to compare with and without a second build.
//!
//! Must not: judge a change; people do, and `cargo semver-checks` where there is a tag.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

/// The listing.
const LISTING: &str = "docs/api.txt";

/// Compares, or with `bless` writes the listing anew.
pub fn run(root: &Path, bless: bool) -> Result<()> {
    // Without `internals`: what somebody who depends on the crate sees, and what docs.rs shows.
    let status = crate::cargo()
        .args(["doc", "--package", "inject", "--lib", "--no-deps", "--quiet"])
        .env("RUSTDOCFLAGS", "-D warnings")
        .current_dir(root)
        .status()?;
    ensure!(status.success(), "rustdoc has something to say");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    let now = listing(&target.join("doc/inject"))?;
    let path = root.join(LISTING);
    if bless {
        fs::write(&path, now)?;
        println!("{LISTING} is written");
        return Ok(());
    }
    let then = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    let differences = differences(&then, &now);
    for difference in &differences {
        println!("{difference}");
    }
    if differences.is_empty() && then == now {
        println!("the API is the one of {LISTING}: {} items", items(&now));
        return Ok(());
    }
    bail!("the API is another one than {LISTING} says; if that is meant: cargo xtask api --bless, and CHANGELOG.md")
}

fn items(listing: &str) -> usize {
    listing.lines().filter(|line| !line.is_empty() && !line.starts_with([' ', '#'])).count()
}

/// Every item that can be named, with its declaration, what it has and what it implements.
fn listing(documentation: &Path) -> Result<String> {
    let read = |path: &Path| fs::read_to_string(path).with_context(|| path.display().to_string());
    // Pages of items that are gone may still lie there; `all.html` names those that are not.
    let all = read(&documentation.join("all.html"))?;
    let mut items = BTreeMap::new();
    for link in between(&all, "<li><a href=\"", "\"") {
        let (folder, file) = link.rsplit_once('/').unwrap_or(("", link));
        let Some((kind, name)) = file.trim_end_matches(".html").split_once('.') else { continue };
        let module = format!("inject::{}", folder.replace('/', "::"));
        let page = read(&documentation.join(link))?;
        items.insert(format!("{}::{name} ({kind})", module.trim_end_matches("::")), item(&page)?);
    }
    ensure!(!items.is_empty(), "rustdoc writes its pages in another way than this program knows");
    let mut out = "# The public API. Written by `cargo xtask api --bless`; CI compares.\n".to_owned();
    for (name, lines) in items {
        write!(out, "\n{name}\n")?;
        for line in lines {
            writeln!(out, "    {line}")?;
        }
    }
    Ok(out)
}

/// What a page says of its item.
fn item(page: &str) -> Result<Vec<String>> {
    let declaration = between(page, "<pre class=\"rust item-decl\">", "</pre>").next().context("no declaration")?;
    // "Show 14 fields" is for readers of the page.
    let folded: Vec<&str> = between(declaration, "<summary", "</summary>").collect();
    let mut declaration = declaration.to_owned();
    for fold in folded {
        declaration = declaration.replace(fold, "");
    }
    let mut lines: Vec<String> =
        text(&declaration).lines().map(|line| line.trim_end().to_owned()).filter(|line| !line.is_empty()).collect();
    // What every type gets from the compiler, and who implements a trait, is said elsewhere.
    let end = ["id=\"synthetic-implementations\"", "id=\"blanket-implementations\"", "id=\"implementors\""]
        .iter()
        .filter_map(|mark| page.find(&format!("<h2 {mark}")))
        .min()
        .unwrap_or(page.len());
    let mut own: Vec<String> = Vec::new();
    for section in between(&page[..end], "<section id=\"", "</section>") {
        let Some((id, rest)) = section.split_once('"') else { continue };
        let class = between(rest, "class=\"", "\"").next().unwrap_or_default();
        let is_own = class == "method" || class == "impl" && id.starts_with("impl-");
        let header = between(rest, "<h3 class=\"code-header\">", "</h3>")
            .chain(between(rest, "<h4 class=\"code-header\">", "</h4>"))
            .next();
        if let Some(header) = header.filter(|_| is_own) {
            let line = text(header).split_whitespace().collect::<Vec<_>>().join(" ");
            // `impl Type` says nothing that its methods do not; `StructuralPartialEq` is the compiler's own.
            let is_said = line.contains(" for ") && !line.starts_with("impl StructuralPartialEq ");
            if class == "method" || is_said {
                own.push(line);
            }
        }
    }
    own.sort();
    lines.extend(own);
    Ok(lines)
}

/// The text of a piece of HTML.
fn text(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        out += before;
        rest = tag.split_once('>').map_or("", |(_, behind)| behind);
    }
    out += rest;
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")]
        .iter()
        .fold(out, |out, (entity, character)| out.replace(entity, character))
}

/// Every piece between two marks.
fn between<'t>(text: &'t str, start: &'t str, end: &'t str) -> impl Iterator<Item = &'t str> {
    text.split(start).skip(1).filter_map(move |piece| piece.split(end).next())
}

/// Lines that are in one of two listings, each under its item.
fn differences(then: &str, now: &str) -> Vec<String> {
    let lines = |listing: &str| -> Vec<String> {
        let mut item = String::new();
        let mut all = Vec::new();
        for line in listing.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if line.starts_with(' ') {
                all.push(format!("{item}: {}", line.trim()));
            } else {
                line.clone_into(&mut item);
            }
        }
        all
    };
    let (then, now) = (lines(then), lines(now));
    let gone = then.iter().filter(|line| !now.contains(line)).map(|line| format!("- {line}"));
    let new = now.iter().filter(|line| !then.contains(line)).map(|line| format!("+ {line}"));
    gone.chain(new).collect()
}
