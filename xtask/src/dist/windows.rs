//! Manifests for the package managers of Windows: winget, Scoop and Chocolatey, in one archive. Each names the address and the
//! digest of the zip; whoever publishes hands them in.
//!
//! Must not: make up an address: where the files of a release will lie, whoever releases says.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::{File, Release};

/// Who answers for packages that are made here.
const PUBLISHER: &str = "The inject authors";
/// The newest schema that the repository of winget takes without a warning
/// (<https://github.com/microsoft/winget-pkgs/tree/master/doc/manifest/schema>).
const WINGET: &str = "1.10.0";
const DESCRIPTION: &str = "Puts the right client credentials of the right environment into built apps, leaves them installable, and proves it";

/// The zip that they are about.
struct Zip<'z> {
    version: &'z str,
    /// The folder in it.
    folder: String,
    /// Its SHA-256 in hexadecimal digits.
    digest: &'z str,
    /// Where the project lives, and where this file will lie.
    home: &'z str,
    url: String,
    processor: Processor,
}

/// What Windows runs on, as each of the managers calls it.
#[derive(Clone, Copy)]
struct Processor {
    winget: &'static str,
    scoop: &'static str,
    /// Chocolatey installs on 64 bits of the x86 family alone; other processors emulate it.
    chocolatey: bool,
}

/// Address of the project, by variables: `DIST_HOME`, else what GitHub's Actions say of theirs.
pub fn home(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let of_actions = || Some(format!("{}/{}", variable("GITHUB_SERVER_URL")?, variable("GITHUB_REPOSITORY")?));
    variable("DIST_HOME").or_else(of_actions).map(|home| home.trim_end_matches('/').to_owned())
}

/// The files of all manifests for one target of Windows. Releases lie where GitHub puts them.
pub fn manifests(release: &Release<'_>, home: &str, zip_name: &str, digest: &str) -> Result<Vec<File>> {
    let zip = Zip {
        version: release.version,
        folder: zip_name.trim_end_matches(".zip").to_owned(),
        digest,
        home,
        url: format!("{home}/releases/download/v{}/{zip_name}", release.version),
        processor: processor(release.triple)?,
    };
    // They go into YAML, JSON, XML and PowerShell, and into none of them quoted: letters that mean something there are in no address.
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/+".contains(c);
    ensure!(
        zip.home.starts_with("https://") && zip.url.chars().all(plain),
        "DIST_HOME: {home:?} is no address of a project; expected https://HOST/OWNER/NAME"
    );
    let mut files = winget(&zip);
    files.push(File::new("scoop/inject.json", scoop(&zip)?));
    if zip.processor.chocolatey {
        files.extend(chocolatey(&zip));
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn processor(triple: &str) -> Result<Processor> {
    let known = [
        ("x86_64-", Processor { winget: "x64", scoop: "64bit", chocolatey: true }),
        ("aarch64-", Processor { winget: "arm64", scoop: "arm64", chocolatey: false }),
    ];
    let found = known.into_iter().find(|(prefix, _)| triple.starts_with(prefix)).map(|(_, processor)| processor);
    found.with_context(|| format!("{triple}: no manifest for this processor; x86_64 or aarch64 is expected"))
}

/// Three files: what it is, in English, and how it is installed.
fn winget(zip: &Zip<'_>) -> Vec<File> {
    let Zip { version, folder, digest, home, url, processor } = zip;
    let head = format!("PackageIdentifier: inject.inject\nPackageVersion: {version}\n");
    let end = |kind: &str| format!("ManifestType: {kind}\nManifestVersion: {WINGET}\n");
    let texts = [
        ("", format!("{head}DefaultLocale: en-US\n{}", end("version"))),
        (
            ".locale.en-US",
            format!(
                "{head}PackageLocale: en-US\nPublisher: {PUBLISHER}\nPackageName: inject\nPackageUrl: {home}\n\
                 License: MIT OR Apache-2.0\nShortDescription: {DESCRIPTION}\nMoniker: inject\n{}",
                end("defaultLocale")
            ),
        ),
        (
            ".installer",
            format!(
                "{head}InstallerType: zip\nNestedInstallerType: portable\nNestedInstallerFiles:\n\
                 - RelativeFilePath: {folder}\\inject.exe\n  PortableCommandAlias: inject\nInstallers:\n\
                 - Architecture: {}\n  InstallerUrl: {url}\n  InstallerSha256: {}\n{}",
                processor.winget,
                digest.to_uppercase(),
                end("installer")
            ),
        ),
    ];
    texts.map(|(kind, text)| File::new(format!("winget/inject.inject{kind}.yaml"), text)).into()
}

fn scoop(zip: &Zip<'_>) -> Result<String> {
    let Zip { version, folder, digest, home, url, processor } = zip;
    let manifest = json!({
        "version": version,
        "description": DESCRIPTION,
        "homepage": home,
        "license": "MIT|Apache-2.0",
        "architecture": { processor.scoop: { "url": url, "hash": digest, "extract_dir": folder } },
        "bin": "inject.exe",
    });
    Ok(serde_json::to_string_pretty(&manifest)? + "\n")
}

/// A package that downloads the zip; Chocolatey makes `inject` of the program that it finds there.
fn chocolatey(zip: &Zip<'_>) -> [File; 2] {
    let Zip { version, digest, home, url, .. } = zip;
    let package = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <package xmlns=\"http://schemas.microsoft.com/packaging/2015/06/nuspec.xsd\">\n  <metadata>\n    <id>inject</id>\n    \
         <version>{version}</version>\n    <title>inject</title>\n    <authors>{PUBLISHER}</authors>\n    \
         <projectUrl>{home}</projectUrl>\n    <tags>inject credentials android ios genexus</tags>\n    \
         <summary>{DESCRIPTION}</summary>\n    <description>{DESCRIPTION}</description>\n  </metadata>\n  <files>\n    \
         <file src=\"tools\\**\" target=\"tools\" />\n  </files>\n</package>\n"
    );
    let script = format!(
        "$ErrorActionPreference = 'Stop'\n\
         $folder = Split-Path -Parent $MyInvocation.MyCommand.Definition\n\
         Install-ChocolateyZipPackage -PackageName 'inject' -UnzipLocation $folder `\n  \
         -Url64bit '{url}' `\n  -Checksum64 '{digest}' -ChecksumType64 'sha256'\n"
    );
    [File::new("chocolatey/inject.nuspec", package), File::new("chocolatey/tools/chocolateyinstall.ps1", script)]
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const DIGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const HOME: &str = "https://git.example.com/someone/inject";

    fn made(triple: &str, home: &str) -> Result<Vec<(String, String)>> {
        let release =
            Release { triple, version: "1.2.3", moment: 0, crates: &[], work: Path::new(""), files: Vec::new() };
        let files = manifests(&release, home, &format!("inject-1.2.3-{triple}.zip"), DIGEST)?;
        Ok(files.into_iter().map(|file| (file.path, String::from_utf8(file.content).expect("text"))).collect())
    }

    fn text<'f>(files: &'f [(String, String)], name: &str) -> &'f str {
        &files.iter().find(|(path, _)| path == name).expect(name).1
    }

    #[test]
    fn each_names_the_zip_its_digest_and_the_program_in_it() {
        let files = made("x86_64-pc-windows-msvc", HOME).expect("manifests");
        let names: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(
            names,
            [
                "chocolatey/inject.nuspec",
                "chocolatey/tools/chocolateyinstall.ps1",
                "scoop/inject.json",
                "winget/inject.inject.installer.yaml",
                "winget/inject.inject.locale.en-US.yaml",
                "winget/inject.inject.yaml",
            ]
        );
        let url = format!("{HOME}/releases/download/v1.2.3/inject-1.2.3-x86_64-pc-windows-msvc.zip");
        let scoop: serde_json::Value = serde_json::from_str(text(&files, "scoop/inject.json")).expect("JSON");
        assert_eq!(
            scoop["architecture"]["64bit"],
            json!({ "url": url, "hash": DIGEST, "extract_dir": "inject-1.2.3-x86_64-pc-windows-msvc" })
        );
        assert_eq!((&scoop["bin"], &scoop["version"]), (&json!("inject.exe"), &json!("1.2.3")));
        let installer = text(&files, "winget/inject.inject.installer.yaml");
        for line in [
            "- RelativeFilePath: inject-1.2.3-x86_64-pc-windows-msvc\\inject.exe",
            "- Architecture: x64",
            &format!("  InstallerUrl: {url}"),
            &format!("  InstallerSha256: {}", DIGEST.to_uppercase()),
            "ManifestType: installer",
        ] {
            assert!(installer.lines().any(|found| found == line), "no {line:?} in {installer}");
        }
        for (name, kind) in
            [("winget/inject.inject.yaml", "version"), ("winget/inject.inject.locale.en-US.yaml", "defaultLocale")]
        {
            let manifest = text(&files, name);
            assert!(manifest.starts_with("PackageIdentifier: inject.inject\nPackageVersion: 1.2.3\n"), "{manifest}");
            assert!(manifest.ends_with(&format!("ManifestType: {kind}\nManifestVersion: {WINGET}\n")), "{manifest}");
        }
        let script = text(&files, "chocolatey/tools/chocolateyinstall.ps1");
        assert!(script.contains(&format!("-Url64bit '{url}'")) && script.contains(&format!("-Checksum64 '{DIGEST}'")));
        let package = text(&files, "chocolatey/inject.nuspec");
        assert!(
            package.contains("<version>1.2.3</version>")
                && package.contains(&format!("<projectUrl>{HOME}</projectUrl>"))
        );
    }

    #[test]
    fn another_processor_is_named_as_each_calls_it_or_refused() {
        let files = made("aarch64-pc-windows-msvc", HOME).expect("manifests");
        assert!(files.iter().all(|(path, _)| !path.starts_with("chocolatey")), "Chocolatey does not install for it");
        assert!(text(&files, "winget/inject.inject.installer.yaml").contains("- Architecture: arm64\n"));
        assert!(text(&files, "scoop/inject.json").contains("\"arm64\""));
        let error = made("i686-pc-windows-msvc", HOME).expect_err("refused").to_string();
        assert!(error.contains("i686-pc-windows-msvc"), "{error}");
    }

    #[test]
    fn an_address_is_asked_for_and_never_made_up() {
        let variables = |set: &'static [(&str, &str)]| {
            move |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        assert_eq!(home(variables(&[])), None);
        assert_eq!(home(variables(&[("GITHUB_REPOSITORY", "a/b")])), None);
        let actions = &[("GITHUB_SERVER_URL", "https://github.com"), ("GITHUB_REPOSITORY", "a/b")];
        assert_eq!(home(variables(actions)).as_deref(), Some("https://github.com/a/b"));
        let own = &[("DIST_HOME", "https://x.example/a/"), ("GITHUB_SERVER_URL", "y"), ("GITHUB_REPOSITORY", "z")];
        assert_eq!(home(variables(own)).as_deref(), Some("https://x.example/a"));
        for wrong in ["http://x.example/a", "https://x.example/a'; b", "https://x.example/<a>", "x"] {
            assert!(made("x86_64-pc-windows-msvc", wrong).is_err(), "{wrong}");
        }
    }
}
