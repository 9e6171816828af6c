//! The Workflow Endpoint's calls on connectors.

use crate::harness::Bench;
use reqwest::Method;
use serde_json::{Value, json};
use std::io::{Read, Write};

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

#[tokio::test]
async fn a_connector_is_made_read_listed_and_deleted() {
    for (collection, noun) in [("destinations", "Destination"), ("sources", "Source")] {
        let bench = Bench::new().await;
        let path = bench.connector(collection, "one", bench.good()).await;
        let (status, made) = bench.get(&path).await;
        assert_eq!((status, &made["name"], &made["type"]), (200, &json!("one"), &json!("s3")));
        assert_eq!(made["updated_at"], Value::Null);
        let created = made["created_at"].as_str().unwrap();
        assert!(created.ends_with('Z') && created.len() == "2025-01-01T00:00:00.000000Z".len());
        let (_, list) = bench.get(&format!("/api/v1/{collection}/")).await;
        assert_eq!(list, json!([made]));

        let id = made["id"].as_str().unwrap();
        let (status, body) = bench.delete(&path).await;
        assert_eq!(status, 200);
        assert_eq!(body, json!({"detail": format!("{noun} with id {id} successfully deleted.")}));
        for status in [bench.delete(&path).await.0, bench.get(&path).await.0] {
            assert_eq!(status, 404);
        }
        assert_eq!(bench.get(&format!("/api/v1/{collection}/")).await.1, json!([]));
    }
}

#[tokio::test]
async fn credentials_are_masked_and_every_field_is_answered() {
    let bench = Bench::new().await;
    let config = bench.but(json!({"new_field": 7, "vault_password": "foreign-pass"}));
    let path = bench.connector("destinations", "masked", config).await;
    let (_, made) = bench.get(&path).await;
    let expected = json!({
        "remote_url": "s3://sandbox-bucket/out/",
        "anonymous": false,
        "ambient_credentials": false,
        "key": "**********",
        "secret": "**********",
        "token": null,
        "endpoint_url": null,
        "new_field": 7,
        "vault_password": "**********",
    });
    assert_eq!(made["config"], expected);
    let source = bench.connector("sources", "masked", bench.good()).await;
    assert_eq!(bench.get(&source).await.1["config"]["recursive"], false);
}

#[tokio::test]
async fn an_update_replaces_the_whole_config_and_nothing_else() {
    let bench = Bench::new().await;
    let path = bench.connector("destinations", "d", bench.but(json!({"extra": 1}))).await;
    let config = json!({"remote_url": "s3://sandbox-bucket/new/", "anonymous": true});
    let body = json!({"config": config, "name": "other", "type": "gcs"});
    let (status, updated) = bench.put(&path, body).await;
    assert_eq!(status, 200);
    assert_eq!((&updated["name"], &updated["type"]), (&json!("d"), &json!("s3")));
    assert!(updated["updated_at"].is_string());
    let config = &updated["config"];
    assert_eq!((&config["key"], &config["secret"]), (&Value::Null, &Value::Null));
    assert_eq!(config["anonymous"], true);
    assert!(config.get("extra").is_none());
    assert_eq!(bench.get(&path).await.1, updated);
}

#[tokio::test]
async fn a_mask_sent_back_destroys_the_credentials() {
    let bench = Bench::new().await;
    let path = bench.connector("destinations", "d", bench.good()).await;
    let read = bench.get(&path).await.1["config"].clone();
    bench.put(&path, json!({ "config": read })).await;
    assert_eq!(bench.check(&path).await["status"], "FAILURE");
}

#[tokio::test]
async fn a_list_is_filtered_by_type() {
    let bench = Bench::new().await;
    bench.connector("destinations", "s3", bench.good()).await;
    let other = json!({"name": "gcs", "type": "gcs", "config": {"remote_url": "gs://b/"}});
    assert_eq!(bench.post("/api/v1/destinations/", other).await.0, 200);
    let (_, list) = bench.get("/api/v1/destinations/?destination_type=gcs").await;
    assert_eq!((list.as_array().unwrap().len(), &list[0]["name"]), (1, &json!("gcs")));
    let (status, body) = bench.get("/api/v1/destinations/?destination_type=ftp").await;
    assert_eq!((status, &body["detail"][0]["loc"]), (422, &json!(["query", "destination_type"])));
}

#[tokio::test]
async fn a_name_is_taken_in_its_own_collection_only() {
    let bench = Bench::new().await;
    bench.connector("destinations", "n", bench.good()).await;
    bench.connector("sources", "n", bench.good()).await;
    let body = json!({"name": "n", "type": "s3", "config": bench.good()});
    let (status, body) = bench.post("/api/v1/destinations/", body).await;
    assert_eq!((status, body["detail"].is_string()), (409, true));
    assert_eq!(bench.get("/api/v1/destinations/").await.1.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn nothing_is_answered_without_the_key() {
    let bench = Bench::new().await;
    let words = json!({"detail": "API key is missing, please provide an API key in the header."});
    for path in ["/api/v1/destinations/", "/api/v1/destinations", "/api/v1/workflows/", "/api/v1/x"]
    {
        for key in [None, Some(""), Some("not-the-key")] {
            let mut request = bench.client.get(format!("{}{path}", bench.sandbox.api_url));
            if let Some(key) = key {
                request = request.header("unstructured-api-key", key);
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 401, "{path} {key:?}");
            assert_eq!(answer.json::<Value>().await.unwrap(), words);
        }
    }
}

#[tokio::test]
async fn a_missing_slash_is_redirected_with_its_query() {
    let bench = Bench::new().await;
    let base = &bench.sandbox.api_url;
    for (asked, told) in [
        ("/api/v1/destinations?destination_type=s3", "/api/v1/destinations/?destination_type=s3"),
        ("/api/v1/sources", "/api/v1/sources/"),
        ("/api/v1/workflows?page=2", "/api/v1/workflows/?page=2"),
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = bench.send(method, asked, None).await;
            assert_eq!(answer.status(), 307);
            assert_eq!(answer.headers()["location"], format!("{base}{told}"));
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_refused_as_the_service_does() {
    let bench = Bench::new().await;
    let (status, body) = bench.get(&format!("/api/v1/sources/{NOBODY}")).await;
    assert_eq!(
        (status, body),
        (404, json!({"detail": format!("Source with id {NOBODY} not found.")}))
    );
    let check = format!("/api/v1/destinations/{NOBODY}/connection-check");
    assert_eq!(bench.get(&check).await.0, 404);
    assert_eq!(bench.call(Method::POST, &check, None).await.0, 404);
    let path = bench.connector("destinations", "never checked", bench.good()).await;
    assert_eq!(bench.get(&format!("{path}/connection-check")).await.0, 404);

    let (status, body) = bench.get("/api/v1/destinations/no-uuid").await;
    assert_eq!((status, &body["detail"][0]["loc"]), (422, &json!(["path", "destination_id"])));
    assert_eq!(body["detail"][0]["type"], "uuid_parsing");

    for path in ["/", "/api/v1/nothing/", "/api/v2/destinations/", "/api/v1/destinations/a/b"] {
        assert_eq!(bench.get(path).await, (404, json!({"detail": "Not Found"})), "{path}");
    }
    let answer = bench.call(Method::PATCH, "/api/v1/destinations/", None).await;
    assert_eq!(answer, (405, json!({"detail": "Method Not Allowed"})));
}

#[tokio::test]
async fn a_body_that_cannot_be_is_refused_with_its_place() {
    let bench = Bench::new().await;
    let refusals = [
        (json!([]), json!(["body"]), "model_attributes_type"),
        (json!({"type": "s3", "config": {}}), json!(["body", "name"]), "missing"),
        (json!({"name": 1, "type": "s3", "config": {}}), json!(["body", "name"]), "string_type"),
        (json!({"name": "n", "type": "x", "config": {}}), json!(["body", "type"]), "enum"),
        (json!({"name": "n", "type": "s3"}), json!(["body", "config"]), "missing"),
        (json!({"name": "n", "type": "s3", "config": 1}), json!(["body", "config"]), "dict_type"),
    ];
    let configs = [
        (json!({}), "remote_url", "missing"),
        (json!({"remote_url": "gs://b/"}), "remote_url", "string_pattern_mismatch"),
        (json!({"remote_url": "https://example.com/"}), "remote_url", "string_pattern_mismatch"),
        (json!({"remote_url": "s3://b/", "secret": 1}), "secret", "string_type"),
        (json!({"remote_url": "s3://b/", "anonymous": "x"}), "anonymous", "bool_type"),
    ];
    let configs = configs.map(|(config, field, kind)| {
        let body = json!({"name": "n", "type": "s3", "config": config});
        (body, json!(["body", "config", field]), kind)
    });
    for (body, loc, kind) in refusals.into_iter().chain(configs) {
        let (status, answer) = bench.post("/api/v1/destinations/", body).await;
        let problem = &answer["detail"][0];
        assert_eq!((status, &problem["loc"], &problem["type"]), (422, &loc, &json!(kind)));
        assert!(problem["msg"].is_string());
    }
    let url = format!("{}/api/v1/destinations/", bench.sandbox.api_url);
    for (body, kind) in [("", "missing"), ("{\"name\": ", "json_invalid")] {
        let request =
            bench.client.post(&url).header("unstructured-api-key", &bench.sandbox.api_key);
        let answer: Value = request.body(body).send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["detail"][0]["type"], kind);
    }
    assert_eq!(bench.get("/api/v1/destinations/").await.1, json!([]));
}

#[tokio::test]
async fn a_body_is_bounded() {
    let bench = Bench::new().await;
    let body = json!({"name": "x".repeat(1 << 20), "type": "s3", "config": bench.good()});
    assert_eq!(bench.post("/api/v1/destinations/", body).await.0, 413);
    assert_eq!(bench.get("/api/v1/destinations/").await.1, json!([]));
}

#[tokio::test]
async fn a_connection_is_kept_alive() {
    let bench = Bench::new().await;
    let address = bench.sandbox.api_url.strip_prefix("http://").unwrap().to_owned();
    let key = bench.sandbox.api_key.clone();
    let exchange = move || {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        let request = format!(
            "GET /api/v1/sources/ HTTP/1.1\r\nhost: {address}\r\nunstructured-api-key: {key}\r\n"
        );
        write!(stream, "{request}\r\n{request}connection: close\r\n\r\n").unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).unwrap();
        answers
    };
    let answers = tokio::task::spawn_blocking(exchange).await.unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2, "{answers}");
}
