//! AWS as the source of credentials: the SDK's chain and AssumeRole against moto, and against
//! servers that answer what a test asks for.
//!
//! moto needs Python and, once, the package index. Where one of them is missing, the tests that need
//! it are skipped, which is said on stderr; but in CI (`CI=true`) that is a failure.
#![allow(clippy::unwrap_used)]
#![cfg_attr(not(unix), allow(unused_imports, dead_code, reason = "what Unix's tests alone use"))]

mod bounds;
mod bucket;
mod chain;
mod diagnosed;
mod doctor;
mod dripping;
mod fake;
mod hosts;
mod linted;
mod making;
mod manifest;
mod moto;
mod policy;
mod preflight;
mod programs;
mod proxy;
#[allow(dead_code, reason = "shared")]
#[path = "../peers/python.rs"]
mod python;
mod refused;
mod roles;
mod state;
mod sts;
mod untouched;
mod watch;

// The stand-in for the service and the runs of the binary, as in the command-line tests.
#[path = "../cli/hanging.rs"]
mod hanging;
#[allow(dead_code, reason = "shared")]
#[path = "../cli/harness.rs"]
mod harness;
#[allow(dead_code, reason = "shared")]
#[path = "../cli/rotating.rs"]
mod rotating;
#[allow(dead_code, reason = "shared")]
#[path = "../cli/service.rs"]
mod service;
#[path = "../cli/store.rs"]
mod store;
#[allow(dead_code, reason = "shared")]
#[path = "../cli/wire.rs"]
mod wire;
