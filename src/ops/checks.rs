//! Checks of many connectors, and what became of each.

use std::cell::Cell;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use serde_json::{Map, Value, json};

use crate::api::{WaitOptions, Waited};
use crate::args::checking::CheckingArgs;
use crate::domain::check::Check;
use crate::domain::connector::Connector;
use crate::error::{Category, Error, Result};
use crate::ops::check::tell_success;
use crate::ops::each::{self, Detail, Outcome, Status};
use crate::ops::preflight::explained;
use crate::ops::session::Session;
use crate::output::Column;

/// How many connectors are checked side by side.
const AT_ONCE: usize = 8;

/// How a connector is checked.
pub(crate) enum Checking {
    /// Its latest check is read.
    Latest,
    /// A check is started, and not waited for.
    Started,
    /// A check is started, and waited for.
    Awaited(WaitOptions),
}

impl Checking {
    /// What flags ask for.
    pub(crate) fn of(flags: &CheckingArgs) -> Self {
        match (flags.last, flags.no_wait) {
            (true, _) => Self::Latest,
            (_, true) => Self::Started,
            _ => Self::Awaited(WaitOptions {
                deadline: flags.deadline.unwrap_or(WaitOptions::USUAL.deadline),
                retry_for: flags.retry_for,
            }),
        }
    }

    /// Checks them, side by side; one's failure stops no other.
    pub(crate) async fn all(
        &self,
        session: &Session<'_>,
        connectors: Vec<Connector>,
    ) -> Vec<Outcome<Checked>> {
        let output = session.output();
        let (all, done, begun) = (connectors.len(), Cell::new(0), Instant::now());
        let show = || match connectors.as_slice() {
            [one] => output.progress(&format!("checking {:?}", one.name())),
            _ => output.progress_bar("checking", done.get(), all),
        };
        show();
        let one = async |connector: &Connector| {
            let outcome = self.one(session, connector, all).await;
            done.update(|count| count + 1);
            show();
            outcome
        };
        let outcomes: Vec<_> = stream::iter(&connectors).map(one).buffered(AT_ONCE).collect().await;
        output.end_progress();
        if all > 1 && outcomes.iter().all(|one| one.status == Status::Passed) {
            let seconds = begun.elapsed().as_secs_f32();
            output.notice(&format!("all {all} connections work ({seconds:.1} s)"));
        }
        outcomes
    }

    /// One of `all`.
    async fn one(
        &self,
        session: &Session<'_>,
        connector: &Connector,
        all: usize,
    ) -> Outcome<Checked> {
        let unwaited = |check| Waited { check, elapsed: Duration::ZERO };
        let waited = match self {
            Self::Latest => latest(session, connector).await.map(unwaited),
            Self::Started => session.client.start_check(connector).await.map(unwaited),
            Self::Awaited(wait) => session.client.check(connector, *wait).await,
        };
        let waited = match waited {
            Ok(waited) => waited,
            Err(error) => return Outcome::failed(connector, Checked::default(), error),
        };
        let awaited = matches!(self, Self::Awaited(_));
        let verdict = waited.check.verdict();
        let judged = waited.verdict(connector);
        let Waited { check, elapsed } = waited.clone();
        let detail = Checked { check: Some(check), elapsed };
        match (verdict, judged) {
            // No verdict yet is what was asked for.
            (None, _) if !awaited => Outcome::new(connector, Status::Started, detail),
            (_, Err(error)) => {
                let reason = waited.check.reason.as_deref();
                let error = explained(session, connector, reason, None, None, error).await;
                Outcome::failed(connector, detail, error)
            }
            (_, Ok(())) => {
                if awaited {
                    tell_success(session, connector, &waited, all);
                }
                Outcome::new(connector, Status::Passed, detail)
            }
        }
    }
}

async fn latest(session: &Session<'_>, connector: &Connector) -> Result<Check> {
    let never =
        || Error::new(Category::NotFound, format!("{} was never checked", connector.title()));
    session.client.latest_check(connector).await?.ok_or_else(never)
}

/// The check of one target, as it was read last.
#[derive(Default)]
pub(crate) struct Checked {
    check: Option<Check>,
    elapsed: Duration,
}

impl Detail for Checked {
    const COLUMNS: &'static [Column<Outcome<Self>>] = &[
        each::profile(),
        each::name(),
        each::id(),
        each::kind(),
        Column::new("status", check_status).toned(|one| one.status.tone()),
        Column::new("elapsed_ms", |one: &Outcome<Self>| one.detail.elapsed.as_millis().to_string())
            .wide(),
        Column::new("reason", reason).long().rows(),
    ];

    fn add_to(&self, result: &mut Map<String, Value>) {
        result.insert("check".into(), json!(self.check));
        result.insert("elapsed_ms".into(), json!(self.elapsed.as_millis() as u64));
    }
}

fn check_status(one: &Outcome<Checked>) -> String {
    one.detail.check.as_ref().map_or_else(|| "UNKNOWN".into(), |check| check.status.clone())
}

fn reason(one: &Outcome<Checked>) -> String {
    match &one.detail.check {
        Some(check) => check.reason.clone().unwrap_or_default(),
        None => one.message(),
    }
}
