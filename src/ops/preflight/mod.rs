//! A preflight: from this machine, with a connector's URL and credentials, what the platform's check
//! and its jobs do, step by step.
//!
//! A destination costs three requests to S3 (write, list, remove), a source two (list, read), and
//! who the credentials are one to STS, beside the rest.

mod address;
mod connector;
mod identity;
mod place;
mod probes;
mod site;
mod steps;
mod subject;

use std::time::Duration;

use futures_util::future::join;
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::args::globals::Globals;
use crate::context::Context;
use crate::domain::s3::diagnosis::{self, Case};
use crate::domain::s3::preflight::{Report, Step, StepName, StepStatus};
use crate::error::{Category, Error, Result};
use crate::net::Trust;
use crate::ops::service::in_sandbox;
use crate::s3::{Route, S3};

use site::Site;
use steps::Steps;

pub(crate) use connector::{before, explained, own_auth};
pub(crate) use place::Place;
pub(crate) use subject::Subject;

/// A preflight is over by then, whatever does not answer: 30 s with what comes after it.
const LONGEST: Duration = Duration::from_secs(24);

/// When a preflight that begins now is over, with what it needs first.
pub(crate) fn deadline() -> Instant {
    Instant::now() + LONGEST
}

/// What a preflight needs first, such as a role's credentials, in its time.
pub(crate) async fn first<T>(until: Instant, work: impl Future<Output = Result<T>>) -> Result<T> {
    timeout_at(until, work).await.unwrap_or_else(|_| {
        let seconds = LONGEST.as_secs();
        let message = format!("no connector and credentials to try within {seconds} s");
        Err(Error::new(Category::Timeout, message)
            .hint("what did not answer: the service, AWS's STS, or a credential_process? See -vv"))
    })
}
/// One request's own limit.
const REQUEST: Duration = Duration::from_secs(10);

/// Runs one, until the deadline; `show` gets each step as it is taken. Its failures are in the report: an error is that
/// it could not be begun.
pub(crate) async fn run(
    globals: &Globals,
    context: &Context,
    subject: &Subject,
    deadline: Instant,
    show: &dyn Fn(&Step),
) -> Result<Report> {
    let steps = Steps::new(show);
    let folder = subject.remote_url.folder();
    let bucket = subject.remote_url.bucket();
    let understood = match folder.as_str() {
        "" => format!("the whole bucket {bucket}"),
        folder => format!("bucket {bucket}, folder {folder}"),
    };
    steps.add(StepName::Url, StepStatus::Passed, understood);
    let (server, region) = subject.server(context)?;
    let url = server.url(&region, bucket);
    let local = in_sandbox(globals, context);
    let mut report = subject.report();
    let looking = timeout_at(deadline, address::look_up(&url, local));
    // The certificates are read while the name's servers are asked.
    let (found, trust) = join(looking, trust(globals, context, &url)).await;
    let found = match found.unwrap_or_else(|_| Err("no answer of the name's servers".into())) {
        Ok(found) => found,
        Err(words) => {
            let symptom = steps.unresolved(&url, words);
            let case = case(context, subject, &folder);
            report.diagnosis =
                Some(diagnosis::of_symptom(&symptom, diagnosis::Operation::Write, &case));
            report.steps = steps.finish(subject);
            return Ok(report);
        }
    };
    let route = Route {
        trust: trust?,
        timeout: globals.timeout.min(REQUEST),
        resolved: found.resolved.clone(),
    };
    let keys = subject.keys().cloned();
    let tracing = || steps::trace(context);
    let s3 = S3::new(server, &region, bucket, keys, &route, tracing())?;
    let who = identity::ask(context, subject, &s3, &route, tracing);
    let site = Site { s3: &s3, bucket, folder: &folder, found: &found, url: &url };
    let probed = async {
        let outcome = timeout_at(deadline, probes::run(&site, subject, &steps)).await;
        (outcome.ok(), Instant::now())
    };
    let (failed, identity) = identity::beside(probed, who).await;
    let failed = failed.unwrap_or_else(|| steps.out_of_time(&url, LONGEST));
    steps.identity(subject, &identity);
    if let Some(Ok(identity)) = identity {
        report.account = Some(identity.account).filter(|text| !text.is_empty());
        report.arn = Some(identity.arn).filter(|text| !text.is_empty());
    }
    if steps.was_answered() {
        report.region = Some(s3.region());
    }
    let case = case(context, subject, &folder);
    report.diagnosis =
        failed.map(|(symptom, operation)| diagnosis::of_symptom(&symptom, operation, &case));
    report.steps = steps.finish(subject);
    Ok(report)
}

/// Whom TLS trusts, with the system's certificates read where there will be TLS.
async fn trust(globals: &Globals, context: &Context, url: &Url) -> Result<Trust> {
    let trust = context.trust(globals.ca_file.as_ref()).await?;
    if url.scheme() == "https" {
        trust.roots()?;
    }
    Ok(trust)
}

fn case<'a>(context: &Context, subject: &'a Subject, folder: &'a str) -> Case<'a> {
    Case {
        kind: subject.kind,
        bucket: subject.remote_url.bucket(),
        folder,
        endpoint_url: subject.endpoint_url.as_deref(),
        auth: subject.auth_kind(),
        key_id: subject.keys().map(|keys| keys.id.as_str()),
        expires_at: subject.keys().and_then(|keys| keys.expires),
        now: context.now(),
        just_written: true,
        name: subject.name.clone(),
        again: subject.again.clone(),
    }
}

/// Success, or the failure of a preflight as the error that it is.
pub(crate) fn verdict(report: &Report) -> Result<()> {
    let Some(step) = report.failure() else { return Ok(()) };
    let message = format!(
        "the preflight of {} failed: {}: {}",
        report.remote_url,
        step.name.name(),
        step.message
    );
    let mut error = Error::new(Category::CheckFailed, message);
    error.request_id = step.request_id.clone();
    Err(match &report.diagnosis {
        Some(diagnosis) => error.hint(diagnosis.text()),
        None => error,
    })
}

/// Runs one and shows it, each step as it is taken; its failure is the error.
pub(crate) async fn show(
    globals: &Globals,
    context: &Context,
    subject: Subject,
    until: Instant,
) -> Result<()> {
    let step = |step: &Step| context.output.preflight_step(step);
    let report = run(globals, context, &subject, until, &step).await?;
    context.output.preflight(&report)?;
    verdict(&report)
}
