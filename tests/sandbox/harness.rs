//! A sandbox over a temporary folder, and a plain client for it.

use reqwest::{Client, ClientBuilder, Method, Response, redirect::Policy};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use uns3::sandbox::{Options, Sandbox};

/// Long enough for the slowest machine; nothing waits for it that works.
const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) fn options(data: &Path) -> Options {
    Options::over(data.to_owned())
}

pub(crate) fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = ClientBuilder::new().no_proxy().tls_certs_only([]).redirect(Policy::none());
    builder.build().unwrap()
}

/// A sandbox and the folder it is over.
pub(crate) struct Bench {
    pub(crate) sandbox: Sandbox,
    pub(crate) folder: TempDir,
    pub(crate) client: Client,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// A sandbox that does otherwise than usual.
    pub(crate) async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = options(folder.path());
        change(&mut options);
        Self { sandbox: Sandbox::start(options).await.unwrap(), folder, client: client() }
    }

    /// Another sandbox over the same folder, as another process would run it.
    pub(crate) async fn beside(&self) -> Self {
        let sandbox = Sandbox::start(options(self.folder.path())).await.unwrap();
        Self { sandbox, folder: tempfile::tempdir().unwrap(), client: client() }
    }

    /// Stops the sandbox, does something to its folder, and starts it again.
    pub(crate) async fn restart(self, between: impl FnOnce(&Path)) -> Self {
        let Self { sandbox, folder, client } = self;
        drop(sandbox);
        tokio::task::yield_now().await;
        between(folder.path());
        let sandbox = Sandbox::start(options(folder.path())).await.unwrap();
        Self { sandbox, folder, client }
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let url = format!("{}{path}", self.sandbox.api_url);
        let request =
            self.client.request(method, url).header("unstructured-api-key", &self.sandbox.api_key);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        request.send().await.unwrap()
    }

    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let answer = self.send(method, path, body).await;
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap())
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> (u16, Value) {
        self.call(Method::DELETE, path, None).await
    }

    /// Makes an S3 connector in `destinations` or `sources`, and gives its path.
    pub(crate) async fn connector(&self, collection: &str, name: &str, config: Value) -> String {
        let body = json!({ "name": name, "type": "s3", "config": config });
        let (status, made) = self.post(&format!("/api/v1/{collection}/"), body).await;
        assert_eq!(status, 200, "{made}");
        format!("/api/v1/{collection}/{}", made["id"].as_str().unwrap())
    }

    /// The config of a destination that works.
    pub(crate) fn good(&self) -> Value {
        json!({
            "remote_url": "s3://sandbox-bucket/out/",
            "key": self.sandbox.access_key_id,
            "secret": self.sandbox.secret_access_key,
        })
    }

    /// `good`, but for some fields.
    pub(crate) fn but(&self, fields: Value) -> Value {
        let mut config = self.good();
        for (name, value) in fields.as_object().unwrap() {
            config[name] = value.clone();
        }
        config
    }

    /// Starts a check of what is at a path, and waits for its verdict.
    pub(crate) async fn check(&self, connector: &str) -> Value {
        let path = format!("{connector}/connection-check");
        let (status, check) = self.call(Method::POST, &path, None).await;
        assert_eq!((status, &check["status"]), (202, &json!("SCHEDULED")));
        assert_eq!(check["reported_at"], Value::Null);
        let verdict = self.verdict(connector).await;
        assert_eq!(verdict["id"], check["id"]);
        verdict
    }

    /// Waits for the verdict of the latest check.
    pub(crate) async fn verdict(&self, connector: &str) -> Value {
        let start = Instant::now();
        loop {
            let (status, check) = self.get(&format!("{connector}/connection-check")).await;
            assert_eq!(status, 200);
            if check["status"] != "SCHEDULED" {
                assert!(check["reported_at"].is_string());
                return check;
            }
            assert!(start.elapsed() < DEADLINE, "no verdict");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The reason of a destination's failed check.
    pub(crate) async fn reason(&self, config: Value) -> String {
        self.failure("destinations", config).await
    }

    pub(crate) async fn failure(&self, collection: &str, config: Value) -> String {
        let name = uuid::Uuid::new_v4().to_string();
        let check = self.check(&self.connector(collection, &name, config).await).await;
        assert_eq!(check["status"], "FAILURE");
        check["reason"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn succeeds(&self, collection: &str, config: Value) {
        let name = uuid::Uuid::new_v4().to_string();
        let check = self.check(&self.connector(collection, &name, config).await).await;
        assert_eq!((&check["status"], &check["reason"]), (&json!("SUCCESS"), &Value::Null));
    }
}
