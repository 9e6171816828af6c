//! `uns3 preflight`: from this machine, what the platform's check and its jobs do.

use clap::{Args, ValueHint};

use crate::args::credentials::CredentialArgs;
use crate::args::globals::Globals;
use crate::args::selection::KindArg;
use crate::context::Context;
use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::domain::names::quoted;
use crate::domain::s3::auth::AuthKind;
use crate::domain::s3::credentials::Auth;
use crate::domain::s3::location::{RemoteUrl, check_endpoint};
use crate::domain::s3::policy::Scope;
use crate::env;
use crate::error::{Error, Result};
use crate::ops::credentials::{self, SOURCES, Source};
use crate::ops::preflight::{self, Subject};
use crate::ops::runtime;
use crate::ops::service::in_sandbox;
use crate::ops::session::{self, Pool, Session};
use crate::ops::targets;
use crate::output::Output;

/// Try a bucket from this machine as the platform would
#[derive(Args, Debug)]
#[command(
    after_help = "For a destination: writes _empty as the platform's check does, lists as each upload of a job does,
and removes what it wrote where it may. For a source: lists, and reads the first file.
Exit codes: 0 all that the platform needs works, 7 it does not.

Examples:
  uns3 preflight --remote-url s3://my-bucket/out/ --key AKIA… --secret-file secret
  uns3 preflight --kind source --remote-url s3://open-data/in/ --anonymous
  uns3 preflight invoices-out --role-arn arn:aws:iam::123456789012:role/uns3 -o json"
)]
pub(crate) struct Preflight {
    /// The name or id of a connector whose bucket is meant; its credentials are to be given, since
    /// the service hides them
    #[arg(value_name = "TARGET", conflicts_with = "remote_url")]
    target: Option<String>,

    #[command(flatten)]
    kind: KindArg,

    /// Where the files are: s3://bucket/folder/ [env: UNS3_REMOTE_URL]
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    remote_url: Option<String>,

    /// The address of an S3 server that is not AWS [env: UNS3_ENDPOINT_URL]
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url, conflicts_with = "target")]
    endpoint_url: Option<String>,

    /// Whether a source reads sub-folders too
    #[arg(long, value_name = "BOOL", num_args = 1, conflicts_with = "target")]
    recursive: Option<bool>,

    #[command(flatten)]
    credentials: CredentialArgs,
}

/// What is tried, before it has its credentials.
struct Place {
    kind: Kind,
    remote_url: RemoteUrl,
    endpoint_url: Option<String>,
    recursive: bool,
}

impl Preflight {
    /// Tries it.
    pub(crate) fn run(self, globals: &Globals, context: &Context) -> Result<()> {
        let sandbox = in_sandbox(globals, context);
        let source = credentials::choose(context, &self.credentials, sandbox)?;
        let source = source.map_err(|problems| Error::problems(&problems));
        if let Some(target) = self.target.clone() {
            let source = source?;
            return session::open(globals, context, Pool::One, async |session| {
                let kinds = self.kind.kinds();
                let found = targets::find_one(&session.client, kinds, &target).await?;
                let place = Place::of(&found)?;
                let auth = known(&found, &source);
                let auth = match auth {
                    Some(auth) => auth,
                    None => place.judged(
                        &needed(source.as_ref())?.obtain(session, || place.scope()).await?,
                    )?,
                };
                finish(globals, context, place.subject(auth, Some(&found))).await
            });
        }
        let place = self.place(context, sandbox)?;
        let source = source?;
        if sandbox {
            return session::open(globals, context, Pool::One, async |session| {
                let place = in_the_sandbox(place, session);
                let auth = needed(source.as_ref())?.obtain(session, || place.scope()).await?;
                finish(globals, context, place.subject(auth, None)).await
            });
        }
        let source = needed(source.as_ref())?;
        runtime::block_on(context, async {
            let auth = source.obtain_alone(globals, context, || place.scope()).await?;
            let auth = place.judged(&auth)?;
            finish(globals, context, place.subject(auth, None)).await
        })
    }

    fn place(&self, context: &Context, sandbox: bool) -> Result<Place> {
        let variable = |name| context.variable(name).map(str::to_owned);
        let url = self.remote_url.clone().or_else(|| variable(env::REMOTE_URL));
        let endpoint = self.endpoint_url.clone().or_else(|| variable(env::ENDPOINT_URL));
        let missing = "say where: --remote-url s3://bucket/folder/, or the name of a connector";
        let url = url.ok_or_else(|| Error::usage(missing))?;
        let mut problems: Vec<String> =
            endpoint.as_deref().and_then(|url| check_endpoint(url).err()).into_iter().collect();
        let parsed = RemoteUrl::parse(&url);
        let custom = endpoint.is_some() || sandbox;
        match &parsed {
            Ok(url) => problems.extend(url.check_bucket(custom).err()),
            Err(problem) => problems.push(problem.clone()),
        }
        let kind = self.kind.kind();
        if self.recursive.is_some() && kind == Kind::Destination {
            problems.push("--recursive is for sources (--kind source)".into());
        }
        match parsed {
            Ok(remote_url) if problems.is_empty() => Ok(Place {
                kind,
                remote_url,
                endpoint_url: endpoint,
                recursive: self.recursive.unwrap_or(false),
            }),
            _ => Err(Error::problems(&problems)),
        }
    }
}

fn needed(source: Option<&Source>) -> Result<&Source> {
    source.ok_or_else(|| {
        Error::usage(format!("a preflight needs the connector's credentials: {SOURCES}"))
    })
}

/// What a connector itself tells of its credentials: that it has none of its own. Only flags make it
/// another try: keys that stand in the environment are another's.
fn known(connector: &Connector, source: &Option<Source>) -> Option<Auth> {
    match (connector.auth(), source) {
        (AuthKind::Anonymous, None | Some(Source::Sandbox)) => Some(Auth::Anonymous),
        (AuthKind::Ambient, None | Some(Source::Sandbox)) => Some(Auth::Ambient),
        _ => None,
    }
}

fn in_the_sandbox(place: Place, session: &Session<'_>) -> Place {
    let own = session.sandbox_keys().map(|(_, url)| url);
    Place { endpoint_url: place.endpoint_url.or(own), ..place }
}

impl Place {
    fn of(connector: &Connector) -> Result<Self> {
        let remote_url = RemoteUrl::parse(connector.setting("remote_url")).map_err(Error::usage)?;
        let endpoint = Some(connector.setting("endpoint_url")).filter(|url| !url.is_empty());
        Ok(Self {
            kind: connector.kind,
            remote_url,
            endpoint_url: endpoint.map(str::to_owned),
            recursive: connector.config().get("recursive") == Some(&true.into()),
        })
    }

    fn scope(&self) -> Result<Scope> {
        Ok(Scope::new(self.kind, &self.remote_url))
    }

    fn judged(&self, auth: &Auth) -> Result<Auth> {
        let custom = self.endpoint_url.is_some();
        let problems = credentials::judge(auth, Some(&self.remote_url), custom);
        if problems.is_empty() { Ok(auth.clone()) } else { Err(Error::problems(&problems)) }
    }

    fn subject(self, auth: Auth, connector: Option<&Connector>) -> Subject {
        let Self { kind, remote_url, endpoint_url, recursive } = self;
        let name = connector.map(|one| quoted(one.name()));
        let again = "try again in a few minutes".to_owned();
        Subject { kind, remote_url, endpoint_url, recursive, auth, name, again }
    }
}

async fn finish(globals: &Globals, context: &Context, subject: Subject) -> Result<()> {
    let output: &Output = &context.output;
    let report =
        preflight::run(globals, context, &subject, &|step| output.preflight_step(step)).await?;
    output.preflight(&report)?;
    preflight::verdict(&report)
}
