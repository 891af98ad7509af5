//! Lines that build systems read: GitHub's workflow commands, Azure Pipelines' logging commands, MSBuild's canonical errors.
//!
//! Sources: GitHub, "Workflow commands for GitHub Actions"; Microsoft, "Logging commands" of Azure Pipelines; Microsoft, "MSBuild
//! and Visual Studio format for diagnostic messages".
//!
//! Must not: print.

use std::borrow::Cow;

use super::{Level, Message};

/// A text in which no runner reads a command. Azure takes one from anywhere in a line, and what stands in an artifact, the name
/// of an entry, is not for it to obey; GitHub takes one from the beginning alone, where a word or a path of ours stands.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if ["##vso[", "##["].iter().any(|command| text.contains(command)) {
        text.replace("##vso[", "# #vso[").replace("##[", "# #[").into()
    } else {
        text.into()
    }
}

/// `::error file=app.apk,title=leak.foreign::text`
pub fn github(message: &Message<'_>) -> String {
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
    properties.push(format!("title={}", property(message.code)));
    format!("::{command} {}::{}", properties.join(","), data(&message.text))
}

/// `##vso[task.logissue type=error;sourcepath=app.apk;code=leak.foreign;]text`.
pub fn azure(message: &Message<'_>) -> String {
    let data = |text: &str| text.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(';', "%3B").replace(']', "%5D");
    let level = match message.level {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    let file = message.file.as_ref().map(|file| format!("sourcepath={};", property(file))).unwrap_or_default();
    format!("##vso[task.logissue type={level};{file}code={};]{}", property(message.code), data(&message.text))
}

/// `app.apk : error leak.foreign : text`.
pub fn msbuild(message: &Message<'_>) -> String {
    let text = message.text.replace(['\r', '\n'], " ");
    let level = match message.level {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    // A colon ends the origin, but for the one behind a drive's letter.
    let beyond_drive = |file: &&String| !file.get(2..).unwrap_or_default().contains(':') && !file.starts_with(':');
    let origin = message.file.as_ref().filter(beyond_drive).map_or("inject", String::as_str);
    format!("{origin} : {level} {} : {text}", message.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(level: Level, file: Option<&str>, text: &str) -> Message<'static> {
        Message { level, code: "leak.foreign", file: file.map(str::to_owned), place: None, text: text.to_owned() }
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
