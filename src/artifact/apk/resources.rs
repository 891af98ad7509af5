//! The resource table and the manifest of a package, in the form they have in an APK (`arsc`, `axml`) or in an App Bundle
//! (`aapt`).
//!
//! Must not: choose between configurations, or know addresses.

use super::error::ApkError;
use crate::format::aapt;
use crate::format::arsc::{self, Found, StringEdit};
use crate::format::axml::{self, DataAttribute, DataEdit, FilterData, Manifest, MetaEdit};

/// Which form resources have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As Android reads them.
    Compiled,
    /// As bundletool does.
    Proto,
}

/// A resource table, in the entry `entry`.
pub(super) struct Table<'a> {
    entry: String,
    form: Of<'a>,
}

enum Of<'a> {
    Compiled(arsc::Table<'a>),
    Proto(aapt::Table<'a>),
}

impl<'a> Table<'a> {
    pub(super) fn parse(form: Form, entry: &str, bytes: &'a [u8]) -> Result<Self, ApkError> {
        let form = match form {
            Form::Compiled => Of::Compiled(arsc::Table::parse(bytes).map_err(ApkError::Table)?),
            Form::Proto => Of::Proto(aapt::Table::parse(bytes).map_err(|error| in_proto(entry, error))?),
        };
        Ok(Self { entry: entry.to_owned(), form })
    }

    /// Every value of a resource, in file order; empty when there is none.
    pub(super) fn find(&self, kind: &str, name: &str) -> Result<Vec<Found>, ApkError> {
        match &self.form {
            Of::Compiled(table) => table.find(kind, name).map_err(ApkError::Table),
            Of::Proto(table) => table.find(kind, name).map_err(|error| in_proto(&self.entry, error)),
        }
    }

    /// The paths a file resource has, each with its configuration.
    pub(super) fn files(&self, kind: &str, name: &str) -> Result<Vec<(String, String)>, ApkError> {
        match &self.form {
            Of::Compiled(table) => table.files(kind, name).map_err(ApkError::Table),
            Of::Proto(table) => table.files(kind, name).map_err(|error| in_proto(&self.entry, error)),
        }
    }

    /// Which resource a file is, as type and name; the first where several share it.
    pub(super) fn resource_of(&self, path: &str) -> Result<Option<(String, String)>, ApkError> {
        match &self.form {
            Of::Compiled(table) => table.resource_of(path).map_err(ApkError::Table),
            Of::Proto(table) => table.resource_of(path).map_err(|error| in_proto(&self.entry, error)),
        }
    }

    /// The names of all resources of a type, sorted.
    pub(super) fn names(&self, kind: &str) -> Result<Vec<String>, ApkError> {
        match &self.form {
            Of::Compiled(table) => table.names(kind).map_err(ApkError::Table),
            Of::Proto(table) => table.names(kind).map_err(|error| in_proto(&self.entry, error)),
        }
    }

    /// The name of a resource id, as `type/name`.
    pub(super) fn resource_name(&self, id: u32) -> Result<Option<String>, ApkError> {
        match &self.form {
            Of::Compiled(table) => table.resource_name(id).map_err(ApkError::Table),
            Of::Proto(table) => table.resource_name(id).map_err(|error| in_proto(&self.entry, error)),
        }
    }

    /// What a resource id stands for, references followed: every value it can have.
    pub(super) fn resolve(&self, id: u32) -> Result<Vec<Found>, ApkError> {
        match &self.form {
            Of::Compiled(table) => table.resolve(id).map_err(ApkError::Table),
            Of::Proto(table) => table.resolve(id).map_err(|error| in_proto(&self.entry, error)),
        }
    }
}

/// A table with other strings.
pub(super) fn edit_strings(
    form: Form,
    entry: &str,
    bytes: &[u8],
    edits: &[StringEdit],
    create: bool,
) -> Result<Vec<u8>, ApkError> {
    match form {
        Form::Compiled => arsc::edit(bytes, edits, create).map_err(ApkError::Table),
        Form::Proto => aapt::edit_strings(bytes, edits, create).map_err(|error| in_proto(entry, error)),
    }
}

/// What a manifest says.
pub(super) fn manifest(form: Form, entry: &str, bytes: &[u8]) -> Result<Manifest, ApkError> {
    match form {
        Form::Compiled => Ok(axml::Document::parse(bytes).map_err(ApkError::Manifest)?.manifest()),
        Form::Proto => Ok(aapt::Document::parse(bytes).map_err(|error| in_proto(entry, error))?.manifest()),
    }
}

/// Every `<data>` in the intent filters of a manifest that has this attribute, in document order.
pub(super) fn filter_data(
    form: Form,
    entry: &str,
    bytes: &[u8],
    attribute: DataAttribute,
) -> Result<Vec<FilterData>, ApkError> {
    match form {
        Form::Compiled => {
            let document = axml::Document::parse(bytes).map_err(ApkError::Manifest)?;
            Ok(axml::filter_data(&document, attribute))
        }
        Form::Proto => {
            let document = aapt::Document::parse(bytes).map_err(|error| in_proto(entry, error))?;
            Ok(document.filter_data(attribute))
        }
    }
}

/// A manifest with other meta-data and intent filters.
pub(super) fn edit_manifest(
    form: Form,
    entry: &str,
    bytes: &[u8],
    (meta, data): (&[MetaEdit], &[DataEdit]),
    create: bool,
) -> Result<Vec<u8>, ApkError> {
    match form {
        Form::Compiled => Ok(axml::edit_manifest(bytes, meta, data, create).map_err(ApkError::Manifest)?.bytes),
        Form::Proto => {
            let edited = aapt::edit_manifest(bytes, meta, data, create).map_err(|error| in_proto(entry, error))?;
            Ok(edited.bytes)
        }
    }
}

fn in_proto(entry: &str, source: aapt::AaptError) -> ApkError {
    ApkError::Proto { entry: entry.to_owned(), source }
}
