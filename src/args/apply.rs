//! The flags of `uns3 apply`: which manifests, and what may be done about them.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use glob::Pattern;

use crate::domain::names;

/// What is converged, and how.
#[derive(Args, Debug)]
pub(crate) struct ApplyArgs {
    /// A manifest, a folder of them, or standard input; may be given several times
    #[arg(short, long = "file", value_name = "FILE|-", value_hint = ValueHint::AnyPath,
        required_unless_present_any = ["schema", "plan_file"])]
    pub(crate) files: Vec<String>,

    /// Only say what would be done
    #[arg(long)]
    pub(crate) plan: bool,

    /// Save the plan, for --plan-file; it holds no secret
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "plan")]
    pub(crate) out: Option<PathBuf>,

    /// Carry a saved plan out, if the world is as it was then
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath,
        conflicts_with_all = ["files", "plan", "out", "prune", "pattern", "refresh_credentials", "schema"])]
    pub(crate) plan_file: Option<PathBuf>,

    /// Delete connectors that --match fits and the manifest does not name
    #[arg(long, requires = "pattern")]
    pub(crate) prune: bool,

    /// Which connectors --prune may delete: a pattern of *, ? and […]
    #[arg(long = "match", value_name = "GLOB", value_parser = names::pattern, requires = "prune")]
    pub(crate) pattern: Option<Pattern>,

    /// Write the credentials of all connectors anew
    #[arg(long)]
    pub(crate) refresh_credentials: bool,

    /// Check what was made or changed, and wait for the verdicts
    #[arg(long)]
    pub(crate) test: bool,

    /// Try every bucket from this machine first, as the platform would
    #[arg(long)]
    pub(crate) preflight: bool,

    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,

    /// Exit 10 where something differs, or did
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,

    /// How many requests are under way at once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) concurrency: u16,

    /// Print the manifest's JSON Schema, for editors
    #[arg(long, conflicts_with_all = ["files", "plan"])]
    pub(crate) schema: bool,
}
