//! `uns3 profile`: keys saved once, privately, and what beats them.

use std::thread;

use serde_json::json;

use crate::harness::{API_KEY, Bench};
use crate::service::Fault;

/// Without what the environment would say.
fn bare() -> Bench {
    Bench::new().without("UNSTRUCTURED_API_KEY").without("UNSTRUCTURED_API_URL")
}

fn toml(bench: &Bench) -> String {
    std::fs::read_to_string(bench.config().join("config.toml")).unwrap()
}

/// A bench with the profile `work`.
fn saved() -> Bench {
    let bench = bare();
    let url = bench.service.url.clone();
    bench.piped(&format!("profile add work --api-url {url} --api-key-file -"), API_KEY).ok();
    bench.service.forget_requests();
    bench
}

#[test]
fn a_key_comes_from_a_file_standard_input_or_a_command() {
    let bench = bare();
    let url = bench.service.url.clone();
    let file = bench.file("key", &format!("{API_KEY}\n"));
    let done = bench.run(&format!("profile add file --api-url {url} --api-key-file {file}"));
    done.ok().says("checked and saved");
    assert_eq!(done.stdout, "");
    bench.piped(&format!("profile add stdin --api-url {url} --api-key-file -"), API_KEY).ok();
    let command = format!("cat {file}");
    let add = ["profile", "add", "command", "--api-url", &url, "--api-key-command", &command];
    bench.args(&add).ok();
    assert_eq!(bench.service.lines().len(), 3);
    for name in ["file", "stdin", "command"] {
        bench.run(&format!("list --profile {name}")).ok();
    }
    let text = toml(&bench);
    assert!(text.contains(&format!("api_key_command = \"{command}\"")), "{text}");
    assert!(text.starts_with("current = \"file\"\n"), "the first one is used: {text}");
}

#[test]
fn a_key_that_does_not_work_is_not_saved() {
    let bench = bare();
    let url = bench.service.url.clone();
    bench.service.fault("GET", "", Fault::status(401, json!({"detail": "no"})).always());
    let line = format!("profile add work --api-url {url} --api-key-file -");
    bench.piped(&line, API_KEY).fails(4).says("nothing was saved");
    assert!(bench.files("config").iter().all(|(_, text)| text.is_empty()));
    let asked = bench.service.lines().len();
    bench.piped(&format!("{line} --no-verify"), API_KEY).ok().says("not checked");
    assert_eq!(bench.service.lines().len(), asked);
}

#[test]
fn what_cannot_be_a_profile() {
    let bench = bare();
    bench.run("profile add work").fails(2).says("--api-key-file").says("--api-key-command");
    bench.piped("profile add work --api-key-file -", " \n").fails(2).says("empty");
    bench.piped("profile add a/b --api-key-file - --no-verify", API_KEY).fails(2);
    bench.piped("profile add a --api-url http://a.b --api-key-file -", API_KEY).fails(2);
    bench.run("profile add a --api-key-file x --api-key-command y").fails(2);
    bench.run("profile add a --api-key x").fails(2).says("--api-key");
    assert!(bench.files("config").is_empty());
}

#[test]
fn a_command_that_fails_is_shown_to_be_run_by_hand() {
    let bench = bare();
    let url = bench.service.url.clone();
    for (command, problem) in [("exit 3", "failed"), ("true", "printed nothing")] {
        let add = ["profile", "add", "x", "--api-url", &url, "--api-key-command", command];
        bench.args(&add).fails(4).says(problem).says(&format!("run it by hand: {command}"));
    }
    assert!(bench.service.lines().is_empty());
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_only() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let bench = saved();
    let mode = |name: &str| {
        let path = bench.config().join(name);
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!((mode(""), mode("config.toml")), (0o700, 0o600));
    for readable in [0o640, 0o604, 0o666] {
        let path = bench.config().join("config.toml");
        set_permissions(&path, Permissions::from_mode(readable)).unwrap();
        let mend = format!("chmod 600 {}", path.display());
        for line in ["list", "profile list", "profile use work", "profile remove work --yes"] {
            bench.run(line).fails(2).says("others than you can read it").says(&mend);
        }
    }
    assert!(bench.service.lines().is_empty());
}

#[test]
fn concurrent_adds_are_all_kept() {
    let bench = bare();
    let url = bench.service.url.clone();
    thread::scope(|scope| {
        for n in 0..8 {
            let line = format!("profile add p{n} --api-url {url} --no-verify --api-key-file -");
            let bench = &bench;
            scope.spawn(move || bench.piped(&line, API_KEY).ok().code);
        }
    });
    assert_eq!(bench.run("profile list -o id").ok().stdout.lines().count(), 8);
}

#[test]
fn show_and_list_never_print_a_key() {
    let bench = saved();
    for format in ["table", "json", "yaml", "csv"] {
        for line in ["profile show", "profile show work", "profile list", "profile ls -vv"] {
            bench.run(&format!("{line} -o {format}")).ok().never_shows(API_KEY).prints("work");
        }
    }
    let shown = bench.run("profile show -o json").ok().json();
    let wanted = json!({"name": "work", "current": true, "api_url": bench.service.url,
        "api_key_command": null, "state": null});
    assert_eq!(shown, wanted);
}

#[test]
fn use_and_remove() {
    let bench = saved();
    let url = bench.service.url.clone();
    bench.piped(&format!("profile add two --api-url {url} --api-key-file -"), API_KEY).ok();
    bench.run("profile use two").ok().says("used from now on");
    assert_eq!(bench.run("profile show -o id").ok().stdout, "two\n");
    bench.run("profile use three").fails(5).says("work, two");
    bench.run("profile remove two").fails(2).says("--yes");
    bench.run("profile rm two --yes").ok();
    bench.run("profile show").fails(5);
    bench.run("profile remove two --yes").fails(5);
    bench.run("list").fails(4);
    bench.run("list --profile two").fails(5).says("work");
}

#[test]
fn adding_again_replaces_and_comments_stay() {
    let bench = saved();
    let path = bench.config().join("config.toml");
    let text = format!("# by hand\n{}\n[future]\nfield = 1\n", toml(&bench));
    std::fs::write(&path, text).unwrap();
    let line = "profile add work --api-url https://other.example.com --no-verify --api-key-file -";
    bench.piped(line, API_KEY).ok();
    let text = toml(&bench);
    assert!(text.starts_with("# by hand") && text.contains("field = 1"), "{text}");
    assert!(text.contains("https://other.example.com") && !text.contains(&bench.service.url));
}

#[test]
fn a_flag_beats_the_environment_which_beats_the_profile() {
    let bench = saved();
    let url = bench.service.url.clone();
    bench.service.add("out", json!({"remote_url": "s3://bucket-one/"}));
    bench.run("list").ok().silent();
    assert_eq!(bench.service.lines().len(), 1);
    // The environment, wrong, beats the profile in use.
    let bench = bench.with("UNSTRUCTURED_API_URL", "https://nobody.invalid");
    bench.run("list --retries 0").fails(9).says("nobody.invalid");
    let bench = bench.with("UNSTRUCTURED_API_KEY", "another-key");
    bench.run("list --retries 0").fails(9).never_shows("another-key");
    // A profile by variable is beaten too; one by flag is not, and that is said.
    let bench = bench.with("UNS3_PROFILE", "work");
    bench.run("list --retries 0").fails(9);
    let done = bench.run("list --profile work");
    done.ok()
        .says("--profile work is used instead of UNSTRUCTURED_API_KEY and UNSTRUCTURED_API_URL");
    bench.run("list --profile work -q").ok().silent();
    let file = bench.file("key", API_KEY);
    bench.run(&format!("list --api-url {url} --api-key-file {file}")).ok().silent();
    assert_eq!(bench.service.lines().len(), 4);
}

#[test]
fn a_variable_chooses_the_profile() {
    let bench = saved();
    let url = bench.service.url.clone();
    bench
        .piped(
            &format!("profile add two --api-url {url}/two --api-key-file - --no-verify"),
            API_KEY,
        )
        .ok();
    let bench = bench.with("UNS3_PROFILE", "two");
    bench.run("list").fails(9);
    assert!(bench.service.requests()[0].target.starts_with("/two/api/v1/"));
    bench.with("UNS3_PROFILE", "nobody").run("list").fails(5).says("no profile \"nobody\"");
}

#[test]
fn the_profiles_key_is_not_sent_elsewhere_unseen() {
    let bench = saved();
    let other = crate::service::Service::start();
    bench.run(&format!("list --api-url {}", other.url)).says("profile \"work\"");
}

#[test]
fn broken_files_never_show_the_key() {
    let bench = saved();
    let path = bench.config().join("config.toml");
    let good = toml(&bench);
    for (text, problem) in [
        (good.clone(), ""),
        (format!("{good}\noops = 'not closed"), "line"),
        (good.replace("api_key = ", "api_key = ]"), "not TOML"),
        (good.replace("api_key = ", "api_key "), "not TOML"),
        (good.replace("api_url = ", "api_key = "), "not TOML"),
        (format!("{good}api_key_command = 'x'\n"), "either api_key or api_key_command"),
        (good.replace("api_key = ", "api_kee = "), "either api_key or api_key_command"),
        (good.replace("api_url = ", "api_uri = "), "no api_url"),
    ] {
        std::fs::write(&path, &text).unwrap();
        let line = "list -vv --profile work";
        let done = bench.run(line);
        done.exits(if problem.is_empty() { 0 } else { 2 }).says(problem).never_shows(API_KEY);
        bench.run("profile list -o json").never_shows(API_KEY);
    }
}

#[test]
fn a_folder_that_cannot_be_written() {
    let bench = bare();
    let file = bench.file("in-the-way", "");
    let bench = bench.with("UNS3_CONFIG_DIR", &format!("{file}/config"));
    bench.piped("profile add x --no-verify --api-key-file -", API_KEY).fails(1).says("in-the-way");
}

/// The next call sent a dedicated instance's key to the public service.
#[test]
fn a_profile_that_is_added_again_lost_its_address() {
    let bench = Bench::new().without("UNSTRUCTURED_API_URL");
    let add = "profile add work --no-verify --api-key-file";
    let key = bench.file("key", "a-first-key/of+work");
    bench.run(&format!("{add} {key} --api-url https://acme.example.com")).ok();
    let key = bench.file("key", "a-second-key/of+work");
    let done = bench.run(&format!("{add} {key}"));
    done.ok().says("replaced").says("https://acme.example.com");
    let shown = bench.run("profile show work -o json").json();
    assert_eq!(shown["api_url"], "https://acme.example.com");
    bench.run(&format!("{add} {key} --api-url https://other.example.com")).ok();
    let shown = bench.run("profile show work -o json").json();
    assert_eq!(shown["api_url"], "https://other.example.com");
}

#[test]
fn a_profile_that_is_added_for_the_first_time_says_so() {
    let bench = Bench::new().without("UNSTRUCTURED_API_URL");
    let key = bench.file("key", "a-first-key/of+work");
    let done = bench.run(&format!("profile add work --no-verify --api-key-file {key}"));
    assert!(!done.ok().stderr.contains("replaced"), "{done:?}");
}
