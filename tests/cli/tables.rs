//! Tables: what fits a terminal, what is said of expiries, and what a spreadsheet may take for
//! text.
#![cfg(unix)]

use rustix::termios::{Winsize, tcsetwinsize};
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use crate::harness::{Bench, STS_ID};
use crate::rotating::{keyed, lease, minutes_from_now};
use crate::terminal::{read, terminal};

/// What a command shows on a terminal so wide.
pub(crate) fn shown(bench: &Bench, columns: u16, line: &str) -> String {
    let (mut ours, theirs) = terminal();
    let size = Winsize { ws_row: 40, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&ours, size).unwrap();
    let mut command = bench.command(&line.split_whitespace().collect::<Vec<_>>());
    let child = command.stdout(theirs).spawn().unwrap();
    drop(command);
    bench.finish(child, line);
    read(&mut ours).replace("\r\n", "\n")
}

const WIDE: &str = "請求書の出力コネクタ-とても長い名前のコネクタ";
const LONG: &str = "receipts-of-all-branches-with-a-name-that-goes-on";

fn bench() -> Bench {
    let bench = Bench::new();
    for name in [WIDE, LONG, "a"] {
        bench.service.add(name, keyed("a-bucket-with-a-long-name", &format!("folder/{name}")));
    }
    bench
}

#[test]
fn rows_fit_the_terminal_and_ids_stay_whole_where_they_can() {
    let bench = bench();
    let ids = bench.run("list -o id").ok().stdout.clone();
    for columns in [40, 60, 80, 200] {
        let text = shown(&bench, columns, "list");
        let widths: Vec<usize> = text.lines().map(UnicodeWidthStr::width).collect();
        assert_eq!(widths.len(), 4, "{text}");
        assert!(widths.iter().all(|one| *one <= columns.into()), "{columns}: {widths:?}\n{text}");
        // What is the same in every row, or empty, is not shown.
        assert!(!text.contains("KIND") && !text.contains("TYPE"), "{text}");
        assert!(!text.contains("EXPIRES"), "{text}");
        let whole = ids.lines().all(|id| text.contains(id));
        assert_eq!(whole, columns >= 80, "{text}");
        assert_eq!(text.contains('…'), columns < 200, "{text}");
    }
    let wide = shown(&bench, 60, "list -o wide");
    assert!(wide.contains(WIDE) && wide.contains(LONG) && !wide.contains('…'), "{wide}");
    assert!(wide.contains("CREATED AT") && wide.contains("KIND"), "{wide}");
}

#[test]
fn columns_says_how_wide_a_table_on_a_terminal_may_be() {
    let widest = |columns: &str| {
        let bench = bench().with("COLUMNS", columns);
        let text = shown(&bench, 80, "list");
        assert!(!bench.run("list").ok().stdout.contains('…'), "no terminal shows it");
        text.lines().map(UnicodeWidthStr::width).max().unwrap()
    };
    assert!((41..=60).contains(&widest("60")));
    assert!((81..=150).contains(&widest("150")));
    for not in ["", "wide", "-3", "0"] {
        assert!((61..=80).contains(&widest(not)), "{not}");
    }
}

#[test]
fn a_list_of_nothing_says_what_the_other_kind_has() {
    let bench = Bench::new();
    bench.service.with(|store| {
        store.add("sources", "s3", "in", keyed("bucket-one", "in"));
    });
    let (mut ours, theirs) = terminal();
    let mut command = bench.command(&["list"]);
    let child = command.stderr(theirs).spawn().unwrap();
    drop(command);
    bench.finish(child, "list").ok();
    let said = read(&mut ours);
    assert!(said.contains("of the other kind there is 1: --kind source"), "{said}");
}

#[test]
fn kinds_that_differ_are_shown_and_sorted() {
    let bench = bench();
    bench.service.with(|store| {
        store.add("sources", "s3", "B", keyed("bucket-one", "in"));
    });
    let text = shown(&bench, 80, "list --kind all");
    assert!(text.contains("KIND") && text.contains("source"), "{text}");
    let list = bench.run("list --kind all -o json").ok().json();
    let names: Vec<&Value> = list.as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["a", LONG, WIDE, "B"]);
}

#[test]
fn expiries_are_words_for_people_and_times_for_programs() {
    let bench = Bench::new();
    for name in ["soon", "past", "long-term", "unknown", "open"] {
        let open = json!({"remote_url": "s3://bucket-two/", "anonymous": true});
        let config = if name == "open" { open } else { keyed("bucket-one", name) };
        bench.service.add(name, config);
    }
    let direct = |name: &str, flags: String| {
        bench.run(&format!("rotate {name} --direct --no-verify {flags}")).ok();
    };
    let in_half = |minutes: i64| {
        let end = minutes_from_now(minutes).parse::<jiff::Timestamp>().unwrap();
        lease(&bench, STS_ID, &(end + jiff::SignedDuration::from_secs(30)).to_string())
    };
    direct("soon", in_half(2));
    direct("past", in_half(89));
    direct("long-term", bench.keys());
    let text = shown(&bench, 120, "status --color always");
    let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(line("soon").contains("\u{1b}[31min 2m\u{1b}[0m"), "{text}");
    assert!(line("past").ends_with("in 1h29m"), "{text}");
    assert!(line("long-term").ends_with('–') && line("open").ends_with('–'), "{text}");
    assert!(line("unknown").ends_with("unknown"), "{text}");
    let time = bench.run("status soon -o json").ok().json()[0]["uns3"]["expires_at"].clone();
    let rows = bench.run("status soon past").ok().stdout.clone();
    assert!(rows.contains(&format!("{}\tin 2m\n", time.as_str().unwrap())), "{rows}");
    assert!(!bench.run("status -o csv").ok().stdout.contains("in 2m"));
    bench.service.forget_requests();
    assert_eq!(bench.run("status soon -o id").ok().stdout.lines().count(), 1);
    assert_eq!(bench.service.lines().len(), 1);
    bench.run("status nobody").fails(5);
    bench.run("status soon --match x").fails(2);
    bench.run("status --expiring-within 1d").exits(10);
}

#[test]
fn get_shows_all_that_is_set() {
    let bench = Bench::new();
    let mut config = keyed("bucket-one", "in");
    for (field, value) in [("recursive", json!(true)), ("team", json!({"a": [1]}))] {
        config[field] = value;
    }
    config["novel_token"] = json!("hidden-value");
    bench.service.with(|store| store.add("sources", "s3", "in", config));
    let rows = bench.run("get in --kind source").ok().stdout.clone();
    assert!(rows.contains("recursive\ttrue\n") && rows.contains("team\t{\"a\":[1]}\n"), "{rows}");
    let text = shown(&bench, 60, "get in --kind source");
    assert!(text.contains("remote url:") && text.contains("recursive:"), "{text}");
    assert!(!text.contains("hidden-value") && !text.contains("secret:"), "{text}");
    assert!(!text.contains("rotated at:"), "{text}");
}

#[test]
fn an_update_says_what_it_changed() {
    let bench = Bench::new();
    bench.service.add("out", json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
    bench.run("update out --set a=1").ok().says("updated destination \"out\"").says("\n  + a: 1");
    let done = bench.run("update out --set a=2 -o json");
    let changes = json!([{"field": "a", "from": 1, "to": 2, "secret": null}]);
    assert_eq!(done.ok().silent().json()["uns3"]["changes"], changes);
}

#[test]
fn a_spreadsheet_runs_no_cell() {
    let bench = Bench::new();
    for name in ["=1+1", "+x", "-x", "@x", "x=1"] {
        bench.service.add(name, json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
    }
    let csv = bench.run("list -o csv").ok().stdout.clone();
    for begin in ["'=1+1,", "'+x,", "'-x,", "'@x,", "x=1,"] {
        assert!(csv.lines().any(|line| line.starts_with(begin)), "{begin}: {csv}");
    }
    bench.run("list -o json").ok().prints("\"=1+1\"");
}

#[test]
fn marks_of_direction_are_escaped_in_yaml() {
    let bench = Bench::new();
    let config = json!({"remote_url": "s3://bucket-one/", "anonymous": true, "note": "a\u{2066}b"});
    bench.service.add("in\u{202e}out", config);
    let yaml = bench.run("list -o yaml").ok().stdout.clone();
    assert!(yaml.contains("name: \"in\\u202eout\"") && yaml.contains("\"a\\u2066b\""), "{yaml}");
    assert!(!yaml.contains(['\u{202e}', '\u{2066}']));
}
