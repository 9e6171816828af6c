//! `--on-failure` and `--on-expiring`: commands by which people are told in the way they use. One at
//! a time, beside the looks, which never wait for them; what waits is bounded.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::convert::Infallible;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::args::watching::HookArgs;
use crate::context::Context;
use crate::domain::secret::names_secret;
use crate::env;
use crate::ops::each::Reference;
use crate::process::{Input, Program};

/// So many events wait at the most.
const WAITING: usize = 256;

/// What a command is run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A connector could not be renewed, or the service not be reached.
    Failure,
    /// And its credentials end within minutes, or have ended.
    Expiring,
}

impl Event {
    fn name(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Expiring => "expiring",
        }
    }

    fn flag(self) -> &'static str {
        match self {
            Self::Failure => "--on-failure",
            Self::Expiring => "--on-expiring",
        }
    }
}

/// What has happened.
pub(super) struct Happened {
    pub(super) event: Event,
    /// The profile, where several are watched.
    pub(super) profile: Option<String>,
    /// The connector; `None`: it concerns all.
    pub(super) connector: Option<Reference>,
    /// When its credentials end, where that is known.
    pub(super) expires_at: Option<Timestamp>,
    /// Why, in words.
    pub(super) error: String,
}

impl Happened {
    fn is_like(&self, other: &Self) -> bool {
        let id = |one: &Self| one.connector.as_ref().map(|one| one.id.clone());
        (self.event, &self.profile, id(self)) == (other.event, &other.profile, id(other))
    }

    fn json(&self, context: &Context) -> Value {
        let clean = |text: &str| context.output.plain(text);
        let connector = self.connector.as_ref().map(|one| {
            let Reference { id, name, kind } = one;
            json!({"id": id, "name": clean(name), "kind": kind})
        });
        let mut event = json!({
            "event": self.event.name(),
            "connector": connector,
            "expires_at": self.expires_at,
            "error": clean(&self.error),
        });
        if let Some(profile) = &self.profile {
            event["profile"] = profile.as_str().into();
        }
        event
    }
}

/// The commands, and what they are to be told.
pub(super) struct Hooks<'a> {
    context: &'a Context,
    commands: &'a HookArgs,
    /// The variables that they must not see.
    hidden: Vec<String>,
    waiting: RefCell<VecDeque<Happened>>,
    /// How many were dropped since it was said.
    dropped: Cell<usize>,
    more: Notify,
}

impl<'a> Hooks<'a> {
    /// Those of the command line.
    pub(super) fn new(context: &'a Context, commands: &'a HookArgs) -> Self {
        let (waiting, dropped, more) = (RefCell::default(), Cell::default(), Notify::new());
        Self { context, commands, hidden: hidden(context), waiting, dropped, more }
    }

    fn command(&self, event: Event) -> Option<&str> {
        match event {
            Event::Failure => self.commands.on_failure.as_deref(),
            Event::Expiring => self.commands.on_expiring.as_deref(),
        }
    }

    /// Has a command told of what happened, where one is given for it: soon, after those that came
    /// before. What the same connector waits with already is replaced by the newest.
    pub(super) fn tell(&self, happened: Happened) {
        if self.command(happened.event).is_none() {
            return;
        }
        let mut waiting = self.waiting.borrow_mut();
        if let Some(like) = waiting.iter_mut().find(|one| one.is_like(&happened)) {
            let (flag, command) = (happened.event.flag(), "it waits for the one before to end");
            self.context
                .output
                .detail(&format!("{flag}: an event is replaced by a newer: {command}"));
            *like = happened;
        } else if waiting.len() < WAITING {
            waiting.push_back(happened);
        } else {
            self.dropped.update(|count| count + 1);
        }
        self.more.notify_one();
    }

    /// Runs them for as long as it is asked to; what runs then is ended.
    pub(super) async fn run(&self) -> Infallible {
        loop {
            let next = self.waiting.borrow_mut().pop_front();
            let Some(happened) = next else {
                self.more.notified().await;
                continue;
            };
            self.run_one(&happened).await;
            match self.dropped.take() {
                0 => {}
                count => self.context.output.alarm(&format!(
                    "{count} event(s) for --on-failure and --on-expiring were dropped: {WAITING} \
                     waited for commands to end"
                )),
            }
        }
    }

    async fn run_one(&self, happened: &Happened) {
        let Some(line) = self.command(happened.event) else { return };
        let text = format!("{}\n", happened.json(self.context));
        let input = Input::Text(text.as_bytes());
        let program = Program { line, folder: None, input, hidden: &self.hidden };
        if let Err(problem) = program.finish().await {
            let flag = happened.event.flag();
            self.context.output.warn(&format!("the command of {flag} {problem}"));
        }
    }
}

/// The variables that hold secrets of uns3 or of AWS, and those by which the service manager is
/// spoken to. A file's name, or an address that only answers to this machine, is no secret.
fn hidden(context: &Context) -> Vec<String> {
    const MANAGER: [&str; 3] = [env::NOTIFY_SOCKET, env::WATCHDOG_USEC, env::WATCHDOG_PID];
    let is_place = |name: &str| ["_FILE", "_URI"].iter().any(|end| name.ends_with(end));
    let is_hidden = |name: &str, value: &str| {
        let aws = name.starts_with("AWS_") && names_secret(name) && !is_place(name);
        let ours = env::SECRETS.contains(&name) || MANAGER.contains(&name);
        aws || ours || context.redactor.is_known(value)
    };
    let variables = context.environment().all();
    variables.filter(|(name, value)| is_hidden(name, value)).map(|(name, _)| name.into()).collect()
}
