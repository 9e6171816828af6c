//! Slowness and faults, when asked for.

use crate::harness::{Bench, client, options};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use uns3::sandbox::{Fault, Options, Sandbox};

async fn failing(fault: &str) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let fault = Some(fault.parse().unwrap());
    let options = Options { fault, ..options(folder.path()) };
    Bench { sandbox: Sandbox::start(options).await.unwrap(), folder, client: client() }
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

#[test]
fn a_fault_that_cannot_be_says_why() {
    for (text, words) in [
        ("399", "'399' is not a status from 400 to 599, 'drop' or 'refuse'"),
        ("600", "'600' is not a status"),
        ("", "'' is not a status"),
        ("lost:0.5", "'lost' is not a status"),
        ("drop:often", "the rate 'often' is not a number"),
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
    let folder = tempfile::tempdir().unwrap();
    let latency = Duration::from_millis(200);
    let options = Options { latency, ..options(folder.path()) };
    let bench = Bench { sandbox: Sandbox::start(options).await.unwrap(), folder, client: client() };
    let start = Instant::now();
    assert_eq!(bench.get("/api/v1/sources/").await.0, 200);
    assert!(start.elapsed() >= latency);
}
