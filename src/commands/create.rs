//! `uns3 create`: exactly one connector, or a refusal that says why.

use clap::Args;
use futures_util::future::try_join;
use serde_json::{Map, Value, json};

use crate::args::credentials::CredentialArgs;
use crate::args::globals::Globals;
use crate::args::selection::KindArg;
use crate::args::settings::SettingArgs;
use crate::args::trying::TryArgs;
use crate::context::Context;
use crate::domain::connector::Connector;
use crate::domain::difference::{self, Difference, Secrecy};
use crate::domain::kind::Kind;
use crate::domain::names;
use crate::domain::s3::auth::AuthKind;
use crate::domain::s3::config::{self, Change, Config};
use crate::domain::s3::credentials::Auth;
use crate::domain::s3::fields::is_auth;
use crate::domain::s3::location::RemoteUrl;
use crate::domain::s3::policy::Scope;
use crate::env;
use crate::error::{Category, Error, Result};
use crate::ops::check::check_and_show;
use crate::ops::credentials::{self, SOURCES, Source};
use crate::ops::preflight::{self, Planned};
use crate::ops::service::in_sandbox;
use crate::ops::session::{self, Pool, Session};
use crate::ops::write::{self, New};

/// Create a connector
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  uns3 create invoices-out --remote-url s3://my-bucket/out/ --key AKIA… --secret-file secret --test
  aws sts assume-role … | uns3 create nightly --remote-url s3://my-bucket/ --credentials-file -
  uns3 create public-in --kind source --remote-url s3://open-data/ --anonymous --recursive true
  uns3 create minio --remote-url s3://box/ --endpoint-url https://s3.example.com --key ID --secret-file -
  uns3 --sandbox create demo --remote-url s3://sandbox-bucket/out/ --test")]
pub(crate) struct Create {
    /// The connector's name [env: UNS3_NAME]
    #[arg(value_name = "NAME")]
    name: Option<String>,

    /// The same, as a flag
    #[arg(long = "name", hide_short_help = true, value_name = "NAME", conflicts_with = "name")]
    name_flag: Option<String>,

    #[command(flatten)]
    kind: KindArg,

    /// Succeed if the name exists and its settings agree
    #[arg(long)]
    if_not_exists: bool,

    /// Then check the connection and wait for the verdict
    #[arg(long)]
    test: bool,

    /// Only say what would be created
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    trying: TryArgs,

    #[command(flatten)]
    settings: SettingArgs,

    #[command(flatten)]
    credentials: CredentialArgs,
}

/// What is to be created, checked as far as it can be without the service.
struct Wanted {
    kind: Kind,
    name: String,
    remote_url: RemoteUrl,
    change: Change,
    source: Source,
}

impl Wanted {
    /// The whole config, and the credentials in it.
    async fn config(&mut self, session: &Session<'_>) -> Result<(Config, Auth)> {
        let change = &mut self.change;
        if let (Source::Sandbox, Some((_, endpoint_url))) = (&self.source, session.sandbox_keys()) {
            change.settings.entry("endpoint_url").or_insert(endpoint_url.into());
        }
        let scope = || Ok(Scope::new(self.kind, &self.remote_url));
        let auth = self.source.obtain(session, scope).await?;
        change.auth = Some(auth.clone());
        Ok((config::new(self.kind, change), auth))
    }

    /// Tries the bucket from here.
    async fn preflight(&self, session: &Session<'_>, config: &Config, auth: &Auth) -> Result<()> {
        let planned = Planned {
            kind: self.kind,
            remote_url: config.setting("remote_url"),
            endpoint_url: config.setting("endpoint_url"),
            recursive: config.agrees("recursive", Some(&true.into())),
            auth,
            undone: "nothing was created",
        };
        preflight::before(session, &planned).await
    }
}

impl Create {
    /// Creates it.
    pub(crate) fn run(mut self, globals: &Globals, context: &Context) -> Result<()> {
        let mut wanted = self.wanted(globals, context)?;
        session::open(globals, context, Pool::One, async |session| {
            let (kind, name) = (wanted.kind, wanted.name.clone());
            // Side by side: neither AWS nor the service waits for the other.
            let named = session.client.named(kind, &name);
            let ((config, auth), mut existing) = try_join(wanted.config(session), named).await?;
            session.leave_undiagnosed(self.trying.diagnose.no_diagnose);
            if self.trying.preflight && !self.dry_run && existing.is_empty() {
                wanted.preflight(session, &config, &auth).await?;
                // That took time, in which others may have made one of that name.
                existing = session.client.named(kind, &name).await?;
            }
            let connector = match existing.as_slice() {
                [] if self.dry_run => return planned(context, &wanted, &config),
                [] => {
                    let (kind, name) = (wanted.kind, wanted.name.as_str());
                    self.make(
                        session,
                        &New { kind, name, config: &config, auth: &auth, among: false },
                    )
                    .await?
                }
                existing => accept(session, existing, &config, &auth, self.if_not_exists)?,
            };
            let shown = session.shown(connector);
            if !self.test || self.dry_run {
                return context.output.connector(shown);
            }
            let sent = existing.is_empty().then_some(&auth);
            check_and_show(session, shown, existing.is_empty(), sent).await
        })
    }

    fn wanted(&mut self, globals: &Globals, context: &Context) -> Result<Wanted> {
        let kind = self.kind.kind();
        let mut problems = Vec::new();
        let name = self.name.take().or(self.name_flag.take());
        let name = name.or_else(|| context.variable(env::NAME).map(str::to_owned));
        match &name {
            Some(name) => problems.extend(names::check(name).err()),
            None => problems.push("a connector needs a name: uns3 create NAME".into()),
        }
        let variable = |name| context.variable(name).map(str::to_owned);
        self.settings.fall_back("remote_url", variable(env::REMOTE_URL));
        self.settings.fall_back("endpoint_url", variable(env::ENDPOINT_URL));
        problems.extend(self.settings.unfit(kind));
        let change = self.settings.change(context, &mut problems);
        let remote_url = change.remote_url.clone();
        if !self.settings.names("remote_url") {
            problems
                .push("a connector needs a remote URL: --remote-url s3://bucket/folder/".into());
        }
        let sandbox = in_sandbox(globals, context);
        let source = match credentials::choose(context, &self.credentials, sandbox)? {
            Ok(source) => {
                let none = || format!("a connector needs credentials: {SOURCES}");
                problems.extend(source.is_none().then(none));
                source
            }
            Err(more) => {
                problems.extend(more);
                None
            }
        };
        let custom = change.has_endpoint() || matches!(source, Some(Source::Sandbox));
        problems.extend(remote_url.as_ref().and_then(|url| url.check_bucket(custom).err()));
        if let Some(Source::Fixed(auth)) = &source {
            problems.extend(credentials::judge(auth, remote_url.as_ref(), custom));
            credentials::mind(context, auth, custom);
        }
        match (source, name, remote_url) {
            (Some(source), Some(name), Some(remote_url)) if problems.is_empty() => {
                Ok(Wanted { kind, name, remote_url, change, source })
            }
            _ => Err(Error::problems(&problems)),
        }
    }

    async fn make(&self, session: &Session<'_>, new: &New<'_>) -> Result<Connector> {
        session.output().progress(&format!("creating {:?}", new.name));
        let made = write::create(session, new).await;
        session.output().end_progress();
        match made {
            Err(error) if error.status == Some(409) && self.if_not_exists => {
                let existing = session.client.named(new.kind, new.name).await?;
                if existing.is_empty() {
                    return Err(error);
                }
                accept(session, &existing, new.config, new.auth, true)
            }
            made => made.map(|made| made.connector),
        }
    }
}

/// The name exists: fine under `--if-not-exists`, where the settings agree.
fn accept(
    session: &Session<'_>,
    existing: &[Connector],
    config: &Config,
    auth: &Auth,
    if_not_exists: bool,
) -> Result<Connector> {
    let taken = |message: String| Error::new(Category::Conflict, message);
    let [one] = existing else {
        let ids: Vec<&str> = existing.iter().map(Connector::id).collect();
        let name = existing[0].name();
        return Err(taken(format!("several connectors are named {name:?}: {}", ids.join(", "))));
    };
    let title = one.title();
    if !if_not_exists {
        return Err(taken(format!("{title} exists"))
            .hint("change it by uns3 update, or accept it by --if-not-exists"));
    }
    let mut differ: Vec<Difference> = difference::between(one.config(), config);
    // Fields that were not asked for may be the service's own; of credentials, which it hides,
    // only the way is compared.
    differ.retain(|one| {
        let hidden = one.secret == Some(Secrecy::Unknown);
        config.has(&one.field) && !is_auth(&one.field) && !hidden
    });
    let mut lines = difference::lines(&differ);
    let (has, wants) = (one.auth(), config.auth());
    if has != wants {
        lines.push(format!("~ authentication: {} -> {}", has.name(), wants.name()));
    }
    if !lines.is_empty() {
        return Err(taken(format!("{title} exists with other settings:\n{}", lines.join("\n")))
            .hint("change it by uns3 update"));
    }
    let agree = format!("{title} exists already, and its settings agree");
    let Auth::Keys(keys) = auth else {
        session.output().notice(&agree);
        return Ok(one.clone());
    };
    let kind = if one.kind == Kind::Source { " --kind source" } else { "" };
    let rotate = format!("uns3 rotate {}{kind}", names::quoted(one.name()));
    let known = session.leases.of(one).filter(|_| has == AuthKind::Keys);
    if known.is_some_and(|lease| lease.is_of_another(keys)) {
        let message = format!("{title} exists with another access key than {}", keys.id);
        return Err(taken(message).hint(format!("give it the new credentials: {rotate}")));
    }
    session.output().notice(&format!(
        "{agree}; its credentials were neither compared nor written: {rotate} writes them"
    ));
    Ok(one.clone())
}

fn planned(context: &Context, wanted: &Wanted, config: &Config) -> Result<()> {
    let masked = config.masked();
    let object = json!({"id": "", "name": wanted.name, "type": "s3", "config": masked});
    let Value::Object(object) = object else { unreachable!("made as one") };
    let connector = Connector::new(wanted.kind, object).map_err(Error::usage)?;
    let differences = difference::between(&Map::new(), config);
    let title = format!("would create {} {:?}", wanted.kind.name(), wanted.name);
    context.output.planned(&title, connector, &differences)
}
