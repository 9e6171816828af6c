//! The flags by which the credentials of whoever makes a bucket come.

use clap::{Args, ValueHint};

use super::credentials::CredentialArgs;

/// The credentials of whoever makes the bucket.
#[derive(Args, Debug)]
#[command(next_help_heading = "Your own credentials (else the environment's, else AWS's chain)")]
pub(crate) struct OwnerArgs {
    /// AWS's own chain: environment, shared config, SSO, web identity, ECS, IMDS
    #[arg(long)]
    aws: bool,

    /// The same, by a profile of AWS's shared config
    #[arg(long, value_name = "NAME")]
    pub(crate) aws_profile: Option<String>,

    /// The access key id
    #[arg(long, value_name = "ID")]
    key: Option<String>,

    /// Read the secret access key from a file, or from standard input
    #[arg(long, value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    secret_file: Option<String>,

    /// Read the session token from a file, or from standard input
    #[arg(long, value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    token_file: Option<String>,

    /// Read all from what `aws sts assume-role` and the like printed
    #[arg(long, value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    credentials_file: Option<String>,
}

/// The same flags as those of a connector's credentials.
impl From<OwnerArgs> for CredentialArgs {
    fn from(owner: OwnerArgs) -> Self {
        let OwnerArgs { aws, aws_profile, key, secret_file, token_file, credentials_file } = owner;
        let mut flags = Self { key, secret_file, token_file, credentials_file, ..Self::default() };
        flags.aws.aws = aws;
        flags.aws.aws_profile = aws_profile;
        flags
    }
}
