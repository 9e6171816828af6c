//! A connector that is to be created, as flags and the environment ask for it.

use serde_json::{Map, Value, json};

use crate::args::credentials::CredentialArgs;
use crate::args::globals::Globals;
use crate::args::settings::SettingArgs;
use crate::context::Context;
use crate::domain::connector::Connector;
use crate::domain::difference;
use crate::domain::kind::Kind;
use crate::domain::names;
use crate::domain::s3::config::{self, Change, Config};
use crate::domain::s3::credentials::Auth;
use crate::domain::s3::location::RemoteUrl;
use crate::domain::s3::policy::Scope;
use crate::env;
use crate::error::{Error, Result};
use crate::ops::credentials::{self, SOURCES, Source};
use crate::ops::service::in_sandbox;
use crate::ops::session::Session;

/// What is to be created, checked as far as it can be without the service.
pub(crate) struct Wanted {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    remote_url: RemoteUrl,
    change: Change,
    source: Source,
}

impl Wanted {
    /// What flags ask for, else the environment, or all that is wrong with it.
    pub(crate) fn of_flags(
        globals: &Globals,
        context: &Context,
        kind: Kind,
        name: Option<String>,
        mut settings: SettingArgs,
        flags: &CredentialArgs,
    ) -> Result<Self> {
        let mut problems = Vec::new();
        let name = name.or_else(|| context.variable(env::NAME).map(str::to_owned));
        match &name {
            Some(name) => problems.extend(names::check(name).err()),
            None => problems.push("a connector needs a name: uns3 create NAME".into()),
        }
        let variable = |name| context.variable(name).map(str::to_owned);
        settings.fall_back("remote_url", variable(env::REMOTE_URL));
        settings.fall_back("endpoint_url", variable(env::ENDPOINT_URL));
        problems.extend(settings.unfit(kind));
        let change = settings.change(context, &mut problems);
        let remote_url = change.remote_url.clone();
        if !settings.names("remote_url") {
            problems
                .push("a connector needs a remote URL: --remote-url s3://bucket/folder/".into());
        }
        let sandbox = in_sandbox(globals, context);
        let source = match credentials::choose(context, flags, sandbox)? {
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

    /// The whole config, and the credentials in it.
    pub(crate) async fn config(&mut self, session: &Session<'_>) -> Result<(Config, Auth)> {
        let change = &mut self.change;
        if let (Source::Sandbox, Some((_, endpoint_url))) = (&self.source, session.sandbox_keys()) {
            change.settings.entry("endpoint_url").or_insert(endpoint_url.into());
        }
        let endpoint = change.settings.get("endpoint_url").and_then(Value::as_str);
        let scope = || Ok(Scope::new(self.kind, &self.remote_url, endpoint));
        let auth = self.source.obtain(session, scope).await?;
        change.auth = Some(auth.clone());
        Ok((config::new(self.kind, change), auth))
    }

    /// Shows what would be created.
    pub(crate) fn show(&self, context: &Context, config: &Config) -> Result<()> {
        let masked = config.masked();
        let object = json!({"id": "", "name": self.name, "type": "s3", "config": masked});
        let Value::Object(object) = object else { unreachable!("made as one") };
        let connector = Connector::new(self.kind, object).map_err(Error::usage)?;
        let differences = difference::between(&Map::new(), config);
        let title = format!("would create {} {:?}", self.kind.name(), self.name);
        context.output.planned(&title, connector, &differences)
    }
}
