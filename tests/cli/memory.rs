//! A program that holds a secret: what its end leaves behind, and who may look into it.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::canary::{SECRET, forms};
use super::{APP, PASSWORD, PROGRAM, World, apk_holds, files_below, holds, key};

/// Moments at which a run is ended.
const MOMENTS: u32 = 24;
/// Somebody without privileges: who may do everything may look into everything.
const NOBODY: u32 = 65_534;

const SET: [&str; 10] =
    ["credential", "set", "--app", APP, "--env", "dev", "--client-id", "the-id", "--secret", "stdin"];

/// Lets a program read the secret and wait for the rest of it, which never comes.
fn waiting(command: &mut Command) -> (Child, ChildStdin) {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(SECRET.as_bytes()).unwrap();
    // Until it sleeps in its read.
    let stat = format!("/proc/{}/stat", child.id());
    let until = Instant::now() + Duration::from_secs(10);
    while Instant::now() < until {
        std::thread::sleep(Duration::from_millis(50));
        if fs::read_to_string(&stat).is_ok_and(|stat| stat.rsplit(") ").next().is_some_and(|s| s.starts_with('S'))) {
            break;
        }
    }
    assert!(child.try_wait().unwrap().is_none(), "it is waiting for more");
    (child, pipe)
}

/// No file of this machine holds the secret but the artifact, and that when it is finished: under its own name, or in the moment
/// before it gets that under one that the next run takes away.
#[track_caller]
fn nothing_is_left(world: &World, finished: &[u8]) {
    let forms = forms();
    for (path, content) in files_below(world.root()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(!name.starts_with("core"), "{}", path.display());
        if name.starts_with(".app.apk.inject-") {
            assert!(content == finished, "{}", path.display());
            continue;
        }
        for form in forms.iter().filter(|_| name != "app.apk") {
            assert!(!holds(&content, form), "{} holds {form:?}", path.display());
        }
    }
}

#[test]
fn a_crash_dumps_no_core() {
    let world = World::new();
    // As much as the system allows.
    let unlimited = |program: &str, args: &[&str]| {
        let mut command = world.command("sh");
        command.args(["-c", "ulimit -c \"$(ulimit -H -c)\"; exec \"$0\" \"$@\"", program]).args(args);
        command
    };
    let limit = |child: &Child| {
        let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
        let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap().to_owned();
        line.split_whitespace().skip(4).take(2).map(str::to_owned).collect::<Vec<_>>()
    };
    let (mut other, pipe) = waiting(&mut unlimited("cat", &[]));
    let allowed = limit(&other);
    drop(pipe);
    other.wait().unwrap();

    let (mut child, _pipe) = waiting(&mut unlimited(PROGRAM, &SET));
    assert_eq!(limit(&child), ["0", "0"], "elsewhere it is {allowed:?}");
    kill_process(Pid::from_child(&child), Signal::ABORT).unwrap();
    let status = child.wait().unwrap();
    assert_eq!((status.signal(), status.core_dumped()), (Some(6), false));
    nothing_is_left(&world, &[]);
}

/// Another process of the same account, which may look into others.
#[test]
fn nobody_of_the_same_account_looks_into_it() {
    let world = World::new();
    let me = fs::metadata("/proc/self").unwrap().uid();
    let user = if me == 0 { NOBODY } else { me };
    let program = world.root().join("inject");
    fs::copy(PROGRAM, &program).unwrap();
    if me == 0 {
        for folder in [world.root().to_owned(), world.home(), world.project()] {
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
            chown(folder, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    let of_user = |program: &Path| {
        let mut command = world.command(program);
        if me == 0 {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    };
    // Who may trace a process owns what /proc shows of it, and reads its environment.
    let seen = |child: &Child| {
        let about = format!("/proc/{}/environ", child.id());
        let read = of_user(Path::new("cat")).arg(&about).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        (fs::metadata(&about).unwrap().uid(), read.success())
    };
    let (mut other, pipe) = waiting(&mut of_user(Path::new("cat")));
    assert_eq!(seen(&other), (user, true), "a program like any other");
    drop(pipe);
    other.wait().unwrap();

    let (mut child, _pipe) = waiting(of_user(&program).args(SET));
    assert_eq!(seen(&child), (0, false));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Killed or crashed at any moment while it keeps a secret, or puts one into an artifact.
#[test]
fn what_is_killed_leaves_no_secret() {
    let world = World::new();
    let start = |args: &[&str], variables: &[(&str, &str)]| {
        let mut command = world.command(PROGRAM);
        command.args(args).envs(variables.iter().copied());
        command.env("KEYSTORE_FILE", key("demo.p12")).env("KEYSTORE_PASSWORD", PASSWORD).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(SECRET.as_bytes());
        child
    };
    let given = [("INJECT_CLIENT_ID", "given"), ("INJECT_CLIENT_SECRET", SECRET)];
    let set = [&SET[..], &["--replace"]].concat();
    let inject = ["app.apk", "--env", "dev"];
    for (args, variables) in [(&set[..], &[][..]), (&inject[..], &given[..])] {
        world.demo("app.apk");
        let began = Instant::now();
        assert!(start(args, variables).wait().unwrap().success());
        let mut whole = began.elapsed();
        assert!(args[0] != "app.apk" || apk_holds(&world.read("app.apk"), SECRET), "there is something to find");
        let finished = world.read("app.apk");
        let mut met = 0;
        for moment in 0..4 * MOMENTS {
            world.demo("app.apk");
            let mut child = start(args, variables);
            std::thread::sleep(whole.mul_f64((f64::from(moment) * 0.618_034).fract()));
            let signal = if moment % 2 == 0 { Signal::KILL } else { Signal::ABORT };
            let _ = kill_process(Pid::from_child(&child), signal);
            if child.wait().unwrap().signal().is_some() {
                met += 1;
                whole = whole.mul_f64(1.03);
            } else {
                whole = whole.mul_f64(0.95);
            }
            nothing_is_left(&world, &finished);
            if met == MOMENTS {
                break;
            }
        }
        assert!(met >= MOMENTS / 2, "only {met} met a running program");
        world.demo("app.apk");
        assert!(start(args, variables).wait().unwrap().success());
        assert_eq!(world.files().len(), 1, "a stray file: {:?}", world.files().keys());
    }
}
