//! What the watches of a process have in common: whom they tell beside their output, and which of them
//! has which connector.

use std::time::Duration;

use super::board::Board;
use super::claims::Claims;
use super::hooks::{Event, Happened, Hooks};
use super::panel::Panel;
use super::systemd::Manager;
use crate::args::watching::HookArgs;
use crate::context::{Context, Journal};
use crate::domain::expiry::span;
use crate::domain::lease::later;
use crate::error::Error;
use crate::output::Output;

/// What they have in common.
pub(super) struct Desk<'a> {
    pub(super) board: Board,
    pub(super) hooks: Hooks<'a>,
    pub(super) manager: Manager,
    pub(super) claims: Claims,
}

impl<'a> Desk<'a> {
    /// Nothing is told yet.
    pub(super) fn new(context: &'a Context, board: Board, hooks: &'a HookArgs) -> Self {
        let (hooks, manager) = (Hooks::new(context, hooks), Manager::of(context));
        Self { board, hooks, manager, claims: Claims::default() }
    }

    /// What was done is of no interest any more, where all of them have come to rest.
    pub(super) fn settle(&self, journal: &Journal) {
        if self.board.is_at_rest() {
            journal.settle();
        }
    }

    /// Says that a watch as a whole has failed, and what follows from that.
    pub(super) fn tell_lost(&self, panel: &Panel, output: &Output, error: &Error, then: &str) {
        let message = format!("{error}{then}");
        panel.says(&message);
        output.error(&Error { message, ..error.clone() });
        self.hooks.tell(Happened {
            event: Event::Failure,
            profile: output.profile().map(str::to_owned),
            connector: None,
            expires_at: None,
            error: error.message.clone(),
        });
    }

    /// Says that the watch of a profile could not even begin, or cannot go on; `wait`: when it begins
    /// anew, if ever.
    pub(super) fn tell_out(&self, at: usize, of: &Context, error: &Error, wait: Option<Duration>) {
        let panel = Panel::new(&self.board, at);
        let then = wait.map_or("; it is left out".to_owned(), |wait| {
            format!("; trying again in {}", span(wait.as_secs() as i64))
        });
        self.tell_lost(&panel, &of.output, error, &then);
        panel.rests(wait.map(|wait| (wait, later(of.now(), wait))));
        self.settle(&of.journal);
    }
}
