//! A request to the service, before it is sent.

use reqwest::Method;

use super::body::Body;
use crate::domain::kind::Kind;

/// A request to the service.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    /// What is asked for, in words that follow "cannot".
    pub(super) what: String,
    /// Below `/api/v1/`; collections end in a slash, as the service wants them.
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Option<Body<'a>>,
    /// Whether others may be sent before it.
    pub(super) has_time: bool,
}

impl Call<'_> {
    pub(super) fn new(method: Method, path: impl Into<String>, what: impl Into<String>) -> Self {
        let (path, what) = (path.into(), what.into());
        Self { method, what, path, query: Vec::new(), body: None, has_time: false }
    }

    /// Whether it would change something.
    pub(super) fn writes(&self) -> bool {
        self.method != Method::GET
    }
}

/// Where a connector is, below `/api/v1/`.
pub(super) fn path(kind: Kind, id: &str) -> String {
    format!("{}/{id}", kind.collection())
}
