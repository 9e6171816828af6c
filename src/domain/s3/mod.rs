//! What is S3's: the config of its connectors, its credentials, its URLs and its policies.

pub mod auth;
pub(crate) mod bucket_policy;
pub(crate) mod cloudformation;
pub mod config;
pub mod credential_file;
pub mod credentials;
pub mod diagnosis;
pub mod fields;
pub(crate) mod grants;
pub mod location;
mod meant;
pub mod pattern;
pub mod policy;
pub(crate) mod preflight;
pub(crate) mod principals;
pub(crate) mod region;
pub mod same;
pub(crate) mod script;
pub(crate) mod symptom;
