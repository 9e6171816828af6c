//! The files that uns3 keeps on this machine.

pub(crate) mod files;
pub(crate) mod ledger;
pub(crate) mod objects;
pub(crate) mod pending;
pub(crate) mod profiles;
pub(crate) mod scratch;
