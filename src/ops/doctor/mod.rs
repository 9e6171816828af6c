//! What uns3 would use here, and whether it works: one finding a part, the worst of which counts.

mod aws;
mod finding;
mod folders;
mod shared;

use futures_util::future::join3;
use jiff::{SignedDuration, Timestamp};

use crate::args::globals::Globals;
use crate::context::Context;
use crate::env;
use crate::error::{Category, Error, Result};
use crate::ops::runtime;
use crate::ops::service::{Remote, Service};
use crate::ops::session::{self, Pool};

pub(crate) use finding::{Finding, Status};
use folders::{config_folder, state_folder};

/// Looks at all that a command would use, without a wait for anything but the service and, where
/// `aws` is asked about, AWS.
pub(crate) fn examine(globals: &Globals, context: &Context, aws: bool) -> Result<Vec<Finding>> {
    let mut findings = vec![config_folder(context), state_folder(context), proxy(context)];
    findings.push(trust(globals, context));
    let asked = async {
        // Side by side: none waits for another.
        let who = async { if aws { aws::who(globals, context).await } else { Vec::new() } };
        Ok(join3(service(globals, context), who, shared::state(globals, context)).await)
    };
    let (service, aws, shared) = runtime::block_on(context, asked)?;
    findings.extend(shared);
    findings.extend(service);
    findings.extend(aws);
    Ok(findings)
}

async fn service(globals: &Globals, context: &Context) -> Vec<Finding> {
    let remote = match Service::choose(globals, context).await {
        Err(error) => return vec![Finding::failed("service", error)],
        Ok(Service::Sandbox) => return vec![Finding::ok("service", "the embedded sandbox")],
        Ok(Service::Remote(remote)) => remote,
    };
    let Remote { address, profile, address_from, key_from, .. } = &remote;
    let profile = profile.as_ref().map_or_else(|| "none".into(), |name| format!("{name:?}"));
    let mut findings = vec![
        Finding::ok("profile", profile),
        Finding::ok("address", format!("{address}, from {address_from}")),
        Finding::ok("key", format!("there is one, from {key_from}")),
    ];
    findings.extend(reach(globals, context, remote).await);
    findings
}

/// One call: whether the service takes the key, and how far the clocks differ.
async fn reach(globals: &Globals, context: &Context, remote: Remote) -> Vec<Finding> {
    let asked = match session::client(globals, context, Pool::One, remote.address, remote.key).await
    {
        Ok(client) => client.probe().await,
        Err(error) => Err(error),
    };
    match asked {
        Err(error) => vec![Finding::failed("service", error)],
        Ok(date) => {
            let taken = Finding::ok("service", "it answers, and takes the key");
            vec![taken, clock(date, context.now())]
        }
    }
}

/// The difference that S3 and STS bear. Source: Amazon S3 API Reference, `RequestTimeTooSkewed`.
const SKEW: SignedDuration = SignedDuration::from_mins(15);

fn clock(service: Option<Timestamp>, now: Timestamp) -> Finding {
    let Some(service) = service else {
        return Finding::ok("clock", "the service does not say what time it is");
    };
    let ahead = now.duration_since(service);
    let seconds = ahead.as_secs();
    if ahead.abs() < SignedDuration::from_secs(60) {
        return Finding::ok("clock", "within a minute of the service's");
    }
    let message = match seconds > 0 {
        true => format!("{seconds} s ahead of the service's"),
        false => format!("{} s behind the service's", -seconds),
    };
    let hint = "set the clock (timedatectl set-ntp true): expiries are reckoned by it, and AWS \
                refuses signatures that are 15 minutes off";
    match ahead.abs() < SKEW {
        true => Finding::warning("clock", message, hint),
        false => Finding::failed("clock", Error::new(Category::Internal, message).hint(hint)),
    }
}

fn proxy(context: &Context) -> Finding {
    let set = |names: &[&'static str]| {
        let name = names.iter().find(|name| context.variable(name).is_some())?;
        Some(format!("{name}={}", context.variable(name)?))
    };
    let message = match (set(&env::HTTPS_PROXY), set(&env::NO_PROXY)) {
        (None, _) => "none".into(),
        (Some(proxy), None) => proxy,
        (Some(proxy), Some(but)) => format!("{proxy}, {but}"),
    };
    Finding::ok("proxy", message)
}

fn trust(globals: &Globals, context: &Context) -> Finding {
    let named = [env::SSL_CERT_FILE, env::SSL_CERT_DIR].into_iter();
    let named = named.filter_map(|name| Some(format!("{}, from {name}", context.variable(name)?)));
    let own = match named.collect::<Vec<_>>().join("; ") {
        none if none.is_empty() => "the system's certificates".into(),
        named => named,
    };
    let added = globals.ca_file.as_ref().map(|file| format!(", and {}", file.display()));
    Finding::ok("trust", own + &added.unwrap_or_default())
}
