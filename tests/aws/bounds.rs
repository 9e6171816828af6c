//! What AWS's services and agents may do to uns3: drip, flood, hang, and quote what they were given.

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::dripping::{dripping, signed_in};
use crate::fake::reply;
use crate::harness::{Bench, each};
use crate::sts::{OWN_ID, OWN_SECRET, ROLE, Sts, error, xml};
use crate::wire::{Reply, Request, listen};

const PLACE: &str = "--remote-url s3://bucket-one/out/ --endpoint-url http://127.0.0.1:1";

pub(crate) fn bare() -> Bench {
    Bench::new()
        .with("AWS_EC2_METADATA_DISABLED", "true")
        .with("AWS_REGION", "eu-central-1")
        .with("NO_PROXY", "127.0.0.1")
}

/// Once its time began when there were credentials, and these were waited for without an end.
#[test]
fn a_preflight_ends_in_its_time_though_nobody_gives_credentials() {
    each(["sts", "agent", "portal", "oidc", "service"], |drips| {
        let (url, asked) = dripping("");
        let bench = match drips {
            "sts" => bare()
                .with("AWS_ENDPOINT_URL_STS", &url)
                .with("AWS_ACCESS_KEY_ID", OWN_ID)
                .with("AWS_SECRET_ACCESS_KEY", OWN_SECRET),
            "agent" => bare().with("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{url}/x")),
            "portal" | "oidc" => {
                signed_in(bare().with("AWS_ENDPOINT_URL", &url), drips == "portal")
            }
            _ => bare().with("UNSTRUCTURED_API_URL", &url),
        };
        let line = match drips {
            "sts" => format!("preflight {PLACE} --aws --role-arn {ROLE}"),
            "agent" => format!("preflight {PLACE} --aws"),
            "portal" | "oidc" => format!("preflight {PLACE} --aws-profile work"),
            _ => format!("preflight some-connector {}", bench.keys()),
        };
        let begun = Instant::now();
        let done = bench.run(&line);
        assert!(begun.elapsed() < Duration::from_secs(30), "{drips}: {:?}", begun.elapsed());
        assert!([2, 8, 9].contains(&done.code), "{drips}: {done:?}");
        assert!(!asked().is_empty(), "{drips} was not asked");
    });
}

#[test]
fn a_flood_for_an_answer_is_not_read_to_its_end() {
    let sts = Sts::answering(|_| xml(200, &" ".repeat(8 << 20)));
    let begun = Instant::now();
    let bench = sts.bench();
    bench.run(&format!("create x {PLACE} --aws --role-arn {ROLE}")).fails(9);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert!(bench.service.lines().iter().all(|line| line.starts_with("GET")));
}

/// No rule of what keys look like tells that it is one: it has to be known.
#[test]
fn a_profile_s_secret_is_not_shown_though_sts_quotes_it() {
    let secret = "onlylowercaselettersinthissecretofaprofile";
    let words = format!("the key {secret} is not valid for x{secret}x");
    let sts = Sts::answering(move |_| error(403, "InvalidClientTokenId", &words));
    let bench = sts.without_keys();
    let config = bench.file(
        "aws",
        &format!("[profile ops]\naws_access_key_id = {OWN_ID}\naws_secret_access_key = {secret}\n"),
    );
    let bench = bench.with("AWS_CONFIG_FILE", &config);
    for more in ["", "-vv", "-o json"] {
        let line = format!("create x {PLACE} --aws-profile ops --role-arn {ROLE} {more}");
        bench.run(&line).fails(4).says("is not valid for").never_shows(secret);
    }
}

/// Answers each call when all of them have come.
fn together(count: usize, answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> String {
    let come: Arc<(Mutex<usize>, Condvar)> = Arc::default();
    listen(None, move |request| {
        if request.method != "DELETE" {
            let (number, changed) = &*come;
            let mut number = number.lock().unwrap();
            *number += 1;
            changed.notify_all();
            let waited =
                changed.wait_timeout_while(number, Duration::from_secs(8), |is| *is < count);
            if waited.unwrap().1.timed_out() {
                return Reply::Close;
            }
        }
        answer(&request)
    })
}

/// The write, the listing and the question who it is do not wait for one another.
#[test]
fn what_does_not_depend_on_another_is_asked_side_by_side() {
    let url = together(3, |request| match request.method.as_str() {
        "PUT" => reply(200, &[("etag", "\"x\"")], ""),
        "GET" => reply(200, &[], "<ListBucketResult></ListBucketResult>"),
        "DELETE" => reply(200, &[], ""),
        _ => reply(
            200,
            &[],
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/x</Arn>\
                 <Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
        ),
    });
    let bench = bare().with("AWS_ENDPOINT_URL_STS", &url);
    let keys = bench.keys();
    let line = format!("preflight --remote-url s3://bucket-one/out/ --endpoint-url {url} {keys}");
    let report = bench.run(&format!("{line} -o json")).ok().json();
    assert_eq!(report["credentials"]["arn"], "arn:aws:iam::1:user/x", "{report}");
}
