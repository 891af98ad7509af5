//! Completions: every shell that is here reads them, and bash completes with them.

use std::process::Command;

use super::World;

/// The shells, the option that makes each read a script without running it, and what says which version it is.
const SHELLS: [(&str, &str); 3] = [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")];

fn is_here(shell: &str) -> bool {
    Command::new(shell).arg("--version").output().is_ok_and(|output| output.status.success())
}

#[test]
fn shells_read_what_is_printed_for_them() {
    let world = World::new();
    for (shell, read) in SHELLS {
        let script = world.inject(&["completions", shell]).exits(0).out;
        world.write(shell, &script);
        if is_here(shell) {
            let output = world.command(shell).args([read, shell]).output().unwrap();
            assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    let script = world.inject(&["completions", "powershell"]).exits(0).out;
    assert!(script.contains("Register-ArgumentCompleter -Native -CommandName 'inject'"), "{script}");
}

#[test]
fn every_command_and_its_options_are_completed() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = world.inject(&["completions", shell]).exits(0).out;
        for word in ["init", "verify", "rotate", "allow-new-signer", "staged", "probe-secret"] {
            assert!(script.contains(word), "{shell}: no {word}");
        }
    }
}

#[cfg(unix)]
#[test]
fn bash_completes_commands_options_and_values() {
    let world = World::new();
    world.write("inject.bash", world.inject(&["completions", "bash"]).exits(0).out);
    for (line, expected) in [
        ("inject ver", "verify"),
        ("inject credential rot", "rotate"),
        ("inject app.apk --allow", "--allow-exec --allow-new-signer"),
        ("inject hook pre", "pre-commit"),
        ("inject verify --color alw", "always"),
    ] {
        let words: Vec<String> = line.split(' ').map(|word| format!("'{word}'")).collect();
        let words = words.join(" ");
        let last = words.split(' ').count() - 1;
        let ask = format!(
            "source inject.bash; COMP_WORDS=({words}); COMP_CWORD={last}; \
             _inject inject \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        // The bash of macOS is too old for what bash-completion itself needs.
        let output = world.command("bash").args(["-c", &format!("((BASH_VERSINFO >= 4)) || exit 9; {ask}")]).output();
        let output = output.unwrap();
        if output.status.code() != Some(9) {
            let said = String::from_utf8_lossy(&output.stdout);
            assert_eq!(said.trim(), expected, "{line}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
}
