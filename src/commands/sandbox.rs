//! `uns3 sandbox`: the service on this machine, to try things out and to test scripts.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand, ValueHint};
use serde_json::{Value, json};

use crate::args::globals::duration;
use crate::context::Context;
use crate::error::{Category, Error, Result};
use crate::ops::runtime;
use crate::output::Format;
use crate::sandbox::{self, Contents, Fault, Limit, Options, Reasons, Sandbox};

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
  uns3 sandbox serve --fail PUT,429@5:2x              # the first two updates come too soon")]
    Serve(Serve),

    /// Remove what a sandbox has kept: its connectors, workflows and objects, its key and its ports
    #[command(after_help = "Examples:
  uns3 sandbox reset
  uns3 sandbox reset --data ./sandbox --yes")]
    Reset(Reset),
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

    /// Let requests fail, such as 503:0.2, drop or PUT,429@30:3x; can be given several times
    ///
    /// A fault is a status (429@30 with its Retry-After), drop (the request is carried out, its
    /// answer lost), cut (its answer breaks off), hang (no answer comes) or refuse (the connection
    /// is closed). Behind a colon stands how often: 0.2 is a probability, 3x the first three times.
    /// Before it may stand, with commas, a method and a part of the path: GET,/connection-check,404
    #[arg(long, value_name = "FAULT")]
    fail: Vec<Fault>,

    /// Take so many requests a second (5) or in so many seconds (40/60), and answer 429 to the rest
    #[arg(long, value_name = "N[/SECONDS]")]
    limit: Option<Limit>,

    /// Word the reasons of failed checks as the platform does now (new), or did until July 2026 (old)
    #[arg(long, value_name = "WORDING", default_value = "new")]
    reasons: Reasons,
}

#[derive(Args, Debug)]
struct Reset {
    /// The folder that it kept its state in [default: the state folder]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    data: Option<PathBuf>,

    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

impl SandboxCommand {
    /// Does what the verb says: its exit code.
    pub(crate) fn run(self, context: &Context) -> Result<u8> {
        match self.verb {
            Verb::Serve(serve) => serve.run(context),
            Verb::Reset(reset) => reset.run(context).map(|()| 0),
        }
    }
}

fn folder(data: Option<PathBuf>, context: &Context) -> Result<PathBuf> {
    data.map_or_else(|| Ok(context.state_dir()?.join("sandbox")), Ok)
}

impl Serve {
    /// Serves until interrupted, which is how it is meant to end.
    fn run(self, context: &Context) -> Result<u8> {
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
                context.output.aside(&kept);
                Ok(error.category.exit_code())
            }
            served => served.map(|()| 0),
        }
    }
}

impl Reset {
    fn run(self, context: &Context) -> Result<()> {
        let folder = folder(self.data, context)?;
        let place = folder.display();
        let Some(found) = sandbox::contents(&folder) else { return told(context, &folder, None) };
        if !self.yes {
            let question = format!("Remove the sandbox in {place} ({})?", in_words(&found));
            if !runtime::block_on(context, context.confirm(&question, "--yes"))? {
                context.output.notice("nothing was removed");
                return Ok(());
            }
        }
        match sandbox::reset(&folder)? {
            sandbox::Reset::Nothing => told(context, &folder, None),
            sandbox::Reset::Removed(removed) => told(context, &folder, Some(&removed)),
            sandbox::Reset::InUse => {
                let message = format!("a sandbox runs in {place}: nothing was removed");
                Err(Error::new(Category::Conflict, message).hint("end it first, and try again"))
            }
        }
    }
}

/// Says what was removed, in words or as an object; that is all that a reset has to say.
fn told(context: &Context, folder: &Path, removed: Option<&Contents>) -> Result<()> {
    let place = folder.display();
    if context.output.format() == Format::Json {
        let counts = |removed: &Contents| {
            let Contents { connectors, workflows, objects, .. } = removed;
            json!({ "connectors": connectors, "workflows": workflows, "objects": objects })
        };
        let object = json!({ "folder": place.to_string(), "removed": removed.map(counts) });
        return context.output.text(&format!("{object}\n"));
    }
    context.output.notice(&match removed {
        None => format!("there is nothing to remove: no sandbox was in {place}"),
        Some(removed) => format!("removed the sandbox in {place} ({})", in_words(removed)),
    });
    Ok(())
}

fn in_words(contents: &Contents) -> String {
    let count = |count: usize, noun: &str| match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    };
    let objects = count(contents.objects, "object");
    if contents.damaged {
        return format!("a damaged state.json, {objects}");
    }
    let (connectors, workflows) = (contents.connectors, contents.workflows);
    format!("{}, {}, {objects}", count(connectors, "connector"), count(workflows, "workflow"))
}

/// The sandbox's addresses and its own keys: no one else's, so they may be seen.
fn described(sandbox: &Sandbox, format: Format) -> Result<String> {
    let Sandbox { api_url, api_key, s3_endpoint_url, bucket, region, .. } = sandbox;
    let Sandbox { access_key_id, secret_access_key, session, .. } = sandbox;
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
    match format {
        Format::Json => return Ok(format!("{object}\n")),
        Format::Yaml => return Ok(serde_saphyr::to_string(&object).map_err(anyhow::Error::from)?),
        Format::Csv => return csv(&object),
        Format::Table | Format::Wide | Format::Markdown | Format::Id => {}
    }
    Ok(format!(
        "The sandbox listens on this machine only. Ctrl-C stops it.

API URL            {api_url}
API key            {api_key}
S3 endpoint        {s3_endpoint_url}
Bucket             {bucket} (region {region})
Access key id      {access_key_id}
Secret access key  {secret_access_key}

Temporary keys, as AWS STS gives them:
Access key id      {}
Secret access key  {}
Session token      {}

In another shell:
  export UNSTRUCTURED_API_URL={api_url} UNSTRUCTURED_API_KEY={api_key}
  export AWS_ACCESS_KEY_ID={access_key_id} AWS_SECRET_ACCESS_KEY={secret_access_key}
  uns3 create demo --remote-url s3://{bucket}/out/ --endpoint-url {s3_endpoint_url} --test
",
        session.access_key_id, session.secret_access_key, session.session_token
    ))
}

/// A line of titles and one of values; those of the temporary keys begin with `session_`.
fn csv(object: &Value) -> Result<String> {
    let mut cells = Vec::new();
    for (name, value) in object.as_object().into_iter().flatten() {
        match value.as_object() {
            None => cells.push((name.clone(), value.as_str())),
            Some(below) => cells.extend(below.iter().map(|(inner, value)| {
                (format!("session_{}", inner.trim_start_matches("session_")), value.as_str())
            })),
        }
    }
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(cells.iter().map(|(name, _)| name)).map_err(anyhow::Error::from)?;
    let values = cells.iter().map(|(_, value)| value.unwrap_or_default());
    csv.write_record(values).map_err(anyhow::Error::from)?;
    let bytes = csv.into_inner().map_err(anyhow::Error::from)?;
    Ok(String::from_utf8(bytes).map_err(anyhow::Error::from)?)
}
