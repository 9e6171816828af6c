//! `rotate --watch --listen`: what monitors and probes are told, and that no client of theirs holds
//! the watch up.
#![cfg(unix)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::Bench;
use crate::openmetrics::{Samples, parse, value};
use crate::rotating::{keyed, lease, minutes_from_now, targets};
use crate::service::Fault;
use crate::watch::{NEXT_ID, WATCH, end, lists, puts, start};

pub(crate) const EXPIRY: &str = "uns3_connector_expiry_seconds";
const ROTATIONS: &str = "uns3_rotations_total";

/// An address that nobody listens on.
pub(crate) fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// What is answered to a request: its status, its head and its body.
pub(crate) fn ask(address: &str, request: &str) -> (u16, String, String) {
    let mut stream = connect(address);
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // One that is refused midway may be cut off after its answer.
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_lowercase(), body.to_owned())
}

pub(crate) fn connect(address: &str) -> TcpStream {
    let begun = Instant::now();
    loop {
        match TcpStream::connect(address) {
            Ok(stream) => return stream,
            Err(error) => assert!(begun.elapsed() < Duration::from_secs(60), "{error}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn get(address: &str, path: &str) -> (u16, String) {
    let (status, _, body) = ask(address, &format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
    (status, body)
}

pub(crate) fn metrics(address: &str) -> Samples {
    parse(&get(address, "/metrics").1)
}

/// Awaits metrics that fit.
pub(crate) fn await_metrics(address: &str, what: &str, fit: impl Fn(&Samples) -> bool) -> Samples {
    let begun = Instant::now();
    loop {
        let samples = metrics(address);
        if fit(&samples) {
            return samples;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}: {samples:#?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

pub(crate) fn rotated(samples: &Samples, outcome: &str) -> f64 {
    value(samples, ROTATIONS, &[("outcome", outcome)]).unwrap()
}

fn listening(bench: &Bench, minutes: i64) -> (String, String) {
    let address = free_address();
    let line = format!("{WATCH} --listen {address} {}", bench.lease(minutes));
    (address, line)
}

#[test]
fn a_monitor_is_told_of_every_connector_and_rotation() {
    let bench = targets(1);
    let odd = "quote \" back\\slash \\n";
    let id = bench.service.add(odd, keyed("bucket-one", "odd"));
    bench.service.add("open", json!({"remote_url": "s3://b/", "anonymous": true}));
    let (address, line) = listening(&bench, 60);
    let before = jiff::Timestamp::now().as_second() as f64;
    let child = start(&bench, &line);
    let samples = await_metrics(&address, "two rotations", |all| {
        rotated(all, "rotated") == 2.0
            && value(all, "uns3_last_success_timestamp_seconds", &[]) > Some(0.0)
    });
    assert_eq!(rotated(&samples, "failed"), 0.0);
    let left = value(&samples, EXPIRY, &[("connector", odd), ("id", &id)]).unwrap();
    assert!((3500.0..=3601.0).contains(&left), "{left}");
    assert_eq!(samples.keys().filter(|(name, _)| name == EXPIRY).count(), 2, "{samples:#?}");
    let one = |name| value(&samples, name, &[]).unwrap();
    assert!(one("uns3_last_success_timestamp_seconds") >= before);
    let next = one("uns3_next_look_timestamp_seconds") - before;
    assert!((200.0..400.0).contains(&next), "{next}");
    assert_eq!(one("uns3_leader"), 1.0);
    let (status, head, _) = ask(&address, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(status, 200);
    assert!(
        head.contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8"),
        "{head}"
    );
    end(&bench, child, &line);
    // Whoever asks later is not kept waiting.
    assert!(TcpStream::connect(&address).is_err());
}

#[test]
fn credentials_that_are_over_count_below_nothing_and_failures_are_counted() {
    let bench = targets(1);
    let line = format!("{WATCH} {}", lease(&bench, NEXT_ID, &minutes_from_now(1)));
    let child = start(&bench, &line);
    bench.service.await_that("a PUT", |service| puts(service) >= 1);
    std::thread::sleep(Duration::from_millis(300));
    end(&bench, child, &line);
    // A minute later, by the ledger: it is let pass there, not waited for.
    for (path, text) in bench.files("state") {
        let ended = minutes_from_now(-2);
        let end = text.split("\"expires_at\":\"").nth(1).and_then(|rest| rest.split('"').next());
        if let Some(end) = end {
            std::fs::write(path, text.replace(end, &ended)).unwrap();
        }
    }
    bench.service.fault("PUT", "", Fault::status(422, json!({"detail": "no"})).always());
    let (address, line) = listening(&bench, 60);
    let child = start(&bench, &line);
    let samples = await_metrics(&address, "a failure", |all| {
        rotated(all, "failed") >= 1.0 && all.keys().any(|(name, _)| name == EXPIRY)
    });
    let (_, left) = samples.iter().find(|((name, _), _)| name == EXPIRY).unwrap();
    assert!((-200.0..-100.0).contains(left), "{left}");
    assert_eq!(rotated(&samples, "rotated"), 0.0);
    assert_eq!(value(&samples, "uns3_last_success_timestamp_seconds", &[]), Some(0.0));
    end(&bench, child, &line);
}

#[test]
fn it_is_ready_once_a_look_has_succeeded_and_alive_before() {
    let bench = targets(1);
    bench.service.fault("GET", "/destinations/", Fault::status(503, "").only("2x"));
    let (address, line) = listening(&bench, 60);
    let child = start(&bench, &line);
    assert_eq!(get(&address, "/healthz"), (200, "ok\n".into()));
    assert_eq!(get(&address, "/readyz").0, 503);
    // From the start, both are there to be compared with.
    assert_eq!(rotated(&metrics(&address), "rotated"), 0.0);
    bench.service.await_request("PUT");
    await_metrics(&address, "a rotation", |all| rotated(all, "rotated") == 1.0);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(get(&address, "/readyz"), (200, "ok\n".into()));
    end(&bench, child, &line);
}

#[test]
fn a_standby_is_ready_and_says_that_it_does_not_lead() {
    let bench = targets(1);
    let state = bench.path("shared").display().to_string();
    let (address, line) = listening(&bench, 60);
    let first = start(&bench, &format!("{line} --state {state}"));
    await_metrics(&address, "a rotation", |all| rotated(all, "rotated") == 1.0);
    let (other, line) = listening(&bench, 60);
    let second = start(&bench, &format!("{line} --state {state}"));
    let leads = |all: &Samples| value(all, "uns3_leader", &[]);
    await_metrics(&other, "a standby", |all| leads(all) == Some(0.0));
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(get(&other, "/readyz").0, 200);
    assert_eq!(get(&other, "/healthz").0, 200);
    let samples = metrics(&other);
    assert_eq!((leads(&samples), leads(&metrics(&address))), (Some(0.0), Some(1.0)));
    // What ends when is told by the one that renews it.
    assert!(!samples.keys().any(|(name, _)| name == EXPIRY), "{samples:#?}");
    assert_eq!(puts(&bench.service), 1);
    end(&bench, second, &line);
    end(&bench, first, &line);
}

#[test]
fn each_look_is_an_object_on_a_line_for_those_who_ask_for_more() {
    let bench = targets(2);
    let line = format!("{WATCH} -v {}", bench.lease(60));
    let child = start(&bench, &line);
    bench.service.await_that("two PUTs", |service| puts(service) >= 2);
    std::thread::sleep(Duration::from_millis(800));
    let done = end(&bench, child, &line);
    let lines = done.stderr.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let looks: Vec<Value> = lines.filter_map(|line| line.get("look").cloned()).collect();
    assert_eq!(looks.len(), 1, "{done:?}");
    let count = |name: &str| looks[0][name].as_u64();
    assert_eq!(["connectors", "due", "rotated", "failed"].map(count), [2, 2, 2, 0].map(Some));
    for result in crate::watch::results(&done) {
        result["at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    }
}

#[test]
fn it_answers_while_it_rotates() {
    let bench = targets(1);
    bench.service.be_slow(Duration::from_secs(2));
    let (address, line) = listening(&bench, 60);
    let child = start(&bench, &line);
    bench.service.await_request("PUT");
    let begun = Instant::now();
    assert_eq!(get(&address, "/healthz").0, 200);
    assert_eq!(rotated(&metrics(&address), "rotated"), 0.0);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    end(&bench, child, &line);
}

#[test]
fn what_is_asked_otherwise_is_told_so() {
    let bench = targets(1);
    let (address, line) = listening(&bench, 60);
    let child = start(&bench, &line);
    let of = |request: &str| ask(&address, &format!("{request} HTTP/1.1\r\nHost: a\r\n\r\n"));
    for path in ["/", "/metrics/", "/metrics2", "//metrics", "/../metrics", "*"] {
        assert_eq!(of(&format!("GET {path}")).0, 404, "{path}");
    }
    for method in ["POST", "DELETE", "OPTIONS", "PATCH", "ODD"] {
        let (status, head, _) = of(&format!("{method} /metrics"));
        assert!(status == 405 && head.contains("allow: get, head"), "{method}: {head}");
    }
    assert_eq!(of("GET /metrics?name[]=x").0, 200);
    let (status, head, body) = of("HEAD /metrics");
    assert_eq!((status, body.as_str()), (200, ""));
    assert!(head.contains("openmetrics-text") && !head.contains("content-length: 0"), "{head}");
    assert_eq!(of("HEAD /healthz").0, 200);
    end(&bench, child, &line);
}

/// Slow ones, silent ones, many, and those that send without an end.
#[test]
fn no_client_keeps_the_watch_from_its_work_or_others_out() {
    let bench = targets(1);
    let (address, line) = listening(&bench, 4);
    let child = start(&bench, &line);
    let mut held = Vec::new();
    for number in 0..300 {
        let mut stream = connect(&address);
        let begun: &[u8] = match number % 3 {
            0 => b"",
            1 => b"GET /metrics HTTP/1.1\r\nX-Slow: ",
            _ => b"POST /metrics HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        };
        let _ = stream.write_all(begun);
        held.push(stream);
    }
    let mut flood = connect(&address);
    let _ = flood.write_all(b"GET /healthz HTTP/1.1\r\nX-Long: ");
    while flood.write_all(&[b'a'; 4096]).is_ok() {}
    let begun = Instant::now();
    assert_eq!(get(&address, "/healthz").0, 200);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    // Garbage is refused, and costs nothing.
    for odd in ["\0\0\0\0\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"] {
        connect(&address).write_all(odd.as_bytes()).unwrap();
    }
    lease(&bench, NEXT_ID, &minutes_from_now(60));
    bench.service.await_that("a second PUT", |service| puts(service) >= 2);
    assert_eq!(bench.ids(&["t0"]), [NEXT_ID]);
    drop(held);
    end(&bench, child, &line);
}

#[test]
fn an_address_that_cannot_be_had_is_an_error_before_anything_is_sent() {
    let bench = targets(1);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let keys = bench.lease(60);
    for address in [taken.as_str(), "203.0.113.1:9464", "no.such.host.invalid:9464"] {
        bench.run(&format!("{WATCH} --listen {address} {keys}")).fails(2).says(address);
    }
    for address in ["9464", ":9464", "localhost", "127.0.0.1:", "127.0.0.1:99999", "a b:1"] {
        let mut args: Vec<&str> = WATCH.split_whitespace().chain(keys.split(' ')).collect();
        args.extend(["--listen", address]);
        bench.args(&args).fails(2);
    }
    let line = format!("rotate --all --direct {keys} --listen {}", free_address());
    bench.run(&line).fails(2).says("--watch");
    assert!(bench.service.lines().is_empty());
    assert_eq!(lists(&bench.service), 0);
}
