//! `uns3 update`: changes what was asked, keeps the rest, never destroys a secret.

use clap::Args;
use tokio::time::Instant;

use crate::args::credentials::CredentialArgs;
use crate::args::globals::Globals;
use crate::args::selection::KindArg;
use crate::args::settings::SettingArgs;
use crate::args::trying::TryArgs;
use crate::context::Context;
use crate::domain::connector::Connector;
use crate::domain::difference;
use crate::domain::kind::Kind;
use crate::domain::names::is_id;
use crate::domain::s3::auth::AuthKind;
use crate::domain::s3::config::{self, Change, Config};
use crate::domain::s3::credentials::Auth;
use crate::domain::s3::fields::is_auth;
use crate::domain::s3::location::RemoteUrl;
use crate::domain::s3::policy::Scope;
use crate::error::{Error, Result};
use crate::ops::check::check_and_show;
use crate::ops::credentials::{self, SOURCES, Source};
use crate::ops::leases::Recorded;
use crate::ops::preflight::{self, Planned};
use crate::ops::service::in_sandbox;
use crate::ops::session::{self, Pool, Session};
use crate::ops::targets;
use crate::ops::write::{self, Replacement};
use crate::output::Shown;

/// Change a connector's settings or credentials; the rest stays
#[derive(Args, Debug)]
#[command(
    after_help = "The service hides the secrets it has and wants every setting written anew: so a connector with
keys needs them again for any change.

Examples:
  uns3 update invoices-out --remote-url s3://my-bucket/new/ --key AKIA… --secret-file secret
  aws sts assume-role … | uns3 update nightly --credentials-file - --test
  uns3 update public-in --kind source --recursive true
  uns3 update invoices-out --credentials-file new.json --dry-run"
)]
pub(crate) struct Update {
    /// The connector's name or id
    #[arg(value_name = "TARGET")]
    target: String,

    #[command(flatten)]
    kind: KindArg,

    /// Then check the connection and wait for the verdict
    #[arg(long)]
    test: bool,

    /// Only say what would change
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    trying: TryArgs,

    #[command(flatten)]
    settings: SettingArgs,

    #[command(flatten)]
    credentials: CredentialArgs,
}

impl Update {
    /// Updates it.
    pub(crate) fn run(self, globals: &Globals, context: &Context) -> Result<()> {
        let (mut change, source) = self.change(context)?;
        session::open(globals, context, Pool::One, async |session| {
            let current = targets::find_one(&session.client, self.kind.kinds(), &self.target);
            let current = current.await?;
            let read_at = Instant::now();
            self.refuse_unfit(current.kind)?;
            self.add_credentials(session, &current, source.as_ref(), &mut change).await?;
            let wanted = whole(&current, &change)?;
            if let Some(auth) = &change.auth {
                credentials::mind(context, auth, !wanted.setting("endpoint_url").is_empty());
            }
            let differences = difference::between(current.config(), &wanted);
            let title = current.title();
            if differences.is_empty() {
                context.output.notice(&format!("{title}: nothing to change"));
                return self.finish(session, session.shown(current), None).await;
            }
            if self.dry_run {
                let planned = current.with_config(&wanted);
                let title = format!("would update {title}");
                return context.output.planned(&title, planned, &differences);
            }
            if self.trying.preflight {
                self.preflight(session, &current, &wanted, change.auth.as_ref()).await?;
            }
            let auth = change.auth.as_ref().map(|auth| (auth, Recorded::Replaced));
            let new = Replacement { current: &current, read_at, config: &wanted, auth };
            let written = write::update(session, &format!("updated {title}"), &new).await;
            let written = written.map_err(|(error, _)| error)?;
            let lines = difference::lines(&differences).join("\n  ");
            context.output.notice(&format!("updated {title}:\n  {lines}"));
            let mut shown = session.shown(written);
            shown.know_changes(&differences);
            self.finish(session, shown, Some(change.auth.as_ref())).await
        })
    }

    /// What the flags ask for, checked as far as it can be without the connector.
    fn change(&self, context: &Context) -> Result<(Change, Option<Source>)> {
        let mut problems = Vec::new();
        // An id may be another kind's: then what fits is judged when that is known.
        let kind = (!is_id(&self.target)).then(|| self.kind.kind());
        problems.extend(kind.map(|kind| self.settings.unfit(kind)).into_iter().flatten());
        let change = self.settings.change(context, &mut problems);
        match credentials::from_flags(context, &self.credentials)? {
            Ok(source) if problems.is_empty() => return Ok((change, source)),
            Ok(_) => {}
            Err(more) => problems.extend(more),
        }
        Err(Error::problems(&problems))
    }

    fn refuse_unfit(&self, kind: Kind) -> Result<()> {
        let problems = self.settings.unfit(kind);
        if problems.is_empty() { Ok(()) } else { Err(Error::problems(&problems)) }
    }

    /// Credentials for the place where the connector will be. A connector with keys that shall
    /// change needs them again: from the environment, where no flag names a source. Others never
    /// get any from there.
    async fn add_credentials(
        &self,
        session: &Session<'_>,
        current: &Connector,
        source: Option<&Source>,
        change: &mut Change,
    ) -> Result<()> {
        let context = session.context;
        let settled = config::settings_agree(current.config(), change);
        let found;
        let source = match source {
            Some(source) => source,
            None if !current.auth().has_keys() || settled => return Ok(()),
            None if in_sandbox(session.globals, context) => &Source::Sandbox,
            None => match credentials::from_environment(context) {
                Ok(None) => return Ok(()),
                Ok(Some(auth)) => {
                    found = Source::Fixed(auth);
                    &found
                }
                Err(problems) => return Err(Error::problems(&problems)),
            },
        };
        let scope = || Ok(Scope::new(current.kind, url_of(current, change).map_err(Error::usage)?));
        change.auth = Some(source.obtain(session, scope).await?);
        Ok(())
    }

    /// Tries the bucket from here, with the credentials that the connector will have.
    async fn preflight(
        &self,
        session: &Session<'_>,
        current: &Connector,
        wanted: &Config,
        auth: Option<&Auth>,
    ) -> Result<()> {
        let own = match wanted.auth() {
            AuthKind::Ambient => Auth::Ambient,
            _ => Auth::Anonymous,
        };
        let planned = Planned {
            kind: current.kind,
            remote_url: wanted.setting("remote_url"),
            endpoint_url: wanted.setting("endpoint_url"),
            recursive: wanted.agrees("recursive", Some(&true.into())),
            auth: auth.unwrap_or(&own),
            undone: "nothing was changed",
        };
        preflight::before(session, &planned).await
    }

    /// `written`: whether it was, and with which credentials, where these are new.
    async fn finish(
        &self,
        session: &Session<'_>,
        shown: Shown,
        written: Option<Option<&Auth>>,
    ) -> Result<()> {
        if self.test && !self.dry_run {
            session.leave_undiagnosed(self.trying.diagnose.no_diagnose);
            return check_and_show(session, shown, written.is_some(), written.flatten()).await;
        }
        session.output().connector(shown)
    }
}

/// The remote URL that the connector will have.
fn url_of<'a>(current: &'a Connector, change: &'a Change) -> Result<&'a RemoteUrl, String> {
    change.remote_url.as_ref().map_or_else(|| current.remote_url(), Ok)
}

/// The whole config to write, or what is missing for it.
fn whole(current: &Connector, change: &Change) -> Result<Config> {
    if change.auth.is_none() && config::settings_agree(current.config(), change) {
        // Nothing is written, and so nothing is missing for it.
        return Ok(current.config().into());
    }
    let missing = match config::updated(current.kind, current.config(), change) {
        Ok(config) => return judged(config, current, change),
        Err(missing) => missing,
    };
    let message = format!(
        "the service hides {} of {}, and every update must send them anew, or they would be lost",
        missing.join(", "),
        current.title()
    );
    let (keys, others): (Vec<_>, Vec<_>) = missing.iter().partition(|field| is_auth(field));
    let mut hints = Vec::new();
    if !keys.is_empty() {
        hints.push(format!("give the credentials: {SOURCES}"));
    }
    if !others.is_empty() {
        hints.push(
            "give each other field by --set FIELD=VALUE, or clear it by --unset FIELD".into(),
        );
    }
    Err(Error::usage(message).hint(hints.join("; ")))
}

/// The config, if all of it fits where the connector will be: the flags alone do not say.
fn judged(config: Config, current: &Connector, change: &Change) -> Result<Config> {
    let custom = !config.setting("endpoint_url").is_empty();
    let url = url_of(current, change);
    let mut problems = Vec::new();
    // A place that stays as it is may be one that only the service understands.
    if change.remote_url.is_some() || change.settings.contains_key("endpoint_url") {
        let checked = url.clone().and_then(|url| url.check_bucket(custom));
        problems.extend(checked.err());
    }
    match &change.auth {
        Some(auth) => problems.extend(credentials::judge(auth, url.ok(), custom)),
        None => {
            let ambient = config.auth() == AuthKind::Ambient;
            problems.extend(url.ok().and_then(|url| url.check_credentials(ambient).err()));
        }
    }
    if problems.is_empty() { Ok(config) } else { Err(Error::problems(&problems)) }
}
