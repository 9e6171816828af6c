//! Faults that the sandbox is told to inject into its API: the value of `--fail`.

use anyhow::{Context, Error, Result, bail};
use hyper::StatusCode;
use std::str::FromStr;
use uuid::Uuid;

/// What goes wrong, and how often: `KIND[:RATE]`.
///
/// `KIND` is an HTTP status from 400 to 599, `drop` (the request is carried out, its answer lost)
/// or `refuse` (the connection is closed before anything is done); `RATE` is a probability from 0
/// to 1, by default 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fault {
    kind: FaultKind,
    rate: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum FaultKind {
    Status(StatusCode),
    Drop,
    Refuse,
}

impl Fault {
    /// Whether this request is hit, and by what.
    pub(super) fn strikes(self) -> Option<FaultKind> {
        let [a, b, c, d, ..] = Uuid::new_v4().into_bytes();
        let chance = f64::from(u32::from_be_bytes([a, b, c, d])) / 2f64.powi(32);
        (chance < self.rate).then_some(self.kind)
    }
}

impl FromStr for Fault {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (kind, rate) = text.split_once(':').unwrap_or((text, "1"));
        let kind = match kind {
            "drop" => FaultKind::Drop,
            "refuse" => FaultKind::Refuse,
            status => FaultKind::Status(
                status
                    .parse()
                    .ok()
                    .filter(|status| (400..600).contains(status))
                    .and_then(|status| StatusCode::from_u16(status).ok())
                    .with_context(|| {
                        format!("'{kind}' is not a status from 400 to 599, 'drop' or 'refuse'")
                    })?,
            ),
        };
        let Ok(rate) = rate.parse() else { bail!("the rate '{rate}' is not a number") };
        if !(0.0..=1.0).contains(&rate) {
            bail!("the rate {rate} is not between 0 and 1");
        }
        Ok(Self { kind, rate })
    }
}
