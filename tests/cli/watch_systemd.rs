//! What a service manager is told on the socket that it names.
#![cfg(unix)]

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use crate::rotating::targets;
use crate::watch::{WATCH, end, puts, start};
use crate::watch_hangup::hang_up;

/// All that comes until something that fits has come.
fn until(socket: &UnixDatagram, what: &str, fits: impl Fn(&str) -> bool) -> Vec<String> {
    socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let (begun, mut told) = (Instant::now(), Vec::new());
    let mut bytes = [0; 4096];
    loop {
        match socket.recv(&mut bytes) {
            Ok(length) => {
                let text = String::from_utf8(bytes[..length].to_vec()).unwrap();
                let found = fits(&text);
                told.push(text);
                if found {
                    return told;
                }
            }
            Err(error) => {
                assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut));
                assert!(begun.elapsed() < Duration::from_secs(60), "{what}: {told:?}");
            }
        }
    }
}

#[test]
fn it_hears_of_readiness_life_reloads_and_the_end() {
    let bench = targets(1);
    let path = bench.path("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let bench =
        bench.with("NOTIFY_SOCKET", path.to_str().unwrap()).with("WATCHDOG_USEC", "1000000");
    let line = format!("{WATCH} {}", bench.lease(60));
    let child = start(&bench, &line);
    let told = until(&socket, "ready", |text| text == "READY=1");
    // Not before the first look was over; until then the start is given time.
    assert_eq!(puts(&bench.service), 1);
    assert!(told.iter().any(|text| text.starts_with("EXTEND_TIMEOUT_USEC=")), "{told:?}");
    until(&socket, "a status", |text| {
        text.starts_with("STATUS=watching 1 connector(s)") && text.contains("1 rotated, 0 failed")
    });
    // Twice a second: so often that one that is lost does no harm.
    let begun = Instant::now();
    for _ in 0..4 {
        until(&socket, "a sign of life", |text| text == "WATCHDOG=1");
    }
    let took = begun.elapsed();
    assert!(took > Duration::from_millis(900) && took < Duration::from_secs(8), "{took:?}");
    hang_up(&child);
    let told = until(&socket, "a reload", |text| text.starts_with("RELOADING=1\nMONOTONIC_USEC="));
    assert!(!told.iter().any(|text| text == "READY=1"), "{told:?}");
    until(&socket, "ready again", |text| text == "READY=1");
    let finish = std::thread::spawn(move || {
        until(&socket, "the end", |text| text.starts_with("STOPPING=1"));
        let more = until_silence(&socket);
        assert!(!more.iter().any(|text| text.starts_with("STOPPING=1")), "{more:?}");
    });
    end(&bench, child, &line);
    finish.join().unwrap();
}

fn until_silence(socket: &UnixDatagram) -> Vec<String> {
    let mut told = Vec::new();
    let mut bytes = [0; 4096];
    while let Ok(length) = socket.recv(&mut bytes) {
        told.push(String::from_utf8_lossy(&bytes[..length]).into_owned());
    }
    told
}

/// A service out of reach at boot must not have the start fail.
#[test]
#[cfg(target_os = "linux")]
fn an_abstract_socket_hears_of_a_start_without_a_service() {
    use std::os::linux::net::SocketAddrExt;
    let name = format!("uns3-test-{}", std::process::id());
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let socket = UnixDatagram::bind_addr(&address).unwrap();
    let bench = targets(1)
        .with("NOTIFY_SOCKET", &format!("@{name}"))
        .with("WATCHDOG_USEC", "1000000")
        .with("WATCHDOG_PID", "1");
    bench.service.fault("GET", "/destinations/", crate::service::Fault::status(503, "").always());
    let line = format!("{WATCH} {}", bench.lease(60));
    let child = start(&bench, &line);
    until(&socket, "ready", |text| text == "READY=1");
    let told =
        until(&socket, "a status", |text| text.starts_with("STATUS=") && text.contains("going on"));
    end(&bench, child, &line);
    // The watchdog is another process's.
    let told: Vec<String> = told.into_iter().chain(until_silence(&socket)).collect();
    assert!(!told.iter().any(|text| text == "WATCHDOG=1"), "{told:?}");
}

/// A manager that is gone, or reads nothing, keeps no credentials from being renewed.
#[test]
fn a_socket_that_nobody_reads_holds_nothing_up() {
    let bench = targets(1);
    let path = bench.path("notify");
    let _socket = UnixDatagram::bind(&path).unwrap();
    for name in [path.to_str().unwrap(), "/no/such/socket", "vsock:2:3", "@", ""] {
        let bench = targets(1).with("NOTIFY_SOCKET", name).with("WATCHDOG_USEC", "20000");
        let line = format!("{WATCH} {}", bench.lease(60));
        let child = start(&bench, &line);
        bench.service.await_that("a PUT", |service| puts(service) >= 1);
        std::thread::sleep(Duration::from_millis(1500));
        end(&bench, child, &line);
    }
}
