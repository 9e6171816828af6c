//! The pulse of the watch: it turns with the watch's own loop, and stops with it.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::sleep;

use super::board::Board;
use super::systemd::Manager;
use crate::net::Cancellation;

/// How often at least.
const EVERY: Duration = Duration::from_secs(5);

/// Beats for as long as it is asked to, beside the looks: whatever keeps them keeps it. The service
/// manager hears of it.
pub(super) async fn beat(board: &Board, manager: &Manager, stop: &Cancellation) -> Infallible {
    let every = manager.interval().map_or(EVERY, |interval| interval.min(EVERY));
    let mut stops = false;
    loop {
        board.turns();
        let (begun, status) = board.status();
        manager.tell(begun, board.is_alive(), &status);
        tokio::select! {
            () = stop.wait(), if !stops => {
                stops = true;
                manager.stops();
            }
            () = board.news() => {}
            () = sleep(every) => {}
        }
    }
}
