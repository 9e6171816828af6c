//! `uns3 update`: changes what was asked, keeps the rest, never destroys a secret.

use clap::Args;
use serde_json::{Map, Value};

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
        context.run(async {
            let (mut change, aws) = self.change(context)?;
            let client = context.client().await?;
            let kinds = [self.kind.kind()];
            let targets = std::slice::from_ref(&self.target);
            let found = client.find(&kinds, targets).await?;
            let [current] = found.as_slice() else {
                unreachable!("one of each kind was asked for")
            };
            match aws {
                Some(aws) => self.lease(context, &aws, current, &mut change).await?,
                None => self.add_hidden_keys(context, current, &mut change).await?,
            }
            let wanted = whole(current, &change)?;
            let differences = difference::between(current.config(), &wanted);
            let title = current.title();
            if differences.is_empty() {
                context.output.notice(&format!("{title}: nothing to change"));
                return self.finish(context, current.clone()).await;
            }
            if self.dry_run {
                let planned = current.with_config(wanted);
                return context.output.planned(
                    &format!("would update {title}"),
                    planned,
                    &differences,
                );
            }
            let written = context.journal.write(client.update(current, &wanted)).await?;
            context.journal.done(format!("updated {title}"));
            let differ = config::disagreements(&wanted, written.config());
            if !differ.is_empty() {
                return Err(not_taken(current, &differ));
            }
            if let Some(auth) = &change.auth {
                context.record(&written, auth, true);
            }
            context.output.notice(&format!("updated {title}"));
            self.finish(context, written).await
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
        if change.auth.is_some() || !current.auth().has_keys() {
            return Ok(());
        }
        if context.in_sandbox() {
            if config::settings_agree(current.config(), change) {
                return Ok(());
            }
            change.auth = context.sandbox_keys().await?.map(|(auth, _)| auth);
            return Ok(());
        }
        let custom = endpoint(current, change).is_some();
        let found = credentials::from_environment(context, custom);
        change.auth = found.map_err(|problems| Error::problems(&problems))?;
        Ok(())
    }

    async fn finish(&self, context: &Context, connector: Connector) -> Result<()> {
        let shown = context.shown(connector);
        if self.test && !self.dry_run {
            return context.check_written(context.client().await?, shown).await;
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
    let missing = match config::updated(current.kind, current.config(), change) {
        Ok(config) => return check_fips(config),
        Err(missing) => missing,
    };
    if change.auth.is_none() && current.auth().has_keys() {
        // Nothing else changes either: then nothing is written, and nothing is missing.
        if config::settings_agree(current.config(), change) {
            return Ok(current.config().clone());
        }
        let message = format!(
            "{} has keys, which the service hides and every update must send anew: {} would be lost",
            current.title(),
            missing.join(", ")
        );
        return Err(Error::usage(message).hint(format!("give them: {SOURCES}")));
    }
    let message = format!(
        "the service hides {} of {}, which the update must send anew",
        missing.join(", "),
        current.title()
    );
    Err(Error::usage(message).hint("give each by --set FIELD=VALUE, or clear it by --unset FIELD"))
}

fn check_fips(config: Map<String, Value>) -> Result<Map<String, Value>> {
    let url = config.get("remote_url").and_then(Value::as_str).unwrap_or_default();
    let fips = RemoteUrl::parse(url, true).is_ok_and(|url| url.is_fips());
    if fips && config.get("ambient_credentials") != Some(&Value::Bool(true)) {
        return Err(Error::usage(
            "a FIPS bucket's https URL works with --ambient-credentials only; else write it as \
             s3://bucket/folder/",
        ));
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
