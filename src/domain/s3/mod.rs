//! What is S3's: the config of its connectors, its credentials, its URLs and its policies.

pub mod auth;
pub mod config;
pub mod credentials;
pub mod diagnosis;
pub mod fields;
pub(crate) mod grants;
pub mod location;
pub mod policy;
pub(crate) mod preflight;
pub(crate) mod region;
pub mod same;
pub(crate) mod symptom;
