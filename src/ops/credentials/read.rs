//! Keys as flags and files give them.

use crate::args::credentials::CredentialArgs;
use crate::context::Context;
use crate::domain::s3::credentials::{self, Keys};
use crate::domain::secret::Secret;
use crate::error::Error;

/// The keys that `--key` and its companions name, or all that is wrong with them.
pub(super) fn keys(context: &Context, flags: &CredentialArgs) -> Result<Keys, Vec<String>> {
    let mut problems = Vec::new();
    if flags.key.is_none() {
        problems.push("a secret or token needs its access key id: --key ID".into());
    }
    match (&flags.secret, &flags.secret_file) {
        (None, None) => problems.push("a key needs its secret: --secret-file FILE|-".into()),
        (Some(_), Some(_)) => problems.push("--secret and --secret-file: give one".into()),
        _ => {}
    }
    if flags.token.is_some() && flags.token_file.is_some() {
        problems.push("--token and --token-file: give one".into());
    }
    let dash = |file: &Option<String>| file.as_deref() == Some("-");
    if dash(&flags.secret_file) && dash(&flags.token_file) {
        problems.push("only one flag can read from standard input (-)".into());
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if flags.secret.is_some() || flags.token.is_some() {
        context.output.warn(
            "a secret on the command line is seen by ps and kept in the shell's history: \
                 --secret-file and --token-file are safer",
        );
    }
    let mut read = |value: &Option<Secret>, file: &Option<String>, what| match (value, file) {
        (Some(value), _) => Some(context.learnt(value.expose())),
        (None, Some(file)) => {
            context.read_secret(file, what).map_err(|error| problems.push(with_hint(error))).ok()
        }
        (None, None) => None,
    };
    let secret = read(&flags.secret, &flags.secret_file, "the secret");
    let token = read(&flags.token, &flags.token_file, "the session token");
    let id = flags.key.as_deref().unwrap_or_default().trim().to_owned();
    match secret {
        Some(secret) if problems.is_empty() => Ok(Keys { id, secret, token, expires: None }),
        _ => Err(problems),
    }
}

/// The keys in the file that `--credentials-file` names.
pub(super) fn file(context: &Context, flags: &CredentialArgs) -> Result<Keys, String> {
    let file = flags.credentials_file.as_deref().unwrap_or_default();
    let text = context.read_secret(file, "credentials").map_err(with_hint)?;
    let named = if file == "-" { "standard input".into() } else { format!("{file:?}") };
    credentials::parse(text.expose()).map_err(|problem| format!("{named} {problem}"))
}

fn with_hint(error: Error) -> String {
    match error.hints_joined() {
        Some(hint) => format!("{}: {hint}", error.message),
        None => error.message,
    }
}
