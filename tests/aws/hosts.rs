//! Where calls of S3 go over TLS: AWS's own hosts by bucket and region, which a proxy leads to a server
//! of the test's; and never elsewhere, whatever an answer says.

use serde_json::Value;

use crate::fake::{Fake, good, query, refused, reply, somebody};
use crate::harness::{Bench, Done, each};
use crate::wire::{Reply, Request};

const HOSTS: [&str; 7] = [
    "sts.us-east-1.amazonaws.com",
    "s3.us-east-1.amazonaws.com",
    "*.s3.us-east-1.amazonaws.com",
    "*.s3.eu-west-1.amazonaws.com",
    "*.s3.eu-west-2.amazonaws.com",
    "*.s3.cn-north-1.amazonaws.com.cn",
    "*.s3-fips.us-gov-east-1.amazonaws.com",
];
const OUT: &str = "--remote-url s3://bucket-one/out/";

/// A preflight of AWS's hosts that a server answers for; STS answers well.
fn preflight(
    line: &str,
    answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
) -> (Fake, Done) {
    let (server, pem) = Fake::over_tls(&HOSTS, move |request| match host(request) {
        "sts.us-east-1.amazonaws.com" => somebody(),
        _ => answer(request),
    });
    let bench = Bench::new().with("HTTPS_PROXY", &server.proxy());
    let line = format!("preflight {line} {} --ca-file {}", bench.keys(), bench.file("ca", &pem));
    let done = bench.run(&format!("{line} -o json"));
    (server, done)
}

fn host(request: &Request) -> &str {
    request.header("host").unwrap_or_default()
}

fn of_s3(server: &Fake) -> Vec<Request> {
    server.requests().into_iter().filter(|one| !host(one).starts_with("sts.")).collect()
}

fn step(report: &Value, name: &str) -> String {
    let steps = report["steps"].as_array().unwrap();
    let found = steps.iter().find(|one| one["step"] == name).unwrap();
    format!("{}: {}", found["status"].as_str().unwrap(), found["message"].as_str().unwrap())
}

#[test]
fn a_preflight_of_aws_costs_three_requests_and_one_of_sts() {
    let (server, done) = preflight(OUT, good);
    let report = done.ok().json();
    assert_eq!(server.lines().len(), 4, "{:?}", server.lines());
    assert_eq!(of_s3(&server).len(), 3);
    let hosts = ["bucket-one.s3.us-east-1.amazonaws.com", "sts.us-east-1.amazonaws.com"];
    assert_eq!(server.hosts(), hosts);
    assert_eq!(step(&report, "tls"), "passed: the certificate is trusted");
    assert_eq!(report["credentials"]["arn"], "arn:aws:iam::123456789012:user/x");
    let (server, done) = preflight("--kind source --remote-url s3://bucket-one/in/", good);
    done.ok();
    assert_eq!(of_s3(&server).len(), 2);
}

/// As botocore sends it: what follows the body is a checksum, and not signed.
#[test]
fn over_tls_the_file_is_written_with_a_checksum_after_it() {
    let put = |server: &Fake| {
        let puts = of_s3(server).into_iter().filter(|one| one.method == "PUT");
        puts.collect::<Vec<_>>()
    };
    let (server, done) = preflight(OUT, good);
    done.ok();
    let sent = put(&server).pop().unwrap();
    for (name, value) in [
        ("content-encoding", "aws-chunked"),
        ("transfer-encoding", "chunked"),
        ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        ("x-amz-decoded-content-length", "0"),
        ("x-amz-sdk-checksum-algorithm", "CRC32"),
        ("x-amz-trailer", "x-amz-checksum-crc32"),
    ] {
        assert_eq!(sent.header(name), Some(value), "{name}");
    }
    assert_eq!(sent.body, "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n");
    assert!(sent.header("authorization").unwrap().contains("x-amz-trailer"), "it is signed");
    // AWS understands that: what it refuses is not sent once more in another way.
    let (server, done) = preflight(OUT, |request| match request.method.as_str() {
        "PUT" => refused(400, "InvalidRequest", "no"),
        _ => good(request),
    });
    done.exits(7);
    assert_eq!(put(&server).len(), 1);
}

/// Another server's refusal is told by what a plain write shows.
#[test]
fn a_server_that_refuses_the_checksum_is_told_as_that() {
    let own = |takes_plain: bool| {
        let (server, pem) = Fake::over_tls(&[], move |request| {
            match (request.method.as_str(), request.header("x-amz-trailer")) {
                ("PUT", Some(_)) => refused(400, "BadRequest", "An error occurred"),
                ("PUT", None) if !takes_plain => refused(400, "BadRequest", "An error occurred"),
                _ => good(request),
            }
        });
        let bench = Bench::new().with("NO_PROXY", "localhost");
        let place =
            format!("{OUT} --endpoint-url {} --ca-file {}", server.url, bench.file("ca", &pem));
        (server, bench.run(&format!("preflight {place} {} -o json", bench.keys())))
    };
    let (server, done) = own(true);
    let report = done.exits(7).json();
    assert_eq!(report["diagnosis"]["cause"], "trailers", "{report}");
    // What the plain one left is removed.
    let plain = ["DELETE /bucket-one/out/_empty", "PUT /bucket-one/out/_empty"];
    assert!(plain.iter().all(|line| server.lines().contains(&(*line).to_owned())));
    let (server, done) = own(false);
    assert_ne!(done.exits(7).json()["diagnosis"]["cause"], "trailers");
    assert!(!server.lines().contains(&plain[0].to_owned()), "{:?}", server.lines());
}

#[test]
fn a_dotted_bucket_stands_in_the_path() {
    let (server, done) = preflight("--remote-url s3://bucket.one/out/", good);
    done.ok();
    assert_eq!(server.hosts(), ["s3.us-east-1.amazonaws.com", "sts.us-east-1.amazonaws.com"]);
    assert!(of_s3(&server).iter().all(|one| one.target.starts_with("/bucket.one")));
}

/// Its credentials are the platform's: what can be seen is whether it is there, and S3.
#[test]
fn a_bucket_of_fips_is_asked_at_its_own_host() {
    let fips = |answer: fn(&Request) -> Reply| {
        let (server, pem) = Fake::over_tls(&HOSTS, answer);
        let bench = Bench::new().with("HTTPS_PROXY", &server.proxy());
        let url = "https://bucket-one.s3-fips.us-gov-east-1.amazonaws.com/out/";
        let line = format!("preflight --remote-url {url} --ambient-credentials -o json");
        (server, bench.run(&format!("{line} --ca-file {}", bench.file("ca", &pem))))
    };
    let (server, done) = fips(|_| refused(403, "AccessDenied", "Access Denied"));
    let report = done.ok().json();
    assert_eq!((&report["region"], server.lines().len()), (&"us-gov-east-1".into(), 1));
    assert_eq!(server.hosts(), ["bucket-one.s3-fips.us-gov-east-1.amazonaws.com"]);
    assert!(server.requests().iter().all(|one| one.header("authorization").is_none()));
    let (_, done) = fips(|_| reply(200, &[], "<html>Sign in to the network</html>"));
    assert_eq!(done.exits(7).json()["diagnosis"]["cause"], "not_s3");
}

/// A bucket of eu-west-1, asked for in us-east-1 first: by a header alone, by words, by its location.
#[test]
fn the_region_is_told_in_many_ways_and_followed_once() {
    let said = |status: u16| reply(status, &[("x-amz-bucket-region", "eu-west-1")], "");
    let moved = "<Endpoint>bucket-one.s3.eu-west-1.amazonaws.com</Endpoint>";
    let moved = format!("<Error><Code>PermanentRedirect</Code><Message>m</Message>{moved}</Error>");
    let malformed = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region \
        'us-east-1' is wrong; expecting 'eu-west-1'</Message></Error>";
    let host_of_it = ("location", "https://bucket-one.s3.eu-west-1.amazonaws.com/out/_empty");
    let cases = [
        ("301", said(301)),
        ("400", said(400)),
        ("403", said(403)),
        ("endpoint", reply(301, &[], &moved)),
        ("words", reply(400, &[], malformed)),
        ("307", reply(307, &[host_of_it], "")),
        ("location", reply(301, &[], "")),
    ];
    each(cases, |(name, elsewhere)| {
        let (server, done) = preflight(OUT, move |request| {
            if query(request, "location").is_some() {
                let found = "<LocationConstraint>eu-west-1</LocationConstraint>";
                return reply(200, &[], found);
            }
            match host(request) == "bucket-one.s3.eu-west-1.amazonaws.com" {
                true => good(request),
                false => elsewhere.clone(),
            }
        });
        let report = done.ok().json();
        assert_eq!(report["region"], "eu-west-1", "{name}");
        let asked = of_s3(&server);
        let locations = asked.iter().filter(|one| query(one, "location").is_some()).count();
        assert_eq!(locations, if name == "location" { 2 } else { 0 }, "{name}");
        assert!(asked.len() - locations <= 5, "{name}: {:?}", server.lines());
        for one in asked.iter().filter(|one| host(one).contains("eu-west-1")) {
            assert!(one.header("authorization").unwrap().contains("/eu-west-1/s3/"), "{name}");
        }
    });
}

#[test]
fn a_denial_in_the_bucket_s_own_region_is_one() {
    let (server, done) =
        preflight(OUT, |_| reply(403, &[("x-amz-bucket-region", "us-east-1")], ""));
    let report = done.exits(7).json();
    assert_eq!(report["diagnosis"]["cause"], "write_denied", "{report}");
    assert_eq!(of_s3(&server).len(), 2, "{:?}", server.lines());
}

#[test]
fn regions_that_send_each_other_the_bucket_are_no_circle() {
    let (server, done) = preflight(OUT, |request| {
        let other = match host(request).contains("eu-west-1") {
            true => "eu-west-2",
            false => "eu-west-1",
        };
        reply(301, &[("x-amz-bucket-region", other)], "")
    });
    let report = done.exits(7).json();
    assert_eq!(report["diagnosis"]["cause"], "region", "{report}");
    assert!(of_s3(&server).len() <= 6, "{:?}", server.lines());
}

/// What is signed goes to AWS's hosts, and there to the bucket's, whatever an answer names.
#[test]
fn no_other_host_gets_a_signature() {
    let evil = "https://bucket-one.s3.eu-west-1.amazonaws.com.evil.example/";
    let named = |host: &str| {
        format!("<Error><Code>PermanentRedirect</Code><Endpoint>{host}</Endpoint></Error>")
    };
    let cases = [
        reply(301, &[("location", evil)], ""),
        reply(307, &[("location", evil)], ""),
        reply(301, &[], &named("bucket-one.s3.eu-west-1.amazonaws.com.evil.example")),
        reply(301, &[("x-amz-bucket-region", "eu-west-1.evil.example/")], ""),
        reply(301, &[("x-amz-bucket-region", "x@evil.example")], ""),
        reply(
            400,
            &[],
            "<Error><Code>AuthorizationHeaderMalformed</Code><Region>evil.example/x</Region></Error>",
        ),
    ];
    each(cases, |elsewhere| {
        let (server, done) = preflight(OUT, move |request| match query(request, "location") {
            Some(_) => reply(200, &[], "<LocationConstraint>evil.example/</LocationConstraint>"),
            None => elsewhere.clone(),
        });
        done.exits(7);
        let hosts = ["bucket-one.s3.us-east-1.amazonaws.com", "sts.us-east-1.amazonaws.com"];
        assert_eq!(server.hosts(), hosts);
    });
}
