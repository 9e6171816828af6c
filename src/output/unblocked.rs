//! A stream that never waits for its reader: for a process that has better things to do for weeks.

use std::io::{self, ErrorKind, Write};
use std::sync::mpsc::{
    Receiver, RecvTimeoutError, SyncSender, TrySendError, channel, sync_channel,
};
use std::thread;
use std::time::Duration;

/// So many lines wait for a slow reader; those that come then are dropped, or memory would not end.
const WAITING: usize = 256;

/// So long a reader has at the end for what waits still.
const AT_THE_END: Duration = Duration::from_secs(1);

/// Writes whole lines on a thread of their own.
pub(super) struct Unblocked {
    line: Vec<u8>,
    /// `None`: the end.
    lines: Option<SyncSender<Vec<u8>>>,
    /// Closed when the thread has written all.
    written: Receiver<()>,
}

impl Unblocked {
    /// Takes a stream over.
    pub(super) fn new(mut stream: Box<dyn Write + Send>) -> Self {
        let (sender, lines) = sync_channel::<Vec<u8>>(WAITING);
        let (done, written) = channel();
        thread::spawn(move || {
            let _done = done;
            for line in lines {
                // Its reader is gone: so is this thread, which the next line finds out.
                if stream.write_all(&line).and_then(|()| stream.flush()).is_err() {
                    return;
                }
            }
        });
        Self { line: Vec::new(), lines: Some(sender), written }
    }

    fn send(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        let sent = self.lines.as_ref().map_or(Ok(()), |lines| lines.try_send(line));
        sent.map_err(|error| match error {
            TrySendError::Full(_) => io::Error::new(ErrorKind::WouldBlock, "nobody reads it"),
            TrySendError::Disconnected(_) => ErrorKind::BrokenPipe.into(),
        })
    }
}

impl Write for Unblocked {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
        self.line.extend_from_slice(&bytes[..length]);
        if self.line.ends_with(b"\n") {
            self.send()?;
        }
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Unblocked {
    fn drop(&mut self) {
        self.lines = None;
        // Nothing is ever sent: it is closed, or the time is over.
        let (Ok(()) | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected)) =
            self.written.recv_timeout(AT_THE_END);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    /// A stream whose reader reads nothing before it is told to.
    struct Stuck(Receiver<()>, std::sync::mpsc::Sender<Vec<u8>>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.recv().ok();
            self.1.send(bytes.to_vec()).ok();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_nobody_reads_is_dropped_and_the_rest_comes_whole() {
        let (go, wait) = channel();
        let (sender, read) = channel();
        let mut stream = Unblocked::new(Box::new(Stuck(wait, sender)));
        let results: Vec<_> = (0..WAITING + 50).map(|_| writeln!(stream, "{}{}", 1, 2)).collect();
        let dropped = results.iter().filter(|one| one.is_err()).count();
        // One is in the thread's hands, at the most.
        assert!((49..=50).contains(&dropped), "{dropped}");
        drop(go);
        drop(stream);
        let lines: Vec<_> = read.iter().collect();
        assert_eq!(lines.len(), results.len() - dropped);
        assert!(lines.iter().all(|line| line == b"12\n"));
    }
}
