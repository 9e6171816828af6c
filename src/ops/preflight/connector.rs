//! Preflights of connectors: before one is written, and after a check that failed without telling
//! why.

use super::place::Place;
use super::subject::Subject;
use super::{deadline, run, verdict};
use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::domain::lease::Lease;
use crate::domain::s3::auth::AuthKind;
use crate::domain::s3::config::Config;
use crate::domain::s3::credentials::{Auth, Keys};
use crate::domain::s3::diagnosis::{self, Case, Diagnosis};
use crate::domain::s3::preflight::Report;
use crate::error::{Category, Error, Result};
use crate::ops::credentials::{self, Source};
use crate::ops::service::in_sandbox;
use crate::ops::session::Session;

/// What a connector itself tells of its credentials: that it has none of its own. Only flags make it
/// another try: keys that stand in the environment are another's.
pub(crate) fn own_auth(connector: &Connector, source: Option<&Source>) -> Option<Auth> {
    match (connector.auth(), source) {
        (AuthKind::Anonymous, None | Some(Source::Sandbox)) => Some(Auth::Anonymous),
        (AuthKind::Ambient, None | Some(Source::Sandbox)) => Some(Auth::Ambient),
        _ => None,
    }
}

/// Tries a config as the platform would, before it is written; `undone` says what is not done where
/// that fails. `auth`: the credentials in it, where it has any.
pub(crate) async fn before(
    session: &Session<'_>,
    kind: Kind,
    config: &Config,
    auth: Option<&Auth>,
    undone: &str,
) -> Result<()> {
    let place = Place::of_config(kind, config)?;
    let auth = match (auth, config.auth()) {
        (Some(auth), _) => auth.clone(),
        (None, AuthKind::Ambient) => Auth::Ambient,
        (None, _) => Auth::Anonymous,
    };
    let endpoint_url = endpoint(session, place.endpoint_url, &auth);
    let subject = Place { endpoint_url, ..place }.subject(auth, None);
    let output = session.output();
    let report = run(session.globals, session.context, &subject, deadline(), &|step| {
        output.notice(&step.line())
    })
    .await?;
    verdict(&report).map_err(|error| {
        let message = format!("{}; {undone}", error.message);
        Error { message, ..error }
    })
}

/// The error of a failed check with what it means, by what is known of the connector; and, where the
/// reason does not tell and the keys are at hand, by what a preflight finds, once a command. `sent`:
/// the credentials that this command wrote. `again`: what may pass later, where not a check.
pub(crate) async fn explained(
    session: &Session<'_>,
    connector: &Connector,
    reason: Option<&str>,
    sent: Option<&Auth>,
    again: Option<&str>,
    error: Error,
) -> Error {
    let (Category::CheckFailed, Some(reason)) = (error.category, reason) else { return error };
    let lease = session.leases.of(connector);
    let mut case = diagnosis::case_of(connector, lease.as_ref(), session.context.now());
    if let Some(Auth::Keys(keys)) = sent {
        case = Case { just_written: true, expires_at: keys.expires, ..case };
    }
    if let Some(again) = again {
        again.clone_into(&mut case.again);
    }
    let told = diagnosis::of_reason(reason, &case);
    let bare = !told.certain && told.cause != "unknown";
    let error = Error { hints: Vec::new(), ..error };
    let seen = match bare {
        true => look(session, connector, sent, lease.as_ref(), &case.again).await,
        false => None,
    };
    match seen {
        Some(report) => with_report(error, &report, &told, sent.is_some()),
        None => error.hint(told.text()),
    }
}

fn with_report(error: Error, report: &Report, told: &Diagnosis, sent: bool) -> Error {
    match (report.failure(), &report.diagnosis) {
        (Some(step), found) => {
            let seen = format!(
                "the same was tried from here: {} failed: {}",
                step.name.name(),
                step.message
            );
            let error = error.hint(seen);
            match found {
                Some(found) => error.hint(found.text()),
                None => error,
            }
        }
        (None, _) if sent => error
            .hint(
                "the same was tried from here, and works: a change may not have reached the platform \
                 yet, or its way to the server is another",
            )
            .hint(told.text()),
        // The ledger knows a key by its id: the connector may hold another secret of it.
        (None, _) => error.hint(
            "the same was tried from here with this key, and works: the connector has another secret \
             of it (write the credentials anew: uns3 rotate), or a change has not reached the platform \
             yet",
        ),
    }
}

/// A preflight with keys that this command may use: its own, or those that the connector was written
/// with by the ledger's word.
async fn look(
    session: &Session<'_>,
    connector: &Connector,
    sent: Option<&Auth>,
    lease: Option<&Lease>,
    again: &str,
) -> Option<Report> {
    let auth = match sent {
        Some(auth) => auth.clone(),
        None => Auth::Keys(known(session, lease?)?),
    };
    let place = Place::of(connector).ok()?;
    if auth == Auth::Ambient || !session.may_diagnose() {
        return None;
    }
    let endpoint_url = endpoint(session, place.endpoint_url, &auth);
    let place = Place { endpoint_url, ..place };
    let subject =
        Subject { again: again.to_owned(), ..place.subject(auth, Some(connector.name())) };
    session.output().progress("trying the same from here");
    let report = run(session.globals, session.context, &subject, deadline(), &|_| {}).await;
    session.output().end_progress();
    report.ok()
}

/// The keys at hand that a lease is of.
fn known(session: &Session<'_>, lease: &Lease) -> Option<Keys> {
    let keys = match session.sandbox_keys() {
        Some((keys, _)) => keys,
        None => match credentials::in_environment(session.context)? {
            Auth::Keys(keys) => keys,
            Auth::Anonymous | Auth::Ambient => return None,
        },
    };
    lease.is_of_key(&keys.id).then_some(keys)
}

/// Where the platform would go. The embedded sandbox's own S3 is on another port each time.
fn endpoint(session: &Session<'_>, named: Option<String>, auth: &Auth) -> Option<String> {
    let own = session.sandbox_keys().filter(|_| in_sandbox(session.globals, session.context));
    let is_own = |keys: &Keys| matches!(auth, Auth::Keys(sent) if sent.id == keys.id);
    match own {
        Some((keys, url)) if named.is_none() || is_own(&keys) => Some(url),
        _ => named,
    }
}
