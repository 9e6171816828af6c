//! Fuzzing of every parser, by mutation of what is good: no input ends in a panic, in an exit code
//! that is none of ours, or in a secret shown.
//!
//! `FUZZ_SECONDS` is the time that each target gets: one second without it; in CI some more; for a
//! night, `FUZZ_SECONDS=30000 cargo test --test fuzz`. A failure prints the smallest input that was
//! found; make it a test of its own.
#![allow(clippy::unwrap_used)]

mod answers;
mod bench;
mod files;
mod manifests;
mod mutation;
mod texts;

use std::time::{Duration, Instant};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

/// Runs a target, with new chance in every round, until its time is over; at least one round.
fn fuzz<S: Strategy>(inputs: S, target: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let seconds = std::env::var("FUZZ_SECONDS").map_or(1, |text| text.parse().unwrap());
    let end = Instant::now() + Duration::from_secs(seconds);
    let config = Config { cases: 16, failure_persistence: None, ..Config::default() };
    loop {
        if let Err(failure) = TestRunner::new(config.clone()).run(&inputs, &target) {
            panic!("{failure}");
        }
        if Instant::now() >= end {
            return;
        }
    }
}

#[test]
#[should_panic(expected = "minimal failing input")]
fn what_breaks_is_found() {
    let good = vec!["{\"name\": \"value\"}".to_owned()];
    for _ in 0..100 {
        fuzz(mutation::mutations(good.clone()), |text| {
            let deep = text.contains("[[[[");
            if deep { Err(TestCaseError::fail("too deep")) } else { Ok(()) }
        });
    }
}
