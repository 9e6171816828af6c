//! Who the credentials are, asked beside the rest: never waited for long, and never needed.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use url::Url;

use super::subject::Subject;
use crate::context::Context;
use crate::domain::s3::region;
use crate::domain::s3::symptom::Symptom;
use crate::env;
use crate::s3::{Identity, Route, S3, Server, Sink};

/// How long an answer is waited for once all else is done.
const GRACE: Duration = Duration::from_secs(1);

/// The answer of STS; `None`: it is not to be asked, or did not answer in time.
pub(super) type Answer = Option<Result<Identity, Symptom>>;

/// Asks STS, where that is right: at AWS for AWS's keys, or where a variable says. The keys of
/// another S3 server never go to AWS. Who assumed a role is known already.
pub(super) async fn ask(
    context: &Context,
    subject: &Subject,
    s3: &S3,
    route: &Route,
    trace: impl Fn() -> Option<Sink>,
) -> Answer {
    let keys = subject.keys()?;
    if let Some(arn) = &keys.arn {
        let account = arn.split(':').nth(4).unwrap_or_default().to_owned();
        return Some(Ok(Identity { arn: arn.clone(), account }));
    }
    let (bucket, guess) = (subject.remote_url.bucket(), s3.region());
    let asked = s3.url(bucket);
    let of_aws = asked.host_str().is_some_and(region::is_aws);
    let named = context.environment().first(&env::AWS_STS_URLS);
    let region = if of_aws { guess.clone() } else { "us-east-1".into() };
    let url = match named {
        Some(named) => Url::parse(named).ok()?,
        None if of_aws => {
            let suffix = region::suffix_of(&region);
            Url::parse(&format!("https://sts.{region}.{suffix}/")).ok()?
        }
        None => return None,
    };
    if !of_aws && url.host_str().is_some_and(region::is_aws) {
        return None;
    }
    if named.is_none() && asked.scheme() == "https" {
        // The same client: another one would read and check all certificates once more.
        return Some(s3.identity(url, &region).await);
    }
    let route = Route { resolved: None, ..route.clone() };
    let keys = Some(keys.clone());
    let sts = S3::new(Server::Endpoint(url.clone()), &region, "", keys, &route, trace()).ok()?;
    Some(sts.identity(url, &region).await)
}

/// Waits for the rest, and for who it is a moment longer.
pub(super) async fn beside<T>(
    rest: impl Future<Output = (Option<T>, Instant)>,
    who: impl Future<Output = Answer>,
) -> (Option<T>, Answer) {
    let mut answer = None;
    tokio::pin!(rest, who);
    let (outcome, done) = loop {
        tokio::select! {
            outcome = &mut rest => break outcome,
            found = &mut who, if answer.is_none() => answer = Some(found),
        }
    };
    if answer.is_none() {
        answer = tokio::select! {
            found = &mut who => Some(found),
            () = sleep_until(done + GRACE) => None,
        };
    }
    (outcome, answer.flatten())
}
