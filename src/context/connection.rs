//! Which service a command speaks to, and by which key: flags, environment, profile, sandbox.

use std::rc::Rc;
use std::time::Duration;

use super::Context;
use crate::api::{Address, Client, Options};
use crate::domain::credentials::{Auth, Keys};
use crate::domain::secret::Secret;
use crate::error::{Category, Error, Result};
use crate::profiles::{Profile, Profiles};
use crate::sandbox::{self, Sandbox};

impl Context {
    /// The client, made on the first call.
    pub async fn client(&self) -> Result<&Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let (address, key) = match self.sandbox().await? {
            Some(sandbox) => (Address::parse(&sandbox.api_url)?, self.learnt(&sandbox.api_key)),
            None => {
                self.sign_in()?;
                self.service.get().cloned().unwrap_or_else(|| unreachable!("signed in"))
            }
        };
        let client = self.client_for(address, key)?;
        Ok(self.client.get_or_init(|| client))
    }

    /// Finds the address and the key. To be called before [`Self::run`]: a command that prints the
    /// key, or somebody who types it, may take their time, and Ctrl-C must end that too.
    pub fn sign_in(&self) -> Result<()> {
        if !self.in_sandbox() && self.service.get().is_none() {
            let service = self.service()?;
            self.service.get_or_init(|| service);
        }
        Ok(())
    }

    /// Says that the client will have many requests under way at once.
    pub fn expect_many(&self) {
        self.many.set(true);
    }

    /// A client for any address and key: what `profile add` checks them with.
    pub fn client_for(&self, address: Address, key: Secret) -> Result<Client> {
        let (tracer, noticer) = (Rc::clone(&self.output), Rc::clone(&self.output));
        Client::new(Options {
            address,
            key,
            ca_file: self.ca_file(),
            timeout: self.globals.timeout,
            many: self.many.get(),
            retries: self.globals.retries,
            redactor: Rc::clone(&self.redactor),
            stop: self.journal.stop(),
            trace: self
                .output
                .traces()
                .then(|| Box::new(move |line: &str| tracer.trace(line)) as _),
            notice: Box::new(move |text| noticer.aside(text)),
        })
    }

    /// On Linux the system's store itself heeds `SSL_CERT_FILE`; elsewhere it is added.
    fn ca_file(&self) -> Option<std::path::PathBuf> {
        let system = cfg!(any(target_os = "macos", windows));
        let variable = || self.variable("SSL_CERT_FILE").filter(|_| system).map(Into::into);
        self.globals.ca_file.clone().or_else(variable)
    }

    /// Whether this command runs in the sandbox: by flag, or by environment where no flag names
    /// another service.
    pub fn in_sandbox(&self) -> bool {
        let no = |value: &str| ["0", "false", "no", "off"].contains(&value.to_lowercase().as_str());
        let asked = || self.variable("UNS3_SANDBOX").is_some_and(|value| !no(value));
        self.globals.sandbox || (!self.names_service() && asked())
    }

    fn names_service(&self) -> bool {
        self.globals.profile.is_some() || self.globals.api_url.is_some()
    }

    /// The embedded sandbox, started on the first call, where this command runs in it.
    pub async fn sandbox(&self) -> Result<Option<&Sandbox>> {
        if !self.in_sandbox() {
            return Ok(None);
        }
        if self.names_service() {
            let message = "--sandbox and --profile or --api-url name two services: give one";
            return Err(Error::usage(message));
        }
        if self.sandbox.get().is_none() {
            if !self.globals.sandbox {
                self.output.notice("UNS3_SANDBOX is set: this runs in the sandbox");
            }
            let started = Sandbox::start(sandbox::Options {
                data: self.state_dir()?.join("sandbox"),
                port: None,
                latency: Duration::ZERO,
                fault: None,
            });
            let started = started.await?;
            self.sandbox.get_or_init(|| started);
        }
        Ok(self.sandbox.get())
    }

    /// The sandbox's own credentials and S3 endpoint, where this command runs in it.
    pub async fn sandbox_keys(&self) -> Result<Option<(Auth, String)>> {
        let keys = |sandbox: &Sandbox| {
            let id = sandbox.access_key_id.clone();
            let secret = self.learnt(&sandbox.secret_access_key);
            let auth = Auth::Keys(Keys { id, secret, token: None, expires: None });
            (auth, sandbox.s3_endpoint_url.clone())
        };
        Ok(self.sandbox().await?.map(keys))
    }

    fn service(&self) -> Result<(Address, Secret)> {
        let flags = &self.globals;
        // The file of profiles is not even opened where nothing of it would be used.
        let key_variable = self.variable("UNSTRUCTURED_API_KEY");
        let url_variable = self.variable("UNSTRUCTURED_API_URL");
        let by_flag = flags.profile.as_deref();
        let has_key = flags.api_key_file.is_some() || (by_flag.is_none() && key_variable.is_some());
        let has_url = flags.api_url.is_some() || (by_flag.is_none() && url_variable.is_some());
        let profile = match by_flag.or_else(|| self.variable("UNS3_PROFILE")) {
            Some(name) => Some(Profiles::load(&self.config_dir()?)?.named(name)?),
            None if has_key && has_url => None,
            None => Profiles::load(&self.config_dir()?)?.current()?,
        };
        if let Some(name) = by_flag {
            self.tell_overridden(name, key_variable, url_variable);
        }
        let address = match (&flags.api_url, url_variable, &profile) {
            (Some(url), _, _) => Address::parse(url)?,
            (None, Some(url), _) if by_flag.is_none() => Address::parse(url)?,
            (None, _, Some(profile)) => Address::parse(&profile.api_url)?,
            (None, _, None) => Address::parse(Address::PUBLIC)?,
        };
        if let (Some(profile), None, true) = (&profile, by_flag, has_key && !has_url) {
            let name = &profile.name;
            self.output.notice(&format!("the address is profile {name:?}'s: {address}"));
        }
        let key = if let Some(file) = &flags.api_key_file {
            self.read_secret(file, "the API key")?
        } else if let Some(key) = key_variable.filter(|_| by_flag.is_none()) {
            self.learnt(key.trim())
        } else {
            self.profile_key(profile.as_ref(), &address)?
        };
        if key.expose().is_empty() {
            return Err(no_key("the API key is empty"));
        }
        self.output.detail(&format!("the service is {address}"));
        Ok((address, key))
    }

    fn tell_overridden(&self, profile: &str, key: Option<&str>, url: Option<&str>) {
        let flags = &self.globals;
        let set = [
            ("UNSTRUCTURED_API_KEY", key.is_some() && flags.api_key_file.is_none()),
            ("UNSTRUCTURED_API_URL", url.is_some() && flags.api_url.is_none()),
        ];
        let set: Vec<&str> =
            set.into_iter().filter(|(_, set)| *set).map(|(name, _)| name).collect();
        if !set.is_empty() {
            let names = set.join(" and ");
            self.output.notice(&format!("--profile {profile} is used instead of {names}"));
        }
    }

    fn profile_key(&self, profile: Option<&Profile>, address: &Address) -> Result<Secret> {
        let Some(profile) = profile else { return Err(no_key("there is no API key")) };
        let own = Address::parse(&profile.api_url)?;
        if own.origin() != address.origin() {
            let name = &profile.name;
            self.output.notice(&format!("the key of profile {name:?} is used at {address}"));
        }
        Ok(self.learnt(profile.key()?.expose()))
    }
}

fn no_key(message: &str) -> Error {
    Error::new(Category::Auth, message).hint(
        "set UNSTRUCTURED_API_KEY, or save the key once: uns3 profile add NAME \
         (to try uns3 without an account: --sandbox)",
    )
}
