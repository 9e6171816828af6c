//! Programs that print something for uns3, run by the shell as the user would. None is waited for
//! without end: after its time, or once nobody waits for it, it is ended with what it started.

use std::io::Read;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// How long a program may take.
const LIMIT: Duration = Duration::from_secs(60);

/// A program at work.
struct Running(Child);

/// What a program that runs in a folder printed, which may be a secret; or, in words that follow its
/// name, what went wrong. It gets nothing to read, and what it complains of is shown.
pub(crate) async fn output_of(command: &str, folder: &Path) -> Result<Zeroizing<String>, String> {
    let mut shell = shell(command);
    shell.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped());
    let started = shell.stderr(Stdio::inherit()).spawn();
    let mut running = Running(started.map_err(|error| format!("did not start: {error}"))?);
    let printed = printed(running.0.stdout.take());
    let bytes = match tokio::time::timeout(LIMIT, printed).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => return Err("cannot be read".into()),
        Err(_) => return Err(format!("took longer than {} s, and was ended", LIMIT.as_secs())),
    };
    let status = running.0.wait().map_err(|error| format!("cannot be waited for: {error}"))?;
    if !status.success() {
        return Err(format!("failed ({status})"));
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) if text.trim().is_empty() => Err("printed nothing".into()),
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err("printed no text".into()),
    }
}

/// What comes out of a pipe, read on a thread of its own: what a program started may hold the pipe
/// open, and that thread is not waited for.
fn printed(pipe: Option<ChildStdout>) -> oneshot::Receiver<Zeroizing<Vec<u8>>> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let mut bytes = Zeroizing::new(Vec::new());
        if pipe.is_some_and(|mut pipe| pipe.read_to_end(&mut bytes).is_ok()) {
            let _ = sender.send(bytes);
        }
    });
    receiver
}

impl Drop for Running {
    fn drop(&mut self) {
        if !matches!(self.0.try_wait(), Ok(Some(_))) {
            end(&mut self.0);
            let _ = self.0.wait();
        }
    }
}

/// In a group of its own, so that it is ended with what it started.
#[cfg(unix)]
fn shell(command: &str) -> Command {
    use std::os::unix::process::CommandExt;
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).process_group(0);
    shell
}

/// `cmd` reads its command line itself, and knows nothing of the usual quoting of arguments.
#[cfg(windows)]
fn shell(command: &str) -> Command {
    use std::os::windows::process::CommandExt;
    let mut shell = Command::new("cmd");
    shell.raw_arg("/C").raw_arg(command);
    shell
}

#[cfg(unix)]
fn end(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// Windows has no groups: the system's own program ends a tree.
#[cfg(windows)]
fn end(child: &mut Child) {
    let id = child.id().to_string();
    let _ = Command::new("taskkill").args(["/T", "/F", "/PID", &id]).stdout(Stdio::null()).status();
    let _ = child.kill();
}
