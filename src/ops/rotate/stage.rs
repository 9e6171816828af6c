//! The stage: new credentials tried out on a scratch connector, which is always deleted.

use crate::api::WaitOptions;
use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::domain::s3::config::{self, Change, Config};
use crate::domain::s3::credentials::Auth;
use crate::error::{Category, Effect, Error, Result};
use crate::ops::preflight::explained;
use crate::storage::scratch::{self, Held, Note};

use super::Rotation;

/// What to do after a stage that failed for what may pass.
const AGAIN: &str = "run the rotation again";

impl Rotation<'_> {
    /// Tries credentials out where connectors are, on a scratch connector with the settings of the
    /// first that can be written; or, where the service refuses one with these, with none but
    /// those that it needs.
    pub(super) async fn stage<'a>(&self, group: &'a [Connector], auth: &Auth) -> Result<()> {
        let change = Change::of_auth(auth.clone());
        let of = |one: &'a Connector| {
            Some((one, config::updated(one.kind, one.config(), &change).ok()?))
        };
        // Where none can be written, each says so by itself, and nothing is to be tried out.
        let Some((on, config)) = group.iter().find_map(of) else { return Ok(()) };
        match self.try_config(on, &config, auth).await {
            Err(error) if matches!(error.status, Some(400 | 422)) => {
                let plain =
                    plain(on, auth).filter(|plain| !config.fields().all(|one| plain.has(one)));
                let plain = plain.ok_or(error)?;
                self.try_config(on, &plain, auth).await
            }
            tried => tried,
        }
    }

    async fn try_config(&self, on: &Connector, config: &Config, auth: &Auth) -> Result<()> {
        let name = self.session.shared.scratch_name();
        let held = self.note(on.kind, &name);
        let journal = self.session.journal();
        // One write for the journal: an interruption waits until the scratch connector is gone.
        let tried = journal.write("a scratch connector was made", async {
            let made = self.session.client.create(on.kind, &name, config).await;
            let checked = match &made {
                Ok(made) => self.check_scratch(&made.connector, on, auth).await,
                Err(error) => Err(error.clone().hint(format!("nothing was changed: {AGAIN}"))),
            };
            self.remove_scratch(on.kind, &name, made.map(|made| made.connector), held).await;
            Ok(checked)
        });
        tried.await?
    }

    async fn check_scratch(&self, scratch: &Connector, on: &Connector, auth: &Auth) -> Result<()> {
        let stop = self.session.journal().stop();
        let checked = tokio::select! {
            checked = self.session.client.check(scratch, WaitOptions::USUAL) => checked?,
            () = stop.wait() => {
                let message = "the stage was interrupted: nothing was changed";
                return Err(Error::new(Category::Interrupted, message));
            }
        };
        let Err(error) = checked.verdict(scratch) else { return Ok(()) };
        let reason = checked.check.reason.clone().unwrap_or_else(|| error.message.clone());
        let bucket = on.bucket().unwrap_or_default();
        let message = format!(
            "the new credentials do not work on bucket {bucket:?}, and nothing was changed: {reason}"
        );
        let error = Error { message, ..error };
        Err(explained(self.session, on, Some(&reason), Some(auth), Some(AGAIN), error).await)
    }

    fn note(&self, kind: Kind, name: &str) -> Option<Held> {
        let service = self.session.leases.service().to_owned();
        let note = Note { service, kind: kind.name().into(), name: name.into() };
        let held = self.session.context.state_dir().and_then(|state| scratch::note(&state, note));
        held.map_err(|error| self.session.context.output.detail(&error.message)).ok()
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
            Ok(made) => self.session.client.delete(made).await.map(|_| true),
            // Certainly never made, or perhaps made yet: then the note stays.
            Err(error) => {
                let certain = error.effect == Effect::None;
                self.delete_named(kind, name).await.map(|found| found > 0 || certain)
            }
        };
        match removed {
            Ok(true) => held.into_iter().for_each(Held::erase),
            Ok(false) => {}
            Err(error) => {
                self.session
                    .context
                    .journal
                    .done(format!("the scratch connector {name} may be left"));
                self.session.context.output.alarm(&format!(
                    "the scratch connector {name} may be left; the next rotation removes it: \
                     {error}"
                ));
            }
        }
    }
}

/// The config of a connector in the same place, without any setting that it could do without.
fn plain(on: &Connector, auth: &Auth) -> Option<Config> {
    let mut change = Change::of_auth(auth.clone());
    change.remote_url = Some(on.remote_url().ok()?.clone());
    if on.has_endpoint() {
        change.settings.insert("endpoint_url".into(), on.setting("endpoint_url").into());
    }
    Some(config::new(on.kind, &change))
}
