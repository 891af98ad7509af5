//! `FILE.js#NAME` judged by running programs: node prints what a program reads before and after an edit. Every old value must
//! be the new one then, and nothing else may change; or the edit must be refused.
//!
//! Must not: judge by reading the edited text.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use inject::format::js::{left, set};

/// What is to become of a program.
enum Expect {
    /// Every `old` is the new value, by the address `CID`.
    Set,
    /// The same by another address, which leaves so many values.
    Picked(&'static str, usize),
    /// An error that says this.
    Refused(&'static str),
}
use Expect::{Picked, Refused, Set};

/// Name, program, what is to become of it. What may become the new value begins with `old`.
const CASES: &[(&str, &str, Expect)] = &[
    ("member", r#"var c={CID:"old"}; p(c.CID)"#, Set),
    ("quoted key", r#"var c={"CID":'old',a:1}; p(c.CID,c.a)"#, Set),
    ("template", "var c={CID:`old`}; p(c.CID)", Set),
    ("parentheses", r#"var c={CID:"old"}; c.CID=("old"); p(c.CID)"#, Set),
    ("comma", r#"var c={CID:"old"}; c.CID=(0,"old"); p(c.CID)"#, Set),
    ("comma with a call", r#"var c={CID:"old"}; c.CID=(p("x"),"old"); p(c.CID)"#, Set),
    ("conditional", r#"var c={CID:"old",t:1}; c.CID=c.t?"old":"old"; p(c.CID); c.CID=c.f?"old":"old"; p(c.CID)"#, Set),
    (
        "conditional of two",
        r#"var c={CID:"old1"}; c.CID=c.prod?"oldP":"oldD"; p(c.CID)"#,
        Refused("3 different constants"),
    ),
    ("conditional of conditionals", r#"var c={CID:1?"old":0?"old":("old")}; p(c.CID)"#, Set),
    ("conditional with a call", r#"var c={CID:"old"}; c.CID=c.x?String("old2"):"old"; p(c.CID)"#, Refused("a call")),
    ("literals joined", r#"var c={CID:"o"+'l'+"d"}; p(c.CID)"#, Set),
    ("literals joined, beside one", r#"var c={CID:"old"}; c.CID="ol"+("d"); p(c.CID)"#, Set),
    ("joined with an unknown", r#"var c={CID:"old"}; c.CID="ol"+c.x; p(c.CID)"#, Refused("put together")),
    ("assigned or", r#"var c={CID:"old1"}; c.CID=globalThis.NOPE||"old2"; p(c.CID)"#, Refused("different constants")),
    ("assigned or, the same", r#"var c={CID:"old"}; c.CID=globalThis.NOPE||"old"; p(c.CID)"#, Refused("globalThis")),
    ("own or", r#"var c={}; c.CID=c.CID||"old"; p(c.CID)"#, Set),
    ("own nullish", r#"var c={CID:null}; c.CID=c.CID??"old"; p(c.CID)"#, Set),
    ("or assigned", r#"var c={}; c.CID||="old"; p(c.CID)"#, Set),
    ("nullish assigned", r#"var c={}; c.CID??="old"; p(c.CID)"#, Set),
    ("and assigned", r#"var c={CID:"old"}; c.CID&&="old"; p(c.CID)"#, Set),
    ("nullish of an unknown", r#"var c={CID:"old"}; c.CID=globalThis.NOPE??"old"; p(c.CID)"#, Refused("globalThis")),
    ("added to", r#"var c={CID:"old"}; c.CID+="2"; p(c.CID)"#, Refused("depends on the old value")),
    ("empty or", r#"var m={CID:"old"}; class S{static CID=""||m.CID} p(S.CID)"#, Set),
    ("empty of an environment", r#"var e={u:""},m={CID:"old"}; class S{static CID=e.u||m.CID} p(S.CID)"#, Set),
    (
        "an environment in another module",
        r#"var o={4:t=>{t.e={u:""}},5:t=>{t.m={CID:"old"}}},r=i=>{var t={};o[i](t);return t},m=r(4),n=r(5);class S{static CID=m.e.u||n.m.CID} p(S.CID)"#,
        Set,
    ),
    ("an environment that wins", r#"var e={u:"old"},m={CID:"old"}; class S{static CID=e.u||m.CID} p(S.CID,e.u)"#, Set),
    ("variable", r#"var c={CID:"old"}; var v="old"; c.CID=v; p(c.CID)"#, Set),
    (
        "variable that changes",
        r#"var c={CID:"old"}; let v="old"; v="old2"; c.CID=v; p(c.CID)"#,
        Refused("gets another value"),
    ),
    ("variable of two", r#"var c={CID:"old"}; const v=c.x?"old":"old"; c.CID=v; p(c.CID)"#, Set),
    ("code points", r#"var c={CID:"old"}; c.CID=String.fromCharCode(111,108,100); p(c.CID)"#, Refused("a call")),
    ("parameter default", r#"function f(CID="old"){p(CID)} f()"#, Set),
    (
        "parameter default, handed on",
        r#"var c={CID:"old"}; function f(id="old2"){return{CID:id}} p(f().CID)"#,
        Refused("\"id\""),
    ),
    ("pattern of a parameter", r#"var c={CID:"old"}; function f({CID="old"}={}){p(CID)} f()"#, Set),
    ("pattern with another name", r#"var c={CID:"old"}; function f({CID:i="old"}={}){p(i)} f()"#, Set),
    ("destructured", r#"var c={CID:"old"}; var {CID="old"}={}; p(CID)"#, Set),
    ("destructured, other name", r#"var c={CID:"old"}; var {CID:i="old"}={}; p(i)"#, Set),
    ("destructured, unknown default", r#"var c={CID:"old"}; var {CID=String("old2")}={}; p(CID)"#, Refused("a call")),
    ("destructured into", r#"var c={CID:"old"}; [c.CID]=["old2"]; p(c.CID)"#, Refused("taken out of another value")),
    ("destructured into, object", r#"var c={CID:"old"}; ({a:c.CID}={a:"old2"}); p(c.CID)"#, Refused("taken out of")),
    ("the same name into", r#"var c={CID:"old"},d={}; ({CID:d.CID}=c); p(d.CID)"#, Set),
    ("loop", r#"var c={CID:"old"}; for(c.CID of ["old2"]); p(c.CID)"#, Refused("a loop goes over")),
    ("argument of a function", r#"var c={CID:"old"}; function f(i){return{CID:i}} p(f("old2").CID)"#, Refused("\"i\"")),
    (
        "argument of that name",
        r#"var c={CID:"old"}; function f(CID){return{CID}} p(f("old2").CID)"#,
        Refused("\"CID\""),
    ),
    ("pattern that passes on", r#"var c={CID:"old"}; const f=({CID})=>({CID}); p(f(c).CID)"#, Set),
    ("shorthand of a constant", r#"const CID="old"; var c={CID}; p(c.CID)"#, Set),
    (
        "shorthand of a call",
        r#"var d={CID:"old"}; (()=>{const CID=String("old2"); var c={CID}; p(c.CID)})()"#,
        Refused("CID"),
    ),
    ("getter", r#"var d={CID:"old"}; class S{get CID(){return "old"}} p(new S().CID)"#, Set),
    (
        "getter of another",
        r#"var d={CID:"old1"}; class S{get CID(){return "old2"}} p(new S().CID)"#,
        Picked("S.CID", 1),
    ),
    ("getter of two", r#"var d={CID:"old"}; class S{get CID(){return this.x?"old":"old"}} p(new S().CID)"#, Set),
    (
        "getter of a private",
        r##"var d={CID:"old"}; class S{#c="old2";get CID(){return this.#c}} p(new S().CID)"##,
        Refused("a getter"),
    ),
    (
        "getter with statements",
        r#"var d={CID:"old"}; class S{get CID(){let a="old2";return a}} p(new S().CID)"#,
        Refused("a getter"),
    ),
    ("getter of that name", r#"var d={CID:"old"}; class S{get CID(){return d.CID}} p(new S().CID)"#, Set),
    ("setter", r#"var d={CID:"old",set CID(v){}}; var e={CID:"old"}; p(e.CID)"#, Set),
    ("method", r#"var d={CID:"old"}; class S{CID(){return "old"}} p(new S().CID())"#, Set),
    (
        "method with statements",
        r#"var d={CID:"old"}; class S{CID(){let a="old2";return a}} p(new S().CID())"#,
        Refused("a method"),
    ),
    ("method with parameters", r#"var d={CID:"old"}; class S{CID(e){return e}} p(d.CID,new S().CID("x"))"#, Set),
    ("arrow", r#"var n="old",d={CID:()=>n}; p(d.CID())"#, Set),
    ("arrow of an unknown", r#"var d={CID:"old"},e={CID:()=>NOPE}; try{p(e.CID())}catch{p(d.CID)}"#, Refused("NOPE")),
    ("arrow with braces", r#"var d={CID:()=>{return "old"}}; p(d.CID())"#, Set),
    ("function", r#"var d={CID:function(){return "old"}}; p(d.CID())"#, Set),
    ("field", r#"class S{CID="old";static CID='old'} p(new S().CID,S.CID)"#, Set),
    ("field in a constructor", r#"class S{constructor(){this.CID="old"}} p(new S().CID)"#, Set),
    (
        "fallback in a method",
        r#"class E{constructor(){this.CID="";this.load()}load(){this.CID=globalThis.__env||"old"}} p(new E().CID)"#,
        Refused("different constants"),
    ),
    ("joined key", r#"var c={["C"+"ID"]:"old"}; p(c.CID)"#, Set),
    ("key twice", r#"var c={CID:"old",["C"+"ID"]:"old"}; p(c.CID)"#, Set),
    ("key in a constant", r#"const k="CID"; var c={[k]:"old"}; c[k]="old"; p(c.CID)"#, Set),
    ("key in another constant", r#"const k="CID"; var c={[k]:"old"}; {const k="x"; c[k]="y"} p(c.CID,c.x)"#, Set),
    ("index", r#"var c={}; c["CID"]="old"; c["C"+"ID"]="old"; p(c.CID)"#, Set),
    ("defineProperty", r#"var c={}; Object.defineProperty(c,"CID",{value:"old",writable:!0}); p(c.CID)"#, Set),
    (
        "defineProperty, getter",
        r#"var c={}; Object.defineProperty(c,"CID",{enumerable:!0,get:function(){return "old"}}); p(c.CID)"#,
        Set,
    ),
    ("defineProperty, method", r#"var c={}; Object.defineProperty(c,"CID",{get(){return "old"}}); p(c.CID)"#, Set),
    (
        "defineProperty, unknown",
        r#"var d={CID:"old"},c={}; Object.defineProperty(c,"CID",{value:String("old2")}); p(c.CID)"#,
        Refused("a call"),
    ),
    (
        "defineProperty, elsewhere",
        r#"var d={CID:"old"},c={},q={value:"old2"}; Object.defineProperty(c,"CID",q); p(c.CID)"#,
        Refused("a descriptor"),
    ),
    (
        "defineProperty, key in a constant",
        r#"const k="CID"; var c={}; Object.defineProperty(c,k,{value:"old",writable:!0}); Reflect.set(c,k,"old"); p(c.CID)"#,
        Set,
    ),
    ("defineProperties", r#"var c=Object.defineProperties({},{CID:{value:"old"}}); p(c.CID)"#, Set),
    ("Object.create", r#"var c=Object.create(null,{CID:{value:"old"}}); p(c.CID)"#, Set),
    ("Reflect.defineProperty", r#"var c={}; Reflect.defineProperty(c,"CID",{value:"old"}); p(c.CID)"#, Set),
    ("Reflect.set", r#"var c={}; Reflect.set(c,"CID","old"); p(c.CID)"#, Set),
    ("Reflect.set, unknown", r#"var c={CID:"old"}; Reflect.set(c,"CID",String("old2")); p(c.CID)"#, Refused("a call")),
    ("Object.assign", r#"var c={CID:"old"}; Object.assign(c,{CID:"old"}); p(c.CID)"#, Set),
    ("fromEntries", r#"var c=Object.fromEntries([["a","b"],["CID","old"]]); p(c.CID,c.a)"#, Set),
    ("Map", r#"var m=new Map([["CID","old"]]); p(m.get("CID")); m.set("CID","old"); p(m.get("CID"))"#, Set),
    (
        "Map, unknown",
        r#"var c={CID:"old"},m=new Map(); m.set("CID",String("old2")); p(m.get("CID"))"#,
        Refused("a call"),
    ),
    (
        "what compilers make of a field",
        r#"function f(o,k,v){o[k]=v} class S{constructor(){f(this,"CID","old")}} p(new S().CID)"#,
        Set,
    ),
    (
        "export of webpack 4",
        r#"var r={d:(e,k,g)=>Object.defineProperty(e,k,{get:g})},e={};r.d(e,"CID",(function(){return n}));const n="old";p(e.CID)"#,
        Set,
    ),
    (
        "export of webpack 5",
        r#"var r={d:(e,d)=>{for(var k in d)Object.defineProperty(e,k,{get:d[k]})}},e={};r.d(e,{CID:()=>n});const n="old";p(e.CID)"#,
        Set,
    ),
    (
        "export of swc",
        r#"var e={};(function(t,a){for(var k in a)Object.defineProperty(t,k,{get:a[k]})})(e,{CID:function(){return CID}});var CID="old";p(e.CID)"#,
        Set,
    ),
    ("exports of TypeScript", r#"var exports={};exports.A=exports.CID=void 0;exports.CID="old";p(exports.CID)"#, Set),
    ("JSON.parse", r#"var c=JSON.parse('{"a":{"CID":"old"}}'); p(c.a.CID)"#, Set),
    ("JSON.parse of a variable", r#"var d={CID:"old"}; const t='{"CID":"old"}'; var c=JSON.parse(t); p(c.CID)"#, Set),
    (
        "JSON.parse of two",
        r#"var d={CID:"old"}; var c=JSON.parse('{"CID":'+'"old2"}'); p(c.CID)"#,
        Refused("put together"),
    ),
    ("JSON.parse of what is unknown", r#"var d={CID:"old"}; var c=JSON.parse(process.env.NOPE||"{}"); p(d.CID)"#, Set),
    (
        "a key that was renamed",
        r#"const m=JSON.parse('{"e5":"old"}'); class S{static get CID(){return m.e5}} p(S.CID)"#,
        Set,
    ),
    (
        "a key that is written to",
        r#"const m={e5:"old"}; m.e5=String("old2"); class S{static get CID(){return m.e5}} p(S.CID)"#,
        Refused("gets another value"),
    ),
    ("null first", r#"class S{constructor(){this.CID=null}a(){this.CID="old"}} var s=new S();s.a();p(s.CID)"#, Set),
    ("a flag", r#"var need={CID:!0},c={CID:"old"}; p(c.CID,need.CID)"#, Set),
    ("a number", r#"var c={CID:"old"}; c.CID=7; p(c.CID)"#, Refused("a number")),
    ("an object", r#"var c={CID:"old"},d={CID:{v:"old2"}}; p(d.CID.v)"#, Refused("an object")),
    ("an array", r#"var c={CID:"old"},d={CID:["old2"]}; p(d.CID[0])"#, Refused("an array")),
    ("passed on", r#"var c={CID:"old"},d={CID:c.CID},e={...c}; d.CID=c.CID; p(d.CID,e.CID)"#, Set),
    ("different", r#"var a={CID:"old"},b={CID:"x"}; p(a.CID,b.CID)"#, Refused("#a.CID or #CID[0] at line 2")),
    ("by number", r#"var a={CID:"old"},b={CID:"x"}; p(a.CID,b.CID)"#, Picked("CID[0]", 1)),
    ("by name", r#"var a={CID:"old"},b={CID:"x"}; p(a.CID,b.CID)"#, Picked("a.CID", 1)),
    ("by member", r#"var a={dev:{CID:"x"},prod:{CID:"old"}}; p(a.dev.CID,a.prod.CID)"#, Picked("prod.CID", 1)),
    ("by chain", r#"var a={b:{}}; a.b.CID="old"; a.CID="x"; p(a.b.CID,a.CID)"#, Picked("a.b.CID", 1)),
    (
        "by class",
        r#"class A{CID="x"} class B{constructor(){this.CID="old"}} p(new A().CID,new B().CID)"#,
        Picked("B.CID", 1),
    ),
    ("beside what is unknown", r#"var a={CID:"old"},b={CID:String("x")}; p(a.CID,b.CID)"#, Picked("a.CID", 1)),
    ("empty is another", r#"var a={CID:""},b={CID:"old"}; p(a.CID,b.CID)"#, Refused("2 different constants")),
    ("a type map", r#"var c={CID:"old"},t={CID:"string"}; p(c.CID,t.CID)"#, Picked("c.CID", 1)),
    (
        "a local variable",
        r#"var c={CID:"old"}; function g(u){let CID="guest";if(u)CID=u.name;return CID} p(c.CID,g())"#,
        Picked("c.CID", 1),
    ),
];

/// Runs all of them.
pub fn run(work: &Path) -> Result<()> {
    std::fs::create_dir_all(work)?;
    let mut wrong = Vec::new();
    for (name, program, expect) in CASES {
        if let Err(error) = case(work, program, expect) {
            wrong.push(format!("{name}: {error:#}\n    {program}"));
        }
    }
    ensure!(wrong.is_empty(), "{} of {} programs:\n  {}", wrong.len(), CASES.len(), wrong.join("\n  "));
    println!("js: {} programs print the new value everywhere or are refused", CASES.len());
    Ok(())
}

fn case(work: &Path, program: &str, expect: &Expect) -> Result<()> {
    let text = format!("const p=(...a)=>console.log(a.join(\" \"));\n{program}\n");
    let before = node(work, &text)?;
    let (address, remaining) = match expect {
        Set => ("CID", 0),
        Picked(address, remaining) => (*address, *remaining),
        Refused(why) => {
            return match set(text.as_bytes(), "CID", "NEW", false) {
                Ok(edited) => bail!("is not refused; node prints {:?}", node(work, &String::from_utf8(edited)?)?),
                Err(error) => {
                    ensure!(error.to_string().contains(why), "is refused, but: {error}");
                    Ok(())
                }
            };
        }
    };
    ensure!(before.contains("old"), "prints {before:?}");
    let edited = String::from_utf8(set(text.as_bytes(), address, "NEW", false)?)?;
    let after = node(work, &edited)?;
    ensure!(after == renewed(&before), "printed {before:?}, prints {after:?}");
    let found = left(text.as_bytes(), address)?;
    ensure!(found.len() == remaining, "leaves {found:?}");
    let again = String::from_utf8(set(edited.as_bytes(), address, "NEW", false)?)?;
    ensure!(again == edited, "a second run changes it");
    let back = String::from_utf8(set(edited.as_bytes(), address, "old", false)?)?;
    let (said, expected) = (node(work, &back)?, after.replace("NEW", "old"));
    ensure!(said == expected, "and back it prints {said:?}, expected {expected:?}");
    Ok(())
}

/// What is to be printed: every word that begins with `old` is the new value.
fn renewed(text: &str) -> String {
    text.split_inclusive([' ', '\n'])
        .map(|word| {
            let end = word.get(word.trim_end().len()..).unwrap_or_default();
            if word.starts_with("old") { format!("NEW{end}") } else { word.to_owned() }
        })
        .collect()
}

fn node(work: &Path, text: &str) -> Result<String> {
    let path = work.join("main.js");
    std::fs::write(&path, text)?;
    let output = Command::new("node").arg(&path).output().context("node (apt-get install nodejs)")?;
    ensure!(output.status.success(), "node: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
