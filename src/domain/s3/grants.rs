//! What a connector needs on its bucket, as statements of IAM: for the bucket's policy, for a user
//! or role to carry, or for a role's trust.
//!
//! Sources: IAM User Guide, "JSON policy elements" and "Policy variables"; Amazon S3 User Guide,
//! "Policies and permissions". What the platform needs: the connector's code, `unstructured-ingest`.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::pattern::{Dialect, ascii};

/// What is done in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Files are read, as a source does.
    Read,
    /// Files are written, as a destination does.
    Write,
    /// Both.
    ReadWrite,
}

/// Access to a folder of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) partition: String,
    pub(crate) bucket: String,
    /// With a slash at its end; empty for the whole bucket.
    pub(crate) folder: String,
    pub(crate) access: Access,
    /// How the server's policies write the folder.
    pub(crate) dialect: Dialect,
}

impl Grant {
    /// The bucket's ARN.
    pub(crate) fn bucket_arn(&self) -> String {
        format!("arn:{}:s3:::{}", self.partition, self.bucket)
    }

    /// The ARN of all files in the folder.
    pub(crate) fn objects_arn(&self) -> String {
        format!("{}/{}", self.bucket_arn(), self.dialect.all_in(&self.folder))
    }

    /// The least statements: to `principals`, or, where there are none, for an identity to carry.
    /// The documented policy grants Get, Put, List and Delete on all of the bucket to the account's
    /// root, which none of this needs. A write includes the listing that each upload begins with.
    pub(crate) fn statements(&self, principals: &[String]) -> Vec<Value> {
        let mut statements = Vec::new();
        if self.access != Access::Read {
            let actions = json!(["s3:PutObject", "s3:AbortMultipartUpload"]);
            statements.push(self.allow("Write", principals, actions, self.objects_arn()));
        }
        if self.access != Access::Write {
            let actions = json!("s3:GetObject");
            statements.push(self.allow("Read", principals, actions, self.objects_arn()));
        }
        let mut list = self.allow("List", principals, json!("s3:ListBucket"), self.bucket_arn());
        if !self.folder.is_empty() {
            let prefix = self.dialect.all_in(&self.folder);
            list["Condition"] = json!({"StringLike": {"s3:prefix": prefix}});
        }
        statements.push(list);
        statements
    }

    fn allow(&self, what: &str, principals: &[String], actions: Value, resource: String) -> Value {
        let mut statement = json!({"Sid": self.sid(what, principals), "Effect": "Allow"});
        if !principals.is_empty() {
            statement["Principal"] = json!({"AWS": one_or_many(principals)});
        }
        statement["Action"] = actions;
        statement["Resource"] = json!(resource);
        statement
    }

    /// A statement's name, always the same for a folder and those who may use it: two connectors of
    /// a bucket have statements of their own, and a second run finds those of the first.
    fn sid(&self, what: &str, principals: &[String]) -> String {
        let own = Sha256::digest(format!("{}\n{}", self.folder, principals.join("\n")));
        let own: String = own.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        format!("Uns3{what}{own}")
    }

    /// The statements for an identity, in one line that can be pasted.
    pub(crate) fn text(&self) -> String {
        ascii(&json!(self.statements(&[])).to_string())
    }
}

pub(super) fn one_or_many(principals: &[String]) -> Value {
    match principals {
        [one] => json!(one),
        many => json!(many),
    }
}
