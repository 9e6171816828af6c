//! What the platform says of a check that failed.
//!
//! Source: the connector that it runs, PyPI `unstructured-ingest` 1.12.0, and below it s3fs, whose
//! table turns S3's codes into Python's exceptions. Since 1.7.3 the connector names the exception's
//! class alone; before, it repeated what S3 said.

use anyhow::{Error, bail};
use std::str::FromStr;

/// How reasons are worded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reasons {
    /// By the class of the exception, as since July 2026: `UserAuthError: PermissionError`.
    #[default]
    New,
    /// By S3's own message, as before: `UserAuthError: Access Denied`.
    Old,
}

impl FromStr for Reasons {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "new" => Ok(Self::New),
            "old" => Ok(Self::Old),
            _ => bail!("'{text}' is neither 'new' nor 'old'"),
        }
    }
}

/// Why a check failed.
pub(super) enum Failure {
    /// S3 answered with an error.
    S3 { status: u16, code: String, message: String, region: Option<String> },
    /// No answer of S3's is behind it.
    Other(String),
}

impl Failure {
    pub(super) fn reason(self, reasons: Reasons) -> String {
        match self {
            Self::Other(reason) => reason,
            Self::S3 { status, code, message, .. } => match reasons {
                Reasons::New => by_class(status, &code, &message),
                Reasons::Old => by_message(status, &code, &message),
            },
        }
    }
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Self::Other(reason)
    }
}

fn by_class(status: u16, code: &str, message: &str) -> String {
    let class = match errno(code) {
        None if NOT_FOUND.contains(&code) => {
            return format!("UserError: File not found: {message}");
        }
        None if code == "RequestTimeout" => "TimeoutError".into(),
        None => return "UserAuthError: PermissionError".into(),
        // Python makes a PermissionError of this one by itself.
        Some(1) => return "UserAuthError: PermissionError(errno=1)".into(),
        Some(number) => format!("OSError(errno={number})"),
    };
    let whose = if status < 500 { "UserError" } else { "ProviderError" };
    format!("{whose}: {class}")
}

fn by_message(status: u16, code: &str, message: &str) -> String {
    match (code, status) {
        _ if NOT_FOUND.contains(&code) => format!("UserError: File not found: {message}"),
        ("ExpiredToken", _) | (_, 403) => format!("UserAuthError: {message}"),
        (_, 500..) => format!("ProviderError: {message}"),
        _ => format!("UserError: {message}"),
    }
}

const NOT_FOUND: [&str; 5] = ["NoSuchBucket", "NoSuchKey", "NoSuchUpload", "NoSuchVersion", "404"];

/// The number of the `OSError` that s3fs makes of a code, on Linux; none where it makes another
/// exception.
fn errno(code: &str) -> Option<u8> {
    Some(match code {
        "AccessDenied"
        | "AccountProblem"
        | "AllAccessDisabled"
        | "CrossLocationLoggingProhibited"
        | "ExpiredToken"
        | "IllegalLocationConstraintException"
        | "InvalidAccessKeyId"
        | "InvalidObjectState"
        | "InvalidPayer"
        | "InvalidSecurity"
        | "NotSignedUp"
        | "RequestTimeTooSkewed"
        | "RequestTimeout"
        | "SignatureDoesNotMatch"
        | "403" => return None,
        code if NOT_FOUND.contains(&code) => return None,
        "InvalidBucketState" | "MethodNotAllowed" | "405" => 1,
        "OperationAborted"
        | "RestoreAlreadyInProgress"
        | "ServiceUnavailable"
        | "SlowDown"
        | "409"
        | "503" => 16,
        "AuthorizationHeaderMalformed"
        | "BadDigest"
        | "CredentialsNotSupported"
        | "IncompleteBody"
        | "InvalidAddressingHeader"
        | "InvalidArgument"
        | "InvalidBucketName"
        | "InvalidDigest"
        | "InvalidLocationConstraint"
        | "InvalidRange"
        | "InvalidRequest"
        | "InvalidStorageClass"
        | "InvalidToken"
        | "InvalidURI"
        | "MalformedPOSTRequest"
        | "MalformedXML"
        | "MissingContentLength"
        | "MissingRequestBodyError"
        | "MissingSecurityElement"
        | "MissingSecurityHeader"
        | "PreconditionFailed"
        | "TokenRefreshRequired"
        | "UnexpectedContent"
        | "400"
        | "412"
        | "416" => 22,
        "KeyTooLongError" => 36,
        "NotImplemented" | "501" => 38,
        "PermanentRedirect" | "Redirect" | "TemporaryRedirect" | "301" | "307" => 78,
        "EntityTooLarge" | "MaxMessageLengthExceeded" | "MetadataTooLarge" => 90,
        "InternalError" | "500" => 121,
        _ => 5,
    })
}
