//! Live connectors as Terraform has them: a block that imports each, its resource, and a variable for
//! each of its secrets.
//!
//! The provider is the community's `bogware/unstructured`: there is no official one, and of the two
//! that are public it alone imports. Source: its schema and code, release 0.7: `unstructured_source`
//! and `unstructured_destination` have `name`, `type` and `config`, a JSON text; `name` and `type`
//! replace the resource, an id imports it, and a read takes the service's answer for the config, masks
//! included.

mod hcl;

use std::collections::HashSet;

use serde_json::Value;

use super::connector::Connector;
use super::manifest::secret_in;
use super::s3::fields;
use hcl::{comment, free, inline, label, lines, quoted, sorted};

const HEAD: &str = r#"# The provider is a community's. It takes the service's answer for a connector's config, secrets
# masked, and so would find a difference in each that has any for ever: ignore_changes leaves these
# configs alone. Without that line, Terraform writes the settings, with the secrets of the variables.

terraform {
  required_version = ">= 1.5"

  required_providers {
    unstructured = {
      source  = "bogware/unstructured"
      version = "~> 0.7"
    }
  }
}
"#;

/// The text of a file of Terraform's, always the same for the same connectors.
pub fn export(mut connectors: Vec<Connector>) -> String {
    connectors.sort_by(|one, other| key(one).cmp(&key(other)));
    let (mut labels, mut variables) = (HashSet::new(), HashSet::new());
    let mut text = HEAD.to_owned();
    for connector in &connectors {
        let near = match label(connector.name()) {
            none if none.is_empty() => format!("connector_{}", label(connector.id())),
            near => near,
        };
        let label = free(&near, &mut labels);
        text.push_str(&blocks(connector, &label, &mut variables));
    }
    text
}

fn key(connector: &Connector) -> (&str, &str, &str) {
    (connector.kind.name(), connector.name(), connector.id())
}

/// The blocks of one connector.
fn blocks(connector: &Connector, name: &str, taken: &mut HashSet<String>) -> String {
    let mut variables = String::new();
    // All that there is, nothing but what there is: a field that lacked would be a difference.
    let fields = sorted(connector.config()).into_iter().map(|(field, value)| {
        if !is_secret(field, value) {
            return (field.clone(), inline(value));
        }
        let variable = free(&format!("{name}_{}", label(field)), taken);
        variables.push_str(&declared(&variable, value));
        (field.clone(), format!("var.{variable}"))
    });
    let fields: Vec<_> = fields.collect();
    let kind = connector.kind.name();
    let (id, named) = (quoted(connector.id()), quoted(connector.name()));
    let config = match fields.as_slice() {
        [] => "jsonencode({})".to_owned(),
        fields => format!("jsonencode({{\n{}  }})", lines(fields, "    ")),
    };
    let ignored = match variables.is_empty() {
        true => "",
        false => "\n  lifecycle {\n    ignore_changes = [config]\n  }\n",
    };
    format!(
        "\n{}import {{\n  to = unstructured_{kind}.{name}\n  id = {id}\n}}\n\nresource \
         \"unstructured_{kind}\" \"{name}\" {{\n  name = {named}\n  type = \"s3\"\n  config = \
         {config}\n{ignored}}}\n{variables}",
        comment(&connector.title())
    )
}

/// Whether the service hides a field, or should.
fn is_secret(field: &str, value: &Value) -> bool {
    match fields::find(field) {
        Some(known) if known.secret => !value.is_null(),
        _ => secret_in(field, value),
    }
}

/// A variable that has to be given, since what is empty would be written.
fn declared(name: &str, value: &Value) -> String {
    let form = if value.is_string() { "string" } else { "any" };
    let facts = [("type", form), ("nullable", "false"), ("sensitive", "true")];
    let facts = facts.map(|(name, value)| (name.to_owned(), value.to_owned()));
    format!("\nvariable \"{name}\" {{\n{}}}\n", lines(&facts, "  "))
}
