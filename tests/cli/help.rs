//! Every command's help, as snapshots; refreshed by `UPDATE_SNAPSHOTS=1 cargo test --test cli as_it_was_read`.

use std::path::Path;

use clap::Command;

use crate::harness::Bench;

/// The paths of all commands that help shows, the root's first.
fn paths(command: &Command, path: &[String], found: &mut Vec<Vec<String>>) {
    found.push(path.to_vec());
    for below in command.get_subcommands().filter(|one| !one.is_hide_set()) {
        let path = [path, &[below.get_name().to_owned()]].concat();
        paths(below, &path, found);
    }
}

fn all() -> Vec<Vec<String>> {
    let mut found = Vec::new();
    paths(&uns3::cli::command(), &[], &mut found);
    assert!(found.len() > 10, "{found:?}");
    found
}

/// Holds a text against its snapshot, or writes it.
pub(crate) fn snapshot(folder: &str, name: &str, text: &str) -> Result<(), String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli").join(folder);
    let file = folder.join(format!("{name}.txt"));
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(&file, text).unwrap();
    }
    let known = std::fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    let differ = known.lines().zip(text.lines()).find(|(one, other)| one != other);
    if known == text {
        return Ok(());
    }
    Err(format!(
        "{name}: {differ:?} (refresh: UPDATE_SNAPSHOTS=1 cargo test --test cli as_it_was_read)"
    ))
}

#[test]
fn help_is_as_it_was_read() {
    let bench = Bench::new();
    let topics =
        [vec!["help".to_owned(), "environment".into()], vec!["help".into(), "exit-codes".into()]];
    let mut problems = Vec::new();
    for path in all() {
        let args: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
        let done = bench.args(&args);
        done.ok().silent();
        let name = if path.is_empty() { "uns3".into() } else { path.join("-") };
        problems.extend(snapshot("help", &name, &done.stdout).err());
    }
    for topic in topics {
        let args: Vec<&str> = topic.iter().map(String::as_str).collect();
        problems.extend(snapshot("help", &topic[1], &bench.args(&args).ok().stdout).err());
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(bench.service.lines().is_empty());
}

fn commands<'a>(command: &'a Command, found: &mut Vec<&'a Command>) {
    found.push(command);
    command.get_subcommands().for_each(|below| commands(below, found));
}

#[test]
fn every_flag_has_help_and_a_value_name() {
    let mut root = uns3::cli::command();
    root.build();
    let mut found = Vec::new();
    commands(&root, &mut found);
    for command in found.iter().filter(|one| one.get_name() != "help") {
        let name = command.get_name();
        assert!(command.get_about().is_some() || command.get_long_about().is_some(), "{name}");
        for arg in command.get_arguments() {
            let id = arg.get_id();
            assert!(arg.get_help().is_some(), "{name} {id} has no help");
            let help = arg.get_help().unwrap().to_string();
            assert!(!help.ends_with('.'), "{name} {id}: {help}");
            if arg.get_action().takes_values() {
                let names = arg.get_value_names().unwrap_or_default();
                let upper = |name: &str| !name.is_empty() && !name.contains(char::is_lowercase);
                assert!(
                    !names.is_empty() && names.iter().all(|one| upper(one)),
                    "{name} {id}: {names:?}"
                );
            }
        }
    }
}

#[test]
fn every_verb_shows_examples_that_parse() {
    let root = uns3::cli::command();
    let mut found = Vec::new();
    commands(&root, &mut found);
    let mut examples = 0;
    for command in found {
        let text = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
        let leaf = command.get_subcommands().next().is_none();
        let plain = ["list", "show", "use", "remove"].contains(&command.get_name());
        assert!(
            text.contains("Examples:") || !leaf || plain || command.is_hide_set(),
            "{}",
            command.get_name()
        );
        for line in text.lines().filter(|line| line.starts_with("  uns3 ")) {
            let line = line.split(['|', '#', '>']).next().unwrap();
            let args = line.split_whitespace().map(|arg| arg.trim_matches(['\'', '"']));
            let parsed = uns3::cli::parse(args.map(Into::into).collect());
            assert!(parsed.is_ok() || line.contains('\''), "{line}: {parsed:?}");
            examples += 1;
        }
    }
    assert!(examples > 15, "{examples}");
}

#[test]
fn help_topics_and_version() {
    let bench = Bench::new();
    bench.run("--version").ok().prints(&format!("uns3 {}\n", env!("CARGO_PKG_VERSION")));
    bench.run("help create").ok().prints("--remote-url");
    bench.run("create -h").ok().prints("--remote-url");
    for line in ["", "sandbox", "profile"] {
        let done = bench.run(line);
        done.fails(2).says("\n\nUsage: uns3").says("\n  ");
        assert!(!done.stderr.contains("error:"), "{done:?}");
    }
    bench.run("creat").fails(2).says("create");
    for code in
        ["internal", "usage", "partial", "auth", "not_found", "conflict", "unavailable", "143"]
    {
        bench.run("help exit-codes").ok().prints(code);
    }
    for variable in ["UNSTRUCTURED_API_KEY", "UNS3_STATE_DIR", "AWS_CREDENTIAL_EXPIRATION"] {
        bench.run("help environment").ok().prints(variable);
    }
}

#[test]
fn completions_and_manual_pages() {
    let bench = Bench::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        bench.run(&format!("completions {shell}")).ok().silent().prints("# It asks uns3 for");
    }
    bench.run("completions tcsh").fails(2);
    bench.run("man").ok().prints(".TH uns3 1");
    let folder = bench.path("man");
    bench.run(&format!("man --dir {}", folder.display())).ok();
    let pages: Vec<_> = std::fs::read_dir(folder).unwrap().collect();
    assert!(pages.len() > 10, "{pages:?}");
}

/// Where help that scrolled away hid what was asked for, the rest is one flag further.
#[test]
fn short_help_fits_a_screen() {
    let bench = Bench::new();
    for path in all() {
        let args: Vec<&str> = path.iter().map(String::as_str).chain(["-h"]).collect();
        let done = bench.args(&args);
        let lines = done.ok().stdout.lines().count();
        assert!(lines <= 40, "{path:?} has {lines} lines:\n{}", done.stdout);
        assert!(done.stdout.contains("--help"), "{done:?}");
    }
}

#[test]
fn every_command_and_topic_has_a_manual_page() {
    let bench = Bench::new();
    let folder = bench.path("man");
    bench.args(&["man", "--dir", folder.to_str().unwrap()]).ok().silent();
    let page = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    for path in all() {
        let name = ["uns3".to_owned()].into_iter().chain(path).collect::<Vec<_>>().join("-");
        let text = page(&format!("{name}.1"));
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "SEE ALSO"] {
            assert!(
                text.contains(&format!(".SH \"{section}\""))
                    || text.contains(&format!(".SH {section}")),
                "{name}: {section}"
            );
        }
    }
    assert!(page("uns3-create.1").contains("EXAMPLES"));
    assert!(page("uns3-exit-codes.1").contains("check_failed"));
    assert!(page("uns3-environment.1").contains("UNS3_STATE_DIR"));
}
