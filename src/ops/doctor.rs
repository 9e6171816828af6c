//! What uns3 would use here, and whether it works: one finding a part, the worst of which counts.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use crate::args::globals::Globals;
use crate::context::Context;
use crate::domain::names::quoted;
use crate::env;
use crate::error::{Category, Error, Result};
use crate::ops::runtime;
use crate::ops::service::{Remote, Service};
use crate::ops::session::{self, Pool};
use crate::storage::profiles::Profiles;

/// How a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    /// It works, and may not for long.
    Warning,
    /// It does not work: a command fails so.
    Failed(Category),
}

impl Status {
    /// The name that results carry.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed(_) => "failed",
        }
    }
}

/// What was found of one part.
pub(crate) struct Finding {
    /// The part.
    pub(crate) check: &'static str,
    pub(crate) status: Status,
    pub(crate) message: String,
    /// The mend.
    pub(crate) hint: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, status: Status::Ok, message: message.into(), hint: None }
    }

    fn warning(check: &'static str, message: String, hint: &str) -> Self {
        let hint = Some(hint.to_owned());
        Self { check, status: Status::Warning, message, hint }
    }

    /// A failure, as the error that a command would end with.
    pub(crate) fn failed(check: &'static str, error: Error) -> Self {
        let status = Status::Failed(error.category);
        Self { check, status, hint: error.hints_joined(), message: error.message }
    }
}

/// Looks at all that a command would use, without a wait for anything but the service.
pub(crate) fn examine(globals: &Globals, context: &Context) -> Vec<Finding> {
    let mut findings = vec![config_folder(context), state_folder(context), proxy(context)];
    findings.push(trust(globals, context));
    match runtime::block_on(context, Service::choose(globals, context)) {
        Err(error) => findings.push(Finding::failed("service", error)),
        Ok(Service::Sandbox) => findings.push(Finding::ok("service", "the embedded sandbox")),
        Ok(Service::Remote(remote)) => {
            let Remote { address, profile, address_from, key_from, .. } = &remote;
            let profile =
                profile.as_ref().map_or_else(|| "none".into(), |name| format!("{name:?}"));
            findings.push(Finding::ok("profile", profile));
            findings.push(Finding::ok("address", format!("{address}, from {address_from}")));
            findings.push(Finding::ok("key", format!("there is one, from {key_from}")));
            findings.extend(reach(globals, context, remote));
        }
    }
    findings
}

/// One call: whether the service takes the key, and how far the clocks differ.
fn reach(globals: &Globals, context: &Context, remote: Remote) -> Vec<Finding> {
    let client = session::client(globals, context, Pool::One, remote.address, remote.key);
    let asked = client.and_then(|client| runtime::block_on(context, client.probe()));
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

fn config_folder(context: &Context) -> Finding {
    let read = || -> Result<String> {
        let folder = context.config_dir()?;
        let names = Profiles::load(&folder)?.names();
        let mode = mode(&folder);
        Ok(match names.as_slice() {
            [] => format!("{}{mode}, no profiles", folder.display()),
            names => format!("{}{mode}, profiles: {}", folder.display(), names.join(", ")),
        })
    };
    read().map_or_else(
        |error| Finding::failed("config", error),
        |message| Finding::ok("config", message),
    )
}

fn state_folder(context: &Context) -> Finding {
    let folder = match context.state_dir() {
        Ok(folder) => folder,
        Err(error) => return Finding::failed("state", error),
    };
    let shown = folder.display();
    if !folder.exists() {
        return Finding::ok("state", format!("{shown}, made when it is needed"));
    }
    let message = format!("{shown}{}", mode(&folder));
    if let Err(error) = tempfile::tempfile_in(&folder) {
        let message = format!("{message}: nothing can be written there: {error}");
        let hint = "expiries are not remembered: give it to this user, or set UNS3_STATE_DIR";
        return Finding::warning("state", message, hint);
    }
    if is_open_to_others(&folder) {
        let hint = format!("chmod 700 {}", quoted(&shown.to_string()));
        return Finding::warning("state", format!("{message}: others can read it"), &hint);
    }
    Finding::ok("state", message)
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

#[cfg(unix)]
fn bits(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    Some(std::fs::metadata(path).ok()?.permissions().mode() & 0o7777)
}

/// Windows keeps a user's own folders from others by itself.
#[cfg(not(unix))]
fn bits(_: &Path) -> Option<u32> {
    None
}

fn mode(path: &Path) -> String {
    bits(path).map_or_else(String::new, |bits| format!(" (mode {bits:04o})"))
}

fn is_open_to_others(path: &Path) -> bool {
    bits(path).is_some_and(|bits| bits & 0o077 != 0)
}
