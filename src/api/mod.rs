//! The Workflow Endpoint over HTTP: thin, asynchronous, and careful with what it repeats.

mod address;
mod answer;
mod cancellation;
mod checks;
mod connectors;
mod create;
mod pace;
mod trace;
mod transport;
mod workflows;

pub use address::Address;
pub use cancellation::Cancellation;
pub use checks::{Patience, Waited};
pub use connectors::{Listing, Need, select_in, usable};
pub use create::Created;
pub use transport::{Client, Options, Sink};
