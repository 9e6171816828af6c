//! TLS: whom the binary trusts.

use crate::harness::Bench;
use crate::service::Service;
use crate::wire::certified;

/// A service whose certificate nobody knows, and the PEM file that would make it known.
fn untrusted() -> (Bench, String) {
    let (config, pem) = certified(&["localhost"]);
    let bench = Bench::over(Service::over(Some(config)));
    let file = bench.file("ca.pem", &pem);
    (bench, file)
}

#[test]
fn an_unknown_certificate_is_refused_at_once() {
    let (bench, _) = untrusted();
    let error = bench.run("list -o json").fails(9).error();
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("certificate"), "{message}");
    assert!(!message.contains("attempts"), "no retries: {message}");
    assert!(error["hint"].as_str().unwrap().contains("--ca-file"), "{error}");
    assert!(bench.service.lines().is_empty());
}

#[test]
fn a_ca_file_makes_it_trusted() {
    let (bench, file) = untrusted();
    let args = format!("--ca-file {file}");
    bench.run(&format!("create x --remote-url s3://bucket-one/ --anonymous {args}")).ok();
    assert_eq!(bench.service.count("x"), 1);
}

#[test]
fn the_environments_certificate_file_makes_it_trusted() {
    let (bench, file) = untrusted();
    bench.with("SSL_CERT_FILE", &file).run("list").ok();
}

/// A shell's `<(…)` gives what it has only once.
#[cfg(all(unix, not(target_vendor = "apple")))]
#[test]
fn the_environments_certificate_file_may_be_a_pipe() {
    let (bench, file) = untrusted();
    let pipe = bench.path("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let child = bench.command(&["list"]).env("SSL_CERT_FILE", &pipe).spawn().unwrap();
    // On a thread of its own: nobody may open the other end.
    std::thread::spawn(move || std::fs::copy(file, &pipe));
    bench.finish(child, "list").ok();
}

#[test]
fn a_certificate_of_another_name_is_refused() {
    let (bench, file) = untrusted();
    let url = bench.service.url.replace("localhost", "127.0.0.1");
    let line = format!("list --retries 0 --ca-file {file} --api-url {url}");
    bench.run(&line).fails(9).says("certificate");
    assert!(bench.service.lines().is_empty());
}

#[test]
fn a_ca_file_that_cannot_be_used() {
    let (bench, _) = untrusted();
    let empty = bench.file("empty.pem", "");
    let broken = "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n";
    let broken = bench.file("broken.pem", broken);
    for file in [format!("{empty}.gone"), empty, broken] {
        bench.run(&format!("list --ca-file {file}")).fails(2).says(&file);
    }
    assert!(bench.service.lines().is_empty());
}

#[test]
fn plain_http_on_a_tls_port_and_the_reverse() {
    let (bench, _) = untrusted();
    let plain = bench.service.url.replace("https", "http");
    bench.run(&format!("list --retries 0 --api-url {plain}")).fails(9);
    let bench = Bench::new();
    let tls = bench.service.url.replace("http", "https");
    bench.run(&format!("list --retries 0 --api-url {tls}")).fails(9);
    assert!(bench.service.lines().is_empty());
}

/// A certificate that could not be read was passed over, though the file was named.
#[test]
fn a_ca_file_with_one_certificate_that_cannot_be_read_is_refused() {
    let (bench, file) = untrusted();
    let good = std::fs::read_to_string(&file).unwrap();
    let bad = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for pem in [format!("{good}{bad}"), format!("{bad}{good}")] {
        let file = bench.file("mixed.pem", &pem);
        bench.run(&format!("list --ca-file {file}")).fails(2).says("cannot be read");
    }
    assert!(bench.service.lines().is_empty());
}

/// Several folders, as in `PATH`; and only they are read.
#[cfg(all(unix, not(target_vendor = "apple")))]
#[test]
fn the_environments_certificate_folders_make_it_trusted() {
    let (bench, file) = untrusted();
    let [empty, full] = ["none", "some"].map(|name| bench.path(name));
    [&empty, &full].into_iter().for_each(|folder| std::fs::create_dir(folder).unwrap());
    std::fs::rename(file, full.join("5ad8a5d6.0")).unwrap();
    let both = format!("{}:{}", empty.display(), full.display());
    let bench = bench.with("SSL_CERT_DIR", &both);
    bench.run("list").ok();
    let bench = bench.with("SSL_CERT_DIR", empty.to_str().unwrap());
    bench.run("list").fails(2).says("no trusted certificates");
}

/// Where both are named, the folders are for what the bundle does not know.
#[cfg(all(unix, not(target_vendor = "apple")))]
#[test]
fn the_environments_folders_stand_behind_its_file() {
    let (bench, file) = untrusted();
    let folder = bench.path("some");
    std::fs::create_dir(&folder).unwrap();
    std::fs::rename(&file, folder.join("5ad8a5d6.0")).unwrap();
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let other = bench.file("other.pem", &other.cert.pem());
    let bench = bench.with("SSL_CERT_FILE", &other);
    bench.run("list --retries 0").fails(9).says("certificate");
    let bench = bench.with("SSL_CERT_DIR", folder.to_str().unwrap());
    bench.run("list").ok();
}

/// A bundle that the environment names wrongly was told as a fault of uns3's own.
#[cfg(all(unix, not(target_vendor = "apple")))]
#[test]
fn a_certificate_file_of_the_environment_that_cannot_be_used() {
    let (bench, _) = untrusted();
    let bench = bench.with("SSL_CERT_FILE", "/nowhere/ca.pem");
    bench.run("list").fails(2).says("SSL_CERT_FILE").says("/nowhere/ca.pem");
    assert!(bench.service.lines().is_empty());
}
