//! What is no regular file where one is read or written: an error at once, and nothing of it is replaced. Output that is lost is
//! no success.

use std::fs;
use std::io::Read;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{APP, PASSWORD, PROGRAM, Run, World, key};

/// Longer than any run takes, and shorter than a person waits.
const LIMIT: Duration = Duration::from_mins(1);

fn pipe(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

fn ended(mut child: Child, what: &str) -> Run {
    let began = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if began.elapsed() > LIMIT => {
                child.kill().unwrap();
                panic!("{what} has no end");
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    let mut run = Run { code: status.code(), out: String::new(), err: String::new() };
    if let Some(mut out) = child.stdout.take() {
        out.read_to_string(&mut run.out).unwrap();
    }
    child.stderr.take().unwrap().read_to_string(&mut run.err).unwrap();
    run
}

fn within(world: &World, args: &[&str]) -> Run {
    let mut command = world.command(PROGRAM);
    command
        .env("P", "a few random words")
        .env("KSP", PASSWORD)
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    ended(command.spawn().unwrap(), &args.join(" "))
}

#[test]
fn a_pipe_is_never_waited_for() {
    let world = World::new();
    world.demo("app.apk");
    world.inject(&["register", APP, "--env", "dev"]).exits(0);
    pipe(&world.path("f"));
    let (keystore, cert) = (key("demo.p12"), key("p256-cert.pem"));
    let job = ["app.apk", "--env", "dev"];
    let with = |more: &[&'static str]| [&job[..], more].concat();
    let signed = |more: &[&'static str]| {
        [&job[..], &["--ks", &keystore, "--ks-pass", "env:KSP"], more]
            .concat()
            .iter()
            .map(|word| (*word).to_owned())
            .collect()
    };
    let plain = |args: &[&str]| args.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let cases: Vec<Vec<String>> = vec![
        plain(&["inspect", "f"]),
        plain(&["identify", "f"]),
        plain(&["verify", "f", "--signature-only"]),
        plain(&["scan", "f"]),
        plain(&["f", "--env", "dev"]),
        plain(&["env", "list", "--config", "f"]),
        plain(&with(&["--ks", "f", "--ks-pass", "env:P"])),
        plain(&[&job[..], &["--ks", &keystore, "--ks-pass", "file:f"]].concat()),
        plain(&[&job[..], &["--key", "f", "--cert", &cert]].concat()),
        plain(&["credential", "import", "f", "--pass", "env:P"]),
        plain(&["credential", "set", "--app", "a", "--env", "dev", "--client-id", "i", "--secret", "file:f"]),
        plain(&["registry", "serve", "--env", "dev", "--tls-cert", "f", "--tls-key", "f"]),
        signed(&["-o", "f"]),
    ];
    for args in cases {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let run = within(&world, &args);
        let said = format!("{}{}", run.out, run.err);
        assert!(run.code.is_some_and(|code| code != 0), "{args:?}: {said}");
        assert!(said.contains("it is a named pipe, a regular file is expected"), "{args:?}: {said}");
        assert!(fs::metadata(world.path("f")).unwrap().file_type().is_fifo(), "{args:?} has replaced it");
    }
}

/// What must be what it was: each is a special file by its own name or through a link.
fn special_files(world: &World) -> Vec<(&'static str, &'static str)> {
    pipe(&world.path("pipe"));
    std::os::unix::net::UnixListener::bind(world.path("socket")).unwrap();
    std::os::unix::fs::symlink("/dev/null", world.path("null-link")).unwrap();
    std::os::unix::fs::symlink("socket", world.path("socket-link")).unwrap();
    vec![
        ("pipe", "a named pipe"),
        ("socket", "a socket"),
        ("socket-link", "a socket"),
        ("null-link", "a device"),
        ("/dev/null", "a device"),
    ]
}

fn still_special(world: &World) {
    let kind = |path: &str| fs::symlink_metadata(world.path(path)).unwrap().file_type();
    assert!(kind("pipe").is_fifo() && kind("socket").is_socket() && kind("/dev/null").is_char_device());
    assert!(kind("null-link").is_symlink() && kind("socket-link").is_symlink());
}

#[test]
fn no_artifact_takes_the_place_of_a_special_file() {
    let world = World::new();
    let original = world.demo("app.apk");
    for (place, what) in special_files(&world) {
        let says = format!("it is {what}, a regular file is expected");
        let run = within(&world, &["app.apk", "--env", "dev", "--unsigned", "-o", place]);
        assert!(run.code == Some(3) && run.err.contains(&says), "{place}: {:?} {}", run.code, run.err);
        for input in ["inspect", "identify"] {
            let run = within(&world, &[input, place]);
            assert!(run.code == Some(3) && run.err.contains(&says), "{input} {place}: {:?} {}", run.code, run.err);
        }
        let backup = within(&world, &["credential", "export", place, "--pass", "env:P"]);
        assert!(backup.code == Some(2) && backup.err.contains("exists already"), "{place}: {}", backup.err);
        still_special(&world);
    }
    assert!(world.read("app.apk") == original);
}

#[test]
fn statements_are_written_through_what_is_no_file_or_refused() {
    let world = World::new();
    world.demo("app.apk");
    let keystore = key("demo.p12");
    let job = ["app.apk", "--env", "dev", "-o", "out.apk", "--ks", &keystore, "--ks-pass", "env:KSP"];
    let verify = ["verify", "out.apk", "--env", "dev"];
    special_files(&world);
    for (place, why) in [
        ("pipe", "cannot write pipe: nobody reads from this pipe"),
        ("socket", "it is a socket, a regular file is expected"),
        ("/dev/zero", "it is a device, a regular file is expected"),
    ] {
        let run = within(&world, &[&job[..], &["--receipt", place]].concat());
        assert!(run.code == Some(3) && run.err.contains(why), "{place}: {:?} {}", run.code, run.err);
        assert!(!world.path("out.apk").exists(), "{place}: written all the same");
        still_special(&world);
    }
    within(&world, &job).exits(0);
    for (place, why) in [("pipe", "nobody reads"), ("socket", "it is a socket"), ("/dev/zero", "it is a device")] {
        let run = within(&world, &[&verify[..], &["--svr", place]].concat());
        assert!(run.code == Some(3) && run.err.contains(why), "{place}: {:?} {}", run.code, run.err);
        let run = within(&world, &[&verify[..], &["--summary", place]].concat()).exits(0);
        let said = format!("the summary cannot be added to {place}: {why}");
        assert!(run.err.contains(&said), "{place}: {}", run.err);
        still_special(&world);
    }
    for place in ["/dev/null", "null-link"] {
        for more in [["--receipt", place], ["--summary", place]] {
            let run = within(&world, &[&job[..], &more].concat()).exits(0);
            assert!(!run.err.contains("warning the summary"), "{more:?}: {}", run.err);
        }
        let run = within(&world, &[&verify[..], &["--svr", place, "--summary", place]].concat()).exits(0);
        assert!(!run.err.contains("the summary cannot"), "{}", run.err);
        still_special(&world);
    }
    // A pipe that is read, and the program's own output: a pipe, and a file behind what is there.
    for option in ["--svr", "--summary"] {
        let mut reader = fs::File::options().read(true).write(true).open(world.path("pipe")).unwrap();
        within(&world, &[&verify[..], &[option, "pipe"]].concat()).exits(0);
        let mut said = vec![0; 16];
        reader.read_exact(&mut said).unwrap();
        let begins = if option == "--svr" { "{" } else { "### inject verif" };
        assert!(said.starts_with(begins.as_bytes()), "{}", String::from_utf8_lossy(&said));
    }
    let args = [&job[..], &["--receipt", "/dev/stdout", "--quiet"]].concat();
    let run = within(&world, &args).exits(0);
    assert_eq!(run.out.matches("\"predicateType\"").count(), 1, "{}", run.out);
    world.write("stdout.txt", "before\n");
    let file = fs::File::options().append(true).open(world.path("stdout.txt")).unwrap();
    let mut command = world.command(PROGRAM);
    command.env("KSP", PASSWORD).args(&args).stdout(file).stderr(Stdio::piped());
    ended(command.spawn().unwrap(), "a receipt in what standard output goes to").exits(0);
    let text = String::from_utf8(world.read("stdout.txt")).unwrap();
    assert!(text.starts_with("before\n{") && text.contains("\"predicateType\""), "{text}");
    still_special(&world);
}

#[test]
fn what_a_shell_puts_in_the_place_of_a_small_file_is_read() {
    let world = World::new();
    world.demo("app.apk");
    world.inject(&["register", APP, "--env", "dev"]).exits(0);
    // What `<(COMMAND)` is: a pipe that the program is given open, by the name the system has for it.
    let through = |content: Vec<u8>, args: &[&str]| {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let mut command = world.command(PROGRAM);
        command.env("KSP", PASSWORD).args(args).stdin(reader).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        drop(command);
        let writing = std::thread::spawn(move || {
            for piece in content.chunks(1000) {
                // Who refuses it does not read to its end.
                if std::io::Write::write_all(&mut writer, piece).is_err() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let run = ended(child, &args.join(" "));
        writing.join().unwrap();
        run
    };
    let config = format!("version = 1\ndefault-env = \"qa\"\n[app.a]\nid = \"{APP}\"\n[env.qa]\n");
    let run = through(config.into_bytes(), &["env", "list", "--config", "/dev/stdin"]).exits(0);
    assert!(run.out.contains("qa"), "{}", run.out);
    let keystore = fs::read(key("demo.p12")).unwrap();
    let job = ["app.apk", "--env", "dev", "--receipt", "receipt.json", "--ks"];
    through(keystore, &[&job[..], &["/dev/stdin", "--ks-pass", "env:KSP"]].concat()).exits(0);
    let keystore = key("demo.p12");
    let again = ["app.apk", "-o", "b.apk", "--env", "dev", "--ks", &keystore, "--ks-pass", "file:/dev/stdin"];
    through(PASSWORD.as_bytes().to_vec(), &again).exits(0);
    let receipt = world.read("receipt.json");
    through(receipt, &["verify", "app.apk", "--env", "dev", "--receipt", "/dev/stdin"]).exits(0);
    let large = vec![b' '; 17 * 1024 * 1024];
    let run = through(large, &["env", "list", "--config", "/dev/stdin"]);
    assert!(run.err.contains("cannot read /dev/stdin: it has more than 16777216 bytes"), "{}", run.err);
    // An artifact is read more than once.
    let run = through(world.read("app.apk"), &["inspect", "/dev/stdin"]);
    assert!(run.err.contains("a regular file is expected"), "{}", run.err);
}

#[test]
fn who_may_write_a_folder_stops_nobody_with_a_pipe_in_it() {
    let world = World::new();
    world.demo("app.apk");
    world.inject(&["register", APP, "--env", "dev"]).exits(0);
    for path in [
        world.path(".app.apk.inject-0123456789abcdef"),
        world.stores().join(".store.db-0123456789abcdef"),
        world.stores().join(".key-0123456789abcdef"),
    ] {
        pipe(&path);
        assert_eq!(within(&world, &["app.apk", "--env", "dev", "--unsigned"]).code, Some(0), "{}", path.display());
        assert_eq!(within(&world, &["credential", "list"]).code, Some(0), "{}", path.display());
        fs::remove_file(path).unwrap();
    }
    fs::remove_file(world.stores().join("key")).unwrap();
    pipe(&world.stores().join("key"));
    let run = within(&world, &["credential", "list"]);
    assert!(run.code == Some(5) && run.err.contains("it is a named pipe"), "{}", run.err);
}

#[test]
fn a_device_and_a_folder_name_themselves() {
    let world = World::new();
    world.demo("app.apk");
    fs::create_dir(world.path("folder")).unwrap();
    for (place, what) in [("/dev/zero", "it is a device"), ("folder", "it is a folder, a file is expected")] {
        for args in [
            vec!["env", "list", "--config", place],
            vec!["app.apk", "--env", "dev", "--ks", place, "--ks-pass", "env:P"],
            vec!["app.apk", "--env", "dev", "--key", place, "--cert", place],
            vec!["credential", "import", place, "--pass", "env:P"],
            vec!["app.apk", "--env", "dev", "--unsigned", "-o", place],
        ] {
            let run = within(&world, &args);
            assert!(run.code.is_some_and(|code| code != 0) && run.err.contains(what), "{args:?}: {}", run.err);
            assert!(run.err.contains(place), "{args:?}: {}", run.err);
        }
    }
}

#[test]
fn a_file_that_should_be_small_is_read_no_further() {
    let world = World::new();
    world.demo("app.apk");
    fs::File::create(world.path("large")).unwrap().set_len(1 << 40).unwrap();
    for args in [
        ["env", "list", "--config", "large"].as_slice(),
        &["app.apk", "--env", "dev", "--ks", "large", "--ks-pass", "env:P"],
    ] {
        let run = within(&world, args);
        assert!(run.code.is_some_and(|code| code != 0), "{args:?}: {}", run.err);
        assert!(run.err.contains("cannot read large: it has more than 16777216 bytes"), "{args:?}: {}", run.err);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_in_a_folder_that_is_no_text_is_said() {
    use std::os::unix::ffi::OsStrExt;
    let world = World::new();
    world.write("site/config.json", r#"{"id":"old"}"#);
    let odd = world.path("site").join(std::ffi::OsStr::from_bytes(b"odd-\xe4.js"));
    fs::write(&odd, "nobody could search this").unwrap();
    let job = ["site", "--env", "dev", "--app", APP, "--at", "config.json#/id={client_id}"];
    let run = within(&world, &job);
    let says = "is not UTF-8, so the file can be neither addressed nor searched; rename it";
    assert!(run.code == Some(3) && run.err.contains(says) && run.err.contains("odd-"), "{:?} {}", run.code, run.err);
    assert!(world.read("site/config.json") == br#"{"id":"old"}"# && !world.stores().exists());
    fs::remove_file(odd).unwrap();
    within(&world, &job).exits(0);
}

#[test]
fn long_names_are_names() {
    let world = World::new();
    let name = format!("{}.apk", "a".repeat(251));
    world.demo(&name);
    within(&world, &[&name, "--env", "dev", "--unsigned"]).exits(0);
    let name = format!("site/{}.json", "ä".repeat(125));
    world.write(&name, r#"{"id":"old"}"#);
    let at = format!("{}#/id={{client_id}}", &name[5..]);
    within(&world, &["site", "--env", "dev", "--app", APP, "--at", &at]).exits(0);
    assert_eq!(world.files().len(), 2);
}

/// What writes its result to standard output.
const RESULTS: [&[&str]; 8] = [
    &["register", APP, "--env", "dev", "--json"],
    &["credential", "show", "--app", APP, "--env", "dev", "--reveal"],
    &["hook", "gradle"],
    &["inspect", "app.apk", "--json"],
    &["completions", "bash"],
    &["man"],
    &["--help"],
    &["--version"],
];

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_is_lost_is_no_success() {
    let world = World::new();
    world.demo("app.apk");
    world.inject(&["register", APP, "--env", "dev"]).exits(0);
    for args in RESULTS {
        let mut command = world.command(PROGRAM);
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        command.args(args).stdout(full).stderr(Stdio::piped());
        let run = ended(command.spawn().unwrap(), &args.join(" "));
        assert_eq!(run.code, Some(3), "{args:?}: {}", run.err);
        let told = "error standard output cannot be written, so the result is lost: No space left on device";
        assert_eq!(run.err.lines().count(), 1, "{args:?}: {}", run.err);
        assert!(run.err.contains(told), "{args:?}: {}", run.err);
    }
}

#[test]
fn whoever_closes_a_pipe_is_told_nothing_and_no_success() {
    let world = World::new();
    world.demo("app.apk");
    world.inject(&["register", APP, "--env", "dev"]).exits(0);
    for args in RESULTS {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = world.command(PROGRAM);
        command.args(args).stdout(writer).stderr(Stdio::piped());
        let run = ended(command.spawn().unwrap(), &args.join(" "));
        assert_eq!((run.code, run.err.as_str()), (Some(141), ""), "{args:?}");
    }
}

#[test]
fn few_descriptors_are_an_error_or_enough() {
    let world = World::new();
    let original = world.demo("app.apk");
    for most in 5..24 {
        let mut command = world.command("sh");
        command.env("P", PASSWORD).stdout(Stdio::piped()).stderr(Stdio::piped());
        let script =
            format!("ulimit -n {most}; exec '{PROGRAM}' app.apk --env dev --ks '{}' --ks-pass env:P", key("demo.p12"));
        let run = ended(command.args(["-c", &script]).spawn().unwrap(), &script);
        assert!(!run.err.contains("panicked"), "{most}: {}", run.err);
        if run.code == Some(0) {
            assert!(world.read("app.apk") != original);
            assert!(most > 5, "it needs more than that");
            return;
        }
        // The loader of the system may not even start it.
        assert!(run.code == Some(127) || run.err.starts_with("error "), "{most}: {:?} {}", run.code, run.err);
        assert!(world.read("app.apk") == original);
    }
    panic!("24 descriptors are not enough");
}

#[test]
fn a_key_that_others_may_read_is_warned_of_once() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.demo("app.apk");
    world.demo("b.apk");
    fs::copy(key("demo.p12"), world.path("ks.p12")).unwrap();
    world.write("pass", PASSWORD);
    let args = ["app.apk", "b.apk", "--env", "dev", "--ks", "ks.p12", "--ks-pass", "file:pass"];
    let mode = |mode| {
        for name in ["ks.p12", "pass"] {
            fs::set_permissions(world.path(name), fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    mode(0o644);
    let run = within(&world, &args).exits(0);
    for name in ["ks.p12", "pass"] {
        let told = format!("warning others may read {name} (mode 644), which holds a secret: chmod 600 {name}\n");
        assert_eq!(run.err.matches(&told).count(), 1, "{}", run.err);
    }
    let quiet = within(&world, &[&args[..], &["--quiet"]].concat()).exits(0);
    assert!(!quiet.err.contains("others may read"), "{}", quiet.err);
    mode(0o600);
    let run = within(&world, &args).exits(0);
    assert!(!run.err.contains("others may read"), "{}", run.err);
}
