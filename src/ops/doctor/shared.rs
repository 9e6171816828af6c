//! The state that is shared with other machines, where one is named.

use super::finding::Finding;
use crate::args::globals::Globals;
use crate::context::Context;
use crate::error::Result;
use crate::ops::state::Shared;

/// Whether it can be used, and what is known there; nothing where none is named.
pub(super) async fn state(globals: &Globals, context: &Context) -> Option<Finding> {
    const CHECK: &str = "shared_state";
    let read = async || -> Result<Option<String>> {
        let shared = Shared::new(globals, context)?;
        if !shared.is_named() {
            return Ok(None);
        }
        let (records, locks) = (shared.records().await?, shared.locks().await?);
        let locks: String = locks
            .iter()
            .map(|one| format!("; {} rotates since {}", one.owner, one.since))
            .collect();
        Ok(Some(format!("{}: {} record(s){locks}", shared.location()?, records.len())))
    };
    match read().await {
        Ok(found) => found.map(|message| Finding::ok(CHECK, message)),
        Err(error) => Some(Finding::failed(CHECK, error)),
    }
}
