//! One call that shows whether the service answers and takes the key, and what its clock says.

use jiff::Timestamp;
use reqwest::Method;

use super::request::Call;
use super::transport::Client;
use crate::error::Result;

impl Client {
    /// Asks for the destinations: the service's time, where its answer says it.
    pub(crate) async fn probe(&self) -> Result<Option<Timestamp>> {
        let mut call = Call::new(Method::GET, "destinations/", "reach the service");
        call.query.push(("destination_type", "s3".into()));
        let answer = self.send(&call).await?;
        let _: Vec<&serde_json::value::RawValue> = answer.json(&call.what, self.redactor())?;
        Ok(answer.date())
    }
}
