//! `uns3 sandbox serve`: a Workflow Endpoint and an S3 until interrupted.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};

use super::described::described;
use super::folder::folder;
use crate::args::globals::duration;
use crate::context::Context;
use crate::error::{Category, Result};
use crate::ops::runtime;
use crate::sandbox::{Fault, Limit, Options, Reasons, Sandbox};

#[derive(Args, Debug)]
pub(super) struct Serve {
    /// Listen on this port; else on the last run's, or a free one
    #[arg(long, value_name = "N")]
    port: Option<u16>,

    /// Keep the state in this folder [default: the state folder]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    data: Option<PathBuf>,

    /// Answer each request this much later, such as 300ms
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    latency: Option<Duration>,

    /// Let requests fail, such as 503:0.2, drop or PUT,429@30:3x; can be given several times
    ///
    /// A fault is a status (429@30 with its Retry-After), drop (the request is carried out, its
    /// answer lost), cut (its answer breaks off), hang (no answer comes) or refuse (the connection
    /// is closed). Behind a colon stands how often: 0.2 is a probability, 3x the first three times,
    /// 4-6 the fourth to the sixth, 4- the fourth and all later ones. Before it may stand, with
    /// commas, a method and a part of the path: GET,/connection-check,404
    #[arg(long, value_name = "FAULT")]
    fail: Vec<Fault>,

    /// Take so many requests a second (5) or in so many seconds (40/60), and answer 429 to the rest
    #[arg(long, value_name = "N[/SECONDS]")]
    limit: Option<Limit>,

    /// Word the reasons of failed checks as the platform does now (new), or did until July 2026 (old)
    #[arg(long, value_name = "WORDING", default_value = "new")]
    reasons: Reasons,
}

impl Serve {
    /// Serves until interrupted, which is how it is meant to end.
    pub(super) fn run(self, context: &Context) -> Result<u8> {
        let data = folder(self.data, context)?;
        let kept = format!("the sandbox has stopped; its state is kept in {}", data.display());
        let options = Options {
            data,
            port: self.port,
            latency: self.latency.unwrap_or_default(),
            faults: self.fail,
            limit: self.limit,
            reasons: self.reasons,
        };
        let served: Result<()> = runtime::block_on(context, async {
            let sandbox = Sandbox::start(options).await?;
            context.output.text(&described(&sandbox, context.output.format())?)?;
            std::future::pending().await
        });
        match served {
            Err(error)
                if [Category::Interrupted, Category::Terminated].contains(&error.category) =>
            {
                context.output.notice(&kept);
                Ok(error.category.exit_code())
            }
            served => served.map(|()| 0),
        }
    }
}
