//! `uns3 bucket policy`: the least policies, printed.

use clap::{Args, ValueHint};
use serde_json::Value;

use crate::args::bucket::{BucketArgs, NOBODY, Wanted, endpoint};
use crate::context::Context;
use crate::domain::role;
use crate::domain::s3::bucket_policy::{document, trust};
use crate::error::{Error, Result};

#[derive(Args, Debug)]
pub(super) struct Policy {
    #[command(flatten)]
    bucket: BucketArgs,

    /// Print the policy for a user or role to carry
    #[arg(long, conflicts_with = "trust")]
    identity: bool,

    /// Print the trust policy of a role that the user, or the account, may assume
    #[arg(long)]
    trust: bool,

    /// The external id that whoever assumes the role has to give
    #[arg(long, value_name = "ID", requires = "trust", conflicts_with = "identity", value_parser = role::external_id)]
    external_id: Option<String>,

    /// The address of an S3 server that is not AWS, whose policies know fewer patterns
    /// [env: UNS3_ENDPOINT_URL]
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    endpoint_url: Option<String>,
}

impl Policy {
    pub(super) fn run(self, context: &Context) -> Result<()> {
        let endpoint_url = endpoint(context, self.endpoint_url.as_deref())?;
        let wanted = self.bucket.wanted(context, endpoint_url.as_deref())?;
        let Wanted { grant, principals, .. } = &wanted;
        let policy = if self.identity {
            document(grant.statements(&[]))
        } else if self.trust {
            let trusted = principals.trusted().ok_or_else(|| Error::usage(NOBODY))?;
            trust(&[trusted], self.external_id.as_deref())
        } else {
            let arns = principals.arns();
            if arns.is_empty() {
                return Err(Error::usage(NOBODY));
            }
            wanted.tell_delegation(context);
            document(grant.statements(&arns))
        };
        context.output.text(&format!("{}\n", pretty(&policy)?))
    }
}

fn pretty(value: &Value) -> Result<String> {
    serde_json::to_string_pretty(value).map_err(|error| anyhow::Error::from(error).into())
}
