//! Proxies on the way to AWS: for TLS only, and not for hosts that shall be reached without.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::json;

use crate::chain::contained;
use crate::harness::{Bench, SECRET, STS_ID, TOKEN};
use crate::refused::over_tls;
use crate::sts::{OWN_ID, OWN_SECRET, ROLE};

const CREATE: &str = "create x --remote-url s3://bucket-one/ -o json";
const NOBODY: &str = "http://127.0.0.1:9";

/// A proxy that lets everyone through; its address, and what it was asked for.
fn proxy() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://user:Proxy-Pass1@{}", listener.local_addr().unwrap());
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let shared = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let shared = Arc::clone(&shared);
            thread::spawn(move || through(stream, &shared));
        }
    });
    (url, asked)
}

fn through(mut stream: TcpStream, asked: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let first = lines.next().unwrap();
    asked.lock().unwrap().push(first.clone());
    lines.find(String::is_empty);
    let target = TcpStream::connect(first.split(' ').nth(1).unwrap()).unwrap();
    stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").unwrap();
    let (mut back, mut there) = (target.try_clone().unwrap(), stream.try_clone().unwrap());
    thread::spawn(move || std::io::copy(&mut back, &mut there));
    let _ = std::io::copy(&mut stream, &mut &target);
}

/// The agent's token, and the credentials that it gave in return, went through it in the clear.
#[test]
fn no_proxy_sees_what_a_containers_agent_hands_out() {
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"] {
        let bench = Bench::new().with("AWS_EC2_METADATA_DISABLED", "true").with(name, NOBODY);
        let credentials = json!({"AccessKeyId": STS_ID, "SecretAccessKey": SECRET, "Token": TOKEN,
            "Expiration": "2096-05-06T07:08:09Z"});
        contained(&bench, credentials, &format!("{CREATE} --aws")).ok();
        assert_eq!(bench.service.config("x")["key"], STS_ID);
    }
}

#[test]
fn sts_is_reached_through_the_proxy_of_https() {
    let (sts, pem) = over_tls();
    let bench = || {
        let bench = Bench::new()
            .without("HTTPS_PROXY")
            .with("AWS_EC2_METADATA_DISABLED", "true")
            .with("AWS_ENDPOINT_URL", &sts)
            .with("AWS_REGION", "eu-central-1")
            .with("AWS_ACCESS_KEY_ID", OWN_ID)
            .with("AWS_SECRET_ACCESS_KEY", OWN_SECRET);
        let file = bench.file("bundle.pem", &pem);
        bench.with("AWS_CA_BUNDLE", &file)
    };
    let line = format!("{CREATE} --role-arn {ROLE}");
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        let (url, asked) = proxy();
        bench().with(name, &url).run(&line).ok().never_shows("Proxy-Pass1");
        let host = sts.strip_prefix("https://").unwrap();
        assert_eq!(*asked.lock().unwrap(), [format!("CONNECT {host} HTTP/1.1")]);
    }
    let (url, asked) = proxy();
    bench().with("HTTPS_PROXY", &url).with("NO_PROXY", "localhost").run(&line).ok();
    bench().with("HTTP_PROXY", &url).run(&line).ok();
    assert!(asked.lock().unwrap().is_empty());
    for wrong in ["http://user:Proxy-Pass1@", "socks9://user:Proxy-Pass1@x"] {
        let done = bench().with("HTTPS_PROXY", wrong).run(&line);
        done.fails(2).says("HTTPS_PROXY").never_shows("Proxy-Pass1");
    }
}
