//! Which values of a property an address means: `NAME` all, `NAME[2]` one by its number, `settings.NAME` those that
//! `settings` holds. A name with a dot, a bracket or a quote stands in quotes, as in a program: `settings["client.id"]`.
//!
//! Must not: look into a file.

use std::fmt;

/// A property, and which of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// What holds it, from the outermost on: `a` and `b` of `a.b.NAME`.
    pub holders: Vec<String>,
    /// Its name.
    pub name: String,
    /// Which of the constants, from 0, in the order of the file.
    pub index: Option<usize>,
}

impl Property {
    /// Reads what stands behind `#`; `None` where that is no property.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut names = Vec::new();
        let mut rest = text;
        // A dot stands before every name but the first one and those in brackets.
        let mut first = true;
        loop {
            let (name, behind) = if let Some(quoted) = rest.strip_prefix("[\"") {
                let (name, behind) = unquoted(quoted)?;
                (name, behind.strip_prefix(']')?)
            } else {
                let named = if first { rest } else { rest.strip_prefix('.')? };
                if let Some(quoted) = named.strip_prefix('"') { unquoted(quoted)? } else { plain(named)? }
            };
            names.push(name);
            rest = behind;
            first = false;
            if !rest.starts_with('.') && !rest.starts_with("[\"") {
                break;
            }
        }
        let index = match rest {
            "" => None,
            rest => {
                let digits = rest.strip_prefix('[')?.strip_suffix(']')?;
                let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                Some(digits.parse().ok().filter(|_| number)?)
            }
        };
        let name = names.pop()?;
        Some(Self { holders: names, name, index })
    }

    /// Whether it may mean some of the values only.
    #[must_use]
    pub fn picks(&self) -> bool {
        self.index.is_some() || !self.holders.is_empty()
    }

    /// Whether these names, the property's last, lead to it.
    pub(super) fn is_at(&self, path: &[String]) -> bool {
        path.split_last().is_some_and(|(name, before)| *name == self.name && before.ends_with(&self.holders))
    }
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.holders.iter().chain([&self.name]).enumerate() {
            match name {
                name if name.is_empty() || !name.chars().all(is_plain) => {
                    write!(f, "[\"{}\"]", name.replace('\\', "\\\\").replace('"', "\\\""))?;
                }
                name if index == 0 => f.write_str(name)?,
                name => write!(f, ".{name}")?,
            }
        }
        self.index.map_or(Ok(()), |index| write!(f, "[{index}]"))
    }
}

fn is_plain(c: char) -> bool {
    !matches!(c, '.' | '[' | ']' | '"')
}

fn plain(text: &str) -> Option<(String, &str)> {
    let end = text.find(|c| !is_plain(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    (!name.is_empty()).then(|| (name.to_owned(), rest))
}

fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((name, text.get(at + 1..)?)),
            '\\' => name.push(chars.next().map(|(_, c)| c).filter(|c| matches!(c, '"' | '\\'))?),
            c => name.push(c),
        }
    }
    None
}
