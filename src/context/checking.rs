//! Checks as commands show them: progress on a terminal, the verdict as the error that it is.

use serde_json::json;

use super::Context;
use crate::api::{Client, Patience, Waited};
use crate::domain::connector::Connector;
use crate::error::{Error, Result};
use crate::output::Shown;

impl Context {
    /// Checks a connector, which was perhaps just written, and shows it with the check; a failed
    /// check is the error.
    pub async fn check_shown(
        &self,
        client: &Client,
        mut shown: Shown,
        written: bool,
    ) -> Result<()> {
        let connector = shown.connector.clone();
        self.output.progress(&format!("checking {:?}", connector.name()));
        let waited = client.check(&connector, Patience::USUAL).await;
        self.output.end_progress();
        let check = waited.as_ref().ok().map(|waited| json!(waited.check));
        shown.know("check", check);
        self.output.connector(shown)?;
        let told = |error: Error| match written {
            true => {
                let message = format!("{} (the connector itself was written)", error.message);
                Error { message, ..error }
            }
            false => error,
        };
        let waited = waited.map_err(told)?;
        waited.verdict(&connector).map_err(told)?;
        self.tell_success(&connector, &waited);
        Ok(())
    }

    /// Tells of a check that was passed.
    pub fn tell_success(&self, connector: &Connector, waited: &Waited) {
        let took = waited.elapsed.as_secs_f32();
        self.output.aside(&format!("{:?}: the connection works ({took:.1} s)", connector.name()));
    }
}
