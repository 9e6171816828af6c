//! The pulse of the watch: it turns with the watch's own loop, and stops with it.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::sleep;

use super::board::Board;

/// How often.
const EVERY: Duration = Duration::from_secs(5);

/// Beats for as long as it is asked to, beside the looks: whatever keeps them keeps it.
pub(super) async fn beat(board: &Board) -> Infallible {
    loop {
        board.turns();
        sleep(EVERY).await;
    }
}
