//! The tasks of a running sandbox, which end with it.

use hyper::body::{Body, Incoming};
use hyper::{Request, Response, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::{net::TcpListener, task::JoinSet};

/// The listeners, their connections and the checks under way.
#[derive(Default)]
pub(super) struct Tasks(Mutex<JoinSet<()>>);

type BoxError = Box<dyn Error + Send + Sync>;

impl Tasks {
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut running = self.running();
        while running.try_join_next().is_some() {}
        running.spawn(task);
    }

    pub(super) fn abort(&self) {
        self.running().abort_all();
    }

    fn running(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers what comes in on a listener. An error of the handler closes its connection without
    /// an answer.
    pub(super) fn serve<F, B, E>(
        self: &Arc<Self>,
        listener: TcpListener,
        handler: impl Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    ) where
        F: Future<Output = Result<Response<B>, E>> + Send + 'static,
        B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        let tasks = self.clone();
        self.spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    // Out of file handles, most likely: others have to close theirs first.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                };
                let _ = stream.set_nodelay(true);
                let handler = handler.clone();
                tasks.spawn(async move {
                    let mut server = http1::Builder::new();
                    let server = server.timer(TokioTimer::new());
                    // What went wrong is between this connection and its client, who was told or
                    // has left.
                    let _ =
                        server.serve_connection(TokioIo::new(stream), service_fn(handler)).await;
                });
            }
        });
    }
}
