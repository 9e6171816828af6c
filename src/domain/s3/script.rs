//! The `aws` commands that make a bucket as `uns3 bucket create` does, as a script for a shell.

use serde_json::Value;

use super::grants::Grant;
use super::pattern::ascii;
use super::region::is_aws_endpoint;
use crate::domain::names::quoted;

/// What the script is for.
pub(crate) struct Plan<'a> {
    pub(crate) grant: &'a Grant,
    pub(crate) region: &'a str,
    pub(crate) endpoint_url: Option<&'a str>,
    pub(crate) aws_profile: Option<&'a str>,
    /// The whole policy.
    pub(crate) policy: &'a Value,
}

/// The script. It stops where anything fails, and where a policy exists already: to merge one is
/// more than a shell should try.
pub(crate) fn script(plan: &Plan<'_>) -> String {
    let bucket = quoted(&plan.grant.bucket);
    let mut options = format!(" --region {}", quoted(plan.region));
    for (flag, value) in [("--endpoint-url", plan.endpoint_url), ("--profile", plan.aws_profile)] {
        options += &value.map_or_else(String::new, |value| format!(" {flag} {}", quoted(value)));
    }
    let call =
        |verb: &str, rest: &str| format!("aws s3api {verb} --bucket {bucket}{options}{rest}");
    let constraint = match plan.region {
        "us-east-1" => String::new(),
        region => {
            format!(" --create-bucket-configuration LocationConstraint={}", quoted(region))
        }
    };
    let blocks = " --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,\
                  BlockPublicPolicy=true,RestrictPublicBuckets=true";
    let owner = " --ownership-controls 'Rules=[{ObjectOwnership=BucketOwnerEnforced}]'";
    let policy = format!(" --policy {}", quoted(&ascii(&plan.policy.to_string())));
    let block = call("put-public-access-block", blocks);
    // Off AWS, a block may keep the users of a bucket out that was there.
    let (block_new, block_all) = match is_aws_endpoint(plan.endpoint_url) {
        true => (String::new(), format!("{block}\n")),
        false => (format!("  {block}\n"), String::new()),
    };
    let (head, get) = (call("head-bucket", ""), call("get-bucket-policy", ""));
    format!(
        "#!/bin/sh\n\
         set -eu\n\
         if ! {head} >/dev/null 2>&1; then\n  {create}\n  {wait}\n{block_new}fi\n\
         {block_all}\
         {own}\n\
         if said=$({get} 2>&1); then\n\
         \x20 echo 'the bucket has a policy already: add the statements to it (uns3 bucket create does)' >&2\n\
         \x20 exit 1\n\
         fi\n\
         case \"$said\" in\n\
         \x20 *NoSuchBucketPolicy*) ;;\n\
         \x20 *) echo \"$said\" >&2; exit 1 ;;\n\
         esac\n\
         {put}\n",
        create = call("create-bucket", &constraint),
        wait = call("wait bucket-exists", ""),
        own = call("put-bucket-ownership-controls", owner),
        put = call("put-bucket-policy", &policy),
    )
}
