//! What is known of a failure beside what was said: the connector, and what was tried.

use jiff::Timestamp;

use crate::domain::kind::Kind;
use crate::domain::s3::auth::AuthKind;
use crate::domain::s3::grants::{Access, Grant};
use crate::domain::s3::pattern::Dialect;
use crate::domain::s3::region;

/// What was tried when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A file was written.
    Write,
    /// The folder was listed.
    List,
    /// A file was read.
    Read,
    /// A file was removed.
    Remove,
}

impl Operation {
    /// The permission that it takes.
    pub(crate) fn permission(self) -> &'static str {
        match self {
            Self::Write => "s3:PutObject",
            Self::List => "s3:ListBucket",
            Self::Read => "s3:GetObject",
            Self::Remove => "s3:DeleteObject",
        }
    }
}

/// What is known of the connector, or of what is to become one.
#[derive(Clone, Debug)]
pub(crate) struct Case<'a> {
    pub(crate) kind: Kind,
    pub(crate) bucket: &'a str,
    /// With a slash at its end; empty for the whole bucket.
    pub(crate) folder: &'a str,
    pub(crate) endpoint_url: Option<&'a str>,
    pub(crate) auth: AuthKind,
    /// The key id, where it is known.
    pub(crate) key_id: Option<&'a str>,
    /// When the credentials end, and what time it is.
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) now: Timestamp,
    /// Whether the credentials were written a short while ago.
    pub(crate) just_written: bool,
    /// The connector's name, quoted for a shell, where there is one.
    pub(crate) name: Option<String>,
    /// What may pass later, in words: `check it again: uns3 test x --retry-for 2h`.
    pub(crate) again: String,
}

impl Case<'_> {
    /// What the connector needs here.
    pub(crate) fn grant(&self) -> Grant {
        let host = self.endpoint_url.and_then(|url| url::Url::parse(url).ok());
        let region = host.as_ref().and_then(|url| url.host_str());
        let region = region.and_then(region::of_host).unwrap_or("us-east-1");
        let access = match self.kind {
            Kind::Source => Access::Read,
            Kind::Destination => Access::Write,
        };
        Grant {
            partition: region::partition_of(region).into(),
            bucket: self.bucket.into(),
            folder: self.folder.into(),
            access,
            dialect: Dialect::of(self.endpoint_url),
        }
    }

    pub(super) fn is_aws(&self) -> bool {
        region::is_aws_endpoint(self.endpoint_url)
    }

    /// Whether the key is one of STS, which nothing knows without its token.
    pub(super) fn lacks_token(&self) -> bool {
        self.auth == AuthKind::Keys && self.key_id.is_some_and(|id| id.starts_with("ASIA"))
    }

    pub(super) fn kind_flag(&self) -> &'static str {
        if self.kind == Kind::Source { " --kind source" } else { "" }
    }

    /// The permission that an operation takes, or, where that is not known, those of a check.
    pub(super) fn permission(&self, operation: Option<Operation>) -> String {
        match operation {
            Some(operation) => operation.permission().into(),
            None => match self.kind {
                Kind::Destination => "s3:PutObject".into(),
                Kind::Source => "s3:ListBucket or s3:GetObject".into(),
            },
        }
    }

    pub(super) fn not_found(&self) -> String {
        let Self { bucket, folder, .. } = self;
        match self.kind {
            Kind::Source => format!(
                "the folder s3://{bucket}/{folder} is empty or is not there; or, less likely, there \
                 is no bucket {bucket}"
            ),
            Kind::Destination => format!(
                "there is no bucket {bucket}: mistyped, on another S3 server (--endpoint-url), or \
                 made just now"
            ),
        }
    }
}
