//! A connector's own case: what its config tells, and what the ledger knows of its credentials.

use jiff::{SignedDuration, Timestamp};

use super::{Case, of_reason};
use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::domain::lease::Lease;
use crate::domain::names::quoted;
use crate::domain::s3::location::folder_of;

/// For so long after they were written, wrong keys are likelier than deleted ones.
const JUST: SignedDuration = SignedDuration::from_mins(10);

/// What a connector's config and its lease tell.
pub(crate) fn case_of<'a>(
    connector: &'a Connector,
    lease: Option<&Lease>,
    now: Timestamp,
) -> Case<'a> {
    let kind = if connector.kind == Kind::Source { " --kind source" } else { "" };
    let name = quoted(connector.name());
    let again = format!("check it again, for a while: uns3 test {name}{kind} --retry-for 2h");
    let endpoint = Some(connector.setting("endpoint_url")).filter(|url| !url.is_empty());
    Case {
        kind: connector.kind,
        bucket: connector.bucket().unwrap_or("?"),
        folder: folder_of(connector.setting("remote_url")),
        endpoint_url: endpoint,
        auth: connector.auth(),
        key_id: None,
        expires_at: lease.and_then(|lease| lease.expires_at),
        now,
        just_written: lease.is_some_and(|lease| now.duration_since(lease.written_at) < JUST),
        name: Some(name),
        again,
    }
}

/// What the reason of a connector's failed check usually means, and the mend.
pub(crate) fn of_check(reason: &str, connector: &Connector) -> String {
    of_reason(reason, &case_of(connector, None, Timestamp::UNIX_EPOCH)).text()
}
