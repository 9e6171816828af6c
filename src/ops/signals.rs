//! The signals that ask the process to end, heard on a thread of their own: whatever holds the
//! command up, such as an output that nobody reads, the process ends.

use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::error::{Category, Error, Result};

/// So long after the first signal the process ends, where the command has not begun to.
const UNHEEDED: Duration = Duration::from_secs(3);

/// So long after the second one it ends in any case: time to say what is unknown.
const SECOND: Duration = Duration::from_secs(1);

/// What was heard so far.
#[derive(Clone, Copy, Debug, Default)]
struct Heard {
    /// The first signal.
    first: Option<Category>,
    count: u32,
}

/// The one listener of this process: signals are the process's, not a command's.
static LISTENER: OnceLock<watch::Receiver<Heard>> = OnceLock::new();
/// Whether a command has begun to end.
static HEEDED: AtomicBool = AtomicBool::new(false);

/// The signals, as a command hears them.
#[derive(Clone)]
pub(crate) struct Signals(watch::Receiver<Heard>);

/// Listens from here on; `json`: how the end is told where the command cannot tell it.
pub(crate) fn listen(json: bool) -> Result<Signals> {
    if let Some(heard) = LISTENER.get() {
        return Ok(Signals(heard.clone()));
    }
    let cannot = |error: io::Error| {
        Error::new(Category::Internal, format!("cannot listen for signals: {error}"))
    };
    check_descriptors().map_err(cannot)?;
    let runtime = Builder::new_current_thread().enable_all().build().map_err(cannot)?;
    let stream = {
        let _entered = runtime.enter();
        Stream::new().map_err(cannot)?
    };
    let (sender, receiver) = watch::channel(Heard::default());
    let thread = thread::Builder::new().name("signals".into());
    thread.spawn(move || hear(runtime, stream, sender, json)).map_err(cannot)?;
    Ok(Signals(LISTENER.get_or_init(|| receiver).clone()))
}

impl Signals {
    /// Waits for the first signal: its category, by which the command is to end.
    pub(crate) async fn first(&mut self) -> Category {
        let heard = self.at_least(1).await;
        HEEDED.store(true, Ordering::Relaxed);
        heard.first.unwrap_or(Category::Interrupted)
    }

    /// Waits for the second one: nothing is waited for any more.
    pub(crate) async fn second(&mut self) {
        self.at_least(2).await;
    }

    async fn at_least(&mut self, count: u32) -> Heard {
        match self.0.wait_for(|heard| heard.count >= count).await {
            Ok(heard) => *heard,
            // The listener is gone: nothing more is heard.
            Err(_) => std::future::pending().await,
        }
    }
}

/// The libraries below take it for granted that files can be opened, and panic where none can.
#[cfg(unix)]
fn check_descriptors() -> io::Result<()> {
    // The listener's and the command's runtimes need ten together. Copies cost next to nothing.
    let (one, _other) = std::os::unix::net::UnixStream::pair()?;
    (0..10).map(|_| one.try_clone()).collect::<io::Result<Vec<_>>>().map(drop)
}

#[cfg(not(unix))]
fn check_descriptors() -> io::Result<()> {
    Ok(())
}

fn hear(runtime: Runtime, mut stream: Stream, sender: watch::Sender<Heard>, json: bool) {
    runtime.block_on(async {
        let mut end_at: Option<(Instant, Category)> = None;
        loop {
            let never = Instant::now() + Duration::from_secs(1 << 30);
            tokio::select! {
                category = stream.next() => {
                    sender.send_modify(|heard| {
                        heard.first.get_or_insert(category);
                        heard.count += 1;
                    });
                    let again = sender.borrow().count > 1;
                    let by = Instant::now() + if again { SECOND } else { UNHEEDED };
                    end_at = Some(end_at.map_or((by, category), |(at, first)| (at.min(by), first)));
                }
                () = sleep_until(end_at.map_or(never, |(at, _)| at)) => {
                    let Some((_, category)) = end_at.take() else { continue };
                    if sender.borrow().count > 1 || !HEEDED.load(Ordering::Relaxed) {
                        end(category, json);
                    }
                }
            }
        }
    });
}

/// Ends the process. What is said goes out on another thread: standard error may be what holds
/// everything up.
fn end(category: Category, json: bool) -> ! {
    let message = "interrupted; what was under way is unknown";
    let text = match json {
        true => serde_json::json!({"error": {"category": category.name(), "message": message,
            "hint": null, "status": null, "request_id": null}})
        .to_string(),
        false => format!("error: {message}"),
    };
    thread::spawn(move || io::stderr().write_all(format!("{text}\n").as_bytes()));
    thread::sleep(Duration::from_millis(200));
    std::process::exit(category.exit_code().into());
}

/// The signals that ask the process to end. SIGHUP is left as it is: a handler would undo what
/// nohup asks for.
#[cfg(unix)]
struct Stream {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Stream {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> Category {
        tokio::select! {
            _ = self.interrupt.recv() => Category::Interrupted,
            _ = self.terminate.recv() => Category::Terminated,
        }
    }
}

/// A console that is closed and a system that shuts down ask as SIGTERM does.
#[cfg(windows)]
struct Stream {
    interrupt: tokio::signal::windows::CtrlC,
    break_off: tokio::signal::windows::CtrlBreak,
    close: tokio::signal::windows::CtrlClose,
    shutdown: tokio::signal::windows::CtrlShutdown,
}

#[cfg(windows)]
impl Stream {
    fn new() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        Ok(Self {
            interrupt: ctrl_c()?,
            break_off: ctrl_break()?,
            close: ctrl_close()?,
            shutdown: ctrl_shutdown()?,
        })
    }

    async fn next(&mut self) -> Category {
        tokio::select! {
            _ = self.interrupt.recv() => Category::Interrupted,
            _ = self.break_off.recv() => Category::Interrupted,
            _ = self.close.recv() => Category::Terminated,
            _ = self.shutdown.recv() => Category::Terminated,
        }
    }
}
