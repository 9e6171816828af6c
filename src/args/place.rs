//! The flags that say where a preflight tries.

use clap::{Args, ValueHint};

/// A place, where no connector's is meant.
#[derive(Args, Debug)]
pub(crate) struct PlaceArgs {
    /// Where the files are: s3://bucket/folder/ [env: UNS3_REMOTE_URL]
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) remote_url: Option<String>,

    /// The address of an S3 server that is not AWS [env: UNS3_ENDPOINT_URL]
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url, conflicts_with = "target")]
    pub(crate) endpoint_url: Option<String>,

    /// Whether a source reads sub-folders too
    #[arg(long, value_name = "BOOL", num_args = 1, conflicts_with = "target")]
    pub(crate) recursive: Option<bool>,
}
