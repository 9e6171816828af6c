//! Programs that uns3 runs for what they print, such as password managers: by the shell, as the
//! user would, for a limited time, and ended together with what they started.

#[cfg(any(windows, test))]
use std::collections::HashMap;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// How long a program may take: long enough to type a passphrase or to touch a key.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// No program prints more than this: a key or a set of credentials is a thousandth of it.
const LARGEST: u64 = 1 << 20;

/// A program that prints something.
pub(crate) struct Program<'a> {
    /// Its command line, as a shell reads it.
    pub(crate) line: &'a str,
    /// The folder that it runs in; `None`: this process's.
    pub(crate) folder: Option<&'a Path>,
    /// What it may read.
    pub(crate) input: Input<'a>,
    /// The variables of the environment that it must not see.
    pub(crate) hidden: &'a [String],
}

/// What a program may read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input<'a> {
    /// The terminal, where it may ask.
    Terminal,
    /// This process's standard input, which is no terminal.
    Inherited,
    /// Nothing.
    None,
    /// This; what it prints is then for nobody, and what it complains of for the error.
    Text(&'a [u8]),
}

impl Program<'_> {
    /// Runs it: the text that it printed, which may be a secret; or, in words that follow its name,
    /// why there is none.
    pub(crate) async fn text(&self) -> Result<Zeroizing<String>, String> {
        let (bytes, status) = self.run().await?;
        let bytes = Zeroizing::new(bytes);
        if !status.success() {
            return Err(format!("failed ({status})"));
        }
        match std::str::from_utf8(&bytes) {
            Ok(text) if text.trim().is_empty() => Err("printed nothing".into()),
            Ok(text) => Ok(Zeroizing::new(text.to_owned())),
            Err(_) => Err("printed no text".into()),
        }
    }

    /// Runs it for what it does: why it failed, in words that follow its name.
    pub(crate) async fn finish(&self) -> Result<(), String> {
        let (complaint, status) = self.run().await?;
        if status.success() {
            return Ok(());
        }
        let complaint = String::from_utf8_lossy(&complaint);
        let last = complaint.lines().rev().find(|line| !line.trim().is_empty());
        let last = last.map_or_else(String::new, |line| format!(": {}", line.trim()));
        Err(format!("failed ({status}){last}"))
    }

    fn command(&self) -> Command {
        let mut command = shell(self.line);
        match self.input {
            Input::Text(_) => command.stdout(Stdio::null()).stderr(Stdio::piped()),
            _ => command.stdout(Stdio::piped()).stderr(Stdio::inherit()),
        };
        command.stdin(match self.input {
            Input::Terminal | Input::Inherited => Stdio::inherit(),
            Input::None => Stdio::null(),
            Input::Text(_) => Stdio::piped(),
        });
        self.hidden.iter().for_each(|name| {
            command.env_remove(name);
        });
        self.folder.into_iter().for_each(|folder| {
            command.current_dir(folder);
        });
        command
    }

    async fn run(&self) -> Result<(Vec<u8>, ExitStatus), String> {
        let mut command = self.command();
        // Apart from uns3, what it starts is found by its group. On a terminal it must not be: who
        // is in another group than the terminal's is stopped when it reads from there.
        let own_group = self.input != Input::Terminal;
        #[cfg(unix)]
        if own_group {
            command.process_group(0);
        }
        let mut child = command.spawn().map_err(|error| format!("did not start: {error}"))?;
        let started = Started { root: child.id(), own_group };
        let mut text = Vec::new();
        let whole = async {
            let stdin = child.stdin.take();
            let feed = async {
                if let (Some(mut stdin), Input::Text(text)) = (stdin, self.input) {
                    // It need not read it.
                    let _ = stdin.write_all(text).await;
                }
            };
            let read = async {
                match (child.stdout.take(), child.stderr.take()) {
                    (Some(pipe), _) => pipe.take(LARGEST + 1).read_to_end(&mut text).await,
                    (None, Some(pipe)) => pipe.take(LARGEST + 1).read_to_end(&mut text).await,
                    (None, None) => Ok(0),
                }
            };
            tokio::join!(feed, read).1?;
            match text.len() as u64 > LARGEST {
                true => Ok(None),
                false => child.wait().await.map(Some),
            }
        };
        let ended = timeout(LIMIT, whole).await;
        let seconds = LIMIT.as_secs();
        let ended = ended.map_err(|_| format!("did not end within {seconds} s, and was ended"))?;
        let ended =
            ended.map_err(|error: std::io::Error| format!("cannot be waited for: {error}"))?;
        let status = ended.ok_or("printed more than 1 MiB, and was ended")?;
        started.let_go();
        Ok((text, status))
    }

    /// The command line as a hint may repeat it: whole where it is plain words, such as a password
    /// manager's; a key may stand in any other, and then only the program is named, or nothing.
    pub(crate) fn repeated(&self) -> Option<String> {
        let plain = |word: &str| {
            let parts = word.split(['.', '/', '_', '-', ':']);
            let is_plain = |part: &str| {
                let is = |kind: fn(&u8) -> bool| part.bytes().all(|byte| kind(&byte));
                is(u8::is_ascii_lowercase) || (part.len() < 4 && is(u8::is_ascii_alphanumeric))
            };
            word.len() < 40 && parts.into_iter().all(is_plain)
        };
        let program = self.line.split_whitespace().next().unwrap_or_default();
        match self.line.split_whitespace().all(plain) {
            true => Some(self.line.to_owned()),
            false => plain(program).then(|| format!("{program} …")),
        }
    }
}

#[cfg(not(windows))]
fn shell(line: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(line);
    shell
}

/// `cmd` reads its command line itself, and knows nothing of the usual quoting of arguments.
#[cfg(windows)]
fn shell(line: &str) -> Command {
    let mut shell = Command::new("cmd");
    shell.raw_arg("/C").raw_arg(line);
    shell
}

/// A program that was started, or all that this process starts: ended when this is dropped, with
/// all that it started itself, unless it was let go.
pub(crate) struct Started {
    /// The program's id; `None`: let go, or over already.
    root: Option<u32>,
    /// Whether it is the first of a process group of its own.
    own_group: bool,
}

impl Started {
    /// All that this process starts from here on, such as programs that a library runs. It must be
    /// dropped before what waits for them: who has no parent any more is not found.
    pub(crate) fn by_this_process() -> Self {
        Self { root: Some(std::process::id()), own_group: false }
    }

    /// Leaves what was started alone: it is over, or an agent that is to stay.
    pub(crate) fn let_go(mut self) {
        self.root = None;
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if let Some(root) = self.root {
            end(root, self.own_group);
        }
    }
}

#[cfg(unix)]
fn end(root: u32, own_group: bool) {
    use rustix::process::{Pid, Signal, kill_process, kill_process_group};
    let pid = |id: u32| i32::try_from(id).ok().and_then(Pid::from_raw);
    // What is over already cannot be ended.
    if own_group {
        pid(root).into_iter().for_each(|group| {
            let _ = kill_process_group(group, Signal::KILL);
        });
        return;
    }
    let itself = Some(root).filter(|root| *root != std::process::id());
    for one in itself.into_iter().chain(below(root, &parents())).filter_map(pid) {
        let _ = kill_process(one, Signal::KILL);
    }
}

/// All that descend from a process, of pairs of a process and its parent.
fn below(root: u32, parents: &[(u32, u32)]) -> Vec<u32> {
    let mut found = vec![root];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        let children = parents.iter().filter(|(_, of)| *of == parent).map(|(id, _)| *id);
        found.extend(children.filter(|id| *id != root).collect::<Vec<_>>());
        at += 1;
    }
    found.split_off(1)
}

/// Every process and its parent. Source: proc(5), `/proc/pid/stat`; a small container has no `ps`.
#[cfg(target_os = "linux")]
fn parents() -> Vec<(u32, u32)> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let of = |entry: std::fs::DirEntry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        // The second field, the name in brackets, may hold anything.
        let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
        Some((id, parent))
    };
    processes.flatten().filter_map(of).collect()
}

#[cfg(all(unix, not(target_os = "linux")))]
fn parents() -> Vec<(u32, u32)> {
    let listed = std::process::Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output();
    let listed = listed.map(|listed| String::from_utf8_lossy(&listed.stdout).into_owned());
    let of = |line: &str| {
        let mut ids = line.split_whitespace().map(str::parse);
        Some((ids.next()?.ok()?, ids.next()?.ok()?))
    };
    listed.unwrap_or_default().lines().filter_map(of).collect()
}

/// By the programs that come with Windows: a job object would take a crate of a dozen others, or unsafe
/// code.
#[cfg(windows)]
fn end(root: u32, _: bool) {
    let ended = match root == std::process::id() {
        true => below(root, &parents()),
        false => vec![root],
    };
    let mut tree = std::process::Command::new("taskkill");
    tree.args(["/T", "/F"]);
    tree.args(ended.iter().flat_map(|one| ["/PID".to_owned(), one.to_string()]));
    let _ = tree.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}

#[cfg(windows)]
fn parents() -> Vec<(u32, u32)> {
    const LIST: &str = "Get-CimInstance Win32_Process | ForEach-Object { \
        '{0} {1} {2:yyyyMMddHHmmssfff}' -f $_.ProcessId, $_.ParentProcessId, $_.CreationDate }";
    let mut list = std::process::Command::new("powershell");
    list.args(["-NoProfile", "-NonInteractive", "-Command", LIST]).stdin(Stdio::null());
    let listed = list.output().map(|listed| String::from_utf8_lossy(&listed.stdout).into_owned());
    true_parents(&listed.unwrap_or_default())
}

/// Of lines of a process, its parent and when it began, those pairs whose parent began before it: on
/// Windows an id is soon another's, and a parent that is over is not told from that.
#[cfg(any(windows, test))]
fn true_parents(listed: &str) -> Vec<(u32, u32)> {
    let of = |line: &str| {
        let mut numbers = line.split_whitespace().map(|number| number.parse::<u64>().ok());
        let id = |number: Option<Option<u64>>| u32::try_from(number??).ok();
        Some((id(numbers.next())?, id(numbers.next())?, numbers.next().flatten()))
    };
    let all: Vec<(u32, u32, Option<u64>)> = listed.lines().filter_map(of).collect();
    let began: HashMap<u32, Option<u64>> = all.iter().map(|(id, _, at)| (*id, *at)).collect();
    let is_true = |(_, parent, at): &&(u32, u32, Option<u64>)| {
        began.get(parent).is_some_and(|parent| *parent <= *at)
    };
    all.iter().filter(is_true).map(|(id, parent, _)| (*id, *parent)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_descend_from_a_process_are_found() {
        let parents = [(2, 1), (3, 2), (4, 3), (5, 1), (6, 2), (1, 0), (1, 1)];
        assert_eq!(below(2, &parents), [3, 6, 4]);
        assert_eq!(below(9, &parents), [0; 0]);
    }

    /// A process whose parent is over, and whose parent's id is ours now, would have been ended.
    #[test]
    fn who_is_older_than_a_parent_is_not_its_child() {
        let listed = "0 0 \r\n4 0 \r\n8 4 20260102030405000\r\n9 8 20260102030405001\r\n\
            7 8 20250102030405000\r\n6 5 20260102030405002\r\nodd 1\r\n";
        assert_eq!(true_parents(listed), [(0, 0), (4, 0), (8, 4), (9, 8)]);
    }

    #[cfg(windows)]
    #[test]
    fn what_this_process_started_is_ended_with_what_that_started() {
        let mut child = std::process::Command::new("cmd");
        child.args(["/C", "ping -n 60 127.0.0.1 & rem"]).stdout(Stdio::null());
        let mut child = child.spawn().unwrap_or_else(|error| panic!("{error}"));
        std::thread::sleep(Duration::from_secs(1));
        assert_eq!(below(child.id(), &parents()).len(), 1);
        drop(Started::by_this_process());
        assert!(child.wait().is_ok_and(|status| !status.success()));
        assert_eq!(below(child.id(), &parents()), [0; 0]);
    }
}
