//! Where a value goes: the address grammar, presets (named places) and value templates.
//!
//! Must not: read or change an artifact, or hold a secret.

pub mod address;
mod by_value;
mod mistyped;
pub mod preset;
pub mod template;
mod tools;

pub use address::{Address, AddressError, FilePath, Locator, ResourceKind, Target};
pub use by_value::ByValue;
pub use template::{Template, TemplateError};
pub use tools::enters;

/// Kinds of artifact that an address can be limited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Android package, or the bundle that it is made of.
    Apk,
    /// Android App Bundle.
    Aab,
    /// iOS package.
    Ipa,
    /// Application bundle, a folder.
    App,
    /// Either of the two.
    Ios,
    /// A folder of files.
    Tree,
}

impl Kind {
    /// Every kind with its word in addresses.
    pub const ALL: [(&'static str, Self); 6] = [
        ("apk", Self::Apk),
        ("aab", Self::Aab),
        ("ipa", Self::Ipa),
        ("app", Self::App),
        ("ios", Self::Ios),
        ("tree", Self::Tree),
    ];

    /// Whether an address of this kind means artifacts of `actual` kind. What is in a package is in the bundle that it is made of.
    pub fn covers(self, actual: Self) -> bool {
        self == actual
            || self == Self::Ios && matches!(actual, Self::Ipa | Self::App)
            || self == Self::Apk && actual == Self::Aab
    }

    /// Its word in addresses and messages.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }
}

/// What happens when a place is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// An error: no place found.
    Fail,
    /// The place is passed over.
    Skip,
    /// It is made, with its file where that is missing too.
    Create,
    /// It is passed over, and made within files that are there when somebody asks for it ([`Self::CreateWithin`]).
    Offer,
    /// It is made in files that are there; without one it is passed over.
    CreateWithin,
}

/// An address with the value that goes there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own, as presets write them")]
pub struct Place {
    /// Where.
    pub at: Address,
    /// What.
    pub value: Template,
    /// When it is not there.
    pub absence: Absence,
    /// Passed over when one of these is there.
    pub unless: Vec<Address>,
    /// Whether each copy belongs to the main object that its file is named after, which may be another one than the
    /// artifact's own: GeneXus' metadata.
    pub by_object: bool,
    /// Whether a value that the build left empty stays empty: there it means that there is none.
    pub keep_empty: bool,
    /// Where it is not there: the string constant that is equal to what the other places of this template hold. Code is
    /// renamed by shrinkers, text is not.
    pub or_constant: bool,
    /// Whether what an edit does not reach is accepted, and only said.
    pub partial: bool,
    /// Only values that hold the Client Id which the other places of the artifact hold now: of several clients' copies, the
    /// application's own.
    pub own_id: bool,
}

impl Place {
    /// A place without conditions.
    pub fn new(at: Address, value: Template, absence: Absence) -> Self {
        Self {
            at,
            value,
            absence,
            unless: Vec::new(),
            by_object: false,
            keep_empty: false,
            or_constant: false,
            partial: false,
            own_id: false,
        }
    }
}
