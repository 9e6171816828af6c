//! Runs the binary against a stand-in service, with nothing of this machine's environment.
//!
//! Two promises are held against every run: no secret of the tests is ever shown, and no mask is
//! ever sent.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::service::Service;

/// Long enough for the slowest machine; nothing waits for it that works.
const DEADLINE: Duration = Duration::from_secs(90);

pub(crate) const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const STS_ID: &str = "ASIAIOSFODNN7EXAMPLE";
/// With all characters that some spelling escapes: JSON, URLs, shells, HTML.
pub(crate) const API_KEY: &str = r#"api+K3y/5d1f="q'7&Zx%<2"#;
pub(crate) const SECRET: &str = r#"wJalr/XUt+nFEMI='K7"MDENG&bPx\Rfi%C<YzQ4"#;
pub(crate) const TOKEN: &str = r#"FwoGZXIv/YXdzE+B0a"DFl4'tok\en&%<7=="#;

/// A service, the binary's folders, and the environment that it gets.
pub(crate) struct Bench {
    pub(crate) service: Service,
    folder: TempDir,
    environment: BTreeMap<String, String>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::over(Service::start())
    }

    pub(crate) fn over(service: Service) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let mut environment = BTreeMap::from([
            ("UNS3_CONFIG_DIR".into(), path("config")),
            ("UNS3_STATE_DIR".into(), path("state")),
            ("UNSTRUCTURED_API_KEY".into(), API_KEY.into()),
            ("UNSTRUCTURED_API_URL".into(), service.url.clone()),
            // Nothing of a test leaves this machine, not even a look into why a check failed.
            ("HTTPS_PROXY".into(), "http://127.0.0.1:1".into()),
        ]);
        if cfg!(windows) {
            for name in ["SystemRoot", "PATH"] {
                environment.extend(std::env::var(name).map(|value| (name.into(), value)));
            }
        }
        let bench = Self { service, folder, environment };
        bench.file("secret", SECRET);
        bench.file("token", &format!("{TOKEN}\n"));
        bench
    }

    /// With a variable in the environment.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// Without one.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.environment.remove(name);
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.path("config")
    }

    /// Writes a file and gives its path as an argument.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Flags for long-term keys.
    pub(crate) fn keys(&self) -> String {
        format!("--key {KEY_ID} --secret-file {}", self.path("secret").display())
    }

    /// Flags for STS credentials.
    pub(crate) fn sts(&self) -> String {
        let path = |name| self.path(name).display().to_string();
        format!("--key {STS_ID} --secret-file {} --token-file {}", path("secret"), path("token"))
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_uns3"));
        command.args(args).env_clear().envs(&self.environment).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command line whose arguments hold no white space.
    pub(crate) fn run(&self, line: &str) -> Done {
        self.args(&line.split_whitespace().collect::<Vec<_>>())
    }

    pub(crate) fn args(&self, args: &[&str]) -> Done {
        self.finish(self.command(args).spawn().unwrap(), &format!("{args:?}"))
    }

    /// The same with text on standard input.
    pub(crate) fn piped(&self, line: &str, stdin: &str) -> Done {
        let mut command = self.command(&line.split_whitespace().collect::<Vec<_>>());
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        // A command that does not read it may be gone already.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        self.finish(child, line)
    }

    pub(crate) fn finish(&self, mut child: Child, line: &str) -> Done {
        let stdout = collect(child.stdout.take());
        let stderr = collect(child.stderr.take());
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if begun.elapsed() > DEADLINE {
                child.kill().unwrap();
                panic!("{line}: still running; stderr: {}", stderr.join().unwrap());
            }
            thread::sleep(Duration::from_millis(3));
        };
        let done = Done {
            line: line.to_owned(),
            code: status.code().unwrap_or(-1),
            stdout: stdout.join().unwrap(),
            stderr: stderr.join().unwrap(),
        };
        for secret in [API_KEY, SECRET, TOKEN] {
            done.never_shows(secret);
        }
        for request in self.service.requests() {
            assert!(!request.body.contains("****"), "a mask was sent: {request:?}");
            assert_eq!(request.header("unstructured-api-key"), Some(API_KEY), "{request:?}");
        }
        done
    }

    /// The text of every file under a folder of the binary's.
    pub(crate) fn files(&self, folder: &str) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        texts(&self.path(folder), &mut found);
        found
    }
}

fn texts(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            texts(&path, found);
        } else {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            found.push((path, text));
        }
    }
}

fn collect(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            stream.read_to_end(&mut bytes).unwrap();
        }
        String::from_utf8(bytes).unwrap()
    })
}

/// Tries cases side by side: for those that wait.
pub(crate) fn each<T: Send>(cases: impl IntoIterator<Item = T>, test: impl Fn(T) + Sync) {
    thread::scope(|scope| {
        let test = &test;
        let threads: Vec<_> =
            cases.into_iter().map(|case| scope.spawn(move || test(case))).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

/// A secret in every spelling in which it could be shown.
pub(crate) fn spellings(secret: &str) -> Vec<String> {
    let json = Value::from(secret).to_string();
    let percent = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    vec![secret.to_owned(), json[1..json.len() - 1].to_owned(), percent]
}

/// A run that has ended.
pub(crate) struct Done {
    line: String,
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl fmt::Debug for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, code, stdout, stderr } = self;
        write!(f, "{line}\nexit code {code}\n--- stdout\n{stdout}--- stderr\n{stderr}---")
    }
}

impl Done {
    /// It succeeded.
    pub(crate) fn ok(&self) -> &Self {
        self.exits(0)
    }

    pub(crate) fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// It failed, and wrote no result.
    pub(crate) fn fails(&self, code: i32) -> &Self {
        assert_eq!(self.stdout, "", "{self:#?}");
        self.exits(code)
    }

    /// A text is on standard error.
    pub(crate) fn says(&self, text: &str) -> &Self {
        let said = self.stderr.contains(text) || self.words().contains(text);
        assert!(said, "{text:?} is not said: {self:#?}");
        self
    }

    /// What standard error says, in words: of an object on a line of its own, its message.
    fn words(&self) -> String {
        let line = |line: &str| match serde_json::from_str::<Value>(line) {
            Ok(object) => {
                let said = object.as_object().into_iter().flatten();
                said.filter_map(|(_, one)| one["message"].as_str()).collect()
            }
            Err(_) => line.to_owned(),
        };
        self.stderr.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
    }

    pub(crate) fn silent(&self) -> &Self {
        assert_eq!(self.stderr, "", "{self:#?}");
        self
    }

    /// A text is on standard output.
    pub(crate) fn prints(&self, text: &str) -> &Self {
        assert!(self.stdout.contains(text), "{text:?} is not printed: {self:#?}");
        self
    }

    /// A text is on neither stream, however it is spelt.
    pub(crate) fn never_shows(&self, secret: &str) -> &Self {
        for one in spellings(secret) {
            let shown = self.stdout.contains(&one) || self.stderr.contains(&one);
            assert!(!shown, "{one} is shown: {self:#?}");
        }
        self
    }

    /// Standard output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// The error object that ends standard error under `-o json`.
    pub(crate) fn error(&self) -> Value {
        let last = self.stderr.lines().last().unwrap_or_default();
        let value: Value =
            serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {self:#?}"));
        value["error"].clone()
    }
}
