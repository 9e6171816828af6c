//! A cause with its texts made out for the case.

use serde_json::{Value, json};

use super::case::{Case, Operation};
use super::cause::Cause;
use super::denied;
use crate::domain::s3::auth::AuthKind;

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

/// A cause that no row tells.
pub(super) fn unknown(case: &Case<'_>) -> Diagnosis {
    let look = match &case.name {
        Some(name) => format!("compare the settings (uns3 get {name}) with the bucket's"),
        None => "compare the settings with the bucket's".into(),
    };
    let meaning = "uns3 does not know this reason".into();
    Diagnosis { cause: "unknown", meaning, mend: look, certain: false }
}

/// A cause whose row is found; `certain`, or one of several.
pub(super) fn made_out(
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

/// A text with its places filled, each once: a folder may be called as a place is.
fn fill(text: &str, operation: Option<Operation>, region: Option<&str>, case: &Case<'_>) -> String {
    let (mut filled, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        filled.push_str(before);
        filled.push_str(&value(name, operation, region, case));
        rest = after;
    }
    filled + rest
}

fn value(
    place: &str,
    operation: Option<Operation>,
    region: Option<&str>,
    case: &Case<'_>,
) -> String {
    let named = case.name.as_ref().map(|name| format!("{name}{}", case.kind_flag()));
    match place {
        "not_found" => case.not_found(),
        "or_secret" if case.is_aws() => String::new(),
        "or_secret" => {
            "; some servers, Ceph with STS among them, say the same of a wrong secret".into()
        }
        "likely" => denied::likely(case),
        "permission" => case.permission(operation),
        "resource" if operation == Some(Operation::List) => case.grant().bucket_arn(),
        "resource" => case.grant().objects_arn(),
        "statement" => case.grant().text(),
        "rotate" => {
            format!("uns3 rotate {} --credentials-file FILE", named.as_deref().unwrap_or("NAME"))
        }
        "update" => format!("uns3 update {}", named.as_deref().unwrap_or("NAME")),
        "preflight" => match (named, case.auth) {
            // A connector without keys of its own says so itself.
            (Some(name), AuthKind::Anonymous | AuthKind::Ambient) => {
                format!("uns3 preflight {name}")
            }
            (Some(name), _) => format!("uns3 preflight {name} --key ID --secret-file FILE"),
            (None, _) => "uns3 preflight".into(),
        },
        "again" => case.again.clone(),
        "bucket" => case.bucket.to_owned(),
        "folder" => case.folder.to_owned(),
        "endpoint" => case.endpoint_url.unwrap_or("Amazon S3").to_owned(),
        "region" => region.unwrap_or("REGION").to_owned(),
        other => format!("{{{other}}}"),
    }
}
