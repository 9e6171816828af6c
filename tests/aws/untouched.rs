//! A command that does not ask for AWS reads nothing of its settings.

use crate::harness::Bench;

#[test]
fn settings_of_aws_that_cannot_be_read_matter_only_to_those_who_ask() {
    let bench = Bench::new();
    let folder = bench.path("config.ini");
    std::fs::create_dir(&folder).unwrap();
    let broken = bench.file("keys.ini", "[[[ no = profile\n= \u{0}");
    let bench = bench
        .with("AWS_CONFIG_FILE", folder.to_str().unwrap())
        .with("AWS_SHARED_CREDENTIALS_FILE", &broken)
        .with("AWS_PROFILE", "nonsense")
        .with("AWS_CA_BUNDLE", "/nowhere/bundle.pem")
        .with("AWS_ENDPOINT_URL", "no address at all")
        .with("AWS_REGION", "nowhere-9")
        .with("AWS_EC2_METADATA_SERVICE_ENDPOINT", "no address either");
    bench.run("list").ok().says("there is no S3 destination connector");
    bench.run(&format!("create x --remote-url s3://bucket-one/ {}", bench.keys())).ok();
    bench.run(&format!("rotate x {}", bench.sts())).ok();
    bench.run("get x").ok().silent();
    bench.run("status").ok().silent();
    bench.run("update x --anonymous").ok();
    bench.run("test x").ok();
    bench.run("delete x --yes").ok();
    bench.run("create x --remote-url s3://bucket-one/ --aws").fails(2).says("bundle.pem");
    let bench = bench.without("AWS_CA_BUNDLE");
    bench.run("create x --remote-url s3://bucket-one/ --aws").fails(2);
    assert_eq!(bench.service.count("x"), 0);
}
