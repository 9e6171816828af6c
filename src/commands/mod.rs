//! One file a verb: its arguments and its run, which only orchestrates.

pub(crate) mod apply;
pub(crate) mod bucket;
pub(crate) mod completions;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod preflight;
pub(crate) mod profile;
pub(crate) mod rotate;
pub(crate) mod sandbox;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod test;
pub(crate) mod update;
