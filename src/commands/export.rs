//! `uns3 export`: live connectors as a manifest, with references in place of what the service hides.

use clap::{Args, ValueEnum};

use crate::args::globals::Globals;
use crate::args::selection::{FilterArgs, KindsArg};
use crate::context::Context;
use crate::domain::connector::Connector;
use crate::domain::manifest::{self, Entry, Exported};
use crate::domain::names::SCRATCH;
use crate::domain::terraform;
use crate::error::{Error, Result};
use crate::ops::session::{self, Pool};
use crate::ops::targets;
use crate::output::Format;

/// Print live connectors as a manifest, or for Terraform
#[derive(Args, Debug)]
#[command(
    after_help = "Applied, the manifest finds nothing to do. In place of credentials it names variables of the
environment (INVOICES_OUT_KEY and so on), which uns3 apply reads when it has to send them.

Examples:
  uns3 export --kind all > connectors.yaml
  uns3 export invoices-out
  uns3 export --match 'ci-*' -o json
  uns3 export --kind all --format terraform > connectors.tf"
)]
pub(crate) struct Export {
    /// Names or ids of connectors; else all
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,

    /// For uns3 apply, or import blocks and resources for Terraform's users
    #[arg(long, value_name = "FORMAT", default_value = "manifest")]
    format: As,

    #[command(flatten)]
    filter: FilterArgs,

    #[command(flatten)]
    kinds: KindsArg,
}

/// What connectors are exported as.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum As {
    Manifest,
    Terraform,
}

impl Export {
    /// Exports.
    pub(crate) fn run(self, globals: &Globals, context: &Context) -> Result<()> {
        let format = context.output.format();
        if !matches!(format, Format::Table | Format::Wide | Format::Yaml | Format::Json) {
            return Err(Error::usage("a manifest is YAML, or JSON by -o json"));
        }
        if matches!(self.format, As::Terraform) && !format.is_table() {
            return Err(Error::usage("--format terraform is HCL: it has no other form by -o"));
        }
        session::open(globals, context, Pool::One, async |session| {
            let kinds = self.kinds.kinds();
            let mut connectors = match self.targets.as_slice() {
                [] => targets::select(&session.client, &kinds, &self.filter.filter()).await?,
                named => targets::find(&session.client, kinds, named).await?,
            };
            connectors.retain(|one: &Connector| !one.name().starts_with(SCRATCH));
            if matches!(self.format, As::Terraform) {
                return context.output.names(&terraform::export(connectors));
            }
            let exported = manifest::export(connectors);
            for left_out in &exported.left_out {
                context.output.alarm(&format!("left out: {left_out}"));
            }
            show(context, format, &exported)
        })
    }
}

fn show(context: &Context, format: Format, exported: &Exported) -> Result<()> {
    let entries = || exported.entries.iter().map(|(entry, _): &(Entry, _)| entry);
    if format == Format::Json {
        return context.output.object(manifest::to_json(entries()), "");
    }
    let with_remarks = exported.entries.iter().map(|(entry, said)| (entry, said.as_slice()));
    let mut text = manifest::to_yaml(with_remarks);
    for left_out in &exported.left_out {
        text.push_str(&manifest::comment(&format!("left out: {left_out}")));
    }
    context.output.names(&text)
}
