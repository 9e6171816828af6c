//! Plans in words: for a terminal, and as Markdown for a comment on a pull request.

use serde_json::Value;

use super::{Action, Plan, Step};
use crate::domain::difference::{Difference, Secrecy};
use crate::domain::manifest::Reference;
use crate::domain::s3::fields::is_auth;

/// What a line says, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Something is added.
    Added,
    /// Something is changed.
    Changed,
    /// Something is taken away.
    Removed,
    /// None of these.
    Plain,
}

/// The longest Markdown, in bytes: GitHub takes 65,536 characters in a comment.
const LONGEST: usize = 60_000;

/// `2 to create, 1 to update, 0 to delete, 7 unchanged`.
pub fn summary_line(plan: &Plan) -> String {
    format!(
        "{} to create, {} to update, {} to delete, {} unchanged",
        plan.count(Action::Create),
        plan.count(Action::Update),
        plan.count(Action::Delete),
        plan.count(Action::None)
    )
}

/// All that changes, line by line, with two columns for the sign; what stays is only counted.
pub fn lines(plan: &Plan) -> Vec<(Mark, String)> {
    let changed = plan.steps.iter().filter(|step| step.action != Action::None);
    changed.flat_map(step_lines).collect()
}

fn step_lines(step: &Step) -> Vec<(Mark, String)> {
    let title = step.title();
    let (mark, title) = match step.action {
        Action::Create => (Mark::Added, format!("+ create {title}")),
        Action::Update => (Mark::Changed, format!("~ update {title}")),
        Action::Delete => (Mark::Removed, format!("- delete {title}")),
        Action::None => (Mark::Plain, format!("  {title}")),
    };
    let mut lines = vec![(mark, title)];
    let (auth, settings): (Vec<_>, Vec<_>) =
        step.differences.iter().partition(|one| is_auth(&one.field));
    lines.extend(settings.into_iter().map(setting));
    if let Some(entry) = &step.entry {
        lines.extend(credentials(step, &auth, &entry.credentials));
    }
    lines
}

fn setting(one: &Difference) -> (Mark, String) {
    let field = &one.field;
    let text = |value: &Option<Value>| match value {
        None => "nothing".into(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    match (&one.from, &one.to) {
        (None, _) => (Mark::Added, format!("  + {field}: {}", text(&one.to))),
        (_, None) => (Mark::Removed, format!("  - {field}: {}", text(&one.from))),
        _ => (Mark::Changed, format!("  ~ {field}: {} -> {}", text(&one.from), text(&one.to))),
    }
}

/// The authentication on one line, by where it comes from; no secret is in a reference.
fn credentials(step: &Step, auth: &[&Difference], from: &Reference) -> Option<(Mark, String)> {
    let from_where = match from.to_json() {
        Value::String(word) => word,
        reference => reference.to_string(),
    };
    let fields = auth.iter().map(|one| one.field.as_str()).collect::<Vec<_>>().join(", ");
    let keeps = step.current.as_ref().is_some_and(|one| one.auth().has_keys()) && from.has_keys();
    match step.action {
        Action::Create => Some((Mark::Added, format!("  + credentials: {from_where}"))),
        Action::Update if auth.iter().any(|one| one.secret != Some(Secrecy::Unknown)) => {
            Some((Mark::Changed, format!("  ~ credentials: {from_where} ({fields} differ)")))
        }
        Action::Update if !auth.is_empty() || keeps => {
            let text =
                format!("    credentials: {from_where}, written anew: the service hides them");
            Some((Mark::Plain, text))
        }
        _ => None,
    }
}

/// A plan as Markdown. Names are a stranger's: all of them stand in a fenced block, in which
/// nothing is a link, a mention or HTML.
pub fn markdown(plan: &Plan) -> String {
    let heading = format!("### uns3 plan: {}\n", summary_line(plan));
    let lines = lines(plan);
    if lines.is_empty() {
        return heading + "\nNothing to do.\n";
    }
    let mut body = String::new();
    for (index, (mark, line)) in lines.iter().enumerate() {
        let sign = match mark {
            Mark::Added => '+',
            Mark::Changed => '!',
            Mark::Removed => '-',
            Mark::Plain => ' ',
        };
        let line: String = line.chars().map(|c| if c == '\n' { ' ' } else { c }).collect();
        if body.len() + line.len() > LONGEST {
            body.push_str(&format!("  … and {} more lines\n", lines.len() - index));
            break;
        }
        body.push_str(&format!("{sign} {line}\n"));
    }
    let longest = body.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{heading}\n{fence}diff\n{body}{fence}\n")
}
