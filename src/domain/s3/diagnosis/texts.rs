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
    put("{preflight}", &|| match (&case.name, case.auth) {
        // A connector without keys of its own says so itself.
        (Some(name), AuthKind::Anonymous | AuthKind::Ambient) => {
            format!("uns3 preflight {name}{}", case.kind_flag())
        }
        (Some(name), _) => {
            format!("uns3 preflight {name}{} --key ID --secret-file FILE", case.kind_flag())
        }
        (None, _) => "uns3 preflight".into(),
    });
    put("{again}", &|| case.again.clone());
    put("{bucket}", &|| case.bucket.to_owned());
    put("{folder}", &|| case.folder.to_owned());
    put("{endpoint}", &|| case.endpoint_url.unwrap_or("Amazon S3").to_owned());
    put("{region}", &|| region.unwrap_or("REGION").to_owned());
    text
}
