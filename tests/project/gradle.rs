//! Android modules: which are applications, and the ids and outputs of their variants.

use super::{artifacts, found, presets, unknown};

const PLUGIN: &str = "plugins { id 'com.android.application' }\n";

fn module(script: &str) -> inject::project::Project {
    found(&[("app/build.gradle", &format!("{PLUGIN}{script}"))])
}

#[test]
fn one_id_for_both_build_types() {
    let project = module("android { defaultConfig { applicationId 'com.example.notes' } }");
    assert_eq!(artifacts(&project), [("com.example.notes", vec!["app/build/outputs/apk/{debug,release}/*.apk"])]);
    assert_eq!(project.apps[0].sources, ["app/build.gradle (variants debug, release)"]);
}

#[test]
fn what_stands_for_an_id_that_is_not_given() {
    let project = module("android { namespace = \"com.example.space\" }");
    assert_eq!(project.apps[0].id.text(), Some("com.example.space"));
    let manifest = ("app/src/main/AndroidManifest.xml", "<manifest package=\"com.example.old\"/>");
    let project = found(&[("app/build.gradle", PLUGIN), manifest]);
    assert_eq!(project.apps[0].id.text(), Some("com.example.old"));
    assert!(unknown(&module("")).contains("no applicationId and no namespace"));
}

#[test]
fn every_way_to_apply_the_plugin() {
    let catalog = (
        "gradle/libs.versions.toml",
        "[plugins]\nandroid-application = { id = \"com.android.application\", version = \"8\" }\nshort = \"com.android.application:8\"\n",
    );
    let android = "\nandroid { namespace = \"a.b\" }";
    for plugin in [
        "apply plugin: 'com.android.application'",
        "apply(plugin = \"com.android.application\")",
        "plugins {\n id(\"com.android.application\")\n}",
        "plugins {\n alias(libs.plugins.android.application)\n}",
        "plugins {\n alias libs.plugins.short\n}",
        "plugins {\n id(libs.plugins.android.application.get().pluginId)\n}",
    ] {
        let project = found(&[("app/build.gradle.kts", &format!("{plugin}{android}")), catalog]);
        assert_eq!(project.apps.len(), 1, "{plugin}");
    }
    for plugin in [
        "plugins { id(\"com.android.application\") version \"8\" apply false }",
        "plugins {\n alias(libs.plugins.android.application) apply false\n}",
        "apply plugin: 'com.android.library'",
        "// apply plugin: 'com.android.application'",
        "plugins { id(\"java\") }",
    ] {
        let project = found(&[("app/build.gradle.kts", &format!("{plugin}{android}")), catalog]);
        assert!(project.apps.is_empty(), "{plugin}");
    }
    let feature = found(&[("f/build.gradle", "apply plugin: 'com.android.dynamic-feature'")]);
    assert!(feature.apps.is_empty() && feature.remarks[0].contains("f/build.gradle is a dynamic feature"));
}

#[test]
fn flavours_and_suffixes_make_ids_as_agp_does() {
    let groovy = "android {\n defaultConfig { applicationId 'a.b' }\n buildTypes { debug { applicationIdSuffix '.dbg' }\n \
                  release {}\n staging { initWith debug }\n }\n flavorDimensions 'tier', 'api'\n productFlavors {\n \
                  free { dimension 'tier'; applicationIdSuffix 'free' }\n paid { dimension 'tier'; applicationId 'a.paid' }\n \
                  old { dimension 'api'; applicationIdSuffix '.old' }\n }\n}";
    let kotlin = "android {\n defaultConfig { applicationId = \"a.b\" }\n buildTypes {\n getByName(\"debug\") { \
                  applicationIdSuffix = \".dbg\" }\n create(\"staging\") { initWith(getByName(\"debug\")) }\n }\n \
                  flavorDimensions += listOf(\"tier\", \"api\")\n productFlavors {\n create(\"free\") { dimension = \"tier\"\n \
                  applicationIdSuffix = \"free\" }\n register(\"paid\") { dimension = \"tier\"\n applicationId = \"a.paid\" }\n \
                  val old by creating { dimension = \"api\"\n applicationIdSuffix = \".old\" }\n }\n}";
    for script in [groovy, kotlin] {
        let project = module(script);
        let apk = |rest: &str| format!("app/build/outputs/apk/{rest}/*.apk");
        let ids: Vec<(String, String)> =
            project.apps.iter().map(|app| (app.id.text().unwrap().to_owned(), app.artifacts.join(" "))).collect();
        let pair = |id: &str, rest: &str| (id.to_owned(), apk(rest));
        assert_eq!(
            ids,
            [
                pair("a.b.free.old", "freeOld/release"),
                pair("a.b.free.old.dbg", "freeOld/{debug,staging}"),
                pair("a.paid.old", "paidOld/release"),
                pair("a.paid.old.dbg", "paidOld/{debug,staging}"),
            ]
        );
    }
}

#[test]
fn what_is_computed_is_a_reason_and_no_guess() {
    let project = module("android { defaultConfig {\n applicationId rootProject.ext.id\n} }");
    assert_eq!(unknown(&project), "app/build.gradle: applicationId in line 3 is computed");
    assert_eq!(artifacts(&project), [("?", vec!["app/build/outputs/apk/{debug,release}/*.apk"])]);
    let project = module("android { defaultConfig { applicationId 'a.b'\n if (x) { applicationId 'c.d' } } }");
    assert!(unknown(&project).contains("is computed"));
    let project = module(
        "android { defaultConfig { applicationId 'a.b' }\n productFlavors { brands.each { b -> create(b) { } } } }",
    );
    assert_eq!(artifacts(&project), [("a.b", vec!["app/build/outputs/apk/**/*.apk"])]);
    assert!(project.apps[0].remarks[0].starts_with("flavours are computed in line 3"), "{:?}", project.apps[0].remarks);
    let own = found(&[(
        "app/build.gradle",
        "plugins { id 'our.android' }\nandroid { defaultConfig { applicationId 'a.b' } }",
    )]);
    assert!(own.apps[0].remarks[0].starts_with("a plugin of this project configures it"));
}

#[test]
fn only_what_the_settings_include_is_built() {
    let script = format!("{PLUGIN}android {{ namespace 'a.b' }}");
    let of = |settings: &str| {
        let files = [
            ("settings.gradle", settings),
            ("app/build.gradle", &script),
            ("old/build.gradle", &script.replace("a.b", "old")),
        ];
        let project = found(&files);
        project.apps.iter().map(|app| app.id.text().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of("include ':app'"), ["a.b"]);
    assert_eq!(of("include(\":app\", \":old\")"), ["a.b", "old"]);
    assert_eq!(of("include ':x'\nproject(':x').projectDir = file('old')"), ["old"]);
    assert_eq!(of("include ':x'\nproject(':x').projectDir = new File(settingsDir, './old')"), ["old"]);
    // What is computed may be any of them.
    assert_eq!(of("modules.each { include it }"), ["a.b", "old"]);
    assert_eq!(of("// include ':app'"), Vec::<String>::new());
}

#[test]
fn marks_of_access_managers() {
    let script = format!("{PLUGIN}android {{ namespace 'a.b' }}");
    let with = |path: &str, text: &str| {
        let project = found(&[("app/build.gradle", &script), (path, text)]);
        presets(&project.apps[0]).join(" ")
    };
    let values = "app/src/main/res/values/auth.xml";
    assert_eq!(with(values, "<string name=\"com_auth0_client_id\">"), "auth0-android");
    assert_eq!(with(values, "<string name=\"client_id\">"), "generic");
    assert_eq!(
        with(values, "<string name=\"client_id\"/><string name=\"remoteAccessConsumerKey\"/>"),
        "salesforce-android"
    );
    assert_eq!(with("app/src/main/res/raw/auth_config.json", "{\"authorities\":[]}"), "msal-android");
    assert_eq!(with("app/src/main/res/raw/notes_properties", "IntegratedSecurityObjClientID"), "genexus");
    assert_eq!(with("app/google-services.json", "{\"oauth_client\":[]}"), "firebase-android");
    // Another module's.
    assert_eq!(with("other/src/main/res/values/auth.xml", "com_auth0_client_id"), "");
}
