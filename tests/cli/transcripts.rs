//! What the main commands print, as snapshots beside those of their help and refreshed with them.

use std::fmt::Write as _;

use serde_json::json;

use crate::harness::{Bench, Done, STS_ID};
use crate::help::snapshot;
use crate::rotating::{keyed, lease, minutes_from_now};

/// A text in which what differs from run to run is named instead: ids in the order of their coming,
/// times, seconds, and where the tests run.
fn normalised(bench: &Bench, text: &str, ids: &mut Vec<String>) -> String {
    let folder = bench.path("").display().to_string();
    let text = text.replace(folder.trim_end_matches('/'), "/FOLDER");
    let text = text.replace(&bench.service.url, "http://SERVICE");
    let mut result = String::new();
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let head = |length: usize| rest.get(..length);
        let id = head(36).filter(|id| id.contains('-') && uuid::Uuid::try_parse(id).is_ok());
        let time = rest.find('Z').and_then(|end| head(end + 1));
        let time = time.filter(|time| time.len() < 32 && time.parse::<jiff::Timestamp>().is_ok());
        let seconds = rest.strip_prefix('(').and_then(|_| head(rest.find(" s)")? + 3));
        let seconds = seconds.filter(|text| text.len() < 9);
        if let Some(id) = id {
            let known = ids.iter().position(|one| one == id);
            let number = known.unwrap_or_else(|| {
                ids.push(id.to_owned());
                ids.len() - 1
            });
            write!(result, "ID-{}", number + 1).unwrap();
        } else if time.is_some() {
            result.push_str("TIME");
        } else if seconds.is_some() {
            result.push_str("(SECONDS)");
        } else {
            result.push(first);
        }
        let taken = id.or(time).or(seconds).map_or(first.len_utf8(), str::len);
        rest = &rest[taken..];
    }
    result
}

/// Runs command lines one after the other, and holds what they print against a snapshot.
struct Transcript<'a> {
    bench: &'a Bench,
    name: &'static str,
    text: String,
    ids: Vec<String>,
}

impl<'a> Transcript<'a> {
    fn new(bench: &'a Bench, name: &'static str) -> Self {
        Self { bench, name, text: String::new(), ids: Vec::new() }
    }

    fn run(&mut self, line: &str) -> &mut Self {
        let done = self.bench.run(line);
        self.add(line, &done)
    }

    fn add(&mut self, line: &str, done: &Done) -> &mut Self {
        let Done { code, stdout, stderr, .. } = done;
        let mut text = format!("$ uns3 {line}\n{stdout}");
        if !stderr.is_empty() {
            write!(text, "--- standard error\n{stderr}").unwrap();
        }
        if *code != 0 {
            writeln!(text, "--- exit code {code}").unwrap();
        }
        self.text += &normalised(self.bench, &(text + "\n"), &mut self.ids);
        self
    }

    fn end(&self) {
        snapshot("transcripts", self.name, &self.text).unwrap();
    }
}

#[test]
fn create_is_as_it_was_read() {
    let bench = Bench::new();
    let line = format!("create out --remote-url s3://my-bucket/out/ {}", bench.keys());
    Transcript::new(&bench, "create")
        .run(&format!("{line} --dry-run"))
        .run(&format!("{line} --test"))
        .run(&line)
        .run("create other --remote-url my-bucket/out --key AKIAIOSFODNN7EXAMPLE")
        .end();
}

#[test]
fn list_and_get_are_as_it_was_read() {
    let bench = Bench::new();
    let mut script = Transcript::new(&bench, "list");
    script.run("list");
    bench.service.add("out", keyed("my-bucket", "out"));
    bench.service.add("nightly", json!({"remote_url": "s3://open/", "anonymous": true, "a": 1}));
    script.run("list").run("list -o csv").run("list -o id").run("list --match x*").end();
    Transcript::new(&bench, "get")
        .run("get nightly")
        .run("get out -o json")
        .run("get out -o yaml")
        .run("get ut")
        .end();
}

#[test]
fn update_is_as_it_was_read() {
    let bench = Bench::new();
    bench.service.add("out", keyed("my-bucket", "out"));
    let line = format!("update out --remote-url s3://my-bucket/new/ {}", bench.keys());
    Transcript::new(&bench, "update")
        .run("update out --set a=1")
        .run(&format!("{line} --dry-run"))
        .run(&line)
        .run("update out --remote-url s3://my-bucket/new/")
        .end();
}

#[test]
fn test_is_as_it_was_read() {
    let bench = Bench::new();
    bench.service.add("out", keyed("my-bucket", "out"));
    bench.service.add("other", keyed("my-bucket", "other"));
    let mut script = Transcript::new(&bench, "test");
    script.run("test out");
    let refused = || ("FAILURE".to_owned(), json!("UserAuthError: PermissionError"));
    bench.service.with(|store| store.verdicts.push_back(refused()));
    script.run("test out");
    script.run("test --all --match out").run("test --all --match x*").end();
}

#[test]
fn delete_is_as_it_was_read() {
    let bench = Bench::new();
    bench.service.add("out", keyed("my-bucket", "out"));
    Transcript::new(&bench, "delete")
        .run("delete out")
        .run("delete --all --match o* --dry-run")
        .run("delete out --yes")
        .run("delete out --yes --if-exists")
        .run("delete out --yes")
        .end();
}

#[test]
fn rotate_and_status_are_as_it_was_read() {
    let bench = Bench::new();
    bench.service.add("out", keyed("my-bucket", "out"));
    bench.service.add("other", json!({"remote_url": "s3://my-bucket/", "anonymous": true}));
    let mut script = Transcript::new(&bench, "rotate");
    let refused = ("FAILURE".to_owned(), json!("UserAuthError: PermissionError"));
    bench.service.with(|store| store.verdicts.push_back(refused));
    script.run(&format!("rotate out --no-diagnose {}", bench.keys()));
    // Half a minute more than is shown: as long as it takes until it is.
    let end = minutes_from_now(90).parse::<jiff::Timestamp>().unwrap();
    let end = (end + jiff::SignedDuration::from_secs(30)).to_string();
    let lease = lease(&bench, STS_ID, &end);
    script.run(&format!("rotate --all {lease}"));
    script.run(&format!("rotate --all -q --expiring-within 30m {lease}")).end();
    Transcript::new(&bench, "status")
        .run("status")
        .run("status out --expiring-within 30m")
        .run("status --expiring-within 1d -o csv")
        .end();
}

#[test]
fn profile_is_as_it_was_read() {
    let bench = Bench::new();
    let mut script = Transcript::new(&bench, "profile");
    let line = "profile add work --api-key-file -";
    let done = bench.piped(line, crate::harness::API_KEY);
    script.add(line, &done);
    script.run("profile list").run("profile show work").run("profile use nobody");
    script.run("profile remove work --yes").run("profile list").end();
}
