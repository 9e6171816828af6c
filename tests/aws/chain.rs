//! The SDK's chain: shared config, `credential_process`, roles of roles, web identity, containers,
//! the environment, and nothing at all.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::json;

use crate::harness::{Bench, Done, SECRET, STS_ID, TOKEN};
use crate::rotating::{ALL, keyed};
use crate::sts::{OWN_ID, OWN_SECRET, ROLE, Sts};
use crate::wire::{Reply, listen};

const CREATE: &str = "create x --remote-url s3://bucket-one/ -o json";
const END: &str = "2096-05-06T07:08:09Z";

/// With a shared config and shared credentials, whose lines these are.
fn with_files(bench: Bench, config: &str, credentials: &str) -> Bench {
    let (config, credentials) =
        (bench.file("config.ini", config), bench.file("keys.ini", credentials));
    bench.with("AWS_CONFIG_FILE", &config).with("AWS_SHARED_CREDENTIALS_FILE", &credentials)
}

fn keys(profile: &str) -> String {
    format!("[{profile}]\naws_access_key_id = {OWN_ID}\naws_secret_access_key = {OWN_SECRET}\n")
}

/// It may open a browser, or ask for a touch of a key.
#[cfg(unix)]
#[test]
fn a_program_is_run_once_for_any_number_of_buckets() {
    let Some(sts) = Sts::moto() else { return };
    let printed = json!({"Version": 1, "AccessKeyId": OWN_ID, "SecretAccessKey": OWN_SECRET});
    let bench = sts.without_keys();
    let file = bench.file("printed.json", &printed.to_string());
    let runs = bench.path("runs").display().to_string();
    let program = bench.file("program", &format!("echo run >> {runs}; cat {file}\n"));
    let config = format!("[profile tool]\ncredential_process = /bin/sh {program}\n");
    let bench = with_files(bench, &config, "").with("PATH", "/usr/bin:/bin");
    for number in 0..5 {
        bench.service.add(&format!("b{number}"), keyed(&format!("bucket-{number}"), "a"));
    }
    bench.run(&format!("{ALL} --aws-profile tool --role-arn {ROLE}")).ok();
    assert_eq!((sts.asked().len(), std::fs::read_to_string(runs).unwrap().as_str()), (5, "run\n"));
}

/// A bench that finds nothing anywhere.
fn bare() -> Bench {
    Bench::new().with("AWS_EC2_METADATA_DISABLED", "true").with("NO_PROXY", "127.0.0.1")
}

fn key_of_x(bench: &Bench) -> String {
    bench.ids(&["x"]).remove(0)
}

#[test]
fn a_profile_of_the_shared_files() {
    let files = || with_files(bare(), "[profile other]\nregion = eu-west-1\n", &keys("other"));
    let bench = files();
    bench.run(&format!("{CREATE} --aws-profile other")).ok().never_shows(OWN_SECRET);
    assert_eq!(key_of_x(&bench), OWN_ID);
    let bench = files().with("AWS_PROFILE", "other");
    bench.run(&format!("{CREATE} --aws")).ok().never_shows(OWN_SECRET);
    assert_eq!(key_of_x(&bench), OWN_ID);
    for line in ["--aws", "--aws-profile gone"] {
        let bench = files();
        let done = bench.run(&format!("{CREATE} {line}"));
        done.fails(2).says("gave no credentials").says("--aws-profile NAME");
        assert!(bench.service.writes().is_empty());
    }
    // A profile that is named beats keys in the environment.
    let bench = files().with("AWS_ACCESS_KEY_ID", STS_ID).with("AWS_SECRET_ACCESS_KEY", SECRET);
    bench.run(&format!("{CREATE} --aws-profile other")).ok();
    assert_eq!(key_of_x(&bench), OWN_ID);
}

#[test]
fn the_environment_comes_first_in_the_chain() {
    let bench = with_files(bare(), "", &keys("default"))
        .with("AWS_ACCESS_KEY_ID", STS_ID)
        .with("AWS_SECRET_ACCESS_KEY", SECRET)
        .with("AWS_SESSION_TOKEN", TOKEN);
    bench.run(&format!("{CREATE} --aws")).ok();
    assert_eq!(bench.service.config("x")["token"], TOKEN);
}

#[cfg(unix)]
#[test]
fn a_program_that_prints_credentials() {
    let printed = json!({"Version": 1, "AccessKeyId": STS_ID, "SecretAccessKey": SECRET,
        "SessionToken": TOKEN, "Expiration": END});
    let bench = bare();
    let file = bench.file("printed.json", &printed.to_string());
    let config = format!("[profile tool]\ncredential_process = /bin/cat {file}\n");
    let bench = with_files(bench, &config, "").with("PATH", "/usr/bin:/bin");
    let done = bench.run(&format!("{CREATE} --aws-profile tool"));
    assert_eq!(done.ok().json()["uns3"]["expires_at"], END);
    assert_eq!(bench.service.config("x")["secret"], SECRET);
}

#[cfg(unix)]
#[test]
fn a_program_that_fails_or_prints_nonsense_shows_nothing_of_it() {
    // No rule of what keys look like tells that the second is one.
    for secret in ["Half/Secret+1234567890", "onlylowercaselettersinthissecretofaprogram"] {
        for program in [
            format!("/bin/sh -c 'echo {secret} >&2; exit 3'"),
            format!("/bin/sh -c 'echo the key {secret}, at https://host/{secret}?x >&2; exit 3'"),
            format!("/bin/sh -c 'echo {{ >&2; echo {secret} >&2; echo {secret}; exit 3'"),
            format!("/bin/echo {secret}"),
        ] {
            let config = format!("[profile tool]\ncredential_process = {program}\n");
            let bench = with_files(bare(), &config, "").with("PATH", "/usr/bin:/bin");
            for more in ["", "-vv"] {
                let done = bench.run(&format!("{CREATE} --aws-profile tool {more}"));
                done.fails(2).says("gave no credentials").never_shows(secret);
            }
        }
    }
}

#[test]
fn credentials_that_have_expired_are_refused() {
    let old = json!({"AccessKeyId": STS_ID, "SecretAccessKey": SECRET, "Token": TOKEN,
        "Expiration": "2016-05-06T07:08:09Z"});
    let done = contained(&bare(), old, &format!("{CREATE} --aws"));
    done.fails(2).says("expired");
}

/// Runs where a container's agent gives these credentials.
pub(crate) fn contained(bench: &Bench, credentials: serde_json::Value, line: &str) -> Done {
    let url = listen(None, move |request| {
        let known = request.header("authorization") == Some("agents-own");
        let body = if known { credentials.to_string() } else { "{}".to_owned() };
        let json = ("content-type".to_owned(), "application/json".to_owned());
        Reply::Http(if known { 200 } else { 401 }, vec![json], body.into_bytes())
    });
    let mut command = bench.command(&line.split_whitespace().collect::<Vec<_>>());
    command.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{url}/credentials"));
    command.env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "agents-own");
    bench.finish(command.spawn().unwrap(), line)
}

#[test]
fn a_container_is_given_credentials() {
    let bench = bare();
    let fresh = json!({"AccessKeyId": STS_ID, "SecretAccessKey": SECRET, "Token": TOKEN,
        "Expiration": END});
    let done = contained(&bench, fresh, &format!("{CREATE} --aws"));
    assert_eq!(done.ok().json()["uns3"]["expires_at"], END);
    assert_eq!(bench.service.config("x")["token"], TOKEN);
}

#[test]
fn a_role_of_the_shared_config_is_assumed_by_another_profiles_keys() {
    let Some(sts) = Sts::moto() else { return };
    let config = format!(
        "[profile base]\nregion = eu-west-1\n[profile chained]\nrole_arn = {ROLE}-inner\n\
         source_profile = base\nregion = eu-west-1\nrole_session_name = chained\n"
    );
    let bench = with_files(sts.without_keys(), &config, &keys("base"));
    let done = bench.run(&format!("{CREATE} --aws-profile chained"));
    assert!(done.ok().json()["uns3"]["expires_at"].is_string());
    assert!(key_of_x(&bench).starts_with("ASIA"));
    let asked = sts.asked();
    assert_eq!((asked.len(), asked[0]["RoleArn"].as_str()), (1, &*format!("{ROLE}-inner")));
    // A role on top of that one is assumed with its keys.
    let bench = with_files(sts.without_keys(), &config, &keys("base"));
    bench.run(&format!("{CREATE} --aws-profile chained --role-arn {ROLE}")).ok();
    let asked = sts.asked();
    assert_eq!((asked.len(), asked[2]["RoleArn"].as_str()), (3, ROLE));
    assert!(sts.requests()[2].header("authorization").unwrap().contains("Credential=ASIA"));
}

#[test]
fn a_web_identity_is_traded_for_a_role() {
    let Some(sts) = Sts::moto() else { return };
    let bench = sts.without_keys();
    let token = bench.file("web.jwt", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1bnMzIn0.c2lnbmF0dXJl");
    let bench = bench
        .with("AWS_WEB_IDENTITY_TOKEN_FILE", &token)
        .with("AWS_ROLE_ARN", ROLE)
        .with("AWS_ROLE_SESSION_NAME", "pod");
    let done = bench.run(&format!("{CREATE} --aws"));
    done.ok().never_shows("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1bnMzIn0.c2lnbmF0dXJl");
    assert!(key_of_x(&bench).starts_with("ASIA"));
    let asked = sts.asked();
    assert_eq!(
        [&asked[0]["Action"], &asked[0]["RoleSessionName"]],
        ["AssumeRoleWithWebIdentity", "pod"]
    );
}

#[test]
fn nothing_at_all_is_said_with_what_to_do() {
    let bench = bare();
    for line in ["--aws".to_owned(), format!("--role-arn {ROLE}")] {
        let done = bench.run(&format!("{CREATE} {line}"));
        done.says("no providers in chain provided credentials").says("aws sso login");
        assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{done:?}");
    }
    assert!(bench.service.writes().is_empty());
}

/// Without a region, the SDK asked for one three times, a second each, before it looked for
/// credentials.
#[test]
fn an_instance_service_that_never_answers_is_asked_twice_at_most() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    thread::spawn(move || {
        let mut silent = Vec::new();
        for stream in listener.incoming().map_while(Result::ok) {
            count.fetch_add(1, Ordering::Relaxed);
            silent.push(stream);
        }
    });
    let bench =
        bare().without("AWS_EC2_METADATA_DISABLED").with("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url);
    bench.run(&format!("{CREATE} --aws")).fails(2).says("gave no credentials");
    let asked = asked.load(Ordering::Relaxed);
    assert!((1..=2).contains(&asked), "asked {asked} times");
}

/// The refusal lay beneath "unhandled error: Error", and signing in again was the advice.
#[test]
fn a_refused_role_of_the_shared_config_is_told_in_stss_own_words() {
    let sts = Sts::answering(|_| crate::sts::error(403, "AccessDenied", "words of STS's own"));
    let config = format!(
        "[profile base]\nregion = eu-west-1\n[profile chained]\nrole_arn = {ROLE}-inner\n\
         source_profile = base\nregion = eu-west-1\n"
    );
    let bench = with_files(sts.without_keys(), &config, &keys("base"));
    let error = bench.run(&format!("{CREATE} --aws-profile chained")).fails(4).error();
    let (message, hint) = (error["message"].as_str().unwrap(), error["hint"].as_str().unwrap());
    assert!(message.contains("AccessDenied: words of STS's own"), "{error}");
    assert!(hint.contains("trust policy") && !hint.contains("sso login"), "{error}");
    assert_eq!(error["request_id"], "5e1b0d5e");
}
