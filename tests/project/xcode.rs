//! Xcode: ids of targets by configuration, through variables and `.xcconfig` files.

use std::fmt::Write;

use super::{artifacts, found, presets, unknown};

/// A project with one application, one extension and these settings: configuration, target's, project's.
fn project(settings: &[(&str, &str, &str)], base: &str) -> String {
    let mut text = String::from("// !$*UTF8*$!\n{ objects = {\n");
    let mut add = |id: &str, body: &str| {
        let _ = writeln!(text, "{id} /* x */ = {{ {body} }};");
    };
    add(
        "APP",
        "isa = PBXNativeTarget; name = \"My App\"; buildConfigurationList = LT; productType = \"com.apple.product-type.application\";",
    );
    add(
        "EXT",
        "isa = PBXNativeTarget; name = Ext; buildConfigurationList = LT; productType = \"com.apple.product-type.app-extension\";",
    );
    add("PRJ", "isa = PBXProject; buildConfigurationList = LP;");
    add("FILE", &format!("isa = PBXFileReference; path = {base};"));
    let ids = |of: &str| (0..settings.len()).map(|index| format!("{of}{index},")).collect::<String>();
    add("LT", &format!("isa = XCConfigurationList; buildConfigurations = ({});", ids("T")));
    add("LP", &format!("isa = XCConfigurationList; buildConfigurations = ({});", ids("P")));
    for (index, (name, target, project)) in settings.iter().enumerate() {
        add(
            &format!("T{index}"),
            &format!(
                "isa = XCBuildConfiguration; baseConfigurationReference = FILE; name = {name}; buildSettings = {{ {target} }};"
            ),
        );
        add(
            &format!("P{index}"),
            &format!("isa = XCBuildConfiguration; name = {name}; buildSettings = {{ {project} }};"),
        );
    }
    text + "}; }\n"
}

const PBXPROJ: &str = "ios/App.xcodeproj/project.pbxproj";

#[test]
fn ids_by_configuration() {
    let id = |id: &str| format!("PRODUCT_BUNDLE_IDENTIFIER = {id};");
    let text =
        project(&[("Debug", &id("a.b.debug"), ""), ("Release", &id("a.b"), ""), ("Store", &id("a.b"), "")], "none");
    let scheme = "<Scheme><BuildAction><BuildActionEntries><BuildActionEntry><BuildableReference BlueprintName='My App'/></BuildActionEntry></BuildActionEntries></BuildAction></Scheme>";
    let found = found(&[
        (PBXPROJ, &text),
        ("ios/App.xcodeproj/xcshareddata/xcschemes/Live.xcscheme", scheme),
        ("ios/Okta.plist", "<key>clientId</key>"),
    ]);
    assert_eq!(artifacts(&found), [("a.b", vec![]), ("a.b.debug", vec![])]);
    assert_eq!(found.apps[0].sources, ["ios/App.xcodeproj (target My App: Release, Store; shared schemes Live)"]);
    assert_eq!(found.apps[0].example.as_ref().unwrap().0, "ios/build/My App.ipa");
    assert_eq!(presets(&found.apps[0]), ["okta-ios"]);
}

#[test]
fn variables_are_looked_up_as_xcode_does() {
    let cases = [
        ("PRODUCT_BUNDLE_IDENTIFIER = \"a.$(TARGET_NAME:rfc1034identifier:lower)\";", "", "", "a.my-app"),
        ("PRODUCT_BUNDLE_IDENTIFIER = \"${PREFIX}.x\"; PREFIX = own;", "PREFIX = other;", "", "own.x"),
        ("PRODUCT_BUNDLE_IDENTIFIER = \"${A}.$(B).${A}\"; A = a; B = b;", "", "", "a.b.a"),
        ("PRODUCT_BUNDLE_IDENTIFIER = \"$(PREFIX).x\";", "PREFIX = below;", "PREFIX = con.fig", "con.fig.x"),
        ("", "PRODUCT_BUNDLE_IDENTIFIER = a.b;", "", "a.b"),
        (
            "",
            "",
            "// x\n#include \"more.xcconfig\"\nPRODUCT_BUNDLE_IDENTIFIER=$(ORG).$(CONFIGURATION:lower) // why",
            "or.g.debug",
        ),
        ("PRODUCT_BUNDLE_IDENTIFIER = \"$(inherited).dev\";", "PRODUCT_BUNDLE_IDENTIFIER = a.b;", "", "a.b.dev"),
        ("PRODUCT_BUNDLE_IDENTIFIER = a; \"PRODUCT_BUNDLE_IDENTIFIER[sdk=iphoneos*]\" = a.ios;", "", "", "a.ios"),
    ];
    for (target, below, config, id) in cases {
        let text = project(&[("Debug", target, below)], "App.xcconfig");
        let files = [
            (PBXPROJ, text.as_str()),
            ("ios/Config/App.xcconfig", config),
            ("ios/Config/more.xcconfig", "ORG = or.g\n#include \"App.xcconfig\"\n"),
        ];
        let found = found(&files);
        assert_eq!(found.apps[0].id.text(), Some(id), "{target} {below} {config}: {:?}", found.apps);
    }
}

#[test]
fn what_only_a_build_knows_is_a_reason() {
    let of = |setting: &str| {
        let found = found(&[(PBXPROJ, &project(&[("Debug", setting, "")], "none"))]);
        unknown(&found).to_owned()
    };
    assert_eq!(
        of("PRODUCT_BUNDLE_IDENTIFIER = \"a.$(TEAM)\";"),
        "ios/App.xcodeproj: target My App, Debug: PRODUCT_BUNDLE_IDENTIFIER needs TEAM, which the project does not say"
    );
    assert!(of("").ends_with("PRODUCT_BUNDLE_IDENTIFIER is not set"));
    // Variables that mean themselves, and ones that multiply.
    of("PRODUCT_BUNDLE_IDENTIFIER = \"$(A)\"; A = \"$(B)\"; B = \"$(A)\";");
    let many = "$(A)".repeat(900);
    of(&format!("PRODUCT_BUNDLE_IDENTIFIER = \"{many}\"; A = \"$(B)\"; B = \"{}\";", many.replace('A', "C")));
    let broken = found(&[(PBXPROJ, "{ objects = {")]);
    assert!(broken.remarks[0].starts_with("ios/App.xcodeproj/project.pbxproj: "), "{:?}", broken.remarks);
}
