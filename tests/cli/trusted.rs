//! What is trusted: a file of profiles that is the user's own, credentials that are looked at before
//! they are taken for the connector's, and a stage that one odd connector does not decide.

use serde_json::json;

use crate::harness::{Bench, KEY_ID, SECRET};
use crate::rotating::{ALL, keyed, statuses};

/// CI with new keys tested the old ones, and stayed green.
#[test]
fn credentials_of_a_connector_that_exists_were_ignored_without_a_word() {
    let bench = Bench::new();
    let line =
        |keys: &str| format!("create out --remote-url s3://bucket-one/out/ --if-not-exists {keys}");
    bench.run(&line(&bench.keys())).ok();
    bench.service.forget_requests();
    let again = bench.run(&line(&bench.keys()));
    again.ok().says("neither compared nor written").says("uns3 rotate out");

    let secret = bench.path("secret").display().to_string();
    let other = format!("--key AKIAOTHEROTHEROTHER0 --secret-file {secret}");
    bench.run(&line(&other)).fails(6).says("another access key").says("uns3 rotate out");
    assert!(bench.service.writes().is_empty());
}

#[test]
fn a_role_gives_a_new_key_each_time_and_is_not_compared() {
    let bench = Bench::new();
    let line = |id: &str| {
        let path = |name| bench.path(name).display().to_string();
        format!(
            "create out --remote-url s3://bucket-one/out/ --if-not-exists --key {id} \
             --secret-file {} --token-file {}",
            path("secret"),
            path("token")
        )
    };
    bench.run(&line("ASIAFIRSTFIRSTFIRST0")).ok();
    bench.run(&line("ASIASECONDSECONDSEC0")).ok().says("neither compared nor written");
}

/// One connector that nobody could write kept all others of its bucket from being rotated.
#[test]
fn a_stage_was_decided_by_one_connector_that_cannot_be_written() {
    let bench = Bench::new();
    let mut odd = keyed("bucket-one", "a");
    odd["webhook_token"] = json!("**********");
    bench.service.add("a-odd", odd);
    bench.service.add("b-fine", keyed("bucket-one", "b"));
    let done = bench.run(&format!("{ALL} {}", bench.lease(60)));
    assert_eq!(statuses(&done.exits(3).json()), ["failed", "rotated"], "{done:?}");
    assert_eq!(bench.service.config("b-fine")["secret"], SECRET);
    assert!(bench.service.scratch().is_empty());
}

#[cfg(unix)]
#[test]
fn a_file_of_profiles_that_others_can_replace_is_refused_with_the_mend() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new().without("UNSTRUCTURED_API_KEY").without("UNSTRUCTURED_API_URL");
    let ran = bench.path("ran");
    let program = format!("echo x > {}; echo key-of-work", ran.display());
    let add = ["profile", "add", "work", "--no-verify", "--api-key-command", &program];
    bench.args(&add).ok();
    set_permissions(bench.config(), Permissions::from_mode(0o777)).unwrap();
    bench.run("list").fails(2).says("others than you can write").says("chmod go-w");
    assert!(!ran.exists(), "its command is not run");
}

/// Only root can give a file to somebody else: in CI it is.
#[cfg(unix)]
#[test]
fn a_file_of_profiles_that_is_another_user_s_is_refused() {
    use std::os::unix::fs::chown;
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let bench = Bench::new().without("UNSTRUCTURED_API_KEY").without("UNSTRUCTURED_API_URL");
    let ran = bench.path("ran");
    let program = format!("echo x > {}; echo key-of-work", ran.display());
    let add = ["profile", "add", "work", "--no-verify", "--api-key-command", &program];
    bench.args(&add).ok();
    let file = bench.config().join("config.toml");
    for theirs in [file.clone(), bench.config()] {
        chown(&theirs, Some(65534), None).unwrap();
        bench.run("list").fails(2).says("belongs to another user (65534)");
        chown(&theirs, Some(0), None).unwrap();
    }
    assert!(!ran.exists(), "its command is not run");
}

/// A killed `profile add` left its key in a file that nobody looked for.
#[test]
fn a_temporary_file_with_a_key_was_left_for_ever() {
    let bench = Bench::new();
    let key = bench.file("key", "a-first-key/of+work");
    bench.run(&format!("profile add work --no-verify --api-key-file {key}")).ok();
    let left = bench.config().join(".config.toml.x1y2z3.tmp");
    std::fs::write(&left, "api_key = \"of-one-that-was-killed\"").unwrap();
    bench.run(&format!("profile add other --no-verify --api-key-file {key}")).ok();
    assert!(!left.exists());
}

#[test]
fn without_a_terminal_a_key_alone_says_what_to_give() {
    let bench = Bench::new();
    let line = format!("create out --remote-url s3://bucket-one/ --key {KEY_ID}");
    bench.run(&line).fails(2).says("--secret-file");
    assert!(bench.service.lines().is_empty());
}
