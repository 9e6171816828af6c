//! Why AWS gives no credentials: its own code, words and request id, and a hint that fits them.

use std::error::Error as StdError;

use aws_sdk_sts::error::{DisplayErrorContext, ErrorMetadata, ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::RequestId;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityError;
use serde::Deserialize;

use crate::domain::secret::MASK;
use crate::error::{Category, Error};

/// What to do where no source had anything.
pub(super) const CHAIN_HINT: &str = "sign in (aws sso login), name a profile (--aws-profile \
    NAME, or AWS_PROFILE), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";

/// What a service said.
struct Said {
    code: String,
    words: String,
    request_id: Option<String>,
    /// Whether it was asked for a role.
    of_role: bool,
}

/// A failure of the chain: of a service that one of its sources asked, or of the source itself.
pub(super) fn of_chain(error: &(dyn StdError + 'static)) -> Error {
    let why = "AWS's chain gave no credentials";
    if let Some(said) = said(error) {
        let (category, hint) = meaning(&said.code, said.of_role);
        let why = if said.of_role { "cannot assume the role of the AWS profile" } else { why };
        return Error {
            request_id: said.request_id.clone(),
            ..Error::new(category, format!("{why}: {}", said.text())).hint(hint)
        };
    }
    let text = short(&DisplayErrorContext(error).to_string());
    let hint = match text.contains("external process") {
        true => "run the profile's credential_process by hand",
        false => CHAIN_HINT,
    };
    Error::usage(format!("{why}: {text}")).hint(hint)
}

/// That AWS does not say whose credentials these are.
pub(super) fn of_identity(error: &SdkError<GetCallerIdentityError>) -> Error {
    let what = "STS does not say whose credentials these are";
    let Some(said) = said(error) else { return unreached(what, error) };
    let (category, hint) = meaning(&said.code, false);
    Error {
        request_id: error.request_id().map(str::to_owned),
        ..Error::new(category, format!("{what}: {}", said.text())).hint(hint)
    }
}

fn unreached(what: &str, error: &(dyn StdError + 'static)) -> Error {
    let text = short(&DisplayErrorContext(error).to_string());
    Error::new(Category::Unavailable, format!("{what}: {text}"))
        .hint("is STS reached from here? See AWS_REGION, AWS_ENDPOINT_URL and HTTPS_PROXY")
}

/// A refusal to let a role be assumed.
pub(super) fn of_role(arn: &str, error: &SdkError<AssumeRoleError>) -> Error {
    let what = format!("cannot assume {arn}");
    let Some(said) = said(error).or_else(|| bare(error)) else {
        return unreached(&what, error);
    };
    let (category, hint) = meaning(&said.code, true);
    Error {
        request_id: said.request_id.clone(),
        ..Error::new(category, format!("{what}: {}", said.text())).hint(hint)
    }
}

impl Said {
    fn text(&self) -> String {
        match self.words.as_str() {
            "" => self.code.clone(),
            words => format!("{}: {}", self.code, masked(words)),
        }
    }
}

/// What a service said, anywhere among the causes of an error.
fn said(error: &(dyn StdError + 'static)) -> Option<Said> {
    let causes = || {
        std::iter::successors(Some(error), |error: &&(dyn StdError + 'static)| (*error).source())
    };
    let of = |meta: &ErrorMetadata, request_id: Option<&str>, of_role| {
        let code = meta.code().filter(|code| !code.is_empty())?.to_owned();
        let words = meta.message().unwrap_or_default().to_owned();
        let request_id = request_id.or(meta.request_id()).map(str::to_owned);
        Some(Said { code, words, request_id, of_role })
    };
    // With the answer's headers, where it is known whose error it is.
    let assumed = causes().find_map(|cause| {
        if let Some(error) = cause.downcast_ref::<SdkError<AssumeRoleError>>() {
            return of(error.meta(), error.request_id(), true);
        }
        let error = cause.downcast_ref::<SdkError<AssumeRoleWithWebIdentityError>>()?;
        of(error.meta(), error.request_id(), true)
    });
    assumed.or_else(|| {
        causes().find_map(|cause| of(cause.downcast_ref::<ErrorMetadata>()?, None, false))
    })
}

/// What the STS of Ceph says: as S3 does, where the SDK looks for an `ErrorResponse` around it.
fn bare(error: &SdkError<AssumeRoleError>) -> Option<Said> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Bare {
        code: String,
        #[serde(default)]
        message: String,
        request_id: Option<String>,
    }
    let body = error.raw_response()?.body().bytes()?;
    let read: Bare = quick_xml::de::from_str(std::str::from_utf8(body).ok()?).ok()?;
    let (code, words) = (read.code, read.message);
    (!code.is_empty()).then_some(Said { code, words, request_id: read.request_id, of_role: true })
}

/// The category of a service's code, and what to do. Codes: AWS STS API Reference, "AssumeRole" and
/// "Common errors"; IAM Identity Center Portal API Reference, "GetRoleCredentials".
fn meaning(code: &str, of_role: bool) -> (Category, &'static str) {
    match code {
        "NoSuchEntity" if of_role => (Category::Auth, "is there a role of this name?"),
        "AccessDenied" if of_role => (
            Category::Auth,
            "the role's trust policy must allow you (and name the --external-id, where it asks for \
             one), and your own policy sts:AssumeRole on it",
        ),
        "ExpiredToken" | "ExpiredTokenException" => {
            (Category::Auth, "your own AWS credentials have expired: sign in again (aws sso login)")
        }
        "UnauthorizedException" | "InvalidGrantException" => {
            (Category::Auth, "the session of IAM Identity Center has ended: aws sso login")
        }
        "ForbiddenException" | "AccessDenied" | "AccessDeniedException" => {
            (Category::Auth, "you are not allowed to: ask who manages your AWS account")
        }
        "InvalidIdentityToken" | "IDPRejectedClaim" => (
            Category::Auth,
            "the token in AWS_WEB_IDENTITY_TOKEN_FILE is not one that the role's trust policy knows",
        ),
        "InvalidClientTokenId" | "SignatureDoesNotMatch" | "UnrecognizedClientException" => {
            (Category::Auth, "your own AWS credentials are wrong: see aws sts get-caller-identity")
        }
        "MalformedPolicyDocument" | "PackedPolicyTooLarge" => (
            Category::Usage,
            "the session policy is not accepted: --no-scope assumes the role without one",
        ),
        "ValidationError" => (
            Category::Usage,
            "--duration must be at least 15m and at most the role's maximum (1h by default, and \
             always where a role assumes a role)",
        ),
        _ => (Category::Unavailable, "try again later"),
    }
}

/// The SDK tells an error by its whole chain of causes, and then its internals: the last is cut. So
/// is what a credential process wrote, all of which may be a secret.
fn short(text: &str) -> String {
    let text = text.split(" (").next().unwrap_or(text);
    let text = text.split(" Stderr:").next().unwrap_or(text);
    let parse = "could not parse response";
    let text = text.find(parse).map_or(text, |at| &text[..at + parse.len()]);
    let line: String = text.lines().next().unwrap_or(text).chars().take(300).collect();
    masked(&line)
}

/// What looks like a secret is masked: a service may quote what it was given.
fn masked(text: &str) -> String {
    let words = text.split(' ').map(|word| if may_be_key(word) { MASK } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// Whether a word is as long and mixed as keys are, and neither a URL nor an ARN.
fn may_be_key(word: &str) -> bool {
    let has = |kind: fn(&char) -> bool| word.chars().any(|c| kind(&c));
    word.len() >= 16
        && has(char::is_ascii_digit)
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
        && !word.contains("://")
        && !word.starts_with("arn:")
}
