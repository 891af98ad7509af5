//! A body for any text as `inject.toml`.

use super::choices::Choices;

/// What a reader says of a configuration: nothing, or its problems, two lines each: place and message, and a remedy.
pub type Read<'r> = &'r dyn Fn(&str) -> Result<(), Vec<String>>;

/// Tables with a key of each kind; the place of one more line is behind each of the first lines.
const TABLES: [&str; 6] = [
    "version = 1\n",
    "[app.notes]\nid = \"com.example.notes\"\nname = \"Notes\"\nartifacts = [\"*.apk\"]\n",
    "[[app.notes.place]]\nat = \"string/client_id\"\nvalue = \"{client_id}\"\n",
    "[env.dev]\nregister = \"never\"\nsecret = \"omit\"\n",
    "[env.qa]\nrelease = true\nregistry = \"embedded\"\n",
    "[env.qa.values]\nserver = \"https://qa.example\"\n",
];

/// The text is read, or every problem has its place in it and a remedy. What is right is read, and is not with one more key,
/// which is named with its line.
pub fn config(bytes: &[u8], read: Read<'_>) {
    let text = String::from_utf8_lossy(bytes);
    if let Err(problems) = read(&text) {
        // Behind the first ones, how many more there are.
        let (problems, more) = problems.as_chunks::<2>();
        let counted =
            more.iter().all(|line| line.starts_with("  and ") && line.ends_with(" more, which are not shown"));
        assert!(!problems.is_empty() && counted, "{problems:?} {more:?}");
        let lines = text.matches('\n').count() + 1;
        let mut last = (0, 0);
        for pair in problems {
            let mut parts = pair[0].trim_start().splitn(3, ':');
            let mut number = || parts.next().and_then(|part| part.parse::<usize>().ok()).expect("a place");
            let at = (number(), number());
            assert!((1..=lines).contains(&at.0) && at.1 >= 1 && at >= last, "{problems:?}");
            last = at;
            assert!(!pair[1].trim().is_empty(), "{problems:?}");
        }
    }
    let mut choices = Choices::new(bytes);
    let mut right: Vec<&str> = TABLES[..2].to_vec();
    right.extend(TABLES[2..].iter().filter(|_| choices.rarely(2)));
    let right = if right.contains(&TABLES[5]) { TABLES.to_vec() } else { right };
    assert_eq!(read(&right.concat()), Ok(()), "{}", right.concat());
    let into = choices.below(right.len());
    // In a table of values any key is right.
    if right[into] == TABLES[5] {
        return;
    }
    let key = format!("zz{}", choices.some(9).iter().map(|byte| char::from(b'a' + byte % 26)).collect::<String>());
    let behind = if right[into].starts_with('[') { right[into].find('\n').map_or(0, |at| at + 1) } else { 0 };
    let (head, tail) = right[into].split_at(behind);
    let before = [right[..into].concat(), head.to_owned()].concat();
    let wrong = [&before, &format!("{key} = {}\n", choices.below(2)), tail, &right[into + 1..].concat()].concat();
    let problems = read(&wrong).expect_err("a key that nobody knows");
    let line = before.matches('\n').count() + 1;
    let expected = format!("{line}:1: unknown key \"{key}\"");
    assert!(problems.iter().any(|problem| problem.trim() == expected), "{expected} in {problems:?}");
    assert_eq!(problems.len(), 2, "{problems:?}");
}
