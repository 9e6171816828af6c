//! Rotation: which connectors are taken, in which groups their credentials are tried out, and by
//! which names scratch connectors are known.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::domain::lease::Lease;
use crate::domain::names::SCRATCH;
use crate::domain::s3::auth::AuthKind;
use crate::domain::s3::policy::Scope;

/// A scratch connector that nobody knows any more is left over after this: no stage lasts as long.
pub const ABANDONED_AFTER: Duration = Duration::from_secs(3600);

/// Why a connector is passed over; `None`: it is taken. `within`: only those whose credentials end
/// within this time, or at an unknown one.
pub fn skip_reason(
    connector: &Connector,
    lease: Option<&Lease>,
    within: Option<Duration>,
    now: Timestamp,
) -> Option<&'static str> {
    let auth = connector.auth();
    if !auth.has_keys() {
        return Some(auth.name());
    }
    let within = within?;
    let lease = lease.filter(|lease| !lease.unverified)?;
    // Recorded without an end, and without a token: long-term keys.
    let endless = lease.expires_at.is_none() && auth == AuthKind::Keys;
    let later = lease.expires_at.is_some() && !lease.ends_within(within, now);
    (endless || later).then_some("not expiring")
}

/// What one stage is for: the platform checks writing and reading differently, so the kinds of a
/// bucket are tried out apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Group {
    /// Source or destination.
    pub kind: Kind,
    /// The bucket.
    pub bucket: String,
    /// The endpoint of another S3 server, or empty.
    pub endpoint_url: String,
}

impl Group {
    /// The group that a connector belongs to.
    pub fn of(connector: &Connector) -> Self {
        Self {
            kind: connector.kind,
            bucket: connector.bucket().unwrap_or_default().to_owned(),
            endpoint_url: connector.setting("endpoint_url").to_owned(),
        }
    }
}

/// What a connector's credentials are for, where its remote URL names a place.
pub fn scope(connector: &Connector) -> Option<Scope> {
    let endpoint = connector.setting("endpoint_url");
    Some(Scope::new(connector.kind, connector.remote_url().ok()?, Some(endpoint)))
}

/// The name of a new scratch connector, by which others can tell whose it is: a process's id of 16
/// hexadecimal digits, and the rest.
pub fn scratch_name(process: &str, id: uuid::Uuid) -> String {
    format!("{SCRATCH}{process}{}", &id.simple().to_string()[..16])
}

/// Whether a name is of a scratch connector of a process.
pub fn is_scratch_of(process: &str, name: &str) -> bool {
    is_scratch(name) && name[SCRATCH.len()..].starts_with(process)
}

/// Whether a name is one that [`scratch_name`] made, and no user's.
pub fn is_scratch(name: &str) -> bool {
    let id = name.strip_prefix(SCRATCH).unwrap_or_default();
    id.len() == 32 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Whether a connector is scratch that a run left behind: old beyond doubt.
pub fn is_abandoned(connector: &Connector, now: Timestamp) -> bool {
    let made: Option<Timestamp> = connector.created_at().parse().ok();
    let old = made.is_some_and(|made| {
        Duration::try_from(now.duration_since(made)).is_ok_and(|age| age > ABANDONED_AFTER)
    });
    is_scratch(connector.name()) && old
}
