//! Requests that are meant to harm: what each of them once broke.

use crate::harness::Bench;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Sends text to a server as it is and gives what comes back before the connection ends.
async fn raw(url: &str, text: String) -> String {
    let address = url.strip_prefix("http://").unwrap().to_owned();
    let exchange = move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = Vec::new();
        // A server that closes on what it has not read may reset the connection.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    };
    tokio::task::spawn_blocking(exchange).await.unwrap()
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let short = Sha256::digest(key);
    let key = if key.len() > 64 { &short[..] } else { key };
    let padded = |pad: u8| {
        let mut block = [pad; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Bench {
    fn s3(&self) -> &str {
        &self.sandbox.s3_endpoint_url
    }

    /// The head of a signed request to S3, for paths that no URL library would send. Source: AWS's
    /// "Signature Version 4" reference.
    fn signed(&self, method: &str, path: &str, query: &str, headers: &str) -> String {
        let host = self.s3().strip_prefix("http://").unwrap();
        let (now, payload) = (jiff::Timestamp::now(), "UNSIGNED-PAYLOAD");
        let (date, time) = (now.strftime("%Y%m%d"), now.strftime("%Y%m%dT%H%M%SZ"));
        let names = "host;x-amz-content-sha256;x-amz-date";
        let canonical = format!(
            "{method}\n{path}\n{query}\nhost:{host}\nx-amz-content-sha256:{payload}\n\
             x-amz-date:{time}\n\n{names}\n{payload}"
        );
        let scope = format!("{date}/us-east-1/s3/aws4_request");
        let digest = hex(&Sha256::digest(canonical));
        let mut key = format!("AWS4{}", self.sandbox.secret_access_key).into_bytes();
        for part in scope.split('/') {
            key = hmac(&key, part);
        }
        let signature = hex(&hmac(&key, &format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{digest}")));
        let id = &self.sandbox.access_key_id;
        let mark = if query.is_empty() { "" } else { "?" };
        format!(
            "{method} {path}{mark}{query} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
             x-amz-content-sha256: {payload}\r\nx-amz-date: {time}\r\nauthorization: \
             AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, \
             Signature={signature}\r\n{headers}\r\n"
        )
    }

    async fn writes_at_once(&self) {
        let start = Instant::now();
        let head = self.signed("PUT", "/sandbox-bucket/next", "", "content-length: 4\r\n");
        let answer = raw(self.s3(), head + "text").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(start.elapsed() < Duration::from_secs(10), "it waited {:?}", start.elapsed());
    }
}

#[tokio::test]
async fn an_upload_that_stalls_holds_nobody_up() {
    let bench = Bench::new().await;
    let host = bench.s3().strip_prefix("http://").unwrap();
    let unsigned = format!("PUT /sandbox-bucket/stalled HTTP/1.1\r\nhost: {host}\r\n");
    let unsigned = format!("{unsigned}content-length: 100\r\n\r\n");
    let signed = bench.signed("PUT", "/sandbox-bucket/stalled", "", "content-length: 100\r\n");
    let mut stalled = Vec::new();
    for head in [unsigned, signed] {
        let mut stream = TcpStream::connect(host).unwrap();
        stream.write_all((head + "begun").as_bytes()).unwrap();
        stalled.push(stream);
        bench.writes_at_once().await;
    }
    // Another process on the same folder takes turns with this one.
    let other = bench.beside().await;
    other.writes_at_once().await;
}

#[tokio::test]
async fn strangers_bodies_are_not_read() {
    let bench = Bench::new().await;
    let host = bench.s3().strip_prefix("http://").unwrap();
    let much = "content-length: 1000000000";
    let form = "content-type: multipart/form-data; boundary=b";
    for (line, status) in [
        (format!("PUT /sandbox-bucket/x HTTP/1.1\r\n{much}"), "403"),
        (format!("POST /sandbox-bucket HTTP/1.1\r\n{form}\r\n{much}"), "400"),
        (format!("POST /sandbox-bucket HTTP/1.1\r\n{form}\r\ntransfer-encoding: chunked"), "400"),
    ] {
        let begun = "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n";
        let text = format!("{line}\r\nhost: {host}\r\n\r\n{begun}");
        let answer = raw(bench.s3(), text).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{line}: {answer}");
    }
    let path = "/api/v1/destinations/";
    let text = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\n{much}\r\n\r\n{{");
    let answer = raw(&bench.sandbox.api_url, text).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

#[tokio::test]
async fn a_body_that_never_ends_is_not_waited_for() {
    let bench = Bench::new().await;
    let key = &bench.sandbox.api_key;
    let head = "POST /api/v1/destinations/ HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100";
    let text = format!("{head}\r\nunstructured-api-key: {key}\r\n\r\n{{");
    let answer = raw(&bench.sandbox.api_url, text).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert_eq!(bench.get("/api/v1/destinations/").await.1, json!([]));
}

#[tokio::test]
async fn a_web_page_under_a_name_of_its_own_gets_no_answer() {
    let bench = Bench::new().await;
    let (api, key) = (&bench.sandbox.api_url, &bench.sandbox.api_key);
    let asked = async |url: &str, path: &str, host: &str| {
        let head = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
        let answer = raw(url, format!("{head}unstructured-api-key: {key}\r\n\r\n")).await;
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    let path = "/api/v1/destinations/";
    for host in ["evil.example", "localhost.evil.example:80", "10.0.0.1", "x@127.0.0.1", "a b", ""]
    {
        assert_eq!(asked(api, path, host).await, "421", "{host}");
        assert_eq!(asked(bench.s3(), "/sandbox-bucket", host).await, "421", "{host}");
    }
    let absolute = format!("http://evil.example{path}");
    assert_eq!(asked(api, &absolute, "localhost").await, "421");
    for host in ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:80", "[::1]:80"] {
        assert_eq!(asked(api, path, host).await, "200", "{host}");
        assert_eq!(asked(bench.s3(), "/sandbox-bucket", host).await, "403", "{host}");
    }
}

#[tokio::test]
async fn a_key_of_dots_ends_no_process() {
    let bench = Bench::new().await;
    for key in ["..", ".", "a/..", "../..", "../../state.json", "a/%2E%2E/b", "/etc", "a%00"] {
        for method in ["PUT", "GET", "HEAD", "DELETE", "POST"] {
            let query = if method == "POST" { "uploads=" } else { "" };
            let path = format!("/sandbox-bucket/{key}").replace("%2E", ".");
            let head = bench.signed(method, &path, query, "content-length: 0\r\n");
            let answer = raw(bench.s3(), head).await;
            assert!(answer.starts_with("HTTP/1.1 400"), "{method} {key}: {answer}");
        }
    }
    bench.writes_at_once().await;
    let folder = bench.folder.path().join("s3/sandbox-bucket");
    std::fs::write(folder.join("caf\u{e9}s"), "").unwrap();
    for (method, path, query, headers, body) in [
        ("GET", "/sandbox-bucket", "delimiter=%C3%A9&list-type=2", "", ""),
        ("GET", "/sandbox-bucket", "delimiter=%C3%A9", "", ""),
        ("GET", "/sandbox-bucket/next", "", "range: bytes=-0\r\n", ""),
        ("GET", "/sandbox-bucket/next", "", "range: bytes=-18446744073709551615\r\n", ""),
        ("PUT", "/sandbox-bucket/x", "", "x-amz-copy-source: /sandbox-bucket/..\r\n", ""),
        (
            "POST",
            "/sandbox-bucket",
            "delete=",
            "",
            "<Delete><Object><Key>..</Key></Object></Delete>",
        ),
    ] {
        let headers = format!("{headers}content-length: {}\r\n", body.len());
        let answer = raw(bench.s3(), bench.signed(method, path, query, &headers) + body).await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{method} {path}?{query} {headers}: {answer}");
    }
    bench.writes_at_once().await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_among_the_objects_ends_no_process() {
    let bench = Bench::new().await;
    let link = bench.folder.path().join("s3/sandbox-bucket/a");
    std::os::unix::fs::symlink("/tmp", &link).unwrap();
    let query = "delimiter=%2F&list-type=2&prefix=long-prefix%2F";
    let answer = raw(bench.s3(), bench.signed("GET", "/sandbox-bucket", query, "")).await;
    assert!(answer.starts_with("HTTP/1.1 500") && answer.contains("no links: "), "{answer}");
    std::fs::remove_file(link).unwrap();
    let answer = raw(bench.s3(), bench.signed("GET", "/sandbox-bucket", query, "")).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn secrets_by_other_names_are_not_written() {
    let bench = Bench::new().await;
    let named = json!({
        "authorization": "Basic x", "passcode": "F0REIGN-1", "sas": "F0REIGN-2", "dbPwd": "F0REIGN-3",
        "db-pass": "F0REIGN-4", "dsn": "F0REIGN-5", "request_signature": "F0REIGN-6",
        "webhook": "F0REIGN-7", "connection_string": "F0REIGN-8",
    });
    let looks = json!({
        "note": "password=F0REIGN-a", "link": "https://h.example/x?sig=F0REIGN-b", "auth": "Bearer F0REIGN-c",
        "value": "AKIAF0REIGNEXAMPLE00", "other": "xF0REIGN9aB3dE7fG1hJ5kL2", "list": ["eyJF0REIGN.e30.x"],
    });
    let plain = json!({
        "region": "us-gov-east-1", "request_id": "550e8400-e29b-41d4-a716-446655440000", "sid": "s",
        "role_arn": "arn:aws:iam::123456789012:role/Reader", "note2": "Invoices-Out-Production-2026",
        "path": "s3://bucket/Folder1/", "since": "2026-01-02T03:04:05Z",
    });
    let mut config = bench.good();
    for fields in [&named, &looks, &plain] {
        config.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    }
    let name = "Nightly-2026-Q1-Invoices-7";
    let path = bench.connector("destinations", name, config).await;
    let text = std::fs::read_to_string(bench.folder.path().join("state.json")).unwrap();
    assert!(!text.contains("F0REIGN") && !text.contains("Basic x"), "{text}");
    let (_, here) = bench.get(&path).await;
    for name in named.as_object().unwrap().keys() {
        assert_eq!(here["config"][name], "**********", "{name}");
    }
    let bench = bench.restart(|_| ()).await;
    let (_, later) = bench.get(&path).await;
    assert_eq!(later["name"], name);
    let masked = |value: &Value| *value == json!("**********");
    assert!(looks.as_object().unwrap().keys().all(|name| {
        let value = &later["config"][name];
        masked(value) || value.as_array().is_some_and(|list| list.iter().all(masked))
    }));
    for (name, value) in plain.as_object().unwrap() {
        assert_eq!(&later["config"][name], value, "{name}");
    }
}
