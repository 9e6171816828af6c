//! The shared state on a real S3 server: many writers at once, killed among them.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::harness::Bench;
use crate::rotating::{keyed, lease, minutes_from_now};
use crate::sts::{OWN_ID, OWN_SECRET};

/// A bench whose state is in a new bucket of moto's.
fn sharing(address: &str) -> Bench {
    let bench = Bench::new()
        .with("AWS_ACCESS_KEY_ID", OWN_ID)
        .with("AWS_SECRET_ACCESS_KEY", OWN_SECRET)
        .with("AWS_EC2_METADATA_DISABLED", "true")
        .with("AWS_ENDPOINT_URL_S3", &format!("http://{address}"))
        .with("AWS_REGION", "eu-west-1")
        .with("NO_PROXY", "127.0.0.1");
    let bucket = format!("state-{}", uuid::Uuid::new_v4().simple());
    let making = format!("bucket create --remote-url s3://{bucket}/ --account-id 123456789012");
    let endpoint = format!("--region eu-west-1 --endpoint-url http://{address}");
    bench.run(&format!("{making} --user unstructured {endpoint}")).ok();
    bench.with("UNS3_STATE", &format!("s3://{bucket}/team/"))
}

/// Runs a command as one of several machines; what it reported, or nothing where it was killed.
fn on_machine(bench: &Bench, machine: usize, line: &str, kill_after: Option<Duration>) -> bool {
    let args: Vec<&str> = line.split_whitespace().collect();
    let mut command = bench.command(&args);
    let folder = bench.path(&format!("machine-{machine}"));
    let mut child = command.env("UNS3_STATE_DIR", folder).spawn().unwrap();
    if let Some(after) = kill_after {
        thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap();
        return false;
    }
    bench.finish(child, line).ok();
    true
}

#[test]
fn many_writers_lose_nothing_though_some_are_killed() {
    let Some(address) = crate::moto::address() else { return };
    let bench = sharing(address);
    let (machines, rounds) = (4, 5);
    let name = |machine: usize, round: usize| format!("m{machine}-{round}");
    for machine in 0..machines {
        (0..rounds).for_each(|round| {
            bench.service.add(&name(machine, round), keyed("bucket-one", "x"));
        });
    }
    let flags = lease(&bench, crate::harness::STS_ID, &minutes_from_now(60));
    let update = |machine, round| format!("update {} {flags}", name(machine, round));
    let reported: BTreeSet<String> = thread::scope(|scope| {
        let (bench, update, name) = (&bench, &update, &name);
        let threads: Vec<_> = (0..machines)
            .map(|machine| {
                scope.spawn(move || {
                    let reports = |round: &usize| {
                        let kill = (machine + round) % 4 == 3;
                        let after = Duration::from_millis(40 * (1 + *round as u64));
                        let line = update(machine, *round);
                        on_machine(bench, machine, &line, kill.then_some(after))
                    };
                    let done = (0..rounds).filter(reports).map(|round| name(machine, round));
                    done.collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    // What a kill cut off lies on its machine, and is pushed by the next command there.
    for machine in 0..machines {
        on_machine(&bench, machine, "status", None);
    }
    let known = bench.run("state show -o json").ok().json()["connectors"].clone();
    let names: Vec<&str> =
        known.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    let once: BTreeSet<String> = names.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(once.len(), names.len(), "none is there twice");
    assert!(reported.is_subset(&once), "{reported:?} {once:?}");
    // Every write that the service took is known: none was killed between it and its record.
    assert!(reported.len() >= machines * rounds / 2);
}

#[test]
fn one_of_many_rotations_has_the_lock() {
    let Some(address) = crate::moto::address() else { return };
    let bench = sharing(address);
    bench.service.add("a", keyed("bucket-one", "a"));
    bench.service.be_slow(Duration::from_millis(400));
    let flags = lease(&bench, crate::harness::STS_ID, &minutes_from_now(60));
    let line = format!("rotate --all --direct --no-verify -o json {flags}");
    let codes: Vec<i32> = thread::scope(|scope| {
        let (bench, line) = (&bench, &line);
        let run = |machine: usize| {
            let args: Vec<&str> = line.split_whitespace().collect();
            let mut command = bench.command(&args);
            let folder = bench.path(&format!("machine-{machine}"));
            let child = command.env("UNS3_STATE_DIR", folder).spawn().unwrap();
            bench.finish(child, line).code
        };
        let threads: Vec<_> = (0..6).map(|machine| scope.spawn(move || run(machine))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(codes.iter().all(|code| [0, 6].contains(code)), "{codes:?}");
    let winners = codes.iter().filter(|code| **code == 0).count();
    assert!(winners >= 1, "{codes:?}");
    // No two at once: each had read what the one before it wrote.
    let puts = bench.service.requests().iter().filter(|one| one.method == "PUT").count();
    assert_eq!(puts, winners);
    let shown: Value = bench.run("state show -o json").ok().json();
    assert_eq!(shown["lock"], Value::Null);
}
