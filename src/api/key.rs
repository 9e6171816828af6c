//! The API key of a client, replaced by a newer one.

use super::transport::{Client, http_client};
use crate::domain::secret::Secret;
use crate::error::Result;

impl Client {
    /// Goes on with another key for the same service, over connections of its own.
    pub(crate) fn use_key(&self, key: &Secret) -> Result<()> {
        self.http.replace(http_client(&self.options, key)?);
        Ok(())
    }
}
