//! Creates of one name at the same time, against a service that allows it: one is left, also where
//! answers are lost, and none deletes what may be another's.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::harness::{Bench, each};
use crate::lost::{LINE, POST, faulty, posts};
use crate::service::Fault;
use crate::store::Store;

/// An id that sorts before any other.
const RIVAL: &str = "00000000-0000-4000-8000-000000000001";

/// Somebody else's, made so many seconds ago.
fn rival(store: &mut Store, age: i64) {
    let made = Timestamp::now() - SignedDuration::from_secs(age);
    push(store, RIVAL, &made.to_string());
}

fn push(store: &mut Store, id: &str, made: &str) {
    let config = json!({"remote_url": "s3://bucket-one/", "anonymous": true});
    store.state.destinations.push(json!({
        "id": id, "name": "x", "type": "s3", "config": config, "created_at": made,
        "updated_at": null,
    }));
}

fn deletes(bench: &Bench) -> usize {
    bench.service.writes().iter().filter(|one| one.method == "DELETE").count()
}

fn ids(bench: &Bench) -> Vec<String> {
    let id = |one: &Value| one["id"].as_str().unwrap().to_owned();
    bench.service.with(|store| store.state.destinations.iter().map(id).collect())
}

/// A bench whose first POST is refused, for now, before the second one is taken.
fn refused_first() -> Bench {
    faulty(Fault::status(429, "{}").header("retry-after", 0))
}

/// Who had sent a POST twice deleted its own for any other of the name, and who had made that other
/// one deleted it for the older one: both went.
#[test]
fn of_two_rivals_of_which_one_sent_twice_both_went() {
    let bench = refused_first();
    bench.service.fault("GET", POST, Fault::meanwhile(|store| rival(store, -60)).only("3-3"));
    let gives_way =
        Fault::meanwhile(|store| store.state.destinations.retain(|one| one["id"] != RIVAL));
    bench.service.fault("GET", POST, gives_way.only("3-3"));
    let done = bench.run(LINE);
    done.ok();
    assert_eq!((posts(&bench), deletes(&bench)), (2, 0), "{done:?}");
    assert_eq!(ids(&bench), [done.json()["id"].as_str().unwrap()]);

    // One that stays may be of the first POST, or another's: it is named.
    let bench = refused_first();
    bench.service.fault("GET", POST, Fault::meanwhile(|store| rival(store, -60)).only("3-3"));
    let done = bench.run(LINE);
    done.fails(6).says("2 connectors");
    for id in ids(&bench) {
        done.says(&id);
    }
    assert_eq!((bench.service.count("x"), deletes(&bench)), (2, 0));
}

/// An older one, on the other hand, is no reason to stay.
#[test]
fn who_sent_twice_gives_way_to_an_older_one_only() {
    let bench = refused_first();
    bench.service.fault("GET", POST, Fault::meanwhile(|store| rival(store, 1)).only("3-3"));
    let done = bench.run(LINE);
    done.ok().says("it was found: created");
    assert_eq!((posts(&bench), deletes(&bench)), (2, 1));
    assert_eq!(ids(&bench), [RIVAL]);
    assert_eq!(done.json()["id"], RIVAL);
}

/// What a lost POST made is its own as little as anybody's: a plan that adopted one deleted it where an
/// older one came to light.
#[test]
fn what_was_only_found_was_deleted_by_a_plan() {
    let bench = faulty(Fault::close().done());
    let connector =
        json!({"name": "x", "remote_url": "s3://bucket-one/", "credentials": "anonymous"});
    bench.file("m.json", &json!({"version": 1, "connectors": [connector]}).to_string());
    // Its look for the name is over when the older one shows.
    bench.service.fault("GET", POST, Fault::meanwhile(|store| rival(store, 1)).only("3-3"));
    bench.run("apply -f m.json --yes");
    bench.service.await_request("POST");
    assert_eq!(deletes(&bench), 0, "{:?}", bench.service.lines());
}

/// By a clock of whole seconds two bear the same time, and the id decides: who looked within the second
/// saw itself alone, and who came after it stayed too.
#[test]
fn of_two_within_a_second_both_stayed() {
    let bench = Bench::new();
    let made = Timestamp::now().round(jiff::Unit::Second).unwrap().to_string();
    let own = "11111111-0000-4000-8000-000000000001";
    let config = json!({"remote_url": "s3://bucket-one/", "anonymous": true});
    let answer =
        json!({"id": own, "name": "x", "type": "s3", "config": config, "created_at": made});
    let stored = made.clone();
    let post =
        Fault::status(200, answer).and(Fault::meanwhile(move |store| push(store, own, &stored)));
    bench.service.fault("POST", POST, post);
    bench.service.fault(
        "GET",
        POST,
        Fault::meanwhile(move |store| push(store, RIVAL, &made)).only("2-2"),
    );
    let begun = Instant::now();
    bench.run(LINE).fails(6).says("the second one was deleted again");
    assert!(begun.elapsed() >= Duration::from_secs(1), "it looked within the second");
    assert_eq!(ids(&bench), [RIVAL]);
}

/// A list that does not show one's own yet says nothing of who was first.
#[test]
fn by_a_list_that_is_behind_nothing_is_deleted() {
    let bench = faulty(Fault::meanwhile(|store| rival(store, 1)));
    let behind = json!([{"id": RIVAL, "name": "x", "type": "s3", "created_at": "2020-01-01T00:00:00Z",
        "config": {"remote_url": "s3://bucket-one/", "anonymous": true}}]);
    bench.service.fault("GET", POST, Fault::status(200, behind).only("2-"));
    let done = bench.run(LINE);
    done.ok().says("others of the same name may be there");
    assert_eq!((bench.service.count("x"), deletes(&bench)), (2, 0));
}

/// Others that were about to give way too made the name ambiguous for who accepts what exists.
#[test]
fn who_accepts_what_exists_waits_until_the_others_have_given_way() {
    let bench = faulty(Fault::meanwhile(|store| {
        rival(store, 2);
        let made = (Timestamp::now() - SignedDuration::from_secs(1)).to_string();
        push(store, "22222222-0000-4000-8000-000000000001", &made);
    }));
    let gives_way = Fault::meanwhile(|store| {
        store.state.destinations.retain(|one| one["id"] == RIVAL);
    });
    // Seen free, seen behind, seen two, seen one.
    bench.service.fault("GET", POST, gives_way.only("4-4"));
    let done = bench.run(&format!("{LINE} --if-not-exists"));
    assert_eq!((done.ok().json()["id"].as_str(), deletes(&bench)), (Some(RIVAL), 1));
}

#[test]
fn of_many_at_once_one_is_left() {
    each(["", " --if-not-exists"], |flag| {
        let bench = Bench::new();
        bench.service.with(|store| store.real_time = true);
        // All have seen the name free before the first is made.
        bench.service.be_slow(Duration::from_millis(400));
        let line = format!("{LINE}{flag}");
        let words: Vec<&str> = line.split(' ').collect();
        let children: Vec<_> = (0..6).map(|_| bench.command(&words).spawn().unwrap()).collect();
        let done: Vec<_> = children.into_iter().map(|one| bench.finish(one, &line)).collect();
        assert_eq!(bench.service.count("x"), 1, "{done:?}");
        let left = &ids(&bench)[0];
        let mut succeeded = done.iter().filter(|one| one.code == 0).peekable();
        assert!(succeeded.peek().is_some(), "{done:?}");
        assert!(succeeded.all(|one| one.json()["id"] == left.as_str()), "{done:?}");
        assert!(done.iter().all(|one| [0, 6].contains(&one.code)), "{done:?}");
    });
}

/// The same where answers are lost: more may be left, since nobody knows what is its own, but never none.
#[test]
fn of_many_whose_answers_are_lost_at_least_one_is_left() {
    each([Fault::close().done(), Fault::status(429, "{}").header("retry-after", 0)], |fault| {
        let bench = faulty(fault.only("3x"));
        bench.service.be_slow(Duration::from_millis(200));
        let words: Vec<&str> = LINE.split(' ').collect();
        let children: Vec<_> = (0..6).map(|_| bench.command(&words).spawn().unwrap()).collect();
        let done: Vec<_> = children.into_iter().map(|one| bench.finish(one, LINE)).collect();
        assert!(bench.service.count("x") >= 1, "{done:?}");
        let left = ids(&bench);
        for one in done.iter().filter(|one| one.code == 0) {
            assert!(left.contains(&one.json()["id"].as_str().unwrap().to_owned()), "{done:?}");
        }
    });
}
