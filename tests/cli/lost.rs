//! One `create` makes exactly one connector, whatever is lost on the way.

use serde_json::{Value, json};

use crate::harness::{Bench, Done, each};
use crate::service::Fault;
use crate::wire::Reply;

pub(crate) const POST: &str = "/destinations/";
pub(crate) const LINE: &str = "create x --remote-url s3://bucket-one/ --anonymous -o json -v";

pub(crate) fn faulty(fault: Fault) -> Bench {
    let bench = Bench::new();
    bench.service.with(|store| store.real_time = true);
    bench.service.fault("POST", POST, fault);
    bench
}

pub(crate) fn posts(bench: &Bench) -> usize {
    bench.service.writes().iter().filter(|one| one.method == "POST").count()
}

/// It ended well, and exactly one is there.
fn one(bench: &Bench, posted: usize) -> Done {
    let done = bench.run(LINE);
    done.ok();
    assert_eq!((bench.service.count("x"), posts(bench)), (1, posted), "{done:?}");
    let id = bench.service.with(|store| store.named("x")["id"].clone());
    assert_eq!(done.json()["id"], id);
    done
}

#[test]
fn what_was_made_unseen_is_adopted() {
    for fault in [
        Fault::close(),
        Fault::reply(Reply::Truncated),
        Fault::status(500, json!({"detail": "oops"})),
        Fault::status(502, "<html>Bad Gateway</html>"),
        Fault::status(504, ""),
        Fault::status(408, ""),
        Fault::status(200, "<html>Sign in</html>"),
        Fault::status(200, ""),
        Fault::status(200, "{\"id\": 7}"),
        Fault::status(201, json!({"message": "created"})),
    ] {
        let done = one(&faulty(fault.done()), 1);
        done.says("it was found: created");
    }
}

/// The service is given time to be late in: these cases wait, and do it side by side.
#[test]
fn what_may_still_be_made() {
    let cases: [fn(); 5] = [
        what_was_not_made_is_made_once,
        what_is_made_after_a_time_out_is_waited_for,
        after_a_time_out_it_is_not_sent_again,
        made_after_the_second_post_there_are_two_and_one_goes,
        without_retries_an_absence_is_reported,
    ];
    each(cases, |case| case());
}

fn what_was_not_made_is_made_once() {
    let faults = [
        Fault::close(),
        Fault::status(500, json!({"detail": "oops"})),
        Fault::status(502, "<html>Bad Gateway</html>"),
        Fault::status(408, ""),
    ];
    each(faults, |fault| {
        one(&faulty(fault), 2);
    });
}

#[test]
fn what_was_refused_for_now_is_sent_again() {
    one(&faulty(Fault::status(429, "{}").header("retry-after", 0).only("2x")), 3);
}

/// A limiter behind the service refuses what is done already, and what redirects may have handed it
/// on: either was sent again, and two were made.
#[test]
fn a_post_that_was_applied_is_made_once_whatever_the_answer() {
    let redirect = || Fault::status(307, "").header("location", "/api/v1/destinations/?again=1");
    let refused = || Fault::status(429, "{}");
    for fault in [redirect(), refused()] {
        one(&faulty(fault.done()), 1);
    }
    let bench = faulty(refused().done());
    bench.run(&format!("{LINE} --retries 0")).ok();
    assert_eq!((posts(&bench), bench.service.count("x")), (1, 1));
    // What was not applied follows the redirect.
    one(&faulty(redirect()), 2);
}

/// Several that see the name free at the same time all made one.
#[test]
fn of_two_made_at_the_same_time_the_younger_goes() {
    let config = json!({"remote_url": "s3://bucket-one/", "anonymous": true});
    let twin = move |age: i64| {
        let config = config.clone();
        Fault::meanwhile(move |store| {
            store.add("destinations", "s3", "x", config);
            let made = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(age);
            store.named("x")["created_at"] = made.to_string().into();
        })
    };
    let ids = |bench: &Bench| -> Vec<String> {
        bench.service.with(|store| {
            store.state.destinations.iter().map(|one| one["id"].as_str().unwrap().into()).collect()
        })
    };
    for (flag, code) in [("", 6), (" --if-not-exists", 0)] {
        let bench = faulty(twin(1));
        let done = bench.run(&format!("{LINE}{flag}"));
        done.exits(code);
        assert_eq!((bench.service.count("x"), posts(&bench)), (1, 1), "{done:?}");
        if code == 0 {
            assert_eq!(done.json()["id"], ids(&bench)[0]);
        }
    }
    // An elder twin is left alone, and what is younger than one's own too.
    let bench = faulty(twin(-60));
    let done = bench.run(LINE);
    done.ok();
    assert_eq!(bench.service.count("x"), 2);
    assert_eq!(done.json()["id"], ids(&bench)[1]);
}

/// What somebody else made long ago, or with other credentials, was taken for what was created.
#[test]
fn what_is_adopted_is_not_taken_for_more_than_is_seen() {
    let bench = faulty(by_another(
        json!({"remote_url": "s3://bucket-one/", "anonymous": true, "novel": 7}),
    ));
    bench.run(LINE).fails(6).says("novel");
    // Older than the command: a list that came late did not show it.
    let older = Fault::meanwhile(|store| {
        let config = json!({"remote_url": "s3://bucket-one/", "anonymous": true});
        store.add("destinations", "s3", "x", config);
        store.named("x")["created_at"] = "2026-01-02T03:04:05Z".into();
    });
    let bench = faulty(Fault::close().and(older));
    bench.run(LINE).fails(6).says("before this command began");
    // The service hides whose keys it has.
    let bench = faulty(Fault::close().done());
    let line = format!("create x --remote-url s3://bucket-one/ {}", bench.keys());
    bench.run(&line).ok().says("or someone else did");
    assert_eq!((posts(&bench), bench.service.count("x")), (1, 1));
}

#[test]
fn what_is_refused_is_not_sent_again() {
    for status in [400, 401, 403, 422] {
        let bench = faulty(Fault::status(status, json!({"detail": "no"})).always());
        bench.run(LINE);
        assert_eq!((posts(&bench), bench.service.count("x")), (1, 0), "{status}");
    }
}

#[test]
fn what_is_made_late_is_waited_for() {
    for fault in [Fault::close(), Fault::status(504, "")] {
        one(&faulty(fault.done_after(2)), 1);
    }
}

fn what_is_made_after_a_time_out_is_waited_for() {
    let bench = faulty(Fault::hang().done_after(3));
    let done = bench.run(&format!("{LINE} --timeout 300ms"));
    done.ok();
    assert_eq!((posts(&bench), bench.service.count("x")), (1, 1));
}

fn after_a_time_out_it_is_not_sent_again() {
    let bench = faulty(Fault::hang());
    let done = bench.run(&format!("{LINE} --timeout 300ms"));
    let error = done.fails(9).error();
    assert!(error["hint"].as_str().unwrap().contains("it is not known whether \"x\" was made"));
    assert_eq!(posts(&bench), 1);
}

fn made_after_the_second_post_there_are_two_and_one_goes() {
    // The first is carried out only when the second arrives: six looks, then the POST.
    let bench = faulty(Fault::close().done_after(7));
    let done = bench.run(LINE);
    done.ok();
    assert_eq!(bench.service.count("x"), 1);
    let deletes = bench.service.writes().iter().filter(|one| one.method == "DELETE").count();
    assert_eq!((posts(&bench), deletes), (2, 1));
    let left = bench.service.with(|store| store.named("x")["id"].clone());
    assert_eq!(done.json()["id"], left);
}

#[test]
fn when_the_look_fails_too_it_says_that_it_does_not_know() {
    let bench = faulty(Fault::close().done());
    bench.service.fault("GET", POST, Fault::status(503, "").only("2-"));
    let done = bench.run(&format!("{LINE} --retries 0"));
    let error = done.fails(9).error();
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("looking for it failed too"), "{message}");
    assert!(error["hint"].as_str().unwrap().contains("--if-not-exists"), "{error}");
    assert_eq!(posts(&bench), 1);
}

fn without_retries_an_absence_is_reported() {
    let bench = faulty(Fault::close());
    let done = bench.run(&format!("{LINE} --retries 0"));
    done.fails(9).says("not known whether");
    assert_eq!((posts(&bench), bench.service.count("x")), (1, 0));
}

fn by_another(config: Value) -> Fault {
    let fault = Fault::meanwhile(move |store| {
        store.add("destinations", "s3", "x", config);
    });
    Fault::close().and(fault)
}

#[test]
fn another_users_connector_is_not_adopted() {
    let bench = faulty(by_another(json!({"remote_url": "s3://bucket-two/", "anonymous": true})));
    bench.run(LINE).fails(6).says("remote_url");
    assert_eq!((posts(&bench), bench.service.count("x")), (1, 1));
}

#[test]
fn two_of_a_name_are_a_conflict_and_both_stay() {
    let config = json!({"remote_url": "s3://bucket-two/", "anonymous": true});
    let bench = faulty(by_another(config).done());
    bench.run(LINE).fails(6).says("2 connectors");
    assert_eq!((posts(&bench), bench.service.count("x")), (1, 2));
}

#[test]
fn a_second_run_after_a_lost_answer_makes_no_second() {
    let bench = faulty(Fault::close().done());
    bench.service.fault("GET", POST, Fault::close().only("2-2"));
    bench.run(&format!("{LINE} --retries 0")).fails(9);
    bench.run(&format!("{LINE} --if-not-exists")).ok();
    assert_eq!(bench.service.count("x"), 1);
}

/// Each of a row of gateway errors had its whole wait, and each POST might yet have been carried out.
#[test]
fn what_is_lost_again_is_not_sent_a_third_time() {
    each([Fault::close(), Fault::status(502, ""), Fault::status(504, "")], |fault| {
        let bench = faulty(fault.always());
        bench.run(LINE).fails(9);
        assert_eq!((posts(&bench), bench.service.count("x")), (2, 0));
    });
}
