//! Carrying a plan out: side by side, one outcome a connector, none of which stops another.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt, stream};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::api::{How, is_old};
use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::domain::manifest::Entry;
use crate::domain::plan::{Action, Plan, Step};
use crate::domain::s3::{config, fields};
use crate::error::{Category, Error, Result};
use crate::ops::check;
use crate::ops::credentials::References;
use crate::ops::leases::Recorded;
use crate::ops::session::Session;
use crate::ops::workflows;
use crate::ops::write::{self, New, Replacement};

use super::names::Names;
use super::report::Changed;

/// How many checks are waited for at once, for each request that may be under way.
const WAITED_FOR: usize = 16;

/// What a plan is carried out with.
pub(super) struct Carrier<'a> {
    pub(super) session: &'a Session<'a>,
    pub(super) references: &'a References<'a>,
    /// Whether what was written is checked.
    pub(super) test: bool,
    pub(super) at_once: usize,
    /// When the connectors were read.
    pub(super) read_at: Instant,
    names: Names,
    /// The ids of those that were made here beyond doubt.
    made: RefCell<HashSet<String>>,
    done: RefCell<usize>,
}

impl<'a> Carrier<'a> {
    pub(super) fn new(
        session: &'a Session<'a>,
        references: &'a References<'a>,
        test: bool,
        at_once: usize,
        read_at: Instant,
    ) -> Self {
        let (names, made, done) = (Names::new(read_at), RefCell::default(), RefCell::default());
        Self { session, references, test, at_once, read_at, names, made, done }
    }

    /// Does all of it: what is deleted comes last.
    pub(super) async fn run(&self, plan: Plan) -> Vec<Changed> {
        let journal = self.session.journal();
        let all = plan.steps.iter().filter(|step| step.action != Action::None).count();
        journal.ends_itself(true);
        let updated = plan.steps.iter().filter(|step| step.action == Action::Update);
        self.session.client.expect_writes(updated.filter_map(|step| step.current.as_ref()));
        let (deleted, written): (Vec<_>, Vec<_>) =
            plan.steps.into_iter().enumerate().partition(|(_, step)| step.action == Action::Delete);
        let mut outcomes = self.several(written, all).await;
        self.mind_others(&mut outcomes);
        self.give_way_to_twins(&mut outcomes).await;
        outcomes.extend(self.several(deleted, all).await);
        journal.ends_itself(false);
        self.session.output().end_progress();
        outcomes.sort_by_key(|(index, _)| *index);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    async fn several(&self, steps: Vec<(usize, Step)>, all: usize) -> Vec<(usize, Changed)> {
        let turns = Semaphore::new(self.at_once);
        let turns = &turns;
        let work = |(index, step): (usize, Step)| async move {
            if step.action == Action::None {
                return (index, Changed::unchanged(step));
            }
            let turn = turns.acquire().await;
            let result = self.one(&step).await;
            drop(turn);
            let result = match result {
                Ok(Some(connector)) if self.test => self.check(&step, connector).await,
                result => result.map_err(|error| (error, None)),
            };
            *self.done.borrow_mut() += 1;
            let done = *self.done.borrow();
            self.session.output().progress_bar("applying", done, all);
            (index, Changed::new(step, result))
        };
        stream::iter(steps).map(work).buffer_unordered(WAITED_FOR * self.at_once).collect().await
    }

    /// What was written, and then read with another's values while others were written, is left as it
    /// is, and is not as it shall be.
    fn mind_others(&self, outcomes: &mut [(usize, Changed)]) {
        let mut told = self.session.client.overwritten();
        for (_, outcome) in outcomes {
            if let Some((now, error)) = outcome.id().and_then(|id| told.remove(id)) {
                self.session.leases.forget(&now);
                outcome.fail(error);
            }
        }
    }

    /// Others may have made connectors of the same names at the same time: of several, the oldest
    /// stays. What was only found may be another's, and is never deleted.
    async fn give_way_to_twins(&self, outcomes: &mut [(usize, Changed)]) {
        for kind in [Kind::Source, Kind::Destination] {
            let is_own = |one: &&Connector| self.made.borrow().contains(one.id());
            let made: Vec<&Connector> =
                outcomes.iter().filter_map(|(_, one)| one.made(kind)).filter(is_own).collect();
            if made.is_empty() {
                continue;
            }
            let found = self.session.client.give_way_to_twins(kind, &made).await;
            let problems = found.unwrap_or_else(|error| {
                let unknown = format!("it is not known whether there are two of a name: {error}");
                self.session.output().warn(&unknown);
                Vec::new()
            });
            let mut problems: HashMap<String, Error> = problems.into_iter().collect();
            for (_, outcome) in &mut *outcomes {
                if let Some(error) = outcome.id().and_then(|id| problems.remove(id)) {
                    outcome.fail(error);
                }
            }
        }
    }

    /// Carries one step out: the connector as it is then, where there is one.
    async fn one(&self, step: &Step) -> Result<Option<Connector>> {
        self.go_on(&step.title())?;
        match (step.action, &step.entry, &step.current) {
            (Action::Create, Some(entry), None) => self.create(entry).await.map(Some),
            (Action::Update, Some(entry), Some(current)) => {
                self.update(step, entry, current).await.map(Some)
            }
            (Action::Delete, _, Some(current)) => self.delete(current).await.map(|()| None),
            _ => Err(Error::usage(format!("{}: no manifest of the plan names it", step.title()))),
        }
    }

    /// Refuses to begin anything once the command shall end: before each step, and again before its
    /// write, which would wait for an end that waits for it.
    fn go_on(&self, title: &str) -> Result<()> {
        if !self.session.journal().is_stopping() {
            return Ok(());
        }
        let message = format!("interrupted before {title} was begun");
        Err(Error::new(Category::Interrupted, message))
    }

    async fn create(&self, entry: &Entry) -> Result<Connector> {
        let auth = self.references.obtain(self.session, entry).await?;
        let none = || Error::usage("a connector cannot be made of credentials that are unmanaged");
        let auth = auth.ok_or_else(none)?;
        let title = format!("{} {:?}", entry.kind.name(), entry.name);
        if !self.names.is_free(self.session, entry.kind, &entry.name).await? {
            return Err(Error::new(Category::Conflict, format!("{title} exists now"))
                .hint("someone else made it meanwhile: run the same command again"));
        }
        let mut change = entry.change();
        change.auth = Some(auth.clone());
        let config = config::new(entry.kind, &change);
        let (kind, name, config) = (entry.kind, entry.name.as_str(), &config);
        let new = New { kind, name, config, auth: &auth, among: true };
        self.go_on(&title)?;
        let made = write::create(self.session, &new).await?;
        if made.how == How::Made {
            self.made.borrow_mut().insert(made.connector.id().to_owned());
        }
        Ok(made.connector)
    }

    async fn update(&self, step: &Step, entry: &Entry, current: &Connector) -> Result<Connector> {
        let mut change = entry.change();
        // Another way to authenticate, or keys, which the service hides and every write must bring.
        let auth_differs = step.fields().into_iter().any(fields::is_auth);
        if entry.credentials.has_keys() || auth_differs {
            change.auth = self.references.obtain(self.session, entry).await?;
        }
        let hidden = |fields: Vec<String>| {
            let message = format!(
                "the service hides {} of {}, and every update must send them anew",
                fields.join(", "),
                current.title()
            );
            Error::usage(message).hint("use uns3 update with --set FIELD=VALUE for each of them")
        };
        let config = config::updated(current.kind, current.config(), &change).map_err(hidden)?;
        let auth = change.auth.as_ref().map(|auth| (auth, Recorded::Replaced));
        let new = Replacement { current, read_at: self.read_at, config: &config, auth };
        let title = current.title();
        self.go_on(&title)?;
        let what = format!("updated {title}");
        let written = write::update(self.session, &what, &new).await.map_err(|(error, _)| error)?;
        self.session.output().step(&what);
        Ok(written)
    }

    async fn delete(&self, current: &Connector) -> Result<()> {
        let client = &self.session.client;
        let title = current.title();
        if is_old(self.read_at) {
            match client.get(current.kind, current.id()).await? {
                None => return Ok(()),
                Some(now) if now.agrees_with(current) => {}
                Some(_) => {
                    let message = format!("{title} was changed meanwhile: it was not deleted");
                    return Err(Error::new(Category::Conflict, message).hint("look at it again"));
                }
            }
            workflows::refuse_used(self.session, std::slice::from_ref(current), None).await?;
        }
        self.go_on(&title)?;
        let what = format!("deleted {title}");
        self.session.journal().write(&what, client.delete(current)).await?;
        self.session.journal().done(what.clone());
        self.session.leases.forget(current);
        self.session.output().step(&what);
        Ok(())
    }

    /// Checks what was written; where the check fails, the connector is there all the same.
    async fn check(
        &self,
        step: &Step,
        connector: Connector,
    ) -> Result<Option<Connector>, (Error, Option<Connector>)> {
        let stop = self.session.journal().stop();
        let checked = tokio::select! {
            checked = check::of_written(self.session, &connector) => checked,
            () = stop.wait() => {
                let message = format!("{} was not checked: interrupted", connector.title());
                Err(Error::new(Category::Interrupted, message))
            }
        };
        match checked.and_then(|checked| checked.verdict(&connector)) {
            Ok(()) => Ok(Some(connector)),
            Err(error) => {
                let done = if step.action == Action::Create { "created" } else { "updated" };
                let message = format!("{} (it was {done})", error.message);
                Err((Error { message, ..error }, Some(connector)))
            }
        }
    }
}
