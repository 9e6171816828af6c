//! Who imports whom: the rules in `src/lib.rs`, held against every line of the source.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const LONGEST: usize = 350;

/// What the code of a module may name beside itself; `None` where no rule knows the module.
fn allowed(module: &str) -> Option<&'static str> {
    Some(match module {
        "domain" | "env" => "",
        "sandbox" => "storage",
        "error" => "domain",
        "storage" | "api" | "aws" | "s3" | "output" => "domain error",
        "context" => "domain error env api aws output storage",
        "args" => "domain error env context api aws output",
        "ops" => "domain error env context args api aws s3 output storage sandbox",
        "commands" => "domain error env context args ops api aws s3 output storage sandbox",
        "cli" => "commands context error args env",
        "lib" => "cli context output error domain env",
        _ => return None,
    })
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.extension() {
            _ if path.is_dir() => files(&path, found),
            Some(extension) if extension == "rs" => found.push(path),
            _ => {}
        }
    }
}

/// The names that follow `prefix`: `crate::api::Client` names `api`.
fn named<'a>(line: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    line.match_indices(prefix).map(|(at, _)| {
        let rest = &line[at + prefix.len()..];
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        &rest[..end]
    })
}

/// Every breach in one file; the modules that it names go to `seen`.
fn breaches(
    file: &Path,
    text: &str,
    commands: &[String],
    seen: &mut BTreeSet<String>,
) -> Vec<String> {
    let parts: Vec<&str> = file.iter().map(|part| part.to_str().unwrap()).collect();
    let module = parts[0].trim_end_matches(".rs");
    let at_top = parts.len() == 1 || parts[1] == "mod.rs";
    let Some(allowed) = allowed(module) else { return vec![format!("no rule knows {module}")] };
    let mut found = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
        let above = at_top.then(|| named(line, "super::")).into_iter().flatten();
        for name in named(line, "crate::").chain(above) {
            seen.insert(name.to_owned());
            // A type of the crate's root itself is named in capitals; there are none to import.
            if name != module && !allowed.split(' ').any(|one| one == name) {
                found.push(format!("{module} must not name {name:?}: {line}"));
            }
        }
        let sibling = |name: &&str| module == "commands" && commands.iter().any(|one| one == name);
        let below = (!at_top).then(|| named(line, "super::")).into_iter().flatten();
        for name in below.chain(named(line, "commands::")).filter(sibling) {
            found.push(format!("a command names another, {name:?}: {line}"));
        }
        let prints = ["println!", "eprintln!", "print!", "eprint!", "dbg!"];
        if module != "output" && prints.iter().any(|print| line.contains(print)) {
            found.push(format!("only output prints: {line}"));
        }
    }
    if text.lines().count() > LONGEST {
        found.push(format!("longer than {LONGEST} lines"));
    }
    found
}

#[test]
fn modules_import_only_what_they_may() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&root, &mut all);
    let commands: Vec<String> = fs::read_dir(root.join("commands"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    for path in &all {
        let file = path.strip_prefix(&root).unwrap();
        if file == Path::new("main.rs") {
            continue; // Another crate: it sees the library from outside.
        }
        let text = fs::read_to_string(path).unwrap();
        let breaches = breaches(file, &text, &commands, &mut seen);
        found.extend(breaches.iter().map(|one| format!("{}: {one}", file.display())));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    // Had the reading gone wrong, nothing would be found either.
    for module in
        ["api", "commands", "context", "domain", "error", "ops", "output", "sandbox", "storage"]
    {
        assert!(seen.contains(module), "no one names {module}: {seen:?}");
    }
}

#[test]
fn a_breach_is_seen() {
    let commands = ["create".to_owned()];
    let count = |file: &str, text: &str| {
        breaches(Path::new(file), text, &commands, &mut BTreeSet::new()).len()
    };
    assert_eq!(count("domain/secret.rs", "use crate::error::Error;"), 1);
    assert_eq!(count("api/mod.rs", "let x = crate::output::Output::new();"), 1);
    assert_eq!(count("api/mod.rs", "use super::output::Output;"), 1);
    assert_eq!(count("api/create.rs", "use super::transport::Client;"), 0);
    assert_eq!(count("commands/update.rs", "use super::create::Create;\nuse crate::cli::Cli;"), 2);
    assert_eq!(count("context/mod.rs", "use crate::{commands::create, api::Client};"), 1);
    assert_eq!(count("storage/profiles.rs", "    eprintln!(\"{key}\");"), 1);
    assert_eq!(count("storage/profiles.rs", "// crate::api is not for here"), 0);
    assert_eq!(count("error.rs", &"\n".repeat(LONGEST + 1)), 1);
    assert_eq!(count("novel.rs", ""), 1);
}
