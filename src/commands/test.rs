//! `uns3 test`: starts a connection check and waits for that check's verdict.

use std::cell::Cell;
use std::time::{Duration, Instant};

use clap::Args;
use futures_util::{StreamExt, stream};
use serde_json::{Map, Value, json};

use crate::api::{WaitOptions, Waited};
use crate::args::globals::{Globals, duration};
use crate::args::selection::TargetArgs;
use crate::args::trying::DiagnoseArg;
use crate::context::Context;
use crate::domain::check::Check;
use crate::domain::connector::Connector;
use crate::error::{Category, Error, Result};
use crate::ops::check::tell_success;
use crate::ops::each::{self, Detail, Outcome, Status};
use crate::ops::fleet::{self, Fleet};
use crate::ops::preflight::explained;
use crate::ops::session::{self, Pool, Session};
use crate::ops::targets;
use crate::output::Column;

/// How many connectors are checked side by side.
const AT_ONCE: usize = 8;

/// Check connections and wait for the verdicts
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 all passed, 7 failed, 8 no verdict by the deadline, 3 some of many failed.

Examples:
  uns3 test invoices-out
  uns3 test invoices-out --retry-for 2h      # a bucket or policy was changed just now
  uns3 test --all --match 'invoices-*' -o json
  uns3 test invoices-out --last              # what came of the latest check"
)]
pub(crate) struct Test {
    #[command(flatten)]
    on: TargetArgs,

    /// Only start the checks
    #[arg(long, conflicts_with_all = ["last", "deadline", "retry_for"])]
    no_wait: bool,

    /// Only read the latest checks
    #[arg(long, conflicts_with_all = ["deadline", "retry_for"])]
    last: bool,

    /// How long to wait for a verdict [default: 5m]
    #[arg(id = "deadline", long = "timeout", value_name = "DURATION", value_parser = duration)]
    deadline: Option<Duration>,

    /// Start failed checks over for this long, until they pass
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    retry_for: Option<Duration>,

    #[command(flatten)]
    diagnose: DiagnoseArg,
}

impl Test {
    /// Checks them, side by side; one's failure stops no other.
    pub(crate) fn run(self, globals: &Globals, context: &Context) -> Result<()> {
        let filter = self.on.filter()?;
        if globals.means_several() {
            return fleet::open(globals, context, Pool::Many, async |fleet| {
                each::finish(context, self.over_many(fleet).await?)
            });
        }
        session::open(globals, context, Pool::Many, async |session| {
            session.leave_undiagnosed(self.diagnose.no_diagnose);
            let (client, kinds) = (&session.client, self.on.kinds());
            let connectors = match self.on.all {
                true => targets::select(client, &kinds, &filter).await?,
                false => targets::find(client, kinds, &self.on.targets).await?,
            };
            if connectors.is_empty() {
                targets::warn_of_nothing(&context.output, &self.on)?;
            }
            let outcomes = self.all(session, connectors).await;
            each::finish(context, outcomes)
        })
    }

    /// The same over several profiles: the outcomes by profile.
    async fn over_many(&self, fleet: &Fleet<'_>) -> Result<Vec<Outcome<Checked>>> {
        let (filter, kinds) = (self.on.filter()?, self.on.kinds());
        let choose = async |session: &Session<'_>, ()| {
            session.leave_undiagnosed(self.diagnose.no_diagnose);
            match self.on.all {
                true => targets::select(&session.client, &kinds, &filter).await,
                false => targets::find_some(&session.client, kinds, &self.on.targets).await,
            }
        };
        let chosen = fleet.each(fleet.begin(), choose).await?;
        let all = || chosen.iter().flat_map(|(_, chosen)| chosen);
        targets::check_all_named(&self.on.targets, all())?;
        if let (Some((session, _)), None) = (chosen.first(), all().next()) {
            targets::warn_of_nothing(session.output(), &self.on)?;
        }
        let check = async |session: &Session<'_>, chosen| Ok(self.all(session, chosen).await);
        Ok(each::of_profiles(fleet.each(chosen, check).await?))
    }

    async fn all(
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
        let waited = if self.last {
            latest(session, connector).await.map(unwaited)
        } else if self.no_wait {
            session.client.start_check(connector).await.map(unwaited)
        } else {
            let deadline = self.deadline.unwrap_or(WaitOptions::USUAL.deadline);
            let wait = WaitOptions { deadline, retry_for: self.retry_for };
            session.client.check(connector, wait).await
        };
        let waited = match waited {
            Ok(waited) => waited,
            Err(error) => return Outcome::failed(connector, Checked::default(), error),
        };
        let verdict = waited.check.verdict();
        let judged = waited.verdict(connector);
        let Waited { check, elapsed } = waited.clone();
        let detail = Checked { check: Some(check), elapsed };
        match (verdict, judged) {
            // No verdict yet is what was asked for.
            (None, _) if self.last || self.no_wait => {
                Outcome::new(connector, Status::Started, detail)
            }
            (_, Err(error)) => {
                let reason = waited.check.reason.as_deref();
                let error = explained(session, connector, reason, None, None, error).await;
                Outcome::failed(connector, detail, error)
            }
            (_, Ok(())) => {
                if !self.last && !self.no_wait {
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
struct Checked {
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
