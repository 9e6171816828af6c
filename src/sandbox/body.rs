//! Bodies of requests, bounded in length and in time.

use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use std::time::Duration;
use tokio::time::timeout;

/// Why a body was not read.
pub(super) enum Unread {
    TooLong,
    TooSlow,
    /// The connection broke.
    Broken,
}

/// The whole body, of at most `longest` bytes, within `time`. Of one that is too long the rest is
/// discarded.
pub(super) async fn read(
    mut body: Incoming,
    longest: usize,
    time: Duration,
) -> Result<Bytes, Unread> {
    let whole = async {
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
            if bytes.len() + data.len() > longest {
                return Err(Unread::TooLong);
            }
            bytes.extend_from_slice(&data);
        }
        Ok(bytes.into())
    };
    let read = timeout(time, whole).await.unwrap_or(Err(Unread::TooSlow));
    if matches!(read, Err(Unread::TooLong)) {
        discard(body).await;
    }
    read
}

/// Reads and forgets what a refused request still sends, for a moment: a sender whose connection is
/// closed while it writes would not get to see the refusal.
pub(super) async fn discard(mut body: Incoming) {
    const MOST: usize = 8 << 20;
    let rest = async {
        let mut length = 0;
        while let Some(Ok(frame)) = body.frame().await {
            length += frame.data_ref().map_or(0, Bytes::len);
            if length > MOST {
                break;
            }
        }
    };
    let _ = timeout(Duration::from_secs(1), rest).await;
}
