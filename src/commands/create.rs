//! `uns3 create`: exactly one connector, or a refusal that says why.

use clap::Args;
use serde_json::{Map, Value, json};

use super::credentials::{self, AwsGiven, CredentialArgs, Given, SOURCES};
use super::settings::{KindArg, SettingArgs};
use crate::api::Client;
use crate::context::Context;
use crate::domain::config::{self, Change};
use crate::domain::connector::{AuthKind, Connector, Kind};
use crate::domain::credentials::Auth;
use crate::domain::difference::{self, Difference, Secrecy};
use crate::domain::location::RemoteUrl;
use crate::domain::names;
use crate::error::{Category, Error, Result};

/// Create a connector
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  uns3 create invoices-out --remote-url s3://my-bucket/out/ --key AKIA… --secret-file secret --test
  aws sts assume-role … | uns3 create nightly --remote-url s3://my-bucket/ --credentials-file -
  uns3 create public-in --kind source --remote-url s3://open-data/ --anonymous --recursive true
  uns3 create minio --remote-url s3://box/ --endpoint-url https://s3.example.com --key ID --secret-file -
  uns3 --sandbox create demo --remote-url s3://sandbox-bucket/out/ --test")]
pub struct Create {
    /// The connector's name [env: UNS3_NAME]
    #[arg(value_name = "NAME")]
    name: Option<String>,

    /// The same, as a flag
    #[arg(long = "name", value_name = "NAME", conflicts_with = "name")]
    name_flag: Option<String>,

    #[command(flatten)]
    kind: KindArg,

    /// If the name exists and its settings agree, be content with it
    #[arg(long)]
    if_not_exists: bool,

    /// Then check the connection and wait for the verdict
    #[arg(long)]
    test: bool,

    /// Only say what would be created
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    settings: SettingArgs,

    #[command(flatten)]
    credentials: CredentialArgs,
}

/// What is to be created, checked as far as it can be without the service.
struct Wanted {
    kind: Kind,
    name: String,
    change: Change,
}

impl Wanted {
    /// Adds credentials that had to be asked for: by AWS, or the sandbox's own where it is one.
    async fn lease(&mut self, context: &Context, aws: Option<AwsGiven>) -> Result<()> {
        let change = &mut self.change;
        if let Some(aws) = aws {
            let url = change.remote_url.as_deref().unwrap_or_default();
            let custom = change.endpoint_url.as_ref().is_some_and(Option::is_some);
            change.auth = Some(aws.lease_for(context, self.kind, url, custom).await?);
        } else if change.auth.is_none()
            && let Some((auth, endpoint_url)) = context.sandbox_keys().await?
        {
            change.auth = Some(auth);
            change.endpoint_url.get_or_insert(Some(endpoint_url));
        }
        Ok(())
    }
}

impl Create {
    /// Creates it.
    pub fn run(mut self, context: &Context) -> Result<()> {
        let (mut wanted, aws) = self.wanted(context)?;
        context.sign_in()?;
        context.run(async {
            wanted.lease(context, aws).await?;
            let config = config::new(wanted.kind, &wanted.change);
            let client = context.client().await?;
            let existing = client.named(wanted.kind, &wanted.name).await?;
            let connector = match existing.as_slice() {
                [] if self.dry_run => return planned(context, &wanted, &config),
                [] => self.make(context, client, &wanted, &config).await?,
                existing => self.accept(context, existing, &config)?,
            };
            let shown = context.shown(connector);
            if !self.test || self.dry_run {
                return context.output.connector(shown);
            }
            context.check_shown(client, shown, existing.is_empty()).await
        })
    }

    fn wanted(&mut self, context: &Context) -> Result<(Wanted, Option<AwsGiven>)> {
        let kind = self.kind.kind();
        let mut problems = Vec::new();
        let name = self.name.take().or(self.name_flag.take());
        let name = name.or_else(|| context.variable("UNS3_NAME").map(str::to_owned));
        match &name {
            Some(name) => problems.extend(names::check(name).err()),
            None => problems.push("a connector needs a name: uns3 create NAME".into()),
        }
        let variable = |name| context.variable(name).map(str::to_owned);
        let settings = &mut self.settings;
        settings.remote_url = settings.remote_url.take().or_else(|| variable("UNS3_REMOTE_URL"));
        settings.endpoint_url = settings
            .endpoint_url
            .take()
            .or_else(|| variable("UNS3_ENDPOINT_URL").filter(|_| !settings.no_endpoint_url));
        let mut change = settings.change(kind, context, &mut problems);
        if change.remote_url.is_none() {
            problems
                .push("a connector needs a remote URL: --remote-url s3://bucket/folder/".into());
        }
        let custom = change.endpoint_url.as_ref().is_some_and(Option::is_some);
        let mut aws = None;
        match self.given(context, custom) {
            Ok(Some(Given::Fixed(auth))) => change.auth = Some(auth),
            Ok(Some(Given::Aws(given))) => aws = Some(given),
            Ok(None) if context.in_sandbox() => {}
            Ok(None) => problems.push(format!("a connector needs credentials: {SOURCES}")),
            Err(more) => problems.extend(more),
        }
        problems.extend(fips_problem(&change));
        if !problems.is_empty() {
            return Err(Error::problems(&problems));
        }
        Ok((Wanted { kind, name: name.unwrap_or_default(), change }, aws))
    }

    fn given(&self, context: &Context, custom: bool) -> Result<Option<Given>, Vec<String>> {
        match self.credentials.from_flags(context, custom)? {
            None if context.in_sandbox() => Ok(None),
            None => Ok(credentials::from_environment(context, custom)?.map(Given::Fixed)),
            given => Ok(given),
        }
    }

    async fn make(
        &self,
        context: &Context,
        client: &Client,
        wanted: &Wanted,
        config: &Map<String, Value>,
    ) -> Result<Connector> {
        let name = &wanted.name;
        context.output.progress(&format!("creating {name:?}"));
        let made = context
            .journal
            .write(&format!("created {name:?}"), client.create(wanted.kind, name, config))
            .await;
        context.output.end_progress();
        let made = match made {
            Err(error) if error.status == Some(409) && self.if_not_exists => {
                let existing = client.named(wanted.kind, name).await?;
                if existing.is_empty() {
                    return Err(error);
                }
                return self.accept(context, &existing, config);
            }
            made => made?,
        };
        let title = made.connector.title();
        context.journal.done(format!("created {title}"));
        if let Some(auth) = &wanted.change.auth {
            context.record(&made.connector, auth, false);
        }
        match made.adopted {
            true => {
                let how = "its answer was lost, and it was found: created";
                context.output.notice(&format!("{how} {title}"));
            }
            false => context.output.aside(&format!("created {title}")),
        }
        let differ = config::disagreements(config, made.connector.config());
        if !differ.is_empty() {
            let message =
                format!("created {title}, but the service did not take: {}", differ.join(", "));
            let hint = format!(
                "look at it (uns3 get {0}), or delete it (uns3 delete {0})",
                made.connector.id()
            );
            return Err(Error::new(Category::Conflict, message).hint(hint));
        }
        Ok(made.connector)
    }

    /// The name exists: fine under `--if-not-exists`, where the settings agree.
    fn accept(
        &self,
        context: &Context,
        existing: &[Connector],
        config: &Map<String, Value>,
    ) -> Result<Connector> {
        let taken = |message: String| Error::new(Category::Conflict, message);
        let [one] = existing else {
            let ids: Vec<&str> = existing.iter().map(Connector::id).collect();
            let name = existing[0].name();
            return Err(taken(format!(
                "several connectors are named {name:?}: {}",
                ids.join(", ")
            )));
        };
        let title = one.title();
        if !self.if_not_exists {
            return Err(taken(format!("{title} exists"))
                .hint("change it by uns3 update, or accept it by --if-not-exists"));
        }
        let mut differ: Vec<Difference> = difference::between(one.config(), config);
        // Fields that were not asked for may be the service's own; of credentials, which it hides,
        // only the way is compared.
        differ.retain(|one| {
            let hidden = one.secret == Some(Secrecy::Unknown);
            config.contains_key(&one.field) && !config::is_auth(&one.field) && !hidden
        });
        let mut lines = difference::lines(&differ);
        let (has, wants) = (one.auth(), AuthKind::of(config));
        if has != wants {
            lines.push(format!("~ authentication: {} -> {}", has.name(), wants.name()));
        }
        if !lines.is_empty() {
            return Err(taken(format!(
                "{title} exists with other settings:\n{}",
                lines.join("\n")
            ))
            .hint("change it by uns3 update"));
        }
        context.output.notice(&format!("{title} exists already, and its settings agree"));
        Ok(one.clone())
    }
}

fn fips_problem(change: &Change) -> Option<String> {
    let url = RemoteUrl::parse(change.remote_url.as_deref()?, true).ok()?;
    url.check_credentials(change.auth == Some(Auth::Ambient)).err()
}

fn planned(context: &Context, wanted: &Wanted, config: &Map<String, Value>) -> Result<()> {
    let object = json!({"id": "", "name": wanted.name, "type": "s3", "config": config});
    let Value::Object(object) = object else { unreachable!("made as one") };
    let connector = Connector::new(wanted.kind, object).map_err(Error::usage)?;
    let differences = difference::between(&Map::new(), config);
    let title = format!("would create {} {:?}", wanted.kind.name(), wanted.name);
    context.output.planned(&title, connector, &differences)
}
