//! What a service manager that asks for it is told: that the watch is ready, alive, what it does,
//! and that it ends. Source: sd_notify(3), systemd.service(5).
//!
//! Written here, for `sd-notify` 0.5 knows no abstract sockets, and waits where the manager does
//! not read.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use crate::context::Context;
use crate::env;

/// So much longer a start may take, asked for again and again until it is over.
const STARTING: Duration = Duration::from_secs(60);

/// The service manager, if one asks.
pub(super) struct Manager {
    socket: Option<Socket>,
    /// How often it wants to hear that the watch is alive.
    watchdog: Option<Duration>,
    ready: Cell<bool>,
    ends: Cell<bool>,
    status: RefCell<String>,
}

impl Manager {
    /// The one that the environment names.
    pub(super) fn of(context: &Context) -> Self {
        let socket = context.variable(env::NOTIFY_SOCKET).and_then(Socket::new);
        let number = |name| context.variable(name)?.parse::<u64>().ok();
        let ours = context.variable(env::WATCHDOG_PID).is_none()
            || number(env::WATCHDOG_PID) == Some(std::process::id().into());
        let watchdog = number(env::WATCHDOG_USEC).filter(|usec| ours && *usec > 0);
        Self {
            socket,
            watchdog: watchdog.map(Duration::from_micros),
            ready: Cell::default(),
            ends: Cell::default(),
            status: RefCell::default(),
        }
    }

    /// How often it has to be told that the watch is alive: twice in the time that it waits.
    pub(super) fn interval(&self) -> Option<Duration> {
        self.watchdog.map(|time| time / 2)
    }

    /// Tells it how the watch is: whether it has begun, is alive, and what it does. What could not
    /// be said is said the next time.
    pub(super) fn tell(&self, begun: bool, alive: bool, status: &str) {
        let ready = begun && !self.ready.get();
        if ready && self.send("READY=1") {
            self.ready.set(true);
        } else if !begun {
            self.send(&format!("EXTEND_TIMEOUT_USEC={}", STARTING.as_micros()));
        }
        if alive && self.watchdog.is_some() {
            self.send("WATCHDOG=1");
        }
        let line = status.replace('\n', " ");
        if *self.status.borrow() != line && self.send(&format!("STATUS={line}")) {
            *self.status.borrow_mut() = line;
        }
    }

    /// Tells it that the watch reads its files anew; that it is ready again follows by [`Self::tell`].
    pub(super) fn reloads(&self) {
        if let (true, Some(now)) = (self.ready.get(), monotonic()) {
            let now = now.as_micros();
            self.ready.set(!self.send(&format!("RELOADING=1\nMONOTONIC_USEC={now}")));
        }
    }

    /// Tells it, once, that the watch ends.
    pub(super) fn stops(&self) {
        if !self.ends.replace(true) {
            self.send("STOPPING=1\nSTATUS=ending");
        }
    }

    fn send(&self, state: &str) -> bool {
        self.socket.as_ref().is_none_or(|socket| socket.send(state))
    }
}

/// However the watch ends.
impl Drop for Manager {
    fn drop(&mut self) {
        self.stops();
    }
}

/// The time by the clock that a manager compares a reload's with.
#[cfg(unix)]
fn monotonic() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};
    let now = clock_gettime(ClockId::Monotonic);
    Some(Duration::new(now.tv_sec.try_into().ok()?, now.tv_nsec.try_into().ok()?))
}

#[cfg(not(unix))]
fn monotonic() -> Option<Duration> {
    None
}

#[cfg(unix)]
struct Socket {
    socket: std::os::unix::net::UnixDatagram,
    address: std::os::unix::net::SocketAddr,
}

#[cfg(unix)]
impl Socket {
    /// The socket of a name: a path, or, behind an `@`, an abstract one.
    fn new(name: &str) -> Option<Self> {
        use std::os::unix::net::{SocketAddr, UnixDatagram};
        let address = match name.strip_prefix('@') {
            Some(name) => abstract_address(name)?,
            None => SocketAddr::from_pathname(name).ok()?,
        };
        let socket = UnixDatagram::unbound().ok()?;
        socket.set_nonblocking(true).ok()?;
        Some(Self { socket, address })
    }

    fn send(&self, state: &str) -> bool {
        self.socket.send_to_addr(state.as_bytes(), &self.address).is_ok()
    }
}

#[cfg(target_os = "linux")]
fn abstract_address(name: &str) -> Option<std::os::unix::net::SocketAddr> {
    use std::os::linux::net::SocketAddrExt;
    std::os::unix::net::SocketAddr::from_abstract_name(name).ok()
}

#[cfg(all(unix, not(target_os = "linux")))]
fn abstract_address(_: &str) -> Option<std::os::unix::net::SocketAddr> {
    None
}

/// Windows has no such manager.
#[cfg(not(unix))]
enum Socket {}

#[cfg(not(unix))]
impl Socket {
    fn new(_: &str) -> Option<Self> {
        None
    }

    fn send(&self, _: &str) -> bool {
        match *self {}
    }
}
