//! Links of a page that lead nowhere.

use std::fs;
use std::path::Path;

/// Relative links to files that are not there, and to headings that are not in them.
pub fn broken(root: &Path, page: &str) -> Vec<String> {
    let text = fs::read_to_string(root.join(page)).unwrap();
    let folder = root.join(page).parent().unwrap().to_owned();
    let mut problems = Vec::new();
    for target in links(&text) {
        if target.starts_with("http://") || target.starts_with("https://") {
            continue;
        }
        let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
        let file = if path.is_empty() { root.join(page) } else { folder.join(path) };
        if !file.exists() {
            problems.push(format!("{page}: {target} is not there"));
        } else if !anchor.is_empty() && !headings(&fs::read_to_string(&file).unwrap()).contains(&anchor.to_owned()) {
            problems.push(format!("{page}: {target}: no such heading"));
        }
    }
    problems
}

/// Targets of inline links outside of code.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut code = false;
    for line in text.lines() {
        if line.starts_with("```") {
            code = !code;
        }
        if code {
            continue;
        }
        // Every second piece between backticks is code.
        for plain in line.split('`').step_by(2) {
            let ends = plain.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned()));
            found.extend(ends);
        }
        // A link whose text is code.
        found.extend(line.split("`](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())));
    }
    found
}

/// Anchors of headings, as mdbook and GitHub make them.
fn headings(text: &str) -> Vec<String> {
    let titles = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let anchor = |title: &str| {
        let lower = title.to_lowercase();
        let kept = lower.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>()
    };
    titles.map(anchor).collect()
}
