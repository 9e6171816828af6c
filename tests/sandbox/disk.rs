//! What is on disk: nothing that is not the sandbox's own, nothing for others to read, and nothing
//! lost.

use crate::harness::{Bench, options};
use serde_json::json;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use uns3::sandbox::{Options, Sandbox};

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn foreign_secrets_are_never_written() {
    let bench = Bench::new().await;
    let config = json!({
        "remote_url": "s3://sandbox-bucket/",
        "key": "FOREIGN-id",
        "secret": "FOREIGN-secret",
        "token": "FOREIGN-token",
        "endpoint_url": "http://user:FOREIGN-userinfo@127.0.0.1:1/",
        "db_password": "FOREIGN-password",
        "ApiKeys": ["FOREIGN-array"],
        "auth": {"refresh_token": "FOREIGN-nested", "plain": "shown"},
    });
    let path = bench.connector("destinations", "d", config.clone()).await;
    bench.put(&path, json!({ "config": config })).await;
    bench.check(&path).await;
    let node =
        json!({"name": "n", "type": "t", "subtype": "s", "settings": {"api_key": "FOREIGN-node"}});
    let workflow = json!({"name": "w", "workflow_type": "custom", "workflow_nodes": [node]});
    let (_, workflow) = bench.post("/api/v1/workflows/", workflow).await;
    assert_eq!(workflow["workflow_nodes"][0]["settings"]["api_key"], "**********");
    // Neither are they with a request that is refused.
    bench.put(&path, json!({"config": {"secret": "FOREIGN-refused"}})).await;

    let all = files(bench.folder.path());
    assert!(all.iter().any(|file| file.ends_with("state.json")));
    for file in all {
        let text = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
        assert!(!text.contains("FOREIGN"), "{}", file.display());
    }

    let (_, here) = bench.get(&path).await;
    let bench = bench.restart(|_| ()).await;
    let (_, later) = bench.get(&path).await;
    for config in [&here["config"], &later["config"]] {
        for name in ["key", "secret", "token", "db_password", "ApiKeys"] {
            assert_eq!(config[name], "**********", "{name}");
        }
        assert_eq!(config["auth"], json!({"refresh_token": "**********", "plain": "shown"}));
    }
    assert_eq!(later["config"]["endpoint_url"], "**********");
    assert!(!later.to_string().contains("sealed:"));
}

#[tokio::test]
async fn a_foreign_secret_stays_wrong_after_a_restart_and_its_own_stays_right() {
    let bench = Bench::new().await;
    let good = bench.connector("destinations", "good", bench.good()).await;
    let wrong = bench.but(json!({"secret": "foreign"}));
    let wrong = bench.connector("destinations", "wrong", wrong).await;
    let bench = bench.restart(|_| ()).await;
    assert_eq!(bench.check(&good).await["status"], "SUCCESS");
    let reason = bench.check(&wrong).await["reason"].to_string();
    assert_eq!(reason, "\"UserAuthError: PermissionError\"");
}

#[tokio::test]
async fn everything_outlives_a_restart_even_one_with_other_ports() {
    let bench = Bench::new().await;
    let own = bench.but(json!({"endpoint_url": bench.sandbox.s3_endpoint_url}));
    let path = bench.connector("destinations", "d", own).await;
    bench.check(&path).await;
    let (_, before) = bench.get(&path).await;
    let (key, api, s3) = (
        bench.sandbox.api_key.clone(),
        bench.sandbox.api_url.clone(),
        bench.sandbox.s3_endpoint_url.clone(),
    );

    let bench = bench.restart(|_| ()).await;
    assert_eq!((&bench.sandbox.api_key, &bench.sandbox.api_url), (&key, &api));
    assert_eq!(bench.sandbox.s3_endpoint_url, s3);

    let mut taken = Vec::new();
    let bench = bench
        .restart(|_| {
            let hosts = [&api, &s3].map(|url| url.strip_prefix("http://").unwrap());
            taken.extend(hosts.map(|host| TcpListener::bind(host).unwrap()));
        })
        .await;
    assert_ne!(bench.sandbox.api_url, api);
    assert_ne!(bench.sandbox.s3_endpoint_url, s3);
    assert_eq!(bench.sandbox.api_key, key);
    // Its own S3 is at another address, and the connector knows.
    let mut expected = before;
    expected["config"]["endpoint_url"] = bench.sandbox.s3_endpoint_url.clone().into();
    assert_eq!(bench.get(&path).await, (200, expected));
    assert_eq!(bench.verdict(&path).await["status"], "SUCCESS");
    assert_eq!(bench.check(&path).await["status"], "SUCCESS");
    let named = bench.but(json!({ "endpoint_url": s3 }));
    bench.succeeds("destinations", named).await; // Its S3 had that address once.
    // Once the ports are free again, both are where they were.
    taken.clear();
    let bench = bench.restart(|_| ()).await;
    assert_eq!((&bench.sandbox.api_url, &bench.sandbox.s3_endpoint_url), (&api, &s3));
    assert_eq!(bench.get(&path).await.1["config"]["endpoint_url"], s3);
}

#[tokio::test]
async fn a_port_that_was_asked_for_is_that_port_or_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port();
    let asked = Options { port: Some(port), ..options(folder.path()) };
    let error = Sandbox::start(asked.clone()).await.err().unwrap();
    assert!(error.to_string().contains(&port.to_string()), "{error}");
    drop(holder);
    let sandbox = Sandbox::start(asked).await.unwrap();
    assert_eq!(sandbox.api_url, format!("http://127.0.0.1:{port}"));
}

#[test]
fn two_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let work = |prefix: &str| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let sandbox = Sandbox::start(options(folder.path())).await.unwrap();
            let copy = tempfile::tempdir().unwrap();
            let bench = Bench { sandbox, folder: copy, client: crate::harness::client() };
            let mut made = Vec::new();
            for number in 0..20 {
                let name = format!("{prefix}{number}");
                made.push(bench.connector("destinations", &name, bench.good()).await);
            }
            // Their S3 servers write the same object, too.
            for path in &made[..3] {
                assert_eq!(bench.check(path).await["status"], "SUCCESS");
            }
        });
    };
    std::thread::scope(|scope| {
        for prefix in ["a", "b"] {
            scope.spawn(move || work(prefix));
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let sandbox = Sandbox::start(options(folder.path())).await.unwrap();
        let bench = Bench { sandbox, folder, client: crate::harness::client() };
        let (_, list) = bench.get("/api/v1/destinations/").await;
        assert_eq!(list.as_array().unwrap().len(), 40);
    });
}

#[tokio::test]
async fn a_damaged_file_is_named_with_its_mend() {
    let bench = Bench::new().await;
    let Bench { sandbox, folder, .. } = bench;
    drop(sandbox);
    let file = folder.path().join("state.json");
    fs::write(&file, "{\"destinations\": [").unwrap();
    let error = Sandbox::start(options(folder.path())).await.err().unwrap();
    let words = format!("{} is damaged; deleting it resets the sandbox", file.display());
    assert_eq!(error.to_string(), words);
    fs::remove_file(file).unwrap();
    assert!(Sandbox::start(options(folder.path())).await.is_ok());
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("deep/data");
    let sandbox = Sandbox::start(options(&folder)).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for name in ["", "s3", "s3/sandbox-bucket"] {
        assert_eq!(mode(&folder.join(name)), 0o700, "{name}");
    }
    let all = files(&folder);
    assert!(all.len() >= 2);
    for file in all {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    drop(sandbox);
}
