//! Which connectors a rotation takes.

use std::time::Duration;

use crate::api::Listing;
use crate::args::selection::TargetArgs;
use crate::domain::connector::Connector;
use crate::domain::names::SCRATCH;
use crate::domain::rotation::skip_reason;
use crate::error::Result;
use crate::ops::session::Session;
use crate::ops::targets::{Need, resolve_in, select_in, usable};

use super::outcome::{Outcome, skipped};

/// What chooses the connectors.
pub(crate) struct Selection<'a> {
    /// The targets, or all that a filter admits.
    pub(crate) on: &'a TargetArgs,
    /// Of all, only those whose credentials end within this time, or at an unknown one.
    pub(crate) expiring_within: Option<Duration>,
}

impl Selection<'_> {
    /// The connectors that are taken, and the outcomes of those that are not; `known`: the ids that
    /// the targets had before, of which some may be no more.
    pub(crate) async fn of(
        &self,
        session: &Session<'_>,
        listings: &[Listing],
        known: Option<&[String]>,
    ) -> Result<(Vec<Connector>, Vec<Outcome>)> {
        let kinds = self.on.kinds();
        if !self.on.all {
            let targets = known.unwrap_or(&self.on.targets);
            let found = resolve_in(&session.client, listings, kinds, targets).await?;
            let need = Need { absent_ok: known.is_some(), any_type: false };
            return Ok((usable(&session.client, found, kinds, need).await?, Vec::new()));
        }
        let (mut taken, mut passed_over) = (Vec::new(), Vec::new());
        let now = session.context.now();
        for connector in select_in(listings, &self.on.filter()?)? {
            if connector.name().starts_with(SCRATCH) {
                continue;
            }
            let lease = session.leases.of(&connector);
            match skip_reason(&connector, lease.as_ref(), self.expiring_within, now) {
                Some(reason) => passed_over.push(skipped(&connector, reason, lease)),
                None => taken.push(connector),
            }
        }
        Ok((taken, passed_over))
    }
}
