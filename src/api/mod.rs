//! The Workflow Endpoint over HTTP: thin, asynchronous, and careful with what it repeats.

mod ahead;
mod body;
mod checks;
mod connectors;
mod create;
mod key;
mod limiter;
mod listing;
mod order;
mod probe;
mod request;
mod response;
mod text;
mod trace;
mod transport;
mod twins;
mod update;
mod url;
mod wanted;
mod workflows;

pub(crate) use ahead::{is_due, is_old};
pub(crate) use checks::{WaitOptions, Waited};
pub(crate) use listing::Listing;
pub(crate) use transport::{Client, Options, Permit};
pub(crate) use twins::{Created, How};
pub(crate) use url::Address;
