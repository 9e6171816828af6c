//! `uns3 bucket create` on servers that answer as a test asks: Ceph, others' buckets, portals.

use std::collections::HashSet;
use std::sync::Mutex;

use serde_json::json;

use crate::fake::{Fake, query, refused, reply};
use crate::harness::{Bench, Done, each};
use crate::sts::{OWN_ID, OWN_SECRET};
use crate::wire::{Reply, Request};

const USER: &str = "--account-id 123456789012 --user unstructured";

fn create(server: &Fake) -> Done {
    let bench = Bench::new()
        .with("AWS_ACCESS_KEY_ID", OWN_ID)
        .with("AWS_SECRET_ACCESS_KEY", OWN_SECRET)
        .with("NO_PROXY", "127.0.0.1");
    let place = format!("--remote-url s3://bucket-one/out/ --endpoint-url {}", server.url);
    bench.run(&format!("bucket create {place} {USER} -o json"))
}

/// What is asked of a bucket: the part of its settings, or nothing.
fn part(request: &Request) -> String {
    request.target.split_once('?').map_or(String::new(), |(_, part)| part.to_owned())
}

/// A bucket of Ceph 16, where the block of public access keeps everyone out.
#[derive(Default)]
struct Ceph {
    exists: bool,
    blocked: bool,
    policy: Option<String>,
    files: HashSet<String>,
}

impl Ceph {
    fn serve(self) -> Fake {
        let state = Mutex::new(self);
        Fake::new(move |request| state.lock().unwrap().answer(request))
    }

    fn answer(&mut self, request: &Request) -> Reply {
        let is_object = request.path().matches('/').count() > 1;
        let part = part(request);
        match (request.method.as_str(), part.as_str()) {
            ("PUT", "") if !is_object => self.exists = true,
            _ if !self.exists => return refused(404, "NoSuchBucket", ""),
            ("GET", "location") => return reply(200, &[], "<LocationConstraint/>"),
            ("DELETE", "publicAccessBlock") => self.blocked = false,
            ("GET", "publicAccessBlock") if !self.blocked => {
                let none = "<BlockPublicAcls>false</BlockPublicAcls>";
                let root = "BlockPublicAccessBlockConfiguration";
                return reply(200, &[], &format!("<{root}>{none}</{root}>"));
            }
            _ if self.blocked => return refused(403, "AccessDenied", ""),
            ("PUT", "publicAccessBlock") => self.blocked = true,
            ("PUT", "policy") => self.policy = Some(request.body.clone()),
            ("GET", "policy") => match &self.policy {
                Some(policy) => return reply(200, &[], policy),
                None => return refused(404, "NoSuchBucketPolicy", ""),
            },
            // It does not know the ownership of objects, and takes that for the bucket itself.
            ("PUT", "ownershipControls") => return refused(400, "MalformedXML", ""),
            ("PUT", "") => {
                self.files.insert(request.path().to_owned());
                return reply(200, &[("etag", "\"x\"")], "");
            }
            ("DELETE", "") => drop(self.files.remove(request.path())),
            ("GET", _) => {
                let file = "<Contents><Key>x</Key></Contents>".repeat(self.files.len());
                return reply(200, &[], &format!("<ListBucketResult>{file}</ListBucketResult>"));
            }
            _ => {}
        }
        reply(200, &[], "")
    }
}

fn writes(server: &Fake) -> Vec<String> {
    let lines = server.lines().into_iter();
    lines.filter(|line| !line.starts_with("GET") && !line.starts_with("HEAD")).collect()
}

/// The block was set and taken off again each time, and the bucket's users locked out meanwhile.
#[test]
fn a_second_run_off_aws_writes_nothing() {
    let server = Ceph::default().serve();
    let first = create(&server);
    assert_eq!(first.ok().json()["created"], true);
    let block = "PUT /bucket-one?publicAccessBlock".to_owned();
    let made = writes(&server);
    assert!(made.contains(&block) && made.contains(&block.replace("PUT", "DELETE")), "{made:?}");
    // The same world again, on a server that counts anew.
    let set = |one: &Request| one.line() == "PUT /bucket-one?policy";
    let policy = server.requests().into_iter().find(set).map(|one| one.body);
    let server = Ceph { exists: true, policy, ..Ceph::default() }.serve();
    let again = create(&server).ok().says("public access is not blocked").json();
    assert_eq!((&again["created"], &again["changes"]), (&json!(false), &json!([])));
    assert_eq!(writes(&server), [""; 0]);
}

/// Nor are they for a moment, where the bucket was another's work.
#[test]
fn the_users_of_a_bucket_in_use_off_aws_are_not_locked_out() {
    let statement = json!({"Sid": "Own", "Effect": "Allow", "Principal": "*", "Action": "s3:*"});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let file = HashSet::from(["/bucket-one/file".to_owned()]);
    let with_policy = Ceph { exists: true, policy: Some(policy), ..Ceph::default() };
    let with_files = Ceph { exists: true, files: file, ..Ceph::default() };
    for ceph in [with_policy, with_files] {
        let server = ceph.serve();
        create(&server).ok().says("public access is not blocked");
        assert_eq!(writes(&server), ["PUT /bucket-one?policy"]);
    }
    // One that is empty may be a run's that was killed: there it is tried.
    let server = Ceph { exists: true, ..Ceph::default() }.serve();
    create(&server).ok().says("it was taken off again");
    assert!(writes(&server).contains(&"DELETE /bucket-one?publicAccessBlock".to_owned()));
}

#[test]
fn a_bucket_of_another_owner_is_refused_with_the_reason_and_left_alone() {
    let denied = || refused(403, "AccessDenied", "Access Denied");
    // Who may look at it, and not read where it is, does not own it.
    let server = Fake::new(move |request| match request.method.as_str() {
        "HEAD" => reply(200, &[("x-amz-bucket-region", "us-east-1")], ""),
        _ => denied(),
    });
    create(&server).fails(6).says("not these credentials' to change").says("Access Denied");
    assert_eq!(writes(&server), [""; 0]);
    let server = Fake::new(|_| reply(403, &[("x-amz-request-id", "REQ1")], ""));
    create(&server).fails(6).says("bucket-one belongs to someone else").says("403");
    assert_eq!(writes(&server), [""; 0]);
    // Nor can it be seen at all, until its name is asked for.
    let server = Fake::new(|request| match request.method.as_str() {
        "PUT" => refused(409, "BucketAlreadyExists", "The requested bucket name is not available."),
        _ => reply(404, &[], ""),
    });
    create(&server).fails(6).says("bucket-one belongs to someone else").says("is not available");
    assert_eq!(writes(&server), ["PUT /bucket-one"]);
}

/// Everything was done and well, it was said, though nothing of it was.
#[test]
fn nothing_is_set_on_what_is_not_s3() {
    let page = "<html><body>Sign in to the network</body></html>";
    each([("", page), ("text/xml", ""), ("application/json", "{}")], |(media, body)| {
        let server = Fake::new(move |_| reply(200, &[("content-type", media)], body));
        create(&server).fails(9).says("the server answered 200");
        assert_eq!(writes(&server), [""; 0]);
    });
}

/// Settings that a server does not know may be answered as if nothing was asked for but a list.
#[test]
fn a_server_without_settings_is_left_without_them() {
    let server = Fake::new(|request| match (request.method.as_str(), part(request).as_str()) {
        ("GET", "location") => reply(200, &[], "<LocationConstraint/>"),
        ("GET", _) => reply(200, &[], "<ListBucketResult></ListBucketResult>"),
        _ => reply(200, &[], ""),
    });
    let done = create(&server);
    done.ok().says("no block of public access").says("no bucket policies");
    assert_eq!(done.json()["changes"], json!([]));
    assert_eq!(writes(&server), [""; 0]);
    assert!(query(&server.requests()[0], "list-type").is_none());
}
