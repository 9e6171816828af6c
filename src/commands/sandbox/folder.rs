//! The folder that a sandbox keeps its state in.

use std::path::PathBuf;

use crate::context::Context;
use crate::error::Result;

/// That which a flag names, else one in the state folder.
pub(super) fn folder(data: Option<PathBuf>, context: &Context) -> Result<PathBuf> {
    data.map_or_else(|| Ok(context.state_dir()?.join("sandbox")), Ok)
}
