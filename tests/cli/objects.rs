//! An S3 server of the tests' own: it keeps objects and conditions, or misbehaves as a test asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::harness::Bench;
use crate::wire::{self, Reply, Request};

pub(crate) const STATE: &str = "s3://team-bucket/uns3/";
pub(crate) const STATE_ID: &str = "AKIASTATESTATESTATE0";
const STATE_SECRET: &str = "State/Secret+of-the-machine-0123456789ab";

/// How the server behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Manner {
    Good,
    /// It takes every PUT, whatever its conditions.
    IgnoresConditions,
    /// It answers 412 to every PUT.
    RefusesAll,
    /// It answers 503.
    Away,
    /// It never answers.
    Silent,
    /// What it makes it does not say: it closes the connection.
    LosesAnswers,
}

struct Objects {
    manner: Manner,
    /// So many requests before the manner changes, and to what.
    change: Option<(usize, Manner)>,
    objects: BTreeMap<String, (String, SystemTime)>,
    requests: Vec<Request>,
}

/// The server, on a port of its own.
pub(crate) struct Bucket {
    pub(crate) url: String,
    objects: Arc<Mutex<Objects>>,
}

impl Bucket {
    pub(crate) fn start() -> Self {
        let (manner, change, requests) = (Manner::Good, None, Vec::new());
        let objects = Objects { manner, change, objects: BTreeMap::new(), requests };
        let objects = Arc::new(Mutex::new(objects));
        let shared = Arc::clone(&objects);
        let url = wire::listen(None, move |request| lock(&shared).answer(request));
        Self { url, objects }
    }

    /// Behaves so from now on.
    pub(crate) fn be(&self, manner: Manner) {
        lock(&self.objects).manner = manner;
    }

    /// Behaves so after so many further requests.
    pub(crate) fn be_after(&self, requests: usize, manner: Manner) {
        lock(&self.objects).change = Some((requests, manner));
    }

    /// The requests by method and what they are about: `PUT records`.
    pub(crate) fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for request in &lock(&self.objects).requests {
            let about = ["records", "lock", "keeps-conditions"]
                .into_iter()
                .find(|about| request.target.contains(about))
                .unwrap_or(&request.target);
            let listing =
                if request.target.contains("list-type=2") { "LIST" } else { &request.method };
            *counts.entry(format!("{listing} {about}")).or_default() += 1;
        }
        counts
    }

    pub(crate) fn count(&self, line: &str) -> usize {
        self.counts().get(line).copied().unwrap_or_default()
    }

    pub(crate) fn forget_requests(&self) {
        lock(&self.objects).requests.clear();
    }

    /// The objects whose keys hold a text, the first key first.
    pub(crate) fn objects(&self, part: &str) -> Vec<(String, Value)> {
        let objects = lock(&self.objects);
        let found = objects.objects.iter().filter(|(key, _)| key.contains(part));
        found.map(|(key, (body, _))| (key.clone(), serde_json::from_str(body).unwrap())).collect()
    }

    /// Waits until it holds an object whose key has a text in it.
    pub(crate) fn await_object(&self, part: &str) {
        for _ in 0..6000 {
            if !self.objects(part).is_empty() {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("no {part} in a minute: {:?}", self.counts());
    }

    /// All that it holds, as text.
    pub(crate) fn text(&self) -> String {
        lock(&self.objects).objects.values().map(|(body, _)| body.as_str()).collect()
    }

    /// Lets all that it holds be so much older.
    pub(crate) fn age(&self, by: Duration) {
        lock(&self.objects).objects.values_mut().for_each(|(_, made)| *made -= by);
    }
}

fn lock(objects: &Mutex<Objects>) -> MutexGuard<'_, Objects> {
    objects.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Objects {
    fn answer(&mut self, request: Request) -> Reply {
        if let Some((left, manner)) = self.change {
            self.change = (left > 0).then(|| (left - 1, manner));
            if left == 0 {
                self.manner = manner;
            }
        }
        self.requests.push(request.clone());
        assert!(request.header("authorization").unwrap().contains(STATE_ID), "{request:?}");
        match self.manner {
            Manner::Away => error(503, "ServiceUnavailable"),
            Manner::Silent => Reply::Hang,
            Manner::RefusesAll if request.method == "PUT" => error(412, "PreconditionFailed"),
            Manner::LosesAnswers if request.method == "PUT" => match self.carry_out(&request) {
                Reply::Http(200, ..) => Reply::Close,
                refused => refused,
            },
            _ => self.carry_out(&request),
        }
    }

    fn carry_out(&mut self, request: &Request) -> Reply {
        let url = url::Url::parse("http://x").unwrap().join(&request.target).unwrap();
        let key = url.path().trim_start_matches("/team-bucket").trim_start_matches('/').to_owned();
        match request.method.as_str() {
            "GET" if key.is_empty() => {
                let prefix = url.query_pairs().find(|(name, _)| name == "prefix");
                self.list(&prefix.unwrap().1)
            }
            "GET" => match self.objects.get(&key) {
                Some((body, _)) => ok(body.clone()),
                None => error(404, "NoSuchKey"),
            },
            "PUT" => {
                let only_new = request.header("if-none-match") == Some("*");
                assert!(only_new, "a write without a condition: {request:?}");
                if self.manner != Manner::IgnoresConditions && self.objects.contains_key(&key) {
                    return error(412, "PreconditionFailed");
                }
                self.objects.insert(key, (request.body.clone(), SystemTime::now()));
                ok(String::new())
            }
            _ => {
                self.objects.remove(&key);
                Reply::Http(204, Vec::new(), Vec::new())
            }
        }
    }

    fn list(&self, prefix: &str) -> Reply {
        let found = self.objects.iter().filter(|(key, _)| key.starts_with(prefix));
        let one = |(key, (body, made)): (&String, &(String, SystemTime))| {
            let made = jiff::Timestamp::try_from(*made).unwrap().strftime("%Y-%m-%dT%H:%M:%S.000Z");
            let size = body.len();
            format!(
                "<Contents><Key>{key}</Key><LastModified>{made}</LastModified><Size>{size}</Size></Contents>"
            )
        };
        let contents: String = found.map(one).collect();
        ok(format!("<ListBucketResult><Name>team-bucket</Name>{contents}</ListBucketResult>"))
    }
}

fn headers() -> Vec<(String, String)> {
    let date = httpdate::fmt_http_date(SystemTime::now());
    vec![("date".into(), date), ("etag".into(), "\"0\"".into())]
}

fn ok(body: String) -> Reply {
    Reply::Http(200, headers(), body.into_bytes())
}

fn error(status: u16, code: &str) -> Reply {
    let body = format!("<Error><Code>{code}</Code><Message>as told</Message></Error>");
    Reply::Http(status, headers(), body.into_bytes())
}

impl Bench {
    /// With a shared state in a bucket, and the machine's own credentials for it.
    pub(crate) fn sharing(self, bucket: &Bucket) -> Self {
        let text = format!(
            "[state]\naws_access_key_id = {STATE_ID}\naws_secret_access_key = {STATE_SECRET}\n"
        );
        let file = self.file("aws-credentials", &text);
        self.with("AWS_ENDPOINT_URL_S3", &bucket.url)
            .with("UNS3_STATE", STATE)
            .with("UNS3_STATE_AWS_PROFILE", "state")
            .with("AWS_SHARED_CREDENTIALS_FILE", &file)
            .with("AWS_REGION", "eu-west-1")
            .with("AWS_EC2_METADATA_DISABLED", "true")
    }

    /// As another machine, which has another folder of its own.
    pub(crate) fn elsewhere(&self, line: &str) -> crate::harness::Done {
        let args: Vec<&str> = line.split_whitespace().collect();
        let mut command = self.command(&args);
        let folder = self.path(&format!("state-{}", uuid::Uuid::new_v4()));
        let child = command.env("UNS3_STATE_DIR", folder).spawn().unwrap();
        self.finish(child, line)
    }
}
