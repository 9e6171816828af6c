//! The server and the folder that are tried, and what fails there.

use url::Url;

use super::address::Found;
use crate::domain::s3::diagnosis::Operation;
use crate::domain::s3::symptom::Symptom;
use crate::s3::S3;

/// What fails the preflight, and what was tried then; `None`: nothing did.
pub(super) type Failure = Option<(Symptom, Operation)>;

/// Where it is tried.
pub(super) struct Site<'a> {
    pub(super) s3: &'a S3,
    pub(super) bucket: &'a str,
    /// With a slash at its end; empty for the whole bucket.
    pub(super) folder: &'a str,
    pub(super) found: &'a Found,
    pub(super) url: &'a Url,
}
