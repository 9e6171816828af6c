//! `uns3 preflight` against moto, and against servers that answer as AWS, as others and as none do.

use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::fake::{Fake, good, query, raw, refused, reply, somebody};
use crate::harness::{Bench, SECRET, each};
use crate::sts::{ROLE, Sts};
use crate::wire::{Reply, Request};

const OUT: &str = "--remote-url s3://bucket-one/out/";

fn preflight(bench: &Bench, server: &str, line: &str) -> crate::harness::Done {
    let keys = bench.keys();
    bench.run(&format!("preflight {line} --endpoint-url {server} {keys} -o json"))
}

fn status(report: &Value, step: &str) -> String {
    let steps = report["steps"].as_array().unwrap();
    let found = steps.iter().find(|one| one["step"] == step);
    found.map_or("none", |one| one["status"].as_str().unwrap()).to_owned()
}

#[test]
fn a_destination_costs_three_requests_and_a_source_two() {
    let bench = Bench::new();
    let server = Fake::new(good);
    let done = preflight(&bench, &server.url, OUT);
    let report = done.ok().silent().json();
    let list = "GET /bucket-one?delimiter=%2F&list-type=2&prefix=out%2F_empty.json%2F";
    let write = ["DELETE /bucket-one/out/_empty", list, "PUT /bucket-one/out/_empty"];
    assert_eq!(server.lines(), write);
    for step in ["url", "address", "bucket", "write", "list", "remove"] {
        assert_eq!(status(&report, step), "passed", "{report}");
    }
    assert_eq!(
        (status(&report, "tls"), status(&report, "identity")),
        ("skipped".into(), "skipped".into())
    );
    assert_eq!(report["diagnosis"], Value::Null);
    assert_eq!(report["credentials"]["kind"], "keys");
    {
        let asked = server.requests();
        let put = asked.iter().find(|one| one.method == "PUT").unwrap();
        assert_eq!(put.header("content-length"), Some("0"));
        for absent in ["x-amz-trailer", "x-amz-sdk-checksum-algorithm", "transfer-encoding"] {
            assert_eq!(put.header(absent), None);
        }
        assert!(asked.iter().all(|one| one.header("authorization").is_some()));
    }
    let server = Fake::new(good);
    let report = preflight(&bench, &server.url, "--kind source --remote-url s3://bucket-one/in/");
    assert_eq!(status(&report.ok().json(), "read"), "passed");
    let read = "GET /bucket-one/in/a%20b%2Bc.pdf";
    assert_eq!(server.lines(), [read, "GET /bucket-one?delimiter=%2F&list-type=2&prefix=in%2F"]);
    // Nothing of it needs the service, or its key.
    assert!(bench.service.lines().is_empty());
}

#[test]
fn a_recursive_source_lists_without_a_delimiter() {
    let (bench, server) = (Bench::new(), Fake::new(good));
    let line = "--kind source --remote-url s3://bucket-one/in/ --recursive true";
    preflight(&bench, &server.url, line).ok();
    assert_eq!(server.lines()[1], "GET /bucket-one?list-type=2&prefix=in%2F");
}

/// The platform's check passes there: it only writes.
#[test]
fn a_listing_that_is_denied_fails_and_says_what_the_platform_will_do() {
    let (bench, server) = (
        Bench::new(),
        Fake::new(|request| match request.method.as_str() {
            "GET" | "DELETE" => refused(403, "AccessDenied", "Access Denied"),
            _ => good(request),
        }),
    );
    let done = preflight(&bench, &server.url, OUT);
    let report = done.exits(7).says("check will pass").says("jobs will fail").json();
    assert_eq!([status(&report, "write"), status(&report, "list")], ["passed", "failed"]);
    assert_eq!(report["diagnosis"]["cause"], "list_denied");
    assert!(report["diagnosis"]["mend"].as_str().unwrap().contains("s3:ListBucket"));
    // What could not be removed is said, and is no failure of its own.
    assert_eq!(status(&report, "remove"), "failed");
    let error = done.error();
    assert_eq!(
        (error["category"].as_str(), error["request_id"].as_str()),
        (Some("check_failed"), Some("REQ1"))
    );
}

#[test]
fn what_a_server_refuses_is_told_with_its_code_and_words() {
    let bench = Bench::new();
    each(
        [
            (403, "SignatureDoesNotMatch", "write", "wrong_secret"),
            (403, "InvalidAccessKeyId", "write", "unknown_key"),
            (400, "ExpiredToken", "write", "expired_token"),
            (403, "AccessDenied", "write", "write_denied"),
            (404, "NoSuchBucket", "bucket", "no_bucket"),
            (301, "PermanentRedirect", "bucket", "region"),
            (403, "RequestTimeTooSkewed", "write", "clock"),
            (501, "NotImplemented", "write", "trailers"),
        ],
        |(code, name, step, cause)| {
            let server = Fake::new(move |_| refused(code, name, "as the server says it"));
            let report = preflight(&bench, &server.url, OUT).exits(7).json();
            let steps = report["steps"].as_array().unwrap();
            let failed = steps.iter().find(|one| one["step"] == step).unwrap();
            assert_eq!((&failed["status"], &failed["code"]), (&"failed".into(), &name.into()));
            let message = failed["message"].as_str().unwrap();
            assert!(message.contains("as the server says it"), "{message}");
            assert_eq!(report["diagnosis"]["cause"], cause, "{report}");
        },
    );
}

#[test]
fn a_bad_moment_is_tried_once_more() {
    let count = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&count);
    let server = Fake::new(move |request| {
        let mut count = counted.lock().unwrap();
        *count += 1;
        if *count <= 2 {
            refused(503, "SlowDown", "Please reduce your request rate.")
        } else {
            good(request)
        }
    });
    preflight(&Bench::new(), &server.url, OUT).ok();
    assert_eq!(server.lines().len(), 5);
    let server = Fake::new(|_| refused(503, "SlowDown", "Please reduce your request rate."));
    let report = preflight(&Bench::new(), &server.url, OUT).exits(7).json();
    assert_eq!((server.lines().len(), &report["diagnosis"]["cause"]), (4, &"busy".into()));
}

/// Region by region, as the server says: never in a circle, never to another host.
#[test]
fn a_bucket_of_another_region_is_found() {
    let elsewhere = |request: &Request| {
        let signed = request.header("authorization").unwrap_or_default();
        if signed.contains("/eu-west-1/s3/") {
            return good(request);
        }
        let words = "The authorization header is malformed; the region 'us-east-1' is wrong; \
                     expecting 'eu-west-1'";
        let region = "<Region>eu-west-1</Region>";
        let code = "AuthorizationHeaderMalformed";
        let body = format!("<Error><Code>{code}</Code><Message>{words}</Message>{region}</Error>");
        reply(400, &[], &body)
    };
    let server = Fake::new(elsewhere);
    let report = preflight(&Bench::new(), &server.url, OUT).ok().json();
    assert_eq!(report["region"], "eu-west-1");
    // Ceph's redirects say nothing: the bucket's location does, and is believed once.
    let server = Fake::new(|request| match query(request, "location") {
        Some(_) => reply(200, &[], "<LocationConstraint>other</LocationConstraint>"),
        None => reply(301, &[("location", "http://127.0.0.1:1/steals")], ""),
    });
    let report = preflight(&Bench::new(), &server.url, OUT).exits(7).json();
    assert_eq!(report["diagnosis"]["cause"], "region", "{report}");
    assert!(server.lines().len() <= 8, "{:?}", server.lines());
}

/// A redirect's host gets nothing that is signed.
#[test]
fn what_is_not_s3_is_said_to_be_so() {
    let other = Fake::new(good);
    let away = other.url.clone();
    let bench = Bench::new();
    let page = "<html><title>Sign in</title><body>Sign in to the network</body></html>";
    let portal = Fake::new(move |_| reply(200, &[("content-type", "text/html")], page));
    let moved = Fake::new(move |_| reply(302, &[("location", &format!("{away}/login"))], ""));
    let closed = Fake::new(|_| Reply::Close);
    for (server, cause) in [(&portal, "not_s3"), (&moved, "not_s3"), (&closed, "broken")] {
        let report = preflight(&bench, &server.url, OUT).exits(7).json();
        assert_eq!(status(&report, "bucket"), "failed", "{report}");
        assert_eq!(report["diagnosis"]["cause"], cause, "{report}");
    }
    assert!(other.lines().is_empty());
    let report = preflight(&bench, "http://127.0.0.1:1", OUT).exits(7).json();
    assert_eq!(
        (status(&report, "address"), &report["diagnosis"]["cause"]),
        ("failed".into(), &"refused".into())
    );
    let report = preflight(&bench, &portal.url.replace("http:", "https:"), OUT).exits(7).json();
    assert_eq!(
        (status(&report, "tls"), &report["diagnosis"]["cause"]),
        ("failed".into(), &"no_tls".into())
    );
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let server = Fake::new(|_| Reply::Hang);
    let bench = Bench::new();
    let begun = std::time::Instant::now();
    let report = preflight(&bench, &server.url, &format!("{OUT} --timeout 2s")).exits(7).json();
    assert!(begun.elapsed().as_secs() < 30);
    assert_eq!(report["diagnosis"]["cause"], "timeout", "{report}");
}

#[test]
fn an_empty_folder_of_a_source_is_no_missing_bucket() {
    let server = Fake::new(good);
    let line = "--kind source --remote-url s3://bucket-one/none/";
    let report = preflight(&Bench::new(), &server.url, line).exits(7).says("File not found").json();
    assert_eq!([status(&report, "bucket"), status(&report, "list")], ["passed", "failed"]);
}

/// The keys of another S3 server never go to AWS, and to a server of STS only where one is named.
#[test]
fn who_it_is_is_asked_where_a_variable_says() {
    let sts = Fake::new(|_| somebody());
    let server = Fake::new(good);
    let bench = Bench::new().with("AWS_ENDPOINT_URL_STS", &sts.url);
    let report = preflight(&bench, &server.url, OUT).ok().json();
    assert_eq!(report["credentials"]["arn"], "arn:aws:iam::123456789012:user/x");
    assert_eq!(sts.lines().len(), 1);
    let aws = Bench::new().with("AWS_ENDPOINT_URL", "https://sts.us-east-1.amazonaws.com");
    let report = preflight(&aws, &server.url, OUT).ok().json();
    assert_eq!(status(&report, "identity"), "skipped");
    // One that does not answer is not waited for.
    let silent = Fake::new(|_| Reply::Hang);
    let bench = Bench::new().with("AWS_ENDPOINT_URL_STS", &silent.url);
    let begun = std::time::Instant::now();
    preflight(&bench, &server.url, OUT).ok();
    assert!(begun.elapsed().as_secs() < 8);
}

#[test]
fn a_connectors_place_is_tried_with_credentials_that_are_given() {
    let (bench, server) = (Bench::new(), Fake::new(good));
    let config = serde_json::json!({"remote_url": "s3://bucket-one/out/", "key": "**********",
        "secret": "**********", "endpoint_url": server.url});
    bench.service.add("x", config);
    bench.run("preflight x -o json").fails(2).says("credentials");
    assert!(server.lines().is_empty());
    let report = bench.run(&format!("preflight x {} -o json", bench.keys())).ok().json();
    assert_eq!(report["remote_url"], "s3://bucket-one/out/");
    assert_eq!(server.lines().len(), 3);
}

#[test]
fn nothing_is_sent_for_what_cannot_be_right() {
    let (bench, server) = (Bench::new(), Fake::new(good));
    for line in ["", "--remote-url S3://bucket-one/", "--remote-url s3://b/ --recursive true"] {
        preflight(&bench, &server.url, line).fails(2);
    }
    assert!(server.lines().is_empty() && bench.service.lines().is_empty());
}

#[test]
fn against_moto() {
    let Some(address) = crate::moto::address() else { return };
    let bench = Bench::new();
    let url = format!("http://{address}");
    let report = preflight(&bench, &url, "--remote-url s3://never-made/out/").exits(7).json();
    assert_eq!(report["diagnosis"]["cause"], "no_bucket", "{report}");
    let done = preflight(&bench, &url, "--remote-url s3://never-made/out/ -vv");
    done.exits(7).says("> PUT http://").never_shows(SECRET);
}

/// Swift says `text/html` of everything, and takes no PUT without a length; an ETag tells that it is S3.
#[test]
fn a_server_is_known_by_its_etag_and_not_by_its_media_type() {
    let server = Fake::new(|request| {
        let html = ("content-type", "text/html; charset=UTF-8");
        match request.method.as_str() {
            "PUT" if request.header("content-length").is_none() => {
                reply(411, &[html], "<html><h1>Length Required</h1></html>")
            }
            "PUT" => reply(200, &[html, ("etag", "d41d8cd98f00b204e9800998ecf8427e")], ""),
            _ => match good(request) {
                Reply::Http(status, mut headers, body) => {
                    headers.push((html.0.into(), html.1.into()));
                    Reply::Http(status, headers, body)
                }
                other => other,
            },
        }
    });
    let report = preflight(&Bench::new(), &server.url, OUT).ok().json();
    assert_eq!(status(&report, "write"), "passed", "{report}");
    assert_eq!(server.lines().len(), 3, "nothing was asked twice");
}

/// As deep as a server nested its refusal, so deep was it read, until the stack was used up.
#[test]
fn a_refusal_that_is_nested_without_an_end_is_no_more_than_one() {
    let server = Fake::new(|_| reply(403, &[], &"<Error>".repeat(400_000)));
    let report = preflight(&Bench::new(), &server.url, OUT).exits(7).json();
    assert_eq!(report["diagnosis"]["cause"], "not_s3", "{report}");
}

/// A gateway before an S3 has no words of S3's for that.
#[test]
fn a_server_that_is_down_is_not_said_to_be_no_s3() {
    let page = "<html><h1>Service Unavailable</h1></html>";
    each([(503, "", "busy"), (503, page, "busy"), (502, page, "server_error")], |case| {
        let (status, body, cause) = case;
        let server = Fake::new(move |_| reply(status, &[], body));
        let report = preflight(&Bench::new(), &server.url, OUT).exits(7).json();
        assert_eq!(report["diagnosis"]["cause"], cause, "{report}");
    });
}

#[test]
fn what_does_not_speak_http_is_not_s3() {
    for said in ["220 smtp.example.com ESMTP\r\n\r\n".to_owned(), "x".repeat(1 << 20)] {
        let url = raw(said.into_bytes());
        let report = preflight(&Bench::new(), &url, OUT).exits(7).json();
        assert_eq!(report["diagnosis"]["cause"], "not_s3", "{report}");
    }
}

/// Who assumed a role was asked for once more.
#[test]
fn a_role_costs_one_request_of_sts() {
    let Some(sts) = Sts::moto() else { return };
    let (bench, server) = (sts.bench(), Fake::new(good));
    let line = format!("preflight {OUT} --endpoint-url {} --role-arn {ROLE} -o json", server.url);
    let report = bench.run(&line).ok().json();
    let arn = report["credentials"]["arn"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:sts::123456789012:assumed-role/uns3/"), "{report}");
    assert_eq!(report["credentials"]["account"], "123456789012");
    assert_eq!(status(&report, "identity"), "passed");
    assert_eq!((sts.requests().len(), server.lines().len()), (1, 3));
}
