//! Receipts and verdicts: where they go, and the verdict itself.
//!
//! Must not: put a secret into one.

use std::path::{Path, PathBuf};

use inject::job::Input;
use inject::receipt;
use inject::receipt::ReceiptError;
use inject::system::unix_seconds;
use inject::system::{Civil, FileError, Sink};

use crate::exit::{Code, Failure};
use crate::settings::{Chosen, Settings};

/// Where the statement about an artifact goes: the file that is named, or a file of its own where that is a folder.
pub fn path(option: &str, asked: &Path, artifact: &Path, kind: &str, several: bool) -> Result<PathBuf, Failure> {
    if asked.is_dir() {
        return Ok(within(asked, artifact, kind));
    }
    if several {
        return Err(Failure::usage(format!("{option} {}: several artifacts, and no folder", asked.display()))
            .remedy("give a folder that is there: each artifact has a file in it"));
    }
    Ok(asked.to_owned())
}

fn within(folder: &Path, artifact: &Path, kind: &str) -> PathBuf {
    let name = artifact.file_name().unwrap_or_default().to_string_lossy();
    folder.join(format!("{name}.{kind}.json"))
}

/// Where the receipts of a run go, one for each output, where any are asked for. Each place takes a file: that is known before
/// anything is obtained.
pub fn receipts(settings: &Settings, asked: Option<&Path>, outputs: &[&Path]) -> Result<Option<Vec<PathBuf>>, Failure> {
    let configured = settings.config.as_ref().and_then(|config| {
        let folder = config.path.parent().unwrap_or(Path::new("."));
        Some(folder.join(config.receipts.as_ref()?))
    });
    let places: Vec<PathBuf> = match (asked, configured) {
        (Some(asked), _) => {
            let place = |output: &&Path| path("--receipt", asked, output, "receipt", outputs.len() > 1);
            outputs.iter().map(place).collect::<Result<_, _>>()?
        }
        (None, Some(folder)) => {
            std::fs::create_dir_all(&folder)
                .map_err(|e| Failure::of(Code::Artifact, e).during(format!("receipts {}", folder.display())))?;
            outputs.iter().map(|output| within(&folder, output, "receipt")).collect()
        }
        (None, None) => return Ok(None),
    };
    for (index, (place, output)) in places.iter().zip(outputs).enumerate() {
        if places.get(..index).unwrap_or_default().contains(place) {
            return Err(Failure::usage(format!("two receipts would be {}", place.display()))
                .remedy("run once for each of these artifacts, with --receipt FILE"));
        }
        if output.is_dir() && place.starts_with(output) {
            return Err(Failure::usage(format!("the receipt {} would change what it is about", place.display()))
                .remedy("give a place outside of the folder"));
        }
        Sink::probe(place).map_err(unfit)?;
    }
    Ok(Some(places))
}

/// Writes the verdict on an artifact that is sound.
pub fn write_verdict(to: &Path, artifact: &Input, chosen: &Chosen) -> Result<(), Failure> {
    let file = Sink::start(to).map_err(unfit)?;
    let verdict = receipt::verdict(&artifact.path, &artifact.digest()?, chosen.name.as_str(), &now());
    file.finish(&format!("{verdict:#}\n")).map_err(unfit)
}

fn now() -> String {
    Civil::of(unix_seconds()).rfc3339()
}

/// The error of a place that takes no file.
fn unfit(error: FileError) -> Failure {
    Failure::of(Code::Artifact, error)
}

impl From<ReceiptError> for Failure {
    fn from(error: ReceiptError) -> Self {
        Self::of(Code::Artifact, error)
    }
}
