//! Properties in JavaScript by byte range.

use inject::format::js::{JsError, TokenKind, get, set, set_all, tokens};
use inject::format::setting::Setting;
use proptest::prelude::*;

use crate::fuzz_bodies::javascript::javascript;
use crate::fuzz_bodies::metamorphic::documents;

fn values(text: &str) -> Vec<String> {
    get(text.as_bytes(), "NAME").unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn edit(text: &str, value: &str) -> String {
    String::from_utf8(set(text.as_bytes(), "NAME", value, false).unwrap()).unwrap()
}

fn error(text: &str) -> String {
    set(text.as_bytes(), "NAME", "v", false).unwrap_err().to_string()
}

/// What stands where, one letter a token that is no punctuator: `r`egex, `s`tring, `t`emplate (part), `i`, `n`.
fn shape(text: &str) -> String {
    let letter = |kind: TokenKind| match kind {
        TokenKind::Regex => "r",
        TokenKind::String => "s",
        TokenKind::Template | TokenKind::TemplateHead | TokenKind::TemplateMiddle | TokenKind::TemplateTail => "t",
        TokenKind::Identifier | TokenKind::PrivateName => "i",
        TokenKind::Number => "n",
        TokenKind::Punctuator(_) | TokenKind::End => "",
    };
    tokens(text.as_bytes())
        .unwrap_or_else(|error| panic!("{text}: {error}"))
        .iter()
        .map(|token| letter(token.kind))
        .collect()
}

/// What a fuzzer found: the escapes of a value did not depend on itself alone.
#[test]
fn what_was_there_leaves_no_trace() {
    assert!(documents("?a=\"a\u{1a}\0\0\0=d`\u{15e}=\"".as_bytes()) > 0);
}

#[test]
fn members_of_objects() {
    for text in [
        "x={NAME:\"old\"}",
        "x={a:1,NAME:'old',b:2}",
        "x={\"NAME\":\"old\"}",
        "x={'NAME' /* c */ : // d\n 'old' }",
        "x={NAME:`old`}",
        "x={[\"NAME\"]:\"old\"}",
        "x={N\\u0041ME:\"\\x6fld\"}",
        "f({a:{b:[{NAME:\"old\"}]}})",
        "export default{NAME:\"old\"};",
        "const e=()=>({NAME:\"old\"})",
        "function f(){return{NAME:\"old\"}}",
        "x=c?{NAME:\"old\"}:{}",
        "x={a:c?1:2,NAME:\"old\"}",
        "x={...{NAME:\"old\"}}",
        "x=`${{NAME:\"old\"}.NAME}`",
        "class A{static e={NAME:\"old\"};f(){}}",
        "x={f(){},NAME:\"old\"}",
        "x={get a(){return 1},async*b(){},NAME:\"old\"}",
        "x=y||{NAME:\"old\"}",
        "async function f(){await{NAME:\"old\"}}",
        "function*f(){yield{NAME:\"old\"}}",
        "switch(a){case 1:x={NAME:\"old\"}}",
        "\u{feff}#!/usr/bin/env node\r\nx={\r\n  NAME: \"old\",\r\n}\r\n",
        "function f(a={NAME:\"old\"}){}",
        "a\n/b/{NAME:\"old\"}.c",
    ] {
        assert_eq!(values(text), ["old"], "{text}");
        assert_eq!(edit(text, "new"), text.replace("old", "new").replace("\\x6fld", "new"), "{text}");
        assert_eq!(edit(text, "old"), text, "equal values stay as they are written");
    }
}

#[test]
fn assignments_and_fields() {
    for text in [
        "a.NAME=\"old\"",
        "a.b().NAME = 'old';",
        "a[\"NAME\"]=\"old\",b=1",
        "(a.NAME=`old`)",
        "var a=1,NAME=\"old\";",
        "const NAME=\"old\"\nlet b",
        "if(a)NAME='old'",
        "class A{NAME=\"old\";b=1}",
        "class A{static NAME='old'\n b=1\n c(){}}",
        "class A{a=1\n NAME='old'\n}",
        "a={b(){this.NAME=\"old\"}}",
        "x=>x.NAME=\"old\"",
        "c?a.NAME=\"old\":1",
    ] {
        assert_eq!(values(text), ["old"], "{text}");
        assert_eq!(edit(text, "new"), text.replace("old", "new"), "{text}");
    }
}

#[test]
fn json_texts() {
    let text = r#"e=JSON.parse('{"a":[{"NAME":"old"}],"b":"\\"\'","NAME" : "\u006fld"}')"#;
    assert_eq!(values(text), ["old", "old"]);
    assert_eq!(edit(text, "q\"'\\"), text.replace("\"old\"", r#""q\\"\'\\\\""#).replace(r"\u006fld", r#"q\\"\'\\\\"#));
    let text = r#"e=JSON.parse("{\"x\":1,\"NAME\":\"old\"}")"#;
    assert_eq!(edit(text, "a\"b\n"), r#"e=JSON.parse("{\"x\":1,\"NAME\":\"a\\\"b\\n\"}")"#);
    let text = "e=JSON.parse(`{\"\\\nNAME\":\n\"old\"}`, f)";
    assert_eq!(edit(text, "${`"), "e=JSON.parse(`{\"\\\nNAME\":\n\"\\${\\`\"}`, f)");
    assert!(error(r#"JSON.parse('{"NAME":3}')"#).contains("JSON, but no string"));
    for text in [r#"JSON.parse('{"NAME":"x"}'+y)"#, r#"JSON.parse('{"NAME":"x"')"#, r#"parse('{"NAME":"x"}')"#] {
        assert!(error(text).contains("no property \"NAME\""), "{text}");
    }
}

#[test]
fn what_only_looks_like_a_property() {
    for text in [
        "// {NAME:\"x\"}",
        "/* x={NAME:\"x\"} */",
        "a='{NAME:\"x\"}'",
        "a=`{NAME:\"x\"}`",
        "a=/{NAME:\"x\"}/",
        "a=b?/[/]{NAME:\"x\"}/g:1",
        "//# sourceMappingURL=data:,{NAME:\"x\"}",
        "c?NAME:\"x\"",
        "x=[c?NAME:\"x\",1]",
        "x={a:c?NAME:\"x\"}",
        "switch(a){case NAME:\"x\"}",
        "NAME:\"x\"",
        "if(a){NAME:\"x\"}",
        "()=>{NAME:\"x\"}",
        "NAME:for(;;){}",
        "x={NAMES:\"x\",NAM:\"y\",name:\"z\"}",
        "x={get:\"NAME\"}",
        "a.NAME==\"x\"",
        "a[\"NAME\"]===\"x\"",
        "if(a.NAME){}",
        "let{NAME:x}=a",
        "let{NAME:x}=a,{NAME}=b",
        "({a:[{NAME:x.y}]}=b)",
        "({NAME:x})=>x",
        "function f({NAME:x},[{NAME:y}]){}",
        "try{}catch({NAME:x}){}",
        "for(const{NAME:x}of y);",
        "import{NAME as x}from\"y\"",
        "export{x as NAME}",
        "<!-- x={NAME:\"x\"}\n--> x={NAME:\"x\"}",
        "return\n{NAME:\"x\"}",
    ] {
        assert!(error(text).contains("no property \"NAME\" has a value"), "{text}: {}", error(text));
        assert!(values(text).is_empty(), "{text}");
    }
}

#[test]
fn what_is_no_constant_is_said_exactly() {
    let computed = |text: &str, column: usize, what: &str| {
        let expected = format!("the value of \"NAME\" at line 1, column {column} (byte {:#x}) is {what}", column - 1);
        assert!(error(text).contains(&expected), "{text}: {}", error(text));
    };
    computed("x={NAME:\"a\"+b}", 9, "a text that is put together");
    computed("x={NAME:`a${b}`}", 9, "a template with ${...}");
    computed("x={NAME:f`a`}", 9, "an expression");
    computed("x={NAME:(\"a\",b())}", 14, "a call");
    computed("x={NAME:c?\"a\":1}", 15, "a number");
    computed("x={NAME:{a:1}}", 9, "an object");
    computed("x={NAME:[1]}", 9, "an array");
    computed("x={NAME:/a/}", 9, "a regular expression");
    computed("x={NAME:class{}}", 9, "a class");
    computed("x={NAME:null}", 9, "no string");
    computed("x={NAME:\"a\".length}", 9, "an expression");
    computed("x={NAME:\"ok\",b:{NAME:1}}", 22, "a number");
    computed("a.NAME=\"a\"+b", 8, "a text that is put together");
    computed("a.NAME=\"a\"\n+b", 8, "a text that is put together");
    computed("a.NAME+=\"a\"", 7, "an assignment that depends on the old value");
    computed("a.NAME++", 3, "a number that is counted");
    computed("x={NAME}", 4, "a variable of that name");
    computed("x={NAME(){}}", 4, "a method");
    assert!(error("x={NAME:1,b:{NAME:2}}").contains("; one more value is no constant either"));
    assert!(error("x={NAME:1,b:{NAME:2},c:{NAME:3}}").contains("; 2 more values are no constants either"));
    assert!(get(b"x={NAME:1}", "NAME").is_err());
    assert_eq!(get(b"x={NAME:\"a\"};y={NAME:1}", "NAME").unwrap(), ["a"]);
    let missing = set(b"x={}", "NAME", "v", true).unwrap_err();
    assert!(matches!(missing, JsError::Create { .. }), "{missing}");
}

#[test]
fn what_passes_a_value_on_does_not_hinder() {
    let text =
        "x={NAME:\"old\"};y={NAME:x.NAME};z={NAME};d(e,{NAME:()=>x.NAME});a.NAME=x.NAME;let{NAME:q}=x;a.NAME??='old'";
    assert_eq!(values(text), ["old", "old"]);
    assert_eq!(edit(text, "new"), text.replace("old", "new"));
    assert!(error("x={NAME:\"old\"};y={NAME:f(x.NAME)}").contains("a call"));
}

/// What a bundle ends with that passes `m.K` on.
const GETTER: &str = "class A{static get NAME(){return m.K}}";

#[test]
fn what_reads_a_key_is_followed() {
    for text in [
        "const m=JSON.parse('{\"J\":\"no\",\"K\":\"old\"}');{}",
        "var a=1,m=/*#__PURE__*/JSON.parse('{\"K\":\"old\"}'),b=2;{}",
        "var m=JSON.parse(`{\"K\":\"old\"}`);{}",
        "let m={J:1,K:\"old\"}\n{}",
        "let m={\"K\":'old'};{}",
        "{}var m={K:\"old\"};",
        "const m=r(42),o={f:e=>{e.exports=JSON.parse('{\"K\":\"old\"}')}};{}",
        "const o={42:(e,t,r)=>{e.exports={K:\"old\"}}},m=n(\"./a.json\");{}",
        "const n={K:\"old\"},m=n;{}",
        "function f(m){return m.K}const g=m=>m.K,m={K:\"old\"};{}",
        "if(m.K){let m={K:\"no\"}}const m={K:\"old\"};{}",
        "for(const m of[])m.K;const m={K:\"old\"};{}",
        "const x={m:1,n:{K:\"no\"}};x.m=2;const m={K:\"old\"};class B{m=1}{}",
        "function f(){var m={K:\"no\"}}const m={K:\"old\"};{}",
        "const k=\"old\",m={K:k};{}",
        "const{a:k}={a:\"old\"},m={K:k};{}",
        "import q,{b as c}from'd';const m={K:\"old\"};{}export{m as default};",
    ] {
        for getter in [
            GETTER,
            "class A{get NAME(){return m.K}}",
            "class A{static get \"NAME\"(){return m[\"K\"];}}",
            "class A{static get['NAME'](){return m?.K}}",
            "class A{static NAME=m.K}",
            "x={get NAME ( ) { return m . K ; }}",
            "x={NAME:m.K,b:1}",
            "x={NAME:()=>m.K}",
            "a.NAME=m.K",
            "var NAME=m.K",
        ] {
            let text = text.replace("{}", &format!("{getter};"));
            assert_eq!(values(&text), ["old"], "{text}");
            let edited = edit(&text, "n\"'`");
            assert_eq!(values(&edited), ["n\"'`"], "{edited}");
            assert_eq!(edit(&edited, "old"), text);
            assert_eq!(edit(&edit(&edited, ""), "old"), text);
            assert_eq!(edit(&text, "new"), text.replace("old", "new"), "{text}");
        }
    }
}

#[test]
fn what_reads_a_variable_is_followed() {
    for text in [
        "var t=\"old\";{}",
        "{}const t=`old`;",
        "const m={K:'old'},t=m.K;{}",
        "const{K:t}=JSON.parse('{\"K\":\"old\"}');{}",
        "const{J:j,'K':t}={J:1,K:\"old\"};{}",
        "const{t}={t:\"old\"};{}",
        "const m=r(4),{K:t}=m;o={K:\"old\"};{}",
        "const{K:t}=r(4);o={K:\"old\"};{}",
    ] {
        for getter in ["class A{static get NAME(){return t}}", "x={NAME:t}", "d(e,{NAME:()=>t});", "class A{NAME=t}"] {
            let text = text.replace("{}", &format!("{getter};"));
            assert_eq!(values(&text), ["old"], "{text}");
            assert_eq!(edit(&text, "new"), text.replace("old", "new"), "{text}");
        }
    }
    let text = "class A{static get NAME(){return\"b\"}get NAME(){return 'b';}}";
    assert_eq!(values(text), ["b", "b"]);
    assert_eq!(edit(text, "new"), "class A{static get NAME(){return\"new\"}get NAME(){return 'new';}}");
    let empty = "const m=JSON.parse('{\"K\":\"\"}');class A{static get NAME(){return m.K}}";
    assert_eq!(values(empty), [""]);
    let (both, new) = ("x={NAME:\"b\"};const m={K:\"b\"};", "x={NAME:\"v\"};const m={K:\"v\"};");
    assert_eq!(edit(&format!("{both}{GETTER}"), "v"), format!("{new}{GETTER}"), "beside a constant");
    let text = "x={NAME:\"b\"};const m={K:\"b\"};a.NAME=m.K";
    assert_eq!(edit(text, "v"), text.replace("\"b\"", "\"v\""), "what is handed over in passing too");
}

#[test]
fn what_cannot_be_followed_is_said_exactly() {
    for (text, why) in [
        ("", "\"m\" is not declared in this file"),
        ("const m={J:\"x\"};", "no object that it can mean has a string \"K\" in this file"),
        ("const m={J:\"x\"},o={K:\"x\"};", "no object that it can mean has a string \"K\" in this file"),
        ("const m={a:{K:\"x\"}};", "no object that it can mean has a string \"K\" in this file"),
        ("const m=JSON.parse('{\"a\":{\"K\":\"x\"}}');", "no object that it can mean has a string \"K\""),
        ("const m=JSON.parse('{\"K\":1}');", "\"K\" at line 1, column 26 (byte 0x19) is not one string constant"),
        ("const m={K:1};", "\"K\" at line 1, column 12 (byte 0xb) is not one string constant"),
        ("const m={K:\"a\",K:\"b\"};", "is not one string constant"),
        ("const m=f();", "\"m\", declared at line 1, column 7 (byte 0x6), is no string, object, JSON.parse text"),
        ("const m=()=>({K:\"x\"});", "\"m\", declared at"),
        ("const m=()=>n,n={K:\"x\"};", "\"m\", declared at"),
        ("const m={K:\"x\"}.a;", "\"m\", declared at"),
        ("import m from'a';o={K:\"x\"};", "\"m\", declared at"),
        ("import{b as m}from'a';o={K:\"x\"};", "\"m\", declared at"),
        ("function m(){}o={K:\"x\"};", "\"m\", declared at"),
        ("let m={K:\"x\"};m=a;", "\"m\" gets another value at line 1, column 15"),
        ("let m={K:\"x\"};[m]=a;", "\"m\" gets another value at line 1, column 16"),
        ("let m={K:\"x\"};({a:m}=a);", "\"m\" gets another value at"),
        ("let m={K:\"x\"};for(m of a);", "\"m\" gets another value at"),
        ("let m={K:\"x\"};()=>m||={};", "\"m\" gets another value at"),
        ("var m={K:\"x\"};var m={K:\"y\"};", "\"m\" is declared more than once"),
        (
            "const m=r(4),a={K:\"x\"},b={K:\"y\"};",
            "more than one object has a string \"K\": line 1, column 19 (byte 0x12); ",
        ),
        ("const m=r(4),a={K:\"x\"},b=JSON.parse('{\"K\":\"y\"}');", "more than one object has a string \"K\": line 1"),
        ("const m=n,n=o,o=p,p=q,q={K:\"x\"};", "it leads on over more than 4 names"),
        ("const m=n,n=m;", "it leads on over more than 4 names"),
    ] {
        let text = format!("{text}\n{GETTER}");
        let found = error(&text);
        let at = "the value of \"NAME\" at line 2, column 34 (byte ";
        assert!(found.starts_with(at) && found.contains("is m.K, which cannot be followed: "), "{text}: {found}");
        assert!(found.contains(why) && found.contains("app.settings.json"), "{text}: {found}");
        assert_eq!(get(text.as_bytes(), "NAME").unwrap_err().to_string(), found);
    }
    for text in [
        "const m={K:\"x\"};function f(m){{}}",
        "const m={K:\"x\"};f(m=>class{{}})",
        "const m={K:\"x\"};f(({a:m})=>{{}})",
        "const m={K:\"x\"};function f(){if(a){var m=b()}{}}",
        "const m={K:\"x\"};try{}catch(m){{}}",
        "const m={K:\"x\"};for(const m of a){{}}",
        "const m={K:\"x\"};x={f(m){{}}}",
        "const m={K:\"x\"};x={f:(a,...m)=>{{}}}",
        "const m={K:\"x\"};f(async m=>{{}})",
    ] {
        let getter = if text.contains("class{") { "static get NAME(){return m.K}" } else { GETTER };
        let found = error(&text.replace("{}", getter));
        let why = ["\"m\", declared at", "\"m\" gets another value at"];
        assert!(why.iter().any(|why| found.contains(why)), "{text}: {found}");
    }
    for body in [
        "return this.K",
        "return f()",
        "return m.a.K",
        "return\nm.K",
        "let a;return m.K",
        "",
        "return m.K+1",
        "return 1",
    ] {
        let text = format!("const m={{K:\"x\"}};class A{{get NAME(){{{body}}}}}");
        assert!(error(&text).contains("is a getter that returns no string, variable or member of one"), "{text}");
    }
}

#[test]
fn what_reads_the_same_name_elsewhere_is_none() {
    for text in ["class A{static get NAME(){return m.NAME}}", "class A{get(){}}", "a.get.NAME()\n{}"] {
        assert!(error(text).contains("no property \"NAME\" has a value"), "{text}: {}", error(text));
    }
    let text = "const m=JSON.parse('{\"NAME\":\"old\"}');class A{static get NAME(){return m.NAME}}";
    assert_eq!(edit(text, "new"), text.replace("old", "new"));
}

#[test]
fn two_properties_that_read_one_string_have_one_value() {
    let text = "const m={K:\"old\"};class A{get A(){return m.K}get B(){return m.K}}";
    let edits = |a, b| [Setting { at: "A", value: a, create: false }, Setting { at: "B", value: b, create: false }];
    let edited = set_all(text.as_bytes(), &edits("new", "new")).unwrap();
    assert_eq!(String::from_utf8(edited).unwrap(), text.replace("old", "new"));
    for (a, b) in [("new", "old"), ("old", "new"), ("a", "b")] {
        let found = set_all(text.as_bytes(), &edits(a, b)).unwrap_err();
        assert!(matches!(found, JsError::Conflict { .. }), "{found}");
        assert_eq!(
            found.to_string(),
            "\"A\" and \"B\" both read the string at line 1, column 13 (byte 0xc), so they cannot have different values"
        );
    }
}

#[test]
fn escaped_names_are_found() {
    for text in [
        r#"x={N\u0041ME:"old"}"#,
        r#"x={"\x4e\101ME":"old"}"#,
        "x={'NA\\\nM\\E':\"old\"}",
        r#"x=JSON.parse('{"N\\u0041ME":"old"}')"#,
        r#"x=JSON.parse('{"N\x5cu0041ME":"old"}')"#,
        r#"x=JSON.parse('{"\u004eAME":"old"}')"#,
    ] {
        assert_eq!(values(text), ["old"], "{text}");
    }
    assert_eq!(get("x={'\\u00fc':'old'}".as_bytes(), "\u{fc}").unwrap(), ["old"]);
    assert!(values(r"a=/\d/;'\x4e\x41M").is_empty(), "a file without the name is not even read");
}

#[test]
fn many_references_take_no_time() {
    let text = format!("{}{}", "var m={K:\"x\"};".repeat(20_000), "class A{get NAME(){return m.K}}".repeat(256));
    assert!(error(&text).contains("declared more than once"));
    let text = "(function(m){m=1;".repeat(20_000) + "x={get NAME(){return m.K}}" + &"})()".repeat(20_000);
    assert!(error(&text).contains("gets another value"));
    let text = "class A{get NAME(){return m.K}}".repeat(257);
    assert!(error(&text).contains("more than 256 values of \"NAME\" are read from elsewhere"));
    let text = "(a=(m)=>{},b=".repeat(20_000) + "0" + &")=>{}".repeat(20_000) + ";x={get NAME(){return m.K}}";
    assert!(error(&text).contains("not declared"));
}

#[test]
fn division_or_regular_expression() {
    for (text, expected) in [
        ("a/b/c", "iii"),
        ("a=/b/c", "ir"),
        ("(a)/b/c", "iii"),
        ("if(a)/b/.c", "iiri"),
        ("while(a)/b/g", "iir"),
        ("a[0]/b/c", "inii"),
        ("{}/b/g", "r"),
        ("x={}/b/g", "iii"),
        ("function f(){}/b/g", "iir"),
        ("x=function(){}/b/g", "iiii"),
        ("class A{}/b/g", "iir"),
        ("x=class{}/b/g", "iiii"),
        ("x=()=>{}\n/b/g", "ir"),
        ("return/b/g", "ir"),
        ("a.return/b/g", "iiii"),
        ("a++/b/c", "iii"),
        ("a=b\n++/c/.d", "iiri"),
        ("typeof/b/g", "ir"),
        ("`${a}`/b/c", "titii"),
        ("`${a/b}${/c/}`", "tiitrt"),
        ("`${{a:`}`}/b/g}`", "titiit"),
        ("x={if(){}}/b/g", "iiii"),
        ("a?{}/b:/c/", "iir"),
        ("a:{}/b/g", "ir"),
        ("do{}while(a)/b/g", "iiir"),
        ("x=a?b:/c/", "iiir"),
        ("case_/1/2", "inn"),
        ("switch(a){case/b/:/c/}", "iiirr"),
        ("/[/]\\//u", "r"),
        ("for(const a of/b/g);", "iiiir"),
        ("for(of of of);", "iiii"),
        ("of/a/b", "iii"),
        ("yield/a/b", "iii"),
        ("function*f(){yield/a/b}", "iiir"),
        ("x={*f(){yield/a/}}", "iiir"),
        ("async function f(){}/a/g", "iiir"),
        ("export default function(){}/a/g", "iiir"),
        ("export default{}/a/g", "iiii"),
        ("class A extends B{a=1/2/3\nb(){}}", "iiiiinnni"),
        ("class A{static{}a=/b/\nc=1}", "iiiirin"),
        ("class A extends class{}{}/a/", "iiiir"),
        ("a?.5:/b/", "inr"),
        ("a?.b/c/d", "iiii"),
        ("1.5.a/b/c", "niii"),
        ("0x1e+1/2/3", "nnnn"),
        ("#x in a/b/c", "iiiii"),
        ("x=>{}\n/a/", "ir"),
        ("f(()=>{},/a/)", "ir"),
        ("let/a/b", "iii"),
        ("x=await/a/", "iir"),
        ("import a from'b';/c/", "iiisr"),
        ("import('a')/b/c", "isii"),
        ("import.meta/b/c", "iiii"),
        ("a\u{2028}/b/c", "iii"),
        ("a /* \n */ /b/c", "iii"),
        ("@f({})class A{}/a/", "iiir"),
        ("if(a){}else/b/", "iiir"),
        ("x={a}/b/c", "iiii"),
        ("({})/b/c", "ii"),
        ("a=b?()=>{}:/c/", "iir"),
        ("'a\\\r\nb\u{2028}'/c/d", "sii"),
    ] {
        assert_eq!(shape(text), expected, "{text}");
    }
}

#[test]
fn what_is_not_javascript_is_said_exactly() {
    for (text, at, expected) in [
        ("x={NAME:\"a", 8, "the closing quote of this string"),
        ("x={NAME:\"a\n\"", 8, "the closing quote of this string"),
        ("a=`b${c", 7, "the closing bracket"),
        ("a=`b${c}", 7, "the closing backquote"),
        ("a/*", 1, "'*/'"),
        ("a=/b", 2, "the closing '/'"),
        ("a=/[/\n]/", 2, "the closing '/'"),
        ("(a]", 2, "the closing bracket"),
        ("a}", 1, "the closing bracket"),
        ("a\\b", 1, "a name"),
        ("a \u{1}", 2, "a token"),
        ("{", 1, "the closing bracket"),
    ] {
        let found = tokens(text.as_bytes()).unwrap_err();
        let JsError::Syntax { at: position, expected: said, .. } = &found else { panic!("{text}: {found}") };
        assert_eq!((position.offset, said.starts_with(expected)), (at, true), "{text}: {found}");
    }
    assert!(matches!(tokens("(".repeat(100_000).as_bytes()), Err(JsError::Depth { .. })));
    assert!(tokens(b"\xff\xfea\0").unwrap_err().to_string().contains("UTF-16"));
}

#[test]
fn html_comments_are_none_in_modules() {
    assert_eq!(values("import a from'b'\nx=a<!--b,y={NAME:\"old\"}"), ["old"]);
    assert!(values("x=a<!--b,y={NAME:\"old\"}").is_empty());
}

#[test]
fn values_are_written_for_their_quotes() {
    assert_eq!(edit("x={NAME:\"a\"}", "\"'`${\\"), r#"x={NAME:"\"'`${\\"}"#);
    assert_eq!(edit("x={NAME:'a'}", "\"'`${\\"), r#"x={NAME:'"\'`${\\'}"#);
    assert_eq!(edit("x={NAME:`a`}", "\"'`${$\\"), r#"x={NAME:`"'\`\${$\\`}"#);
    assert_eq!(edit("x={NAME:\"a\"}", "\r\n\0\u{2028}\u{7f}"), r#"x={NAME:"\r\n\x00\u2028\x7f"}"#);
    assert_eq!(edit("x={NAME:\"a\"}", "é\u{1f600}"), r#"x={NAME:"\u00e9\ud83d\ude00"}"#);
    assert_eq!(edit("x={NAME:\"a\",ü:1}", "é\u{1f600}"), "x={NAME:\"\\u00e9\\ud83d\\ude00\",ü:1}");
    assert_eq!(edit("x={NAME:\"a\"}", "</SCRIPT><!--</b"), r#"x={NAME:"<\/SCRIPT><\!--</b"}"#);
    assert_eq!(set(b"x={NAME:'a',b:'\xe9'}", "NAME", "\u{e9}", false).unwrap(), b"x={NAME:'\\u00e9',b:'\xe9'}");
}

#[test]
fn escapes_are_read() {
    assert_eq!(
        values(r"x={NAME:'\0\b\t\n\v\f\r\x41\u0042\u{43}\ud83d\ude00\101\q\'é\é'}"),
        ["\0\u{8}\t\n\u{b}\u{c}\rABC\u{1f600}Aq'éé"]
    );
    assert_eq!(values("x={NAME:'a\\\nb\\\r\nc\\\u{2028}d'}"), ["abcd"]);
    assert_eq!(values("x={NAME:`a\r\nb\rc`}"), ["a\nb\nc"]);
    assert_eq!(values(r"x={NAME:'\ud83d'}"), ["\u{fffd}"]);
}

/// Text before and behind, in which nothing is a property.
fn surroundings() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("\n"),
        Just(";/*{NAME:\"x\"}*/"),
        Just(";c?NAME:\"x\";"),
        Just(";a=/[\"'`{/]/g;"),
        Just(";b=`}${{a:'}'}+`${1/2}`}{`;"),
        Just(";'\\';{NAME:\"x\"}\\\r\n';"),
        Just(";d()\r\n{}"),
        Just(";if(e)/\"/.test(f);g=h/i/j;"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn only_the_literal_changes(
        before in prop::collection::vec(surroundings(), 0..6),
        behind in prop::collection::vec(surroundings(), 0..6),
        quote in prop_oneof![Just('"'), Just('\''), Just('`')],
        value in ".*",
    ) {
        let (before, behind) = (before.concat(), behind.concat());
        let text = format!("{before};x={{a:1,NAME:{quote}old{quote}}};{behind}");
        let edited = edit(&text, &value);
        let head = format!("{before};x={{a:1,NAME:{quote}");
        prop_assert!(edited.starts_with(&head));
        let tail = format!("{quote}}};{behind}");
        prop_assert!(edited.ends_with(&tail));
        prop_assert_eq!(values(&edited), vec![value]);
        prop_assert_eq!(edit(&edited, "old"), text);
    }

    #[test]
    fn json_in_javascript_is_json(value in ".*", other in ".*", key in "[a-y\"é]{0,3}", template: bool) {
        let json = serde_json::json!({ "z": [other.clone(), {"NAME": "old"}], key.as_str(): other }).to_string();
        let text = if template {
            format!("x=JSON.parse(`{}`)", json.replace('\\', "\\\\").replace('`', "\\`").replace("${", "$\\{"))
        } else {
            format!("JSON.parse({},a)", serde_json::Value::from(json))
        };
        let edited = edit(&text, &value);
        prop_assert_eq!(values(&edited), vec![value]);
        prop_assert_eq!(edit(&edited, "old"), text);
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        javascript(&bytes);
    }

    #[test]
    fn nearly_javascript(words in prop::collection::vec(prop::sample::select(WORDS), 0..40)) {
        javascript(words.concat().as_bytes());
        let _ = documents(words.concat().as_bytes());
    }
}

const WORDS: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "a",
    "NAME",
    ":",
    "=",
    "\"x\"",
    "'\\x",
    "'",
    "`",
    "${",
    "/",
    "/*",
    "*/",
    "//",
    "\n",
    ",",
    ";",
    "?",
    "=>",
    "function ",
    "class ",
    "async ",
    "*",
    "yield ",
    "return ",
    "JSON.parse(",
    "'{\"NAME\":\"x\"}'",
    ".",
    "...",
    "import ",
    "export ",
    "for(",
    " of ",
    "<!--",
    "-->",
    "\\u0061",
    "\u{2028}",
    "\u{1f600}",
    "1",
    "++",
    "#a",
    "let ",
    "case ",
    "x={NAME:\"y\"}",
    "get ",
    "static ",
    "extends ",
    "\\",
    "${`",
    "if(a)",
    "get NAME(){return ",
    "class{",
    "x={get NAME(){return b.a}}",
    "x={NAME:b}",
    "var b=",
    "const {a:b}=",
    "b.a",
    "{a:\"x\"}",
    "r(4)",
    "JSON.parse('{\"a\":\"x\"}')",
    "b=>",
    "(b)=>{",
    "||",
    "??=",
    "+",
    "{NAME=",
    ".NAME=",
    "['NA'+'ME']",
    "const b='NAME';",
    "[b]",
    "()=>",
    "Object.defineProperty(a,'NAME',{value:",
    "a.set('NAME',",
    "JSON.parse(b",
];

#[test]
fn a_name_is_found_however_it_is_written() {
    // Each of these is one token's escape or one sum away from the name, and the name stands nowhere plainly.
    for (text, name) in [
        (r#"x={"\x63lientId":"old"}"#, "clientId"),
        (r#"x={client\u0049d:"old"}"#, "clientId"),
        (r#"x={\u{63}lientId:"old"}"#, "clientId"),
        (r#"x={["client"+"Id"]:"old"}"#, "clientId"),
        (r#"x={["clie\x6et"+"Id"]:"old"}"#, "clientId"),
        ("x={[\"client\" // a line\n + (/* one */ \"I\\\nd\")]:\"old\"}", "clientId"),
        ("x={[(\"client\")+''+`\\Id`]:\"old\"}", "clientId"),
        ("x={'client\\\n\\\nId':\"old\"}", "clientId"),
        (r#"x=JSON.parse('{"\\u0063lientId":"old"}')"#, "clientId"),
        (r#"x=JSON.parse("{\"client\\u0049\x64\":\"old\"}")"#, "clientId"),
        (r#"x={"client\x2did":"old"}"#, r#"["client-id"]"#),
        (r#"x={["client-"+"id"]:"old"}"#, r#"["client-id"]"#),
        (r#"x=JSON.parse('{"client\/id":"old"}')"#, r#"["client/id"]"#),
        (r#"x=JSON.parse('{"client\\/id":"old"}')"#, r#"["client/id"]"#),
        (r#"x={"cli\xe9nt":"old"}"#, "cliént"),
    ] {
        assert_eq!(get(text.as_bytes(), name).unwrap(), ["old"], "{text}");
    }
    // Far apart, it is read as the tokens tell.
    let far = format!("x={{['client'/*{}*/+'Id']:'old'}}", " ".repeat(100_000));
    assert_eq!(get(far.as_bytes(), "clientId").unwrap(), ["old"]);
    let folded = format!("x={{'client{}Id':'old'}}", "\\\n".repeat(10_000));
    assert_eq!(get(folded.as_bytes(), "clientId").unwrap(), ["old"]);
    // JSON in pieces is not changed, and that is said.
    let pieces = r#"x=JSON.parse('{"cli' + 'entId":"old"}')"#;
    assert!(get(pieces.as_bytes(), "clientId").unwrap_err().to_string().contains("JSON that is put together"));
    // A file that has none of it is not even cut into tokens: this one could not be.
    let damaged = r#"x = "unclosed; y = "client" + 1 + "\x63lien""#;
    assert!(get(damaged.as_bytes(), "clientId").unwrap().is_empty());
    assert!(get(damaged.replace("lien", "lientId").as_bytes(), "clientId").is_err());
}
