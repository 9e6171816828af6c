//! The service that is rotated on, and an S3: HTTP/1.1 on loopback, each answer after its latency. It
//! is a process of its own, since on Linux a child's peak memory begins at its parent's; and it counts.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// With two numbers after it, this program is the server.
pub(crate) const FLAG: &str = "--serve";

/// The server's process, stopped when dropped.
pub(crate) struct Server {
    process: Child,
    address: String,
}

/// What was asked for since the last count.
pub(crate) struct Count {
    pub(crate) requests: usize,
    pub(crate) busiest: usize,
}

impl Server {
    pub(crate) fn start(targets: usize, latency: Duration) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(FLAG).arg(targets.to_string()).arg(latency.as_millis().to_string());
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut port = String::new();
        let stdout = process.stdout.take().context("no stdout")?;
        BufReader::new(stdout).read_line(&mut port)?;
        Ok(Self { process, address: format!("127.0.0.1:{}", port.trim()) })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn count(&self) -> Result<Count> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.write_all(b"GET /count HTTP/1.1\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").context("no body")?;
        let count: Vec<usize> = serde_json::from_str(body)?;
        Ok(Count { requests: count[0], busiest: count[1] })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct State {
    list: Vec<String>,
    /// What was made since the last count: then it is gone again.
    made: Mutex<Vec<String>>,
    latency: Duration,
    requests: AtomicUsize,
    under_way: AtomicUsize,
    busiest: AtomicUsize,
}

/// Serves until it is killed.
pub(crate) fn serve(targets: usize, latency: u64) -> Result<()> {
    let one = |number| connector(&id(number), config(number)).to_string();
    let state = Arc::new(State {
        list: (1..=targets).map(one).collect(),
        made: Mutex::default(),
        latency: Duration::from_millis(latency),
        requests: AtomicUsize::new(0),
        under_way: AtomicUsize::new(0),
        busiest: AtomicUsize::new(0),
    });
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    println!("{}", listener.local_addr()?.port());
    for stream in listener.incoming() {
        let (stream, state) = (stream?, Arc::clone(&state));
        // A client that leaves has what it wants.
        thread::spawn(move || drop(converse(stream, &state)));
    }
    Ok(())
}

fn config(number: usize) -> Value {
    json!({"remote_url": format!("s3://bucket-one/out/{number}/"), "anonymous": false,
        "key": "**********", "secret": "**********", "token": null, "endpoint_url": null})
}

fn id(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

fn connector(id: &str, config: Value) -> Value {
    let number = id.rsplit('-').next().unwrap_or_default();
    json!({"id": id, "name": format!("invoices-{number}"), "type": "s3", "config": config,
        "created_at": "2026-01-02T03:04:05.678901Z", "updated_at": "2026-01-02T03:04:05.678901Z"})
}

fn converse(stream: TcpStream, state: &State) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    loop {
        let (mut first, mut line, mut length) = (String::new(), String::new(), 0);
        if stream.read_line(&mut first)? == 0 {
            return Ok(());
        }
        while line != "\r\n" {
            line.clear();
            stream.read_line(&mut line)?;
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        let mut words = first.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (status, text) = answer(method, path, &body, state)?;
        let head = format!(
            "HTTP/1.1 {status} Status\r\netag: \"bench\"\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            text.len()
        );
        stream.get_mut().write_all(&[head.as_bytes(), text.as_bytes()].concat())?;
        if path == "/count" {
            return Ok(());
        }
    }
}

fn answer(method: &str, path: &str, body: &[u8], state: &State) -> Result<(u16, String)> {
    if path == "/count" {
        state.made.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let count = [&state.requests, &state.busiest].map(|count| count.swap(0, SeqCst));
        return Ok((200, json!(count).to_string()));
    }
    state.requests.fetch_add(1, SeqCst);
    state.busiest.fetch_max(state.under_way.fetch_add(1, SeqCst) + 1, SeqCst);
    thread::sleep(state.latency);
    state.under_way.fetch_sub(1, SeqCst);
    let check = |status: &str, reported: Value| {
        json!({"id": "5e1b0d5e-0000-4000-8000-000000000000", "status": status, "reason": null,
            "created_at": "2026-01-02T03:04:05Z", "reported_at": reported})
    };
    if !path.starts_with("/api/") {
        return Ok(s3(method));
    }
    Ok(match method {
        "POST" if path.ends_with("ations/") => {
            let mut sent: Value = serde_json::from_slice(body)?;
            let number = state.requests.load(SeqCst);
            let mut made = connector(&id(number), sent["config"].take());
            made["name"] = sent["name"].take();
            let made = made.to_string();
            state.made.lock().unwrap_or_else(PoisonError::into_inner).push(made.clone());
            (200, made)
        }
        "PUT" => {
            let mut sent: Value = serde_json::from_slice(body)?;
            for field in ["key", "secret", "token"] {
                if sent["config"][field].is_string() {
                    sent["config"][field] = "**********".into();
                }
            }
            let id = path.rsplit('/').next().unwrap_or_default();
            (200, connector(id, sent["config"].take()).to_string())
        }
        "POST" => (202, check("SCHEDULED", Value::Null).to_string()),
        _ if path.ends_with("connection-check") => {
            (200, check("SUCCESS", "2026-01-02T03:04:06Z".into()).to_string())
        }
        _ => match path.rsplit('-').next().and_then(|number| number.parse().ok()) {
            Some(number) => (200, connector(&id(number), config(number)).to_string()),
            None => {
                let made = state.made.lock().unwrap_or_else(PoisonError::into_inner);
                (200, format!("[{}]", [state.list.as_slice(), &made].concat().join(",")))
            }
        },
    })
}

/// S3 and STS, as far as a preflight asks them.
fn s3(method: &str) -> (u16, String) {
    let body = match method {
        "GET" => "<ListBucketResult><Name>bench-bucket</Name></ListBucketResult>",
        "POST" => {
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/bench</Arn>\
             <UserId>bench</UserId><Account>1</Account></GetCallerIdentityResult>\
             </GetCallerIdentityResponse>"
        }
        _ => "",
    };
    (200, body.to_owned())
}
