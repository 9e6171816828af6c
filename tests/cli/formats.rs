//! Every format of a list, byte for byte: what a program has learnt to read stays as it is, whatever
//! the service answers and however that is read. The answers are `formats/*.json`, with all that is
//! odd in them; the expected texts stand beside them.

use serde_json::json;

use crate::harness::{API_KEY, Bench, Done};
use crate::help::snapshot;
use crate::rotating::minutes_from_now;
use crate::service::Fault;

const DESTINATIONS: &str = include_str!("formats/destinations.json");
const SOURCES: &str = include_str!("formats/sources.json");

/// What stands for the time at which the first connector's credentials end.
const SOON: &str = "2099-01-01T00:00:00Z";

/// A service with both lists, and a ledger that knows three of the connectors.
struct Lists {
    bench: Bench,
    end: String,
}

impl Lists {
    fn new() -> Self {
        let bench = Bench::new();
        let key = json!(API_KEY).to_string();
        let destinations = DESTINATIONS.replace("API-KEY", &key[1..key.len() - 1]);
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let sources = SOURCES.replace("DEEP", &nested(200)).replace("NEARLY", &nested(120));
        for (path, list) in [("/destinations/", destinations), ("/sources/", sources)] {
            bench.service.fault("GET", path, Fault::status(200, list).always());
        }
        // Half a minute more than is shown: as long as it takes until it is.
        let end: jiff::Timestamp = minutes_from_now(90).parse().unwrap();
        let end = (end + jiff::SignedDuration::from_secs(30)).to_string();
        let line = |id: u32, name: &str, end: Option<&str>| {
            let line = json!({"service": bench.service.url, "name": name,
                "id": format!("00000000-0000-4000-8000-{id:012}"), "lease": {
                    "expires_at": end, "written_at": "2026-01-03T03:04:05Z", "rotated": true,
                    "key": "0123456789abcdef0123456789abcdef", "updated_at": "2026-01-03T03:04:05Z"}});
            format!("{line}\n")
        };
        let ledger = line(1, "invoices", Some(&end))
            + &line(2, "lasting", None)
            + &line(3, "overwritten", Some(&end));
        std::fs::create_dir(bench.path("state")).unwrap();
        bench.file("state/ledger.jsonl", &ledger);
        Self { bench, end }
    }

    /// Both streams of commands, one after the other.
    fn transcript(&self, lines: &[String]) -> String {
        lines.iter().map(|line| self.said(line, &self.bench.run(line))).collect()
    }

    fn said(&self, line: &str, done: &Done) -> String {
        let Done { code, stdout, stderr, .. } = done;
        let text = format!("$ uns3 {line}\n{stdout}--- standard error, {code}\n{stderr}\n");
        self.stable(&text).replace(&self.bench.service.url, "http://SERVICE")
    }

    /// A text with the same time in every run, as it is and as Markdown has it.
    fn stable(&self, text: &str) -> String {
        let escaped = self.end.chars().map(|c| match c {
            '-' | ':' => format!("\\{c}"),
            c => c.to_string(),
        });
        let escaped: String = escaped.collect();
        text.replace(&self.end, SOON).replace(&escaped, SOON)
    }
}

/// All that shows many connectors, in a format.
fn lines(format: &str) -> Vec<String> {
    let lines = [
        "list",
        "list --kind source",
        "list --kind all --all-types",
        "list --match t*",
        "list --bucket bucket-two",
        "status --kind all",
        "status --expiring-within 2h",
        "list --match nothing",
    ];
    lines.map(|line| format!("{line} -o {format}")).into()
}

#[test]
fn every_format_of_a_list_is_as_it_was_read() {
    let lists = Lists::new();
    let mut problems = Vec::new();
    for format in ["table", "wide", "csv", "markdown", "id", "json", "yaml"] {
        let text = lists.transcript(&lines(format));
        problems.extend(snapshot("formats", format, &text).err());
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[cfg(unix)]
#[test]
fn a_list_on_a_terminal_is_as_it_was_read() {
    let lists = Lists::new();
    let shown = |columns: u16, line: &str| {
        let text = crate::tables::shown(&lists.bench, columns, line);
        let text = lists.stable(&text);
        format!("$ uns3 {line} # {columns}\n{text}\n")
    };
    let mut text = String::new();
    // Two halves: a terminal hands out four kilobytes at once.
    for half in ["[!a-z]*", "[ijlno]*"] {
        for columns in [40, 80, 120, 200] {
            text += &shown(columns, &format!("list --kind all --all-types -q --match {half}"));
            text += &shown(columns, &format!("status -q --color always --match {half}"));
        }
        text += &shown(80, &format!("list -o wide --color always --match {half}"));
    }
    snapshot("formats", "terminal", &text).unwrap();
}
