//! The Debian package (deb(5), Debian Policy 4.6): `dpkg-deb` builds it where it is there; elsewhere that is said.
//!
//! Must not: run anything at installation; the package is files alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use inject::format::calendar::Civil;
use md5::{Digest, Md5};

use super::crates::says;
use super::{Release, archive, hex};

/// Who answers for packages that are made here, unless `DEBFULLNAME` and `DEBEMAIL` say somebody else.
const MAINTAINER: [&str; 2] = ["The inject authors", "maintainers@inject.example"];

/// The package and its name, where there is one.
pub fn package(release: &Release<'_>) -> Result<Option<(String, Vec<u8>)>> {
    let Some(architecture) = architecture(release.triple) else { return Ok(None) };
    if Command::new("dpkg-deb").arg("--version").output().is_err() {
        println!("NO Debian package: dpkg-deb is not here");
        return Ok(None);
    }
    let stage = release.work.join("debian");
    let installed = installed(release)?;
    for (path, content) in &installed {
        let program = path.starts_with("usr/bin/");
        write(&stage.join(path), content, program)?;
    }
    let control = control(release, architecture, &installed)?;
    write(&stage.join("DEBIAN/control"), control.as_bytes(), false)?;
    let sums = installed.iter().map(|(path, content)| format!("{}  {path}\n", hex(&Md5::digest(content))));
    write(&stage.join("DEBIAN/md5sums"), sums.collect::<String>().as_bytes(), false)?;
    let name = format!("inject_{}_{architecture}.deb", release.version);
    let made = release.work.join(&name);
    let mut build = Command::new("dpkg-deb");
    build.args(["--root-owner-group", "-Zxz", "--build"]).arg(&stage).arg(&made);
    says(build.env("SOURCE_DATE_EPOCH", release.moment.to_string()))?;
    Ok(Some((name, fs::read(made)?)))
}

/// Debian's name of a processor.
fn architecture(triple: &str) -> Option<&'static str> {
    let (processor, system) = triple.split_once('-')?;
    let known = [("x86_64", "amd64"), ("aarch64", "arm64"), ("i686", "i386"), ("riscv64gc", "riscv64")];
    let named = known.iter().find(|(rust, _)| *rust == processor)?.1;
    system.contains("linux").then_some(named)
}

/// Every file and where it goes, by path.
fn installed(release: &Release<'_>) -> Result<Vec<(String, Vec<u8>)>> {
    let doc = "usr/share/doc/inject";
    let mut files = vec![
        ("usr/bin/inject".to_owned(), release.content("inject")?.to_vec()),
        (
            "usr/share/bash-completion/completions/inject".to_owned(),
            release.content("completions/inject.bash")?.to_vec(),
        ),
        ("usr/share/zsh/vendor-completions/_inject".to_owned(), release.content("completions/_inject")?.to_vec()),
        (
            "usr/share/fish/vendor_completions.d/inject.fish".to_owned(),
            release.content("completions/inject.fish")?.to_vec(),
        ),
        (format!("{doc}/copyright"), copyright(release)?.into_bytes()),
        (format!("{doc}/changelog.gz"), archive::compress(changelog(release).as_bytes())?),
        (format!("{doc}/CHANGELOG.md.gz"), archive::compress(release.content("CHANGELOG.md")?)?),
        (format!("{doc}/THIRD-PARTY.md.gz"), archive::compress(release.content("THIRD-PARTY.md")?)?),
    ];
    for name in ["README.md", "SECURITY.md"] {
        files.push((format!("{doc}/{name}"), release.content(name)?.to_vec()));
    }
    for (name, content) in release.below("docs/") {
        files.push((format!("{doc}/docs/{name}"), content.to_vec()));
    }
    for (name, page) in release.below("man/") {
        files.push((format!("usr/share/man/man1/{name}.gz"), archive::compress(page)?));
    }
    if release.triple.ends_with("-musl") {
        let why = "# A program, linked statically so that it runs on every Debian; lintian takes it for a library.\n";
        let overrides = format!("{why}inject: shared-library-lacks-prerequisites [usr/bin/inject]\n");
        files.push(("usr/share/lintian/overrides/inject".to_owned(), overrides.into_bytes()));
    }
    files.sort();
    Ok(files)
}

fn control(release: &Release<'_>, architecture: &str, installed: &[(String, Vec<u8>)]) -> Result<String> {
    let kibibytes: u64 = installed.iter().map(|(_, content)| (content.len() as u64).div_ceil(1024)).sum();
    let depends = match libraries(release)? {
        Some(libraries) => format!("Depends: {libraries}\n"),
        None => String::new(),
    };
    Ok(format!(
        "Package: inject\nVersion: {}\nArchitecture: {architecture}\nMaintainer: {}\nInstalled-Size: {kibibytes}\n{depends}\
         Section: devel\nPriority: optional\n\
         Description: put client credentials into built apps\n \
         inject puts the right client credentials of the right environment into APKs,\n \
         IPAs, metadata of GeneXus and web bundles, leaves them installable, and proves\n \
         it: one build serves every environment, and nothing is unpacked, recompiled or\n \
         edited by hand.\n",
        release.version,
        maintainer(),
    ))
}

fn maintainer() -> String {
    let [name, address] = MAINTAINER;
    let given = |variable: &str, otherwise: &str| std::env::var(variable).unwrap_or_else(|_| otherwise.to_owned());
    format!("{} <{}>", given("DEBFULLNAME", name), given("DEBEMAIL", address))
}

/// What the program links, as Debian's own tool finds it; nothing where it is linked statically.
fn libraries(release: &Release<'_>) -> Result<Option<String>> {
    if release.triple.ends_with("-musl") {
        return Ok(None);
    }
    // The tool wants to be called where a source package is.
    let source = release.work.join("source");
    write(&source.join("debian/control"), b"Source: inject\n\nPackage: inject\nArchitecture: any\n", false)?;
    let program = release.work.join("debian/usr/bin/inject");
    let said = says(Command::new("dpkg-shlibdeps").arg("-O").arg(program).current_dir(&source))?;
    let said = String::from_utf8(said)?;
    let found = said.trim().strip_prefix("shlibs:Depends=").context("dpkg-shlibdeps names no library")?;
    Ok(Some(found.to_owned()))
}

/// Debian's changelog of a package without a Debian revision.
fn changelog(release: &Release<'_>) -> String {
    let Civil { year, month, day, hour, minute, second } = Civil::of(release.moment);
    // 1970-01-01 was a Thursday.
    let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][(release.moment / 86_400 % 7) as usize];
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = months[(month as usize).saturating_sub(1)];
    format!(
        "inject ({}) unstable; urgency=medium\n\n  * What changed is in CHANGELOG.md.gz.\n\n -- {}  {weekday}, {day:02} {month} {year} \
         {hour:02}:{minute:02}:{second:02} +0000\n",
        release.version,
        maintainer(),
    )
}

/// Who has which rights (the machine-readable form, DEP-5).
fn copyright(release: &Release<'_>) -> Result<String> {
    let mit = String::from_utf8_lossy(release.content("LICENSE-MIT")?).into_owned();
    let holder =
        mit.lines().find_map(|line| line.strip_prefix("Copyright (c) ")).context("LICENSE-MIT names nobody")?;
    let text = mit.split_once("\n\n").and_then(|(_, rest)| rest.split_once("\n\n")).map_or("", |(_, text)| text);
    let paragraph: String = text
        .lines()
        .map(|line| if line.trim().is_empty() { " .\n".to_owned() } else { format!(" {line}\n") })
        .collect();
    Ok(format!(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: inject\n\
         Comment:\n The program holds crates of others. Who has which rights in them, and the texts\n of their licences, is in \
         THIRD-PARTY.md.gz beside this file.\n\n\
         Files: *\nCopyright: {holder}\nLicense: MIT or Apache-2.0\n\n\
         License: MIT\n{paragraph}\n\
         License: Apache-2.0\n On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.\n",
    ))
}

fn write(path: &Path, content: &[u8], executable: bool) -> Result<()> {
    let parent: PathBuf = path.parent().context("a path without a folder")?.to_owned();
    fs::create_dir_all(&parent)?;
    fs::write(path, content)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Whatever the umask is.
        fs::set_permissions(path, fs::Permissions::from_mode(if executable { 0o755 } else { 0o644 }))?;
        fs::set_permissions(parent, fs::Permissions::from_mode(0o755))?;
    }
    #[cfg(not(unix))]
    let _ = executable;
    Ok(())
}
