//! Checks as commands show them: progress on a terminal, the verdict as the error that it is.

use serde_json::json;

use crate::api::{WaitOptions, Waited};
use crate::domain::connector::Connector;
use crate::domain::difference::Difference;
use crate::domain::s3::credentials::Auth;
use crate::error::{Category, Error, Result};
use crate::ops::preflight::explained;
use crate::ops::session::Session;
use crate::output::Shown;

/// Shows a connector that a command was to write, with a check where one is asked for. `written`:
/// whether it was, and with which credentials, where these are new; `changes`: in what else.
pub(crate) async fn finish(
    session: &Session<'_>,
    connector: &Connector,
    changes: &[Difference],
    test: bool,
    written: Option<Option<&Auth>>,
) -> Result<()> {
    let mut shown = session.shown(connector.clone());
    if !changes.is_empty() {
        shown.know_changes(changes);
    }
    match test {
        true => {
            check_and_show(session, connector, shown, written.is_some(), written.flatten()).await
        }
        false => session.output().connector(shown),
    }
}

/// Checks what this command wrote. Where it is read meanwhile with another's values, what was recorded
/// of its credentials does not hold.
pub(crate) async fn of_written(session: &Session<'_>, connector: &Connector) -> Result<Waited> {
    let waited = session.client.check(connector, WaitOptions::USUAL).await;
    // Not where the service itself answered with a conflict, as where a check is under way.
    let is_overwritten =
        |error: &Error| error.category == Category::Conflict && error.status.is_none();
    if waited.as_ref().is_err_and(is_overwritten) {
        session.leases.forget(connector);
    }
    waited
}

/// A failed check is the error. `sent`: the credentials that this command wrote.
async fn check_and_show(
    session: &Session<'_>,
    connector: &Connector,
    mut shown: Shown<'_>,
    written: bool,
    sent: Option<&Auth>,
) -> Result<()> {
    let output = session.output();
    output.progress(&format!("checking {:?}", connector.name()));
    let waited = of_written(session, connector).await;
    output.end_progress();
    let check = waited.as_ref().ok().map(|waited| json!(waited.check));
    shown.know("check", check);
    output.connector(shown)?;
    let told = |error: Error| match written {
        true => {
            let message = format!("{} (the connector itself was written)", error.message);
            Error { message, ..error }
        }
        false => error,
    };
    let waited = waited.map_err(told)?;
    if let Err(error) = waited.verdict(connector) {
        let reason = waited.check.reason.as_deref();
        return Err(told(explained(session, connector, reason, sent, None, error).await));
    }
    tell_success(session, connector, &waited, 1);
    Ok(())
}

/// Tells of a check that was passed, one of `all`.
pub(crate) fn tell_success(
    session: &Session<'_>,
    connector: &Connector,
    waited: &Waited,
    all: usize,
) {
    let (name, took) = (connector.name(), waited.elapsed.as_secs_f32());
    let works = format!("{name:?}: the connection works ({took:.1} s)");
    match all {
        1 => session.output().notice(&works),
        _ => session.output().step(&works),
    }
}
