//! Hooks of build tools: Gradle 4.4 and mono's xbuild are Debian's, ruby carries out fastlane's lane.
//!
//! Must not: expect of a stand-in what only the tool could show.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{World, fails, succeeds};

const APK: &str = "build/injected/src.apk";

/// The environment is an input: the same one is up to date, another one is not.
fn gradle_follows(world: &World<'_>, task: &str) -> Result<()> {
    world.write("settings.gradle", "rootProject.name = 'demo'\n")?;
    let gradle = |args: &[&str], env: Option<&str>| {
        let mut command = world.command("gradle");
        // Its daemon would keep the variables of the first run.
        command.args(["--no-daemon", "--offline", "--console=plain"]).args(args);
        command.envs(env.map(|env| ("INJECT_ENV", env)));
        command
    };
    let up_to_date = format!(":{task} UP-TO-DATE");
    ensure!(!succeeds(gradle(&["assembleDemo"], None))?.contains(&up_to_date), "the first run does nothing");
    world.carries(APK, "dev")?;
    ensure!(succeeds(gradle(&["assembleDemo"], None))?.contains(&up_to_date), "the second run is not up to date");
    world.inject(&["env", "use", "prod"])?;
    ensure!(!succeeds(gradle(&["assembleDemo"], None))?.contains(&up_to_date), "a switch is skipped");
    world.carries(APK, "prod")?;
    ensure!(!succeeds(gradle(&["assembleDemo"], Some("dev")))?.contains(&up_to_date), "INJECT_ENV is skipped");
    world.carries(APK, "dev")?;
    ensure!(
        !succeeds(gradle(&["assembleDemo", "-PinjectEnv=prod"], Some("dev")))?.contains(&up_to_date),
        "-P is skipped"
    );
    world.carries(APK, "prod")?;
    let said = fails(gradle(&["assembleDemo", "-PinjectEnv=prd"], None))?;
    ensure!(said.contains("unknown environment \"prd\""), "{said}");
    let bundle = if task == "packageDemo" { "build/signed/src.aab" } else { "build/injected/src.aab" };
    for env in ["dev", "prod"] {
        succeeds(gradle(&["bundleDemo"], Some(env)))?;
        world.carries(bundle, env)?;
    }
    if task == "packageDemo" {
        succeeds(gradle(&["bundleDemo", "-PinjectAab=keep", "--rerun-tasks"], Some("prod")))?;
        ensure!(world.read_bytes(bundle)? == world.read_bytes("src.aab")?, "a bundle that is kept was changed");
    }
    Ok(())
}

/// A real package, a stand-in for the task that makes it.
pub fn gradle_plain(world: &World<'_>) -> Result<()> {
    world.inject(&["hook", "gradle", "--plain", "--write"])?;
    world.write("build.gradle", include_str!("plain.gradle"))?;
    gradle_follows(world, "packageDemo")
}

/// A stand-in for Android's plugin; the hook's text but for its abstract properties, which Gradle 4.4 cannot make.
pub fn gradle(world: &World<'_>) -> Result<()> {
    world.inject(&["hook", "gradle", "--write"])?;
    world.write("build.gradle", include_str!("agp.gradle"))?;
    let hook = world.read("inject.gradle")?;
    world.write("inject.gradle", &concrete(&hook)?)?;
    gradle_follows(world, "injectDemoApk")
}

/// The task's class with its properties made.
fn concrete(hook: &str) -> Result<String> {
    let mut out = String::new();
    for line in hook.replace("abstract class", "class").lines() {
        let Some(property) = line.trim_start().strip_prefix("abstract ") else {
            out += &format!("{line}\n");
            continue;
        };
        let (kind, name) = property.split_once(" get").context("not a property")?;
        let name = name.trim_end_matches("()");
        let made = match kind {
            "DirectoryProperty" => "project.layout.directoryProperty()",
            "RegularFileProperty" => "project.layout.fileProperty()",
            "Property<String>" => "project.objects.property(String)",
            "Property<Object>" => "project.objects.property(Object)",
            "ListProperty<String>" => "project.objects.listProperty(String)",
            "ConfigurableFileCollection" => "project.files()",
            other => anyhow::bail!("{other}: say how it is made"),
        };
        out += &format!("    {kind} get{name}() {{ made.computeIfAbsent('{name}') {{ {made} }} }}\n");
    }
    let opening = "extends DefaultTask {\n";
    Ok(out.replacen(opening, &format!("{opening}    protected final Map made = [:]\n"), 1))
}

/// A script of MSBuild, run by xbuild.
pub fn msbuild(world: &World<'_>) -> Result<()> {
    let name = "a b'c $d(e)@f&.apk";
    std::fs::rename(world.project.join("src.apk"), world.project.join(name))?;
    world.inject(&["hook", "msbuild", "--write", "--artifact", name])?;
    let xbuild = |args: &[&str], env: Option<&str>| {
        let mut command = world.command("xbuild");
        command.args(["inject.targets", "/nologo", "/v:minimal"]).args(args).envs(env.map(|env| ("INJECT_ENV", env)));
        command
    };
    for (args, env, expected) in [
        (&[][..], None, "dev"),
        (&["/p:InjectEnv=prod"], None, "prod"),
        (&[], None, "dev"),
        (&[], Some("prod"), "prod"),
        (&["/p:InjectApp=com.example.demo"], Some("dev"), "dev"),
    ] {
        succeeds(xbuild(args, env))?;
        world.carries(name, expected)?;
    }
    // MSBuild's Exec makes errors of such lines (it reads them at any verbosity), xbuild's passes them on as messages.
    let said = fails(xbuild(&["/p:InjectEnv=prd", "/v:normal"], None))?;
    ensure!(said.contains("inject : error inject.usage : unknown environment \"prd\""), "no canonical error: {said}");
    // Without artifacts of its own, those of inject.toml.
    world.inject(&["hook", "msbuild", "--write", "--force"])?;
    world.write(
        "inject.toml",
        "version = 1\n[app.demo]\nid = \"com.example.demo\"\nartifacts = [\"*.apk\"]\n[env.dev]\n[env.prod]\n",
    )?;
    succeeds(xbuild(&["/p:InjectEnv=prod"], None))?;
    world.carries(name, "prod")?;
    // In a release script, behind a stand-in for GeneXus' task that makes the package.
    world.write("release.proj", include_str!("release.proj"))?;
    std::fs::rename(world.project.join(name), world.project.join("built.bin"))?;
    let release = |env: &str| {
        let mut command = world.command("xbuild");
        command.args(["release.proj", "/nologo", "/v:normal", &format!("/p:InjectEnv={env}")]);
        command
    };
    succeeds(release("dev"))?;
    world.carries("deployed.apk", "dev")?;
    let said = fails(release("prd"))?;
    ensure!(said.contains("unknown environment \"prd\"") && !said.contains("released"), "it went on: {said}");
    Ok(())
}

/// The same behind stand-ins for .NET's targets.
pub fn maui(world: &World<'_>) -> Result<()> {
    world.inject(&["hook", "maui", "--write"])?;
    world.write("App.proj", include_str!("maui.proj"))?;
    std::fs::create_dir_all(world.project.join("out"))?;
    let keystore = world.root.join("testdata/keys/demo.p12");
    let xbuild = |args: &[&str]| {
        let mut command = world.command("xbuild");
        command
            .args(["App.proj", "/nologo", "/v:minimal"])
            .args(args)
            .arg(format!("/p:Keystore={}", keystore.display()));
        // The project names them.
        command.env_remove("KEYSTORE_FILE").env_remove("KEY_ALIAS");
        command
    };
    for (args, expected) in [(&[][..], "dev"), (&["/p:InjectEnv=prod"], "prod"), (&[], "dev")] {
        succeeds(xbuild(args))?;
        world.carries("out/it's $1-Signed.apk", expected)?;
    }
    std::fs::copy(world.project.join("src.aab"), world.project.join("out/x-Signed.aab"))?;
    succeeds(xbuild(&["/p:InjectAab=keep"]))?;
    ensure!(world.read_bytes("out/x-Signed.aab")? == world.read_bytes("src.aab")?, "a bundle that is kept was changed");
    succeeds(xbuild(&["/p:InjectEnv=prod"]))?;
    world.carries("out/x-Signed.aab", "prod")?;
    // What would be run for an IPA, without the keys of somebody.
    world.write("show", "#!/bin/sh\nprintf '<%s>' \"$INJECT_ENV\" \"$@\" > shown\n")?;
    succeeds({
        let mut command = Command::new("chmod");
        command.arg("+x").arg(world.project.join("show"));
        command
    })?;
    let program = format!("/p:InjectProgram={}", world.project.join("show").display());
    succeeds(xbuild(&["/p:BuildIpa=true", "/p:InjectEnv=prod", "/p:InjectAppleOptions=--p12 id.p12", &program]))?;
    let ipa = world.project.join("out/it's $1.ipa");
    let expected = format!("<prod><{}><--format><msbuild><--p12><id.p12>", ipa.display());
    let shown = world.read("shown")?;
    ensure!(shown == expected, "{shown}");
    Ok(())
}

/// The lane, with stand-ins for `lane`, `sh` and `lane_context`.
pub fn fastlane(world: &World<'_>) -> Result<()> {
    world.inject(&["hook", "fastlane", "--write"])?;
    let ruby = |args: &[&str]| {
        let mut command = world.command("ruby");
        command.args(args);
        command
    };
    succeeds(ruby(&["-wc", "fastlane/InjectFastfile"]))?;
    world.write("fastlane.rb", include_str!("fastlane.rb"))?;
    let lane = |made: &str, options: &[&str]| {
        ruby(&[&["fastlane.rb", "fastlane/InjectFastfile", "fastlane", made], options].concat())
    };
    let apk = world.project.join("src.apk").display().to_string();
    for (made, options, expected) in [
        ("", &["artifact=src.apk"][..], "dev"),
        (apk.as_str(), &["environment=prod"], "prod"),
        (apk.as_str(), &["options=--offline"], "dev"),
    ] {
        succeeds(lane(made, options))?;
        world.carries("src.apk", expected)?;
    }
    let said = fails(lane(&apk, &["environment=prd"]))?;
    ensure!(said.contains("unknown environment \"prd\""), "{said}");
    Ok(())
}
