//! What a plan is, and what became of it, as results.

use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::domain::plan::{Action, Mark, Plan, Step, lines, markdown, summary, summary_line};
use crate::error::{Category, Error, Result};
use crate::output::{Column, Format, Rendering, Shape};

/// What became of one step.
pub(crate) struct Changed {
    step: Step,
    status: &'static str,
    /// The connector as it is then, where it was written.
    written: Option<Connector>,
    /// The connector's id, where it is known.
    id: Option<String>,
    error: Option<Error>,
}

impl Changed {
    /// A connector that is as it shall be.
    pub(super) fn unchanged(step: Step) -> Self {
        let id = step.id().map(str::to_owned);
        Self { id, step, status: "none", written: None, error: None }
    }

    /// A step as it is planned.
    fn planned(step: Step) -> Self {
        let status = if step.action == Action::None { "none" } else { "planned" };
        Self { status, ..Self::unchanged(step) }
    }

    /// A step that came to its end; the error comes with the connector that is there all the same.
    pub(super) fn new(
        step: Step,
        result: Result<Option<Connector>, (Error, Option<Connector>)>,
    ) -> Self {
        let (status, connector, error) = match result {
            Ok(connector) => ("done", connector, None),
            Err((error, connector)) => ("failed", connector, Some(error)),
        };
        let id = connector.as_ref().map(Connector::id).or(step.id()).map(str::to_owned);
        Self { step, status, written: connector, id, error }
    }

    /// The connector, where it was made.
    pub(super) fn made(&self, kind: Kind) -> Option<&Connector> {
        let made = self.step.action == Action::Create && self.step.kind == kind;
        self.written.as_ref().filter(|_| made)
    }

    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// What was done turns out to be for nothing.
    pub(super) fn fail(&mut self, error: Error) {
        (self.status, self.error) = ("failed", Some(error));
    }

    fn message(&self) -> Option<&str> {
        self.error.as_ref().map(|error| error.message.as_str())
    }

    fn json(&self) -> Value {
        let mut object = self.step.to_json();
        object["id"] = json!(self.id);
        object["status"] = self.status.into();
        object["error"] = json!(self.message());
        object
    }
}

const COLUMNS: [Column<Changed>; 7] = [
    Column::new("name", |one: &Changed| one.step.name.clone()).long(),
    Column::new("id", |one: &Changed| one.id.clone().unwrap_or_default()).wide(),
    Column::new("kind", |one: &Changed| one.step.kind.name().into()).may_go(),
    Column::new("action", |one: &Changed| one.step.action.name().into()),
    Column::new("fields", |one: &Changed| one.step.fields().join(",")).long(),
    Column::new("status", |one: &Changed| one.status.into()),
    Column::new("error", |one: &Changed| one.message().unwrap_or_default().into()).long(),
];

/// Shows a plan as the result.
pub(crate) fn show_plan(context: &Context, plan: Plan) -> Result<()> {
    match context.output.format() {
        Format::Markdown => context.output.names(&markdown(&plan)),
        Format::Table | Format::Wide => {
            if plan.is_empty() {
                return nothing_to_do(context, &plan);
            }
            context.output.plan(&colours(&plan))
        }
        _ => {
            let summary = summary(plan.steps.iter());
            show(context, summary, plan.steps.into_iter().map(Changed::planned).collect())
        }
    }
}

fn nothing_to_do(context: &Context, plan: &Plan) -> Result<()> {
    let as_they_shall_be = plan.count(Action::None);
    context.output.notice(&format!("nothing to do: {as_they_shall_be} unchanged"));
    Ok(())
}

/// The plan's lines, and its sum.
pub(super) fn colours(plan: &Plan) -> Vec<(Mark, String)> {
    let mut lines = lines(plan);
    lines.push((Mark::Plain, format!("\n{}", summary_line(plan))));
    lines
}

/// Shows what became of a plan; the failures are the command's.
pub(crate) fn finish(context: &Context, outcomes: Vec<Changed>) -> Result<()> {
    let summary = summary(outcomes.iter().map(|one| &one.step));
    let tried = outcomes.iter().filter(|one| one.status != "none").count();
    let failures: Vec<Error> = outcomes.iter().filter_map(|one| one.error.clone()).collect();
    let stopped = |one: &&Changed| {
        one.error.as_ref().is_some_and(|error| error.category == Category::Interrupted)
    };
    let remaining: Vec<String> =
        outcomes.iter().filter(stopped).map(|one| one.step.title()).collect();
    show(context, summary, outcomes)?;
    if !remaining.is_empty() {
        let message = format!("{} remain: {}", remaining.len(), remaining.join(", "));
        return Err(Error::new(Category::Interrupted, message).hint("run the same command again"));
    }
    Error::of_many(failures, tried)
}

fn show(context: &Context, summary: Map<String, Value>, outcomes: Vec<Changed>) -> Result<()> {
    let output = &context.output;
    let id = |one: &Changed| one.id.clone().unwrap_or_default();
    let how = Rendering { shape: Shape::Many, columns: &COLUMNS, json: &Changed::json, id };
    match output.format() {
        Format::Json | Format::Yaml => {
            let failed = outcomes.iter().filter(|one| one.status == "failed").count();
            let mut summary = summary;
            summary.insert("failed".into(), failed.into());
            let mut object = json!({"changes": null, "summary": summary});
            object["changes"] = outcomes.iter().map(Changed::json).collect();
            output.object(object, "")
        }
        // Of a thousand connectors that stay as they are, people want to know the number.
        Format::Table | Format::Wide | Format::Markdown => {
            let unchanged = outcomes.iter().filter(|one| one.status == "none").count();
            let shown = outcomes.into_iter().filter(|one| one.status != "none");
            output.items(shown, &how)?;
            if unchanged > 0 {
                output.notice(&format!("{unchanged} unchanged"));
            }
            Ok(())
        }
        Format::Csv | Format::Id => output.items(outcomes.into_iter(), &how),
    }
}
