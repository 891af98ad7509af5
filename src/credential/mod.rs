//! Client credentials: their types, the store, the registries, and the two flows (look up, obtain).
//!
//! Must not: know artifacts or formats of artifacts.
