//! Before anything is set: new credentials for each bucket, judged, tried out, and the connectors
//! read again.

use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

use futures_util::{StreamExt, stream};
use tokio::time::Instant;

use crate::domain::connector::Connector;
use crate::domain::rotation::{Group, scope};
use crate::domain::s3::credentials::Auth;
use crate::error::{Category, Error, Result};
use crate::ops::preflight;
use crate::ops::targets::select_in;

use super::Rotation;
use super::outcome::{Outcome, Step, failed, skipped};
use super::source::problem;

/// How many stages go on at once: each has a locked note, which is an open file.
const STAGED: usize = 64;

/// A connector and the credentials that it shall have.
pub(super) struct Target {
    pub(super) connector: Connector,
    pub(super) auth: Rc<Auth>,
    pub(super) stage: Step,
}

/// What is ready to go on, and what has come to its end.
type Split<T> = (Vec<T>, Vec<Outcome>);

impl Rotation<'_> {
    /// The targets that are ready to be set, and when they were read, if they were read again.
    pub(super) async fn prepare(&self, taken: Vec<Connector>) -> (Split<Target>, Option<Instant>) {
        let key = |one: &Connector| match self.source.is_by_bucket() {
            true => one.bucket().unwrap_or_default().to_owned(),
            false => String::new(),
        };
        let leased = stream::iter(grouped(taken, key)).map(|bucket| self.lease(bucket));
        let leased = leased.buffered(self.options.at_once).collect().await;
        let (leased, mut ended) = joined(leased);
        let groups = leased.into_iter().flat_map(|(on, auth)| {
            grouped(on, Group::of).into_iter().map(move |group| (group, Rc::clone(&auth)))
        });
        let staged = stream::iter(groups).map(|(group, auth)| self.try_out(group, auth));
        let (ready, failed) = joined(staged.buffered(STAGED).collect().await);
        ended.extend(failed);
        if !self.options.stage_first || ready.is_empty() {
            return ((ready, ended), None);
        }
        let (ready, changed) = self.as_they_are_now(ready).await;
        ended.extend(changed);
        ((ready, ended), Some(Instant::now()))
    }

    /// New credentials for connectors of one bucket.
    async fn lease(&self, mut on: Vec<Connector>) -> Split<(Vec<Connector>, Rc<Auth>)> {
        let mut ended = Vec::new();
        if self.source.is_scoped() {
            let nowhere = |one: &mut Connector| scope(one).is_none();
            ended.extend(on.extract_if(.., nowhere).map(|one| {
                let what = "has a remote URL that no role can be narrowed to (--no-scope)";
                failed(&one, None, Error::usage(format!("{} {what}", one.title())))
            }));
        }
        if on.is_empty() {
            return (Vec::new(), ended);
        }
        let auth = match self.source.lease(self.session.context, &on).await {
            Ok(auth) => Rc::new(auth),
            Err(error) => {
                ended.extend(on.iter().map(|one| failed(one, None, error.clone())));
                return (Vec::new(), ended);
            }
        };
        on.retain(|one| match problem(&auth, one) {
            Some(error) => {
                ended.push(failed(one, None, error));
                false
            }
            None => true,
        });
        if let (true, Auth::Keys(keys)) = (self.options.renewing, &*auth) {
            let has_them = |one: &mut Connector| {
                self.session.leases.of(one).is_some_and(|lease| lease.is_of(keys))
            };
            ended.extend(on.extract_if(.., has_them).map(|one| {
                let lease = self.session.leases.of(&one);
                skipped(&one, "no newer credentials", lease)
            }));
        }
        (vec![(on, auth)], ended)
    }

    /// Tries credentials out for connectors of which one may stand for all.
    async fn try_out(&self, group: Vec<Connector>, auth: Rc<Auth>) -> Split<Target> {
        if self.options.preflight
            && let Err(error) = self.preflight(&group[0], &auth).await
        {
            let failed = |one| failed(one, None, error.clone());
            return (Vec::new(), group.iter().map(failed).collect());
        }
        let stage = match self.options.stage_first {
            false => Step::Skipped,
            true => match self.stage(&group, &auth).await {
                Ok(()) => Step::Passed,
                Err(error) => {
                    let failed = |one| failed(one, Some(Step::Failed), error.clone());
                    return (Vec::new(), group.iter().map(failed).collect());
                }
            },
        };
        let ready = |connector| Target { connector, auth: Rc::clone(&auth), stage };
        (group.into_iter().map(ready).collect(), Vec::new())
    }

    /// Tries the new credentials from here where a connector is.
    async fn preflight(&self, on: &Connector, auth: &Auth) -> Result<()> {
        let (config, undone) = (on.config().into(), "nothing was changed");
        preflight::before(self.session, on.kind, &config, Some(auth), undone).await
    }

    /// A stage takes time: what was changed meanwhile is kept, or, where the stage said nothing
    /// about it, left alone.
    async fn as_they_are_now(&self, ready: Vec<Target>) -> Split<Target> {
        let now = match self.read_again(&ready).await {
            Ok(now) => now,
            Err(error) => {
                let failed = |one: &Target| failed(&one.connector, Some(one.stage), error.clone());
                return (Vec::new(), ready.iter().map(failed).collect());
            }
        };
        let mut now = now.into_iter().map(|one| (key(&one), one)).collect();
        let mut split: Split<Target> = Default::default();
        for target in ready {
            match self.still(target, &mut now) {
                Ok(target) => split.0.push(target),
                Err(outcome) => split.1.push(*outcome),
            }
        }
        split
    }

    async fn read_again(&self, ready: &[Target]) -> Result<Vec<Connector>> {
        let client = &self.session.client;
        if let [Target { connector, .. }] = ready {
            let read = client.get(connector.kind, connector.id()).await?;
            return Ok(read.into_iter().collect());
        }
        let mut kinds: Vec<_> = ready.iter().map(|one| one.connector.kind).collect();
        kinds.sort_by_key(|kind| kind.name());
        kinds.dedup();
        select_in(&client.list_all(&kinds, false).await?, &Default::default())
    }

    /// The target as it is now, if the stage, and the credentials, were about what it is now.
    fn still(&self, target: Target, now: &mut Now) -> Result<Target, Box<Outcome>> {
        let failed = |connector, error| Err(Box::new(failed(connector, Some(target.stage), error)));
        let was = &target.connector;
        let Some(is) = now.remove(&key(was)) else {
            let message = format!("{} was deleted meanwhile", was.title());
            return failed(was, Error::new(Category::NotFound, message));
        };
        let moved = self.source.is_scoped() && scope(was) != scope(&is);
        let keys = was.auth().has_keys() == is.auth().has_keys();
        if Group::of(was) != Group::of(&is) || !keys || moved {
            let message = format!(
                "{} was changed meanwhile (its bucket, folder, endpoint or way to authenticate): \
                 left alone",
                is.title()
            );
            let error = Error::new(Category::Conflict, message).hint("run the rotation again");
            return failed(&is, error);
        }
        Ok(Target { connector: is, ..target })
    }
}

type Now = HashMap<(&'static str, String), Connector>;

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

fn joined<T>(parts: Vec<Split<T>>) -> Split<T> {
    let (ready, outcomes): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    (ready.into_iter().flatten().collect(), outcomes.into_iter().flatten().collect())
}

/// Items in groups of one key, in the order of their first. Linear, for there are tens of thousands.
fn grouped<T, K: Hash + Eq>(items: Vec<T>, key: impl Fn(&T) -> K) -> Vec<Vec<T>> {
    let mut groups: Vec<Vec<T>> = Vec::new();
    let mut places = HashMap::new();
    for item in items {
        let place = *places.entry(key(&item)).or_insert(groups.len());
        groups.resize_with(groups.len().max(place + 1), Vec::new);
        groups[place].push(item);
    }
    groups
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::hash::{Hash, Hasher};

    use super::grouped;

    /// A key that counts how often it is looked at.
    #[derive(Clone)]
    struct Counted<'a>(usize, &'a Cell<usize>);

    impl PartialEq for Counted<'_> {
        fn eq(&self, other: &Self) -> bool {
            self.1.update(|count| count + 1);
            self.0 == other.0
        }
    }

    impl Eq for Counted<'_> {}

    impl Hash for Counted<'_> {
        fn hash<H: Hasher>(&self, state: &mut H) {
            self.1.update(|count| count + 1);
            self.0.hash(state);
        }
    }

    /// A rotation of 40,000 compared each with each, and heard no signal meanwhile.
    #[test]
    fn each_of_many_is_looked_at_a_few_times() {
        for groups in [1, 200, 40_000] {
            let looked = Cell::new(0);
            let all = (0..40_000).collect();
            let grouped = grouped(all, |number| Counted(number % groups, &looked));
            assert_eq!(grouped.len(), groups);
            assert!(looked.get() < 8 * 40_000, "{} for {groups} groups", looked.get());
        }
    }
}
