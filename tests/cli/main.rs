//! The binary as scripts use it: exit codes, both streams, and the requests made and not made.
#![allow(clippy::unwrap_used)]

mod create;
mod harness;
mod service;
mod store;
mod wire;
