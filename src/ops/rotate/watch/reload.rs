//! SIGHUP: what files and helpers give is read anew, and what is wrong with it leaves the watch with
//! what it has.

use super::look::Watch;
use crate::error::{Error, Result};
use crate::ops::rotate::CredentialSource;
use crate::ops::service::{Remote, Service};

impl Watch<'_> {
    /// Reads the API key and the file of credentials: whether all connectors are to be given what
    /// stands in the latter.
    pub(super) async fn reload(&self) -> bool {
        let output = self.session.output();
        output.notice("SIGHUP: reading the API key and the credentials anew");
        let kept = |error: Error, what: &str| {
            let message = format!("{error}; going on with {what}");
            output.error(&Error { message, ..error });
        };
        if let Err(error) = self.reload_key().await {
            kept(error, "the API key that it has");
        }
        match self.rotation.source {
            CredentialSource::File(file) => {
                match crate::ops::credentials::from_file(self.session.context, file).await {
                    Ok(_) => true,
                    Err(error) => {
                        kept(error, "the credentials that there are");
                        false
                    }
                }
            }
            // AWS's files are read for every renewal, and roles give other credentials each time.
            CredentialSource::Fixed(_) | CredentialSource::Aws { .. } => false,
        }
    }

    async fn reload_key(&self) -> Result<()> {
        let (globals, context) = (self.session.globals, self.session.context);
        if globals.api_key_file.as_deref() == Some("-") {
            return Ok(());
        }
        let Service::Remote(Remote { address, key, .. }) =
            Service::choose(globals, context).await?
        else {
            return Ok(());
        };
        let client = &self.session.client;
        if address != *client.address() {
            let message = format!(
                "the address is {address} now, and a watch stays with the service that it began \
                 with, {}",
                client.address()
            );
            return Err(Error::usage(message).hint("start the watch anew"));
        }
        client.use_key(&key)
    }
}
