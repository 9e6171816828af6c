//! Keys as flags and files give them, or as somebody types them.

use super::judge::Judged;
use crate::args::credentials::CredentialArgs;
use crate::context::Context;
use crate::domain::s3::credential_file::{self, plain};
use crate::domain::s3::credentials::Keys;
use crate::domain::secret::Secret;
use crate::error::{Category, Result};

/// The keys that `--key` and its companions name, or all that is wrong with them.
pub(super) async fn keys(context: &Context, flags: &CredentialArgs) -> Result<Judged<Keys>> {
    let typed = flags.secret.is_none() && flags.secret_file.is_none() && context.can_ask();
    let problems = problems(flags, typed);
    if !problems.is_empty() {
        return Ok(Err(problems));
    }
    if flags.secret.is_some() || flags.token.is_some() {
        context.output.warn(
            "a secret on the command line is seen by ps and kept in the shell's history: \
                 --secret-file and --token-file are safer",
        );
    }
    let id = flags.key.as_deref().unwrap_or_default().trim().to_owned();
    let mut problems = Vec::new();
    let secret = match typed {
        true => Some(context.ask_secret("Secret access key", "--secret-file FILE").await?),
        false => {
            let given = (&flags.secret, &flags.secret_file);
            value(context, given, "the secret", &mut problems).await?
        }
    };
    let given = (&flags.token, &flags.token_file);
    let mut token = value(context, given, "the session token", &mut problems).await?;
    if typed && token.is_none() && problems.is_empty() && id.starts_with("ASIA") {
        // Other S3 servers may give such ids too, and no token.
        let asked = context.ask_secret("Session token (empty: none)", "--token-file FILE").await?;
        token = Some(asked).filter(|token| !token.expose().is_empty());
    }
    Ok(match secret {
        Some(secret) if problems.is_empty() => {
            Ok(Keys { id, secret, token, expires: None, arn: None })
        }
        _ => Err(problems),
    })
}

fn problems(flags: &CredentialArgs, typed: bool) -> Vec<String> {
    let mut problems = Vec::new();
    if flags.key.is_none() {
        problems.push("a secret or token needs its access key id: --key ID".into());
    }
    match (&flags.secret, &flags.secret_file) {
        (None, None) if !typed => {
            problems.push("a key needs its secret: --secret-file FILE|-".into());
        }
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
    problems
}

/// What one of two flags gives, the value itself or its file.
async fn value(
    context: &Context,
    given: (&Option<Secret>, &Option<String>),
    what: &str,
    problems: &mut Vec<String>,
) -> Result<Option<Secret>> {
    match given {
        (Some(value), _) => Ok(Some(context.learnt(value.expose()))),
        (None, Some(file)) => match judged(context.read_secret(file, what).await)? {
            Ok(secret) => Ok(Some(context.learnt(plain(secret.expose())))),
            Err(problem) => {
                problems.push(problem);
                Ok(None)
            }
        },
        (None, None) => Ok(None),
    }
}

/// The keys in a file that holds all of them.
pub(super) async fn file(context: &Context, file: &str) -> Result<Result<Keys, String>> {
    let is_whole =
        |text: &str| text.trim_end().ends_with(['}', ']']) && credential_file::parse(text).is_ok();
    let text = match judged(context.read_lines(file, "credentials", is_whole).await)? {
        Ok(text) => text,
        Err(problem) => return Ok(Err(problem)),
    };
    let named = if file == "-" { "standard input".into() } else { format!("{file:?}") };
    Ok(credential_file::parse(text.expose()).map_err(|problem| format!("{named} {problem}")))
}

/// What is wrong with the input is one problem among others; all else ends the command.
fn judged<T>(read: Result<T>) -> Result<Result<T, String>> {
    match read {
        Ok(value) => Ok(Ok(value)),
        Err(error) if error.category == Category::Usage => Ok(Err(match error.hints_joined() {
            Some(hint) => format!("{}: {hint}", error.message),
            None => error.message,
        })),
        Err(error) => Err(error),
    }
}
