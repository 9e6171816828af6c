//! Runs a command's asynchronous part, and ends it in good order when the user or the system asks.

use super::Context;
use crate::error::{Category, Error, Result};

impl Context {
    /// Runs to the end, or until a signal: what is being written is then still finished. A second
    /// signal does not wait for that.
    pub fn run<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(anyhow::Error::from)?;
        let result = runtime.block_on(self.until_signalled(work));
        // A thread may still wait for an answer on the terminal: it is not waited for.
        runtime.shutdown_background();
        result
    }

    async fn until_signalled<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::pin!(work);
        let signal = tokio::select! {
            result = &mut work => return result,
            signal = signal() => signal,
        };
        self.journal.stop();
        let finished = tokio::select! {
            result = &mut work => Some(result),
            () = self.journal.idle() => None,
            _ = self::signal() => return Err(interrupted(signal, "what was under way is unknown")),
        };
        match finished {
            Some(result) if result.is_ok() => result,
            _ => Err(interrupted(signal, &self.journal.summary())),
        }
    }
}

fn interrupted(signal: Category, state: &str) -> Error {
    Error::new(signal, format!("interrupted; {state}"))
}

/// The category of the first signal that asks the process to end.
#[cfg(unix)]
async fn signal() -> Category {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => Category::Interrupted,
        _ = terminate.recv() => Category::Terminated,
    }
}

#[cfg(not(unix))]
async fn signal() -> Category {
    match tokio::signal::ctrl_c().await {
        Ok(()) => Category::Interrupted,
        Err(_) => std::future::pending().await,
    }
}
