//! The stage: new credentials tried out on a scratch connector, which is always deleted.

use crate::api::{Listing, Patience, select_in};
use crate::context::Context;
use crate::domain::config::{self, Change};
use crate::domain::connector::{Connector, Kind};
use crate::domain::credentials::Auth;
use crate::domain::diagnosis;
use crate::domain::rotation::{ABANDONED_AFTER, is_abandoned, scratch_name};
use crate::error::{Category, Error, Result};
use crate::scratch::{self, Held, Note};

use super::pass::Pass;

/// What to do after a stage that failed, whatever it was.
const AGAIN: &str = "nothing was changed: run the rotation again";

impl Pass<'_> {
    /// Tries credentials out where a connector is, on a scratch connector with its settings.
    pub(super) async fn stage(&self, on: &Connector, auth: &Auth) -> Result<()> {
        let change = Change { auth: Some(auth.clone()), ..Change::default() };
        let config = config::updated(on.kind, on.config(), &change)
            .map_err(|hidden| super::pass::hidden(on, &hidden))?;
        let name = scratch_name(uuid::Uuid::new_v4());
        let held = self.note(on.kind, &name);
        let journal = &self.context.journal;
        // One write for the journal: an interruption waits until the scratch connector is gone.
        let tried = journal.write("a scratch connector was made", async {
            let made = self.client.create(on.kind, &name, &config).await;
            let checked = match &made {
                Ok(made) => self.check_scratch(&made.connector, on).await,
                Err(error) => Err(error.clone().hint(AGAIN)),
            };
            self.remove_scratch(on.kind, &name, made.map(|made| made.connector), held).await;
            Ok(checked)
        });
        tried.await?
    }

    async fn check_scratch(&self, scratch: &Connector, on: &Connector) -> Result<()> {
        let stop = self.context.journal.stop();
        let checked = tokio::select! {
            checked = self.client.check(scratch, Patience::USUAL) => checked?,
            () = stop.wait() => {
                let message = "the stage was interrupted: nothing was changed";
                return Err(Error::new(Category::Interrupted, message));
            }
        };
        checked.verdict(scratch).map_err(|error| {
            let reason = checked.check.reason.as_deref().unwrap_or(&error.message);
            let bucket = on.bucket().unwrap_or_default();
            let message = format!("the new credentials do not work on bucket {bucket:?}: {reason}");
            Error { message, ..error }.hint(diagnosis::of(reason, on, AGAIN))
        })
    }

    fn note(&self, kind: Kind, name: &str) -> Option<Held> {
        let note = Note { service: self.service(), kind: kind.name().into(), name: name.into() };
        let held = self.context.state_dir().and_then(|state| scratch::note(&state, note));
        held.map_err(|error| self.context.output.detail(&error.message)).ok()
    }

    /// Deletes a scratch connector, known or perhaps made; what cannot be deleted stays noted.
    async fn remove_scratch(
        &self,
        kind: Kind,
        name: &str,
        made: Result<Connector>,
        held: Option<Held>,
    ) {
        let removed = match &made {
            Ok(made) => self.client.delete(made).await.map(|_| true),
            // Certainly never made, or perhaps made yet: then the note stays.
            Err(error) => {
                let certain = error.category != Category::Unavailable;
                self.delete_named(kind, name).await.map(|found| found > 0 || certain)
            }
        };
        match removed {
            Ok(true) => held.into_iter().for_each(Held::erase),
            Ok(false) => {}
            Err(error) => {
                self.context.journal.done(format!("the scratch connector {name} may be left"));
                self.context.output.alarm(&format!(
                    "the scratch connector {name} may be left; the next rotation removes it: \
                     {error}"
                ));
            }
        }
    }

    async fn delete_named(&self, kind: Kind, name: &str) -> Result<usize> {
        let found = self.client.named(kind, name).await?;
        for one in &found {
            self.client.delete(one).await?;
        }
        Ok(found.len())
    }

    /// Removes what killed runs left: what this machine noted, and what nobody can be using.
    pub(super) async fn remove_leftovers(&self, listings: &[Listing]) -> Result<()> {
        let context: &Context = self.context;
        let state = context.state_dir();
        let notes = state.map_or(Vec::new(), |state| scratch::left_over(&state, &self.service()));
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
            if is_abandoned(&connector, context.now()) {
                match self.client.delete(&connector).await {
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
