//! What a bucket is set to: closed to the public, its owner's, and open to the connector.

use serde_json::Value;

use super::{Bucket, failed};
use crate::context::Context;
use crate::domain::s3::bucket_policy::merged;
use crate::domain::s3::pattern::ascii;
use crate::domain::s3::symptom::Symptom;
use crate::error::{Category, Error, Result};

/// Whether a server has no such setting: then all else is still done. One that does not know it may
/// answer as if it had not been asked for, with a listing.
fn has_none(symptom: &Symptom) -> bool {
    let codes = ["MethodNotAllowed", "NotImplemented", "XNotImplemented"];
    matches!(symptom.status, Some(200 | 405 | 501)) || codes.contains(&symptom.code.as_str())
}

/// What stands for "not set", of AWS and of others.
fn is_unset(symptom: &Symptom) -> bool {
    symptom.status == Some(404)
}

impl Bucket<'_> {
    /// Blocks all public access. Off AWS, a server may take that for a block of everyone: where a
    /// bucket may be in use there, it is not tried.
    pub(super) async fn block(&mut self, context: &Context, created: bool) -> Result<()> {
        match self.s3.blocks_public_access(self.name).await {
            Ok(true) => return Ok(()),
            Err(symptom) if has_none(&symptom) => {
                context.output.warn("this server has no block of public access: left out");
                return Ok(());
            }
            _ if !created && !self.of_aws && self.is_in_use().await => {
                context.output.warn(
                    "public access is not blocked, and was left so: on some servers the block keeps \
                     everyone out, and this bucket is in use",
                );
                return Ok(());
            }
            _ => {}
        }
        match self.s3.block_public_access(self.name).await {
            Ok(()) => self.changes.push(BLOCKED.into()),
            Err(symptom) if has_none(&symptom) => {
                context.output.warn("this server has no block of public access: left out");
            }
            Err(symptom) => return Err(failed("block public access", &symptom)),
        }
        Ok(())
    }

    /// Whether someone may be at work in it: it has a policy or files, or does not show either.
    async fn is_in_use(&self) -> bool {
        let has_policy = match self.s3.policy(self.name).await {
            Ok(policy) => policy.is_some(),
            Err(symptom) => !has_none(&symptom),
        };
        let listed = self.s3.list(self.name, "", false).await;
        has_policy || !listed.is_ok_and(|listing| listing.contents.is_empty())
    }

    /// Makes the bucket's owner the owner of all that is in it.
    pub(super) async fn own(&mut self, context: &Context) -> Result<()> {
        match self.s3.is_owner_enforced(self.name).await {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(symptom) if is_unset(&symptom) => {}
            Err(symptom) if has_none(&symptom) || !self.of_aws => {
                context.output.detail("this server has no ownership of objects: left out");
                return Ok(());
            }
            Err(symptom) => return Err(failed("read who owns the bucket's objects", &symptom)),
        }
        match self.s3.enforce_owner(self.name).await {
            Ok(()) => self.changes.push("the bucket's owner owns all objects, ACLs are off".into()),
            Err(symptom) if has_none(&symptom) || !self.of_aws => {
                context.output.detail("this server has no ownership of objects: left out");
            }
            Err(symptom) if symptom.code == "InvalidBucketAclWithObjectOwnership" => {
                context.output.warn(&format!(
                    "the bucket has ACLs that let others in, and they were left: {}",
                    symptom.said()
                ));
            }
            Err(symptom) => return Err(failed("make the owner the objects' owner", &symptom)),
        }
        Ok(())
    }

    /// Adds statements to the bucket's policy; the whole of it, where there are policies.
    pub(super) async fn grant(
        &mut self,
        context: &Context,
        statements: Vec<Value>,
    ) -> Result<Option<Value>> {
        let without = || {
            context
                .output
                .warn("this server has no bucket policies: give the user rights by its own means");
        };
        let existing = match self.s3.policy(self.name).await {
            Ok(existing) => existing,
            Err(symptom) if has_none(&symptom) => {
                without();
                return Ok(None);
            }
            Err(symptom) => return Err(failed("read the bucket's policy", &symptom)),
        };
        let merged = merged(existing.as_deref(), statements).map_err(|problem| {
            let message = format!("the bucket's policy cannot be added to: {problem}");
            Error::new(Category::Conflict, message).hint("add to it by hand: uns3 bucket policy")
        })?;
        if merged.changes.is_empty() {
            return Ok(Some(merged.policy));
        }
        let text = ascii(&merged.policy.to_string());
        let mut set = self.s3.set_policy(self.name, &text).await;
        if set.as_ref().is_err_and(|symptom| symptom.status == Some(403))
            && self.unblock(context).await?
        {
            set = self.s3.set_policy(self.name, &text).await;
        }
        match set {
            Ok(()) => self.changes.extend(merged.changes),
            Err(symptom) if has_none(&symptom) => {
                without();
                return Ok(None);
            }
            Err(symptom) if symptom.code == "MalformedPolicy" => {
                return Err(failed("set the bucket's policy", &symptom).hint(
                    "does the user or role exist? S3 takes no policy for one that does not",
                ));
            }
            Err(symptom) => return Err(failed("set the bucket's policy", &symptom)),
        }
        Ok(Some(merged.policy))
    }

    /// Off AWS, whether the owner can still write: Ceph 16 takes a block of public access for one of
    /// everybody. Only what this run set is taken back.
    pub(super) async fn probe(&mut self, context: &Context) -> Result<()> {
        if self.of_aws || !self.changes.iter().any(|change| change == BLOCKED) {
            return Ok(());
        }
        let key = format!("{}uns3-probe-{}", self.folder, uuid::Uuid::new_v4());
        match self.s3.put_empty(self.name, &key, false).await {
            Ok(()) => {
                // What is left of a probe is empty, and no reason to fail.
                let _ = self.s3.delete(self.name, &key).await;
            }
            Err(symptom) if symptom.status == Some(403) => {
                self.unblock(context).await?;
            }
            Err(_) => {}
        }
        Ok(())
    }

    /// Takes the block of public access off again, where this run set it and the server is not AWS;
    /// whether it did.
    async fn unblock(&mut self, context: &Context) -> Result<bool> {
        let at = self.changes.iter().position(|change| change == BLOCKED);
        let Some(at) = at.filter(|_| !self.of_aws) else { return Ok(false) };
        let undone = self.s3.unblock_public_access(self.name).await;
        undone.map_err(|symptom| failed("take the block of public access off", &symptom))?;
        self.changes.remove(at);
        context.output.warn(
            "on this server, the block of public access keeps everyone out: it was taken off again",
        );
        Ok(true)
    }
}

const BLOCKED: &str = "all public access is blocked";
