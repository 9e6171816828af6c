//! `uns3 update`: changes what was asked, keeps the rest, never destroys a secret.

use clap::Args;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::credentials::{self, AwsGiven, CredentialArgs, Given, SOURCES};
use super::settings::{KindArg, SettingArgs};
use crate::context::Context;
use crate::domain::config::{self, Change};
use crate::domain::connector::Connector;
use crate::domain::difference;
use crate::domain::location::RemoteUrl;
use crate::error::{Category, Error, Result};

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
pub struct Update {
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
    settings: SettingArgs,

    #[command(flatten)]
    credentials: CredentialArgs,
}

impl Update {
    /// Updates it.
    pub fn run(self, context: &Context) -> Result<()> {
        let (mut change, aws) = self.change(context)?;
        context.sign_in()?;
        context.run(async {
            let client = context.client().await?;
            let kinds = [self.kind.kind()];
            let targets = std::slice::from_ref(&self.target);
            let found = client.find(&kinds, targets).await?;
            let read_at = Instant::now();
            let [current] = found.as_slice() else {
                unreachable!("one of each kind was asked for")
            };
            let asked_aws = aws.is_some();
            match aws {
                Some(aws) => self.lease(context, &aws, current, &mut change).await?,
                None => self.add_hidden_keys(context, current, &mut change).await?,
            }
            let wanted = whole(current, &change)?;
            let differences = difference::between(current.config(), &wanted);
            let title = current.title();
            if differences.is_empty() {
                context.output.notice(&format!("{title}: nothing to change"));
                return self.finish(context, current.clone(), false).await;
            }
            if self.dry_run {
                let planned = current.with_config(wanted);
                return context.output.planned(
                    &format!("would update {title}"),
                    planned,
                    &differences,
                );
            }
            if asked_aws {
                // That took time, in which others may have written.
                client.refuse_changed(current, &wanted).await?;
            }
            let write = client.update(current, &wanted, read_at);
            let written = context.journal.write(&format!("updated {title}"), write).await;
            let written = written.inspect_err(|error| context.doubt(current, error))?;
            context.journal.done(format!("updated {title}"));
            if let Some(auth) = &change.auth {
                context.record(&written, auth, true);
            }
            let differ = config::disagreements(&wanted, written.config());
            if !differ.is_empty() {
                return Err(not_taken(current, &differ));
            }
            context.output.aside(&format!("updated {title}"));
            self.finish(context, written, true).await
        })
    }

    /// What the flags ask for, checked as far as it can be without the connector.
    fn change(&self, context: &Context) -> Result<(Change, Option<AwsGiven>)> {
        let mut problems = Vec::new();
        let mut change = self.settings.change(self.kind.kind(), context, &mut problems);
        let custom = change.endpoint_url.as_ref().is_some_and(Option::is_some);
        let mut aws = None;
        match self.credentials.from_flags(context, custom) {
            Ok(Some(Given::Fixed(auth))) => change.auth = Some(auth),
            Ok(Some(Given::Aws(given))) => aws = Some(given),
            Ok(None) => {}
            Err(more) => problems.extend(more),
        }
        if problems.is_empty() { Ok((change, aws)) } else { Err(Error::problems(&problems)) }
    }

    /// Credentials by AWS are for the place where the connector will be.
    async fn lease(
        &self,
        context: &Context,
        aws: &AwsGiven,
        current: &Connector,
        change: &mut Change,
    ) -> Result<()> {
        let url = change.remote_url.as_deref().unwrap_or(current.setting("remote_url"));
        let custom = endpoint(current, change).is_some();
        change.auth = Some(aws.lease_for(context, current.kind, url, custom).await?);
        Ok(())
    }

    /// A connector with keys that shall change needs them again: from the environment, where no
    /// flag names a source. Others never get any from there.
    async fn add_hidden_keys(
        &self,
        context: &Context,
        current: &Connector,
        change: &mut Change,
    ) -> Result<()> {
        let settled = config::settings_agree(current.config(), change);
        if change.auth.is_some() || !current.auth().has_keys() || settled {
            return Ok(());
        }
        if context.in_sandbox() {
            change.auth = context.sandbox_keys().await?.map(|(auth, _)| auth);
            return Ok(());
        }
        let custom = endpoint(current, change).is_some();
        let found = credentials::from_environment(context, custom);
        change.auth = found.map_err(|problems| Error::problems(&problems))?;
        Ok(())
    }

    async fn finish(&self, context: &Context, connector: Connector, written: bool) -> Result<()> {
        let shown = context.shown(connector);
        if self.test && !self.dry_run {
            return context.check_shown(context.client().await?, shown, written).await;
        }
        context.output.connector(shown)
    }
}

/// The endpoint URL as it will be.
fn endpoint<'a>(current: &'a Connector, change: &'a Change) -> Option<&'a str> {
    let endpoint = match &change.endpoint_url {
        Some(endpoint) => endpoint.as_deref(),
        None => Some(current.setting("endpoint_url")),
    };
    endpoint.filter(|url| !url.is_empty())
}

/// The whole config to write, or what is missing for it.
fn whole(current: &Connector, change: &Change) -> Result<Map<String, Value>> {
    if change.auth.is_none() && config::settings_agree(current.config(), change) {
        // Nothing is written, and so nothing is missing for it.
        return Ok(current.config().clone());
    }
    let missing = match config::updated(current.kind, current.config(), change) {
        Ok(config) => return check_location(config, change),
        Err(missing) => missing,
    };
    let message = format!(
        "the service hides {} of {}, and every update must send them anew, or they would be lost",
        missing.join(", "),
        current.title()
    );
    let (keys, others): (Vec<_>, Vec<_>) = missing.iter().partition(|field| config::is_auth(field));
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

/// The remote URL by the rules of where it will be: the flags alone do not say.
fn check_location(config: Map<String, Value>, change: &Change) -> Result<Map<String, Value>> {
    let text = |field: &str| config.get(field).and_then(Value::as_str).unwrap_or_default();
    let ambient = config.get("ambient_credentials") == Some(&Value::Bool(true));
    // A place that stays as it is may be one that only the service understands.
    let moves = change.remote_url.is_some() || change.endpoint_url.is_some();
    let custom = !moves || !text("endpoint_url").is_empty();
    match RemoteUrl::parse(text("remote_url"), custom) {
        Ok(url) => url.check_credentials(ambient).map_err(Error::usage)?,
        Err(problem) if moves => return Err(Error::usage(problem)),
        Err(_) => {}
    }
    Ok(config)
}

fn not_taken(connector: &Connector, fields: &[String]) -> Error {
    let message = format!(
        "the service answered the update of {} with other settings than were sent: {}",
        connector.title(),
        fields.join(", ")
    );
    Error::new(Category::Conflict, message).hint(
        "the service does not take these, or someone else wrote the connector at the same time: \
         look at it (uns3 get), and run the update again",
    )
}
