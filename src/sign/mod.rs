//! Signing: keys, certificates, CMS and the Android and Apple schemes. Pure: time and randomness are passed in.
//!
//! Must not: read files, or be imported by `verify`.
