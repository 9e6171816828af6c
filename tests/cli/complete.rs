//! What shells complete: commands, flags, and the names of connectors and profiles.

use serde_json::json;

use crate::harness::{API_KEY, Bench, Done};
use crate::service::Fault;

/// What a shell is told at a TAB behind a line.
fn candidates(bench: &Bench, shell: &str, line: &str) -> Vec<String> {
    tab(bench, shell, line).ok().silent().stdout.lines().map(str::to_owned).collect()
}

fn tab(bench: &Bench, shell: &str, line: &str) -> Done {
    let words: Vec<&str> = ["--", "uns3"].into_iter().chain(line.split(' ')).collect();
    let mut command = bench.command(&words);
    command.env("UNS3_COMPLETE", shell).env("_CLAP_IFS", "\n");
    command.env("_CLAP_COMPLETE_INDEX", (words.len() - 2).to_string());
    bench.finish(command.spawn().unwrap(), line)
}

fn bench() -> Bench {
    let bench = Bench::new();
    for name in ["invoices-out", "invoices-old", "other"] {
        bench.service.add(name, json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
    }
    bench
}

#[test]
fn names_of_connectors_are_completed_by_one_request_a_minute() {
    let bench = bench();
    for _ in 0..3 {
        assert_eq!(candidates(&bench, "bash", "get inv"), ["invoices-out", "invoices-old"]);
        assert_eq!(candidates(&bench, "bash", "test other o"), ["other"]);
    }
    assert_eq!(bench.service.lines(), ["GET /destinations/?destination_type=s3"]);
    // The cache is the user's own, and holds no key.
    for (path, text) in bench.files("state") {
        assert!(!text.contains(API_KEY), "{}", path.display());
    }
    #[cfg(unix)]
    for (path, _) in bench.files("state") {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
}

#[test]
fn each_shell_gets_names_as_it_reads_them() {
    let bench = bench();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let all = candidates(&bench, shell, "get inv").join("\n");
        assert!(all.contains("invoices-out") && !all.contains("other"), "{shell}: {all}");
        let script = bench.run(&format!("completions {shell}"));
        assert!(script.ok().stdout.contains("UNS3_COMPLETE"), "{script:?}");
    }
}

/// Zsh's first TAB only loads the file: it has to answer that one too.
#[test]
fn the_first_tab_of_zsh_is_answered() {
    let script = bench().run("completions zsh").ok().stdout.clone();
    let called = script.rsplit_once("compdef _clap").map_or("", |(_, after)| after);
    assert!(called.contains("_clap_dynamic_completer_uns3 \"$@\""), "{script}");
}

#[test]
fn names_with_blanks_are_found_as_they_are_typed() {
    let bench = bench();
    let anonymous = json!({"remote_url": "s3://bucket-one/", "anonymous": true});
    for name in ["my conn", "my other"] {
        bench.service.add(name, anonymous.clone());
    }
    let words = |typed: &str| {
        let mut command = bench.command(&["--", "uns3", "get", typed]);
        command.env("UNS3_COMPLETE", "bash").env("_CLAP_IFS", "\n");
        command.env("_CLAP_COMPLETE_INDEX", "2");
        bench.finish(command.spawn().unwrap(), typed).ok().stdout.clone()
    };
    assert_eq!(words("my").trim(), "my conn\nmy other");
    assert_eq!(words("my\\ c").trim(), "my conn");
    // Readline quotes what it takes for files.
    bench.run("completions bash").ok().prints("compopt -o filenames");
}

#[test]
fn offline_nothing_is_offered_and_nothing_is_said() {
    let bench = bench();
    bench.service.fault("GET", "", Fault::hang().always());
    let begun = std::time::Instant::now();
    assert!(candidates(&bench, "bash", "get inv").is_empty());
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "a TAB waits a second");
    // Not at each TAB again.
    assert!(candidates(&bench, "bash", "get inv").is_empty());
    assert_eq!(bench.service.lines().len(), 1);
    assert!(candidates(&bench.without("UNSTRUCTURED_API_KEY"), "bash", "get inv").is_empty());
}

#[test]
fn a_program_that_prints_the_key_is_not_run_at_a_tab() {
    let bench = bench().without("UNSTRUCTURED_API_KEY");
    let ran = bench.path("ran");
    let line = ["profile", "add", "work", "--no-verify", "--api-key-command"];
    let program = format!("echo x > {}; echo key-of-work", ran.display());
    bench.args(&[&line[..], &[program.as_str()]].concat()).ok();
    assert!(candidates(&bench, "bash", "get inv").is_empty());
    assert!(!ran.exists());
    assert_eq!(candidates(&bench, "bash", "profile use w"), ["work"]);
    assert_eq!(candidates(&bench, "bash", "list --profile w"), ["work"]);
}

#[test]
fn commands_come_alone_and_flags_when_one_is_begun() {
    let bench = bench();
    let all = candidates(&bench, "bash", "");
    assert!(all.contains(&"create".to_owned()) && all.iter().all(|one| !one.starts_with('-')));
    let flags = candidates(&bench, "bash", "list --m");
    assert_eq!(flags, ["--match"]);
    assert!(bench.service.lines().is_empty());
}
