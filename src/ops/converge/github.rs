//! What GitHub's runners are told, and only they: annotations of a manifest's lines, and the plan in
//! a step's summary. Source: GitHub Docs, "Workflow commands".

use std::fs::File;
use std::io::Write;

use crate::context::Context;
use crate::domain::manifest::Problem;
use crate::domain::plan::{Plan, markdown};
use crate::env;

/// Marks the lines of a manifest that are wrong.
pub(super) fn annotate(context: &Context, problems: &[Problem]) {
    if context.variable(env::GITHUB_ACTIONS).is_none() {
        return;
    }
    for Problem { source, place, path, message } in problems {
        let (file, title) = (property(source), property(path));
        let (line, column) = (place.line, place.column);
        let place = format!("file={file},line={line},col={column},title={title}");
        context.output.annotation(&format!("::error {place}::{}", data(message)));
    }
}

/// Adds the plan to the step's summary.
pub(super) fn summarize(context: &Context, plan: &Plan) {
    if context.variable(env::GITHUB_ACTIONS).is_none() {
        return;
    }
    let Some(path) = context.variable(env::GITHUB_STEP_SUMMARY) else { return };
    let text = context.output.without_known(&markdown(plan));
    let file = File::options().create(true).append(true).open(path);
    if let Err(error) = file.and_then(|mut file| file.write_all(text.as_bytes())) {
        context.output.warn(&format!("the step's summary cannot be written: {error}"));
    }
}

/// A message of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
