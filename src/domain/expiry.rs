//! When a connector's credentials end, in the words that an operator reads.

use jiff::Timestamp;

use crate::domain::lease::{LEAST_MARGIN, Lease};
use crate::domain::s3::auth::AuthKind;

/// When a connector's credentials end, as far as is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// Nothing is known of them.
    Unknown,
    /// They do not end: there are none, or they are long-term.
    Never,
    /// They end, or have ended.
    Ends {
        /// When.
        at: Timestamp,
        /// The time by which they are judged.
        now: Timestamp,
        /// How pressing that is.
        urgency: Urgency,
    },
}

/// How pressing it is that credentials are renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// More than a quarter of their life is left.
    None,
    /// A rotation is due.
    Due,
    /// They have ended, or end within minutes.
    Now,
}

impl Expiry {
    /// What the ledger tells of a connector's credentials, by how it authenticates.
    pub fn of(auth: AuthKind, lease: Option<&Lease>, now: impl Fn() -> Timestamp) -> Self {
        let Some(lease) = lease else {
            return match auth {
                AuthKind::Anonymous | AuthKind::Ambient => Self::Never,
                AuthKind::Keys | AuthKind::Sts | AuthKind::Unknown => Self::Unknown,
            };
        };
        match lease.expires_at {
            Some(at) => {
                let now = now();
                let urgency = match lease.due(0.0) {
                    _ if lease.ends_within(LEAST_MARGIN, now) => Urgency::Now,
                    Some(due) if due <= now => Urgency::Due,
                    _ => Urgency::None,
                };
                Self::Ends { at, now, urgency }
            }
            None if auth == AuthKind::Sts => Self::Unknown,
            None => Self::Never,
        }
    }

    /// `in 25m`, `expired 3m ago`, `unknown`, or `–` where they do not end.
    pub fn words(&self) -> String {
        match self {
            Self::Unknown => "unknown".into(),
            Self::Never => "–".into(),
            Self::Ends { at, now, .. } => {
                let left = at.as_second() - now.as_second();
                match left > 0 {
                    true => format!("in {}", span(left)),
                    false => format!("expired {} ago", span(-left)),
                }
            }
        }
    }

    /// How pressing it is.
    pub fn urgency(&self) -> Urgency {
        match self {
            Self::Ends { urgency, .. } => *urgency,
            Self::Unknown | Self::Never => Urgency::None,
        }
    }
}

/// A number of seconds by its two largest units, rounded down: `45s`, `25m`, `1h30m`, `2d4h`.
pub fn span(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m"),
        (0, _, 0) => format!("{hours}h"),
        (0, _, _) => format!("{hours}h{minutes}m"),
        (_, 0, _) => format!("{days}d"),
        (_, _, _) => format!("{days}d{hours}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_short() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (1_559, "25m"),
            (3_600, "1h"),
            (5_400, "1h30m"),
            (86_400, "1d"),
            (187_200, "2d4h"),
        ] {
            assert_eq!(span(seconds), text);
        }
    }
}
