//! The flags that say which connectors are meant and what their settings shall be.

use clap::{Args, ValueEnum, ValueHint};
use glob::Pattern;
use serde_json::{Map, Value};

use crate::context::Context;
use crate::domain::config::{Change, check_extra};
use crate::domain::connector::Kind;
use crate::domain::location::{RemoteUrl, check_endpoint};
use crate::domain::names;
use crate::domain::secret::names_secret;
use crate::domain::selection::Filter;
use crate::error::Error;

/// `--kind` of commands on one connector.
#[derive(Args, Clone, Copy, Debug)]
pub struct KindArg {
    /// Which end of a workflow the connector is
    #[arg(long, value_name = "KIND", default_value = "destination")]
    kind: OneKind,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum OneKind {
    Destination,
    Source,
}

impl KindArg {
    /// The kind.
    pub fn kind(self) -> Kind {
        match self.kind {
            OneKind::Destination => Kind::Destination,
            OneKind::Source => Kind::Source,
        }
    }
}

/// `--kind` of commands on many connectors.
#[derive(Args, Clone, Copy, Debug)]
pub struct KindsArg {
    /// Which end of a workflow the connectors are
    #[arg(long, value_name = "KIND", default_value = "destination")]
    kind: ManyKinds,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ManyKinds {
    Destination,
    Source,
    All,
}

impl KindsArg {
    /// The kinds.
    pub fn kinds(self) -> &'static [Kind] {
        match self.kind {
            ManyKinds::Destination => &[Kind::Destination],
            ManyKinds::Source => &[Kind::Source],
            ManyKinds::All => &[Kind::Source, Kind::Destination],
        }
    }
}

/// `--match` and `--bucket`.
#[derive(Args, Clone, Debug)]
pub struct FilterArgs {
    /// Only connectors whose name fits a pattern of *, ? and […]
    #[arg(long = "match", value_name = "GLOB", value_parser = names::pattern)]
    pattern: Option<Pattern>,

    /// Only connectors on this bucket
    #[arg(long, value_name = "NAME")]
    bucket: Option<String>,
}

impl FilterArgs {
    /// The filter.
    pub fn filter(&self) -> Filter {
        Filter { pattern: self.pattern.clone(), bucket: self.bucket.clone() }
    }

    /// Whether any is given.
    fn is_given(&self) -> bool {
        self.pattern.is_some() || self.bucket.is_some()
    }
}

/// The connectors that a command works on: targets, or all that a filter admits.
#[derive(Args, Clone, Debug)]
pub struct TargetArgs {
    /// Names or ids of connectors
    #[arg(value_name = "TARGET", required_unless_present = "all")]
    pub targets: Vec<String>,

    /// Take all connectors
    #[arg(long, conflicts_with = "targets")]
    pub all: bool,

    #[command(flatten)]
    filter: FilterArgs,

    #[command(flatten)]
    kinds: KindsArg,
}

impl TargetArgs {
    /// The filter; it chooses among all, and says nothing about targets.
    pub fn filter(&self) -> Result<Filter, Error> {
        match self.all || !self.filter.is_given() {
            true => Ok(self.filter.filter()),
            false => Err(Error::usage("--match and --bucket choose among --all")),
        }
    }

    /// The kinds.
    pub fn kinds(&self) -> &'static [Kind] {
        self.kinds.kinds()
    }
}

/// The settings that `create` and `update` have in common.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Settings")]
pub struct SettingArgs {
    /// Where the files are: s3://bucket/folder/
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub remote_url: Option<String>,

    /// The address of an S3 server that is not AWS
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub endpoint_url: Option<String>,

    /// Use AWS, not another S3 server
    #[arg(long, conflicts_with = "endpoint_url")]
    pub no_endpoint_url: bool,

    /// Whether a source reads sub-folders too
    #[arg(long, value_name = "BOOL", num_args = 1)]
    recursive: Option<bool>,

    /// Set a field of the open config; VALUE is JSON where it parses, else text
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,

    /// Clear a field of the open config
    #[arg(long, value_name = "FIELD")]
    unset: Vec<String>,
}

impl SettingArgs {
    /// What the flags change, adding all that is wrong with them to `problems`.
    pub fn change(&self, kind: Kind, context: &Context, problems: &mut Vec<String>) -> Change {
        if let Some(url) = &self.endpoint_url {
            problems.extend(check_endpoint(url).err());
        }
        if let Some(url) = &self.remote_url {
            let custom = self.endpoint_url.is_some();
            problems.extend(RemoteUrl::parse(url, custom).err());
        }
        if self.recursive.is_some() && kind == Kind::Destination {
            problems.push("--recursive is for sources (--kind source)".into());
        }
        let endpoint_url = match (&self.endpoint_url, self.no_endpoint_url) {
            (Some(url), _) => Some(Some(url.clone())),
            (None, true) => Some(None),
            (None, false) => None,
        };
        let (remote_url, recursive) = (self.remote_url.clone(), self.recursive);
        let extra = self.extra(context, problems);
        Change { remote_url, endpoint_url, recursive, auth: None, extra }
    }

    fn extra(&self, context: &Context, problems: &mut Vec<String>) -> Map<String, Value> {
        let mut extra = Map::new();
        let set = self.set.iter().map(|setting| match setting.split_once('=') {
            Some((field, text)) => {
                let value = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
                if names_secret(field) {
                    context.redactor.learn(text);
                }
                context.redactor.learn_field(field, &value);
                Ok((field, value))
            }
            None => Err("--set takes FIELD=VALUE".to_owned()),
        });
        let unset = self.unset.iter().map(|field| Ok((field.as_str(), Value::Null)));
        for setting in set.chain(unset) {
            let checked = setting.and_then(|(field, value)| {
                check_extra(field, &value)?;
                match extra.insert(field.to_owned(), value) {
                    Some(_) => Err(format!("{field} is given twice by --set or --unset")),
                    None => Ok(()),
                }
            });
            problems.extend(checked.err());
        }
        extra
    }
}
