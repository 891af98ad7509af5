//! After an injection every place of every preset is changed in turn, by the program's own means: each change is noticed,
//! at that place.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use inject::format::plist;
use inject::pipeline::Gate;
use inject::pipeline::job::Inspected;
use inject::pipeline::signing::{AndroidSigning, AppleSigning, Signing};
use inject::placement::preset::Preset;
use inject::placement::template::Values;
use inject::placement::{Absence, Kind, Place, Template};
use inject::verify::Report;
use inject::verify::injected::Expected;

use crate::pipeline::{apple, ios_presets, presets};

/// An artifact of the main object `Sub.Notes`, where it says several.
fn inspected(path: &Path) -> Inspected {
    let mut inspected = Inspected::new(path).unwrap();
    inspected.stands_for("Sub.Notes");
    inspected
}

/// Puts values at these places of an artifact, unsigned.
fn put(path: &Path, places: &[Place], values: &Values<'_>) {
    let mut signing = Signing::default();
    signing.android = Some(AndroidSigning::Unsigned);
    signing.apple = Some(AppleSigning::Unsigned);
    let planned = inspected(path).plan(places, "a preset").unwrap();
    planned.finish(values, &signing, path, Gate::default()).unwrap();
}

/// Findings about places, as `place.value (...)`.
fn judged(path: &Path, expected: &[Expected]) -> Vec<String> {
    let mut report = Report::default();
    Inspected::new(path).unwrap().verify_content(&mut report, expected, &[]);
    let about_places = report.findings.into_iter().filter(|finding| finding.code.as_str().starts_with("place."));
    about_places.map(|finding| format!("{} ({})", finding.code, finding.place)).collect()
}

/// How many places of an artifact were changed.
fn each_place(make: &dyn Fn(&Path) -> PathBuf, preset: Preset, values: &Values<'_>) -> usize {
    let name = preset.name.clone();
    let mut places = preset.places;
    places.retain(|place| place.value.check(values.other.keys().map(String::as_str)).is_ok());
    let folder = tempfile::tempdir().unwrap();
    let good = make(folder.path());
    put(&good, &places, values);
    // What rises is right whatever it is.
    places.retain(|place| !place.value.is_raised());
    let inspected = inspected(&good);
    let located = inspected.locate(&places).unwrap().found;
    let there: Vec<(usize, &Place)> = places
        .iter()
        .enumerate()
        .filter(|(index, _)| located.iter().any(|copy| copy.place == *index && copy.own))
        .collect();
    let expected: Vec<Expected> = located
        .iter()
        .filter(|copy| copy.own)
        .map(|copy| Expected {
            address: copy.address.clone(),
            entry: Some(copy.entry.clone()),
            value: places[copy.place].value.render(values).unwrap(),
        })
        .collect();
    assert_eq!(judged(&good, &expected), [] as [&str; 0], "{name}");
    for (index, place) in &there {
        let folder = tempfile::tempdir().unwrap();
        let bad = make(folder.path());
        // An element that is picked by how it begins is none with another beginning.
        let reversed = place.at.to_string().contains("com.googleusercontent");
        let wrong = if reversed { "com.googleusercontent.apps.9-wrong" } else { "WRONG" };
        // Alone it is of no other place's id.
        let wrong =
            Place { value: Template::parse(wrong).unwrap(), absence: Absence::Fail, own_id: false, ..(*place).clone() };
        put(&bad, &places, values);
        put(&bad, &[wrong], values);
        let found = judged(&bad, &expected);
        let mut copies = located.iter().filter(|copy| copy.place == *index);
        let is_named = copies.any(|copy| {
            let here = format!("place.value ({} in", copy.address);
            found.iter().any(|one| one.starts_with(&here))
        });
        assert!(is_named, "{name}, {}: {found:?}", place.at);
    }
    there.len()
}

#[test]
fn every_place_of_every_preset_that_holds_something_else_is_noticed() {
    let other = BTreeMap::from([
        ("redirect_uri".to_owned(), "app:/callback".to_owned()),
        ("server_url".to_owned(), "https://new.example.com/".to_owned()),
    ]);
    let values = Values {
        client_id: ios_presets::ID,
        client_secret: Some("SECRET"),
        environment: "dev",
        application: "com.example",
        other: &other,
        mains: &[],
    };
    let shipped = |name: &str| Preset::shipped(name).unwrap().unwrap();
    let mut changed = 0;
    for name in presets::of_kind(Kind::Apk) {
        let make = |folder: &Path| {
            let path = folder.join("app.apk");
            fs::write(&path, presets::example(name).0).unwrap();
            path
        };
        changed += each_place(&make, shipped(name), &values);
    }
    for name in presets::of_kind(Kind::Tree) {
        let make = |folder: &Path| {
            for (name, content) in presets::folder_example(name).0 {
                let path = folder.join("site").join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, content).unwrap();
            }
            folder.join("site")
        };
        changed += each_place(&make, shipped(name), &values);
    }
    for preset in ios_presets::shipped() {
        let make = |folder: &Path| {
            let mut files = apple::app();
            files.extend(ios_presets::example(&preset.name).0.0);
            let info = files.get_mut("Info.plist").unwrap();
            for (key, value) in [("CFBundleIdentifier", "com.example.notes"), ("CFBundleExecutable", "Notes")] {
                *info = plist::set(info, key, value, true).unwrap();
            }
            apple::ipa(folder, &files)
        };
        changed += each_place(&make, shipped(&preset.name), &values);
    }
    assert!(changed > 50, "{changed}");
}
