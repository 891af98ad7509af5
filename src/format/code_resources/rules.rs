//! The rules of a seal: regular expressions with weights. The heaviest that matches a path decides; where two weigh the
//! same, the one that omits.
//!
//! Must not: decide by anything but the rules and Apple's fixed exclusions.

use regex::bytes::{RegexBuilder, RegexSet, RegexSetBuilder};

use super::SealError;
use crate::format::apple_plist::{Dictionary, Value};
use crate::format::limits;

/// What becomes of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is no part of the seal.
    Omitted,
    /// It is sealed.
    Sealed {
        /// It may be missing.
        optional: bool,
        /// Code at it is sealed by its own signature.
        nested: bool,
    },
}

/// Compiled rules.
#[derive(Debug, Clone)]
pub struct Rules {
    /// All patterns in one automaton: a seal has thousands of files, and each would be matched against every rule.
    patterns: RegexSet,
    /// What they say, in the same order.
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, Copy)]
struct Rule {
    weight: f64,
    omit: bool,
    optional: bool,
    nested: bool,
}

impl Rules {
    /// Compiles the rules of a seal; no rules omit everything.
    pub(super) fn parse(rules: Option<&Dictionary>) -> Result<Self, SealError> {
        let (mut patterns, mut compiled) = (Vec::new(), Vec::new());
        for (pattern, value) in rules.into_iter().flatten() {
            let wrong = |problem: String| SealError::Entry { place: format!("rule {pattern:?}"), problem };
            if compiled.len() >= limits::SEAL_RULES {
                return Err(wrong(format!("more than {} rules", limits::SEAL_RULES)));
            }
            let entry = value.as_dictionary();
            let flag = |key| entry.and_then(|entry| entry.get(key)).and_then(Value::as_boolean).unwrap_or(false);
            let weight = entry.and_then(|entry| entry.get("weight"));
            let weight = weight.and_then(|value| {
                #[allow(clippy::cast_precision_loss, reason = "weights are small")]
                value.as_real().or_else(|| value.as_signed_integer().map(|weight| weight as f64))
            });
            // A rule that is `false` takes away what a lighter one would seal.
            let off = value.as_boolean() == Some(false);
            patterns.push(pattern);
            compiled.push(Rule {
                weight: weight.unwrap_or(1.0),
                omit: flag("omit") || off,
                optional: flag("optional"),
                nested: flag("nested"),
            });
        }
        let set = RegexSetBuilder::new(&patterns).size_limit(limits::SEAL_RULE_BYTES).unicode(false).build();
        let set = set.map_err(|error| {
            // The set does not say which of them it is.
            let one = |pattern: &&&String| RegexBuilder::new(pattern).unicode(false).build().is_err();
            let place = patterns.iter().find(one).map_or("rules".to_owned(), |pattern| format!("rule {pattern:?}"));
            SealError::Entry { place, problem: error.to_string() }
        })?;
        Ok(Self { patterns: set, rules: compiled })
    }

    /// What becomes of a path of the bundle.
    pub fn fate(&self, path: &str) -> Fate {
        let mut best: Option<&Rule> = None;
        for rule in self.patterns.matches(path.as_bytes()).iter().filter_map(|index| self.rules.get(index)) {
            let heavier = best.is_none_or(|best| rule.weight > best.weight);
            let omits = best.is_some_and(|best| rule.weight >= best.weight && rule.omit && !best.omit);
            if heavier || omits {
                best = Some(rule);
            }
        }
        match best {
            None => Fate::Omitted,
            Some(rule) if rule.omit => Fate::Omitted,
            Some(rule) => Fate::Sealed { optional: rule.optional, nested: rule.nested },
        }
    }
}

/// What no rule can seal: the signature itself, the main executable (it holds the seal's hash), a store's receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusions {
    /// The main executable within the bundle.
    pub executable: Option<String>,
}

impl Exclusions {
    /// Whether a path is excluded.
    pub fn cover(&self, path: &str) -> bool {
        path == "CodeResources"
            || path.starts_with("_CodeSignature/")
            || path.starts_with("_MASReceipt/")
            || self.executable.as_deref() == Some(path)
    }
}

/// Apple's rules for a bundle that has no seal yet: flat as on iOS, or `deep` with `Contents` as on macOS.
pub(super) fn standard(deep: bool) -> Dictionary {
    let (one, two) = if deep { (DEEP_RULES, DEEP_RULES2) } else { (FLAT_RULES, FLAT_RULES2) };
    let rules = |list: &[(&str, &[&str], f64)]| {
        let mut rules = Dictionary::new();
        for (pattern, flags, weight) in list {
            let mut entry = Dictionary::new();
            for flag in *flags {
                entry.insert((*flag).to_owned(), Value::Boolean(true));
            }
            #[allow(clippy::float_cmp, reason = "the weight that need not be written")]
            if *weight != 1.0 {
                entry.insert("weight".to_owned(), Value::Real(*weight));
            }
            let value = if entry.is_empty() { Value::Boolean(true) } else { Value::Dictionary(entry) };
            rules.insert((*pattern).to_owned(), value);
        }
        Value::Dictionary(rules)
    };
    let mut seal = Dictionary::new();
    for key in ["files", "files2"] {
        seal.insert(key.to_owned(), Value::Dictionary(Dictionary::new()));
    }
    seal.insert("rules".to_owned(), rules(one));
    seal.insert("rules2".to_owned(), rules(two));
    seal
}

type Table = &'static [(&'static str, &'static [&'static str], f64)];

const FLAT_RULES: Table = &[
    ("^.*", &[], 1.0),
    (r"^.*\.lproj/", &["optional"], 1000.0),
    (r"^.*\.lproj/locversion.plist$", &["omit"], 1100.0),
    (r"^Base\.lproj/", &[], 1010.0),
    ("^version.plist$", &[], 1.0),
];

const FLAT_RULES2: Table = &[
    (r".*\.dSYM($|/)", &[], 11.0),
    (r"^(.*/)?\.DS_Store$", &["omit"], 2000.0),
    ("^.*", &[], 1.0),
    (r"^.*\.lproj/", &["optional"], 1000.0),
    (r"^.*\.lproj/locversion.plist$", &["omit"], 1100.0),
    (r"^Base\.lproj/", &[], 1010.0),
    (r"^Info\.plist$", &["omit"], 20.0),
    ("^PkgInfo$", &["omit"], 20.0),
    (r"^embedded\.provisionprofile$", &[], 20.0),
    (r"^version\.plist$", &[], 20.0),
];

const DEEP_RULES: Table = &[
    ("^Resources/", &[], 1.0),
    (r"^Resources/.*\.lproj/", &["optional"], 1000.0),
    (r"^Resources/.*\.lproj/locversion.plist$", &["omit"], 1100.0),
    (r"^Resources/Base\.lproj/", &[], 1010.0),
    ("^version.plist$", &[], 1.0),
];

const DEEP_RULES2: Table = &[
    (r".*\.dSYM($|/)", &[], 11.0),
    (r"^(.*/)?\.DS_Store$", &["omit"], 2000.0),
    (
        "^(Frameworks|SharedFrameworks|PlugIns|Plug-ins|XPCServices|Helpers|MacOS|Library/(Automator|Spotlight|LoginItems))/",
        &["nested"],
        10.0,
    ),
    ("^.*", &[], 1.0),
    (r"^Info\.plist$", &["omit"], 20.0),
    ("^PkgInfo$", &["omit"], 20.0),
    ("^Resources/", &[], 20.0),
    (r"^Resources/.*\.lproj/", &["optional"], 1000.0),
    (r"^Resources/.*\.lproj/locversion.plist$", &["omit"], 1100.0),
    (r"^Resources/Base\.lproj/", &[], 1010.0),
    ("^[^/]+$", &["nested"], 10.0),
    (r"^embedded\.provisionprofile$", &[], 20.0),
    (r"^version\.plist$", &[], 20.0),
];
