//! What STS refuses: the exit code, what it means and what to do; and TLS on the way to it.

use std::sync::Arc;

use crate::fake::Fake;
use crate::harness::{SECRET, STS_ID, TOKEN, each};
use crate::rotating::{ALL, keyed, statuses};
use crate::sts::{OWN_ID, OWN_SECRET, ROLE, Sts, assumed, error};
use crate::wire::Reply;

const CREATE: &str = "create x --remote-url s3://bucket-one/ -o json";

#[test]
fn each_refusal_has_its_meaning() {
    let cases = [
        (403, "AccessDenied", 4, "trust policy"),
        (403, "ExpiredToken", 4, "have expired"),
        (403, "ExpiredTokenException", 4, "have expired"),
        (403, "InvalidClientTokenId", 4, "are wrong"),
        (403, "SignatureDoesNotMatch", 4, "are wrong"),
        (400, "MalformedPolicyDocument", 2, "--no-scope"),
        (400, "PackedPolicyTooLarge", 2, "--no-scope"),
        (400, "ValidationError", 2, "--duration"),
        (400, "RegionDisabledException", 9, "try again"),
    ];
    each(cases, |(status, code, exit, hint)| {
        let sts = Sts::answering(move |_| error(status, code, "words of STS's own"));
        let bench = sts.bench();
        let done = bench.run(&format!("{CREATE} --role-arn {ROLE} -vv"));
        done.fails(exit).says(code).says("words of STS's own").says(hint).says(ROLE);
        done.never_shows(OWN_SECRET).says("5e1b0d5e");
        assert!(bench.service.writes().is_empty());
    });
}

#[test]
fn an_outage_of_sts_is_tried_again_and_then_told() {
    for answer in [error(503, "ServiceUnavailable", "later"), Reply::Close] {
        let sts = Sts::answering(move |_| answer.clone());
        let bench = sts.bench();
        bench.run(&format!("{CREATE} --role-arn {ROLE}")).fails(9).never_shows(OWN_SECRET);
        assert_eq!(sts.requests().len(), 3);
        assert!(bench.service.writes().is_empty());
    }
}

#[test]
fn a_bucket_whose_role_is_refused_does_not_stop_another() {
    let sts = Sts::answering(|request| match request.body.contains("bucket-two") {
        true => error(403, "AccessDenied", "not there"),
        false => assumed("AssumeRole", "2096-05-06T07:08:09Z"),
    });
    let bench = sts.bench();
    bench.service.add("a", keyed("bucket-one", "a"));
    bench.service.add("b", keyed("bucket-two", "b"));
    let done = bench.run(&format!("{ALL} --role-arn {ROLE}"));
    let result = done.exits(3).says("cannot assume").json();
    assert_eq!(statuses(&result), ["rotated", "failed"]);
    assert!(result[1]["stage"].is_null());
    let config = bench.service.config("a");
    assert_eq!([&config["key"], &config["secret"], &config["token"]], [STS_ID, SECRET, TOKEN]);
}

#[test]
fn credentials_that_sts_gives_already_expired_are_refused() {
    let sts = Sts::answering(|_| assumed("AssumeRole", "2016-05-06T07:08:09Z"));
    let bench = sts.bench();
    bench.run(&format!("{CREATE} --role-arn {ROLE}")).fails(2).says("expired");
    assert!(bench.service.writes().is_empty());
}

#[test]
fn no_more_roles_are_assumed_at_once_than_asked_for() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let (now, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&most);
    let sts = Sts::answering(move |_| {
        seen.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::sleep(std::time::Duration::from_millis(20));
        now.fetch_sub(1, Ordering::SeqCst);
        assumed("AssumeRole", "2096-05-06T07:08:09Z")
    });
    let bench = sts.bench();
    for number in 0..30 {
        bench.service.add(&format!("b{number}"), keyed(&format!("bucket-{number}"), "a"));
    }
    let line = format!("{ALL} --direct --no-verify --concurrency 3 --role-arn {ROLE}");
    bench.run(&line).ok();
    assert_eq!(sts.requests().len(), 30);
    let most = most.load(Ordering::SeqCst);
    assert!(most <= 3, "{most} at once");
}

/// An STS over TLS whose certificate only a bundle of the test's own vouches for.
pub(crate) fn over_tls() -> (String, String) {
    let (sts, pem) = Fake::over_tls(&[], |_| assumed("AssumeRole", "2096-05-06T07:08:09Z"));
    (sts.url, pem)
}

#[test]
fn a_bundle_of_certificates_is_trusted_on_the_way_to_aws() {
    let (url, pem) = over_tls();
    let sts = Sts::answering(|_| Reply::Close);
    let bench =
        || sts.bench().with("AWS_ENDPOINT_URL", &url).with("NO_PROXY", "127.0.0.1,localhost");
    let line = format!("{CREATE} --role-arn {ROLE}");
    bench().run(&line).fails(9);
    let bench = bench();
    let file = bench.file("bundle.pem", &pem);
    bench.run(&format!("{line} --ca-file {file}")).ok();
    let bench = bench.with("AWS_CA_BUNDLE", &file);
    bench.run("delete x --yes").ok();
    bench.run(&line).ok();
    let bench = bench.with("AWS_CA_BUNDLE", "gone.pem");
    bench.run(&line).fails(2).says("cannot read the CA file gone.pem");
    assert!(!bench.files("state").iter().any(|(_, text)| text.contains(OWN_ID)));
}
