//! The binary as scripts use it: exit codes, both streams, and the requests made and not made.
#![allow(clippy::unwrap_used)]
#![cfg_attr(not(unix), allow(unused_imports, dead_code, reason = "what Unix's tests alone use"))]

mod apply;
mod apply_failures;
mod complete;
mod create;
mod credential_files;
mod credentials;
mod deaf;
mod delete;
mod doctor;
mod domain;
mod endpoints;
mod errors;
mod export;
mod faults;
mod fields;
mod formats;
mod fresh;
mod harness;
mod help;
mod kinds;
mod leases;
mod ledger;
mod lost;
mod manifest;
mod manifest_schema;
mod mistakes;
mod odd;
mod open_config;
mod openmetrics;
mod plan;
mod plan_properties;
mod profile;
mod quiet;
mod redaction;
mod refused;

mod rotate;
mod rotating;
mod rotation;
mod rotation_failures;
mod rotation_known;
mod sandbox;
mod scratch;
mod secrets;
mod select;

mod service;
mod signals;
mod status;
mod store;
mod storm;
mod tables;
mod terminal;
mod test;
mod tls;
mod transcripts;
mod trusted;
mod update;
mod urls;
mod watch;
mod watch_listen;
mod wire;
