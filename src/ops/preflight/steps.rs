//! The steps as they are taken, each shown at once.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use url::Url;

use super::identity::Answer;
use super::site::{Failure, Site};
use super::subject::Subject;
use crate::context::Context;
use crate::domain::kind::Kind;
use crate::domain::s3::diagnosis::Operation;
use crate::domain::s3::preflight::{Step, StepName, StepStatus};
use crate::domain::s3::symptom::{Obstacle, Symptom};
use crate::s3::Sink;

/// The steps of one preflight.
pub(super) struct Steps<'a> {
    show: &'a dyn Fn(&Step),
    taken: RefCell<Vec<Step>>,
    begun: Instant,
    answered: Cell<bool>,
}

/// The trace of `-vv`, where it is asked for.
pub(super) fn trace(context: &Context) -> Option<Sink> {
    let output = std::rc::Rc::clone(&context.output);
    context.output.traces().then(|| Box::new(move |line: &str| output.trace(line)) as Sink)
}

impl<'a> Steps<'a> {
    pub(super) fn new(show: &'a dyn Fn(&Step)) -> Self {
        let (taken, answered) = (RefCell::default(), Cell::default());
        Self { show, taken, begun: Instant::now(), answered }
    }

    /// The time from which a step counts.
    pub(super) fn begin(&self) -> Instant {
        Instant::now()
    }

    /// Whether any server answered.
    pub(super) fn was_answered(&self) -> bool {
        self.answered.get()
    }

    pub(super) fn add(&self, name: StepName, status: StepStatus, message: impl Into<String>) {
        let elapsed = self.begun.elapsed();
        let message = message.into();
        self.take(Step { name, status, code: None, message, request_id: None, elapsed });
    }

    pub(super) fn skip(&self, name: StepName, why: &str) {
        self.add(name, StepStatus::Skipped, why);
    }

    fn take(&self, step: Step) {
        if self.has(step.name) {
            return;
        }
        (self.show)(&step);
        self.taken.borrow_mut().push(step);
    }

    fn has(&self, name: StepName) -> bool {
        self.taken.borrow().iter().any(|step| step.name == name)
    }

    fn fail(&self, name: StepName, symptom: &Symptom, message: String, elapsed: Duration) {
        let code = Some(symptom.code.clone()).filter(|code| !code.is_empty());
        let request_id = symptom.request_id.clone();
        self.take(Step { name, status: StepStatus::Failed, code, message, request_id, elapsed });
    }

    /// The server's name leads nowhere.
    pub(super) fn unresolved(&self, url: &Url, words: String) -> Symptom {
        let symptom = Symptom::of(Obstacle::Address, words);
        let host = url.host_str().unwrap_or_default();
        let message = format!("cannot find {host}: {}", symptom.words);
        self.fail(StepName::Address, &symptom, message, self.begun.elapsed());
        symptom
    }

    /// The first answer, or what kept it from coming, tells of the way to the server.
    pub(super) fn reached(&self, site: &Site<'_>, symptom: Option<&Symptom>) {
        let obstacle = symptom.and_then(|symptom| symptom.obstacle);
        let took = self.begun.elapsed();
        let words = symptom.map(Symptom::said).unwrap_or_default();
        if let (Some(symptom), Some(Obstacle::Address | Obstacle::Connection)) = (symptom, obstacle)
        {
            let message = format!("{}: {words}", site.found.message);
            return self.fail(StepName::Address, symptom, message, took);
        }
        if symptom.is_none_or(|symptom| symptom.status.is_some()) {
            self.answered.set(true);
        }
        self.add(StepName::Address, StepStatus::Passed, site.found.message.clone());
        match (site.url.scheme(), symptom, obstacle) {
            ("http", ..) => self.skip(StepName::Tls, "none: the endpoint is http"),
            (_, Some(symptom), Some(Obstacle::Tls)) => {
                self.fail(StepName::Tls, symptom, words, took);
            }
            (_, Some(_), Some(Obstacle::Silence | Obstacle::Broken)) => {}
            _ => self.add(StepName::Tls, StepStatus::Passed, "the certificate is trusted"),
        }
    }

    /// What two refusals have in common is the bucket's, or lies before it: then nothing else can
    /// be told. Without refusals: it is there.
    pub(super) fn bucket(&self, site: &Site<'_>, refusals: &[&Symptom]) -> Option<Symptom> {
        let shared = |one: &&&Symptom| {
            one.obstacle.is_some()
                || one.is_elsewhere()
                || ["NoSuchBucket", "InvalidBucketName"].contains(&one.code.as_str())
                || (one.status == Some(404) && one.code.is_empty())
        };
        let found =
            refusals.iter().find(shared).filter(|_| refusals.iter().all(|one| shared(&one)));
        let Some(symptom) = found else {
            if refusals.is_empty() {
                let region = site.s3.region();
                let host = site.s3.url(site.bucket);
                let host = host.host_str().unwrap_or_default();
                let message = format!("{} answers at {host}, region {region}", site.bucket);
                self.add(StepName::Bucket, StepStatus::Passed, message);
            }
            return None;
        };
        let before = matches!(
            symptom.obstacle,
            Some(Obstacle::Address | Obstacle::Connection | Obstacle::Tls)
        );
        if !before {
            let region = symptom.region.as_deref().map(|name| format!(" (it is in {name})"));
            let message = format!("{}{}", symptom.said(), region.unwrap_or_default());
            self.fail(StepName::Bucket, symptom, message, self.begun.elapsed());
        }
        Some((*symptom).clone())
    }

    /// An operation's outcome as its step, and its symptom where it failed.
    pub(super) fn tried(
        &self,
        operation: Operation,
        outcome: Result<(), Symptom>,
        passed: &str,
        site: &Site<'_>,
        elapsed: Duration,
    ) -> Option<Symptom> {
        let name = match operation {
            Operation::Write => StepName::Write,
            Operation::List => StepName::List,
            Operation::Read => StepName::Read,
            Operation::Remove => StepName::Remove,
        };
        let Err(symptom) = outcome else {
            let (status, message) = (StepStatus::Passed, passed.to_owned());
            self.take(Step { name, status, code: None, message, request_id: None, elapsed });
            return None;
        };
        let mut message = symptom.said();
        let is_denied = symptom.code == "AccessDenied" || symptom.code.is_empty();
        if symptom.status == Some(403) && is_denied {
            let permission = operation.permission();
            let Site { bucket, folder, .. } = site;
            message += &match operation {
                Operation::Write => format!(" (needs {permission} on {bucket}/{folder}*)"),
                Operation::Read => format!(" (needs {permission} on {bucket}/{folder}*)"),
                Operation::List => format!(
                    " (needs {permission} on {bucket} for {folder}*: without it the platform's check \
                     may pass, and its jobs fail)"
                ),
                Operation::Remove => format!(
                    " (not removed: {folder}_empty stays; {permission} is lacking, which the platform \
                     does not need)"
                ),
            };
        }
        self.fail(name, &symptom, message, elapsed);
        Some(symptom)
    }

    /// Who the credentials are.
    pub(super) fn identity(&self, subject: &Subject, answer: &Answer) {
        let name = StepName::Identity;
        match answer {
            _ if subject.keys().is_none() => self.skip(name, "there are no keys to ask about"),
            None => self.skip(name, "STS was not asked, or did not answer in time"),
            Some(Ok(found)) => self.add(name, StepStatus::Passed, found.arn.clone()),
            Some(Err(symptom)) => {
                let told = ["ExpiredToken", "InvalidClientTokenId", "SignatureDoesNotMatch"];
                match told.contains(&symptom.code.as_str()) {
                    true => self.fail(name, symptom, symptom.said(), self.begun.elapsed()),
                    false => self.skip(name, &format!("STS does not say: {}", symptom.said())),
                }
            }
        }
    }

    /// Nothing more is waited for.
    pub(super) fn out_of_time(&self, url: &Url, limit: Duration) -> Failure {
        let host = url.host_str().unwrap_or_default();
        let words = format!("{host}: no answer within {} s", limit.as_secs());
        let symptom = Symptom::of(Obstacle::Silence, words);
        let name = if self.has(StepName::Bucket) { StepName::Write } else { StepName::Bucket };
        self.fail(name, &symptom, symptom.said(), self.begun.elapsed());
        Some((symptom, Operation::Write))
    }

    /// All steps in their order; those that were not come to are skipped.
    pub(super) fn finish(self, subject: &Subject) -> Vec<Step> {
        let last: &[StepName] = match subject.kind {
            Kind::Destination => &[StepName::Write, StepName::List, StepName::Remove],
            Kind::Source => &[StepName::List, StepName::Read],
        };
        let first = [StepName::Address, StepName::Tls, StepName::Bucket, StepName::Identity];
        for name in first.iter().chain(last) {
            if !self.has(*name) {
                let (status, elapsed) = (StepStatus::Skipped, self.begun.elapsed());
                let message = "not come to".to_owned();
                let step =
                    Step { name: *name, status, code: None, message, request_id: None, elapsed };
                self.taken.borrow_mut().push(step);
            }
        }
        let mut steps = self.taken.into_inner();
        steps.sort_by_key(|step| step.name);
        steps
    }
}
