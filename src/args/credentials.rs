//! The flags by which a connector's credentials come.

use clap::{Args, ValueHint};

use super::aws::AwsArgs;
use crate::domain::secret::Secret;

/// The connector's credentials: exactly one source, never mixed.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Credentials (one source; else AWS_ACCESS_KEY_ID, …)")]
pub(crate) struct CredentialArgs {
    /// None: the bucket is public
    #[arg(long)]
    pub(crate) anonymous: bool,

    /// The platform's own credentials; dedicated deployments only
    #[arg(long, hide_short_help = true)]
    pub(crate) ambient_credentials: bool,

    /// The access key id
    #[arg(long, value_name = "ID", visible_alias = "access-key-id")]
    pub(crate) key: Option<String>,

    /// The secret access key; seen by ps and the shell's history: better --secret-file
    #[arg(long, hide_short_help = true, value_name = "VALUE", visible_alias = "secret-access-key", value_parser = secret)]
    pub(crate) secret: Option<Secret>,

    /// Read the secret access key from a file
    #[arg(long, value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    pub(crate) secret_file: Option<String>,

    /// The session token of STS credentials; better --token-file
    #[arg(long, hide_short_help = true, value_name = "VALUE", visible_alias = "session-token", value_parser = secret)]
    pub(crate) token: Option<Secret>,

    /// Read the session token from a file
    #[arg(long, value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    pub(crate) token_file: Option<String>,

    /// Read all from what AWS's tools printed
    ///
    /// The JSON of `aws sts assume-role` and a credential_process, what `aws configure
    /// export-credentials` printed, an AWS profile (INI) or AWS's CSV
    #[arg(long, value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    pub(crate) credentials_file: Option<String>,

    #[command(flatten)]
    pub(crate) aws: AwsArgs,
}

fn secret(text: &str) -> Result<Secret, String> {
    Ok(Secret::new(text))
}

impl CredentialArgs {
    /// The sources that flags name, as the user knows them.
    pub(crate) fn named(&self) -> Vec<&'static str> {
        let keys = self.key.is_some()
            || self.secret.is_some()
            || self.secret_file.is_some()
            || self.token.is_some()
            || self.token_file.is_some();
        [
            (self.anonymous, "--anonymous"),
            (self.ambient_credentials, "--ambient-credentials"),
            (keys, "--key"),
            (self.credentials_file.is_some(), "--credentials-file"),
            (self.aws.is_given(), "--aws"),
        ]
        .into_iter()
        .filter_map(|(given, name)| given.then_some(name))
        .collect()
    }

    /// The file that they come from, where it can be read again.
    pub(crate) fn renewable_file(&self) -> Option<&str> {
        self.credentials_file.as_deref().filter(|file| *file != "-")
    }
}
