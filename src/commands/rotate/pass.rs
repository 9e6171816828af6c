//! One rotation of many connectors: stage, set, verify, record; one's failure stops no other.

use std::cell::Cell;
use std::rc::Rc;

use futures_util::{StreamExt, stream};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::api::{Client, Patience, select_in};
use crate::context::Context;
use crate::domain::config::{self, Change};
use crate::domain::connector::Connector;
use crate::domain::credentials::Auth;
use crate::domain::rotation::{Group, place};
use crate::error::{Category, Error, Result};

use super::outcome::Outcome;
use super::source::CredentialSource;

/// How many checks are waited for at once, for each request that may be under way: so many that
/// none of these is idle, and no more, for a check that waits for its turn has its deadline too.
const WAITED_FOR: usize = 16;

/// How many stages go on at once: each has a locked note, which is an open file.
const STAGED: usize = 64;

/// One rotation.
pub(super) struct Pass<'a> {
    pub(super) context: &'a Context,
    pub(super) client: &'a Client,
    pub(super) source: &'a CredentialSource<'a>,
    pub(super) stage_first: bool,
    pub(super) verify: bool,
    /// Whether credentials that a connector has already are not set again.
    pub(super) renewing: bool,
    pub(super) at_once: usize,
    /// When the connectors were read.
    pub(super) read_at: Cell<Instant>,
    /// Takes each outcome as it comes.
    pub(super) report: &'a dyn Fn(&Outcome),
}

/// A connector and the credentials that it shall have.
struct Target {
    connector: Connector,
    auth: Rc<Auth>,
    stage: &'static str,
}

/// What is ready to go on, and what has come to its end.
type Split<T> = (Vec<T>, Vec<Outcome>);

impl Pass<'_> {
    /// The service, as notes name it.
    pub(super) fn service(&self) -> String {
        self.context.service_name()
    }

    /// Rotates what is taken.
    pub(super) async fn run(&self, taken: Vec<Connector>) -> Vec<Outcome> {
        let all = taken.len();
        self.context
            .output
            .progress(&format!("trying the new credentials out for {all} connector(s)"));
        let (ready, mut outcomes) = self.prepare(taken).await;
        let (ready, changed) = self.as_they_are_now(ready).await;
        outcomes.extend(changed);
        outcomes.iter().for_each(|one| self.tell(one, 0, all));
        let begun = outcomes.len();
        self.context.journal.ends_itself(true);
        // One stream for both: in two, the writes under way would not be looked after while as many
        // checks are waited for as may be, and would keep their turns from these.
        let sets = Semaphore::new(self.at_once);
        let mut done = stream::iter(ready)
            .map(|target| async {
                let turn = sets.acquire().await;
                let set = self.set(target).await;
                drop(turn);
                self.verify(set).await
            })
            .buffer_unordered(WAITED_FOR * self.at_once);
        while let Some(outcome) = done.next().await {
            outcomes.push(outcome);
            if let Some(last) = outcomes.last() {
                self.tell(last, outcomes.len() - begun, all - begun);
            }
        }
        self.context.journal.ends_itself(false);
        self.context.output.end_progress();
        outcomes
    }

    fn tell(&self, outcome: &Outcome, done: usize, all: usize) {
        self.context.output.progress_bar("rotating", done, all);
        (self.report)(outcome);
    }

    /// New credentials for each bucket, tried out.
    async fn prepare(&self, taken: Vec<Connector>) -> Split<Target> {
        let key = |one: &Connector| match self.source.is_by_bucket() {
            true => one.bucket().unwrap_or_default().to_owned(),
            false => String::new(),
        };
        let leased = stream::iter(grouped(taken, key)).map(|bucket| self.lease(bucket));
        let (leased, mut ended) = joined(leased.buffered(self.at_once).collect().await);
        let groups = leased.into_iter().flat_map(|(on, auth)| {
            grouped(on, Group::of).into_iter().map(move |group| (group, Rc::clone(&auth)))
        });
        let staged = stream::iter(groups).map(|(group, auth)| self.try_out(group, auth));
        let (ready, failed) = joined(staged.buffered(STAGED).collect().await);
        ended.extend(failed);
        (ready, ended)
    }

    /// New credentials for connectors of one bucket.
    async fn lease(&self, mut on: Vec<Connector>) -> Split<(Vec<Connector>, Rc<Auth>)> {
        let mut ended = Vec::new();
        if self.source.is_scoped() {
            let nowhere = |one: &mut Connector| place(one).is_none();
            ended.extend(on.extract_if(.., nowhere).map(|one| {
                let what = "has a remote URL that no role can be narrowed to (--no-scope)";
                let error = Error::usage(format!("{} {what}", one.title()));
                Outcome::failed(one, error)
            }));
        }
        if on.is_empty() {
            return (Vec::new(), ended);
        }
        let leased = self.source.lease(self.context, &on.iter().collect::<Vec<_>>()).await;
        let auth = match leased {
            Ok(auth) => Rc::new(auth),
            Err(error) => {
                ended.extend(all_failed(on, &error, None));
                return (Vec::new(), ended);
            }
        };
        if let (true, Auth::Keys(keys)) = (self.renewing, &*auth) {
            let has_them = |one: &mut Connector| {
                self.context.lease(one).is_some_and(|lease| lease.is_of(keys))
            };
            ended.extend(on.extract_if(.., has_them).map(|one| {
                let lease = self.context.lease(&one);
                Outcome::skipped(one, "no newer credentials", lease)
            }));
        }
        (vec![(on, auth)], ended)
    }

    /// Tries credentials out for connectors of which one may stand for all.
    async fn try_out(&self, group: Vec<Connector>, auth: Rc<Auth>) -> Split<Target> {
        let stage = match self.stage_first {
            false => "skipped",
            true => match self.stage(&group[0], &auth).await {
                Ok(()) => "passed",
                Err(error) => return (Vec::new(), all_failed(group, &error, Some("failed"))),
            },
        };
        let ready = |connector| Target { connector, auth: Rc::clone(&auth), stage };
        (group.into_iter().map(ready).collect(), Vec::new())
    }

    /// A stage takes time: what was changed meanwhile is kept, or, where the stage said nothing
    /// about it, left alone.
    async fn as_they_are_now(&self, ready: Vec<Target>) -> Split<Target> {
        if !self.stage_first || ready.is_empty() {
            return (ready, Vec::new());
        }
        let now = match ready.as_slice() {
            [one] => {
                let connector = &one.connector;
                let read = self.client.get(connector.kind, connector.id()).await;
                read.map(|one| one.into_iter().collect())
            }
            many => {
                let mut kinds: Vec<_> = many.iter().map(|one| one.connector.kind).collect();
                kinds.sort_by_key(|kind| kind.name());
                kinds.dedup();
                let listings = self.client.list_all(&kinds, false).await;
                listings.and_then(|listings| select_in(&listings, &Default::default()))
            }
        };
        self.read_at.set(Instant::now());
        let mut now = match now {
            Ok(now) => now.into_iter().map(|one| (key(&one), one)).collect(),
            Err(error) => {
                let all = ready.into_iter().map(|one| one.connector).collect();
                return (Vec::new(), all_failed(all, &error, Some("passed")));
            }
        };
        let (ready, failed): (Vec<_>, Vec<_>) =
            ready.into_iter().map(|target| self.still(target, &mut now)).partition(Result::is_ok);
        (
            ready.into_iter().flatten().collect(),
            failed.into_iter().filter_map(Result::err).map(|one| *one).collect(),
        )
    }

    /// The target as it is now, if the stage, and the credentials, were about what it is now.
    fn still(&self, target: Target, now: &mut Now) -> Result<Target, Box<Outcome>> {
        let stage = Some(target.stage);
        let failed = |connector, error| {
            Err(Box::new(Outcome { stage, ..Outcome::failed(connector, error) }))
        };
        let Some(connector) = now.remove(&key(&target.connector)) else {
            let message = format!("{} was deleted meanwhile", target.connector.title());
            return failed(target.connector, Error::new(Category::NotFound, message));
        };
        let (was, is) = (&target.connector, &connector);
        let moved = self.source.is_scoped() && place(was) != place(is);
        let keys = was.auth().has_keys() == is.auth().has_keys();
        if Group::of(was) != Group::of(is) || !keys || moved {
            let message = format!(
                "{} was changed meanwhile (its bucket, folder, endpoint or way to authenticate): left alone",
                is.title()
            );
            let error = Error::new(Category::Conflict, message).hint("run the rotation again");
            return failed(connector, error);
        }
        Ok(Target { connector, ..target })
    }

    async fn set(&self, target: Target) -> Result<Target, Box<Outcome>> {
        let Target { connector, auth, stage } = target;
        let failed = |connector, error| {
            let outcome = Outcome::failed(connector, error);
            Err(Box::new(Outcome { stage: Some(stage), ..outcome }))
        };
        if self.context.journal.is_stopping() {
            let message = format!("interrupted before {} was begun", connector.title());
            return failed(connector, Error::new(Category::Interrupted, message));
        }
        let change = Change { auth: Some((*auth).clone()), ..Change::default() };
        let wanted = match config::updated(connector.kind, connector.config(), &change) {
            Ok(wanted) => wanted,
            Err(fields) => {
                let error = hidden(&connector, &fields);
                return failed(connector, error);
            }
        };
        let written = self
            .context
            .journal
            .write(
                &format!("new credentials set on {}", connector.title()),
                self.client.update(&connector, &wanted, self.read_at.get()),
            )
            .await;
        let written = match written {
            Ok(written) => written,
            Err(error) => {
                self.context.doubt(&connector, &error);
                return failed(connector, error);
            }
        };
        self.context.journal.done(format!("new credentials set on {}", connector.title()));
        // At once, so that whatever comes now, what is known is what is there.
        match self.verify {
            true => self.context.record_unverified(&written, &auth),
            false => self.context.record(&written, &auth, true),
        }
        let differ = config::disagreements(&wanted, written.config());
        if !differ.is_empty() {
            let message = format!(
                "the service answered the update of {} with other settings than were sent: {}",
                connector.title(),
                differ.join(", ")
            );
            return failed(written, Error::new(Category::Conflict, message));
        }
        Ok(Target { connector: written, auth, stage })
    }

    async fn verify(&self, set: Result<Target, Box<Outcome>>) -> Outcome {
        let Target { connector, auth, stage } = match set {
            Ok(set) => set,
            Err(failed) => return *failed,
        };
        if self.verify {
            let stop = self.context.journal.stop();
            let checked = tokio::select! {
                checked = self.client.check(&connector, Patience::USUAL) => checked,
                () = stop.wait() => {
                    let message = format!("{} was not checked: interrupted", connector.title());
                    Err(Error::new(Category::Interrupted, message))
                }
            };
            if let Err(error) = checked.and_then(|checked| checked.verdict(&connector)) {
                let message = format!("the new credentials are set, but {}", error.message);
                let outcome = Outcome::failed(connector, Error { message, ..error });
                return Outcome { stage: Some(stage), verify: Some("failed"), ..outcome };
            }
            self.context.record(&connector, &auth, true);
        }
        let expires_at = match &*auth {
            Auth::Keys(keys) => keys.expires,
            Auth::Anonymous | Auth::Ambient => None,
        };
        let verify = if self.verify { "passed" } else { "skipped" };
        let outcome = Outcome::rotated(connector, expires_at);
        Outcome { stage: Some(stage), verify: Some(verify), ..outcome }
    }
}

type Now = std::collections::HashMap<(&'static str, String), Connector>;

fn key(connector: &Connector) -> (&'static str, String) {
    (connector.kind.name(), connector.id().to_owned())
}

/// The fields that a PUT would destroy, since the service hides what they are.
pub(super) fn hidden(connector: &Connector, fields: &[String]) -> Error {
    let message = format!(
        "the service hides {} of {}, which an update must send anew",
        fields.join(", "),
        connector.title()
    );
    Error::usage(message).hint("use uns3 update with --set FIELD=VALUE for each of them")
}

fn all_failed(on: Vec<Connector>, error: &Error, stage: Option<&'static str>) -> Vec<Outcome> {
    let failed = |connector| Outcome { stage, ..Outcome::failed(connector, error.clone()) };
    on.into_iter().map(failed).collect()
}

fn joined<T>(parts: Vec<Split<T>>) -> Split<T> {
    let (ready, outcomes): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    (ready.into_iter().flatten().collect(), outcomes.into_iter().flatten().collect())
}

/// Items in groups of one key, in the order of their first.
fn grouped<T, K: PartialEq>(items: Vec<T>, key: impl Fn(&T) -> K) -> Vec<Vec<T>> {
    let mut groups: Vec<(K, Vec<T>)> = Vec::new();
    for item in items {
        let wanted = key(&item);
        match groups.iter_mut().find(|(key, _)| *key == wanted) {
            Some((_, group)) => group.push(item),
            None => groups.push((wanted, vec![item])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}
