//! `rotate` where something goes wrong: the stage, one of many targets, an answer, another writer.

use serde_json::{Value, json};

use crate::harness::{Bench, SECRET, STS_ID, TOKEN, each};
use crate::rotating::{ALL, OLD_ID, column, keyed, statuses, targets};
use crate::service::Fault;
use crate::wire::Reply;

const SCRATCH_POST: &str = "/destinations/";

fn verdict(bench: &Bench, status: &str, reason: &str) {
    let verdict = (status.to_owned(), reason.into());
    bench.service.with(|store| store.verdicts.push_back(verdict));
}

/// A change by someone else while the stage goes on.
fn during_the_stage(bench: &Bench, change: impl FnOnce(&mut crate::store::Store) + Send + 'static) {
    bench.service.fault("GET", "/connection-check", Fault::meanwhile(change));
}

fn puts(bench: &Bench) -> usize {
    bench.service.writes().iter().filter(|one| one.method == "PUT").count()
}

#[test]
fn a_failed_stage_changes_nothing() {
    let bench = targets(3);
    verdict(&bench, "FAILURE", "UserAuthError: Access Denied");
    let done = bench.run(&format!("{ALL} {}", bench.lease(60)));
    let result = done.exits(7).says("Access Denied").says("s3:PutObject").json();
    assert_eq!(statuses(&result), ["failed"; 3]);
    assert_eq!(column(&result, "stage"), ["failed"; 3]);
    assert_eq!(column(&result, "verify"), [(); 3].map(|()| Value::Null));
    assert_eq!(done.error()["category"], "check_failed");
    assert_eq!(puts(&bench), 0);
    assert!(bench.service.scratch().is_empty());
    assert_eq!(bench.ids(&["t0", "t1", "t2"]), [OLD_ID; 3]);
    let kept: Vec<_> = bench.files("state").into_iter().map(|(path, _)| path).collect();
    assert!(!kept.iter().any(|path| path.ends_with("ledger.jsonl")), "{kept:?}");
    assert!(!kept.iter().any(|path| path.parent().unwrap().ends_with("scratch")), "{kept:?}");
}

#[test]
fn a_bucket_whose_stage_fails_does_not_stop_another() {
    let bench = targets(2);
    bench.service.add("other", keyed("bucket-two", "a"));
    let change = |store: &mut crate::store::Store| {
        let denied = |one: &&mut Value| {
            let url = one["config"]["remote_url"].as_str().unwrap();
            one["name"].as_str().unwrap().starts_with("uns3-stage-") && url.contains("two")
        };
        let id = store.state.destinations.iter_mut().find(denied).unwrap()["id"].clone();
        for (connector, check) in &mut store.state.checks {
            let failed = *connector == id.as_str().unwrap();
            check["status"] = if failed { "FAILURE" } else { "SUCCESS" }.into();
        }
    };
    // Both stages have begun their check by the second one's start.
    bench.service.fault("GET", "/connection-check", Fault::meanwhile(change));
    let done = bench.run(&format!("{ALL} {}", bench.sts()));
    let result = done.exits(3).json();
    assert_eq!(statuses(&result), ["rotated", "rotated", "failed"]);
    assert_eq!(bench.ids(&["t0", "other"]), [STS_ID, OLD_ID]);
    assert!(bench.service.scratch().is_empty());
}

#[test]
fn one_refused_target_does_not_stop_the_others() {
    for (status, body, problem) in [
        (422, json!({"detail": [{"loc": ["body", "x"], "msg": "too novel"}]}), "too novel"),
        (404, json!({"detail": "Connector not found"}), "not found"),
        (403, json!({"detail": "not yours"}), "not yours"),
        (500, json!({"detail": "oops", "retryable": false}), "oops"),
    ] {
        let bench = targets(4);
        let id = bench.service.with(|store| store.named("t2")["id"].clone());
        bench.service.fault("PUT", id.as_str().unwrap(), Fault::status(status, &body).always());
        let done = bench.run(&format!("{ALL} {}", bench.sts()));
        let result = done.exits(3).says(problem).json();
        assert_eq!(statuses(&result), ["rotated", "rotated", "failed", "rotated"]);
        assert_eq!(done.error()["category"], "partial");
        assert_eq!((puts(&bench), bench.ids(&["t2"])), (4, vec![OLD_ID.to_owned()]));
        // The failed one was not checked: one check of the scratch connector, three of targets.
        assert_eq!(bench.service.counts()["POST /destinations/{id}/connection-check"], 4);
    }
}

#[test]
fn a_target_that_was_deleted_meanwhile_is_told_of() {
    let bench = targets(3);
    during_the_stage(&bench, |store| store.state.destinations.retain(|one| one["name"] != "t1"));
    let done = bench.run(&format!("{ALL} {}", bench.sts()));
    let result = done.exits(3).says("was deleted meanwhile").json();
    assert_eq!(statuses(&result), ["rotated", "failed", "rotated"]);
    assert_eq!(column(&result, "stage"), ["passed"; 3]);
    assert_eq!(puts(&bench), 2);
    // Alone, it is the whole failure.
    let bench = targets(1);
    during_the_stage(&bench, |store| store.state.destinations.retain(|one| one["name"] != "t0"));
    bench.run(&format!("{ALL} {}", bench.sts())).exits(5);
    assert_eq!(puts(&bench), 0);
}

#[test]
fn a_failed_verification_leaves_the_new_credentials_and_says_so() {
    let bench = targets(1);
    verdict(&bench, "SUCCESS", "");
    verdict(&bench, "FAILURE", "UserAuthError: Access Denied");
    let done = bench.run(&format!("{ALL} {}", bench.lease(60)));
    let result = done.exits(7).says("the new credentials are set, but").json();
    assert_eq!([&result[0]["stage"], &result[0]["verify"]], ["passed", "failed"]);
    assert_eq!(bench.ids(&["t0"]), [STS_ID]);
    // Nothing is vouched for: the next run takes it again.
    let next = bench.run(&format!("{ALL} --expiring-within 1m {}", bench.lease(60)));
    assert_eq!(statuses(&next.ok().json()), ["rotated"]);

    let bench = targets(3);
    for status in ["SUCCESS", "SUCCESS", "FAILURE", "SUCCESS"] {
        verdict(&bench, status, "Access Denied");
    }
    let result = bench.run(&format!("{ALL} {}", bench.sts())).exits(3).json();
    assert_eq!(statuses(&result).iter().filter(|one| *one == "failed").count(), 1);
    assert_eq!(bench.ids(&["t0", "t1", "t2"]), [STS_ID; 3]);
}

#[test]
fn what_another_writer_changed_during_the_stage_is_kept() {
    for count in [1, 3] {
        let bench = targets(count);
        during_the_stage(&bench, |store| {
            let config = &mut store.named("t0")["config"];
            config["remote_url"] = "s3://bucket-one/moved/".into();
            config["novel"] = json!("theirs");
        });
        bench.run(&format!("{ALL} {}", bench.sts())).ok();
        let config = bench.service.config("t0");
        assert_eq!(config["remote_url"], "s3://bucket-one/moved/");
        assert_eq!([&config["novel"], &config["key"]], ["theirs", STS_ID]);
    }
}

#[test]
fn a_target_that_the_stage_said_nothing_about_is_left_alone() {
    type Change = fn(&mut Value);
    let changes: [(Change, &str); 4] = [
        (|config| config["remote_url"] = "s3://bucket-two/f0/".into(), "bucket"),
        (|config| config["endpoint_url"] = "https://s3.example.com".into(), "endpoint"),
        (
            |config| {
                *config = json!({"remote_url": "s3://bucket-one/f0/", "anonymous": true});
            },
            "authenticate",
        ),
        (
            |config| {
                *config = json!({"remote_url": "s3://bucket-one/f0/", "ambient_credentials": true});
            },
            "authenticate",
        ),
    ];
    for (change, word) in changes {
        for count in [1, 2] {
            let bench = targets(count);
            let theirs = move |store: &mut crate::store::Store| {
                change(&mut store.named("t0")["config"]);
            };
            during_the_stage(&bench, theirs);
            let done = bench.run(&format!("{ALL} {}", bench.sts()));
            done.exits(if count == 1 { 6 } else { 3 }).says("changed meanwhile").says(word);
            assert_eq!(statuses(&done.json())[0], "failed");
            assert_eq!(column(&done.json(), "stage")[0], "passed");
            assert_ne!(bench.service.config("t0")["key"], STS_ID);
            assert_eq!(puts(&bench), count - 1);
        }
    }
}

#[test]
fn a_masked_field_that_is_not_known_is_never_sent() {
    let bench = targets(2);
    bench.service.with(|store| {
        store.named("t0")["config"]["external"] = json!({"secret_id": "**********"});
    });
    for more in ["", "--direct"] {
        let done = bench.run(&format!("{ALL} {more} {}", bench.sts()));
        let result = done.json();
        assert_eq!(result[0]["status"], "failed", "{result}");
        done.says("hides").says("external");
    }
    // The harness looks for masks in what was sent.
    assert_eq!(bench.ids(&["t0"]), [OLD_ID]);
    assert_eq!(bench.ids(&["t1"]), [STS_ID]);
}

#[test]
fn a_lost_answer_to_the_put_is_made_good() {
    for fault in [
        Fault::close(),
        Fault::reply(Reply::Truncated),
        Fault::status(502, "<html>Bad Gateway</html>"),
        Fault::status(504, ""),
        Fault::status(408, ""),
    ] {
        let bench = targets(2);
        bench.service.fault("PUT", "", fault.done());
        let done = bench.run(&format!("{ALL} {}", bench.lease(60)));
        assert_eq!(statuses(&done.ok().json()), ["rotated"; 2]);
        assert_eq!(puts(&bench), 3);
        assert_eq!(bench.ids(&["t0", "t1"]), [STS_ID; 2]);
    }
}

#[test]
fn a_service_that_stays_away_is_one_failure_each_and_said_to_be_open() {
    let bench = targets(2);
    bench.service.fault("PUT", "", Fault::status(503, "").done().always());
    let done = bench.run(&format!("{ALL} --direct --retries 1 {}", bench.sts()));
    let result = done.exits(9).says("may have been carried out").json();
    assert_eq!(statuses(&result), ["failed"; 2]);
}

#[test]
fn an_answer_with_other_settings_is_a_failure() {
    let bench = targets(1);
    let theirs = json!({"id": "5e1b0d5e-0000-4000-8000-000000000000", "name": "t0", "type": "s3",
        "config": {"remote_url": "s3://bucket-two/", "key": "**********", "anonymous": false}});
    bench.service.fault("PUT", "", Fault::status(200, theirs));
    let done = bench.run(&format!("{ALL} --direct {}", bench.sts()));
    done.exits(6).says("other settings than were sent").says("remote_url");
}

#[test]
fn the_next_run_takes_up_what_failed_and_only_that() {
    let bench = targets(4);
    bench.service.fault("PUT", "", Fault::status(422, json!({"detail": "no"})).only("2-3"));
    let line = format!("{ALL} --expiring-within 30m {}", bench.lease(60));
    let first = bench.run(&line);
    assert_eq!(statuses(&first.exits(3).json()).iter().filter(|one| *one == "failed").count(), 2);
    bench.service.forget_requests();
    let second = bench.run(&line);
    let mut told = statuses(&second.ok().json());
    told.sort();
    assert_eq!(told, ["rotated", "rotated", "skipped", "skipped"]);
    assert_eq!(puts(&bench), 2);
    bench.service.forget_requests();
    let third = bench.run(&line);
    assert_eq!(statuses(&third.ok().json()), ["skipped"; 4]);
    bench.service.made(&[("GET /destinations/", 1)]);
}

#[test]
fn a_service_that_cannot_be_listed_again_fails_all_before_any_put() {
    let bench = targets(2);
    bench.service.fault("GET", SCRATCH_POST, Fault::status(500, "").only("2-"));
    let done = bench.run(&format!("{ALL} --retries 0 {}", bench.sts()));
    assert_eq!(column(&done.exits(9).json(), "stage"), ["passed"; 2]);
    assert_eq!(puts(&bench), 0);
    assert!(bench.service.scratch().is_empty());
}

#[test]
fn a_reason_that_quotes_the_new_secret_is_not_repeated() {
    each(["table", "json", "yaml", "csv"], |format| {
        let bench = targets(1);
        verdict(&bench, "FAILURE", &format!("botocore says {SECRET} and {TOKEN} are wrong"));
        bench.run(&format!("rotate --all -o {format} -vv {}", bench.sts())).exits(7);
    });
}
