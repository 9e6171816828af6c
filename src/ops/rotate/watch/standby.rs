//! A watch that stands by: another rotates the same service's connectors, and this one takes over when
//! that ends or is gone.

use std::time::Duration;

use tokio::time::sleep;

use super::desk::Desk;
use super::panel::Panel;
use crate::error::Result;
use crate::ops::session::Session;
use crate::ops::state::Standing;

/// How often is looked whether the other has ended; whether it is gone is looked at in time.
const LOOK: Duration = Duration::from_secs(10);

/// Waits until this watch may rotate. At once, where it may already or no state is shared.
pub(super) async fn wait_to_lead(
    session: &Session<'_>,
    desk: &Desk<'_>,
    panel: &Panel,
) -> Result<()> {
    let (output, service) = (session.output(), session.leases.service());
    let mut told: Option<String> = None;
    loop {
        let (owner, since, again) = match session.shared.stand(service).await? {
            Standing::Leads => break,
            Standing::StandsBy { owner, since, again } => (owner, since, again),
        };
        panel.leads(false);
        desk.settle(session.journal());
        if told.as_ref() != Some(&owner) {
            let since = since.map(|since| format!(" since {since}")).unwrap_or_default();
            output.notice(&format!("standing by: {owner} rotates{since}"));
            told = Some(owner);
        }
        sleep(again.min(LOOK)).await;
    }
    panel.leads(true);
    if told.is_some() {
        output.notice("taking over: this watch rotates from now on");
    }
    Ok(())
}
