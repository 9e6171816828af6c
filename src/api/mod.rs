//! The Workflow Endpoint over HTTP: thin, asynchronous, and careful with what it repeats.

mod body;
mod cancellation;
mod checks;
mod connectors;
mod create;
mod limiter;
mod probe;
mod response;
mod text;
mod trace;
mod transport;
mod url;
mod workflows;

pub(crate) use cancellation::Cancellation;
pub(crate) use checks::{WaitOptions, Waited};
pub(crate) use connectors::Listing;
pub(crate) use create::Created;
pub(crate) use transport::{Client, Options};
pub(crate) use url::Address;
