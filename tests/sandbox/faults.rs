//! Slowness and faults, when asked for.

use crate::harness::Bench;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use uns3::sandbox::{Fault, Limit};

async fn failing(fault: &str) -> Bench {
    Bench::with(|options| options.faults = vec![fault.parse().unwrap()]).await
}

fn body(bench: &Bench) -> Value {
    json!({"name": "n", "type": "s3", "config": bench.good()})
}

/// Sends a create that gets no answer.
async fn unanswered(bench: &Bench) {
    let request = bench.client.post(format!("{}/api/v1/destinations/", bench.sandbox.api_url));
    let request = request.header("unstructured-api-key", &bench.sandbox.api_key);
    let error = request.json(&body(bench)).send().await.unwrap_err();
    assert!(!error.is_timeout(), "{error}");
}

#[tokio::test]
async fn a_status_is_answered_and_nothing_done() {
    for (fault, retry_after) in [("503", true), ("429", true), ("500:1.0", false)] {
        let bench = failing(fault).await;
        let answer =
            bench.send(reqwest::Method::POST, "/api/v1/destinations/", Some(body(&bench))).await;
        assert_eq!(answer.status().as_str(), &fault[..3]);
        assert_eq!(answer.headers().get("retry-after").is_some(), retry_after);
        assert!(answer.json::<Value>().await.unwrap()["detail"].is_string());
        let bench = bench.restart(|_| ()).await;
        assert_eq!(bench.get("/api/v1/destinations/").await.1, json!([]));
    }
}

#[tokio::test]
async fn a_dropped_answer_is_carried_out() {
    let bench = failing("drop").await;
    unanswered(&bench).await;
    let bench = bench.restart(|_| ()).await;
    assert_eq!(bench.get("/api/v1/destinations/").await.1[0]["name"], "n");
}

#[tokio::test]
async fn a_refused_request_is_not() {
    let bench = failing("refuse").await;
    unanswered(&bench).await;
    let bench = bench.restart(|_| ()).await;
    assert_eq!(bench.get("/api/v1/destinations/").await.1, json!([]));
}

#[tokio::test]
async fn a_rate_is_a_share_of_the_requests() {
    let bench = failing("500:0").await;
    for _ in 0..50 {
        assert_eq!(bench.get("/api/v1/destinations/").await.0, 200);
    }
    let bench = failing("500:0.5").await;
    let mut failed = 0;
    for _ in 0..200 {
        failed += u32::from(bench.get("/api/v1/destinations/").await.0 == 500);
    }
    // Outside of this once in 10^20 runs.
    assert!((30..170).contains(&failed), "{failed}");
}

#[tokio::test]
async fn a_fault_hits_the_requests_that_it_is_for() {
    let bench = failing("GET,/sources,404").await;
    assert_eq!(bench.get("/api/v1/sources/").await.0, 404);
    assert_eq!(bench.get("/api/v1/destinations/").await.0, 200);
    assert_eq!(bench.post("/api/v1/sources/", body(&bench)).await.0, 200);
}

#[tokio::test]
async fn a_fault_hits_as_often_as_it_is_told_to_and_says_when_to_come_again() {
    let faults = ["POST,429@30:2x", "429:0", "POST,500:1x"];
    let parsed = faults.map(|fault| fault.parse().unwrap());
    let bench = Bench::with(|options| options.faults = parsed.into()).await;
    let method = reqwest::Method::POST;
    for expected in [429, 429, 500, 200] {
        let path = "/api/v1/destinations/";
        let answer = bench.send(method.clone(), path, Some(body(&bench))).await;
        assert_eq!(answer.status(), expected);
        let after = answer.headers().get("retry-after").map(|after| after.to_str().unwrap());
        assert_eq!(after, (expected == 429).then_some("30"));
    }
}

#[tokio::test]
async fn a_fault_begins_and_ends_at_the_requests_that_it_is_told() {
    let faults = ["GET,/sources,500:2-3", "GET,/sources,404:3-"];
    let parsed = faults.map(|fault| fault.parse().unwrap());
    let bench = Bench::with(|options| options.faults = parsed.into()).await;
    // The second counts only what the first lets through.
    for expected in [200, 500, 500, 200, 404, 404, 404] {
        assert_eq!(bench.get("/api/v1/sources/").await.0, expected);
        assert_eq!(bench.get("/api/v1/destinations/").await.0, 200);
    }
}

#[tokio::test]
async fn an_answer_is_cut_or_never_comes() {
    let bench = failing("POST,cut").await;
    let answer = bench.send(reqwest::Method::POST, "/api/v1/sources/", Some(body(&bench))).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.bytes().await.is_err());
    assert_eq!(bench.get("/api/v1/sources/").await.1[0]["name"], "n");
    let bench = failing("POST,hang").await;
    let request = bench.client.post(format!("{}/api/v1/sources/", bench.sandbox.api_url));
    let request = request.header("unstructured-api-key", &bench.sandbox.api_key);
    let request = request.json(&body(&bench)).timeout(Duration::from_millis(300));
    assert!(request.send().await.unwrap_err().is_timeout());
    assert_eq!(bench.get("/api/v1/sources/").await.1, json!([]));
}

#[test]
fn a_fault_that_cannot_be_says_why() {
    for (text, words) in [
        ("399", "'399' is not a status from 400 to 599, 'drop', 'cut', 'hang' or 'refuse'"),
        ("600", "'600' is not a status"),
        ("", "'' is not a status"),
        ("lost:0.5", "'lost' is not a status"),
        ("429@soon", "'429@soon' is not a status"),
        ("put,drop", "'put' is neither a method such as PUT nor a part of a path"),
        ("PUT,POST,drop", "'POST' is neither"),
        ("drop:often", "the rate 'often' is not a number, nor times such as 3x, 4-6 or 4-"),
        ("drop:0-2", "the rate '0-2' is not a number"),
        ("drop:3-2", "the rate '3-2' is not a number"),
        ("drop:-2", "the rate -2 is not between 0 and 1"),
        ("drop:", "the rate '' is not a number"),
        ("drop:1.5", "the rate 1.5 is not between 0 and 1"),
        ("drop:NaN", "the rate NaN is not between 0 and 1"),
    ] {
        let error = text.parse::<Fault>().unwrap_err().to_string();
        assert!(error.starts_with(words), "{text}: {error}");
    }
}

#[tokio::test]
async fn answers_are_as_slow_as_asked_for() {
    let latency = Duration::from_millis(200);
    let bench = Bench::with(|options| options.latency = latency).await;
    let start = Instant::now();
    assert_eq!(bench.get("/api/v1/sources/").await.0, 200);
    assert!(start.elapsed() >= latency);
}

#[tokio::test]
async fn requests_beyond_a_limit_are_refused_until_its_time_is_over() {
    let limit: Limit = "2/3@7".parse().unwrap();
    let bench = Bench::with(|options| options.limit = Some(limit)).await;
    for expected in [200, 200, 429, 429] {
        let answer = bench.send(reqwest::Method::GET, "/api/v1/sources/", None).await;
        assert_eq!(answer.status(), expected);
        assert_eq!(answer.headers().contains_key("retry-after"), expected == 429);
    }
    tokio::time::sleep(Duration::from_millis(3100)).await;
    assert_eq!(bench.get("/api/v1/sources/").await.0, 200);
    for text in ["", "0", "x", "5/", "5/0", "5@", "-1"] {
        let error = text.parse::<Limit>().unwrap_err().to_string();
        assert!(error.ends_with("is not a number of at least 1"), "{error}");
    }
}
