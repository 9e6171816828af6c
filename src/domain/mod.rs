//! The decisions, pure: no network, no files, no clock, no terminal. Time comes as an argument.

pub mod check;
pub mod connector;
pub mod difference;
pub mod expiry;
pub(crate) mod format;
pub mod json;
pub mod kind;
pub mod lease;
pub mod listed;
pub mod manifest;
pub mod names;
pub mod openmetrics;
pub mod plan;
pub mod redaction;
pub mod role;
pub mod rotation;
pub mod row;
pub mod s3;
pub mod schedule;
pub mod secret;
pub mod secret_name;
pub mod selection;
pub mod state;
pub mod terraform;
pub mod twins;
