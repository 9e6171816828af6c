//! The binary as scripts use it: exit codes, both streams, and the requests made and not made.
#![allow(clippy::unwrap_used)]

mod create;
mod credentials;
mod delete;
mod domain;
mod errors;
mod faults;
mod harness;
mod help;
mod lost;
mod profile;
mod refused;
mod rotate;
mod sandbox;
mod secrets;
mod select;

mod service;
mod signals;
mod store;
mod terminal;
mod test;
mod tls;
mod update;
mod wire;
