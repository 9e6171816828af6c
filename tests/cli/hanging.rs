//! Programs that hang, and whether they were ended with what they started.
#![cfg(unix)]

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, test_kill_process};

use crate::harness::Bench;

/// A command that writes its process id, and that of what it starts, and hangs.
pub(crate) fn hanging(bench: &Bench) -> (String, impl Fn() -> Vec<i32> + use<>) {
    let file = bench.path("ids");
    let shown = file.display().to_string();
    let command = format!("sleep 300 & echo $! >> {shown}; echo $$ >> {shown}; wait");
    let ids = move || {
        let text = std::fs::read_to_string(&file).unwrap();
        text.lines().map(|id| id.parse().unwrap()).collect()
    };
    (command, ids)
}

/// They come to their end.
pub(crate) fn are_over(ids: &[i32]) {
    assert_eq!(ids.len() % 2, 0);
    for id in ids {
        let begun = Instant::now();
        while test_kill_process(Pid::from_raw(*id).unwrap()).is_ok() && !is_zombie(*id) {
            assert!(begun.elapsed() < Duration::from_secs(10), "{id} runs on");
            sleep(Duration::from_millis(20));
        }
    }
}

/// Whether a process is over, and only not waited for by who adopted it.
pub(crate) fn is_zombie(id: i32) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(id.to_string()).join("stat"));
    stat.is_ok_and(|stat| stat.rsplit_once(')').is_some_and(|(_, rest)| rest.starts_with(" Z")))
}
