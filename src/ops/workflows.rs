//! Workflows that use connectors: what they use is not deleted.

use futures_util::{StreamExt, stream};

use crate::domain::connector::Connector;
use crate::error::{Category, Error, Result};
use crate::ops::session::Session;

/// How many connectors are looked at side by side.
const AT_ONCE: usize = 8;

/// Refuses connectors that workflows use, naming these. `force`: what does it all the same.
pub(crate) async fn refuse_used(
    session: &Session<'_>,
    connectors: &[Connector],
    force: Option<&str>,
) -> Result<()> {
    let used: Vec<(&Connector, Result<Vec<String>>)> = stream::iter(connectors)
        .map(
            |connector| async move { (connector, session.client.workflows_using(connector).await) },
        )
        .buffered(AT_ONCE)
        .collect()
        .await;
    let mut problems = Vec::new();
    for (connector, workflows) in used {
        let workflows = workflows.map_err(|error| match force {
            Some(force) => error.hint(format!("{force} deletes without looking")),
            None => error,
        })?;
        if !workflows.is_empty() {
            let names = workflows.join(", ");
            problems.push(format!("{} is used by workflows: {names}", connector.title()));
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    let error = Error { category: Category::Conflict, ..Error::problems(&problems) };
    let all_the_same = force.map(|force| format!(", or delete it all the same by {force}"));
    let all_the_same = all_the_same.unwrap_or_default();
    Err(error.hint(format!("nothing was deleted: take it out of them first{all_the_same}")))
}
