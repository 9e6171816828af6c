//! The environment: every variable that uns3 heeds, once, with its name, its help and its look-up.

use std::collections::HashMap;
use std::ffi::OsString;

pub(crate) const API_KEY: &str = "UNSTRUCTURED_API_KEY";
pub(crate) const API_URL: &str = "UNSTRUCTURED_API_URL";
pub(crate) const PROFILE: &str = "UNS3_PROFILE";
pub(crate) const SANDBOX: &str = "UNS3_SANDBOX";
pub(crate) const NAME: &str = "UNS3_NAME";
pub(crate) const REMOTE_URL: &str = "UNS3_REMOTE_URL";
pub(crate) const ENDPOINT_URL: &str = "UNS3_ENDPOINT_URL";
pub(crate) const CONFIG_DIR: &str = "UNS3_CONFIG_DIR";
pub(crate) const STATE_DIR: &str = "UNS3_STATE_DIR";
pub(crate) const STATE: &str = "UNS3_STATE";
pub(crate) const STATE_AWS_PROFILE: &str = "UNS3_STATE_AWS_PROFILE";
/// What the system calls the user: the first that is set.
pub(crate) const USERS: [&str; 3] = ["USER", "LOGNAME", "USERNAME"];
/// What Windows calls the machine.
#[cfg(not(unix))]
pub(crate) const COMPUTER: &str = "COMPUTERNAME";
pub(crate) const KEY_ID: &str = "AWS_ACCESS_KEY_ID";
pub(crate) const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
pub(crate) const TOKEN: &str = "AWS_SESSION_TOKEN";
pub(crate) const EXPIRATION: &str = "AWS_CREDENTIAL_EXPIRATION";
pub(crate) const AWS_CA_BUNDLE: &str = "AWS_CA_BUNDLE";
pub(crate) const SSL_CERT_FILE: &str = "SSL_CERT_FILE";
pub(crate) const SSL_CERT_DIR: &str = "SSL_CERT_DIR";
/// Set by the scripts of `uns3 completions`: the shell that asks for candidates.
pub(crate) const COMPLETE: &str = "UNS3_COMPLETE";
/// Which word of the line is being completed, as those scripts say it.
pub(crate) const COMPLETE_INDEX: &str = "_CLAP_COMPLETE_INDEX";
/// Set by systemd for a service that is to say how it is. Source: sd_notify(3).
pub(crate) const NOTIFY_SOCKET: &str = "NOTIFY_SOCKET";
pub(crate) const WATCHDOG_USEC: &str = "WATCHDOG_USEC";
pub(crate) const WATCHDOG_PID: &str = "WATCHDOG_PID";
pub(crate) const NO_COLOR: &str = "NO_COLOR";
pub(crate) const COLUMNS: &str = "COLUMNS";
pub(crate) const GITHUB_ACTIONS: &str = "GITHUB_ACTIONS";
pub(crate) const GITHUB_STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";
pub(crate) const CLICOLOR_FORCE: &str = "CLICOLOR_FORCE";
/// The proxy of `https://` addresses, and the hosts that need none: the first that is set.
pub(crate) const HTTPS_PROXY: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
pub(crate) const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// The region that AWS's tools use.
pub(crate) const AWS_REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];
/// Where S3 is, other than at AWS, for the owner of a bucket.
pub(crate) const AWS_S3_URLS: [&str; 2] = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];
/// Where STS is, other than at AWS.
pub(crate) const AWS_STS_URLS: [&str; 2] = ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"];

/// The variables that hold secrets.
pub(crate) const SECRETS: [&str; 3] = [SECRET, TOKEN, API_KEY];

/// The variables by topic, each with its help, as `uns3 help environment` shows them.
const HELP: [&[(&str, &str)]; 4] = [
    &[
        (API_KEY, "the API key"),
        (API_URL, "the service's base URL, with or without /api/v1"),
        (PROFILE, "the profile to use"),
        (SANDBOX, "run in the sandbox, as --sandbox does (0 and false: no)"),
        (NAME, "the name that `create` uses"),
        (REMOTE_URL, "the remote URL that `create` uses"),
        (ENDPOINT_URL, "the endpoint URL that `create` uses"),
        (CONFIG_DIR, "the folder of config.toml, the profiles"),
        (STATE_DIR, "the folder of what is known of expiries, and of the sandbox's state"),
        (STATE, "where that is shared: s3://bucket/prefix/, or a folder, as --state names it"),
        (STATE_AWS_PROFILE, "the AWS profile for it, apart from AWS_* meant for connectors"),
    ],
    &[(
        "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION",
        "the connector's credentials, read as one set, where no flag names a source",
    )],
    &[(
        "AWS_CA_BUNDLE, AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL and all else that AWS's SDK heeds",
        "for --aws, --aws-profile and --role-arn",
    )],
    &[
        ("HTTPS_PROXY, NO_PROXY", "the proxy, and hosts that need none; loopback never needs one"),
        (SSL_CERT_FILE, "a PEM file of trusted certificates instead of the system's"),
        (SSL_CERT_DIR, "folders of such files, separated as in PATH (Linux)"),
        ("NO_COLOR, CLICOLOR_FORCE", "whether messages are coloured"),
        (COLUMNS, "how wide a table on a terminal may be; else as wide as the terminal"),
        (
            "GITHUB_ACTIONS, GITHUB_STEP_SUMMARY",
            "annotations and a summary of the plan, by `apply`",
        ),
        (
            "NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID",
            "set by systemd, which `rotate --watch` then tells how it is",
        ),
    ],
];

/// The help topic on the environment.
pub(crate) fn help() -> String {
    const COLUMN: usize = 24;
    let mut text =
        "The environment variables that uns3 heeds. A flag beats the environment, which \
                    beats the profile;\na profile named by --profile is a flag.\n"
            .to_owned();
    for topic in HELP {
        text.push('\n');
        for (names, help) in topic {
            text += &match names.len() + 2 > COLUMN + 4 {
                true => format!("{names}\n{:COLUMN$}{help}\n", ""),
                false => format!("{:COLUMN$}{help}\n", format!("{names}  ")),
            };
        }
    }
    text
}

/// A snapshot of the environment.
#[derive(Clone)]
pub(crate) struct Environment(HashMap<String, String>);

impl Environment {
    /// Takes the variables over. One that uns3 heeds and cannot read is an error that names it:
    /// taken for unset, another key or another service would be used instead.
    pub(crate) fn new(variables: Vec<(OsString, OsString)>) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        let read = variables.into_iter().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            match value.into_string() {
                Ok(value) => Some((name, value)),
                Err(_) if is_heeded(&name) => {
                    problems.push(format!("the environment variable {name} is not UTF-8 text"));
                    None
                }
                Err(_) => None,
            }
        });
        (Self(read.collect()), problems)
    }

    /// The value of a variable; an empty one counts as not set.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// All variables, with what stands in them.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first of several variables that is set.
    pub(crate) fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }
}

fn is_heeded(name: &str) -> bool {
    let listed = HELP.iter().copied().flatten().flat_map(|(names, _)| names.split(", "));
    listed.into_iter().any(|one| one.split(' ').next() == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_has_help() {
        for name in [API_KEY, EXPIRATION, AWS_CA_BUNDLE, NO_COLOR, CLICOLOR_FORCE, "AWS_PROFILE"] {
            assert!(is_heeded(name), "{name}");
        }
        assert!(!is_heeded("PATH"));
    }
}
