//! Trying the buckets of a plan from this machine, before anything is sent to the service.

use futures_util::{StreamExt, stream};

use crate::domain::manifest::Entry;
use crate::domain::plan::{Action, Plan, Step};
use crate::domain::s3::location::RemoteUrl;
use crate::error::{Category, Error, Result};
use crate::ops::credentials::References;
use crate::ops::preflight::{self, Place};
use crate::ops::session::Session;

/// How many buckets are tried side by side.
const AT_ONCE: usize = 4;

/// Tries the bucket of each connector that will be written, with the credentials that it will have;
/// what fails is the error, all of it at once.
pub(crate) async fn preflight(
    session: &Session<'_>,
    references: &References<'_>,
    plan: &Plan,
) -> Result<()> {
    let written = |step: &&Step| matches!(step.action, Action::Create | Action::Update);
    let entries = plan.steps.iter().filter(written).filter_map(|step| step.entry.as_ref());
    session.output().progress("trying the buckets");
    let tried: Vec<Result<()>> = stream::iter(entries)
        .map(|entry| one(session, references, entry))
        .buffered(AT_ONCE)
        .collect()
        .await;
    session.output().end_progress();
    let mut problems: Vec<Error> = tried.into_iter().filter_map(Result::err).collect();
    match problems.len() {
        0 => Ok(()),
        1 => Err(problems.remove(0)),
        count => {
            let messages = problems.iter().map(|error| error.message.clone());
            let messages: Vec<String> = messages.collect();
            let message = format!("{count} preflights failed:\n- {}", messages.join("\n- "));
            let hints = problems.into_iter().flat_map(|error| error.hints);
            Err(hints.fold(Error::new(Category::CheckFailed, message), Error::hint))
        }
    }
}

async fn one(session: &Session<'_>, references: &References<'_>, entry: &Entry) -> Result<()> {
    // What is unmanaged cannot be tried from here.
    let Some(auth) = references.obtain(session, entry).await? else { return Ok(()) };
    let place = Place {
        kind: entry.kind,
        remote_url: RemoteUrl::parse(&entry.remote_url).map_err(Error::usage)?,
        endpoint_url: entry.endpoint_url.clone(),
        recursive: entry.recursive,
    };
    let subject = place.subject(auth, Some(&entry.name));
    let report =
        preflight::run(session.globals, session.context, &subject, preflight::deadline(), &|_| {})
            .await?;
    preflight::verdict(&report).map_err(|error| {
        let message = format!("{} {:?}: {}", entry.kind.name(), entry.name, error.message);
        Error { message, ..error }
    })
}
