//! The platform's reasons: since July 2026 bare class names, each of which hides many causes.
//!
//! Source: `unstructured-ingest` 1.7.3 to 1.12.0, `safe_error_summary` and the connector's
//! `wrap_error`, over the tables of s3fs, `errors.py`.

use super::cause::{Cause, cause};

/// An STS key whose token was left out.
pub(super) static MISSING_TOKEN: Cause = cause(
    "missing_token",
    &[],
    &[],
    "an ASIA… key is temporary, and unknown to S3 without its session token",
    "give all three values of the same answer of STS: --key, --secret-file and --token-file",
);

/// Reasons that tell their cause.
pub(super) const CERTAIN: [Cause; 4] = [
    cause(
        "ambient_off",
        &["allow_ambient_credentials_s3"],
        &[],
        "this deployment's operator has not switched ambient credentials on",
        "the operator sets ALLOW_AMBIENT_CREDENTIALS_S3=true in the platform's environment; else \
         give keys: {update} --key ID --secret-file FILE",
    ),
    cause(
        "no_method",
        &["no authentication method"],
        &[],
        "the platform found no way to authenticate that it allows",
        "give keys (--key, --secret-file), or --anonymous for a public bucket; \
         --ambient-credentials works on dedicated deployments only",
    ),
    cause(
        "trailers",
        &["errno=38"],
        &[],
        "the S3 server is too old for the checksums that the connector sends after a file",
        "update the S3 server, or reach it over http:// from within its network, where no trailer is \
         sent",
    ),
    cause(
        "method",
        &["errno=1)", "[errno 1]"],
        &[],
        "the endpoint does not speak S3's API (405): a web console, a website's endpoint, or a proxy",
        "give the API's address in --endpoint-url: MinIO's console and API have different ports",
    ),
];

/// Reasons that hide their cause: what they usually mean, the likeliest first.
pub(super) const BARE: [Cause; 8] = [
    cause(
        "refused_by_s3",
        &["permissionerror"],
        &[],
        "S3 refused the credentials, and the platform does not say why: {likely}",
        "to tell which, try the same from here: {preflight}",
    ),
    cause(
        "bad_request",
        &["errno=22", "errno 22"],
        &[],
        "S3 did not understand the request: a session token of another key, a region that does not \
         fit the endpoint, or a bucket's name that cannot be",
        "to tell which, try the same from here: {preflight}",
    ),
    cause(
        "empty_folder",
        &["file not found", "filenotfounderror"],
        &[],
        "{not_found}",
        "to tell which, try the same from here: {preflight}; what was made just now: {again}",
    ),
    cause(
        "redirected",
        &["errno=78", "errno 78"],
        &[],
        "the bucket {bucket} is in another region than the endpoint, or was made just now",
        "give the address of its region (--endpoint-url https://s3.REGION.amazonaws.com), or none; \
         after making a bucket: {again}",
    ),
    cause(
        "busy",
        &["errno=16", "errno 16"],
        &[],
        "S3 was busy, or the bucket is just being made or deleted",
        "{again}",
    ),
    cause(
        "server_error",
        &["errno=121", "errno 121"],
        &[],
        "the S3 server failed, or did not answer in time",
        "{again}",
    ),
    cause(
        "kms_or_other",
        &["errno=5)", "[errno 5]"],
        &[],
        "S3 refused for a reason that the connector has no word for: often the bucket's KMS key \
         (kms:GenerateDataKey is lacking, or the key is disabled)",
        "to see S3's own words, try the same from here: {preflight}",
    ),
    cause(
        "unexplained",
        &["oserror", "clienterror", "exception"],
        &[],
        "the platform names a class of errors, and not the error",
        "to see S3's own words, try the same from here: {preflight}",
    ),
];
