//! AccessDenied, which has more causes than words: told apart by what was tried, and with what.

use jiff::SignedDuration;

use super::case::{Case, Operation};
use super::cause::{Cause, cause};
use crate::domain::kind::Kind;
use crate::domain::s3::auth::AuthKind;
use crate::domain::s3::symptom::Symptom;

static ANONYMOUS: Cause = cause(
    "not_public",
    &[],
    &[],
    "the bucket {bucket} is not public: {permission} without credentials is denied",
    "give keys instead of --anonymous",
);

/// The same by the platform's check, which does not pass S3's words on.
pub(super) static ANONYMOUS_CHECK: Cause = cause(
    "not_public",
    &[],
    &[],
    "the bucket {bucket} is not public: {permission} without credentials is denied",
    "give keys instead of --anonymous; to see S3's own words, try the same from here: {preflight}",
);

static WRITE: Cause = cause(
    "write_denied",
    &[],
    &[],
    "the credentials lack s3:PutObject on {resource}, or a policy of the bucket or of its encryption \
     key denies it{or_secret}",
    "grant it to the user or role: {statement}. A policy that was changed just now can take minutes \
     to work everywhere ({again})",
);

static LIST_FOR_UPLOADS: Cause = cause(
    "list_denied",
    &[],
    &[],
    "the credentials lack s3:ListBucket on {resource}: the platform's check will pass, for it only \
     writes, and its jobs will fail, for each upload lists first",
    "grant it to the user or role: {statement}",
);

static LIST: Cause = cause(
    "list_denied",
    &[],
    &[],
    "the credentials lack s3:ListBucket on {resource} for this folder, or the bucket's policy denies \
     it{or_secret}",
    "grant it to the user or role: {statement}. A policy that was changed just now can take minutes \
     to work everywhere ({again})",
);

static READ: Cause = cause(
    "read_denied",
    &[],
    &[],
    "the credentials may list, but lack s3:GetObject on {resource}, or the files' encryption key is \
     not theirs to use",
    "grant it to the user or role: {statement}",
);

static REMOVE: Cause = cause(
    "remove_denied",
    &[],
    &[],
    "the credentials lack s3:DeleteObject on {resource}, which the platform does not need",
    "nothing: remove s3://{bucket}/{folder}_empty by hand, if it is in the way",
);

static SOURCE: Cause = cause(
    "read_denied",
    &[],
    &[],
    "the credentials lack s3:ListBucket on the bucket or s3:GetObject on {resource}, or the bucket's \
     policy denies it",
    "grant them to the user or role: {statement}. A policy that was changed just now can take \
     minutes to work everywhere ({again})",
);

/// A source's folder in a bucket that is there.
pub(super) static EMPTY: Cause = cause(
    "empty_folder",
    &[],
    &[],
    "the folder s3://{bucket}/{folder} is empty or is not there; the bucket is",
    "put a file there, or correct the remote URL",
);

/// The cause of a refusal that names no other.
pub(super) fn of(
    symptom: &Symptom,
    operation: Operation,
    case: &Case<'_>,
) -> Option<&'static Cause> {
    let is = ["AccessDenied", "AccessDeniedException", "AllAccessDenied", "Forbidden", "403"];
    if !is.contains(&symptom.code.as_str()) && !matches!(symptom.status, Some(401 | 403)) {
        return None;
    }
    Some(match (operation, case.kind) {
        _ if case.auth == AuthKind::Anonymous => &ANONYMOUS,
        (Operation::Write, _) => &WRITE,
        (Operation::List, Kind::Destination) => &LIST_FOR_UPLOADS,
        (Operation::List, Kind::Source) => &LIST,
        (Operation::Read, _) => &READ,
        (Operation::Remove, _) => &REMOVE,
    })
}

/// The same where it is not known what was tried.
pub(super) fn in_general(case: &Case<'_>) -> &'static Cause {
    match case.kind {
        _ if case.auth == AuthKind::Anonymous => &ANONYMOUS,
        Kind::Destination => &WRITE,
        Kind::Source => &SOURCE,
    }
}

/// What is behind a refusal whose reason is not given, the likeliest first by what is known.
pub(super) fn likely(case: &Case<'_>) -> String {
    let permission = match case.kind {
        Kind::Destination => "s3:PutObject is lacking",
        Kind::Source => "s3:ListBucket or s3:GetObject is lacking",
    };
    let expired = case.expires_at.filter(|end| *end <= case.now);
    let mut causes = Vec::new();
    if let Some(end) = expired {
        causes.push(format!("the session token expired at {end}"));
    }
    if case.just_written {
        causes.push("the secret does not belong to the key".into());
        causes.push("the key id is mistyped".into());
    }
    let soon = SignedDuration::from_secs(60);
    let may_expire = case.expires_at.is_none_or(|end| end.duration_since(case.now) < soon);
    if expired.is_none() && case.auth == AuthKind::Sts && may_expire {
        causes.push("the session token has expired".into());
    }
    causes.push(permission.into());
    // The platform's own may lack a permission only.
    if !case.just_written && case.auth != AuthKind::Ambient {
        causes.push("the key was deleted or its secret is wrong".into());
    }
    match causes.pop() {
        Some(last) if causes.is_empty() => last,
        Some(last) => format!("{}, or {last}", causes.join(", ")),
        None => permission.into(),
    }
}
