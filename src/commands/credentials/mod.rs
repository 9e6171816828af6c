//! The flags by which a connector's credentials come, and the one source that they name.

mod aws;

use clap::{Args, ValueHint};

use crate::context::Context;
use crate::domain::credentials::{self, Auth, ENVIRONMENT, Keys};
use crate::domain::secret::Secret;
use crate::error::Error;

use aws::AwsArgs;
pub use aws::AwsGiven;

/// The connector's credentials: exactly one source, never mixed.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Credentials (one source; else AWS_ACCESS_KEY_ID and its kin)")]
pub struct CredentialArgs {
    /// No credentials: the bucket is public
    #[arg(long)]
    anonymous: bool,

    /// The platform's own credentials; dedicated deployments only
    #[arg(long)]
    ambient_credentials: bool,

    /// The access key id
    #[arg(long, value_name = "ID", visible_alias = "access-key-id")]
    key: Option<String>,

    /// The secret access key; seen by ps and the shell's history: better --secret-file
    #[arg(long, value_name = "VALUE", visible_alias = "secret-access-key", value_parser = secret)]
    secret: Option<Secret>,

    /// Read the secret access key from a file, or from standard input
    #[arg(long, value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    secret_file: Option<String>,

    /// The session token of STS credentials; better --token-file
    #[arg(long, value_name = "VALUE", visible_alias = "session-token", value_parser = secret)]
    token: Option<Secret>,

    /// Read the session token from a file, or from standard input
    #[arg(long, value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    token_file: Option<String>,

    /// Read all from what `aws sts assume-role`, a credential_process or `aws configure
    /// export-credentials --format env` printed
    #[arg(long, value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    credentials_file: Option<String>,

    #[command(flatten)]
    aws: AwsArgs,
}

fn secret(text: &str) -> Result<Secret, String> {
    Ok(Secret::new(text))
}

/// What has to be said where a source is needed and none is given.
pub const SOURCES: &str = "--key ID with --secret-file FILE (and --token-file FILE for STS), \
    --credentials-file FILE, --aws (with --role-arn ARN for a role), --anonymous, \
    --ambient-credentials, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment";

/// The source that flags name: credentials that are there, or AWS, which is asked when it is
/// known what they are for.
#[derive(Clone, Debug)]
pub enum Given {
    /// Credentials, or none by intent.
    Fixed(Auth),
    /// AWS's chain, and perhaps a role.
    Aws(AwsGiven),
}

impl CredentialArgs {
    /// The sources that flags name, as the user knows them.
    fn named(&self) -> Vec<&'static str> {
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

    /// The source that flags name, `None` where they name none, or all that is wrong.
    pub fn from_flags(
        &self,
        context: &Context,
        custom_endpoint: bool,
    ) -> Result<Option<Given>, Vec<String>> {
        let keys = match self.named().as_slice() {
            [] => return Ok(None),
            ["--anonymous"] => return Ok(Some(Given::Fixed(Auth::Anonymous))),
            ["--ambient-credentials"] => return Ok(Some(Given::Fixed(Auth::Ambient))),
            ["--aws"] => return Ok(Some(Given::Aws(self.aws.given()))),
            ["--key"] => self.keys(context)?,
            [_file] => self.keys_of_file(context).map_err(|problem| vec![problem])?,
            several => {
                let several = several.join(" and ");
                return Err(vec![format!(
                    "{several} are several sources of credentials: give one"
                )]);
            }
        };
        checked(context, keys, custom_endpoint).map(|auth| Some(Given::Fixed(auth)))
    }

    /// Whether they come from a file that can be read again.
    pub fn is_renewable_file(&self) -> bool {
        self.credentials_file.as_deref().is_some_and(|file| file != "-")
    }

    fn keys(&self, context: &Context) -> Result<Keys, Vec<String>> {
        let mut problems = Vec::new();
        if self.key.is_none() {
            problems.push("a secret or token needs its access key id: --key ID".into());
        }
        match (&self.secret, &self.secret_file) {
            (None, None) => problems.push("a key needs its secret: --secret-file FILE|-".into()),
            (Some(_), Some(_)) => problems.push("--secret and --secret-file: give one".into()),
            _ => {}
        }
        if self.token.is_some() && self.token_file.is_some() {
            problems.push("--token and --token-file: give one".into());
        }
        let dash = |file: &Option<String>| file.as_deref() == Some("-");
        if dash(&self.secret_file) && dash(&self.token_file) {
            problems.push("only one flag can read from standard input (-)".into());
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        if self.secret.is_some() || self.token.is_some() {
            context.output.warn(
                "a secret on the command line is seen by ps and kept in the shell's history: \
                 --secret-file and --token-file are safer",
            );
        }
        let mut read = |value: &Option<Secret>, file: &Option<String>, what| match (value, file) {
            (Some(value), _) => Some(context.learnt(value.expose())),
            (None, Some(file)) => context
                .read_secret(file, what)
                .map_err(|error| problems.push(with_hint(error)))
                .ok(),
            (None, None) => None,
        };
        let secret = read(&self.secret, &self.secret_file, "the secret");
        let token = read(&self.token, &self.token_file, "the session token");
        let id = self.key.as_deref().unwrap_or_default().trim().to_owned();
        match secret {
            Some(secret) if problems.is_empty() => Ok(Keys { id, secret, token, expires: None }),
            _ => Err(problems),
        }
    }

    fn keys_of_file(&self, context: &Context) -> Result<Keys, String> {
        let file = self.credentials_file.as_deref().unwrap_or_default();
        let text = context.read_secret(file, "credentials").map_err(with_hint)?;
        let named = if file == "-" { "standard input".into() } else { format!("{file:?}") };
        credentials::parse(text.expose()).map_err(|problem| format!("{named} {problem}"))
    }
}

fn with_hint(error: Error) -> String {
    match error.hint {
        Some(hint) => format!("{}: {hint}", error.message),
        None => error.message,
    }
}

/// Credentials from the environment, read as one set; `None` where there are none.
pub fn from_environment(
    context: &Context,
    custom_endpoint: bool,
) -> Result<Option<Auth>, Vec<String>> {
    let values = ENVIRONMENT.map(|name| context.variable(name).map(str::to_owned));
    if values[0].is_none() && values[1].is_none() {
        return Ok(None);
    }
    let keys = credentials::from_environment(values)
        .map_err(|problem| vec![format!("the environment {problem}")])?;
    let id = keys.id.clone();
    let auth = checked(context, keys, custom_endpoint)?;
    context.output.notice(&format!("using the credentials in the environment, key id {id}"));
    Ok(Some(auth))
}

fn checked(context: &Context, keys: Keys, custom_endpoint: bool) -> Result<Auth, Vec<String>> {
    for secret in [Some(&keys.secret), keys.token.as_ref()].into_iter().flatten() {
        context.redactor.learn(secret.expose());
    }
    let problems = keys.problems(custom_endpoint, context.now());
    if problems.is_empty() { Ok(Auth::Keys(keys)) } else { Err(problems) }
}
