//! Folders for another program: of this account alone, and gone afterwards.

use std::fs;
#[cfg(unix)]
use std::time::{Duration, SystemTime};

use inject::host::private::Passing;

#[test]
fn a_folder_for_another_program_is_private_and_goes() {
    let home = tempfile::tempdir().unwrap();
    let parent = home.path().join("made/too");
    let mut folder = Passing::within(&parent).unwrap();
    let asked = folder.write("asked", b"secret").unwrap();
    let answered = folder.file("answered");
    assert!(!answered.exists() && folder.write("asked", b"twice").is_err());
    fs::write(&answered, "what the other one says").unwrap();
    assert_eq!(fs::read(&asked).unwrap(), b"secret");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&parent), mode(asked.parent().unwrap()), mode(&asked)), (0o700, 0o700, 0o600));
    }
    drop(folder);
    assert_eq!(fs::read_dir(&parent).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn what_a_killed_process_has_left_goes_and_nothing_else() {
    let home = tempfile::tempdir().unwrap();
    let make = |name: &str, hours: u64| {
        fs::create_dir(home.path().join(name)).unwrap();
        fs::write(home.path().join(name).join("InputParms.json"), "secret").unwrap();
        let at = SystemTime::now() - Duration::from_hours(hours);
        fs::File::open(home.path().join(name)).unwrap().set_modified(at).unwrap();
    };
    make("passing-old", 2);
    make("passing-new", 0);
    make("other", 2);
    let target = tempfile::tempdir().unwrap();
    fs::write(target.path().join("kept"), "").unwrap();
    std::os::unix::fs::symlink(target.path(), home.path().join("passing-link")).unwrap();
    drop(Passing::within(home.path()).unwrap());
    let mut left: Vec<_> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["other", "passing-link", "passing-new"]);
    assert!(target.path().join("kept").exists());
}
