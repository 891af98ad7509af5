//! Code that got longer still does what it did: a program is assembled (`smali`), edited so that its `const-string`
//! take the other width, turned into Java's form (`enjarify`) and run by Java before and after. The same for the fixture
//! in which one constant has several readers: every call by itself, by `dexdump` and `baksmali`, and all calls by Java.
//!
//! Must not: trust a disassembly alone.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use inject::format::dex::{Argument, Constant, Dex, DexEdit, Passed, Target, check_passed, edit};

/// Strings of the program that lie around index 65535.
const AROUND: usize = 40;
/// Strings that an edit moves from before all others to behind them, by which the others come `MOVING` closer.
const MOVING: usize = 8;

/// Assembles, edits there and back, and runs all three.
pub fn run(work: &Path) -> Result<()> {
    let work = work.join("run");
    std::fs::create_dir_all(&work)?;
    let (source, dex) = (work.join("main.smali"), work.join("main.dex"));
    std::fs::write(&source, program())?;
    tool(Command::new("smali").args(["assemble", "-a", "28", "-o"]).arg(&dex).arg(&source))?;
    let before = std::fs::read(&dex)?;
    let named = |old: String, value: String| DexEdit { target: Target::Value(old.into()), value: value.into() };
    let away: Vec<DexEdit> = (0..MOVING).map(|n| named(format!("e{n}"), format!("~{n}"))).collect();
    let back: Vec<DexEdit> = (0..MOVING).map(|n| named(format!("~{n}"), format!("e{n}"))).collect();
    let shorter = edit(&before, &away)?;
    let again = edit(&shorter, &back)?;
    ensure!(again == before, "the way there and back changes the file");
    let said = output(&before, &work)?;
    ensure!(said.lines().count() > 30, "the program says little: {said}");
    for (name, bytes, moved) in [("shorter", &shorter, true), ("longer", &again, false)] {
        let expected = if moved {
            (0..MOVING).fold(said.clone(), |all, n| all.replace(&format!("e{n}"), &format!("~{n}")))
        } else {
            said.clone()
        };
        let now = output(bytes, &work)?;
        ensure!(now == expected, "{name}: the program said {expected:?}, and now {now:?}");
    }
    println!("dex: a program whose code got shorter and longer says what it said ({} lines)", said.lines().count());
    Ok(())
}

/// The constants of calls that have other readers: each call of a method by itself, judged by disassembly, and all of
/// them at once, judged by what the program says.
pub fn shared(work: &Path) -> Result<()> {
    let work = work.join("shared");
    std::fs::create_dir_all(&work)?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let before = std::fs::read(root.join("testdata/dex/shared.dex"))?;
    let said = output(&before, &work)?;
    let (mut single, mut lines) = (0, 0);
    for (method, says) in [("setClientId", "set "), ("setLoginObject", "login "), ("give", "give ")] {
        let calls: Vec<Constant> = Dex::parse(&before)?
            .constants_to(method)?
            .into_iter()
            .filter(|call| matches!(call.value, Argument::Constants(_)))
            .filter(|call| check_passed(&before, &[(call.passed, 0)]).is_ok())
            .collect();
        let passes = |passed: Passed| DexEdit { target: Target::Passed { passed, place: 0 }, value: "the id".into() };
        for call in &calls {
            let edited = edit(&before, &[passes(call.passed)])?;
            let path = work.join("one.dex");
            std::fs::write(&path, &edited)?;
            tool(Command::new("dexdump").arg("-c").arg(&path))?;
            let text = tool(Command::new("dexdump").arg("-d").arg(&path))?;
            ensure!(text.contains("\"the id\""), "dexdump shows no constant in {}", call.caller);
            tool(Command::new("baksmali").args(["disassemble", "-o"]).arg(work.join("smali")).arg(&path))?;
            single += 1;
        }
        let all: Vec<DexEdit> = calls.iter().map(|call| passes(call.passed)).collect();
        let now = output(&edit(&before, &all)?, &work)?;
        ensure!(now.lines().count() == said.lines().count(), "{method}: the program says more or less: {now}");
        let mut changed = 0;
        for (old, new) in said.lines().zip(now.lines()).filter(|(old, new)| old != new) {
            ensure!(old.starts_with(says) && new == format!("{says}the id"), "{method}: {old:?} became {new:?}");
            changed += 1;
        }
        ensure!(changed >= calls.len(), "{method}: {changed} lines changed by {} calls", calls.len());
        lines += changed;
    }
    println!(
        "dex: {single} calls whose constants others may read, and a program in which {lines} lines changed and no other"
    );
    Ok(())
}

fn tool(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn output(dex: &[u8], work: &Path) -> Result<String> {
    let (path, jar) = (work.join("classes.dex"), work.join("classes.jar"));
    std::fs::write(&path, dex)?;
    // It takes the first Python on the path, and only Debian's has its module.
    tool(Command::new("enjarify").env("PATH", "/usr/bin:/bin").args(["-f", "-o"]).arg(&jar).arg(&path))?;
    tool(Command::new("java").arg("-cp").arg(&jar).arg("Main"))
}

/// Loops, conditions, both switches, an array, a try with two handlers, each between strings around the border.
fn program() -> String {
    let fillers = 65_536 - AROUND / 2 - MOVING;
    let all: Vec<String> = (0..fillers).map(|number| format!("\"f{number:05x}\"")).collect();
    let say = |text: &str| {
        format!("    const-string v0, \"{text}\"\n    invoke-static {{v0}}, LMain;->say(Ljava/lang/String;)V\n")
    };
    let around = |from: usize, to: usize| (from..to).map(|number| say(&format!("z{number:02}"))).collect::<String>();
    let moving: String = (0..MOVING).map(|number| say(&format!("e{number}"))).collect();
    format!(
        r#".class public LMain;
.super Ljava/lang/Object;
.annotation runtime LFill;
    value = {{ {fillers} }}
.end annotation

.method public static say(Ljava/lang/String;)V
    .registers 2
    sget-object v0, Ljava/lang/System;->out:Ljava/io/PrintStream;
    invoke-virtual {{v0, p0}}, Ljava/io/PrintStream;->println(Ljava/lang/String;)V
    return-void
.end method

.method public static pick(I)V
    .registers 3
    .line 10
    packed-switch p0, :packed
{default}    goto :sparse_switch
    :case_0
{case_0}    goto :sparse_switch
    :case_1
{case_1}    :sparse_switch
    .line 11
    sparse-switch p0, :sparse
    const-string v0, "z39"
    goto :done
    :case_7
    const-string v0, "z38"
    goto :done
    :case_1000
    const-string v0, "z37"
    :done
    invoke-static {{v0}}, LMain;->say(Ljava/lang/String;)V
    return-void
    :packed
    .packed-switch 0x0
        :case_0
        :case_1
    .end packed-switch
    :sparse
    .sparse-switch
        0x7 -> :case_7
        0x3e8 -> :case_1000
    .end sparse-switch
.end method

.method public static main([Ljava/lang/String;)V
    .registers 6
{moving}    const/4 v1, 0x0
    const/4 v2, 0x3
    :loop
    if-ge v1, v2, :end
{body}    invoke-static {{v1}}, LMain;->pick(I)V
    add-int/lit8 v1, v1, 0x1
    goto :loop
    :end
    const/16 v1, 0x7
    invoke-static {{v1}}, LMain;->pick(I)V
    const/16 v1, 0x3e8
    invoke-static {{v1}}, LMain;->pick(I)V
    const/4 v1, 0x3
    new-array v1, v1, [I
    fill-array-data v1, :data
    :try_start
{tried}    const/4 v2, 0x5
    aget v3, v1, v2
    const-string v0, "not reached"
    invoke-static {{v0}}, LMain;->say(Ljava/lang/String;)V
    :try_end
    .catch Ljava/lang/IllegalStateException; {{:try_start .. :try_end}} :wrong
    .catch Ljava/lang/ArrayIndexOutOfBoundsException; {{:try_start .. :try_end}} :caught
    return-void
    :wrong
    move-exception v0
    return-void
    :caught
    move-exception v0
{caught}    const/4 v2, 0x2
    aget v3, v1, v2
    invoke-static {{v3}}, Ljava/lang/String;->valueOf(I)Ljava/lang/String;
    move-result-object v0
    invoke-static {{v0}}, LMain;->say(Ljava/lang/String;)V
    return-void
    :data
    .array-data 4
        0x1a
        0x1b
        0x2a2b
    .end array-data
.end method
"#,
        fillers = all.join(",\n"),
        default = around(16, 19),
        case_0 = around(14, 17),
        case_1 = around(19, 22),
        body = around(10, 20),
        tried = around(18, 24),
        caught = around(0, 26),
    )
}
