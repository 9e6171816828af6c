//! A stand-in for the service that follows a script: it answers as the real one does, but for the
//! faults and the other users that a test asks for, and remembers every request.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustls::ServerConfig;
use serde_json::Value;
use uns3::sandbox::{Answered, Limit};

use crate::store::Store;
use crate::wire::{self, Reply, Request};

/// When what a faulty request asks for is done all the same.
#[derive(Clone, Copy, PartialEq)]
enum Done {
    Never,
    AtOnce,
    /// After so many further requests.
    Later(usize),
}

/// What another user does to the state.
type Change = Box<dyn FnOnce(&mut Store) + Send>;

/// Something that goes wrong with some requests.
pub(crate) struct Fault {
    reply: Option<Reply>,
    done: Done,
    times: usize,
    skipped: usize,
    meanwhile: Option<Change>,
}

impl Fault {
    fn by(reply: Option<Reply>) -> Self {
        Self { reply, done: Done::Never, times: 1, skipped: 0, meanwhile: None }
    }

    /// An answer with a status and a body.
    pub(crate) fn status(status: u16, body: impl ToString) -> Self {
        Self::by(Some(Reply::Http(status, Vec::new(), body.to_string().into_bytes())))
    }

    pub(crate) fn reply(reply: Reply) -> Self {
        Self::by(Some(reply))
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
        Self { meanwhile: Some(Box::new(change)), done: Done::AtOnce, ..Self::by(None) }
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
        Self { done: Done::AtOnce, ..self }
    }

    /// It is done, but only after so many further requests.
    pub(crate) fn done_after(self, requests: usize) -> Self {
        Self { done: Done::Later(requests), ..self }
    }

    /// So many matching requests.
    pub(crate) fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// Every matching request.
    pub(crate) fn always(self) -> Self {
        self.times(usize::MAX)
    }

    /// Not the first so many matching requests.
    pub(crate) fn after(self, skipped: usize) -> Self {
        Self { skipped, ..self }
    }
}

#[derive(Default)]
struct Script {
    store: Store,
    requests: Vec<Request>,
    /// (method, part of the path, fault).
    faults: Vec<(String, String, Fault)>,
    /// Requests that are carried out late: (further requests until then, request).
    late: Vec<(usize, Request)>,
    /// How long each answer takes.
    latency: Duration,
    under_way: usize,
    /// How many were under way whenever one came.
    crowds: Vec<usize>,
    limit: Option<Limit>,
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
        Self { url: wire::listen(tls, move |request| reply(&shared, request)), script }
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        lock(&self.script)
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
        self.with(|store| store.named(name).unwrap()["config"].clone())
    }

    /// How many connectors there are of a name.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.with(|store| store.all_named(name).count())
    }

    /// Lets requests of a method to paths that end so go wrong.
    pub(crate) fn fault(&self, method: &str, path: &str, fault: Fault) -> &Self {
        self.script().faults.push((method.to_owned(), path.to_owned(), fault));
        self
    }

    /// From here on nothing goes wrong.
    pub(crate) fn forget_faults(&self) {
        self.script().faults.clear();
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
        let sent: Vec<Request> =
            self.requests().into_iter().filter(|one| one.method == method).collect();
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

    /// Takes only so many requests in a time.
    pub(crate) fn limit(&self, most: usize, window: Duration, retry_after: Option<u32>) {
        let limit = Limit::new(most, window, retry_after);
        self.script().limit = Some(limit);
    }

    /// How many requests were under way whenever one came, itself among them.
    pub(crate) fn crowds(&self) -> Vec<usize> {
        self.script().crowds.clone()
    }

    pub(crate) fn forget_requests(&self) {
        self.script().requests.clear();
    }
}

fn lock(script: &Mutex<Script>) -> MutexGuard<'_, Script> {
    script.lock().unwrap_or_else(PoisonError::into_inner)
}

fn reply(script: &Mutex<Script>, request: Request) -> Reply {
    let (reply, latency) = {
        let mut script = lock(script);
        script.under_way += 1;
        let crowd = script.under_way;
        script.crowds.push(crowd);
        (script.reply(request), script.latency)
    };
    thread::sleep(latency);
    lock(script).under_way -= 1;
    reply
}

impl Script {
    fn reply(&mut self, request: Request) -> Reply {
        self.requests.push(request.clone());
        if let Some(Err(after)) = self.limit.as_ref().map(Limit::admit) {
            let after = after.map(|after| ("retry-after".into(), after.to_string()));
            return Reply::Http(429, after.into_iter().collect(), b"{}".to_vec());
        }
        for (left, _) in &mut self.late {
            *left = left.saturating_sub(1);
        }
        let due = |(left, _): &mut (usize, Request)| *left == 0;
        for (_, late) in self.late.extract_if(.., due).collect::<Vec<_>>() {
            self.store.answer(&late);
        }
        let Some(mut fault) = self.next_fault(&request) else { return self.own(&request) };
        if let Some(change) = fault.meanwhile.take() {
            change(&mut self.store);
        }
        let own = match fault.done {
            Done::Never => None,
            Done::AtOnce => Some(self.own(&request)),
            Done::Later(requests) => {
                self.late.push((requests, request));
                None
            }
        };
        fault.reply.or(own).unwrap()
    }

    fn next_fault(&mut self, request: &Request) -> Option<Fault> {
        let fits = |method: &str, path: &str| {
            (method == "*" || method == request.method) && request.path().ends_with(path)
        };
        for (method, path, fault) in &mut self.faults {
            if !fits(method, path) || fault.times == 0 {
                continue;
            }
            if fault.skipped > 0 {
                fault.skipped -= 1;
                continue;
            }
            fault.times -= 1;
            let (reply, meanwhile) = (fault.reply.clone(), fault.meanwhile.take());
            return Some(Fault { reply, meanwhile, ..*fault });
        }
        None
    }

    fn own(&mut self, request: &Request) -> Reply {
        let Answered { status, location, body } = self.store.answer(request);
        if let Some(location) = location {
            return Reply::Http(status, vec![("location".into(), location)], Vec::new());
        }
        let json = ("content-type".to_owned(), "application/json".to_owned());
        Reply::Http(status, vec![json], body.to_string().into_bytes())
    }
}
