//! Faults that the sandbox is told to inject into its API: the value of `--fail`.

use super::often::Often;
use anyhow::{Context, Error, Result, bail};
use hyper::{Method, StatusCode};
use std::str::FromStr;

/// What goes wrong, with which requests, and how often: `[METHOD,][/PATH,]KIND[:OFTEN]`.
///
/// `PATH` is a part of the request's path. `KIND` is an HTTP status from 400 to 599 (`429@30`: to be
/// tried again after 30 seconds), `drop` (the request is carried out, its answer lost), `cut` (its
/// answer breaks off), `hang` (nothing is done, and no answer comes) or `refuse` (the connection is
/// closed before anything is done). `OFTEN` is an [`Often`].
#[derive(Debug, Clone)]
pub struct Fault {
    method: Option<Method>,
    path: String,
    kind: FaultKind,
    often: Often,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum FaultKind {
    /// With the seconds of `Retry-After`.
    Status(StatusCode, Option<u32>),
    Drop,
    Cut,
    Hang,
    Refuse,
}

impl Fault {
    /// Whether this request is hit, and by what.
    pub(super) fn strikes(&self, method: &Method, path: &str) -> Option<FaultKind> {
        let meant = self.method.as_ref().is_none_or(|one| one == method);
        (meant && path.contains(&self.path) && self.often.hits()).then_some(self.kind)
    }
}

impl FromStr for Fault {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut words: Vec<&str> = text.split(',').collect();
        let last = words.pop().unwrap_or_default();
        let (kind, often) = last.split_once(':').unwrap_or((last, "1"));
        let (mut method, mut path) = (None, String::new());
        for word in words {
            if word.starts_with('/') && path.is_empty() {
                path = word.to_owned();
            } else if method.is_none() && word.chars().all(|letter| letter.is_ascii_uppercase()) {
                method = Some(Method::from_bytes(word.as_bytes())?);
            } else {
                bail!("'{word}' is neither a method such as PUT nor a part of a path");
            }
        }
        Ok(Self { method, path, kind: kind.parse()?, often: often.parse()? })
    }
}

impl FromStr for FaultKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(match text {
            "drop" => Self::Drop,
            "cut" => Self::Cut,
            "hang" => Self::Hang,
            "refuse" => Self::Refuse,
            _ => {
                let (status, after) = match text.split_once('@') {
                    Some((status, after)) => (status, Some(after.parse())),
                    None => (text, None),
                };
                let wrong = || {
                    format!(
                        "'{text}' is not a status from 400 to 599, 'drop', 'cut', 'hang' or 'refuse'"
                    )
                };
                let status = status.parse().ok().filter(|status| (400..600).contains(status));
                let status = status.and_then(|status| StatusCode::from_u16(status).ok());
                let after = after.transpose().with_context(wrong)?;
                Self::Status(status.with_context(wrong)?, after)
            }
        })
    }
}
