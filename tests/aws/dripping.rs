//! Servers of AWS that answer a byte at a time, without an end: each is given up in its time, and holds
//! up nobody else.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::bounds::bare;
use crate::harness::{Bench, each};
use crate::sts::{OWN_ID, OWN_SECRET, ROLE, assumed};
use crate::wire::Reply;

const CREATE: &str = "create x --remote-url s3://bucket-one/ -o json";

/// A server that answers what holds a text by a byte at a time, and all else as STS does; and what it was
/// asked.
pub(crate) fn dripping(on: &'static str) -> (String, impl Fn() -> Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let shared = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let asked = Arc::clone(&shared);
            thread::spawn(move || serve(stream, on, &asked));
        }
    });
    (url, move || asked.lock().unwrap().clone())
}

fn serve(mut stream: TcpStream, on: &str, asked: &Mutex<Vec<String>>) {
    let Some(request) = read(&mut stream) else { return };
    let drips = request.contains(on);
    asked.lock().unwrap().push(request);
    if !drips {
        let Reply::Http(_, _, body) = assumed("AssumeRole", "2096-05-06T07:08:09Z") else { return };
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\nconnection: close\r\n";
        let head = format!("{head}content-length: {}\r\n\r\n", body.len());
        let _ = stream.write_all(&[head.as_bytes(), &body].concat());
        return;
    }
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: 100000\r\n\r\n";
    let mut sent = stream.write_all(head.as_bytes());
    while sent.is_ok() {
        thread::sleep(Duration::from_millis(200));
        sent = stream.write_all(b" ");
    }
}

/// A request, its body whole.
fn read(stream: &mut TcpStream) -> Option<String> {
    let mut text = String::new();
    loop {
        let mut buffer = [0; 16 << 10];
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        text.push_str(std::str::from_utf8(&buffer[..count]).ok()?);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            return Some(text);
        }
    }
}

/// With a profile `work` of IAM Identity Center, signed in; or whose session is to be renewed first.
pub(crate) fn signed_in(bench: Bench, is_fresh: bool) -> Bench {
    // Named for the SHA-1 of the session's name, as AWS's tools name it.
    let cache = bench.path("home").join(".aws/sso/cache");
    fs::create_dir_all(&cache).unwrap();
    let end = if is_fresh { "2096-01-02T03:04:05Z" } else { "2016-01-02T03:04:05Z" };
    let token = json!({"accessToken": "an-access/token+of-mine", "expiresAt": end, "region": "eu-west-1",
        "clientId": "c", "clientSecret": "s", "registrationExpiresAt": "2096-01-02T03:04:05Z",
        "refreshToken": "r", "startUrl": "https://d-1.awsapps.com/start"});
    let file = cache.join("e274eeff768c6396088ec6eb091f4bf4d47ab1e0.json");
    fs::write(file, token.to_string()).unwrap();
    let config = bench.file(
        "sso.ini",
        "[profile work]\nsso_session = work\nsso_account_id = 123456789012\nsso_role_name = r\n\
         [sso-session work]\nsso_region = eu-west-1\nsso_start_url = https://d-1.awsapps.com/start\n",
    );
    let home = bench.path("home").to_str().unwrap().to_owned();
    bench.with("HOME", &home).with("USERPROFILE", &home).with("AWS_CONFIG_FILE", &config)
}

/// Each has its minute, and has it side by side with the others.
#[test]
fn what_takes_its_whole_time() {
    let everywhere: [fn(); 2] = [
        a_portal_that_drips_is_given_up_after_a_minute,
        a_containers_agent_that_drips_is_given_up_in_its_time,
    ];
    #[cfg(not(unix))]
    let on_unix: [fn(); 0] = [];
    #[cfg(unix)]
    let on_unix: [fn(); 3] = [
        a_role_that_is_not_answered_for_holds_no_other_up_in_a_watch,
        crate::programs::a_program_that_hangs_is_given_up_after_a_minute,
        crate::programs::a_program_that_hangs_once_ends_no_watch,
    ];
    each(everywhere.into_iter().chain(on_unix), |case| case());
}

/// The SDK has no limit for what its sources ask: a portal that answered by the byte was waited for
/// without an end.
fn a_portal_that_drips_is_given_up_after_a_minute() {
    each([(true, "/federation/credentials"), (false, "/token")], |(is_fresh, path)| {
        let (url, asked) = dripping("");
        let bench = signed_in(bare().with("AWS_ENDPOINT_URL", &url), is_fresh);
        let done = bench.run(&format!("{CREATE} --aws-profile work"));
        done.fails(9).says("gave no credentials within 60 s");
        done.never_shows("an-access/token+of-mine");
        assert!(asked().iter().any(|one| one.contains(path)), "{:?}", asked());
        assert!(bench.service.writes().is_empty());
    });
}

fn a_containers_agent_that_drips_is_given_up_in_its_time() {
    let (url, asked) = dripping("");
    let bench = bare().with("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{url}/x"));
    let done = bench.run(&format!("{CREATE} --aws"));
    done.says("gave no credentials");
    assert!([2, 9].contains(&done.code) && !asked().is_empty(), "{done:?}");
    assert!(bench.service.writes().is_empty());
}

/// One role that STS never answered for kept the watch from renewing all others.
#[cfg(unix)]
fn a_role_that_is_not_answered_for_holds_no_other_up_in_a_watch() {
    use rustix::process::{Pid, Signal, kill_process};
    let (url, asked) = dripping("bucket-two");
    let bench = bare()
        .with("AWS_ENDPOINT_URL_STS", &url)
        .with("AWS_ACCESS_KEY_ID", OWN_ID)
        .with("AWS_SECRET_ACCESS_KEY", OWN_SECRET);
    bench.service.add("a", crate::rotating::keyed("bucket-one", "a"));
    bench.service.add("b", crate::rotating::keyed("bucket-two", "b"));
    let line = format!("{} --role-arn {ROLE}", crate::rotating::WATCH_ALL);
    let child = bench.command(&line.split(' ').collect::<Vec<_>>()).spawn().unwrap();
    bench.service.await_request("PUT");
    thread::sleep(Duration::from_millis(500));
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let done = bench.finish(child, &line);
    done.exits(143);
    assert_eq!(bench.ids(&["a"]), [crate::harness::STS_ID]);
    let told: Vec<&str> = done.stdout.lines().collect();
    assert!(
        told.iter().any(|one| one.contains("cannot assume") && one.contains("\"b\"")),
        "{done:?}"
    );
    assert!(asked().iter().any(|one| one.contains("bucket-two")));
}
