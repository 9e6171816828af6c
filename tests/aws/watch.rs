//! `rotate --watch` with AWS as the source.
#![cfg(unix)]

use rustix::process::{Pid, Signal, kill_process};

use crate::rotating::{keyed, minutes_from_now};
use crate::sts::{OWN_ID, OWN_SECRET, ROLE, Sts, assumed};

/// The SDK reads the shared config once: a watch went on with the keys of its first hour, long after
/// another tool had written new ones.
#[test]
fn a_profile_that_is_written_anew_is_read_anew() {
    let sts = Sts::answering(|_| assumed("AssumeRole", &minutes_from_now(4)));
    let bench = sts.without_keys();
    bench.service.add("a", keyed("bucket-one", "a"));
    let write = |id: &str| {
        let text =
            format!("[saml]\naws_access_key_id = {id}\naws_secret_access_key = {OWN_SECRET}\n");
        bench.file("keys.ini", &text)
    };
    let file = write(OWN_ID);
    let line = format!(
        "rotate --all --watch --direct --no-verify -o json --aws-profile saml --role-arn {ROLE}"
    );
    let mut command = bench.command(&line.split_whitespace().collect::<Vec<_>>());
    let child = command.env("AWS_SHARED_CREDENTIALS_FILE", &file).spawn().unwrap();
    bench.service.await_request("PUT");
    write("AKIANEWNEWNEWNEWNEW0");
    bench.service.await_that("a second lease", |_| sts.requests().len() >= 2);
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    bench.finish(child, &line).exits(143);
    let signed = |at: usize| sts.requests()[at].header("authorization").unwrap().to_owned();
    assert!(signed(0).contains(OWN_ID) && signed(1).contains("AKIANEWNEWNEWNEWNEW0"));
}
