//! The peers: what we did not write. The official Python SDK and boto3, unchanged, against `uns3
//! sandbox serve`, and the SDK and uns3 on the same connectors; the platform's own connector code with
//! what uns3 hands out, on a Ceph that enforces it; the shared state there; Prometheus' parser; an
//! evaluator of IAM. What is asserted stands in the scripts beside this file.
//!
//! They need Python and, once, the package index; some need Ceph, and one Node.js. Where one of them is
//! missing they are skipped, which is said on stderr; but in CI (`CI=true`) that is a failure, except
//! for Ceph and Node.js, which not every machine can have: `.ci/run` names them at its end.
#![allow(clippy::unwrap_used)]

mod python;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

const UNS3: &str = env!("CARGO_BIN_EXE_uns3");

#[test]
fn the_official_sdk() {
    run("test_sdk");
}

#[test]
fn boto3() {
    run("test_s3");
}

#[test]
fn the_sdk_and_uns3_together() {
    run("test_mixed");
}

#[test]
fn a_parser_of_hcl() {
    run("test_terraform");
}

#[test]
fn the_workflows_and_the_action() {
    run("test_workflows");
}

#[test]
fn the_connector_on_ceph() {
    run_with_ceph("test_connector");
}

#[test]
fn preflights_and_buckets_on_ceph() {
    run_with_ceph("test_ceph");
}

#[test]
fn the_shared_state_on_ceph() {
    run_with_ceph("test_state");
}

#[test]
fn a_watch_by_its_metrics_and_for_an_hour() {
    run("test_watch");
}

#[test]
fn an_evaluator_of_iam() {
    run("test_evaluated");
}

/// A served sandbox over a temporary folder, stopped when dropped.
struct Served {
    process: Child,
    /// What `sandbox serve -o json` printed.
    line: String,
    folder: TempDir,
}

impl Served {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(UNS3);
        command.args(["sandbox", "serve", "-o", "json", "--port", "0", "--data"]);
        command.arg(folder.path().join("sandbox"));
        private(&mut command, folder.path());
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { process, line, folder }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The same with Debian's Ceph, where there is one.
fn run_with_ceph(script: &str) {
    let is_there = |name: &&str| Command::new(name).arg("--version").output().is_ok();
    let programs = ["ceph-mon", "ceph-osd", "ceph", "radosgw", "radosgw-admin", "openssl"];
    let missing: Vec<&str> = programs.into_iter().filter(|name| !is_there(name)).collect();
    match missing.as_slice() {
        [] => run(script),
        _ => tell(&format!("{script} SKIPPED, not installed: {missing:?}")),
    }
}

/// Runs a script's tests in a sandbox of their own.
fn run(script: &str) {
    static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let python = match PYTHON.get_or_init(python::with_peers) {
        Ok(python) => python,
        Err(reason) if in_ci() => panic!("the peers cannot be skipped in CI: {reason}"),
        Err(reason) => return tell(&format!("SKIPPED, {reason}")),
    };
    let served = Served::new();
    let mut command = Command::new(python);
    command.args(["-B", "-W", "ignore", "-m", "unittest", "--verbose", script]);
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers"));
    private(&mut command, served.folder.path());
    command.env("PEERS_UNS3", UNS3);
    command.env("PEERS_TOOLS", env!("CARGO_TARGET_TMPDIR"));
    // What a script leaves behind when it is killed is gone with the sandbox.
    command.env("TMPDIR", served.folder.path());
    command.env("PEERS_SANDBOX", served.line.trim());
    command.env("PEERS_EXPIRED_TOKEN", uns3::sandbox::EXPIRED_SESSION_TOKEN);
    let ran = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stdout));
    let count = said.lines().find_map(|line| line.strip_prefix("Ran ")).unwrap_or("0 tests");
    assert!(!count.starts_with("0 "), "{script} has no tests: {said}");
    tell(&format!("{script} ran {count}"));
}

/// Not by a macro: the test harness would swallow it.
fn tell(words: &str) {
    let _ = writeln!(std::io::stderr(), "peers: {words}");
}

fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !["", "0", "false"].contains(&value.as_str()))
}

/// Nothing of the user's own: no credentials, no profiles, no proxy on the way to loopback.
fn private(command: &mut Command, folder: &Path) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["AWS_", "UNS3_", "UNSTRUCTURED_", "PYTHON"].iter().any(|start| text.starts_with(start))
        {
            command.env_remove(&name);
        }
    }
    let missing = folder.join("none");
    command
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", &missing)
        .env("AWS_SHARED_CREDENTIALS_FILE", &missing)
        .env("NO_PROXY", "127.0.0.1,localhost")
        .env("no_proxy", "127.0.0.1,localhost")
        .env("PYTHONUTF8", "1")
        .env("UNS3_CONFIG_DIR", folder.join("config"))
        .env("UNS3_STATE_DIR", folder.join("state"));
}
