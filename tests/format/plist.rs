//! Property lists: XML by byte range, binary, `.strings`.

use inject::format::plist::{EMPTY, KeyPath, get, overriding, places, read, set, set_all, without_device};
use inject::format::setting::Setting;
use plist::{Dictionary, Value};
use proptest::prelude::*;

const TEXT: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
    \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\r\n<plist version=\"1.0\">\r\n<dict>\r\n\t<key>A</key>\r\n\t<string>a &amp; b</string>\r\n\
    \t<!-- <key>A</key> -->\r\n\t<key>Cd</key>\r\n\t<string><![CDATA[x<y]]></string>\r\n\t<key>E</key>\r\n\t<string/>\r\n\
    \t<key>I</key>\r\n\t<integer>-7</integer>\r\n\t<key>T</key>\r\n\t<true/>\r\n\t<key>D</key>\r\n\t<data>\r\n\tAAEC\r\n\t</data>\r\n\
    \t<key>URLs</key>\r\n\t<array>\r\n\t\t<dict>\r\n\t\t\t<key>Name</key>\r\n\t\t\t<string>other</string>\r\n\t\t</dict>\r\n\
    \t\t<dict>\r\n\t\t\t<key>Name</key>\r\n\t\t\t<string>login</string>\r\n\t\t\t<key>Schemes</key>\r\n\t\t\t<array>\r\n\
    \t\t\t\t<string>com.google.1</string>\r\n\t\t\t\t<string>app</string>\r\n\t\t\t</array>\r\n\t\t</dict>\r\n\t</array>\r\n\
    \t<key>Empty</key>\r\n\t<dict/>\r\n</dict>\r\n</plist>\r\n";

fn edit(text: &str, at: &str, value: &str) -> String {
    String::from_utf8(set(text.as_bytes(), at, value, false).unwrap()).unwrap()
}

fn create(text: &str, at: &str, value: &str) -> String {
    String::from_utf8(set(text.as_bytes(), at, value, true).unwrap()).unwrap()
}

fn fails(text: &[u8], at: &str, value: &str, make: bool) -> String {
    set(text, at, value, make).unwrap_err().to_string()
}

fn binary(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    value.to_writer_binary(&mut out).unwrap();
    out
}

#[test]
fn only_the_value_changes() {
    assert_eq!(edit(TEXT, "A", "n<"), TEXT.replace("a &amp; b", "n&lt;"));
    assert_eq!(edit(TEXT, "Cd", "z&]]>"), TEXT.replace("x<y", "z&]]]]><![CDATA[>"));
    assert_eq!(edit(TEXT, "E", "v"), TEXT.replace("<string/>", "<string>v</string>"));
    assert_eq!(edit(TEXT, "I", "8"), TEXT.replace("-7", "8"));
    assert_eq!(edit(TEXT, "T", "false"), TEXT.replace("<true/>", "<false/>"));
    assert_eq!(edit(TEXT, "URLs/1/Schemes/0", "s"), TEXT.replace("com.google.1", "s"));
    assert_eq!(edit(TEXT, "URLs/[Name=login]/Schemes/[=com.google.*]", "s"), TEXT.replace("com.google.1", "s"));
    assert_eq!(edit(TEXT, "URLs/*/Schemes/[=*p]", "s"), TEXT.replace(">app<", ">s<"));
}

#[test]
fn what_is_there_already_changes_nothing() {
    for at in ["A", "Cd", "E", "I", "T", "URLs/1/Schemes/0"] {
        let value = get(TEXT.as_bytes(), at).unwrap().remove(0);
        assert_eq!(edit(TEXT, at, &value), TEXT, "{at}");
    }
    let odd = binary(&Value::Array(vec![Value::Real(f64::NAN), Value::String("a".into())]));
    assert_eq!(set(&odd, "1", "a", false).unwrap(), odd);
}

#[test]
fn what_a_list_cannot_hold_is_refused() {
    let list = |inner: &str| format!("<plist version=\"1.0\"><dict><key>k</key>{inner}</dict></plist>");
    let text = list("<string>x</string>");
    for no in ["\0", "\u{1}", "\u{fffe}"] {
        assert!(fails(text.as_bytes(), "k", no, false).contains("which no XML document can hold"), "{no:?}");
        assert!(fails(text.as_bytes(), "new", no, true).contains("which no XML document can hold"), "{no:?}");
    }
    let section = list("<string><![CDATA[x]]></string>");
    assert!(fails(section.as_bytes(), "k", "a\rb", false).contains("carriage return"));
    let split = edit(&section, "k", "a]]>b");
    assert_eq!(edit(&split, "k", "a]]>b"), split);
    assert_eq!(edit(&split, "k", "x"), section, "and back");
    // A number stays as it would be read.
    let number = list("<integer>7</integer>");
    assert!(fails(number.as_bytes(), "k", "007", false).contains("an integer"));
    assert_eq!(edit(&number, "k", "8"), list("<integer>8</integer>"));
}

#[test]
fn values_are_read_as_text() {
    let value = |at: &str| get(TEXT.as_bytes(), at).unwrap();
    assert_eq!(value("A"), ["a & b"]);
    assert_eq!(value("Cd"), ["x<y"]);
    assert_eq!(value("URLs/*/Name"), ["other", "login"]);
    assert_eq!(value("URLs/[Name=none]/Name"), [""; 0]);
    assert_eq!(value("T"), ["true"]);
    assert_eq!(value("D"), ["data"]);
    assert_eq!(value("URLs/1"), ["{...}"]);
    assert_eq!(read(TEXT.as_bytes()).unwrap().as_dictionary().unwrap()["D"].as_data(), Some([0, 1, 2].as_slice()));
}

#[test]
fn what_is_made_is_laid_out_as_the_rest() {
    let end = "\t<key>Empty</key>\r\n\t<dict/>\r\n</dict>";
    let new = "\t<key>Empty</key>\r\n\t<dict/>\r\n\t<key>New</key>\r\n\t<string>v</string>\r\n</dict>";
    assert_eq!(create(TEXT, "New", "v"), TEXT.replace(end, new));
    let inside = "\t<dict>\r\n\t\t<key>K</key>\r\n\t\t<string>v</string>\r\n\t</dict>\r\n</dict>\r\n</plist>";
    assert_eq!(create(TEXT, "Empty/K", "v"), TEXT.replace("\t<dict/>\r\n</dict>\r\n</plist>", inside));
    let third = "<string>app</string>\r\n\t\t\t\t<string>v</string>";
    assert_eq!(create(TEXT, "URLs/1/Schemes/2", "v"), TEXT.replace("<string>app</string>", third));
    let deep = create(TEXT, "X/0/Y~1Z", "v");
    assert_eq!(get(deep.as_bytes(), "X/0/Y~1Z").unwrap(), ["v"]);
    assert!(
        deep.contains("\t<key>X</key>\r\n\t<array>\r\n\t\t<dict>\r\n\t\t\t<key>Y/Z</key>\r\n\t\t\t<string>v</string>"),
        "{deep}"
    );
    assert_eq!(
        create("<plist><dict><key>a</key><string>b</string></dict></plist>", "c", "d"),
        "<plist><dict><key>a</key><string>b</string><key>c</key><string>d</string></dict></plist>"
    );
    assert_eq!(
        create("<plist><dict></dict></plist>", "c", "d"),
        "<plist><dict><key>c</key><string>d</string></dict></plist>"
    );
    let made = set(EMPTY, "ClientId", "v", true).unwrap();
    assert_eq!(
        String::from_utf8(made).unwrap(),
        std::str::from_utf8(EMPTY)
            .unwrap()
            .replace("<dict>\n</dict>", "<dict>\n\t<key>ClientId</key>\n\t<string>v</string>\n</dict>")
    );
}

#[test]
fn a_key_that_stands_twice_is_changed_twice() {
    let text = "<plist><dict><key>a</key><string>1</string><key>a</key><string>2</string></dict></plist>";
    assert_eq!(get(text.as_bytes(), "a").unwrap(), ["2"], "the last one counts");
    assert_eq!(edit(text, "a", "v"), text.replace(">1<", ">v<").replace(">2<", ">v<"));
}

#[test]
fn what_cannot_be_done_is_said_exactly() {
    let text = TEXT.as_bytes();
    assert_eq!(fails(text, "No", "v", false), "nothing at \"No\": No is missing");
    assert_eq!(fails(text, "URLs/[Name=x]/Name", "v", true), "nothing at \"URLs/[Name=x]/Name\": [Name=x] is missing");
    assert_eq!(fails(text, "URLs/9", "v", true), "nothing at \"URLs/9\": 9 is missing");
    assert_eq!(fails(text, "A/B", "v", true), "nothing at \"A/B\": B is missing");
    assert_eq!(fails(text, "I", "v", false), "\"I\" is an integer, which the given value is not");
    assert_eq!(fails(text, "URLs", "v", false), "\"URLs\" is an array, which the given value is not");
    assert_eq!(fails(text, "D", "v", false), "\"D\" is data, which the given value is not");
    let wrong = |text: &str| fails(text.as_bytes(), "a", "v", true);
    assert!(wrong("<plist><dict><key>a</key></dict></plist>").contains("a key without a value"));
    assert!(
        wrong("<plist><dict><string>a</string><string>b</string></dict></plist>").contains("<string>, expected <key>")
    );
    assert!(wrong("<plist><html/></plist>").contains("<html>, expected a value"));
    assert!(wrong("<plist/>").contains("0 values, expected one"));
    assert!(
        wrong("<plist><dict><key>a</key><integer>x</integer></dict></plist>").contains("no valid integer at line 1")
    );
    assert!(wrong("<plist><dict><key>a<b/></key><true/></dict></plist>").contains("has elements in it"));
    assert!(wrong("= b;").contains("at byte 0x0 expected a string"));
    assert!(wrong("\"a\" = \"b\"").contains("expected ';'"));
    for path in ["", "/", "a//b", "[a]", "[=x", "[=x]b", "a/"] {
        assert!(KeyPath::parse(path).is_err(), "{path}");
    }
    for path in ["a", "a/0/b", "*/[k=v]/x", "[=a*b]", "a~1b/c~d", "Key~ipad", "a~01", "a~00/~1"] {
        assert_eq!(KeyPath::parse(path).unwrap().to_string(), path);
    }
}

#[test]
fn every_key_has_a_path_and_every_override_is_told() {
    // Keys with everything that is an escape, or looks like one.
    let keys = ["a/b", "a~b", "a~0b", "a~1b", "~", "~~", "a~/b", "~01", "Key~ipad"];
    let mut list = plist::Dictionary::new();
    for key in keys {
        list.insert(key.to_owned(), Value::String(format!("value of {key}")));
    }
    let list = binary(&Value::Dictionary(list));
    let paths = places(&list, "*").unwrap();
    for (path, key) in paths.iter().zip(keys) {
        assert_eq!(get(&list, path).unwrap(), [format!("value of {key}")], "{path}");
    }
    assert_eq!(paths.len(), keys.len());
    for (stem, general) in [
        ("Auth~ipad", Some("Auth")),
        ("Auth-iphoneos~ipad", Some("Auth")),
        ("Info-macos", Some("Info")),
        ("My-Auth~ipad", Some("My-Auth")),
        ("Auth~ipad-iphoneos", Some("Auth~ipad")),
        ("~ipad", None),
        ("Auth-other", None),
        ("Auth", None),
    ] {
        assert_eq!(without_device(stem), general, "{stem}");
    }
    let levels =
        b"<plist><dict><key>de</key><dict><key>K~ipad</key><string>x</string></dict><key>K~mac</key><string>y</string>\
                   <key>K-tvos</key><array/></dict></plist>";
    assert_eq!(overriding(levels, "K", 0).unwrap(), ["K~mac", "K-tvos"]);
    assert_eq!(overriding(levels, "K/0", 0).unwrap(), [""; 0], "it has no such element");
    assert_eq!(overriding(levels, "*/K", 1).unwrap(), ["*/K~ipad"]);
    assert_eq!(overriding(levels, "[=K]", 0).unwrap(), [""; 0]);
}

fn tree() -> Value {
    let inner: Dictionary = [("Name".to_owned(), Value::String("login".into()))].into_iter().collect();
    let pairs = [
        ("A", Value::String("old".into())),
        ("Same", Value::String("old".into())),
        ("N", Value::from(5)),
        ("List", Value::Array(vec![Value::Dictionary(inner), Value::Boolean(true)])),
        ("Raw", Value::Data(vec![0; 40])),
        ("U", Value::Uid(plist::Uid::new(3))),
    ];
    Value::Dictionary(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

#[test]
fn a_binary_list_stays_binary_and_keeps_the_rest() {
    let old = binary(&tree());
    let new = set(&old, "A", "secret", false).unwrap();
    assert!(new.starts_with(b"bplist00"));
    let mut wanted = tree();
    wanted.as_dictionary_mut().unwrap().insert("A".into(), Value::String("secret".into()));
    assert_eq!(read(&new).unwrap(), wanted, "the equal text of another key is another one");
    let back = set(&new, "A", "old", false).unwrap();
    assert_eq!(
        back,
        set(&old, "A", "x", false).and_then(|x| set(&x, "A", "old", false)).unwrap(),
        "the way does not matter"
    );
    assert!(!back.windows(6).any(|part| part == b"secret"), "what was replaced is gone");
    assert_eq!(get(&set(&old, "List/[Name=login]/Id", "v", true).unwrap(), "List/0/Id").unwrap(), ["v"]);
}

/// A binary list of objects, references of one byte.
fn objects(list: &[&[u8]]) -> Vec<u8> {
    let mut out = b"bplist00".to_vec();
    let mut offsets = Vec::new();
    for object in list {
        offsets.push(u8::try_from(out.len()).unwrap());
        out.extend_from_slice(object);
    }
    let table = out.len();
    out.extend(offsets);
    out.extend([0, 0, 0, 0, 0, 0, 1, 1]);
    for number in [list.len(), 0, table] {
        out.extend(u64::try_from(number).unwrap().to_be_bytes());
    }
    out
}

#[test]
fn a_small_binary_list_does_not_stand_for_a_large_one() {
    // Each array holds the next one ten times.
    let arrays: Vec<Vec<u8>> = (1..=9).map(|next| [vec![0xaa], vec![next; 10]].concat()).collect();
    let mut list: Vec<&[u8]> = arrays.iter().map(Vec::as_slice).collect();
    list.push(b"\x51a");
    assert!(read(&objects(&list)).unwrap_err().to_string().contains("would take more than"));
    assert!(read(&objects(&[&[0xa1, 0]])).unwrap_err().to_string().contains("contains itself"));
    assert!(read(&objects(&[&[0xa1, 7]])).unwrap_err().to_string().contains("object 7 does not exist"));
    assert!(read(&objects(&[b"\x51a"])).is_ok());
    assert!(read(b"bplist00").unwrap_err().to_string().contains("shorter than its trailer"));
}

#[test]
fn strings_files_keep_comments_and_encoding() {
    let text = "/* id */\n\"CFBundleName\" = \"old \\\"x\\\"\";\n// \"k\" = \"no\";\nk=v ;alone;\n";
    let value = |at: &str| get(text.as_bytes(), at).unwrap();
    assert_eq!(
        (value("CFBundleName"), value("k"), value("alone")),
        (vec!["old \"x\"".into()], vec!["v".into()], vec!["alone".into()])
    );
    assert_eq!(edit(text, "CFBundleName", "n\"\\\n"), text.replace("old \\\"x\\\"", "n\\\"\\\\\\n"));
    assert_eq!(edit(text, "k", "w"), text.replace("k=v", "k=\"w\""));
    assert_eq!(edit(text, "alone", "w"), text.replace("alone;", "\"alone\" = \"w\";"));
    assert_eq!(create(text, "new", "w"), format!("{text}\"new\" = \"w\";\n"));
    let wide: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let edited: Vec<u8> =
        format!("\u{feff}{}", text.replace("k=v", "k=\"w\"")).encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(set(&wide, "k", "w", false).unwrap(), edited);
}

#[test]
fn the_old_style_is_read_whole() {
    use inject::format::plist::read_openstep;
    let text = "// !$*UTF8*$!\n{\n\tobjects = {\n\t\tA1 /* Notes */ = {isa = PBXNativeTarget; name = \"My \\\"App\\\"\";\n\
                \t\t\tlist = (\n\t\t\t\tB1 /* x */,\n\t\t\t\t'two words',\n\t\t\t);\n\t\t\tnone = ( ); };\n\t};\n\
                \tpath = a/b-c.d;\n}\n";
    let tree = read_openstep(text.as_bytes()).unwrap();
    let target = tree.as_dictionary().unwrap()["objects"].as_dictionary().unwrap()["A1"].as_dictionary().unwrap();
    assert_eq!(target["name"].as_string(), Some("My \"App\""));
    let list: Vec<_> = target["list"].as_array().unwrap().iter().map(|item| item.as_string().unwrap()).collect();
    assert_eq!(list, ["B1", "two words"]);
    assert_eq!(target["none"].as_array().unwrap().len(), 0);
    assert_eq!(tree.as_dictionary().unwrap()["path"].as_string(), Some("a/b-c.d"));
    for broken in ["", "{", "{a = b}", "{a b;}", "(a b)", "{} x", "<0>", "<00", &"(".repeat(100_000)] {
        read_openstep(broken.as_bytes()).expect_err(broken);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_set_reads_back(value in "[^\\p{Cc}\u{fffe}\u{ffff}]*") {
        for at in ["A", "Cd", "E", "URLs/1/Schemes/0"] {
            let edited = set(TEXT.as_bytes(), at, &value, false).unwrap();
            prop_assert_eq!(get(&edited, at).unwrap(), vec![value.clone()]);
        }
        prop_assert_eq!(get(&set(&binary(&tree()), "A", &value, false).unwrap(), "A").unwrap(), vec![value.clone()]);
        prop_assert_eq!(get(&set(b"a = b;", "a", &value, false).unwrap(), "a").unwrap(), vec![value]);
    }

    #[test]
    fn hostile_bytes_never_panic(at in 0_usize..400, byte: u8, cut in 0_usize..400) {
        let mut bytes = binary(&tree());
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        let _ = set(&bytes, "List/[Name=login]/Id", "v", true);
        let _ = places(&bytes, "*");
        let _ = overriding(&bytes, "List/0", 0);
        bytes.truncate(cut);
        let _ = set(&bytes, "A", "v", true);
        let mut text = TEXT.as_bytes().to_vec();
        if let Some(place) = text.get_mut(at * 3) {
            *place = byte;
        }
        let _ = set(&text, "URLs/1/Schemes/5", "v", true);
    }

    #[test]
    fn hostile_text_never_panics(text in "[<>/a=;\"'\\\\*\n kdictrnge]{0,60}") {
        let _ = set(text.as_bytes(), "a", "v", true);
        let list = format!("<plist>{text}</plist>");
        let _ = set(list.as_bytes(), "a", "v", true);
        let _ = overriding(list.as_bytes(), "a/r", 1);
    }
}

#[test]
fn several_values_mean_what_was_there_before() {
    let xml = "<plist version=\"1.0\"><dict><key>l</key><array><dict><key>n</key><string>A</string><key>id</key>\
               <string>1</string></dict></array></dict></plist>";
    let setting = |at, value, create| Setting { at, value, create };
    let settings = [setting("l/[n=A]/n", "C", false), setting("l/[n=A]/id", "9", false), setting("new/k", "v", true)];
    let expected = xml
        .replace(">A<", ">C<")
        .replace(">1<", ">9<")
        .replace("</array></dict>", "</array><key>new</key><dict><key>k</key><string>v</string></dict></dict>");
    let edited = set_all(xml.as_bytes(), &settings).unwrap();
    assert_eq!(String::from_utf8(edited).unwrap(), expected);
    let list = binary(&read(xml.as_bytes()).unwrap());
    for bytes in [xml.as_bytes(), &list] {
        let twice = |value| set_all(bytes, &[setting("l/0/id", "9", false), setting("l/[n=A]/id", value, false)]);
        assert!(twice("9").is_ok());
        assert!(twice("8").unwrap_err().to_string().contains("different ones"), "one place, two values");
    }
    let edited = set_all(&list, &settings).unwrap();
    assert_eq!(read(&edited).unwrap(), read(expected.as_bytes()).unwrap());
}

#[test]
fn what_stands_behind_an_xml_list_is_no_part_of_it_and_stays() {
    for behind in [&b"\0\0\0"[..], b"\n<!-- made by -->\0", b"garbage & <", b"\xff\xfe", b"</plist>"] {
        let bytes = [TEXT.trim_end().as_bytes(), behind].concat();
        assert_eq!(get(&bytes, "A").unwrap(), ["a & b"]);
        let expected = [TEXT.trim_end().replace("a &amp; b", "new").as_bytes(), behind].concat();
        assert_eq!(set(&bytes, "A", "new", false).unwrap(), expected);
        assert_eq!(set(&expected, "A", "a & b", false).unwrap(), bytes, "and back");
    }
    // What only looks like the end.
    let text = TEXT.replace("x<y", "</plist>").replace("<!-- <key>A</key> -->", "<!-- </plist> -->");
    assert_eq!(get(text.as_bytes(), "Cd").unwrap(), ["</plist>"]);
    assert_eq!(edit(&text, "A", "new"), text.replace("a &amp; b", "new"));
}

const OLD: &str = "// made by hand\n{ A = App; \"B c\" = \"x\\\"y\"; /* A = no; */\n  D = <0fbd 77 1c>;\n  L = ( one, { N = 'in'; }, );\n}\n";

#[test]
fn lists_of_the_old_style_are_read_and_edited_where_the_value_stands() {
    let tree = read(OLD.as_bytes()).unwrap();
    let tree = tree.as_dictionary().unwrap();
    assert_eq!(tree["D"], Value::Data(vec![0x0f, 0xbd, 0x77, 0x1c]));
    assert_eq!(get(OLD.as_bytes(), "B c").unwrap(), ["x\"y"]);
    assert_eq!(edit(OLD, "A", "App"), OLD, "an equal value keeps its spelling");
    assert_eq!(edit(OLD, "A", "n;"), OLD.replace("A = App", "A = \"n;\""));
    assert_eq!(edit(OLD, "L/1/N", "v"), OLD.replace("'in'", "\"v\""));
    assert_eq!(create(OLD, "New", "v"), OLD.replace("\n}", "\n\"New\" = \"v\"; }"));
    assert_eq!(get(create(OLD, "New/Sub", "v").as_bytes(), "New/Sub").unwrap(), ["v"]);
    // An element behind the last one, which has its comma or not.
    for (list, at) in [("( )", 0), ("( a )", 1), ("( a, )", 1), ("( { N = a; } /* ) */ )", 1)] {
        let old = format!("{{ L = {list}; }}");
        let new = create(&old, &format!("L/{at}"), "v");
        assert_eq!(get(new.as_bytes(), &format!("L/{at}")).unwrap(), ["v"], "{new}");
        assert!(new.starts_with(old.trim_end_matches("); }")), "{new}");
    }
    assert!(fails(OLD.as_bytes(), "D", "v", false).contains("data"));
    assert!(fails(OLD.as_bytes(), "X", "v", false).contains("nothing at"));
    for broken in
        ["{ A = <0f1>; }", "{ A = <0g>; }", "{ A = <0f; }", "{ A = b }", "{ A = b; } c", "{ A = b;", "( a b )"]
    {
        read(broken.as_bytes()).expect_err(broken);
    }
    // A strings file is no dictionary in braces.
    assert_eq!(get(b"/* c */ \"a\" = \"b\";\n", "a").unwrap(), ["b"]);
}
