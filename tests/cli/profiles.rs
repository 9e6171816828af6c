//! Several profiles at once: every result names its profile, each key goes to its own service, and
//! one's failure stops no other.

use serde_json::{Value, json};

use crate::harness::{API_KEY, Bench};
use crate::rotating::{column, keyed, statuses};
use crate::service::{Fault, Service};

const OTHER_KEY: &str = "another-workspace's-key/0123456789";

/// A bench of two profiles: `one` of its own service, `two` of another.
pub(crate) struct Two {
    pub(crate) bench: Bench,
    pub(crate) other: Service,
}

impl Two {
    pub(crate) fn new() -> Self {
        let bench = Bench::new().without("UNSTRUCTURED_API_KEY").without("UNSTRUCTURED_API_URL");
        let two = Self { bench, other: Service::start() };
        two.add("one", &two.bench.service.url, API_KEY);
        two.add("two", &two.other.url, OTHER_KEY);
        two
    }

    pub(crate) fn add(&self, name: &str, url: &str, key: &str) {
        let line = format!("profile add {name} --no-verify --api-key-file - --api-url {url}");
        self.bench.piped(&line, key).ok();
    }

    /// No key went to the other's service.
    pub(crate) fn keys_stayed(&self) {
        for (service, key) in [(&self.bench.service, API_KEY), (&self.other, OTHER_KEY)] {
            for request in service.requests() {
                assert_eq!(request.header("unstructured-api-key"), Some(key), "{request:?}");
            }
        }
    }

    fn is_untouched(&self) {
        assert!(self.bench.service.lines().is_empty() && self.other.lines().is_empty());
    }
}

pub(crate) fn refused() -> Fault {
    Fault::status(401, json!({"detail": "API key is invalid"})).always()
}

fn profiles(result: &Value) -> Vec<String> {
    let profile = |one: &Value| one["uns3"]["profile"].as_str().unwrap().to_owned();
    result.as_array().unwrap().iter().map(profile).collect()
}

#[test]
fn a_list_of_several_names_the_profile_in_every_format() {
    let two = Two::new();
    two.bench.service.add("b", keyed("bucket", "b"));
    two.bench.service.add("a", keyed("bucket", "a"));
    two.other.add("c", keyed("bucket", "c"));
    for line in [
        "list --all-profiles -o json",
        "--all-profiles list -o json",
        "list --profile one --profile two -o json",
        "--profile one list --profile two -o json",
    ] {
        let listed = two.bench.run(line);
        let listed = listed.ok().silent().json();
        assert_eq!(column(&listed, "name"), ["a", "b", "c"], "{line}");
        assert_eq!(profiles(&listed), ["one", "one", "two"], "{line}");
    }
    // In the order in which they are given, each once.
    let listed = two.bench.run("list --profile two --profile one --profile two -o json").json();
    assert_eq!(profiles(&listed), ["two", "one", "one"]);
    let rows = two.bench.run("list --all-profiles");
    let first = |line: &str| line.split('\t').take(2).collect::<Vec<_>>().join(" ");
    let rows: Vec<String> = rows.ok().stdout.lines().map(first).collect();
    assert_eq!(rows, ["one a", "one b", "two c"]);
    let csv = two.bench.run("list --all-profiles -o csv");
    assert!(csv.stdout.starts_with("profile,name,id,"), "{csv:?}");
    two.bench.run("list --all-profiles -o wide").prints("one");
    // One alone is as ever.
    let one = two.bench.run("list --profile two -o json").json();
    assert_eq!(one[0]["uns3"].get("profile"), None);
    let row = two.bench.run("list --profile two");
    assert!(row.stdout.starts_with("c\t"), "{row:?}");
    two.keys_stayed();
}

#[test]
fn a_profile_that_fails_is_named_and_the_others_are_shown() {
    let two = Two::new();
    two.other.add("c", keyed("bucket", "c"));
    two.bench.service.fault("GET", "", refused());
    for verb in ["list", "status", "test --all"] {
        let done = two.bench.run(&format!("{verb} --all-profiles -o json"));
        done.exits(3);
        assert_eq!(profiles(&done.json()), ["two"], "{verb}");
        let error = done.error();
        assert_eq!(error["category"], "partial");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("1 of 2 profiles") && message.contains("one: "), "{message}");
        assert!(!message.contains("two: "), "{message}");
    }
    two.other.fault("GET", "", refused());
    let done = two.bench.run("list --all-profiles");
    done.fails(4).says("all 2 profiles failed").says("- one: ").says("- two: ");
    two.keys_stayed();
}

#[test]
fn a_service_out_of_reach_is_one_profiles_failure() {
    let two = Two::new();
    two.add("gone", "http://127.0.0.1:1", OTHER_KEY);
    let done = two.bench.run("list --all-profiles --retries 0 -o json");
    done.exits(3).says("gone: ");
    assert_eq!(done.stdout.trim(), "[]");
    two.bench.run("list --profile gone --profile gone --retries 0").fails(4).says("- gone: ");
}

#[test]
fn a_broken_entry_of_the_file_is_its_own_profiles_failure() {
    let two = Two::new();
    two.other.add("c", keyed("bucket", "c"));
    for broken in [
        "api_url = \"https://x.example\"",
        "api_key = \"k\"",
        "api_url = \"ftp://x\"\napi_key = \"k\"",
    ] {
        let file = two.bench.config().join("config.toml");
        let before = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("{before}\n[profiles.bad]\n{broken}\n")).unwrap();
        let done = two.bench.run("list --all-profiles -o json");
        done.exits(3).says("bad: ");
        assert_eq!(profiles(&done.json()), ["two"], "{done:?}");
        std::fs::write(&file, before).unwrap();
    }
    two.keys_stayed();
}

#[test]
fn services_are_asked_side_by_side() {
    let two = Two::new();
    let slow = std::time::Duration::from_millis(1500);
    two.bench.service.be_slow(slow);
    two.other.be_slow(slow);
    let begun = std::time::Instant::now();
    two.bench.run("list --all-profiles").ok();
    assert!(begun.elapsed() < slow * 2, "{:?}", begun.elapsed());
}

#[test]
fn other_commands_take_one_profile() {
    let two = Two::new();
    for verb in [
        "get x",
        "create x --remote-url s3://b/ --anonymous",
        "update x --anonymous",
        "delete x --yes",
        "export",
        "doctor",
        "preflight --remote-url s3://b/ --anonymous",
        "profile list",
    ] {
        for flags in
            ["--all-profiles", "--profile one --profile two", "--profile one --profile one"]
        {
            two.bench.run(&format!("{verb} {flags}")).fails(2).says("several profiles");
            two.bench.run(&format!("{flags} {verb}")).fails(2).says("several profiles");
        }
    }
    two.is_untouched();
}

#[test]
fn what_cannot_be_right_is_refused_before_anything_is_sent() {
    let two = Two::new();
    for flags in ["--api-url http://127.0.0.1:1", "--api-key-file secret", "--sandbox"] {
        let several = format!("list --profile one --profile two {flags}");
        two.bench.run(&several).fails(2).says("do not go together");
        two.bench.run(&format!("list --all-profiles {flags}")).fails(2).says("do not go together");
    }
    two.bench
        .run("list --all-profiles --profile one")
        .fails(2)
        .says("--all-profiles and --profile");
    let done = two.bench.run("list --profile one --profile onne --profile zzz");
    done.fails(5).says("no profile \"onne\" (near: one)").says("no profile \"zzz\"");
    two.is_untouched();
    Bench::new().run("list --all-profiles").fails(5).says("no profiles yet");
}

/// The environment's key and address are nobody's here, or they would be everybody's.
#[test]
fn the_environment_has_no_say_in_several_profiles() {
    let Two { bench, other } = Two::new();
    let elsewhere = Service::start();
    let bench = bench
        .with("UNSTRUCTURED_API_KEY", "the-key-of-the-environment")
        .with("UNSTRUCTURED_API_URL", &elsewhere.url)
        .with("UNS3_SANDBOX", "1");
    let done = bench.run("list --all-profiles");
    done.ok().says("--profile one is used instead of UNSTRUCTURED_API_KEY");
    assert!(elsewhere.lines().is_empty());
    Two { bench, other }.keys_stayed();
}

#[test]
fn status_is_by_time_over_all_and_tells_what_ends() {
    let two = Two::new();
    two.bench.service.add("late", keyed("bucket", "a"));
    two.other.add("soon", keyed("bucket", "b"));
    two.other.add("unknown", keyed("bucket", "c"));
    for (profile, name, minutes) in [("one", "late", 90), ("two", "soon", 20)] {
        let lease = two.bench.lease(minutes);
        two.bench
            .run(&format!("rotate {name} --profile {profile} --direct --no-verify {lease}"))
            .ok();
    }
    let status = two.bench.run("status --all-profiles -o json");
    let status = status.ok().json();
    assert_eq!(column(&status, "name"), ["soon", "late", "unknown"]);
    assert_eq!(profiles(&status), ["two", "one", "two"]);
    let done = two.bench.run("status --all-profiles --expiring-within 30m -o json");
    assert_eq!(column(&done.exits(10).json(), "name"), ["soon"]);
    let named = two.bench.run("status late --all-profiles -o json");
    assert_eq!(profiles(&named.ok().json()), ["one"]);
    two.bench.run("status nowhere --all-profiles").fails(5).says("nowhere");
    two.keys_stayed();
}

#[test]
fn checks_of_several_are_side_by_side_and_a_target_may_be_anywhere() {
    let two = Two::new();
    two.bench.service.add("here", keyed("bucket", "a"));
    two.other.add("there", keyed("bucket", "b"));
    let done = two.bench.run("test here there --all-profiles -o json");
    let result = done.ok().json();
    assert_eq!(profiles(&result), ["one", "two"]);
    let name = |one: &Value| one["connector"]["name"].clone();
    assert_eq!(result.as_array().unwrap().iter().map(name).collect::<Vec<_>>(), ["here", "there"]);
    // Nothing is checked where one is nowhere.
    let before = two.other.lines().len();
    two.bench.run("test there nowhere --all-profiles").fails(5).says("\"nowhere\"");
    let more = two.other.lines()[before..].to_vec();
    assert!(!more.iter().any(|line| line.contains("connection-check")), "{more:?}");
    let failure = json!("PermissionError: Access Denied");
    two.other.with(|store| store.verdicts.push_back(("FAILURE".into(), failure)));
    let done = two.bench.run("test --all --all-profiles --no-diagnose");
    done.exits(3).says("two: ").says("uns3 --profile two");
    two.keys_stayed();
}

#[test]
fn a_rotation_over_several_gives_all_the_same_credentials() {
    let two = Two::new();
    two.bench.service.add("a", keyed("bucket", "a"));
    two.other.add("b", keyed("bucket", "b"));
    two.other.add("c", keyed("bucket", "c"));
    two.other.fault("PUT", "", Fault::status(422, json!({"detail": "no"})));
    let line = format!("rotate --all --all-profiles --direct -o json {}", two.bench.lease(60));
    let done = two.bench.run(&line);
    let result = done.exits(3).json();
    assert_eq!(profiles(&result), ["one", "two", "two"]);
    let mut all = statuses(&result);
    all.sort_unstable();
    assert_eq!(all, ["failed", "rotated", "rotated"]);
    done.says("two: ");
    // A dry run, and a profile that fails, write nothing or nothing there.
    let writes = || two.bench.service.writes().len() + two.other.writes().len();
    let before = writes();
    let dry = two.bench.run(&format!("{line} --dry-run"));
    assert_eq!(statuses(&dry.ok().json()), ["planned"; 3]);
    assert_eq!(writes(), before);
    two.other.fault("GET", "", refused());
    let done = two.bench.run(&line);
    assert_eq!(profiles(&done.exits(3).json()), ["one"]);
    done.says("1 of 2 profiles failed");
    two.keys_stayed();
}

#[test]
fn a_rotation_says_whose_connectors_it_rotates() {
    let two = Two::new();
    two.bench.service.add("a", keyed("bucket", "a"));
    two.other.add("b", keyed("bucket", "b"));
    let done = two.bench.run(&format!("rotate --all --all-profiles {}", two.bench.lease(60)));
    done.ok().says("one: rotated destination \"a\"").says("two: rotated destination \"b\"");
    two.keys_stayed();
}

/// Both wrote it at once, and each took the other for somebody else.
#[test]
fn a_connector_that_two_profiles_lead_to_is_rotated_once() {
    let two = Two::new();
    two.add("twin", &two.bench.service.url, API_KEY);
    two.bench.service.add("a", keyed("bucket", "a"));
    let flags = "--profile twin --profile one";
    let line = format!("rotate --all {flags} -o json {}", two.bench.lease(60));
    let done = two.bench.run(&line);
    let result = done.ok().json();
    assert_eq!(statuses(&result), ["rotated", "skipped"]);
    assert_eq!(profiles(&result), ["twin", "one"]);
    let puts = two.bench.service.writes();
    assert_eq!(puts.iter().filter(|one| one.method == "PUT").count(), 1);
    assert!(two.bench.service.scratch().is_empty());
    // To look at it twice is fine.
    let listed = two.bench.run(&format!("list {flags} -o json")).json();
    assert_eq!(profiles(&listed), ["twin", "one"]);
}

/// With a lock on each service's rotations: two profiles of one service are one rotation, not two.
#[test]
fn a_shared_state_takes_profiles_of_the_same_and_of_other_services() {
    let two = Two::new();
    two.add("twin", &two.bench.service.url, API_KEY);
    two.bench.service.add("a", keyed("bucket", "a"));
    two.other.add("b", keyed("bucket", "b"));
    let state = two.bench.path("shared").display().to_string();
    let line = format!("rotate --all --all-profiles -o json --state {state}");
    let done = two.bench.run(&format!("{line} {}", two.bench.lease(60)));
    let result = done.ok().json();
    assert_eq!(profiles(&result), ["one", "twin", "two"]);
    assert_eq!(statuses(&result), ["rotated", "skipped", "rotated"]);
    // Whoever looks from elsewhere knows of both, and no lock is left.
    let shown = two.bench.run(&format!("state show --state {state} -o json --profile one"));
    let shown = shown.ok().json();
    assert_eq!(shown["lock"], Value::Null, "{shown}");
    let status = two.bench.run(&format!("status --all-profiles -o json --state {state}"));
    let ends = column(&status.ok().json(), "uns3");
    assert_eq!(ends.len(), 3);
    assert!(ends.iter().all(|one| one["expires_at"].is_string()), "{ends:?}");
    two.keys_stayed();
}

#[test]
fn every_message_names_its_profile() {
    let two = Two::new();
    let done = two.bench.run("list --all-profiles -vv -o json");
    done.ok();
    let lines = done.stderr.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let traced: Vec<Value> = lines.filter(|line| line.get("trace").is_some()).collect();
    assert!(!traced.is_empty());
    assert!(traced.iter().all(|line| line["trace"]["profile"].is_string()), "{traced:?}");
    done.never_shows(OTHER_KEY);
}
