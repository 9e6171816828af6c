//! `uns3 sandbox`: the service on this machine, to try things out and to test scripts.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueHint};
use serde_json::json;

use crate::args::globals::duration;
use crate::context::Context;
use crate::error::Result;
use crate::ops::runtime;
use crate::output::Format;
use crate::sandbox::{Fault, Options, Reasons, Sandbox};

/// A local service with its own S3, to try things out
#[derive(Args, Debug)]
pub(crate) struct SandboxCommand {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Serve a Workflow Endpoint and an S3 on this machine until interrupted
    #[command(after_help = "Single commands need no server: uns3 --sandbox create …

Examples:
  uns3 sandbox serve
  uns3 sandbox serve -o json --port 8765 --data ./sandbox
  uns3 sandbox serve --latency 300ms --fail 503:0.2   # a bad day: every fifth request fails
  uns3 sandbox serve --fail drop:0.1                  # answers that are lost
  uns3 sandbox serve --fail \"PUT 429@5:2x\"           # the first two updates come too soon")]
    Serve(Serve),
}

#[derive(Args, Debug)]
struct Serve {
    /// Listen on this port; else on the last run's, or a free one
    #[arg(long, value_name = "N")]
    port: Option<u16>,

    /// Keep the state in this folder [default: the state folder]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    data: Option<PathBuf>,

    /// Answer each request this much later, such as 300ms
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    latency: Option<Duration>,

    /// Fail requests: a status (503, or 429@30 with its Retry-After), drop (carried out, the answer
    /// lost), cut (the answer breaks off), hang or refuse; how often (:0.2, or :3x for the first
    /// three); and which ("PUT drop", "GET /connection-check 404"). Can be given several times
    #[arg(long, value_name = "[METHOD] [/PATH] KIND[:OFTEN]")]
    fail: Vec<Fault>,

    /// Word the reasons of failed checks as the platform does now (new) or did until July 2026 (old)
    #[arg(long, value_name = "new|old", default_value = "new")]
    reasons: Reasons,
}

impl SandboxCommand {
    /// Serves until interrupted.
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let Verb::Serve(serve) = self.verb;
        let data = match serve.data {
            Some(data) => data,
            None => context.state_dir()?.join("sandbox"),
        };
        runtime::block_on(context, async {
            let kept = format!("the sandbox has stopped; its state is kept in {}", data.display());
            let options = Options {
                data,
                port: serve.port,
                latency: serve.latency.unwrap_or_default(),
                faults: serve.fail,
                reasons: serve.reasons,
            };
            let sandbox = Sandbox::start(options).await?;
            context.journal.state(kept);
            context.output.text(&described(&sandbox, context.output.format()))?;
            std::future::pending().await
        })
    }
}

/// The sandbox's addresses and its own keys: no one else's, so they may be seen.
fn described(sandbox: &Sandbox, format: Format) -> String {
    let Sandbox { api_url, api_key, s3_endpoint_url, bucket, region, .. } = sandbox;
    let Sandbox { access_key_id, secret_access_key, session, .. } = sandbox;
    if format == Format::Json {
        let object = json!({
            "api_url": api_url,
            "api_key": api_key,
            "s3_endpoint_url": s3_endpoint_url,
            "bucket": bucket,
            "region": region,
            "access_key_id": access_key_id,
            "secret_access_key": secret_access_key,
            "session": {
                "access_key_id": session.access_key_id,
                "secret_access_key": session.secret_access_key,
                "session_token": session.session_token,
            },
        });
        return format!("{object}\n");
    }
    format!(
        "The sandbox listens on this machine only. Ctrl-C stops it.

API URL            {api_url}
API key            {api_key}
S3 endpoint        {s3_endpoint_url}
Bucket             {bucket} (region {region})
Access key id      {access_key_id}
Secret access key  {secret_access_key}

In another shell:
  export UNSTRUCTURED_API_URL={api_url} UNSTRUCTURED_API_KEY={api_key}
  export AWS_ACCESS_KEY_ID={access_key_id} AWS_SECRET_ACCESS_KEY={secret_access_key}
  uns3 create demo --remote-url s3://{bucket}/out/ --endpoint-url {s3_endpoint_url} --test
"
    )
}
