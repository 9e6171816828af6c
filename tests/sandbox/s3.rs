//! The S3 server, as clients other than the check see it.

use crate::harness::Bench;
use rusty_s3::actions::{CreateBucket, DeleteObject, GetObject, HeadBucket, PutObject};
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use std::time::Duration;
use uns3::sandbox::{BUCKET, REGION};

const LIFE: Duration = Duration::from_secs(60);

impl Bench {
    fn bucket(&self, name: &'static str) -> Bucket {
        let endpoint = self.sandbox.s3_endpoint_url.parse().unwrap();
        Bucket::new(endpoint, UrlStyle::Path, name, REGION).unwrap()
    }

    fn keys(&self) -> Credentials {
        let sandbox = &self.sandbox;
        Credentials::new(sandbox.access_key_id.clone(), sandbox.secret_access_key.clone())
    }

    async fn write(&self, bucket: &Bucket, keys: Option<&Credentials>) -> (u16, String) {
        let url = PutObject::new(bucket, keys, "a/b.txt").sign(LIFE);
        let answer = self.client.put(url).body("text").send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

#[tokio::test]
async fn objects_are_written_read_and_deleted() {
    let bench = Bench::new().await;
    let (bucket, keys) = (bench.bucket(BUCKET), bench.keys());
    assert_eq!(bench.write(&bucket, Some(&keys)).await.0, 200);
    let read = GetObject::new(&bucket, Some(&keys), "a/b.txt").sign(LIFE);
    let answer = bench.client.get(read.clone()).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "text");
    let delete = DeleteObject::new(&bucket, Some(&keys), "a/b.txt").sign(LIFE);
    assert_eq!(bench.client.delete(delete).send().await.unwrap().status(), 204);
    let gone = bench.client.get(read).send().await.unwrap().text().await.unwrap();
    assert!(gone.contains("<Code>NoSuchKey</Code><Message>The specified key"), "{gone}");
}

#[tokio::test]
async fn buckets_are_made_once() {
    let bench = Bench::new().await;
    let (bucket, keys) = (bench.bucket("another-bucket"), bench.keys());
    let (status, body) = bench.write(&bucket, Some(&keys)).await;
    assert!(status == 404 && body.contains("<Code>NoSuchBucket</Code>"), "{body}");
    let create = CreateBucket::new(&bucket, &keys).sign(LIFE);
    assert_eq!(bench.client.put(create.clone()).send().await.unwrap().status(), 200);
    let again = bench.client.put(create).send().await.unwrap().text().await.unwrap();
    assert!(again.contains("<Code>BucketAlreadyOwnedByYou</Code>"), "{again}");
    assert_eq!(bench.write(&bucket, Some(&keys)).await.0, 200);
    let head = HeadBucket::new(&bucket, Some(&keys)).sign(LIFE);
    let head = bench.client.head(head).send().await.unwrap();
    assert_eq!(head.headers()["x-amz-bucket-region"], REGION);
}

#[tokio::test]
async fn strangers_are_refused_in_awss_words() {
    let bench = Bench::new().await;
    let bucket = bench.bucket(BUCKET);
    let refused = async |keys: Option<Credentials>, code: &str, message: &str| {
        let (status, body) = bench.write(&bucket, keys.as_ref()).await;
        assert!(matches!(status, 400 | 403), "{status}");
        let expected = format!("<Code>{code}</Code><Message>{message}");
        assert!(body.contains(&expected), "{body}");
    };
    refused(None, "AccessDenied", "Access Denied").await;
    let id = bench.sandbox.access_key_id.clone();
    refused(Some(Credentials::new(id, "wrong")), "SignatureDoesNotMatch", "The request").await;
    let stranger = Credentials::new("AKIASTRANGER", "x");
    refused(Some(stranger), "InvalidAccessKeyId", "The AWS Access Key Id").await;
    assert!(!bench.folder.path().join("s3").join(BUCKET).join("a").exists());
}
