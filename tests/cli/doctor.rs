//! `uns3 doctor`: what is used, whether it works, and the exit code of the worst finding.

use serde_json::Value;

use crate::harness::{API_KEY, Bench};
use crate::service::Fault;

fn finding(result: &Value, check: &str) -> (String, String) {
    let all = result["checks"].as_array().unwrap();
    let one = all.iter().find(|one| one["check"] == check).unwrap_or_else(|| panic!("{check}"));
    let text = |field: &str| one[field].as_str().unwrap_or_default().to_owned();
    (text("status"), format!("{} {}", text("message"), text("hint")))
}

#[test]
fn it_shows_what_is_used_and_asks_the_service_once() {
    let bench = Bench::new();
    let done = bench.run("doctor -o json");
    let result = done.ok().silent().json();
    let is_ok = |one: &Value| one["status"] == "ok";
    assert!(result["checks"].as_array().unwrap().iter().all(is_ok), "{result}");
    assert!(finding(&result, "key").1.contains("UNSTRUCTURED_API_KEY"));
    assert!(finding(&result, "address").1.contains(&bench.service.url));
    assert_eq!(bench.service.lines(), ["GET /destinations/?destination_type=s3"]);
    done.never_shows(API_KEY);
    bench.run("doctor").ok().prints("ok       service");
    assert!(!bench.path("state").exists() && !bench.config().exists(), "it makes nothing");
}

#[test]
fn it_ends_with_the_worst_findings_code_and_a_mend() {
    let bench = Bench::new();
    bench.service.fault("GET", "", Fault::status(401, r#"{"detail": "no such key"}"#).always());
    let done = bench.run("doctor -o json");
    let (status, text) = finding(&done.exits(4).json(), "service");
    assert!(
        status == "failed" && text.contains("no such key") && text.contains("API key"),
        "{text}"
    );

    let bench = Bench::new().without("UNSTRUCTURED_API_KEY");
    bench.run("doctor").exits(4).prints("failed   service").prints("profile add");
    let bench = Bench::new().with("UNSTRUCTURED_API_URL", "http://127.0.0.1:1");
    bench.run("doctor --retries 0").exits(9).prints("cannot connect");
}

#[test]
fn a_clock_that_is_wrong_is_seen() {
    let bench = Bench::new();
    for (ago, code, status) in [(300, 0, "warning"), (3600, 1, "failed")] {
        let date = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(ago);
        let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        bench.service.fault("GET", "", Fault::status(200, "[]").header("date", date));
        let done = bench.run("doctor -o json");
        let (found, text) = finding(&done.exits(code).json(), "clock");
        assert!(found == status && text.contains("ahead"), "{found} {text}");
    }
}

#[test]
fn a_proxys_password_is_not_shown() {
    let bench = Bench::new().with("HTTPS_PROXY", "http://me:a-Pass9word@proxy.example:3128");
    bench.run("doctor").ok().prints("proxy.example").never_shows("a-Pass9word");
}

#[cfg(unix)]
#[test]
fn a_state_folder_that_others_can_read_is_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    std::fs::create_dir(bench.path("state")).unwrap();
    std::fs::set_permissions(bench.path("state"), std::fs::Permissions::from_mode(0o755)).unwrap();
    bench.run("doctor").ok().prints("warning  state").prints("chmod 700");
}
