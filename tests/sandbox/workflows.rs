//! Workflows, as far as they say which connectors are in use.

use crate::harness::Bench;
use serde_json::{Value, json};

fn id(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

#[tokio::test]
async fn workflows_are_found_by_the_connectors_that_they_use() {
    let bench = Bench::new().await;
    let source = bench.connector("sources", "in", bench.good()).await;
    let used = bench.connector("destinations", "used", bench.good()).await;
    let free = bench.connector("destinations", "free", bench.good()).await;
    let body = json!({
        "name": "w", "workflow_type": "custom",
        "source_id": id(&source), "destination_id": id(&used),
        "schedule": "daily", "workflow_nodes": [],
    });
    let (status, made) = bench.post("/api/v1/workflows/", body).await;
    assert_eq!(status, 200);
    assert_eq!(
        (&made["sources"], &made["destinations"]),
        (&json!([id(&source)]), &json!([id(&used)]))
    );
    assert_eq!((&made["status"], &made["workflow_nodes"]), (&json!("active"), &json!([])));
    assert_eq!(made["schedule"]["crontab_entries"][0]["cron_expression"], "0 0 * * *");

    for (query, found) in [
        (format!("destination_id={}", id(&used)), true),
        (format!("source_id={}", id(&source)), true),
        (format!("source_id={}&destination_id={}", id(&source), id(&free)), false),
        (format!("destination_id={}", id(&free)), false),
        (format!("destination_id={}&page=2", id(&used)), false),
    ] {
        let (status, list) = bench.get(&format!("/api/v1/workflows/?{query}")).await;
        let expected = if found { json!([made]) } else { json!([]) };
        assert_eq!((status, list), (200, expected), "{query}");
    }
    let path = format!("/api/v1/workflows/{}", made["id"].as_str().unwrap());
    assert_eq!(bench.get(&path).await, (200, made));
    assert_eq!(bench.delete(&path).await.0, 200);
    assert_eq!(bench.get(&path).await.0, 404);
}

#[tokio::test]
async fn pages_have_a_size() {
    let bench = Bench::new().await;
    for number in 0..5 {
        let body = json!({"name": format!("w{number}"), "workflow_type": "basic"});
        assert_eq!(bench.post("/api/v1/workflows/", body).await.0, 200);
    }
    let (_, page) = bench.get("/api/v1/workflows/?page=2&page_size=2").await;
    let names: Vec<&Value> = page.as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, [&json!("w2"), &json!("w3")]);
    assert_eq!(bench.get("/api/v1/workflows/?page=x").await.0, 422);
    assert_eq!(bench.get("/api/v1/workflows/?destination_id=x").await.0, 422);
}

#[tokio::test]
async fn a_workflow_that_cannot_be_is_refused() {
    let bench = Bench::new().await;
    let nobody = "00000000-0000-4000-8000-000000000000";
    for (body, status) in [
        (json!({"workflow_type": "basic"}), 422),
        (json!({"name": "w", "workflow_type": "odd"}), 422),
        (json!({"name": "w", "workflow_type": "basic", "schedule": "never"}), 422),
        (json!({"name": "w", "workflow_type": "basic", "source_id": "x"}), 422),
        (json!({"name": "w", "workflow_type": "basic", "source_id": nobody}), 404),
    ] {
        assert_eq!(bench.post("/api/v1/workflows/", body).await.0, status);
    }
    assert_eq!(bench.get("/api/v1/workflows/").await.1, json!([]));
}
