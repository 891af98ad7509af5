//! Where a value goes: the address grammar, presets (named places) and value templates.
//!
//! Must not: read or change an artifact, or hold a secret.
