//! `--watch`: rotates again and again, each connector when a quarter of its lease is left.

mod board;
mod claims;
mod desk;
mod hangup;
mod hooks;
mod look;
mod panel;
mod pulse;
mod reload;
mod server;
mod standby;
mod systemd;
mod words;

use std::time::Instant;

use tokio::time::sleep;

use super::{Once, Rotation};
use crate::args::watching::HookArgs;
use crate::context::Context;
use crate::domain::lease::later;
use crate::domain::schedule;
use crate::error::{Category, Error, Result};
use crate::ops::fleet::Fleet;
use crate::ops::session::Session;
use board::Board;
use desk::Desk;
use hangup::{Hangups, left_alone};
use look::Watch;

pub(crate) use server::Listener;

/// A rotation that stays: it rotates what is due, sleeps until something is, and so on until a signal.
pub(crate) struct Staying<'a> {
    /// What is rotated, and how.
    pub(crate) once: &'a Once<'a>,
    /// Where it shows what it does.
    pub(crate) listener: Option<Listener>,
    /// The commands that it has people told by.
    pub(crate) hooks: &'a HookArgs,
}

impl Staying<'_> {
    /// Over one service.
    pub(crate) async fn over_one(self, session: &Session<'_>) -> Result<()> {
        let Once { given, selection, options, .. } = self.once;
        let (source, options) = (&given.clone().ready(session).await?, *options);
        let rotation = Rotation { session, source, options };
        let looks =
            async |desk: &Desk<'_>| looks(&mut Watch::new(&rotation, selection, desk, 0)).await;
        self.beside(session.context, [None], looks).await
    }

    /// Over those of several profiles, side by side, each for itself; `prepare`: what is done with each
    /// session first.
    pub(crate) async fn over_many(
        self,
        context: &Context,
        fleet: &Fleet<'_>,
        prepare: impl Fn(&Session<'_>),
    ) -> Result<()> {
        let Once { given, selection, options, .. } = self.once;
        self.once.check_selection(fleet).await?;
        let stay = async |desk: &Desk<'_>| {
            let work = async |at: usize, session: &Session<'_>| {
                prepare(session);
                let (source, options) = (&given.clone().ready(session).await?, *options);
                let rotation = Rotation { session, source, options };
                looks(&mut Watch::new(&rotation, selection, desk, at)).await
            };
            fleet.stay(work, |at, of, error, wait| desk.tell_out(at, of, &error, wait)).await
        };
        self.beside(context, fleet.names().map(Some), stay).await
    }

    /// Watches, and meanwhile serves what is shown, tells people and the service manager.
    async fn beside<'p>(
        self,
        context: &Context,
        profiles: impl IntoIterator<Item = Option<&'p str>>,
        watch: impl AsyncFnOnce(&Desk<'_>) -> Result<()>,
    ) -> Result<()> {
        let board = Board::new((context.now(), Instant::now()), profiles);
        let desk = Desk::new(context, board, self.hooks);
        // A log that nobody reads must not keep credentials from being renewed.
        context.output.never_wait();
        let server = self.listener.map(|listener| {
            let url = listener.url().unwrap_or_default();
            context.output.notice(&format!("listening on {url}: /metrics, /healthz, /readyz"));
            listener.serve(desk.board.clone(), context.clock())
        });
        let _server = server.transpose()?;
        let stop = context.journal.stop();
        tokio::select! {
            ended = watch(&desk) => ended,
            never = desk.hooks.run() => match never {},
            never = pulse::beat(&desk.board, &desk.manager, &stop) => match never {},
        }
    }
}

/// One look after the other, until a signal.
async fn looks(watch: &mut Watch<'_>) -> Result<()> {
    let (session, desk) = (watch.session, watch.desk);
    let (context, journal) = (session.context, session.journal());
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
                watch.tell_lost(&error);
                wait
            }
        };
        watch.panel.rests(Some((wait, later(context.now(), wait))));
        desk.settle(journal);
        watch.tell_next(wait);
        tokio::select! {
            biased;
            () = stop.wait() => return Ok(()),
            () = hangups.next() => {
                if left_alone(context.output.terminals()) {
                    let message = "interrupted; the terminal is gone, nothing was under way";
                    return Err(Error::new(Category::Terminated, message));
                }
                desk.manager.reloads();
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
