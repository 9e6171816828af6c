//! A command's session with the service: signed in, the runtime up, the client made, in one call,
//! so that no verb can get the order wrong.

use std::cell::Cell;
use std::rc::Rc;

use crate::api::{Address, Client, Options};
use crate::args::globals::Globals;
use crate::context::{Context, Journal};
use crate::domain::s3::credentials::Keys;
use crate::domain::secret::Secret;
use crate::error::Result;
use crate::ops::leases::Leases;
use crate::ops::runtime;
use crate::ops::service::{Remote, SANDBOX, Service};
use crate::ops::state::Shared;
use crate::output::{Output, Shown};
use crate::sandbox::{self, Sandbox};

/// How many requests a command has under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pool {
    /// One after the other.
    One,
    /// Many at once: HTTP/2 then saves connections.
    Many,
}

/// What a command that speaks to the service works with.
pub(crate) struct Session<'a> {
    /// The flags that every command has.
    pub(crate) globals: &'a Globals,
    /// The environment, the streams, the clock and the journal.
    pub(crate) context: &'a Context,
    /// The service.
    pub(crate) client: Client,
    /// What is known of the connectors' credentials.
    pub(crate) leases: Leases<'a>,
    /// What is shared with other machines, if anything is.
    pub(crate) shared: &'a Shared<'a>,
    sandbox: Option<Sandbox>,
    /// Whether a failed check may still be looked into from here.
    may_diagnose: Cell<bool>,
}

/// Signs in, and runs a command's work to its end or until a signal. Not inlined: the one frame of
/// all commands would hold each one's future, a third of a megabyte that every command touches.
#[inline(never)]
pub(crate) fn open<T>(
    globals: &Globals,
    context: &Context,
    pool: Pool,
    work: impl AsyncFnOnce(&Session<'_>) -> Result<T>,
) -> Result<T> {
    let shared = Shared::new(globals, context)?;
    let whole = async {
        let service = Service::choose(globals, context).await?;
        let session = Session::start(globals, context, pool, service, &shared).await?;
        shared.open().await?;
        shared.beside(work(&session)).await
    };
    runtime::block_on_and_close(context, whole, shared.close())
}

impl<'a> Session<'a> {
    /// Sets the client up, and starts the sandbox where it is the service.
    pub(super) async fn start(
        globals: &'a Globals,
        context: &'a Context,
        pool: Pool,
        service: Service,
        shared: &'a Shared<'a>,
    ) -> Result<Self> {
        let (address, key, sandbox) = match service {
            Service::Remote(Remote { address, key, .. }) => (address, key, None),
            Service::Sandbox => {
                let folder = context.state_dir()?.join("sandbox");
                let sandbox = Sandbox::start(sandbox::Options::over(folder)).await?;
                let key = context.learnt(&sandbox.api_key);
                (Address::parse(&sandbox.api_url)?, key, Some(sandbox))
            }
        };
        let client = client(globals, context, pool, address, key).await?;
        client.only_while(shared.permit());
        let name = match sandbox {
            Some(_) => SANDBOX.to_owned(),
            None => client.address().to_string(),
        };
        Ok(Self {
            globals,
            context,
            client,
            leases: Leases::new(context, shared, name),
            shared,
            sandbox,
            may_diagnose: Cell::new(true),
        })
    }

    /// Looks into no failed check from here.
    pub(crate) fn leave_undiagnosed(&self, leave: bool) {
        self.may_diagnose.set(!leave);
    }

    /// Whether a failed check may be looked into from here: once a command.
    pub(crate) fn may_diagnose(&self) -> bool {
        self.may_diagnose.replace(false)
    }

    /// The only way to say anything.
    pub(crate) fn output(&self) -> &Output {
        &self.context.output
    }

    /// What was written so far.
    pub(crate) fn journal(&self) -> &Journal {
        &self.context.journal
    }

    /// A connector with what is known of its credentials.
    pub(crate) fn shown<'l>(&self, connector: impl Into<Shown<'l>>) -> Shown<'l> {
        self.leases.shown(connector)
    }

    /// The sandbox's own keys and S3 endpoint, where this command runs in it.
    pub(crate) fn sandbox_keys(&self) -> Option<(Keys, String)> {
        let sandbox = self.sandbox.as_ref()?;
        let id = sandbox.access_key_id.clone();
        let secret = self.context.learnt(&sandbox.secret_access_key);
        let keys = Keys { id, secret, token: None, expires: None, arn: None };
        Some((keys, sandbox.s3_endpoint_url.clone()))
    }
}

/// A client for any address and key.
pub(crate) async fn client(
    globals: &Globals,
    context: &Context,
    pool: Pool,
    address: Address,
    key: Secret,
) -> Result<Client> {
    let output = || Rc::clone(&context.output);
    let (tracer, noticer, warner) = (output(), output(), output());
    Client::new(Options {
        address,
        key,
        trust: context.trust(globals.ca_file.as_ref()).await?,
        timeout: globals.timeout,
        many: pool == Pool::Many,
        retries: globals.retries,
        redactor: Rc::clone(&context.redactor),
        stop: context.journal.stop(),
        trace: context.output.traces().then(|| Box::new(move |line: &str| tracer.trace(line)) as _),
        notice: Box::new(move |text| noticer.notice(text)),
        warn: Rc::new(move |text| warner.warn(text)),
    })
}
