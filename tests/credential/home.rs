//! Homes to work on, copied from `testdata/stores`.

use std::fs;
use std::path::Path;

/// A copy of the home of a version, whose files others cannot read.
pub fn copied(version: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/stores").join(version);
    fs::create_dir(home.path().join("registry")).unwrap();
    for file in ["key", "store.db", "registry/dev.db"] {
        write(&home.path().join(file), &fs::read(from.join(file)).unwrap());
    }
    home
}

/// Writes a file that others cannot read.
pub fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}
