//! What lies in the project that the commands of a page run in: what a build left, made small.

use std::fs;

use super::super::cli::{APP, PASSWORD, World, demo, genexus_kb, key, testdata};

/// Puts the files of a page there; the variables that its commands see.
pub fn prepare(world: &World, page: &str) -> Vec<(String, String)> {
    match page {
        "first-hour-android" => android(world),
        "first-hour-ios" => ios(world),
        "first-hour-genexus" => genexus(world),
        "ci" | "registries" => {}
        "bundles" => world.write("app.aab", fs::read(testdata("demo.aab")).unwrap()),
        "sets" => {
            for name in ["base.apk", "split_config.de.apk", "split_extra.apk"] {
                world.write(&format!("splits/{name}"), fs::read(testdata("set").join(name)).unwrap());
            }
        }
        _ => {
            world.demo("app.apk");
        }
    }
    // The key of a team, as GeneXus and Gradle name it.
    let keystore = key("demo.p12");
    [("KEYSTORE_FILE", keystore.as_str()), ("KEYSTORE_PASSWORD", PASSWORD), ("KEY_ALIAS", "demo")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

fn android(world: &World) {
    world.write("settings.gradle.kts", "rootProject.name = \"Demo\"\ninclude(\":app\")\n");
    let build = format!(
        "plugins {{\n    id(\"com.android.application\")\n}}\nandroid {{\n    namespace = \"{APP}\"\n    defaultConfig {{\n        \
         applicationId = \"{APP}\"\n    }}\n}}\n"
    );
    world.write("app/build.gradle.kts", build);
    world.write("app/build/outputs/apk/release/app-release.apk", demo());
    world.write("README.md", "Demo\n");
}

fn ios(world: &World) {
    let project = "// !$*UTF8*$!\n{\n\tobjects = {\n\
        \t\tT = { isa = PBXNativeTarget; name = Notes; productName = Notes; productType = \"com.apple.product-type.application\"; buildConfigurationList = L; };\n\
        \t\tL = { isa = XCConfigurationList; buildConfigurations = ( C ); };\n\
        \t\tC = { isa = XCBuildConfiguration; name = Release; buildSettings = { PRODUCT_BUNDLE_IDENTIFIER = com.example.notes; SDKROOT = iphoneos; }; };\n\
        \t\tP = { isa = PBXProject; targets = ( T ); buildConfigurationList = L; };\n\t};\n\trootObject = P;\n}\n";
    world.write("Notes.xcodeproj/project.pbxproj", project);
    let list = |id: &str, name: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">\n<dict>\n\t<key>CFBundleExecutable</key>\n\t<string>{name}</string>\n\
             \t<key>CFBundleIdentifier</key>\n\t<string>{id}</string>\n\t<key>CFBundleShortVersionString</key>\n\t<string>1.0</string>\n</dict>\n</plist>\n"
        )
    };
    let executable = fs::read(testdata("apple/macho/ios-arm64")).unwrap();
    let files = [
        ("Payload/Notes.app/Info.plist", list("com.example.notes", "Notes").into_bytes()),
        ("Payload/Notes.app/Notes", executable),
        ("Payload/Notes.app/Auth0.plist", {
            let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">\n<dict>\n\t<key>ClientId</key>\n\t<string>set-by-inject</string>\n\
                        \t<key>Domain</key>\n\t<string>dev.example.auth0.com</string>\n</dict>\n</plist>\n";
            text.as_bytes().to_vec()
        }),
    ];
    let entries: Vec<(&str, &[u8])> = files.iter().map(|(name, content)| (*name, content.as_slice())).collect();
    world.write("build/Notes.ipa", super::super::cli::zipped(&entries));
    world.write("Notes/Auth0.plist", &files[2].1);
    let keys = testdata("apple/keys");
    world.write("distribution.p12", fs::read(keys.join("aes256.p12")).unwrap());
    world.write("distribution.password", fs::read(keys.join("p12.password")).unwrap());
    // As keys are kept: what others may read is warned of.
    #[cfg(unix)]
    for name in ["distribution.p12", "distribution.password"] {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(world.path(name), mode).unwrap();
    }
    world.write("Notes.mobileprovision", fs::read(keys.join("wildcard.mobileprovision")).unwrap());
}

fn genexus(world: &World) {
    for (name, content) in genexus_kb::metadata() {
        world.write(&format!("web/gxmetadata/{name}"), content);
    }
    for main in ["Notes", "Start"] {
        let low = main.to_lowercase();
        let package = genexus_kb::package_of(main, &[]);
        world.write(&format!("mobile/Android/{low}/build/outputs/apk/release/{low}.apk"), package);
    }
}
