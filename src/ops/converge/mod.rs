//! Converging the service to a manifest: read, plan, carry out.

mod carry;
mod github;
mod names;
mod preflight;
mod report;
mod sources;

use std::path::{Path, PathBuf};

use serde_json::Value;
use tokio::time::Instant;

use crate::context::Context;
use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::domain::manifest::{self, Entry, Source};
use crate::domain::plan::{self, Action, Options, Plan, SavedPlan, SavedSource, World};
use crate::domain::selection::Filter;
use crate::error::{Category, Error, Result};
use crate::ops::credentials::References;
use crate::ops::session::Session;
use crate::ops::{runtime, targets, workflows};
use crate::storage::files;

use carry::Carrier;
use report::colours;

pub(crate) use preflight::preflight;
pub(crate) use report::{Changed, finish, show_plan};

/// The connectors as they shall be, read before anything is asked of the service.
pub(crate) struct Desired {
    entries: Vec<Entry>,
    /// The folder of each source: its paths are relative to it.
    folders: Vec<PathBuf>,
    /// What problems call each source.
    names: Vec<String>,
    /// The plan that was made of them before.
    saved: Option<SavedPlan>,
}

/// A plan, and when the connectors were read that it was made of.
pub(crate) struct Planned {
    /// The plan.
    pub(crate) plan: Plan,
    read_at: Instant,
}

impl Desired {
    /// Reads manifests: files, folders, or (`-`) standard input.
    pub(crate) fn of_manifests(context: &Context, files: &[String]) -> Result<Self> {
        let sources = runtime::block_on(context, sources::read(context, files))?;
        let names = sources.texts.iter().map(|source| source.name.clone()).collect();
        let entries = read(context, &sources.texts)?;
        Ok(Self { entries, folders: sources.folders, names, saved: None })
    }

    /// Reads a plan that was saved.
    pub(crate) fn of_plan(context: &Context, file: &Path) -> Result<Self> {
        let shown = file.display();
        let text = std::fs::read_to_string(file)
            .map_err(|error| Error::usage(format!("cannot read {shown}: {error}")))?;
        let saved = SavedPlan::parse(&text)
            .map_err(|problem| Error::usage(format!("{shown} {problem}")))?;
        let texts: Vec<Source> = saved
            .sources
            .iter()
            .map(|one| Source { name: one.name.clone(), text: one.manifest.to_string() })
            .collect();
        let folders = saved.sources.iter().map(|one| PathBuf::from(&one.folder)).collect();
        let names = saved.sources.iter().map(|one| one.name.clone()).collect();
        Ok(Self { entries: read(context, &texts)?, folders, names, saved: Some(saved) })
    }

    /// The folders of the sources, for what references name.
    pub(crate) fn folders(&self) -> Vec<PathBuf> {
        self.folders.clone()
    }

    fn kinds(&self) -> Vec<Kind> {
        let kinds = [Kind::Source, Kind::Destination].into_iter();
        kinds.filter(|kind| self.entries.iter().any(|entry| entry.kind == *kind)).collect()
    }
}

fn read(context: &Context, texts: &[Source]) -> Result<Vec<Entry>> {
    manifest::read(texts).map_err(|problems| {
        github::annotate(context, &problems);
        sources::refused(&problems)
    })
}

/// Compares what shall be with what is live, by one list a kind.
pub(crate) async fn plan(
    session: &Session<'_>,
    desired: &mut Desired,
    references: &References<'_>,
    options: &Options,
) -> Result<Planned> {
    let service = session.leases.service();
    if let Some(saved) = desired.saved.as_ref().filter(|saved| saved.api_url != service) {
        let message = format!("the plan was made for {}, and this is {service}", saved.api_url);
        return Err(Error::new(Category::Conflict, message));
    }
    let read_at = Instant::now();
    let listings = session.client.list_all(&desired.kinds(), false).await?;
    let live = targets::select_in(&listings, &Filter::default())?;
    drop(listings);
    let entries = std::mem::take(&mut desired.entries);
    let plan = match desired.saved.take() {
        Some(saved) => saved.steps(entries, live).map_err(|moved| moved_on(&moved))?,
        None => {
            let lease = |connector: &Connector| session.leases.of(connector);
            let hint = |entry: &Entry| references.hint(entry);
            let world = World { live, lease: &lease, hint: &hint };
            plan::make(entries, world, options).map_err(|obstacles| refused(&obstacles))?
        }
    };
    let deleted = plan.steps.iter().filter(|step| step.action == Action::Delete);
    let deleted: Vec<Connector> = deleted.filter_map(|step| step.current.clone()).collect();
    workflows::refuse_used(session, &deleted, None).await?;
    github::summarize(session.context, &plan);
    Ok(Planned { plan, read_at })
}

fn moved_on(moved: &[String]) -> Error {
    let problems = Error::problems(moved);
    let message = format!("the world is not the one that the plan was made for: {problems}");
    Error::new(Category::Conflict, message).hint("make a new plan: uns3 apply --plan --out FILE")
}

fn refused(obstacles: &[plan::Obstacle]) -> Error {
    let messages: Vec<String> = obstacles.iter().map(|one| one.message.clone()).collect();
    let category = match obstacles.iter().any(|one| one.conflict) {
        true => Category::Conflict,
        false => Category::Usage,
    };
    Error { category, ..Error::problems(&messages) }.hint("nothing was changed")
}

/// Writes a plan to a file for its owner only, to be carried out later.
pub(crate) fn save(
    session: &Session<'_>,
    desired: &Desired,
    plan: &Plan,
    file: &Path,
) -> Result<()> {
    let source = |(index, name): (usize, &String)| {
        let of_it = |entry: &&Entry| entry.origin.source == index;
        let entries = plan.steps.iter().filter_map(|step| step.entry.as_ref()).filter(of_it);
        let manifest: Value = manifest::to_json(entries);
        // What is carried out later may be carried out from elsewhere.
        let folder = std::path::absolute(&desired.folders[index]);
        let folder = folder.map_err(anyhow::Error::from)?.display().to_string();
        Ok(SavedSource { name: name.clone(), folder, manifest })
    };
    let sources = desired.names.iter().enumerate().map(source).collect::<Result<_>>()?;
    let (service, redactor) = (session.leases.service().to_owned(), &session.context.redactor);
    let saved = SavedPlan::new(service, sources, plan, redactor);
    files::write(file, saved.to_text().as_bytes())
}

/// What is wrong with the credentials that would be sent, as far as that is seen without asking
/// anybody for them.
pub(crate) fn check_credentials(plan: &Plan, references: &References<'_>) -> Result<()> {
    let written = plan.steps.iter().filter(|step| is_written_with_keys(step));
    let mut problems = Vec::new();
    for step in written {
        let entry = step.entry.iter();
        let told = entry.flat_map(|entry| references.problems(entry));
        problems.extend(told.map(|problem| format!("{}: {problem}", step.title())));
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::problems(&problems)) }
}

fn is_written_with_keys(step: &plan::Step) -> bool {
    matches!(step.action, Action::Create | Action::Update)
        && step.entry.as_ref().is_some_and(|entry| entry.credentials.has_keys())
}

/// Shows what will be done, for somebody who watches or reads the log.
pub(crate) fn preview(context: &Context, plan: &Plan, asked: bool) {
    context.output.preview(&colours(plan), asked);
}

/// How a plan is carried out.
pub(crate) struct Carry {
    /// Whether what was written is checked.
    pub(crate) test: bool,
    /// How many requests are under way at once.
    pub(crate) at_once: usize,
}

/// Carries a plan out.
pub(crate) async fn carry_out(
    session: &Session<'_>,
    references: &References<'_>,
    planned: Planned,
    how: &Carry,
) -> Vec<Changed> {
    let Planned { plan, read_at } = planned;
    Carrier::new(session, references, how.test, how.at_once, read_at).run(plan).await
}
