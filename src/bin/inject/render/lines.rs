//! Lines that build systems read: GitHub's workflow commands, Azure Pipelines' logging commands, MSBuild's canonical errors.
//!
//! Sources: GitHub, "Workflow commands for GitHub Actions"; Microsoft, "Logging commands" of Azure Pipelines; Microsoft, "MSBuild
//! and Visual Studio format for diagnostic messages".
//!
//! Must not: print.

use std::borrow::Cow;
use std::fmt::Write;

use inject::system::is_hidden;

use super::{Level, Message};

/// A text on one line, with what cannot be seen, or would change how the rest is seen, written out: line breaks and other
/// control characters, marks that turn the direction of writing, and marks without a width that begin a text (UAX #9, #14).
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out.into()
}

/// A line in which no runner reads a command, whatever an artifact or a registry put into it. Azure takes one from anywhere in a
/// line, GitHub from the beginning, behind blanks.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let text = within(text);
    match text.find(|c: char| !c.is_whitespace()) {
        Some(start) if text[start..].starts_with("::") => {
            format!("{}\\u{{3a}}{}", &text[..start], &text[start + 1..]).into()
        }
        _ => text,
    }
}

/// The same for what stands within a line that begins otherwise.
pub fn within(text: &str) -> Cow<'_, str> {
    let text = visible(text);
    let inner = ["##vso[", "##["].iter().any(|command| text.contains(command));
    if inner { text.replace("##vso[", "# #vso[").replace("##[", "# #[").into() } else { text }
}

/// A JSON document in which no runner reads a command and no character hides: the same values, spelled so that they stay text.
pub fn harmless_json(document: &str) -> Cow<'_, str> {
    // A line break of the document itself is none of a value; in values they are escaped already.
    let hidden = |c: char| c != '\n' && is_hidden(c);
    if !document.contains(hidden) && !document.contains("##") {
        return document.into();
    }
    let mut out = String::with_capacity(document.len() + 16);
    for c in document.chars() {
        if hidden(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out.replace("##vso[", "#\\u0023vso[").replace("##[", "#\\u0023[").into()
}

/// `::error file=app.apk,title=leak.foreign::text`
pub fn github(message: &Message) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let command = match message.level {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    let mut properties = vec![];
    if let Some(file) = &message.file {
        properties.push(format!("file={}", property(file)));
    }
    properties.push(format!("title={}", property(message.name.as_str())));
    format!("::{command} {}::{}", properties.join(","), data(&message.text()))
}

/// `##vso[task.logissue type=error;sourcepath=app.apk;code=leak.foreign;]text`.
pub fn azure(message: &Message) -> String {
    let data = |text: &str| text.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(';', "%3B").replace(']', "%5D");
    let level = match message.level {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    let file = message.file.as_ref().map(|file| format!("sourcepath={};", property(file))).unwrap_or_default();
    format!(
        "##vso[task.logissue type={level};{file}code={};]{}",
        property(message.name.as_str()),
        data(&message.text())
    )
}

/// `app.apk : error leak.foreign : text`.
pub fn msbuild(message: &Message) -> String {
    let text = message.text().replace(['\r', '\n'], " ");
    let level = match message.level {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    // A colon ends the origin, but for the one behind a drive's letter.
    let beyond_drive = |file: &&String| !file.get(2..).unwrap_or_default().contains(':') && !file.starts_with(':');
    let origin = message.file.as_ref().filter(beyond_drive).map_or("inject", String::as_str);
    format!("{origin} : {level} {} : {text}", message.name.as_str())
}

#[cfg(test)]
mod tests {
    use inject::findings;

    use super::super::Name;
    use super::*;

    fn message(level: Level, file: Option<&str>, text: &str) -> Message {
        Message {
            level,
            name: Name::Finding(findings::Code::LeakForeign),
            file: file.map(str::to_owned),
            place: None,
            lines: vec![text.to_owned()],
        }
    }

    #[test]
    fn github_gets_a_command_on_one_line() {
        let said = github(&message(Level::Error, Some("a,b:c%.apk"), "100%\r\nof it: yes, all"));
        assert_eq!(said, "::error file=a%2Cb%3Ac%25.apk,title=leak.foreign::100%25%0D%0Aof it: yes, all");
        assert_eq!(github(&message(Level::Warning, None, "x")), "::warning title=leak.foreign::x");
    }

    #[test]
    fn azure_gets_an_issue_on_one_line() {
        let said = azure(&message(Level::Error, Some("a;b].apk"), "5%0A\nnext; ]"));
        assert_eq!(
            said,
            "##vso[task.logissue type=error;sourcepath=a%3Bb%5D.apk;code=leak.foreign;]5%AZP250A%0Anext; ]"
        );
    }

    #[test]
    fn what_an_artifact_says_is_no_command() {
        assert_eq!(harmless("a ##vso[task.complete]x ##[error] ##"), "a # #vso[task.complete]x # #[error] ##");
        assert_eq!(harmless("## a"), "## a");
        assert_eq!(harmless("::error::x"), "\\u{3a}:error::x");
        assert_eq!(harmless("  \u{a0}::error::x"), "  \u{a0}\\u{3a}:error::x");
        assert_eq!(harmless("a\n::error::x\r\tb"), "a\\n::error::x\\r\\tb");
        assert_eq!(harmless("a::b: c"), "a::b: c");
    }

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        for (text, shown) in [
            ("\u{202e}gpj.a\u{2069}", "\\u{202e}gpj.a\\u{2069}"),
            ("a\0\u{1b}[31m\u{85}", "a\\u{0}\\u{1b}[31m\\u{85}"),
            (
                "\u{feff}a\u{200e}\u{200f}\u{61c}\u{2028}\u{2029}",
                "\\u{feff}a\\u{200e}\\u{200f}\\u{61c}\\u{2028}\\u{2029}",
            ),
            ("ä–日本 👍", "ä–日本 👍"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }

    #[test]
    fn a_document_holds_the_same_values() {
        let value = serde_json::json!({ "a": "##vso[x]y ##[error] \u{202e}\u{2028} ##", "b\n": "::x\n::y" });
        let shown = harmless_json(&format!("{value:#}")).into_owned();
        assert!(!shown.contains("##vso[") && !shown.contains("##[") && !shown.contains('\u{202e}'), "{shown}");
        let back: serde_json::Value = serde_json::from_str(&shown).unwrap_or_default();
        assert_eq!(back, value);
        assert!(shown.lines().all(|line| !line.trim_start().starts_with("::")));
    }

    #[test]
    fn msbuild_gets_its_canonical_form() {
        assert_eq!(
            msbuild(&message(Level::Error, Some("bin/app.apk"), "a\nb")),
            "bin/app.apk : error leak.foreign : a b"
        );
        assert_eq!(
            msbuild(&message(Level::Warning, Some("C:\\kb\\app.apk"), "a")),
            "C:\\kb\\app.apk : warning leak.foreign : a"
        );
        assert_eq!(msbuild(&message(Level::Error, Some("a:b:c"), "x")), "inject : error leak.foreign : x");
    }
}
