//! Preflights of connectors: before one is written, and after a check that failed without telling
//! why.

use super::{Subject, run, verdict};
use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::domain::lease::Lease;
use crate::domain::names::quoted;
use crate::domain::s3::credentials::{Auth, Keys};
use crate::domain::s3::diagnosis::{self, Case, Diagnosis};
use crate::domain::s3::location::RemoteUrl;
use crate::domain::s3::preflight::Report;
use crate::error::{Category, Error, Result};
use crate::ops::credentials;
use crate::ops::service::in_sandbox;
use crate::ops::session::Session;

/// What is tried before a write.
pub(crate) struct Planned<'a> {
    pub(crate) kind: Kind,
    pub(crate) remote_url: &'a str,
    /// Empty: AWS.
    pub(crate) endpoint_url: &'a str,
    pub(crate) recursive: bool,
    pub(crate) auth: &'a Auth,
    /// What is not done where it fails.
    pub(crate) undone: &'a str,
}

/// Tries a place as the platform would, before anything is written there.
pub(crate) async fn before(session: &Session<'_>, planned: &Planned<'_>) -> Result<()> {
    let Planned { kind, remote_url, endpoint_url, recursive, auth, undone } = *planned;
    let subject = Subject {
        kind,
        remote_url: RemoteUrl::parse(remote_url).map_err(Error::usage)?,
        endpoint_url: endpoint(session, endpoint_url, auth),
        recursive,
        auth: auth.clone(),
        name: None,
        again: "try again in a few minutes".into(),
    };
    let output = session.output();
    let report =
        run(session.globals, session.context, &subject, &|step| output.aside(&step.line())).await?;
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
    let remote_url = connector.remote_url().ok()?.clone();
    if auth == Auth::Ambient || !session.may_diagnose() {
        return None;
    }
    let subject = Subject {
        kind: connector.kind,
        remote_url,
        endpoint_url: endpoint(session, connector.setting("endpoint_url"), &auth),
        recursive: connector.config().get("recursive") == Some(&true.into()),
        auth,
        name: Some(quoted(connector.name())),
        again: again.to_owned(),
    };
    session.output().progress("trying the same from here");
    let report = run(session.globals, session.context, &subject, &|_| {}).await;
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
fn endpoint(session: &Session<'_>, named: &str, auth: &Auth) -> Option<String> {
    let own = session.sandbox_keys().filter(|_| in_sandbox(session.globals, session.context));
    let is_own = |keys: &Keys| matches!(auth, Auth::Keys(sent) if sent.id == keys.id);
    match own {
        Some((keys, url)) if named.is_empty() || is_own(&keys) => Some(url),
        _ => Some(named.to_owned()).filter(|url| !url.is_empty()),
    }
}
