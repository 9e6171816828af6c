//! The shared state as a command uses it: opened once, read once, written in batches, and the lock on
//! rotations that goes with it.
//!
//! Without one, nothing here does anything: what is known lies in this user's own ledger. Where one
//! is named and cannot be reached, a command works as if there were none, and says so.

mod background;
mod chain;
mod connect;
mod lock;
mod named;
mod records;
mod shared;
mod standing;
mod store;
mod verbs;

pub(crate) use shared::Shared;
pub(crate) use standing::Standing;
pub(crate) use verbs::Locked;
