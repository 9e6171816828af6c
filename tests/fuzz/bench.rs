//! Whole commands in this process, against a service that answers what a target gives it.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use proptest::prelude::*;
use tempfile::TempDir;
use uns3::context::System;
use uns3::output::Terminals;

/// The key of every command; the service may repeat it, uns3 may not.
pub(crate) const API_KEY: &str = "Zq7-fuzzed/API+key=Zq7";
pub(crate) const ID: &str = "0f1e2d3c-4b5a-4678-9abc-def012345678";

/// The answers: to what ends with a text, that status and body; the first that fits counts.
type Answers = Vec<(&'static str, u16, Vec<u8>)>;

pub(crate) struct Bench {
    answers: Arc<Mutex<Answers>>,
    url: String,
    folder: TempDir,
}

pub(crate) struct Done {
    pub(crate) code: u8,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answers: Arc<Mutex<Answers>> = Arc::default();
        let shared = Arc::clone(&answers);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away in the middle is the client's matter.
                let _ = answer(&stream, &shared.lock().unwrap());
            }
        });
        Self { answers, url, folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn answer(&self, answers: Answers) {
        *self.answers.lock().unwrap() = answers;
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The address of the service, which the ledger knows its connectors by.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Runs a command line. What may never be is held against it in any case.
    pub(crate) fn run(&self, line: &str) -> Result<Done, TestCaseError> {
        let (stdout, stderr) = (Sink::default(), Sink::default());
        let variable = |name: &str, value: &str| (OsString::from(name), OsString::from(value));
        let folder = self.folder.path().to_str().unwrap();
        let system = System {
            environment: vec![
                variable("UNSTRUCTURED_API_KEY", API_KEY),
                variable("UNSTRUCTURED_API_URL", &self.url),
                variable("UNS3_CONFIG_DIR", folder),
                variable("UNS3_STATE_DIR", folder),
            ],
            stdin: Box::new(io::empty()),
            stdout: Box::new(stdout.clone()),
            stderr: Box::new(stderr.clone()),
            terminals: Terminals { stdin: false, stdout: false, stderr: false, columns: None },
            now: jiff::Timestamp::now,
        };
        let line = format!("uns3 --retries 0 --timeout 10s {line}");
        let code = uns3::run(line.split(' ').map(OsString::from).collect(), system);
        let done = Done { code, stdout: stdout.text()?, stderr: stderr.text()? };
        done.check(line.contains(" json"))?;
        Ok(done)
    }
}

impl Done {
    fn check(&self, json: bool) -> Result<(), TestCaseError> {
        let Self { code, stdout, stderr } = self;
        prop_assert!(*code <= 10, "exit {}: {}", code, stderr);
        for stream in [stdout, stderr] {
            prop_assert!(!stream.contains(API_KEY), "the key is shown: {}", stream);
            let steers = |c: &char| {
                (c.is_control() && !"\n\t".contains(*c)) || ('\u{202a}'..='\u{202e}').contains(c)
            };
            prop_assert!(!stream.chars().any(|c| steers(&c)), "steers a terminal: {:?}", stream);
        }
        if json {
            let is_json = |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok();
            prop_assert!(stdout.is_empty() || is_json(stdout), "not JSON: {}", stdout);
            prop_assert!(stderr.lines().all(is_json), "not JSON lines: {}", stderr);
        }
        // Why it failed is always said.
        prop_assert!(matches!(code, 0 | 10) || !stderr.is_empty(), "exit {} without a word", code);
        Ok(())
    }
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn text(&self) -> Result<String, TestCaseError> {
        let text = String::from_utf8(self.0.lock().unwrap().clone());
        text.map_err(|error| TestCaseError::fail(format!("wrote what is no text: {error}")))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn answer(mut stream: &TcpStream, answers: &Answers) -> io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let path = request.split(' ').nth(1).unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    let none = ("", 404, b"{}".to_vec());
    let fits = |(end, ..): &&(&str, u16, Vec<u8>)| path.trim_end_matches('/').ends_with(end);
    let (_, status, body) = answers.iter().find(fits).unwrap_or(&none);
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    )?;
    stream.write_all(body)
}
