//! The flags that say whether a bucket is tried from this machine too.

use clap::Args;

/// `--no-diagnose` of commands that check.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct DiagnoseArg {
    /// Do not try the bucket from here where a failed check does not tell its cause
    #[arg(long, hide_short_help = true)]
    pub(crate) no_diagnose: bool,
}

/// The same, and `--preflight`, of commands that write.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct TryArgs {
    /// First try the bucket from here; where that fails, nothing is written
    #[arg(long)]
    pub(crate) preflight: bool,

    #[command(flatten)]
    pub(crate) diagnose: DiagnoseArg,
}
