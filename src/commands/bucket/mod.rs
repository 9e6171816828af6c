//! `uns3 bucket`: what a connector needs of its bucket, printed or done.

mod cloudformation;
mod create;
mod policy;

use clap::{Args, Subcommand};

use crate::args::globals::Globals;
use crate::context::Context;
use crate::error::Result;

use cloudformation::Cloudformation;
use create::Create;
use policy::Policy;

/// Print or make what a connector needs of its bucket
#[derive(Args, Debug)]
pub(crate) struct BucketCommand {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Print the least policy: the bucket's, one for a user or role to carry, or a role's trust
    #[command(after_help = "Examples:
  uns3 bucket policy --remote-url s3://my-bucket/out/ --account-id 123456789012 --user unstructured
  uns3 bucket policy --remote-url s3://my-bucket/out/ --identity
  uns3 bucket policy --remote-url s3://my-bucket/ --trust --account-id 123456789012 --external-id X")]
    Policy(Policy),
    /// Print a CloudFormation template with the bucket, its policy and, if asked for, a role
    #[command(after_help = "Examples:
  uns3 bucket cloudformation --remote-url s3://my-bucket/out/ --with-role uns3-lease > bucket.yaml
  aws cloudformation deploy --template-file bucket.yaml --stack-name my-bucket --capabilities CAPABILITY_NAMED_IAM")]
    Cloudformation(Cloudformation),
    /// Make the bucket, with public access blocked, and add the least policy to its own
    #[command(after_help = "Safe to run twice: it says what it changed, and loosens nothing.

Examples:
  uns3 bucket create --remote-url s3://my-bucket/out/ --region eu-west-1 --user unstructured
  uns3 bucket create --remote-url s3://my-bucket/out/ --aws-profile ops --dry-run | sh")]
    Create(Create),
}

impl BucketCommand {
    /// Runs what is asked for.
    pub(crate) fn run(self, globals: &Globals, context: &Context) -> Result<()> {
        match self.verb {
            Verb::Policy(policy) => policy.run(context),
            Verb::Cloudformation(template) => template.run(context),
            Verb::Create(create) => create.run(globals, context),
        }
    }
}
