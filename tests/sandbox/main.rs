//! The sandbox over real HTTP: what it answers, what its checks find out, and what it leaves on
//! disk.
#![allow(clippy::unwrap_used)]

mod api;
mod attacks;
mod checks;
mod disk;
mod faults;
mod harness;
mod s3;
mod workflows;
