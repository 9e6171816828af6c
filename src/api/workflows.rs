//! Which workflows use a connector.

use std::collections::HashSet;

use reqwest::Method;
use serde::Deserialize;

use super::request::Call;
use super::transport::Client;
use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::error::{Category, Error, Result};

/// The service's page size where none is asked for. Source: the OpenAPI document.
const PAGE: usize = 20;

#[derive(Deserialize)]
struct Workflow {
    id: String,
    name: String,
    #[serde(default)]
    sources: Option<Vec<String>>,
    #[serde(default)]
    destinations: Option<Vec<String>>,
}

impl Client {
    /// The names of the workflows that use a connector. The service is asked for just these;
    /// whether it filters is looked at again, and further pages are read while there are any.
    pub(crate) async fn workflows_using(&self, connector: &Connector) -> Result<Vec<String>> {
        let what = format!("see which workflows use {}", connector.title());
        let filter = match connector.kind {
            Kind::Source => "source_id",
            Kind::Destination => "destination_id",
        };
        let mut seen = HashSet::new();
        let mut names = Vec::new();
        for page in 1.. {
            let mut call = Call::new(Method::GET, "workflows/", &what);
            call.query.push((filter, connector.id().to_owned()));
            if page > 1 {
                call.query.push(("page", page.to_string()));
            }
            let answer = self.send(&call).await?;
            let found = answer.json(&what, self.redactor()).map_err(|error: Error| {
                // The collection is always there: this is not a connector that is not.
                match error.category {
                    Category::NotFound => Error { category: Category::Unavailable, ..error },
                    _ => error,
                }
            });
            let found: Vec<Workflow> = found?;
            let full = found.len() >= PAGE;
            let before = seen.len();
            for workflow in found {
                if !seen.insert(workflow.id) {
                    continue;
                }
                let used = match connector.kind {
                    Kind::Source => &workflow.sources,
                    Kind::Destination => &workflow.destinations,
                };
                if used.iter().flatten().any(|id| id == connector.id()) {
                    names.push(workflow.name);
                }
            }
            if !full || seen.len() == before {
                break;
            }
        }
        Ok(names)
    }
}
