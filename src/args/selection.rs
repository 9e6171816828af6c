//! The flags that say which connectors are meant.

use clap::{Args, ValueEnum};
use glob::Pattern;

use crate::domain::kind::{Kind, Kinds};
use crate::domain::names;
use crate::domain::selection::Filter;
use crate::error::Error;

/// `--kind` of commands on one connector.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct KindArg {
    /// Which end of a workflow it is: destination or source [default: destination]
    #[arg(long, value_name = "KIND", hide_possible_values = true)]
    kind: Option<OneKind>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum OneKind {
    Destination,
    Source,
}

impl KindArg {
    /// The kind.
    pub(crate) fn kind(self) -> Kind {
        self.kinds()[0]
    }

    /// The kind as a target is looked for.
    pub(crate) fn kinds(self) -> Kinds {
        Kinds::new(self.kind.map(|kind| match kind {
            OneKind::Destination => &[Kind::Destination][..],
            OneKind::Source => &[Kind::Source],
        }))
    }
}

/// `--kind` of commands on many connectors.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct KindsArg {
    /// Which end of a workflow: destination, source or all [default: destination]
    #[arg(long, value_name = "KIND", hide_possible_values = true)]
    kind: Option<ManyKinds>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ManyKinds {
    Destination,
    Source,
    All,
}

impl KindsArg {
    /// The kinds.
    pub(crate) fn kinds(self) -> Kinds {
        Kinds::new(self.kind.map(|kind| match kind {
            ManyKinds::Destination => &[Kind::Destination][..],
            ManyKinds::Source => &[Kind::Source],
            ManyKinds::All => &[Kind::Destination, Kind::Source],
        }))
    }
}

/// `--match` and `--bucket`.
#[derive(Args, Clone, Debug)]
pub(crate) struct FilterArgs {
    /// Only connectors whose name fits a pattern of *, ? and […]
    #[arg(long = "match", value_name = "GLOB", value_parser = names::pattern)]
    pattern: Option<Pattern>,

    /// Only connectors on this bucket: its name, or s3://name/
    #[arg(long, value_name = "NAME", value_parser = bucket)]
    bucket: Option<String>,
}

impl FilterArgs {
    /// The filter.
    pub(crate) fn filter(&self) -> Filter {
        Filter { pattern: self.pattern.clone(), bucket: self.bucket.clone() }
    }

    /// Whether any is given.
    fn is_given(&self) -> bool {
        self.pattern.is_some() || self.bucket.is_some()
    }
}

/// Reads a bucket's name, also where it is written as a URL.
fn bucket(text: &str) -> Result<String, String> {
    let name = text.strip_prefix("s3://").map_or(text, |name| name.trim_end_matches('/'));
    match name.is_empty() || name.contains('/') {
        true => Err("a bucket is given by its name, or as s3://name/".into()),
        false => Ok(name.to_owned()),
    }
}

/// The connectors that a command works on: targets, or all that a filter admits.
#[derive(Args, Clone, Debug)]
pub(crate) struct TargetArgs {
    /// Names or ids of connectors
    #[arg(value_name = "TARGET", required_unless_present = "all")]
    pub(crate) targets: Vec<String>,

    /// Take all connectors
    #[arg(long, conflicts_with = "targets")]
    pub(crate) all: bool,

    /// Fail where the filters choose nothing (exit 5)
    #[arg(long, hide_short_help = true, conflicts_with = "targets")]
    pub(crate) fail_if_none: bool,

    #[command(flatten)]
    filter: FilterArgs,

    #[command(flatten)]
    kinds: KindsArg,
}

impl TargetArgs {
    /// The filter; it chooses among all, and says nothing about targets.
    pub(crate) fn filter(&self) -> Result<Filter, Error> {
        match self.all || !self.filter.is_given() {
            true => Ok(self.filter.filter()),
            false => Err(Error::usage("--match and --bucket choose among --all")),
        }
    }

    /// The kinds.
    pub(crate) fn kinds(&self) -> Kinds {
        self.kinds.kinds()
    }
}
