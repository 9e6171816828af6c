//! The house rules that no lint knows, held against every file of the source: who imports whom, no
//! circle of files, no I/O in `domain`, short files and functions.
#![allow(clippy::unwrap_used)]

#[path = "layers/module.rs"]
mod module;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use module::Module;

const LONGEST_FILE: usize = 350;
const LONGEST_FUNCTION: usize = 60;
const MEDIAN_FILE: usize = 110;
const P90_FILE: usize = 250;

/// The crates that `domain` may use, and the parts of `std` that it may not: it decides, and does no
/// I/O. A crate that only computes may be added.
const PURE: &str = "aho_corasick core csv fastrand glob granit_parser httpdate jiff memchr \
    percent_encoding secrecy serde serde_json sha2 shlex std strsim \
    thiserror url uuid zeroize";
const IMPURE: [&str; 8] = [
    "std::env",
    "std::fs",
    "std::io",
    "std::net::Tcp",
    "std::net::Udp",
    "std::os",
    "std::process",
    "std::thread",
];

/// What the files of a module may name beside itself; `None` where no rule knows the module.
fn allowed(module: &str) -> Option<&'static str> {
    Some(match module {
        "domain" | "env" | "process" => "",
        "sandbox" => "storage::files",
        "error" => "domain",
        "storage" | "net" | "output" => "domain error",
        "api" | "s3" => "domain error net",
        "aws" => "domain error net process",
        "context" => "domain error env process storage net api aws s3 output",
        "args" => "domain error env context",
        "ops" => "domain error env process storage net api aws s3 output sandbox context args",
        "commands" => {
            "domain error env process storage net api aws s3 output sandbox context args ops"
        }
        "cli" => "commands context error args env",
        "lib" => "cli context output error domain env",
        _ => return None,
    })
}

/// Every breach of who may import whom.
fn breaches(module: &Module, crates: &BTreeSet<String>) -> Vec<String> {
    let layer = module.layer();
    let Some(allowed) = allowed(layer) else { return vec![format!("no rule knows {layer}")] };
    let may = |path: &str| path_in(path, layer) || allowed.split(' ').any(|one| path_in(path, one));
    let named = module.own.iter().filter(|path| !may(path));
    let mut found: Vec<String> =
        named.map(|path| format!("{layer} must not name {path}")).collect();
    if layer == "commands" && module.path != layer {
        let verb = |path: &str| path.split("::").take(2).collect::<Vec<_>>().join("::");
        let other = |path: &&String| path_in(path, layer) && verb(path) != verb(&module.path);
        let others = module.own.iter().filter(other);
        found.extend(others.map(|path| format!("a command names another: {path}")));
    }
    if layer == "domain" {
        let pure = |path: &str| PURE.split_whitespace().any(|one| path_in(path, one));
        let outside = |path: &&String| crates.iter().any(|one| path_in(path, one)) && !pure(path);
        let acts = |path: &&String| {
            IMPURE.iter().any(|one| path.starts_with(one)) || path.ends_with("::now")
        };
        let impure = module.outside.iter().filter(|path| outside(path) || acts(path));
        found.extend(impure.map(|path| format!("domain does no I/O and asks no clock: {path}")));
    }
    let prints = ["println!", "eprintln!", "print!", "eprint!", "dbg!"];
    let printing = module.text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let printing = printing.filter(|line| prints.iter().any(|print| line.contains(print)));
    if layer != "output" {
        found.extend(printing.map(|line| format!("only output prints: {}", line.trim())));
    }
    found
}

fn path_in(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The groups of files that lead back to themselves, each with what its files name of the others.
fn circles(modules: &[Module]) -> Vec<BTreeMap<String, BTreeSet<String>>> {
    let files: BTreeMap<&str, &Module> =
        modules.iter().map(|one| (one.path.as_str(), one)).collect();
    let names: BTreeMap<&str, BTreeSet<String>> =
        modules.iter().map(|one| (one.path.as_str(), one.targets(&files))).collect();
    let reached = |from: &str| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from.to_owned()]);
        while let Some(path) = next.pop() {
            next.extend(
                names[path.as_str()].iter().filter(|one| seen.insert((*one).clone())).cloned(),
            );
        }
        seen
    };
    let reach: BTreeMap<&str, BTreeSet<String>> =
        files.keys().map(|path| (*path, reached(path))).collect();
    let group = |path: &str| -> BTreeSet<String> {
        reach[path].iter().filter(|other| reach[other.as_str()].contains(path)).cloned().collect()
    };
    let groups: BTreeSet<BTreeSet<String>> = files.keys().map(|path| group(path)).collect();
    let edges = |group: BTreeSet<String>| {
        let of = |path: &String| names[path.as_str()].intersection(&group).cloned().collect();
        group.iter().map(|path| (path.clone(), of(path))).collect()
    };
    groups.into_iter().filter(|group| !group.is_empty()).map(edges).collect()
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

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn modules_in(folder: &str) -> Vec<Module> {
    let folder = root().join(folder);
    let mut all = Vec::new();
    files(&folder, &mut all);
    let read = |path: PathBuf| {
        Module::new(path.strip_prefix(&folder).unwrap(), &fs::read_to_string(&path).unwrap())
    };
    all.into_iter().map(read).collect()
}

/// The library's; `main.rs` is another crate, and sees it from outside.
fn library() -> Vec<Module> {
    modules_in("src").into_iter().filter(|one| one.path != "main").collect()
}

/// The crates of `Cargo.toml`, as code names them.
fn crates() -> BTreeSet<String> {
    let manifest: toml_edit::DocumentMut =
        fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let names = manifest["dependencies"].as_table().unwrap().iter();
    names.map(|(name, _)| name.replace('-', "_")).collect()
}

#[test]
fn modules_import_only_what_they_may() {
    let (modules, crates) = (library(), crates());
    let in_file = |one: &Module| {
        let found = breaches(one, &crates);
        found
            .into_iter()
            .map(|breach| format!("{}: {breach}", one.file.display()))
            .collect::<Vec<_>>()
    };
    let found: Vec<String> = modules.iter().flat_map(in_file).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    // Had the reading gone wrong, nothing would be found either.
    let named: BTreeSet<&str> = modules
        .iter()
        .flat_map(|one| &one.own)
        .filter_map(|path| path.split("::").next())
        .collect();
    for layer in
        ["api", "commands", "context", "domain", "error", "ops", "output", "sandbox", "storage"]
    {
        assert!(named.contains(layer), "no one names {layer}: {named:?}");
    }
    assert!(crates.contains("tokio") && crates.contains("serde_json"), "{crates:?}");
}

#[test]
fn no_files_import_one_another_in_a_circle() {
    let found = circles(&library());
    assert!(found.is_empty(), "{found:#?}");
}

/// What is called from `cargo test` is seen only where something fails; the numbers are for everyone.
fn tell(words: &str) {
    let _ = writeln!(std::io::stderr(), "layers: {words}");
}

#[test]
fn files_and_functions_are_short() {
    let mut lines: Vec<usize> =
        modules_in("src").iter().map(|one| one.text.lines().count()).collect();
    lines.sort_unstable();
    let (median, p90) = (lines[lines.len() / 2], lines[lines.len() * 9 / 10]);
    let most = lines[lines.len() - 1];
    let all: Vec<Module> = ["src", "tests", "benches"].into_iter().flat_map(modules_in).collect();
    let longest = all.iter().flat_map(|one| &one.functions).map(|(_, lines)| *lines).max().unwrap();
    tell(&format!(
        "files of src: median {median}, p90 {p90}, longest {most} lines; longest function {longest}"
    ));
    assert!(median <= MEDIAN_FILE && p90 <= P90_FILE, "median {median}, p90 {p90}");
    let mut found = Vec::new();
    for module in &all {
        let file = module.file.display();
        if module.text.lines().count() > LONGEST_FILE {
            found.push(format!("{file}: longer than {LONGEST_FILE} lines"));
        }
        if !module.text.starts_with("//!") && !module.text.starts_with("#!") {
            found.push(format!("{file}: does not begin with its purpose"));
        }
        let long = module.functions.iter().filter(|(_, lines)| *lines > LONGEST_FUNCTION);
        found.extend(long.map(|(name, lines)| format!("{file}: {name} has {lines} lines")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_breach_is_seen() {
    let crates = BTreeSet::from(["tokio", "reqwest", "serde_json"].map(str::to_owned));
    let count =
        |file: &str, text: &str| breaches(&Module::new(Path::new(file), text), &crates).len();
    for (file, text, breaches) in [
        ("domain/secret.rs", "use crate::error::Error;", 1),
        ("api/mod.rs", "fn f() { let x = crate::output::Output::new(); }", 1),
        ("api/mod.rs", "use super::output::Output;", 1),
        ("api/create.rs", "use super::transport::Client;", 0),
        ("api/create.rs", "use super::super::output::Output;", 1),
        ("api/create.rs", "fn f() { panic!(\"{}\", crate::aws::X) }", 1),
        ("commands/update.rs", "use super::create::Create;\nuse crate::cli::Cli;", 2),
        ("commands/update.rs", "pub(crate) use self::x::{y as crate_of, z};", 0),
        (
            "context/mod.rs",
            "use crate::{\n    commands::create,\n    api::{self, Client as C},\n};",
            1,
        ),
        ("sandbox/s3.rs", "use crate::storage::{files, ledger::Ledger};", 1),
        ("storage/profiles.rs", "fn f() {\n    eprintln!(\"{key}\");\n}", 1),
        ("storage/profiles.rs", "// crate::api is not for here", 0),
        ("domain/s3/location.rs", "use std::{fmt, fs::File};\nuse std::net::IpAddr;", 1),
        ("domain/plan.rs", "use tokio::time;\nuse serde_json::Value;", 1),
        ("domain/plan.rs", "fn f() -> T { std::env::var(X).ok(); Timestamp::now() }", 2),
        ("env.rs", "mod tests { use super::*; use crate::api::Client; }", 1),
        ("novel.rs", "", 1),
    ] {
        assert_eq!(count(file, text), breaches, "{file}: {text}");
    }
}

#[test]
fn a_circle_is_seen() {
    let circles = |files: &[(&str, &str)]| {
        let modules: Vec<Module> =
            files.iter().map(|(file, text)| Module::new(Path::new(file), text)).collect();
        let names =
            circles(&modules).into_iter().map(|one| one.into_keys().collect::<Vec<_>>().join(" "));
        names.collect::<Vec<_>>()
    };
    let chain = [("a.rs", "use crate::b::X;"), ("b.rs", "use crate::c::{self, Y};"), ("c.rs", "")];
    assert!(circles(&chain).is_empty());
    let back = [
        chain[0],
        chain[1],
        ("c.rs", "fn f() { vec![super::a::f()] }"),
        ("d.rs", "use crate::a::X;"),
    ];
    assert_eq!(circles(&back), ["a b c"]);
    // A folder's `mod.rs` that uses what uses it; to hand a name on is no use of it.
    let folder = [("o/mod.rs", "mod r;\nuse r::R;\nstruct O;"), ("o/r.rs", "use super::O;")];
    assert_eq!(circles(&folder), ["o o::r"]);
    let hands_on = ("o/mod.rs", "mod r;\npub(crate) use r::{R, S};\nstruct O;");
    assert!(circles(&[hands_on, folder[1]]).is_empty());
    // Nor does that hide one.
    let beside = [hands_on, ("o/r.rs", "use super::p::P;"), ("o/p.rs", "use super::S;")];
    assert_eq!(circles(&beside), ["o::p o::r"]);
}

#[test]
fn a_long_function_is_seen() {
    let text =
        format!("trait T {{ fn no_body(); }}\nfn long() -> [u8; 1] {{{}}}\n", "\n".repeat(62));
    let module = Module::new(Path::new("a.rs"), &text);
    assert_eq!(module.functions, [("long".to_owned(), 61)]);
}
