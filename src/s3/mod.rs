//! S3, and the one call of STS that needs no more than a signature: by `aws-sigv4` over the HTTP
//! client that is there. The SDK's S3 would add 875 KB to the binary and double the time of a call.

mod address;
mod answer;
mod bucket;
mod calls;
mod client;
mod identity;
mod objects;
mod sign;
mod transport;

pub(crate) use address::Server;
pub(crate) use answer::Answer;
pub(crate) use calls::{Listing, Object};
pub(crate) use client::{Call, Route, S3, Sink};
pub(crate) use identity::Identity;
