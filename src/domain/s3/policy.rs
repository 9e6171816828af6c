//! Least-privilege policies: the session policy that narrows a role to what a connector needs.
//!
//! Sources: IAM User Guide, "Session policies" and "Policy variables"; STS API Reference,
//! `AssumeRole` (a policy has at most 2,048 characters).

use serde_json::{Value, json};

use crate::domain::kind::Kind;
use crate::domain::s3::location::RemoteUrl;
use crate::domain::s3::pattern::{Dialect, ascii};

/// The partition of an ARN: the part of AWS that it is in, with accounts and names of its own.
pub fn partition(arn: &str) -> &str {
    arn.split(':').nth(1).unwrap_or("aws")
}

/// A region of a partition, where no other is set; STS is in each. Source: botocore's partitions.
pub fn default_region(partition: &str) -> Option<&'static str> {
    Some(match partition {
        "aws" => "us-east-1",
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        "aws-iso" => "us-iso-east-1",
        "aws-iso-b" => "us-isob-east-1",
        "aws-iso-e" => "eu-isoe-west-1",
        "aws-iso-f" => "us-isof-south-1",
        "aws-eusc" => "eusc-de-east-1",
        _ => return None,
    })
}

/// A place that credentials are for: what one connector does in one folder of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// A source reads, a destination writes.
    pub kind: Kind,
    /// The bucket's name.
    pub bucket: String,
    /// The folder, with a slash at its end only; empty for the whole bucket.
    pub folder: String,
    /// How the server's policies write it.
    pub dialect: Dialect,
}

impl Scope {
    /// What a connector of a kind needs at its remote URL, on the server that its endpoint names.
    pub fn new(kind: Kind, url: &RemoteUrl, endpoint_url: Option<&str>) -> Self {
        let dialect = Dialect::of(endpoint_url);
        Self { kind, bucket: url.bucket().into(), folder: url.folder(), dialect }
    }
}

/// The longest session policy, in characters.
const LONGEST: usize = 2048;

/// The session policy for places on one bucket of one server: just what the connectors need in their folders.
/// Where there are too many folders for STS, it lists the whole bucket, and where even that does not
/// fit, it writes and reads there too.
pub fn session_policy(partition: &str, bucket: &str, places: &[Scope]) -> String {
    let folders = |kind| {
        let of_kind = places.iter().filter(|place| place.kind == kind);
        outermost(of_kind.map(|place| place.folder.as_str()).collect())
    };
    let (written, read) = (folders(Kind::Destination), folders(Kind::Source));
    let listed = outermost(written.iter().chain(&read).copied().collect());
    let dialect = places.first().map_or(Dialect::Aws, |place| place.dialect);
    let statements = |folders: [&[&str]; 3]| statements(partition, bucket, dialect, folders);
    let whole = |folders: &[&str]| if folders.is_empty() { vec![] } else { vec![""] };
    // A listing shows names only: it is widened before what may be written and read is.
    let narrow = statements([&written, &read, &listed]);
    let listing = || statements([&written, &read, &[""]]);
    let wide = || statements([&whole(&written), &whole(&read), &[""]]);
    let fits = |policy: &String| policy.len() <= LONGEST;
    Some(narrow).filter(fits).or_else(|| Some(listing()).filter(fits)).unwrap_or_else(wide)
}

/// What the platform's jobs need, which is more than its check does: an upload first lists what is
/// at its place, and one that fails aborts its parts. Narrowed to `s3:PutObject` alone, every check
/// passed and every job failed. Source: the connector's code, `unstructured-ingest` 1.12.
fn statements(partition: &str, bucket: &str, dialect: Dialect, folders: [&[&str]; 3]) -> String {
    let [written, read, listed] = folders;
    let bucket = format!("arn:{partition}:s3:::{bucket}");
    let objects = |folders: &[&str]| -> Vec<String> {
        folders.iter().map(|folder| format!("{bucket}/{}", dialect.all_in(folder))).collect()
    };
    let mut statements: Vec<Value> = Vec::new();
    if !written.is_empty() {
        statements.push(json!({
            "Effect": "Allow",
            "Action": ["s3:PutObject", "s3:AbortMultipartUpload"],
            "Resource": objects(written),
        }));
    }
    if !read.is_empty() {
        statements.push(json!({
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": objects(read),
        }));
    }
    let mut list = json!({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket});
    if !listed.contains(&"") {
        let prefixes: Vec<String> = listed.iter().map(|folder| dialect.all_in(folder)).collect();
        list["Condition"] = json!({"StringLike": {"s3:prefix": prefixes}});
    }
    statements.push(list);
    ascii(&json!({"Version": "2012-10-17", "Statement": statements}).to_string())
}

/// Folders, each once, without those that are below another one: they are in it.
fn outermost(mut folders: Vec<&str>) -> Vec<&str> {
    folders.sort_unstable();
    folders.dedup_by(|below, above| below.starts_with(*above));
    folders
}
