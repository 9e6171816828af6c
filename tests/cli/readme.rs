//! The README's pipelines, run as they stand there: against the sandbox, by a shell.
#![cfg(unix)]

use std::process::Command;

use serde_json::json;

use crate::harness::{Bench, KEY_ID, SECRET};

/// The blocks of code of the section on pipelines, each with its language.
fn blocks() -> Vec<(String, String)> {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(file).unwrap();
    let (_, section) = text.split_once("## In a pipeline\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let fenced = section.split("```").skip(1).step_by(2);
    fenced
        .map(|block| block.split_once('\n').unwrap())
        .map(|(language, code)| (language.to_owned(), code.to_owned()))
        .collect()
}

/// What a pipeline runs, by the keys that GitHub and GitLab have for it.
fn commands(pipeline: &str) -> Vec<String> {
    let command = |line: &str| {
        let line = line.trim_start();
        let run = line.strip_prefix("run: ").or(line.strip_prefix("- "));
        let action = line.strip_prefix("command: ").map(|command| format!("uns3 {command}"));
        action.or(run.filter(|run| run.starts_with("uns3 ")).map(str::to_owned))
    };
    pipeline.lines().filter_map(command).collect()
}

/// A bench in whose folder the manifest is, and whose service is the embedded sandbox.
fn bench() -> Bench {
    let bench = Bench::new().without("UNSTRUCTURED_API_KEY").without("UNSTRUCTURED_API_URL");
    let (_, manifest) = blocks().into_iter().find(|(language, _)| language == "yaml").unwrap();
    bench.file("connectors.yaml", &manifest);
    bench.with("UNS3_SANDBOX", "1").with("OUT_KEY", KEY_ID).with("OUT_SECRET", SECRET)
}

/// Runs a script, in which `uns3` is the binary under test.
fn shell(bench: &Bench, script: &str) {
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_uns3"));
    let folder = binary.parent().unwrap().display();
    let by = bench.command(&[]);
    let mut command = Command::new("bash");
    command.args(["-euc", script]).current_dir(by.get_current_dir().unwrap()).env_clear();
    for (name, value) in by.get_envs() {
        command.env(name, value.unwrap());
    }
    command.env("PATH", format!("{folder}:/usr/bin:/bin"));
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{script}: {said}");
    for text in [&said, &String::from_utf8_lossy(&done.stdout)] {
        assert!(!text.contains(SECRET), "{script}: {text}");
    }
}

#[test]
fn every_pipeline_of_the_readme_provisions_its_connector_and_then_does_nothing() {
    let blocks = blocks();
    let languages: Vec<&str> = blocks.iter().map(|(language, _)| language.as_str()).collect();
    assert_eq!(languages, ["yaml", "sh", "yaml", "yaml"], "the manifest, shell, GitHub, GitLab");
    for (language, code) in &blocks[1..] {
        let script = match language.as_str() {
            "sh" => code.clone(),
            _ => commands(code).join("\n"),
        };
        assert!(script.lines().count() >= 2, "{code}");
        let bench = bench();
        shell(&bench, &script);
        let names = bench.run("list -o json").ok().json();
        assert_eq!(names[0]["name"], json!("invoices-out"), "{script}");
        let again = bench.run("apply -f connectors.yaml --yes --detailed-exitcode");
        again.ok().says("nothing to do: 1");
    }
}
