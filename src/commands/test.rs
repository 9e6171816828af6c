//! `uns3 test`: starts a connection check and waits for that check's verdict.

use std::time::Duration;

use clap::Args;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::settings::TargetArgs;
use crate::api::{Client, Patience, Waited};
use crate::context::{Context, duration};
use crate::domain::check::Check;
use crate::domain::connector::Connector;
use crate::error::{Category, Error, Result};
use crate::output::{Column, Rendering, Shape};

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
pub struct Test {
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
}

/// What became of one target.
struct Outcome {
    connector: Connector,
    check: Option<Check>,
    elapsed: Duration,
    error: Option<Error>,
}

impl Test {
    /// Checks them, side by side; one's failure stops no other.
    pub fn run(self, context: &Context) -> Result<()> {
        let filter = self.on.filter()?;
        context.sign_in()?;
        context.expect_many();
        context.run(async {
            let client = context.client().await?;
            let kinds = self.on.kinds();
            let connectors = if self.on.all {
                client.select(kinds, &filter).await?
            } else {
                client.find(kinds, &self.on.targets).await?
            };
            if connectors.is_empty() {
                context.output.notice("no such connectors");
            }
            let all = connectors.len();
            context.output.progress(&format!("checking {all} connector(s)"));
            let outcomes: Vec<Outcome> = stream::iter(connectors)
                .map(|connector| self.one(context, client, connector))
                .buffered(AT_ONCE)
                .collect()
                .await;
            let failures = outcomes.iter().filter_map(|one| one.error.clone()).collect();
            show(context, outcomes)?;
            Error::of_many(failures, all)
        })
    }

    async fn one(&self, context: &Context, client: &Client, connector: Connector) -> Outcome {
        let patience = Patience {
            deadline: self.deadline.unwrap_or(Patience::USUAL.deadline),
            retry_for: self.retry_for,
        };
        let unwaited = |check| Waited { check, elapsed: Duration::ZERO };
        let waited = if self.last {
            latest(client, &connector).await.map(unwaited)
        } else if self.no_wait {
            client.start_check(&connector).await.map(unwaited)
        } else {
            client.check(&connector, patience).await
        };
        let error = match &waited {
            Err(error) => Some(error.clone()),
            // No verdict yet is what was asked for.
            Ok(waited) if self.last || self.no_wait => match waited.check.verdict() {
                Some(false) => waited.verdict(&connector).err(),
                _ => None,
            },
            Ok(waited) => waited.verdict(&connector).err(),
        };
        if let (Ok(waited), None, false) = (&waited, &error, self.last || self.no_wait) {
            context.tell_success(&connector, waited);
        }
        let elapsed = waited.as_ref().map_or(Duration::ZERO, |waited| waited.elapsed);
        Outcome { connector, check: waited.ok().map(|waited| waited.check), elapsed, error }
    }
}

async fn latest(client: &Client, connector: &Connector) -> Result<Check> {
    let never =
        || Error::new(Category::NotFound, format!("{} was never checked", connector.title()));
    client.latest_check(connector).await?.ok_or_else(never)
}

const COLUMNS: [Column<Outcome>; 6] = [
    Column { title: "name", shown: true, text: |one| one.connector.name().into() },
    Column { title: "id", shown: true, text: |one| one.connector.id().into() },
    Column { title: "kind", shown: true, text: |one| one.connector.kind.name().into() },
    Column { title: "status", shown: true, text: Outcome::status },
    Column { title: "elapsed_ms", shown: false, text: |one| one.elapsed.as_millis().to_string() },
    Column { title: "reason", shown: true, text: Outcome::reason },
];

impl Outcome {
    fn status(&self) -> String {
        self.check.as_ref().map_or_else(|| "UNKNOWN".into(), |check| check.status.clone())
    }

    fn reason(&self) -> String {
        let reason = self.check.as_ref().and_then(|check| check.reason.clone());
        let error = || self.error.as_ref().filter(|_| self.check.is_none()).map(Error::to_string);
        reason.or_else(error).unwrap_or_default()
    }

    fn json(&self) -> Value {
        json!({
            "connector": self.connector.reference(),
            "check": self.check,
            "elapsed_ms": self.elapsed.as_millis() as u64,
            "error": self.error.as_ref().map(|error| &error.message),
        })
    }
}

fn show(context: &Context, outcomes: Vec<Outcome>) -> Result<()> {
    let how = Rendering {
        shape: Shape::Many,
        columns: &COLUMNS,
        json: &Outcome::json,
        id: |one: &Outcome| one.connector.id().to_owned(),
    };
    context.output.items(outcomes.into_iter().map(Ok), &how)
}
