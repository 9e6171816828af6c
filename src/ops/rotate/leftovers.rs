//! Scratch connectors that killed runs left: found and removed.

use crate::api::Listing;
use crate::domain::kind::Kind;
use crate::domain::rotation::{ABANDONED_AFTER, is_abandoned};
use crate::error::Result;
use crate::ops::targets::select_in;
use crate::storage::scratch;

use super::Rotation;

impl Rotation<'_> {
    /// Deletes the connectors of a scratch name, and tells how many there were.
    pub(super) async fn delete_named(&self, kind: Kind, name: &str) -> Result<usize> {
        let found = self.session.client.named(kind, name).await?;
        for one in &found {
            self.session.client.delete(one).await?;
        }
        Ok(found.len())
    }

    /// Removes what killed runs left: what this machine noted, and what nobody can be using.
    pub(crate) async fn remove_leftovers(&self, listings: &[Listing]) -> Result<()> {
        let context = self.session.context;
        let state = context.state_dir();
        let notes = state
            .map_or(Vec::new(), |state| scratch::left_over(&state, self.session.leases.service()));
        for held in notes {
            let source = held.note.kind == Kind::Source.name();
            let kind = if source { Kind::Source } else { Kind::Destination };
            let name = &held.note.name;
            match self.delete_named(kind, name).await {
                // It may come yet, or be another workspace's.
                Ok(0) if !held.is_old(ABANDONED_AFTER) => {}
                Ok(0) => held.erase(),
                Ok(_) => {
                    context.output.notice(&format!("removed {name}, left by an earlier run"));
                    held.erase();
                }
                Err(error) => context.output.warn(&error.message),
            }
        }
        for connector in select_in(listings, &Default::default())? {
            let by_another = self.session.shared.is_left(connector.name());
            if by_another || is_abandoned(&connector, context.now()) {
                match self.session.client.delete(&connector).await {
                    Ok(_) => context
                        .output
                        .notice(&format!("removed {}, left by an earlier run", connector.name())),
                    Err(error) => context.output.warn(&error.message),
                }
            }
        }
        Ok(())
    }
}
