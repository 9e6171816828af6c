//! One call that shows whether the service answers and takes the key, and what its clock says.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::Method;
use reqwest::header::DATE;

use super::transport::{Call, Client};
use crate::error::Result;

impl Client {
    /// Asks for the destinations: the service's time, where its answer says it.
    pub(crate) async fn probe(&self) -> Result<Option<Timestamp>> {
        let mut call = Call::new(Method::GET, "destinations/", "reach the service");
        call.query.push(("destination_type", "s3".into()));
        let answer = self.send(&call).await?;
        let _: Vec<&serde_json::value::RawValue> = answer.json(&call.what, self.redactor())?;
        let date = answer.headers.get(DATE).and_then(|date| date.to_str().ok());
        // An HTTP date is an RFC 2822 date in GMT.
        Ok(date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok()))
    }
}
