//! What a failure at S3 means and what to do: a table from what a server or the platform said.
//!
//! What is not in the table is said to be unknown; no cause is guessed.

mod causes;
mod codes;
mod connector;
mod denied;
mod reasons;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::domain::kind::Kind;
use crate::domain::s3::auth::AuthKind;
use crate::domain::s3::grants::{Access, Grant};
use crate::domain::s3::pattern::Dialect;
use crate::domain::s3::symptom::{Obstacle, Symptom};

pub(crate) use connector::{case_of, of_check};

/// A row of the table. The texts have places for what is known of the case, such as `{bucket}`.
struct Cause {
    /// Its name in results: stable.
    name: &'static str,
    /// Words by which it is known, in lower case.
    words: &'static [&'static str],
    /// Error codes by which it is known.
    codes: &'static [&'static str],
    meaning: &'static str,
    mend: &'static str,
}

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

/// A cause with its texts made out for the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Diagnosis {
    /// A stable name.
    pub(crate) cause: &'static str,
    /// What it usually means.
    pub(crate) meaning: String,
    /// What to do.
    pub(crate) mend: String,
    /// Whether the cause is told, or one of several.
    pub(crate) certain: bool,
}

impl Diagnosis {
    /// Meaning and mend in one text.
    pub(crate) fn text(&self) -> String {
        format!("{}: {}", self.meaning, self.mend)
    }

    /// The object that results carry.
    pub(crate) fn to_json(&self) -> Value {
        json!({"cause": self.cause, "meaning": self.meaning, "mend": self.mend})
    }
}

/// What the refusal of an operation means.
pub(crate) fn of_symptom(symptom: &Symptom, operation: Operation, case: &Case<'_>) -> Diagnosis {
    let said = symptom.said().to_lowercase();
    let by_words = |cause: &&Cause| cause.words.iter().any(|word| said.contains(word));
    let by_code = |cause: &&Cause| cause.codes.contains(&symptom.code.as_str());
    let region = symptom.region.as_deref();
    let tls = symptom.obstacle == Some(Obstacle::Tls);
    let denied = || denied::of(symptom, operation, case);
    let found = match symptom.obstacle {
        None if symptom.code == "NoSuchKey" && operation == Operation::List => Some(&denied::EMPTY),
        Some(Obstacle::NotS3) => codes::BY_CODE.iter().find(|cause| cause.name == "not_s3"),
        Some(Obstacle::Silence) => causes::BY_WORDS.iter().find(|cause| cause.name == "timeout"),
        _ => causes::BY_WORDS
            .iter()
            .find(by_words)
            .or_else(|| causes::BY_WORDS.iter().find(by_code))
            .or_else(|| codes::BY_CODE.iter().find(by_code))
            .or_else(denied)
            .or_else(|| by_status(symptom.status))
            .or_else(|| codes::BY_CODE.iter().find(by_words))
            .or_else(|| {
                let is_tls = |cause: &&Cause| cause.name == "no_tls";
                causes::BY_WORDS.iter().find(is_tls).filter(|_| tls)
            }),
    };
    match found {
        Some(cause) if cause.name == "unknown_key" && case.lacks_token() => {
            made_out(&reasons::MISSING_TOKEN, Some(operation), region, case, true)
        }
        Some(cause) => made_out(cause, Some(operation), region, case, true),
        None => unknown(case),
    }
}

/// What a reason of the platform's means, in its old words or its new ones.
pub(crate) fn of_reason(reason: &str, case: &Case<'_>) -> Diagnosis {
    let said = reason.to_lowercase();
    let by_words = |cause: &&Cause| cause.words.iter().any(|word| said.contains(word));
    let told = reasons::CERTAIN
        .iter()
        .chain(&causes::BY_WORDS)
        .find(by_words)
        .or_else(|| {
            codes::BY_CODE.iter().filter(|cause| cause.name != "unreachable").find(by_words)
        })
        .or_else(|| {
            let words = ["accessdenied", "access denied", "forbidden", "(403)"];
            words.iter().any(|word| said.contains(word)).then(|| denied::in_general(case))
        });
    if let Some(cause) = told {
        return made_out(cause, None, None, case, true);
    }
    let bare = reasons::BARE.iter().find(by_words);
    let unreachable =
        || codes::BY_CODE.iter().filter(|one| one.name == "unreachable").find(by_words);
    match (bare, unreachable()) {
        (Some(cause), _) => made_out(cause, None, None, case, false),
        (None, Some(cause)) => made_out(cause, None, None, case, true),
        (None, None) => unknown(case),
    }
}

fn by_status(status: Option<u16>) -> Option<&'static Cause> {
    let name = match status? {
        301 | 308 => "region",
        302 | 307 => "moving",
        405 => "method",
        411 => "length",
        412 => "precondition",
        429 | 503 => "busy",
        500 | 502 | 504 => "server_error",
        501 => "trailers",
        507 => "quota",
        _ => return None,
    };
    codes::BY_CODE.iter().find(|cause| cause.name == name)
}

fn unknown(case: &Case<'_>) -> Diagnosis {
    let look = match &case.name {
        Some(name) => format!("compare the settings (uns3 get {name}) with the bucket's"),
        None => "compare the settings with the bucket's".into(),
    };
    let meaning = "uns3 does not know this reason".into();
    Diagnosis { cause: "unknown", meaning, mend: look, certain: false }
}

fn made_out(
    cause: &Cause,
    operation: Option<Operation>,
    region: Option<&str>,
    case: &Case<'_>,
    certain: bool,
) -> Diagnosis {
    let fill = |text: &str| fill(text, operation, region, case);
    let (meaning, mend) = (fill(cause.meaning), fill(cause.mend));
    Diagnosis { cause: cause.name, meaning, mend, certain }
}

fn fill(text: &str, operation: Option<Operation>, region: Option<&str>, case: &Case<'_>) -> String {
    let mut text = text.to_owned();
    let mut put = |place: &str, value: &dyn Fn() -> String| {
        if text.contains(place) {
            text = text.replace(place, &value());
        }
    };
    let grant = case.grant();
    put("{not_found}", &|| case.not_found());
    put("{or_secret}", &|| match case.is_aws() {
        true => String::new(),
        false => "; some servers, Ceph with STS among them, say the same of a wrong secret".into(),
    });
    put("{likely}", &|| denied::likely(case));
    put("{permission}", &|| case.permission(operation));
    put("{resource}", &|| match operation {
        Some(Operation::List) => grant.bucket_arn(),
        _ => grant.objects_arn(),
    });
    put("{statement}", &|| grant.text());
    put("{rotate}", &|| match &case.name {
        Some(name) => format!("uns3 rotate {name}{} --credentials-file FILE", case.kind_flag()),
        None => "uns3 rotate NAME --credentials-file FILE".into(),
    });
    put("{update}", &|| match &case.name {
        Some(name) => format!("uns3 update {name}{}", case.kind_flag()),
        None => "uns3 update NAME".into(),
    });
    put("{preflight}", &|| match &case.name {
        Some(name) => {
            format!("uns3 preflight {name}{} --key ID --secret-file FILE", case.kind_flag())
        }
        None => "uns3 preflight".into(),
    });
    put("{again}", &|| case.again.clone());
    put("{bucket}", &|| case.bucket.to_owned());
    put("{folder}", &|| case.folder.to_owned());
    put("{endpoint}", &|| case.endpoint_url.unwrap_or("Amazon S3").to_owned());
    put("{region}", &|| region.unwrap_or("REGION").to_owned());
    text
}

impl Case<'_> {
    /// What the connector needs here.
    pub(crate) fn grant(&self) -> Grant {
        let host = self.endpoint_url.and_then(|url| url::Url::parse(url).ok());
        let region = host.as_ref().and_then(|url| url.host_str());
        let region = region.and_then(super::region::of_host).unwrap_or("us-east-1");
        let access = match self.kind {
            Kind::Source => Access::Read,
            Kind::Destination => Access::Write,
        };
        Grant {
            partition: super::region::partition_of(region).into(),
            bucket: self.bucket.into(),
            folder: self.folder.into(),
            access,
            dialect: Dialect::of(self.endpoint_url),
        }
    }

    fn is_aws(&self) -> bool {
        super::region::is_aws_endpoint(self.endpoint_url)
    }

    /// Whether the key is one of STS, which nothing knows without its token.
    fn lacks_token(&self) -> bool {
        self.auth == AuthKind::Keys && self.key_id.is_some_and(|id| id.starts_with("ASIA"))
    }

    fn kind_flag(&self) -> &'static str {
        if self.kind == Kind::Source { " --kind source" } else { "" }
    }

    /// The permission that an operation takes, or, where that is not known, those of a check.
    fn permission(&self, operation: Option<Operation>) -> String {
        match operation {
            Some(operation) => operation.permission().into(),
            None => match self.kind {
                Kind::Destination => "s3:PutObject".into(),
                Kind::Source => "s3:ListBucket or s3:GetObject".into(),
            },
        }
    }

    fn not_found(&self) -> String {
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
