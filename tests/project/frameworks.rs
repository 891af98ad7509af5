//! Frameworks over native projects, sites, and what GeneXus generates.

use inject::project::Id;

use super::{artifacts, found, presets, unknown};

const ANDROID: &str =
    "plugins { id 'com.android.application' }\nandroid { defaultConfig { applicationId 'com.example.notes' } }";

#[test]
fn flutter_has_outputs_of_its_own() {
    let project = found(&[
        ("mobile/pubspec.yaml", "dependencies:\n  flutter:\n    sdk: flutter\n"),
        ("mobile/android/settings.gradle", "include ':app'"),
        (
            "mobile/android/app/build.gradle",
            &ANDROID.replace("'com.example.notes' }", "'com.example.notes' }\nproductFlavors { free {} }"),
        ),
    ]);
    let apk = "mobile/build/app/outputs/flutter-apk/app*-free-{debug,release,profile}.apk";
    assert_eq!(artifacts(&project), [("com.example.notes", vec![apk])]);
    assert_eq!(project.frameworks, ["Flutter (mobile/pubspec.yaml)"]);
}

#[test]
fn cordova_says_its_ids_in_its_own_file() {
    let widget = "<widget id=\"com.example.notes\" android-packageName=\"com.example.droid\" xmlns=\"http://www.w3.org/ns/widgets\"><name>Notes</name></widget>";
    let project = found(&[
        ("config.xml", widget),
        ("platforms/android/app/build.gradle", "apply plugin: 'com.android.application'"),
    ]);
    assert_eq!(
        artifacts(&project),
        [
            ("com.example.droid", vec!["platforms/android/app/build/outputs/apk/{debug,release}/*.apk"]),
            ("com.example.notes", vec!["platforms/ios/build/{Debug,Release}-iphoneos/*.ipa"]),
        ]
    );
    assert_eq!(project.apps[0].name.as_deref(), Some("Notes"));
}

#[test]
fn maui() {
    let csproj = |id: &str| {
        format!(
            "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFrameworks>net9.0-android;net9.0-ios</TargetFrameworks>\
                 <UseMaui>true</UseMaui>{id}</PropertyGroup></Project>"
        )
    };
    let project = found(&[("src/Notes/Notes.csproj", &csproj("<ApplicationId>com.example.notes</ApplicationId>"))]);
    let globs = vec!["src/Notes/bin/*/net*-android*/**/*-Signed.apk", "src/Notes/bin/*/net*-ios*/**/*.ipa"];
    assert_eq!(artifacts(&project), [("com.example.notes", globs)]);
    let of = |id: &str| unknown(&found(&[("N.csproj", &csproj(id))])).to_owned();
    assert_eq!(of("<ApplicationId>$(Id)</ApplicationId>"), "N.csproj: ApplicationId is computed");
    assert_eq!(
        of("<ApplicationId>a</ApplicationId><ApplicationId>b</ApplicationId>"),
        "N.csproj: ApplicationId depends on a condition"
    );
    let library = csproj("<OutputType>Library</OutputType>");
    assert!(found(&[("N.csproj", &library)]).apps.is_empty());
}

#[test]
fn sites_of_angular() {
    let angular = |builder: &str, output: &str| {
        format!(
            "{{\"projects\":{{\"site\":{{\"projectType\":\"application\",\"root\":\"\",\"architect\":{{\"build\":{{\
                 \"builder\":\"@angular-devkit/build-angular:{builder}\",\"options\":{{{output}}}}}}}}},\
                 \"lib\":{{\"projectType\":\"library\"}}}}}}"
        )
    };
    let settings = ("web/src/app.settings.json", "{\"GAM_CLIENT_ID\":\"x\"}");
    for (builder, output, folder) in [
        ("browser", "\"outputPath\":\"dist/x\"", "web/dist/x"),
        ("application", "\"outputPath\":\"dist/x\"", "web/dist/x/browser"),
        ("application", "\"outputPath\":{\"base\":\"dist/y\",\"browser\":\"\"}", "web/dist/y"),
        ("application", "", "web/dist/site/browser"),
    ] {
        let project = found(&[("web/angular.json", &angular(builder, output)), settings]);
        assert_eq!(artifacts(&project), [("site", vec![folder])], "{output}");
        assert_eq!(presets(&project.apps[0]), ["genexus-angular"]);
        assert!(matches!(project.apps[0].id, Id::Chosen { .. }), "a site has no id of its own");
    }
    // Where nothing shows the place, nothing is put anywhere.
    let environment =
        ("web/src/environments/environment.ts", "export const environment = { clientId: 'x', my_client_id: 1 };");
    let project = found(&[("web/angular.json", &angular("browser", "\"outputPath\":\"d\"")), environment]);
    assert_eq!(artifacts(&project), [("site", vec![])]);
    assert_eq!(project.apps[0].places, [("**/*.js#clientId".to_owned(), environment.0.to_owned())]);
    assert_eq!(project.apps[0].example.as_ref().unwrap().0, "web/d");
    // In a native app it is no artifact by itself.
    let project =
        found(&[("web/angular.json", &angular("browser", "\"outputPath\":\"d\"")), ("web/capacitor.config.ts", "")]);
    assert!(project.apps.is_empty() && project.remarks[0].contains("goes into the native app"));
    assert!(found(&[("angular.json", "// {}")]).remarks[0].starts_with("angular.json: no JSON"));
}

#[test]
fn main_objects_of_genexus() {
    let mains = "{\"apps\":[{\"n\":\"Notes\",\"t\":\"x\",\"properties\":{}},{\"n\":\"Sales.Orders\"}]}";
    let files = [
        ("Model/web/gxmetadata/sdapps.json", mains),
        ("Other/web/gxmetadata/sdapps.json", "{\"apps\":[{\"n\":\"Notes\"}]}"),
        ("Model/mobile/Android/Notes/app/build.gradle", &ANDROID.replace("com.example.notes", "com.genexus.kb.notes")),
    ];
    let project = found(&files);
    let apk = "Model/mobile/Android/Notes/app/build/outputs/apk/{debug,release}/*.apk";
    assert_eq!(
        artifacts(&project),
        [
            ("Sales.Orders", vec!["Model/web/gxmetadata"]),
            ("com.genexus.kb.notes", vec![apk, "Model/web/gxmetadata", "Other/web/gxmetadata"]),
        ]
    );
    assert!(matches!(&project.apps[0].id, Id::Chosen { why, .. } if why.contains("main object's name")));
    assert_eq!(project.apps[1].name.as_deref(), Some("Notes"));
    assert!(project.apps.iter().all(|app| presets(app) == ["genexus"]));
    let traces = found(&[("web/client.cfg", "")]);
    assert_eq!(traces.frameworks, ["GeneXus (web/client.cfg)"]);
    assert!(traces.remarks[0].starts_with("GeneXus left no gxmetadata/sdapps.json"));
}

#[test]
fn one_id_on_two_systems_is_one_application() {
    let pbxproj = "{ objects = { T = { isa = PBXNativeTarget; name = N; productType = com.apple.product-type.application; \
                   buildConfigurationList = L; }; L = { buildConfigurations = (C); }; \
                   C = { name = Release; buildSettings = { PRODUCT_BUNDLE_IDENTIFIER = com.example.notes; }; }; }; }";
    let project = found(&[
        ("package.json", "{\"dependencies\":{\"react-native\":\"1\"}}"),
        ("android/app/build.gradle", ANDROID),
        ("ios/Notes.xcodeproj/project.pbxproj", pbxproj),
    ]);
    assert_eq!(project.apps.len(), 1, "{:?}", project.apps);
    assert_eq!(project.apps[0].sources.len(), 2);
    assert_eq!(project.apps[0].example.as_ref().unwrap().0, "ios/build/N.ipa");
    assert_eq!(project.frameworks, ["React Native (package.json)"]);
}
