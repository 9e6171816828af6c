//! Runs a command's asynchronous part, and ends it in good order when the user or the system asks.

use std::pin::Pin;
use std::time::Duration;

use crate::context::Context;
use crate::error::{Category, Error, Result};
use crate::ops::signals::{self, Signals};
use crate::output::Format;

/// What ends sooner after a signal needs no word.
const NOTICEABLE: Duration = Duration::from_millis(500);

/// A part of a command, which can be dropped. One code runs those of all commands: a copy for each
/// would be a thirtieth of the program.
type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + 'a>>;

/// Runs to the end, or until a signal: what is being written is then still finished. A second
/// signal does not wait for that.
pub(crate) fn block_on<T>(context: &Context, work: impl Future<Output = Result<T>>) -> Result<T> {
    block_on_and_close(context, work, async { Ok(()) })
}

/// The same, with what is to be done however the work ended.
#[inline(never)]
pub(crate) fn block_on_and_close<T>(
    context: &Context,
    work: impl Future<Output = Result<T>>,
    close: impl Future<Output = Result<()>>,
) -> Result<T> {
    run(context, Box::pin(work), Box::pin(close))
}

fn run<T>(context: &Context, work: Work<'_, T>, close: Work<'_, ()>) -> Result<T> {
    let signals = signals::listen(context.output.format() == Format::Json)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    let result = runtime.block_on(async {
        // What it had in hand is let go of: the close may need it.
        let result = until_signalled(context, signals.clone(), work).await;
        let closed = tokio::select! {
            // First: where nothing is shared it ends at once, and nothing is to be heard.
            biased;
            closed = close => closed,
            error = second_while_closing(context, signals) => Err(error),
        };
        match (result, closed) {
            (Ok(done), closed) => closed.map(|()| done),
            (Err(error), closed) => {
                closed.err().iter().for_each(|closed| tell_beside(context, closed));
                Err(error)
            }
        }
    });
    // A thread may still wait for an answer on the terminal: it is not waited for.
    runtime.shutdown_background();
    result
}

async fn until_signalled<T>(
    context: &Context,
    mut signals: Signals,
    mut work: Work<'_, T>,
) -> Result<T> {
    let journal = &context.journal;
    let heard = tokio::select! {
        // First, so that a signal is heard before the work can say that it has begun.
        biased;
        signal = signals.first() => signal,
        result = &mut work => return result,
    };
    journal.stop().set();
    if journal.is_busy() {
        context.output.notice(
            "stopping: what is under way is finished first; a second Ctrl-C leaves it half done, \
             and scratch connectors behind",
        );
    }
    let state = tokio::select! {
        biased;
        // What was in hand may end the command: an error then tells the state best.
        result = &mut work => result.err().map(|error| error.message),
        () = journal.idle() => None,
        () = signals.second() => Some("what was under way is unknown".into()),
    };
    let state = match (state, journal.summary()) {
        (None, done) if done.is_empty() => "nothing was changed".into(),
        (None, done) => done,
        (Some(state), done) if done.is_empty() => state,
        (Some(state), done) => format!("{state}; {done}"),
    };
    Err(interrupted(heard, &state))
}

/// Waits for the second signal, for which the close is broken off. The first is heeded: what is being
/// written is still finished.
async fn second_while_closing(context: &Context, mut signals: Signals) -> Error {
    let heard = signals.first().await;
    let told = async {
        tokio::time::sleep(NOTICEABLE).await;
        context.output.notice(
            "stopping: the shared state is finished first; a second Ctrl-C breaks that off",
        );
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = told => unreachable!("it has no end"),
        () = signals.second() => {}
    }
    let state = "what was done is not known to be shared, and a lock may be left to lapse";
    interrupted(heard, state)
}

/// What came of the close, where the work's own error ends the command.
fn tell_beside(context: &Context, closed: &Error) {
    let hints = closed.hints_joined().map(|hints| format!("; {hints}")).unwrap_or_default();
    context.output.alarm(&format!("{}{hints}", closed.message));
}

fn interrupted(signal: Category, state: &str) -> Error {
    Error::new(signal, format!("interrupted; {state}"))
}
