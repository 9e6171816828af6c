//! A rotation that is done once, over one service or those of several profiles.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use futures_util::future::{try_join, try_join_all};
use tokio::time::timeout;

use crate::api::Listing;
use crate::domain::connector::Connector;
use crate::error::Result;
use crate::ops::each::{self, Status};
use crate::ops::fleet::{Each, Fleet};
use crate::ops::session::Session;
use crate::ops::targets;

use super::outcome::{Outcome, line, planned, skipped};
use super::source::Given;
use super::{CredentialSource, Options, Pass, Rotation, Selection};

/// So long a service that does not answer keeps the watch of others from beginning.
const ASKING: Duration = Duration::from_secs(60);

/// What is to be done.
pub(crate) struct Once<'a> {
    /// Where the new credentials come from.
    pub(crate) given: Given<'a>,
    /// Which connectors.
    pub(crate) selection: Selection<'a>,
    /// How.
    pub(crate) options: Options,
    /// Whether it is only said.
    pub(crate) dry_run: bool,
    /// How long another's rotation is waited for, where the state is shared.
    pub(crate) patience: Duration,
}

/// What a service has of it; nothing is written yet.
struct Chosen<'a> {
    source: CredentialSource<'a>,
    listings: Vec<Listing>,
    taken: Vec<Connector>,
    skipped: Vec<Outcome>,
}

impl<'a> Once<'a> {
    /// Over one service: the outcomes in the order of the selection.
    pub(crate) async fn over_one(&self, session: &Session<'_>) -> Result<Vec<Outcome>> {
        self.lock(session).await?;
        let chosen = self.choose(session, None).await?;
        if chosen.taken.is_empty() && chosen.skipped.is_empty() {
            targets::warn_of_nothing(session.output(), self.selection.on)?;
        }
        self.carry_out(session, chosen).await
    }

    /// Over those of several profiles, side by side, each connector once; the outcomes by profile.
    pub(crate) async fn over_many(&self, fleet: &Fleet<'_>) -> Result<Vec<Outcome>> {
        let on = self.selection.on;
        let choose =
            async |session: &Session<'_>, ()| self.choose(session, Some(&on.targets)).await;
        let locked = fleet.in_turn(async |session| self.lock(session).await).await?;
        let mut chosen = fleet.each(locked, choose).await?;
        let all = || chosen.iter().flat_map(|(_, chosen)| &chosen.taken);
        targets::check_all_named(&on.targets, all())?;
        let is_empty = |one: &Chosen<'_>| one.taken.is_empty() && one.skipped.is_empty();
        if let (Some((session, _)), true) =
            (chosen.first(), chosen.iter().all(|(_, one)| is_empty(one)))
        {
            targets::warn_of_nothing(session.output(), on)?;
        }
        leave_each_once(&mut chosen);
        let carry_out = async |session: &Session<'_>, chosen| self.carry_out(session, chosen).await;
        Ok(each::of_profiles(fleet.each(chosen, carry_out).await?))
    }

    /// Refuses targets that no profile has, and nothing at all where that is a failure: before anything
    /// stays for long, and only where all profiles could be asked.
    pub(crate) async fn check_selection(&self, fleet: &Fleet<'_>) -> Result<()> {
        let on = self.selection.on;
        if on.all && !on.fail_if_none {
            return Ok(());
        }
        let choose = async |session: &Session<'_>| {
            let listings = session.client.list_all(&on.kinds(), false).await?;
            self.selection.of(session, &listings, Some(&on.targets)).await
        };
        let Some(sessions) = fleet.whole() else { return Ok(()) };
        let chosen = try_join_all(sessions.iter().map(choose));
        // Each profile's own watch tells what it failed of.
        let Ok(Ok(chosen)) = timeout(ASKING, chosen).await else { return Ok(()) };
        let all: Vec<Connector> = chosen.into_iter().flat_map(|(taken, _)| taken).collect();
        targets::check_all_named(&on.targets, all.iter())?;
        match (all.first(), sessions.first()) {
            (None, Some(session)) => targets::warn_of_nothing(session.output(), on),
            _ => Ok(()),
        }
    }

    /// Takes the lock, where the state is shared and anything is to be written.
    async fn lock(&self, session: &Session<'_>) -> Result<()> {
        match self.dry_run {
            true => Ok(()),
            false => session.shared.lock(session.leases.service(), self.patience).await,
        }
    }

    /// `known`: targets of which some may be another service's.
    async fn choose(&self, session: &Session<'_>, known: Option<&[String]>) -> Result<Chosen<'a>> {
        // Side by side: neither AWS nor the service waits for the other.
        let kinds = self.selection.on.kinds();
        let list = session.client.list_all(&kinds, false);
        let (source, listings) = try_join(self.given.clone().ready(session), list).await?;
        let (taken, skipped) = self.selection.of(session, &listings, known).await?;
        source.judge(session.context, &taken)?;
        Ok(Chosen { source, listings, taken, skipped })
    }

    async fn carry_out(&self, session: &Session<'_>, chosen: Chosen<'_>) -> Result<Vec<Outcome>> {
        let Chosen { source, listings, taken, skipped } = chosen;
        let order: HashMap<String, usize> = taken
            .iter()
            .map(|one| one.id().to_owned())
            .chain(skipped.iter().filter_map(|one| one.connector.id.clone()))
            .zip(0..)
            .collect();
        let mut outcomes = skipped;
        if self.dry_run {
            outcomes.extend(taken.iter().map(planned));
        } else {
            let rotation = Rotation { session, source: &source, options: self.options };
            rotation.remove_leftovers(&listings).await?;
            drop(listings);
            // What fails is said once, at the end.
            let report = |one: &Outcome| match one.status {
                Status::Failed => {}
                _ => session.output().step(&line(one)),
            };
            let (all, begun) = (taken.len(), Instant::now());
            outcomes.extend(Pass::new(&rotation, &report).run(taken).await);
            let rotated = outcomes.iter().filter(|one| one.status == Status::Rotated).count();
            if all > 1 {
                let seconds = begun.elapsed().as_secs_f32();
                session.output().notice(&format!("rotated {rotated} of {all} ({seconds:.1} s)"));
            }
        }
        outcomes.sort_by_cached_key(|one| {
            one.connector.id.as_ref().and_then(|id| order.get(id)).copied()
        });
        Ok(outcomes)
    }
}

/// Two profiles may lead to the same connector: who comes first rotates it, or both would write it
/// at once.
fn leave_each_once(chosen: &mut Each<'_, '_, Chosen<'_>>) {
    let mut seen = HashSet::new();
    for (session, chosen) in chosen {
        let service = session.leases.service().to_owned();
        let again =
            |one: &mut Connector| !seen.insert((service.clone(), one.kind, one.id().to_owned()));
        let again: Vec<Connector> = chosen.taken.extract_if(.., again).collect();
        let outcome =
            |one: &Connector| skipped(one, "rotated by the profile before", session.leases.of(one));
        chosen.skipped.extend(again.iter().map(outcome));
    }
}
