//! `uns3 export --format terraform`: import blocks and resources, no secret, no template of HCL's.

use serde_json::json;

use crate::harness::{Bench, SECRET};

fn bench() -> Bench {
    let bench = Bench::new();
    let keys = json!({"remote_url": "s3://bucket-one/b/", "key": "AKIAKEPT", "secret": SECRET,
        "endpoint_url": null, "region": "eu", "app_password": "hunter2hunter2", "token": null});
    bench.service.add("b out", keys);
    let odd = json!({"remote_url": "s3://bucket-two/${x}/", "anonymous": true,
        "note": "a \"b\" %{if}\\ \n é", "more": {"a b": [1, null, "$${"], "for": true}});
    bench.service.add("B-Out", odd);
    bench
}

const WANTED: &str = r#"
# destination "B-Out" (ID-0)
import {
  to = unstructured_destination.b_out
  id = "ID-0"
}

resource "unstructured_destination" "b_out" {
  name = "B-Out"
  type = "s3"
  config = jsonencode({
    anonymous  = true
    more       = { "a b" = [1, null, "$$${"], "for" = true }
    note       = "a \"b\" %%{if}\\ \n é"
    remote_url = "s3://bucket-two/$${x}/"
  })
}

# destination "b out" (ID-1)
import {
  to = unstructured_destination.b_out_2
  id = "ID-1"
}

resource "unstructured_destination" "b_out_2" {
  name = "b out"
  type = "s3"
  config = jsonencode({
    app_password = var.b_out_2_app_password
    endpoint_url = null
    key          = var.b_out_2_key
    region       = "eu"
    remote_url   = "s3://bucket-one/b/"
    secret       = var.b_out_2_secret
    token        = null
  })

  lifecycle {
    ignore_changes = [config]
  }
}

variable "b_out_2_app_password" {
  type      = string
  nullable  = false
  sensitive = true
}

variable "b_out_2_key" {
  type      = string
  nullable  = false
  sensitive = true
}

variable "b_out_2_secret" {
  type      = string
  nullable  = false
  sensitive = true
}
"#;

#[test]
fn each_connector_is_imported_and_its_secrets_are_variables() {
    let bench = bench();
    let done = bench.run("export --format terraform");
    done.ok().silent().never_shows(SECRET).never_shows("hunter2").never_shows("AKIAKEPT");
    let (head, blocks) = done.stdout.split_once("\n}\n").unwrap();
    assert!(head.contains("bogware/unstructured") && head.contains("ignore_changes"), "{head}");
    let mut wanted = WANTED.to_owned();
    for (number, id) in bench_ids(&bench).iter().enumerate() {
        wanted = wanted.replace(&format!("ID-{number}"), id);
    }
    assert_eq!(blocks, wanted);
    assert_eq!(bench.run("export --format terraform").stdout, done.stdout);
    assert!(bench.service.writes().is_empty());
}

fn bench_ids(bench: &Bench) -> Vec<String> {
    let listed = bench.run("list -o id").ok().stdout.clone();
    listed.lines().map(str::to_owned).collect()
}

#[test]
fn sources_are_resources_of_their_own_and_labels_are_not_shared() {
    let bench = Bench::new();
    bench.run("create in --kind source --remote-url s3://bucket-one/ --anonymous").ok();
    bench.run("create in --remote-url s3://bucket-one/ --anonymous").ok();
    bench.run("create 9-請求書 --remote-url s3://bucket-one/ --anonymous").ok();
    bench.run("create 請求書 --remote-url s3://bucket-one/ --anonymous").ok();
    let done = bench.run("export --kind all --format terraform");
    done.ok().prints("resource \"unstructured_destination\" \"in\"").prints("= \"請求書\"");
    done.prints("resource \"unstructured_source\" \"in_2\"").prints("recursive ");
    done.prints("resource \"unstructured_destination\" \"_9\"").prints("\"connector_");
}

#[test]
fn it_has_one_form() {
    let bench = bench();
    bench.run("export --format terraform -o json").fails(2).says("HCL");
    assert!(bench.service.lines().is_empty());
}

/// A mask stood where its password had been, for Terraform to write.
#[test]
fn an_address_with_a_password_is_a_variable_whole() {
    let bench = Bench::new();
    let url = "https://user:Pass-Word-1@s3.example.com";
    bench.service.add("a", json!({"remote_url": "s3://bucket-one/", "endpoint_url": url}));
    let done = bench.run("export --format terraform");
    done.ok().prints("endpoint_url = var.a_endpoint_url").never_shows("Pass-Word");
    assert!(!done.stdout.contains("**"), "{done:?}");
}
