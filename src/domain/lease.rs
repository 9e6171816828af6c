//! What is known of a connector's credentials, which the service does not keep: when they end, when
//! they were written, and which key they were.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::connector::Connector;
use crate::domain::s3::auth::AuthKind;
use crate::domain::s3::credentials::Keys;

/// Credentials are renewed when a quarter of their life is left, and no later than this.
pub const LEAST_MARGIN: Duration = Duration::from_secs(300);

/// Credentials as they were written to a connector; nothing of them but a fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// When they end; `None`: never, as far as is known.
    pub expires_at: Option<Timestamp>,
    /// When they were written.
    pub written_at: Timestamp,
    /// Whether they took the place of others.
    pub rotated: bool,
    /// The first half of the SHA-256 of the access key id.
    pub key: String,
    /// When the connector was written by its own account, as the write left it.
    pub updated_at: Option<Timestamp>,
    /// Whether a check that was asked for is still owed: the credentials are set, and may not work.
    #[serde(default)]
    pub unverified: bool,
}

impl Lease {
    /// The lease that a write of keys began; `written` is the service's answer to it.
    pub fn new(keys: &Keys, written: &Connector, rotated: bool, now: Timestamp) -> Self {
        Self {
            expires_at: keys.expires,
            written_at: now,
            rotated,
            key: fingerprint(&keys.id),
            updated_at: written.last_written(),
            unverified: false,
        }
    }

    /// Whether this is what these very keys were written with, and they work.
    pub fn is_of(&self, keys: &Keys) -> bool {
        self.is_of_key(&keys.id) && self.expires_at == keys.expires && !self.unverified
    }

    /// Whether this is of an access key id.
    pub fn is_of_key(&self, id: &str) -> bool {
        self.key == fingerprint(id)
    }

    /// Whether both are long-term, and of another key: a role gives a new one each time.
    pub fn is_of_another(&self, keys: &Keys) -> bool {
        let lasting = self.expires_at.is_none() && keys.token.is_none() && keys.expires.is_none();
        lasting && self.key != fingerprint(&keys.id)
    }

    /// Whether this still is what a connector has: it has keys, and nobody wrote it since.
    pub fn holds_for(&self, auth: AuthKind, last_written: Option<Timestamp>) -> bool {
        let since = last_written.zip(self.updated_at).is_some_and(|(is, was)| is > was);
        auth.has_keys() && !since
    }

    /// When they took the place of others.
    pub fn rotated_at(&self) -> Option<Timestamp> {
        self.rotated.then_some(self.written_at)
    }

    /// Whether they end within a time from now.
    pub fn ends_within(&self, within: Duration, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= later(now, within))
    }

    /// When to renew them: when a quarter of their life is left, at least five minutes; earlier by
    /// a `spread` of 0 to 1, so that many do not all come at once. `None`: they do not end.
    pub fn due(&self, spread: f64) -> Option<Timestamp> {
        let end = self.expires_at?;
        let life = Duration::try_from(end.duration_since(self.written_at)).unwrap_or_default();
        let margin = (life / 4).max(LEAST_MARGIN);
        let early = (life / 10).mul_f64(spread.clamp(0.0, 1.0));
        end.checked_sub(SignedDuration::try_from(margin + early).ok()?).ok()
    }
}

fn fingerprint(key_id: &str) -> String {
    let digest = Sha256::digest(key_id.as_bytes());
    digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A time from now; the end of time where that is beyond it.
pub fn later(now: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// A share of 0 to 1 that is a name's own, always the same: it spreads renewals.
pub fn spread(name: &str) -> f64 {
    f64::from(Sha256::digest(name.as_bytes())[0]) / 255.0
}
