//! Remote URLs that are refused name the one that was meant; those that are odd get a word.

use uns3::domain::s3::location::RemoteUrl;

use crate::harness::Bench;

fn refusal(text: &str) -> String {
    RemoteUrl::parse(text).unwrap_err()
}

/// The error said what a remote URL looks like, and left the work to whom it had refused.
#[test]
fn a_refused_url_names_the_one_that_was_meant() {
    let cases = [
        ("S3://my-bucket/out/", "s3://my-bucket/out/"),
        ("s3a://my-bucket/out", "s3://my-bucket/out/"),
        ("S3N://my-bucket", "s3://my-bucket/"),
        ("s3:/my-bucket/out/", "s3://my-bucket/out/"),
        ("s3:my-bucket", "s3://my-bucket/"),
        (" s3://my-bucket/out/ ", "s3://my-bucket/out/"),
        ("my-bucket/out", "s3://my-bucket/out/"),
        ("my-bucket", "s3://my-bucket/"),
        ("https://my-bucket.s3.eu-west-1.amazonaws.com/out/", "s3://my-bucket/out/"),
        ("https://my-bucket.s3.amazonaws.com/", "s3://my-bucket/"),
        ("http://my-bucket.s3-eu-west-1.amazonaws.com/out/a%20b/", "s3://my-bucket/out/a b/"),
        ("https://my.own.bucket.s3.dualstack.us-east-1.amazonaws.com/x", "s3://my.own.bucket/x/"),
        ("https://my-bucket.s3-accelerate.amazonaws.com/x/", "s3://my-bucket/x/"),
        ("https://my-bucket.s3.cn-north-1.amazonaws.com.cn/x/", "s3://my-bucket/x/"),
        ("http://my-bucket.s3-website-us-east-1.amazonaws.com/x/", "s3://my-bucket/x/"),
        ("https://s3.eu-west-1.amazonaws.com/my-bucket/out/", "s3://my-bucket/out/"),
        ("https://s3.amazonaws.com/my-bucket", "s3://my-bucket/"),
        (
            "https://s3-us-west-2.amazonaws.com/my-bucket/out/?X-Amz-Signature=abc",
            "s3://my-bucket/out/",
        ),
        ("my-bucket.s3.eu-west-1.amazonaws.com/out/", "s3://my-bucket/out/"),
        (
            "https://eu-west-1.console.aws.amazon.com/s3/buckets/my-bucket?region=eu-west-1&prefix=out/2026/&showversions=false",
            "s3://my-bucket/out/2026/",
        ),
        (
            "https://s3.console.aws.amazon.com/s3/buckets/my-bucket?bucketType=general&tab=objects",
            "s3://my-bucket/",
        ),
        ("https://console.aws.amazon.com/s3/buckets/my-bucket/out/?region=x", "s3://my-bucket/"),
        ("arn:aws:s3:::my-bucket", "s3://my-bucket/"),
        ("arn:aws-us-gov:s3:::my-bucket/out/*", "s3://my-bucket/out/"),
    ];
    for (text, meant) in cases {
        let refusal = refusal(text);
        assert!(refusal.contains(&format!("write it as {meant}")), "{text}: {refusal}");
        let after = refusal.split(meant).nth(1).unwrap();
        assert!(after.is_empty() || after.starts_with(" ("), "{text}: {refusal}");
        assert!(RemoteUrl::parse(meant).is_ok());
    }
}

#[test]
fn what_names_no_bucket_is_not_made_up() {
    for (text, what) in [
        ("", "is empty"),
        ("arn:aws:s3:eu-west-1:123456789012:accesspoint/mine", "access points"),
        ("arn:aws:iam::123456789012:role/x", "of no bucket"),
        ("https://mine-123456789012.s3-accesspoint.eu-west-1.amazonaws.com/x", "access point"),
        ("https://minio.example.com/my-bucket/out/", "--endpoint-url"),
        ("https://my-bucket.s3.evil.example.com/", "--endpoint-url"),
        ("gs://my-bucket/out/", "not s3"),
        ("ftp://my-bucket/", "not s3"),
        ("my_bucket/out", "does not start with s3://"),
        ("./out/", "does not start with s3://"),
    ] {
        let refusal = refusal(text);
        assert!(refusal.contains(what), "{text}: {refusal}");
        assert!(refusal.contains("write it as s3://bucket/folder/"), "{text}: {refusal}");
    }
}

/// A password in a URL is nowhere repeated, whatever the URL was meant to be.
#[test]
fn no_password_is_repeated() {
    for scheme in ["s3", "S3", "s3a", "https", "ftp"] {
        for rest in [
            "AKIAX:Pw-Hidden@my-bucket/out/",
            "my-bucket/out/AKIAX:Pw-Hidden@x/",
            "my-bucket.s3.amazonaws.com/out/?token=Pw-Hidden",
            "AKIAX:Pw-Hidden@my-bucket.s3.amazonaws.com/out/",
            "my-bucket/out/?token=Pw-Hidden",
            "my-bucket/out/#Pw-Hidden",
        ] {
            if let Err(refusal) = RemoteUrl::parse(&format!("{scheme}://{rest}")) {
                assert!(!refusal.contains("Pw-Hidden"), "{refusal}");
            }
        }
    }
}

#[test]
fn the_command_line_says_so_before_anything_is_sent() {
    let bench = Bench::new();
    bench
        .run("create x --anonymous --remote-url https://my-bucket.s3.eu-west-1.amazonaws.com/out/")
        .fails(2)
        .says("write it as s3://my-bucket/out/");
    assert!(bench.service.lines().is_empty());
}

#[test]
fn a_folder_without_its_slash_and_a_file_get_a_word() {
    let bench = Bench::new();
    let create =
        |name: &str, url: &str| bench.run(&format!("create {name} --anonymous --remote-url {url}"));
    create("a", "s3://my-bucket/out")
        .ok()
        .says("warning: ")
        .says("its folder is s3://my-bucket/out/");
    create("b", "s3://my-bucket/out/report.pdf").ok().says("looks like a file's");
    for (name, url) in
        [("c", "s3://my-bucket/out/"), ("d", "s3://my-bucket"), ("e", "s3://my-bucket/")]
    {
        assert!(!create(name, url).ok().stderr.contains("warning"));
    }
    bench.run("update c --remote-url s3://my-bucket/v1.2").ok().says("its folder is");
    let bench = Bench::new();
    bench.run("create a --anonymous --remote-url s3://my-bucket/out").ok();
    // It is sent as it was given.
    assert_eq!(bench.service.sent("POST")["config"]["remote_url"], "s3://my-bucket/out");
}
