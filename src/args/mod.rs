//! The flags that several commands have, as plain data.

pub(crate) mod apply;
pub(crate) mod aws;
pub(crate) mod bucket;
pub(crate) mod checking;
pub(crate) mod credentials;
pub(crate) mod globals;
pub(crate) mod owner;
pub(crate) mod place;
pub(crate) mod selection;
pub(crate) mod settings;
pub(crate) mod trying;
pub(crate) mod watching;
