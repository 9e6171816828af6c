//! A CloudFormation template: the bucket, its policy and, where asked for, the role that leases are
//! of.
//!
//! Source: CloudFormation's template reference, `AWS::S3::Bucket`, `AWS::S3::BucketPolicy` and
//! `AWS::IAM::Role`. The documented template has no conditions and opens the bucket to public
//! policies; none of what the platform does needs that.

use serde_json::{Map, Value, json};

use super::bucket_policy::{document, trust};
use super::grants::Grant;
use super::principals::Principals;

/// The template. The role, `with_role` its name, carries the least policy itself, and so the bucket's
/// names only those who were given.
pub(crate) fn template(
    grant: &Grant,
    principals: &Principals,
    with_role: Option<&str>,
    external_id: Option<&str>,
) -> Value {
    let mut resources = Map::new();
    resources.insert("Bucket".into(), bucket(grant));
    let arns = match with_role {
        Some(_) if principals.role_arn.is_none() => Vec::new(),
        Some(_) => principals.role_arn.iter().cloned().collect(),
        None => principals.arns(),
    };
    let mut statements = if arns.is_empty() { Vec::new() } else { grant.statements(&arns) };
    statements.push(grant.tls_only());
    resources.insert(
        "BucketPolicy".into(),
        json!({
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": document(statements)},
        }),
    );
    let mut outputs = Map::new();
    outputs.insert("BucketName".into(), json!({"Value": {"Ref": "Bucket"}}));
    if let Some(name) = with_role {
        resources.insert("Role".into(), role(grant, principals, name, external_id));
        outputs.insert(
            "RoleArn".into(),
            json!({
                "Description": "What uns3 create and uns3 rotate take as --role-arn",
                "Value": {"Fn::GetAtt": ["Role", "Arn"]},
            }),
        );
    }
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("The bucket {} of an Unstructured connector", grant.bucket),
        "Resources": resources,
        "Outputs": outputs,
    })
}

/// Kept where the stack is deleted: it holds files.
fn bucket(grant: &Grant) -> Value {
    json!({
        "Type": "AWS::S3::Bucket",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "BucketName": grant.bucket,
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": true,
                "BlockPublicPolicy": true,
                "IgnorePublicAcls": true,
                "RestrictPublicBuckets": true,
            },
        },
    })
}

fn role(grant: &Grant, principals: &Principals, name: &str, external_id: Option<&str>) -> Value {
    let trusted = match principals.trusted() {
        Some(arn) => trust(&[arn], external_id),
        None => {
            // The account that the stack is made in, which only CloudFormation knows.
            let mut policy = trust(&[String::new()], external_id);
            let root = "arn:${AWS::Partition}:iam::${AWS::AccountId}:root";
            policy["Statement"][0]["Principal"] = json!({"AWS": {"Fn::Sub": root}});
            policy
        }
    };
    json!({
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": name,
            "AssumeRolePolicyDocument": trusted,
            "Policies": [{
                "PolicyName": "uns3",
                "PolicyDocument": document(grant.statements(&[])),
            }],
        },
    })
}
