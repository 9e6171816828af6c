//! The flags that say how connectors are checked.

use std::time::Duration;

use clap::Args;

use super::globals::duration;

/// Started, waited for, or only read.
#[derive(Args, Debug)]
pub(crate) struct CheckingArgs {
    /// Only start the checks
    #[arg(long, conflicts_with_all = ["last", "deadline", "retry_for"])]
    pub(crate) no_wait: bool,

    /// Only read the latest checks
    #[arg(long, conflicts_with_all = ["deadline", "retry_for"])]
    pub(crate) last: bool,

    /// How long to wait for a verdict [default: 5m]
    #[arg(id = "deadline", long = "timeout", value_name = "DURATION", value_parser = duration)]
    pub(crate) deadline: Option<Duration>,

    /// Start failed checks over for this long, until they pass
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) retry_for: Option<Duration>,
}
