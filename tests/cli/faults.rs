//! The wire at its worst: time-outs, broken answers, redirects, nobody there.

use std::net::TcpListener;

use serde_json::json;

use crate::harness::{API_KEY, Bench, each};
use crate::service::{Fault, Service};
use crate::wire::Reply;

#[test]
fn nobody_listens() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let bench = Bench::new().with("UNSTRUCTURED_API_URL", &format!("http://127.0.0.1:{port}"));
    let error = bench.run("list --retries 1 -o json").fails(9).error();
    assert_eq!(error["category"], "unavailable");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("cannot connect") && message.contains("2 attempts"), "{message}");
    assert!(error["hint"].as_str().unwrap().contains("proxy"), "{error}");
    let line = "create x --remote-url s3://bucket-one/ --anonymous --retries 0";
    bench.run(line).fails(9);
}

#[test]
fn a_dead_proxy_is_named_as_the_proxy_without_its_password() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let proxy = format!("http://me:a-Pass9word@127.0.0.1:{port}");
    let bench = Bench::new()
        .with("UNSTRUCTURED_API_URL", "https://nobody.invalid")
        .with("HTTPS_PROXY", &proxy)
        .without("NO_PROXY");
    let done = bench.run("list --retries 0");
    done.fails(9).says(&format!("cannot connect through the proxy 127.0.0.1:{port}"));
    done.says("HTTPS_PROXY").never_shows("a-Pass9word");
    // A service on this machine is asked directly.
    let done = bench.with("UNSTRUCTURED_API_URL", "https://127.0.0.1:1").run("list --retries 0");
    done.fails(9).says("cannot connect: ");
}

#[test]
fn a_service_that_vanishes_before_the_post() {
    let bench = Bench::new();
    let gone = Fault::status(200, "[]").header("connection", "close");
    bench.service.fault("GET", "/destinations/", gone);
    bench.run("create x --remote-url s3://bucket-one/ --anonymous").ok();
    assert_eq!(bench.service.count("x"), 1);
}

#[test]
fn a_name_that_does_not_resolve() {
    let bench = Bench::new().with("UNSTRUCTURED_API_URL", "https://nobody.invalid");
    bench.run("list --retries 0").fails(9).says("cannot connect");
}

#[test]
fn an_answer_that_never_comes() {
    let bench = Bench::new();
    bench.service.fault("GET", "", Fault::hang().always());
    bench.run("list --timeout 200ms --retries 1").fails(9).says("--timeout");
    assert_eq!(bench.service.lines().len(), 2);
    let bench = Bench::new();
    bench.service.fault("GET", "", Fault::hang());
    bench.run("list --timeout 2s").ok();
}

#[test]
fn an_answer_that_breaks_off() {
    for reply in [Reply::Close, Reply::Truncated] {
        let bench = Bench::new();
        bench.service.fault("GET", "", Fault::reply(reply.clone()).always());
        bench.run("list --retries 1").fails(9).says("connection broke");
        assert_eq!(bench.service.lines().len(), 2);
        let bench = Bench::new();
        bench.service.fault("GET", "", Fault::reply(reply));
        bench.run("list").ok();
    }
}

#[test]
fn an_answer_beyond_all_measure() {
    let bench = Bench::new();
    let huge = Reply::Http(200, Vec::new(), vec![b' '; 65 << 20]);
    bench.service.fault("GET", "", Fault::reply(huge).always());
    bench.run("list").fails(9).says("larger than 64 MiB");
    assert_eq!(bench.service.lines().len(), 1);
}

#[test]
fn an_answer_that_is_no_text() {
    let bench = Bench::new();
    let bytes = Reply::Http(200, Vec::new(), vec![0xff, 0xfe, 0x00, 0x1b, b'[']);
    bench.service.fault("GET", "", Fault::reply(bytes).always());
    let done = bench.run("list -vv");
    done.fails(9);
    assert!(!done.stderr.contains('\u{1b}'), "{done:?}");
}

fn redirect(status: u16, to: &str) -> Fault {
    Fault::status(status, "").header("location", to)
}

#[test]
fn a_redirect_within_the_origin_is_followed_with_the_body() {
    let bench = Bench::new();
    let there = "/api/v1/destinations/?moved=1";
    bench.service.fault("POST", "/destinations/", redirect(307, there));
    bench.run("create x --remote-url s3://bucket-one/ --anonymous").ok();
    let posts = bench.service.writes();
    assert_eq!(posts[1].target, there);
    assert_eq!(posts[0].body, posts[1].body);
    assert_eq!(bench.service.count("x"), 1);
}

#[test]
fn a_redirect_that_would_drop_a_write_is_not_followed() {
    for status in [301, 302, 303] {
        let bench = Bench::new();
        bench.service.add("out", json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
        bench.service.fault("PUT", "", redirect(status, "/api/v1/destinations/").always());
        bench.run("update out --set a=1").fails(9).says("--api-url");
        assert_eq!(bench.service.lines().last().unwrap().split(' ').next(), Some("PUT"));
    }
}

#[test]
fn the_key_never_goes_to_another_origin() {
    let other = Service::start();
    let host = other.url.replace("127.0.0.1", "localhost");
    let targets = [format!("{}/api/v1/destinations/", other.url), host, "//localhost/x".into()];
    let statuses = [301, 307, 308];
    let cases = statuses.iter().flat_map(|status| targets.iter().map(move |to| (*status, to)));
    each(cases, |(status, target)| {
        for (method, line) in
            [("GET", "list"), ("POST", "create x --remote-url s3://bucket-one/ --anonymous")]
        {
            let bench = Bench::new();
            bench.service.fault(method, "", redirect(status, target).always());
            bench.run(&format!("{line} --retries 0")).fails(9).says("redirect");
        }
    });
    assert!(other.lines().is_empty(), "{:?}", other.requests());
}

#[test]
fn a_redirect_in_circles_ends() {
    let bench = Bench::new();
    bench.service.fault("GET", "", redirect(307, "/api/v1/destinations/").always());
    bench.run("list --retries 0").fails(9);
    assert!(bench.service.lines().len() < 10);
}

#[test]
fn every_form_of_the_base_url_works() {
    let bench = Bench::new();
    let base = bench.service.url.clone();
    bench.service.add("out", json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
    for end in ["", "/", "/api/v1", "/api/v1/", "/api/v1//"] {
        bench.run(&format!("list --api-url {base}{end}")).ok();
        assert_eq!(
            bench.service.requests().last().unwrap().target,
            "/api/v1/destinations/?destination_type=s3"
        );
    }
    let bench = bench.with("UNSTRUCTURED_API_URL", &format!("{base}/below/api/v1/"));
    bench.run("list").fails(9);
    let below = "/below/api/v1/destinations/?destination_type=s3";
    assert_eq!(bench.service.requests().last().unwrap().target, below);
}

#[test]
fn base_urls_that_cannot_be() {
    let bench = Bench::new();
    for (url, problem) in [
        ("platform.example.com", "not a URL"),
        ("ftp://platform.example.com", "not an https URL"),
        ("http://platform.example.com", "must be https"),
        ("http://10.0.0.1", "must be https"),
        ("http://localhost.example.com", "must be https"),
        ("https://me:hidden/pw+1@platform.example.com", ""),
        ("https://me:hidden-pw@platform.example.com", "must not hold credentials"),
        ("https://platform.example.com/?key=hidden-pw", "query"),
        ("https://api.example.com/general/v0/general", "Partition Endpoint"),
        ("", "not a URL"),
    ] {
        let done = bench.args(&["list", "--api-url", url]);
        done.fails(2).says("API URL").says(problem);
        assert!(!done.stderr.contains("hidden"), "{done:?}");
    }
    assert!(bench.service.lines().is_empty());
}

#[test]
fn what_each_request_says_of_itself() {
    let bench = Bench::new();
    bench.run("create x --remote-url s3://bucket-one/ --anonymous").ok();
    for request in bench.service.requests() {
        assert_eq!(request.header("unstructured-api-key"), Some(API_KEY));
        assert!(request.header("user-agent").unwrap().starts_with("uns3/"));
        let json = (request.method == "POST").then_some("application/json");
        assert_eq!(request.header("content-type"), json);
    }
}

#[test]
fn a_proxy_is_not_asked_for_loopback() {
    let proxy = Service::start();
    let bench = Bench::new().with("HTTPS_PROXY", &proxy.url).with("HTTP_PROXY", &proxy.url);
    bench.with("ALL_PROXY", &proxy.url).run("list").ok();
    assert!(proxy.lines().is_empty());
}

#[test]
fn a_proxys_password_is_not_shown() {
    let bench = Bench::new()
        .with("HTTPS_PROXY", "http://me:proxy-password@127.0.0.1:9")
        .with("UNSTRUCTURED_API_URL", "https://platform.invalid");
    bench.run("list --retries 0 -vv").fails(9).never_shows("proxy-password");
}

#[test]
fn a_proxy_is_asked_for_the_rest() {
    let proxy = Service::start();
    let bench = Bench::new()
        .with("HTTPS_PROXY", &proxy.url)
        .with("UNSTRUCTURED_API_URL", "https://platform.invalid");
    bench.run("list --retries 0").fails(9);
    assert_eq!(proxy.lines(), ["CONNECT platform.invalid:443"]);
    assert_eq!(proxy.requests()[0].header("unstructured-api-key"), None);
    let bench = bench.with("NO_PROXY", "platform.invalid");
    bench.run("list --retries 0").fails(9);
    assert_eq!(proxy.lines().len(), 1);
}
