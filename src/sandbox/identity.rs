//! Who the sandbox is: its API key, its bucket, and the access keys that its S3 knows.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The bucket that is always there.
pub const BUCKET: &str = "sandbox-bucket";
/// Its region.
pub const REGION: &str = "us-east-1";
/// The id of the long-term access key. It does not begin with `AKIA`: it is not one of AWS's.
pub const ACCESS_KEY_ID: &str = "SANDBOXKEY0000000001";
/// The id of the temporary access key, which looks like those of AWS STS.
pub const SESSION_ACCESS_KEY_ID: &str = "ASIASANDBOX000000001";
/// The token that the temporary access key needs.
pub const SESSION_TOKEN: &str = "sandbox-session-token";
/// A token of the temporary access key whose time is over: S3 answers `ExpiredToken`.
pub const EXPIRED_SESSION_TOKEN: &str = "sandbox-expired-session-token";

/// The sandbox's own secrets, made up when its folder is first used.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Identity {
    pub(super) api_key: String,
    pub(super) secret_access_key: String,
    pub(super) session_secret_access_key: String,
}

impl Identity {
    pub(super) fn generate() -> Self {
        let random = || format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        Self { api_key: random(), secret_access_key: random(), session_secret_access_key: random() }
    }

    /// What may be saved as it is in a connector's config.
    pub(super) fn values(&self) -> Vec<String> {
        let constants =
            [ACCESS_KEY_ID, SESSION_ACCESS_KEY_ID, SESSION_TOKEN, EXPIRED_SESSION_TOKEN];
        let secrets = [&*self.secret_access_key, &*self.session_secret_access_key];
        constants.into_iter().chain(secrets).map(str::to_owned).collect()
    }
}
