//! Places in artifacts of every kind.

mod files;
