//! Who AWS says one is: what the chain gives, and what STS calls that.

use tokio::time::timeout;

use super::finding::Finding;
use crate::args::globals::Globals;
use crate::aws::Identity;
use crate::context::Context;
use crate::domain::expiry::span;
use crate::domain::s3::credentials::{Auth, Keys};
use crate::error::{Category, Error, Result};
use crate::ops::credentials::AwsSource;

/// Asks the chain for credentials, and STS whose they are; neither is waited for longer than for a
/// request.
pub(super) async fn who(globals: &Globals, context: &Context) -> Vec<Finding> {
    let source = AwsSource::chain();
    let mut findings = Vec::new();
    let asked = timeout(globals.timeout, async {
        let aws = source.load(globals, context).await?;
        let Auth::Keys(keys) = source.lease(context, &aws, &[]).await? else { return Ok(None) };
        findings.push(Finding::ok("aws_key", described(&keys, context)));
        aws.identity().await.map(Some)
    });
    let asked: Result<Option<Identity>> = asked.await.unwrap_or_else(|_| {
        let message = format!("no answer of AWS within {} s", globals.timeout.as_secs());
        Err(Error::new(Category::Timeout, message).hint(
            "is it a credential_process that asks, or a proxy? --timeout waits longer for it",
        ))
    });
    match asked {
        Ok(None) => {}
        Ok(Some(Identity { account, arn })) => {
            findings.push(Finding::ok("aws", format!("account {account}, {arn}")));
        }
        Err(error) => findings.push(Finding::failed("aws", error)),
    }
    findings
}

fn described(keys: &Keys, context: &Context) -> String {
    let kind = match (&keys.token, keys.expires) {
        (None, _) => "a long-term key".to_owned(),
        (Some(_), None) => "temporary, it does not say until when".to_owned(),
        (Some(_), Some(end)) => {
            let left = end.duration_since(context.now()).as_secs();
            format!("temporary, ends in {}", span(left))
        }
    };
    format!("{}, {kind}", keys.id)
}
