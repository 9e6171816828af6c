//! What a failed check means and what to do, by the words of its reason.
//!
//! Reasons are the connector's own words or botocore's, and no list of them exists: what is not
//! recognised is said to be so. Codes: Amazon S3 API Reference, "Error responses".

use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::domain::names::quoted;

/// Words that reasons hold, in lower case, and what they come from.
const CAUSES: [(&[&str], Cause); 10] = [
    (&["expiredtoken", "token has expired", "token is expired"], Cause::Expired),
    (&["invalidtoken", "token is malformed", "token included in the request"], Cause::Token),
    (&["invalidaccesskeyid", "access key id you provided does not exist"], Cause::KeyId),
    (&["signaturedoesnotmatch", "signature we calculated"], Cause::Signature),
    (&["nosuchbucket", "bucket does not exist"], Cause::NoBucket),
    (
        &["permanentredirect", "authorizationheadermalformed", "must be addressed", "(301)"],
        Cause::Region,
    ),
    (&["no authentication method", "ambient"], Cause::NoMethod),
    (&["accessdenied", "access denied", "forbidden", "(403)"], Cause::Denied),
    (&["could not connect", "connection", "resolve", "timed out", "timeout"], Cause::Unreachable),
    (&["slowdown", "reduce your request rate", "internalerror"], Cause::Busy),
];

#[derive(Clone, Copy)]
enum Cause {
    Expired,
    Token,
    KeyId,
    Signature,
    NoBucket,
    Region,
    NoMethod,
    Denied,
    Unreachable,
    Busy,
}

/// What the reason of a connector's failed check usually means, and the mend.
pub fn of_check(reason: &str, connector: &Connector) -> String {
    let kind = if connector.kind == Kind::Source { " --kind source" } else { "" };
    let name = quoted(connector.name());
    of(
        reason,
        connector,
        &format!("check it again, for a while: uns3 test {name}{kind} --retry-for 2h"),
    )
}

/// The same, where another command than a check is what may pass later: `again` says which.
pub fn of(reason: &str, connector: &Connector, again: &str) -> String {
    let reason = reason.to_lowercase();
    let known = CAUSES.iter().find(|(words, _)| words.iter().any(|word| reason.contains(word)));
    let Some((_, cause)) = known else {
        return format!(
            "uns3 does not know this reason: compare the settings (uns3 get {}) with the bucket's",
            quoted(connector.name())
        );
    };
    explain(*cause, connector, again)
}

fn explain(cause: Cause, connector: &Connector, again: &str) -> String {
    let bucket = connector.bucket().unwrap_or("?");
    let name = quoted(connector.name());
    match cause {
        Cause::Expired => format!(
            "the session token has expired: get new STS credentials and write all three values \
             (uns3 update {name} --credentials-file FILE; to replace them in time: uns3 rotate)"
        ),
        Cause::Token => "the session token is not the one of this key: key, secret and token must \
             come from the same answer of STS; write all three anew (uns3 update, uns3 rotate)"
            .into(),
        Cause::KeyId => "no such access key: it was deleted, mistyped, belongs to another S3 \
             server (--endpoint-url), or is an STS key without its token"
            .into(),
        Cause::Signature => format!(
            "the secret does not belong to the key: write both anew (uns3 update {name} --key ID \
             --secret-file FILE)"
        ),
        Cause::NoBucket => format!(
            "there is no bucket {bucket:?}: mistyped, or on another S3 server (--endpoint-url), or \
             made just now: S3 can take minutes to hours to know a new bucket everywhere \
             ({again})"
        ),
        Cause::Region => format!(
            "the bucket {bucket:?} is in another region than the one that was asked: give its \
             region's address, such as --endpoint-url https://s3.eu-west-1.amazonaws.com"
        ),
        Cause::NoMethod => "the platform found no way to authenticate that it allows: give keys \
             (--key, --secret-file), or --anonymous for a public bucket; --ambient-credentials \
             works on dedicated deployments only"
            .into(),
        Cause::Denied => format!(
            "{}; a policy that was changed just now can take minutes to work everywhere \
             ({again})",
            lacking(connector.kind, bucket)
        ),
        Cause::Unreachable => {
            "the platform does not reach the S3 server: check --endpoint-url and \
             that the server can be reached from outside your network"
                .into()
        }
        Cause::Busy => format!("S3 was busy or failed ({again})"),
    }
}

fn lacking(kind: Kind, bucket: &str) -> String {
    match kind {
        Kind::Destination => format!(
            "the credentials lack s3:PutObject on arn:aws:s3:::{bucket}/*, or the bucket's policy \
             or its encryption key's denies it"
        ),
        Kind::Source => format!(
            "the credentials lack s3:ListBucket on arn:aws:s3:::{bucket} or s3:GetObject on \
             arn:aws:s3:::{bucket}/*, or the bucket's policy denies it"
        ),
    }
}
