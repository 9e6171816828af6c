//! A local Workflow Endpoint with the S3 behind it: a place to try uns3 in, and its test server.
//!
//! Both listen on loopback only, and nothing else is contacted but an `endpoint_url` that a
//! connector names. What was made lives in a folder: `state.json` (connectors, workflows, checks,
//! the sandbox's own keys and ports) and `s3/` (objects).
//!
//! **Secrets.** A secret that is not the sandbox's own is never written to disk. A config's `key`,
//! `secret` and `token`, any field whose name says secret, and any URL with a password in it are
//! saved as a random marker; the clear value is kept in memory while this process lives. After a
//! restart a check against the sandbox's own S3 still gives the right verdict, since any foreign
//! secret is a wrong one there; against another server it fails, and says why.

mod answer;
mod body;
mod check;
mod config;
mod connectors;
mod endpoint;
mod exchange;
mod fault;
mod gate;
mod host;
mod http;
mod identity;
mod invalid;
mod limit;
mod mask;
mod often;
mod reason;
mod reset;
mod route;
mod s3;
mod state;
mod store;
mod target;
mod tasks;
mod vault;
mod workflows;

pub use config::{CONFIG_FIELDS, ConfigField};
pub use endpoint::Answered;
pub use fault::Fault;
pub use identity::{
    ACCESS_KEY_ID, BUCKET, EXPIRED_SESSION_TOKEN, REGION, SESSION_ACCESS_KEY_ID, SESSION_TOKEN,
};
pub use limit::Limit;
pub use often::Often;
pub use reason::Reasons;
pub use reset::{Contents, Reset, contents, reset};
pub use state::{Masks, State, Unknowns};

use anyhow::{Context, Result};
use std::net::Ipv4Addr;
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::net::TcpListener;
use url::Url;

/// How a sandbox is to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder that keeps what is made; it is made where it is missing.
    pub data: PathBuf,
    /// The API's port. `None` is that of the last run where it is free, else any; `Some(0)` is any.
    pub port: Option<u16>,
    /// Waited before each answer of the API.
    pub latency: Duration,
    /// What goes wrong with requests to the API: of several that fit, the first.
    pub faults: Vec<Fault>,
    /// How many requests the API takes.
    pub limit: Option<Limit>,
    /// The words of failed checks.
    pub reasons: Reasons,
}

impl Options {
    /// A sandbox over a folder, on the last run's ports, in which nothing goes wrong.
    #[must_use]
    pub fn over(data: PathBuf) -> Self {
        Self {
            data,
            port: None,
            latency: Duration::ZERO,
            faults: Vec::new(),
            limit: None,
            reasons: Reasons::default(),
        }
    }
}

/// A running sandbox. Dropping it stops it.
pub struct Sandbox {
    /// Base URL of the API, without `/api/v1`.
    pub api_url: String,
    /// The one API key that it knows.
    pub api_key: String,
    /// Base URL of the S3 server; buckets are addressed by path.
    pub s3_endpoint_url: String,
    /// The bucket that is there.
    pub bucket: String,
    /// The bucket's region.
    pub region: String,
    /// The long-term access key: its id.
    pub access_key_id: String,
    /// The long-term access key: its secret.
    pub secret_access_key: String,
    /// A temporary access key.
    pub session: Session,
    tasks: Arc<tasks::Tasks>,
}

/// A temporary access key, as AWS STS gives them.
pub struct Session {
    /// Its id.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
    /// The token that it is useless without.
    pub session_token: String,
}

impl Sandbox {
    /// Opens the folder, listens, and serves in tasks of the current runtime.
    ///
    /// # Errors
    /// A folder that cannot be used, a damaged `state.json`, a port that is taken.
    pub async fn start(options: Options) -> Result<Self> {
        let store = store::Store::open(&options.data)?;
        let identity = store.identity.clone();
        let s3 = s3::Server::new(&store.s3_folder(), identity.clone())?;
        let (api_port, s3_port) = store.read(|data| (data.api_port, data.s3_port))?;
        let api_listener = listen(options.port, api_port).await?;
        let s3_listener = listen(None, s3_port).await?;
        let (api_port, s3_port) =
            (api_listener.local_addr()?.port(), s3_listener.local_addr()?.port());
        store.listens(api_port, options.port.is_some(), s3_port)?;
        let s3_endpoint_url = format!("http://127.0.0.1:{s3_port}");
        let tasks = Arc::new(tasks::Tasks::default());
        let api = Arc::new(http::Api {
            store,
            latency: options.latency,
            faults: options.faults,
            limit: options.limit,
            reasons: options.reasons,
            s3: Url::parse(&s3_endpoint_url)?,
            tasks: tasks.clone(),
        });
        tasks.serve(s3_listener, move |request| s3.clone().answer(request));
        let handler = api.clone();
        tasks.serve(api_listener, move |request| handler.clone().answer(request));
        api.resume_checks()?;
        Ok(Self {
            api_url: format!("http://127.0.0.1:{api_port}"),
            api_key: identity.api_key,
            s3_endpoint_url,
            bucket: BUCKET.into(),
            region: REGION.into(),
            access_key_id: ACCESS_KEY_ID.into(),
            secret_access_key: identity.secret_access_key,
            session: Session {
                access_key_id: SESSION_ACCESS_KEY_ID.into(),
                secret_access_key: identity.session_secret_access_key,
                session_token: SESSION_TOKEN.into(),
            },
            tasks,
        })
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.tasks.abort();
    }
}

async fn listen(wanted: Option<u16>, last: Option<u16>) -> Result<TcpListener> {
    let bind = async |port: u16| {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        listener.with_context(|| format!("cannot listen on port {port} of 127.0.0.1"))
    };
    if let Some(port) = wanted {
        return bind(port).await;
    }
    if let Some(port) = last
        && let Ok(listener) = bind(port).await
    {
        return Ok(listener);
    }
    bind(0).await
}
