//! The operations that verbs share.

pub(crate) mod bucket;
pub(crate) mod change;
pub(crate) mod check;
pub(crate) mod checks;
pub(crate) mod complete;
pub(crate) mod converge;
pub(crate) mod credentials;
pub(crate) mod delete;
pub(crate) mod doctor;
pub(crate) mod each;
pub(crate) mod existing;
pub(crate) mod fleet;
pub(crate) mod leases;
pub(crate) mod listed;
pub(crate) mod preflight;
pub(crate) mod rotate;
pub(crate) mod runtime;
pub(crate) mod service;
pub(crate) mod session;
mod signals;
pub(crate) mod state;
pub(crate) mod targets;
pub(crate) mod wanted;
pub(crate) mod workflows;
pub(crate) mod write;
