//! `--watch`: rotates again and again, each connector when a quarter of its lease is left.

mod board;
mod hangup;
mod hooks;
mod look;
mod pulse;
mod reload;
mod server;
mod standby;
mod systemd;
mod words;

use tokio::time::sleep;

use super::{Rotation, Selection};
use crate::args::watching::HookArgs;
use crate::domain::lease::later;
use crate::domain::schedule;
use crate::error::{Category, Error, Result};
use board::Board;
use hangup::{Hangups, left_alone};
use hooks::Hooks;
use look::{Desk, Watch};
use systemd::Manager;

pub(crate) use server::Listener;

/// Rotates what is due, sleeps until something is, and so on until a signal; `listener`: where it
/// shows what it does; `hooks`: the commands that it has people told by.
pub(crate) async fn watch(
    rotation: &Rotation<'_>,
    selection: &Selection<'_>,
    listener: Option<Listener>,
    hooks: &HookArgs,
) -> Result<()> {
    let context = rotation.session.context;
    let board = Board::new(context.now());
    let desk = Desk { board, hooks: Hooks::new(context, hooks) };
    // A log that nobody reads must not keep credentials from being renewed.
    context.output.never_wait();
    let server = listener.map(|listener| {
        let url = listener.url().unwrap_or_default();
        context.output.notice(&format!("listening on {url}: /metrics, /healthz, /readyz"));
        listener.serve(desk.board.clone(), context.clock())
    });
    let _server = server.transpose()?;
    let (manager, stop) = (Manager::of(context), context.journal.stop());
    let mut watch = Watch::new(rotation, selection, &desk);
    tokio::select! {
        ended = looks(&mut watch, &manager) => ended,
        never = desk.hooks.run() => match never {},
        never = pulse::beat(&desk.board, &manager, &stop) => match never {},
    }
}

/// One look after the other, until a signal.
async fn looks(watch: &mut Watch<'_>, manager: &Manager) -> Result<()> {
    let session = watch.session;
    let (context, journal, board) = (session.context, session.journal(), &watch.desk.board);
    let mut hangups = Hangups::listen().map_err(anyhow::Error::from)?;
    let stop = journal.stop();
    let (mut lost, mut all) = (0, false);
    loop {
        let wait = match watch.round(all).await {
            Ok(wait) => {
                lost = 0;
                wait
            }
            // What was wrong from the start will not mend itself.
            Err(error) if watch.known.is_none() && !may_pass(&error) => return Err(error),
            Err(error) => {
                let wait = schedule::restart(lost);
                lost += 1;
                watch.tell_lost(error);
                wait
            }
        };
        journal.settle();
        board.rests(wait, later(context.now(), wait));
        watch.tell_next(wait);
        tokio::select! {
            biased;
            () = stop.wait() => return Ok(()),
            () = hangups.next() => {
                if left_alone(context.output.terminals()) {
                    let message = "interrupted; the terminal is gone, nothing was under way";
                    return Err(Error::new(Category::Terminated, message));
                }
                manager.reloads();
                all = watch.reload().await;
            }
            () = sleep(wait) => all = false,
        }
    }
}

/// Whether a failure may be over when the same is tried again.
fn may_pass(error: &Error) -> bool {
    matches!(error.category, Category::Unavailable | Category::Timeout)
}
