//! A stand-in for the service that follows a script: it answers as the real one does, but for the
//! faults and the other users that a test asks for, and remembers every request.

use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use rustls::ServerConfig;
use serde_json::Value;
use uns3::sandbox::{Limit, Often};

use crate::store::Store;
use crate::wire::{self, Reply, Request};

/// What another user does to the state.
type Change = Box<dyn FnOnce(&mut Store) + Send>;

/// Something that goes wrong with some requests.
pub(crate) struct Fault {
    /// Else the service's own answer.
    reply: Option<Reply>,
    /// After how many further requests what was asked for is done; else never.
    done: Option<usize>,
    often: Often,
    meanwhile: Option<Change>,
}

impl Fault {
    pub(crate) fn reply(reply: Reply) -> Self {
        let reply = Some(reply);
        Self { reply, done: None, often: "1x".parse().unwrap(), meanwhile: None }
    }

    /// An answer with a status and a body.
    pub(crate) fn status(status: u16, body: impl ToString) -> Self {
        Self::reply(Reply::Http(status, Vec::new(), body.to_string().into_bytes()))
    }

    /// The connection is closed without an answer.
    pub(crate) fn close() -> Self {
        Self::reply(Reply::Close)
    }

    /// No answer comes, ever.
    pub(crate) fn hang() -> Self {
        Self::reply(Reply::Hang)
    }

    /// The service's own answer, but someone else changes its state just before.
    pub(crate) fn meanwhile(change: impl FnOnce(&mut Store) + Send + 'static) -> Self {
        Self { reply: None, meanwhile: Some(Box::new(change)), ..Self::close().done() }
    }

    /// With the change that another fault makes.
    pub(crate) fn and(self, other: Self) -> Self {
        Self { meanwhile: other.meanwhile, ..self }
    }

    /// With a header; for answers with a status only.
    pub(crate) fn header(mut self, name: &str, value: impl ToString) -> Self {
        let Some(Reply::Http(_, headers, _)) = &mut self.reply else { panic!("no answer") };
        headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// What the request asks for is done, whatever is answered.
    pub(crate) fn done(self) -> Self {
        self.done_after(0)
    }

    /// It is done, but only after so many further requests.
    pub(crate) fn done_after(self, requests: usize) -> Self {
        Self { done: Some(requests), ..self }
    }

    /// Only some of the matching requests, as the sandbox's `--fail` has it: `2x`, `3-3`, `2-`.
    pub(crate) fn only(self, often: &str) -> Self {
        Self { often: often.parse().unwrap(), ..self }
    }

    /// Every matching request.
    pub(crate) fn always(self) -> Self {
        self.only("1-")
    }
}

#[derive(Default)]
pub(crate) struct Script {
    store: Store,
    requests: Vec<Request>,
    /// (method, part of the path, fault).
    faults: Vec<(String, String, Fault)>,
    /// Requests that are carried out late: (further requests until then, request).
    late: Vec<(usize, Request)>,
    /// How long each answer takes.
    latency: Duration,
    under_way: usize,
    /// How many were under way whenever one came, itself among them.
    pub(crate) crowds: Vec<usize>,
    pub(crate) limit: Option<Limit>,
}

/// The service on a port of its own.
pub(crate) struct Service {
    pub(crate) url: String,
    script: Arc<Mutex<Script>>,
}

impl Service {
    pub(crate) fn start() -> Self {
        Self::over(None)
    }

    /// With a configuration for TLS: over that, by a certificate for `localhost`.
    pub(crate) fn over(tls: Option<Arc<ServerConfig>>) -> Self {
        let script: Arc<Mutex<Script>> = Arc::default();
        let shared = Arc::clone(&script);
        let url = wire::listen(tls, move |request| {
            let (reply, latency) = shared.lock().unwrap().reply(request);
            thread::sleep(latency);
            shared.lock().unwrap().under_way -= 1;
            reply
        });
        Self { url, script }
    }

    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }

    /// A destination on S3; its id.
    pub(crate) fn add(&self, name: &str, config: Value) -> String {
        self.script().store.add("destinations", "s3", name, config)
    }

    /// Looks at the state, or changes it, as another user would.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Store) -> T) -> T {
        look(&mut self.script().store)
    }

    /// The config of a connector, in the clear.
    pub(crate) fn config(&self, name: &str) -> Value {
        self.with(|store| store.named(name)["config"].clone())
    }

    /// How many connectors there are of a name.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.with(|store| store.all_named(name).count())
    }

    /// Lets requests whose method begins and whose path ends so go wrong.
    pub(crate) fn fault(&self, method: &str, path: &str, fault: Fault) -> &Self {
        self.script().faults.push((method.to_owned(), path.to_owned(), fault));
        self
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.script().requests.clone()
    }

    /// The requests as `METHOD path`.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.requests().iter().map(Request::line).collect()
    }

    /// The requests that could have changed something.
    pub(crate) fn writes(&self) -> Vec<Request> {
        self.requests().into_iter().filter(|one| one.method != "GET").collect()
    }

    /// The only request of a method; its body.
    pub(crate) fn sent(&self, method: &str) -> Value {
        let mut sent = self.requests();
        sent.retain(|one| one.method == method);
        assert_eq!(sent.len(), 1, "{sent:?}");
        sent[0].json()
    }

    /// Waits until a request of a method has come.
    pub(crate) fn await_request(&self, method: &str) {
        let came = |one: &Request| one.method == method;
        self.await_that(method, |service| service.requests().iter().any(came));
    }

    /// Waits until something is so.
    pub(crate) fn await_that(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        for _ in 0..6000 {
            if is_so(self) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("not in a minute: {what}: {:#?}", self.lines());
    }

    /// Lets each answer take its time.
    pub(crate) fn be_slow(&self, latency: Duration) {
        self.script().latency = latency;
    }

    pub(crate) fn forget_requests(&self) {
        self.script().requests.clear();
    }
}

impl Script {
    /// The answer, and how long it takes.
    fn reply(&mut self, request: Request) -> (Reply, Duration) {
        self.requests.push(request.clone());
        self.under_way += 1;
        self.crowds.push(self.under_way);
        let reply = match self.limit.as_ref().map(Limit::admit) {
            Some(Err(after)) => {
                let after = after.map(|after| ("retry-after".into(), after.to_string()));
                Reply::Http(429, after.into_iter().collect(), b"{}".to_vec())
            }
            _ => self.faulty(request),
        };
        (reply, self.latency)
    }

    fn faulty(&mut self, request: Request) -> Reply {
        let Self { store, late, .. } = self;
        late.iter_mut().for_each(|(left, _)| *left -= 1);
        late.extract_if(.., |(left, _)| *left == 0).for_each(|(_, due)| drop(store.answer(&due)));
        let fault = self.faults.iter_mut().find(|(method, path, fault)| {
            let fits = request.method.starts_with(&**method) && request.path().ends_with(&**path);
            fits && fault.often.hits()
        });
        let Some((_, _, fault)) = fault else { return store.answer(&request) };
        if let Some(change) = fault.meanwhile.take() {
            change(store);
        }
        let own = (fault.done == Some(0)).then(|| store.answer(&request));
        if let Some(requests @ 1..) = fault.done {
            late.push((requests, request));
        }
        fault.reply.clone().or(own).unwrap()
    }
}
