//! The decisions, pure: no network, no files, no clock, no terminal. Time comes as an argument.

pub mod check;
pub mod config;
pub mod connector;
pub mod credentials;
pub mod diagnosis;
pub mod difference;
pub mod lease;
pub mod location;
pub mod names;
pub mod policy;
pub mod redaction;
pub mod rotation;
pub mod schedule;
pub mod secret;
pub mod selection;
