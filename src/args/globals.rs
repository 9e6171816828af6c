//! The flags that every command has.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};

use crate::domain::format::{Color, Format};
use crate::domain::names::quoted;

/// The flags that every command has. A flag beats the environment, which beats the profile.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Globals {
    /// Use this profile's address and key; list, status, test and rotate take several
    /// [env: UNS3_PROFILE]
    #[arg(id = "profile", long = "profile", hide_short_help = true, value_name = "NAME")]
    pub(crate) profiles: Vec<String>,

    /// The one profile of `profiles`, where there is one.
    #[arg(skip)]
    pub(crate) profile: Option<String>,

    /// Use every profile: for list, status, test and rotate
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) all_profiles: bool,

    /// The service's base URL, with or without /api/v1 [env: UNSTRUCTURED_API_URL]
    #[arg(long, global = true, hide_short_help = true, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) api_url: Option<String>,

    /// Read the API key from a file, or from standard input [env: UNSTRUCTURED_API_KEY]
    #[arg(long, global = true, hide_short_help = true, value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    pub(crate) api_key_file: Option<String>,

    /// Run against an embedded service with its own S3: no account needed [env: UNS3_SANDBOX]
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) sandbox: bool,

    /// Share what is known of expiries: s3://bucket/prefix/, or a folder [env: UNS3_STATE]
    #[arg(long, global = true, hide_short_help = true, value_name = "PLACE")]
    pub(crate) state: Option<String>,

    /// Fail (exit 9) where the shared state cannot be reached, before anything is written
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) require_state: bool,

    /// How results are written to standard output
    #[arg(
        short,
        long,
        global = true,
        hide_short_help = true,
        value_name = "FORMAT",
        default_value = "table",
        value_parser = named(&Format::ALL)
    )]
    pub(crate) output: Format,

    /// Say nothing but results and errors
    #[arg(short, long, global = true, hide_short_help = true)]
    pub(crate) quiet: bool,

    /// Say more; twice: the HTTP traffic, secrets removed
    #[arg(short, long, global = true, hide_short_help = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,

    /// Never ask a question
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) no_input: bool,

    /// The limit of one request, such as 90s or 1m30s
    #[arg(hide_short_help = true, id = "request_timeout", long = "timeout", value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub(crate) timeout: Duration,

    /// How often a request that is safe to repeat is repeated
    #[arg(long, global = true, hide_short_help = true, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub(crate) retries: u32,

    /// Trust the certificates in this PEM file too [env: SSL_CERT_FILE replaces the system's]
    #[arg(long, global = true, hide_short_help = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) ca_file: Option<PathBuf>,

    /// Colour messages [env: NO_COLOR, CLICOLOR_FORCE]
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        value_name = "WHEN",
        default_value = "auto",
        value_parser = named(&Color::ALL)
    )]
    pub(crate) color: Color,
}

impl Globals {
    /// The flags of one profile alone, also where several are given.
    pub(crate) fn of_profile(&self, name: &str) -> Self {
        let profiles = vec![name.to_owned()];
        Self { profiles, all_profiles: false, ..self.clone() }.settled()
    }

    /// What is read, once all of it is: one profile is the one that is meant.
    #[must_use]
    pub(crate) fn settled(self) -> Self {
        let profile = match self.profiles.as_slice() {
            [one] if !self.all_profiles => Some(one.clone()),
            _ => None,
        };
        Self { profile, ..self }
    }

    /// Whether several profiles are meant, even if they are found to be but one.
    pub(crate) fn means_several(&self) -> bool {
        self.all_profiles || self.profiles.len() > 1
    }

    /// The flags that say which service is meant, as they are pasted into another command.
    pub(crate) fn service_flags(&self) -> String {
        let named = |flag: &str, value: &Option<String>| {
            value.as_ref().map(|value| format!("{flag} {}", quoted(value)))
        };
        let sandbox = self.sandbox.then(|| "--sandbox".to_owned());
        let profile = named("--profile", &self.profile);
        let api_url = named("--api-url", &self.api_url);
        let state = named("--state", &self.state);
        [sandbox, profile, api_url, state].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// Reads one of a few values by its name.
fn named<T: Copy + Send + Sync + 'static>(
    all: &'static [(T, &'static str, &'static str)],
) -> impl TypedValueParser<Value = T> {
    let values = all.iter().map(|(_, name, help)| PossibleValue::new(*name).help(*help));
    PossibleValuesParser::new(values).try_map(|given| {
        let found = all.iter().find(|(_, name, _)| *name == given);
        found.map(|(value, ..)| *value).ok_or("there is no such value")
    })
}

/// Reads a duration, such as `90s`, `15m`, `2h`, `1h30m` or `1d`, a day of 24 hours.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "a duration is written as 90s, 15m, 2h, 1h30m or 1d".to_owned();
    let span: jiff::Span = text.parse().map_err(|_| wrong())?;
    let signed = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours());
    let duration = signed.ok().and_then(|signed| Duration::try_from(signed).ok());
    let duration = duration.ok_or_else(wrong)?;
    if duration.is_zero() { Err("a duration is longer than nothing".into()) } else { Ok(duration) }
}

/// Reads a duration that may be none at all: `0`.
pub(crate) fn duration_or_none(text: &str) -> Result<Duration, String> {
    if ["0", "0s"].contains(&text) { Ok(Duration::ZERO) } else { duration(text) }
}
