//! Failed checks looked into from here, and preflights before a write, in the sandbox.

use crate::harness::Bench;

/// The sandbox's reasons are today's: class names, which hide what S3 said.
#[test]
fn a_failed_check_that_does_not_tell_why_is_looked_into_from_here() {
    let bench = Bench::new();
    let own = || bench.run("--sandbox preflight --remote-url s3://sandbox-bucket/out/ -o json");
    let id = own().ok().json()["credentials"]["key_id"].as_str().unwrap().to_owned();
    let wrong = format!("--key {id} --secret-file {}", bench.file("wrong", "no-such-secret-0123"));
    let place = "--remote-url s3://sandbox-bucket/out/";
    let done = bench.run(&format!("--sandbox create a {place} {wrong} --test"));
    done.exits(7).says("UserAuthError: PermissionError").says("SignatureDoesNotMatch");
    done.says("tried from here").says("the secret does not belong to the key");
    // Told not to, it says what may be behind it.
    let done = bench.run(&format!("--sandbox create b {place} {wrong} --test --no-diagnose"));
    assert!(!done.exits(7).says("does not say why").stderr.contains("tried from here"), "{done:?}");
    // The ledger knows this key: what works here with it is then another secret there.
    bench.run("--sandbox test a").exits(7).says("tried from here").says("another secret");
    // A key that this machine did not write is not used.
    let other =
        format!("--key AKIAIOSFODNN7EXAMPLE --secret-file {}", bench.path("wrong").display());
    bench.run(&format!("--sandbox create d {place} {other}")).ok();
    let done = bench.run("--sandbox test d");
    assert!(!done.exits(7).stderr.contains("tried from here"), "{done:?}");
    bench.run("--sandbox create c --kind source --remote-url s3://sandbox-bucket/none/").ok();
    let done = bench.run("--sandbox test c --kind source");
    done.exits(7).says("tried from here").says("is empty or is not there");
}

#[test]
fn a_preflight_comes_before_the_write() {
    let bench = Bench::new();
    let wrong = format!(
        "--key SANDBOXKEY0000000001 --secret-file {}",
        bench.file("wrong", "no-such-secret-0123")
    );
    let place = "--remote-url s3://sandbox-bucket/out/";
    let done = bench.run(&format!("--sandbox create a {place} {wrong} --preflight -o json"));
    assert_eq!(done.fails(7).error()["category"], "check_failed");
    assert_eq!(bench.run("--sandbox list -o json").ok().json(), serde_json::json!([]));
    bench.run(&format!("--sandbox create a {place} --preflight --test")).ok();
    let before = bench.run("--sandbox get a -o json").ok().json();
    for line in ["update a --remote-url s3://sandbox-bucket/x/", "rotate a", "rotate a --direct"] {
        let done = bench.run(&format!("--sandbox {line} {wrong} --preflight"));
        done.exits(7).says("nothing was changed");
    }
    assert_eq!(
        bench.run("--sandbox get a -o json").ok().json()["updated_at"],
        before["updated_at"]
    );
}
