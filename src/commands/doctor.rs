//! `uns3 doctor`: what is used here, and whether it works.

use clap::Args;
use serde_json::{Value, json};

use crate::args::globals::Globals;
use crate::context::Context;
use crate::error::Result;
use crate::ops::doctor::{Finding, Status, examine};
use crate::output::{Column, Format, Rendering, Shape};

/// Show what uns3 would use here, and whether it works
#[derive(Args, Debug)]
#[command(
    after_help = "Looks at the address, the API key (by one call), the profile, proxy, certificates, folders and
clock. The exit code is that of the worst finding.

Examples:
  uns3 doctor
  uns3 doctor --aws
  uns3 doctor --profile prod -o json | jq '.checks[] | select(.status != \"ok\")'"
)]
pub(crate) struct Doctor {
    /// Ask AWS too whose credentials its chain gives here
    #[arg(long)]
    aws: bool,
}

const COLUMNS: [Column<Finding>; 4] = [
    Column::new("status", |one| one.status.name().into()),
    Column::new("check", |one| one.check.into()),
    Column::new("message", |one| one.message.clone()),
    Column::new("hint", |one| one.hint.clone().unwrap_or_default()),
];

impl Doctor {
    /// Examines all, and tells the exit code of the worst finding.
    pub(crate) fn run(self, globals: &Globals, context: &Context) -> Result<u8> {
        let findings = examine(globals, context, self.aws)?;
        let code = |finding: &Finding| match finding.status {
            Status::Failed(category) => category.exit_code(),
            Status::Ok | Status::Warning => 0,
        };
        // The first failure is the one that the others may come from.
        let worst = findings.iter().map(code).find(|code| *code != 0).unwrap_or_default();
        match context.output.format() {
            Format::Table | Format::Wide => context.output.text(&lines(context, &findings))?,
            Format::Json | Format::Yaml => {
                let json = |all: &Vec<Finding>| json!({"checks": all.iter().map(to_json).collect::<Vec<_>>()});
                let how = Rendering {
                    shape: Shape::One,
                    columns: &[],
                    json: &json,
                    id: |_| String::new(),
                };
                context.output.items(std::iter::once(findings), &how)?;
            }
            _ => {
                let id = |one: &Finding| one.check.to_owned();
                let how = Rendering { shape: Shape::Many, columns: &COLUMNS, json: &to_json, id };
                context.output.items(findings.into_iter(), &how)?;
            }
        }
        Ok(worst)
    }
}

fn to_json(one: &Finding) -> Value {
    let Finding { check, status, message, hint } = one;
    json!({"check": check, "status": status.name(), "message": message, "hint": hint})
}

/// A line a finding, and under it the mend.
fn lines(context: &Context, findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { check, status, message, hint } in findings {
        let message = message.replace('\n', "\n                  ");
        text += &format!("{:<8} {check:<8} {message}\n", status.name());
        if let Some(hint) = hint {
            text += &format!("{:17} -> {}\n", "", hint.replace('\n', "\n                  "));
        }
    }
    context.output.plain(&text)
}
