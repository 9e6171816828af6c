//! One file a verb: its arguments and its run, which only orchestrates.

pub mod completions;
pub mod create;
pub mod credentials;
pub mod delete;
pub mod get;
pub mod list;
pub mod man;
pub mod profile;
pub mod rotate;
pub mod sandbox;
pub mod settings;
pub mod status;
pub mod test;
pub mod update;
