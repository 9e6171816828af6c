//! The binary as scripts use it: exit codes, both streams, and the requests made and not made.
#![allow(clippy::unwrap_used)]

mod create;
mod credentials;
mod delete;
mod errors;
mod faults;
mod harness;
mod lost;
mod refused;
mod select;
mod service;
mod store;
mod test;
mod update;
mod wire;
