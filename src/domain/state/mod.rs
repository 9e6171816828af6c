//! The shared state: what many machines together know of the connectors' credentials, and which of
//! them may rotate.
//!
//! Both are chains of numbered objects, each made only where it is not there yet: of any number of
//! writers exactly one makes the next, and the others look again. That is all that is asked of a
//! server: not every one that keeps `If-None-Match: *` keeps `If-Match` too (Ceph 16 does not).

pub mod lock;
pub mod place;
pub mod record;
pub mod serial;
pub mod snapshot;
