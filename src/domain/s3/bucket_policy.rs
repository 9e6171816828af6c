//! Whole policies: a bucket's, one for an identity to carry, a role's trust; and a bucket's with new
//! statements in it.

use serde_json::{Value, json};

use super::grants::{Grant, one_or_many};

impl Grant {
    /// The statement for all but TLS: whoever asks, nothing is sent in the clear.
    pub(crate) fn tls_only(&self) -> Value {
        json!({
            "Sid": "Uns3TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [self.bucket_arn(), format!("{}/*", self.bucket_arn())],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        })
    }
}

/// A policy's document.
pub(crate) fn document(statements: Vec<Value>) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// The trust policy by which `principals` may assume a role.
pub(crate) fn trust(principals: &[String], external_id: Option<&str>) -> Value {
    let mut statement = json!({
        "Sid": "Uns3Trust",
        "Effect": "Allow",
        "Principal": {"AWS": one_or_many(principals)},
        "Action": "sts:AssumeRole",
    });
    if let Some(id) = external_id {
        statement["Condition"] = json!({"StringEquals": {"sts:ExternalId": id}});
    }
    document(vec![statement])
}

/// What became of a policy.
pub(crate) struct Merged {
    pub(crate) policy: Value,
    /// In words, each statement that is new or other than it was.
    pub(crate) changes: Vec<String>,
}

/// A bucket's policy with these statements in it, each in the place of the one of its name; all
/// others stay as they are, in their order.
pub(crate) fn merged(existing: Option<&str>, statements: Vec<Value>) -> Result<Merged, String> {
    let mut policy = match existing {
        None => document(Vec::new()),
        Some(text) => serde_json::from_str(text).map_err(|error| error.to_string())?,
    };
    let Some(object) = policy.as_object_mut() else {
        return Err("it is no JSON object".into());
    };
    // A single statement may stand without its brackets.
    let mut all = match object.remove("Statement") {
        Some(Value::Array(all)) => all,
        Some(one @ Value::Object(_)) => vec![one],
        None => Vec::new(),
        Some(_) => return Err("its statements are no list".into()),
    };
    // Literal folders are written with the variables that only this version has; others' statements
    // may mean another thing under it, so that it is not set where nothing needs it.
    let needs_variables = statements.iter().any(|one| one.to_string().contains("${"));
    let mut changes = Vec::new();
    for statement in statements {
        let sid = statement["Sid"].as_str().unwrap_or_default().to_owned();
        match all.iter_mut().find(|one| one["Sid"] == statement["Sid"]) {
            Some(one) if *one == statement => {}
            Some(one) => {
                *one = statement;
                changes.push(format!("replaced the policy's statement {sid}"));
            }
            None => {
                all.push(statement);
                changes.push(format!("added the statement {sid} to the policy"));
            }
        }
    }
    if needs_variables && object.get("Version") != Some(&json!("2012-10-17")) {
        object.insert("Version".into(), json!("2012-10-17"));
        changes.push("set the policy's version to 2012-10-17".into());
    }
    object.insert("Statement".into(), json!(all));
    Ok(Merged { policy, changes })
}
