//! Connection checks: their verdicts come from real S3 requests.

use crate::harness::Bench;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpListener;
use uns3::sandbox::{EXPIRED_SESSION_TOKEN, Reasons};

const NO_SUCH_KEY_ID: &str =
    "UserAuthError: The AWS Access Key Id you provided does not exist in our records.";

/// Checks whose reasons say which S3 error is behind them.
async fn in_old_words() -> Bench {
    Bench::with(|options| options.reasons = Reasons::Old).await
}

#[tokio::test]
async fn a_destination_is_written_to() {
    let bench = Bench::new().await;
    bench.succeeds("destinations", bench.good()).await;
    let object = bench.folder.path().join("s3/sandbox-bucket/out/_empty");
    assert_eq!(std::fs::metadata(object).unwrap().len(), 0);
    // Its address may be named, a folder need not be, and FIPS buckets are AWS's too.
    let own =
        json!({"endpoint_url": bench.sandbox.s3_endpoint_url, "remote_url": "s3://sandbox-bucket"});
    bench.succeeds("destinations", bench.but(own)).await;
    assert!(bench.folder.path().join("s3/sandbox-bucket/_empty").exists());
    let fips = "https://sandbox-bucket.s3-fips.us-gov-east-1.amazonaws.com/fips/";
    bench.succeeds("destinations", bench.but(json!({ "remote_url": fips }))).await;
    assert!(bench.folder.path().join("s3/sandbox-bucket/fips/_empty").exists());
}

#[tokio::test]
async fn wrong_credentials_are_told_apart() {
    let bench = in_old_words().await;
    let reason = bench.reason(bench.but(json!({"secret": "wrong"}))).await;
    assert!(reason.starts_with("UserAuthError: The request signature we calculated"), "{reason}");
    assert_eq!(bench.reason(bench.but(json!({"key": "AKIAWRONG"}))).await, NO_SUCH_KEY_ID);
    let reason = bench.reason(bench.but(json!({"secret": null}))).await;
    assert!(reason.contains("missing: aws_secret_access_key"), "{reason}");
    assert!(!bench.folder.path().join("s3/sandbox-bucket/out").exists());
}

#[tokio::test]
async fn a_temporary_key_needs_its_token() {
    let bench = in_old_words().await;
    let session = &bench.sandbox.session;
    let with = |token| {
        let (key, secret) = (&session.access_key_id, &session.secret_access_key);
        bench.but(json!({"key": key, "secret": secret, "token": token}))
    };
    bench.succeeds("destinations", with(Some(session.session_token.as_str()))).await;
    assert_eq!(bench.reason(with(None)).await, NO_SUCH_KEY_ID);
    let malformed = "UserError: The provided token is malformed or otherwise invalid.";
    assert_eq!(bench.reason(with(Some("wrong"))).await, malformed);
    let expired = "UserAuthError: The provided token has expired.";
    assert_eq!(bench.reason(with(Some(EXPIRED_SESSION_TOKEN))).await, expired);
    assert_eq!(bench.reason(bench.but(json!({"token": "stray"}))).await, malformed);
}

#[tokio::test]
async fn explicit_keys_come_before_ambient_before_anonymous_before_none() {
    let bench = in_old_words().await;
    let all = json!({"anonymous": true, "ambient_credentials": true});
    bench.succeeds("destinations", bench.but(all)).await;
    let bare = |fields: &str| {
        let fields = format!("{{\"remote_url\": \"s3://sandbox-bucket/\"{fields}}}");
        serde_json::from_str(&fields).unwrap()
    };
    let reason = bench.reason(bare(", \"anonymous\": true, \"ambient_credentials\": true")).await;
    assert!(reason.contains("ALLOW_AMBIENT_CREDENTIALS_S3"), "{reason}");
    assert_eq!(bench.reason(bare(", \"anonymous\": true")).await, "UserAuthError: Access Denied");
    let reason = bench.reason(bare("")).await;
    assert!(reason.starts_with("UserAuthError: No authentication method specified."), "{reason}");
}

#[tokio::test]
async fn reasons_are_class_names() {
    let bench = Bench::new().await;
    let (key, secret) =
        (&bench.sandbox.session.access_key_id, &bench.sandbox.session.secret_access_key);
    let session = |token| bench.but(json!({"key": key, "secret": secret, "token": token}));
    let denied = "UserAuthError: PermissionError";
    let invalid = "UserError: OSError(errno=22)";
    for (config, reason) in [
        (bench.but(json!({"secret": "wrong"})), denied),
        (bench.but(json!({"key": "AKIAWRONG"})), denied),
        (session(EXPIRED_SESSION_TOKEN), denied),
        (session("wrong"), invalid),
        (bench.but(json!({"remote_url": "s3://Bad_Bucket/"})), invalid),
        (
            bench.but(json!({"remote_url": "s3://missing-bucket/"})),
            "UserError: File not found: The specified bucket does not exist",
        ),
    ] {
        assert_eq!(bench.reason(config.clone()).await, reason, "{config}");
    }
}

/// What a server without a listener of its own answers to the one check of a config, and the
/// request that it got.
async fn answered(collection: &str, answer: &str) -> (String, String) {
    let bench = Bench::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let answer = format!("HTTP/1.1 {answer}");
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = vec![0; 4096];
        let length = stream.read(&mut request).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8_lossy(&request[..length]).to_lowercase()
    });
    let config = bench.but(json!({ "endpoint_url": endpoint }));
    let reason = bench.failure(collection, config).await;
    (reason, server.join().unwrap())
}

/// Ceph and Swift answer 411 to a PUT that does not say its length.
#[tokio::test]
async fn an_empty_put_says_its_length() {
    let busy = "503 Slow Down\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (reason, request) = answered("destinations", busy).await;
    assert_eq!(reason, "ProviderError: OSError(errno=16)");
    assert!(request.starts_with("put /sandbox-bucket/out/_empty?"), "{request}");
    assert!(request.contains("\r\ncontent-length: 0\r\n"), "{request}");
    assert!(!request.contains("transfer-encoding"), "{request}");
}

#[tokio::test]
async fn an_error_is_read_however_its_document_is_written() {
    let body = "<?xml version='1.0'?>\n<Error xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
        <!-- <Code>AccessDenied</Code> --><Code x=\"1\"><![CDATA[NoSuchKey]]></Code>\
        <Message>a &lt;b&gt; &amp;amp; &#99;</Message></Error>";
    let head = format!("404 x\r\ncontent-length: {}\r\nconnection: close", body.len());
    let (reason, request) = answered("sources", &format!("{head}\r\n\r\n{body}")).await;
    assert_eq!(reason, "UserError: File not found: a <b> &amp; c");
    assert!(request.contains("list-type=2") && request.contains("prefix=out%2f"), "{request}");
    let page = "501 x\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>";
    let (reason, _) = answered("sources", page).await;
    assert_eq!(reason, "ProviderError: OSError(errno=38)");
}

#[tokio::test]
async fn a_missing_bucket_is_not_made() {
    let bench = Bench::new().await;
    let reason = bench.reason(bench.but(json!({"remote_url": "s3://missing-bucket/x/"}))).await;
    assert!(reason.ends_with("The specified bucket does not exist"), "{reason}");
    assert!(!bench.folder.path().join("s3/missing-bucket").exists());
    // Nor is another object written than the one that was meant.
    bench.reason(bench.but(json!({"remote_url": "s3://sandbox-bucket/../other/"}))).await;
    assert!(!bench.folder.path().join("s3/other").exists());
}

#[tokio::test]
async fn an_endpoint_that_nobody_listens_on_is_named() {
    let bench = Bench::new().await;
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let endpoint = format!("http://127.0.0.1:{port}");
    let reason = bench.reason(bench.but(json!({ "endpoint_url": endpoint }))).await;
    let url = format!("{endpoint}/sandbox-bucket/out/_empty");
    assert_eq!(
        reason,
        format!("EndpointConnectionError: Could not connect to the endpoint URL: \"{url}\"")
    );
}

#[tokio::test]
async fn a_source_is_listed_and_read() {
    let bench = in_old_words().await;
    // As s3fs has it: a folder without objects does not exist, an empty bucket does.
    let reason = bench.failure("sources", bench.good()).await;
    assert_eq!(reason, "UserError: File not found: sandbox-bucket/out");
    let root = bench.but(json!({"remote_url": "s3://sandbox-bucket/"}));
    bench.succeeds("sources", root.clone()).await;
    let folder = bench.folder.path().join("s3/sandbox-bucket/out");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a & b.txt"), "text").unwrap();
    bench.succeeds("sources", bench.good()).await;
    bench.succeeds("sources", bench.but(json!({"remote_url": "s3://sandbox-bucket/out"}))).await;
    let mut wrong = root;
    wrong["secret"] = "wrong".into();
    let reason = bench.failure("sources", wrong).await;
    assert!(reason.starts_with("UserAuthError: The request signature"), "{reason}");
    assert!(!folder.join("_empty").exists(), "a source is never written to");
}

#[tokio::test]
async fn only_s3_connectors_can_be_checked() {
    let bench = Bench::new().await;
    let body = json!({"name": "g", "type": "gcs", "config": {"remote_url": "gs://bucket/"}});
    let (_, made) = bench.post("/api/v1/destinations/", body).await;
    let path = format!("/api/v1/destinations/{}", made["id"].as_str().unwrap());
    let check = bench.check(&path).await;
    assert_eq!((&check["status"], check["reason"].is_string()), (&json!("FAILURE"), true));
}

#[tokio::test]
async fn the_latest_check_is_the_one_that_is_answered() {
    let bench = Bench::new().await;
    let path = bench.connector("destinations", "d", bench.good()).await;
    let first = bench.check(&path).await;
    let second = bench.check(&path).await;
    assert_ne!(first["id"], second["id"]);
    assert_eq!(bench.verdict(&path).await, second);
}

#[tokio::test]
async fn a_check_without_a_verdict_is_resumed() {
    let bench = Bench::new().await;
    let path = bench.connector("destinations", "d", bench.good()).await;
    let check = bench.check(&path).await;
    let bench = bench
        .restart(|folder| {
            let file = folder.join("state.json");
            let text = std::fs::read_to_string(&file).unwrap();
            let reported = check["reported_at"].to_string();
            let text = text.replace("\"SUCCESS\"", "\"SCHEDULED\"").replace(&reported, "null");
            std::fs::write(&file, text).unwrap();
            std::fs::remove_file(folder.join("s3/sandbox-bucket/out/_empty")).unwrap();
        })
        .await;
    let resumed = bench.verdict(&path).await;
    assert_eq!((&resumed["id"], &resumed["status"]), (&check["id"], &json!("SUCCESS")));
    assert_ne!(resumed["reported_at"], check["reported_at"]);
    assert!(bench.folder.path().join("s3/sandbox-bucket/out/_empty").exists());
}

#[tokio::test]
async fn another_server_is_really_contacted_while_its_secret_is_remembered() {
    let (bench, other) = (Bench::new().await, Bench::new().await);
    let foreign = other.but(json!({"endpoint_url": other.sandbox.s3_endpoint_url}));
    let path = bench.connector("destinations", "foreign", foreign.clone()).await;
    assert_eq!(bench.check(&path).await["status"], "SUCCESS");
    assert!(other.folder.path().join("s3/sandbox-bucket/out/_empty").exists());
    assert!(!bench.folder.path().join("s3/sandbox-bucket/out").exists());

    let bench = bench.restart(|_| ()).await;
    let check = bench.check(&path).await;
    let reason = check["reason"].as_str().unwrap();
    assert!(reason.contains("keeps no credentials but its own"), "{reason}");
    bench.put(&path, json!({ "config": foreign })).await;
    assert_eq!(bench.check(&path).await["status"], "SUCCESS");
}

#[tokio::test]
async fn a_server_that_quotes_the_credentials_is_not_quoted() {
    let bench = in_old_words().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        assert!(stream.read(&mut request).unwrap() > 0);
        let body = "<Error><Code>Odd</Code><Message>bad token FOREIGN/token in FOREIGN%2Ftoken &lt;</Message></Error>";
        let head = format!("HTTP/1.1 403 Forbidden\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all((head + body).as_bytes()).unwrap();
    });
    let config =
        json!({"endpoint_url": endpoint, "key": "k", "secret": "s", "token": "FOREIGN/token"});
    let reason = bench.reason(bench.but(config)).await;
    assert_eq!(reason, "UserAuthError: bad token ********** in ********** <");
    server.join().unwrap();
}
