//! `--listen`: the metrics and the probes over HTTP, on a thread of their own, so that neither a
//! busy watch keeps them from being answered nor a client the watch from its work.
//!
//! Everything is bounded: the connections (a new one takes the place of the oldest, so that those
//! who only hold them open keep nobody out), their time, and what is read of each.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::TcpListener;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, LocalSet, spawn_local};
use tokio::time::{sleep, timeout};

use super::board::Board;
use crate::domain::openmetrics;
use crate::error::{Error, Result};

/// Connections at once.
const CONNECTIONS: usize = 32;
/// From the first byte of a request to the end of its head.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// From a connection's beginning to its end.
const TIME: Duration = Duration::from_secs(20);
/// Bytes of a request's head.
const HEAD: usize = 16 << 10;
/// A body has no business here: so much of it is read and forgotten, so that its sender gets to see
/// the answer.
const BODY: usize = 64 << 10;
/// And for so long.
const BODY_TIME: Duration = Duration::from_secs(1);

/// A server at work; it ends when this is dropped.
pub(crate) struct Server {
    _open: oneshot::Sender<Infallible>,
}

/// An address that is listened on, and nobody answers yet.
pub(crate) struct Listener(TcpListener);

impl Listener {
    /// Listens.
    pub(crate) fn bind(address: &str) -> Result<Self> {
        let cannot = |error| Error::usage(format!("cannot listen on {address}: {error}"));
        let listener = TcpListener::bind(address).map_err(cannot)?;
        listener.set_nonblocking(true).map_err(cannot)?;
        Ok(Self(listener))
    }

    /// The address, with the port that was chosen where none was asked for.
    pub(crate) fn url(&self) -> Option<String> {
        self.0.local_addr().ok().map(|address| format!("http://{address}"))
    }

    /// Answers from here on with what a board shows.
    pub(super) fn serve(self, board: Board, now: fn() -> Timestamp) -> Result<Server> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(anyhow::Error::from)?;
        let (open, mut closed) = oneshot::channel();
        let serve = move || {
            LocalSet::new().block_on(&runtime, async move {
                let Ok(listener) = tokio::net::TcpListener::from_std(self.0) else { return };
                let pages = Rc::new(Pages { board, now, metrics: RefCell::default() });
                tokio::select! {
                    () = accept(listener, pages) => {}
                    // Nothing is ever sent: the other end is gone.
                    _ = &mut closed => {}
                }
            });
        };
        let thread = thread::Builder::new().name("listen".into());
        thread.spawn(serve).map_err(anyhow::Error::from)?;
        Ok(Server { _open: open })
    }
}

async fn accept(listener: tokio::net::TcpListener, pages: Rc<Pages>) {
    let mut open: VecDeque<JoinHandle<()>> = VecDeque::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file handles, most likely: others have to close theirs first.
            sleep(Duration::from_millis(50)).await;
            continue;
        };
        open.retain(|one| !one.is_finished());
        if open.len() >= CONNECTIONS {
            open.pop_front().iter().for_each(JoinHandle::abort);
        }
        let pages = Rc::clone(&pages);
        open.push_back(spawn_local(async move {
            // What goes wrong is between this connection and its client.
            let _ = timeout(TIME, connection(stream, pages)).await;
        }));
    }
}

async fn connection(stream: TcpStream, pages: Rc<Pages>) -> hyper::Result<()> {
    let _ = stream.set_nodelay(true);
    let answer = |request| {
        let pages = Rc::clone(&pages);
        async move { Ok::<_, Infallible>(pages.answer(request).await) }
    };
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_buf_size(HEAD);
    http.keep_alive(false).serve_connection(TokioIo::new(stream), service_fn(answer)).await
}

/// The pages that there are.
struct Pages {
    board: Board,
    now: fn() -> Timestamp,
    /// The metrics as they were last asked for, of a second and a version of the board: many who
    /// ask at once get the same.
    metrics: RefCell<Option<(i64, u64, Bytes)>>,
}

impl Pages {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        discard(body).await;
        let page = match head.uri.path() {
            "/metrics" => (StatusCode::OK, openmetrics::MEDIA_TYPE, self.metrics()),
            "/healthz" => plain(self.board.is_alive(), "stuck"),
            "/readyz" => plain(self.board.is_ready(), "no look has succeeded yet"),
            _ => {
                let pages = Bytes::from_static(b"see /metrics, /healthz, /readyz\n");
                (StatusCode::NOT_FOUND, TEXT, pages)
            }
        };
        let readable = [Method::GET, Method::HEAD].contains(&head.method);
        let (status, media_type, body) = match readable || page.0 == StatusCode::NOT_FOUND {
            true => page,
            false => (StatusCode::METHOD_NOT_ALLOWED, TEXT, Bytes::from_static(b"only GET\n")),
        };
        let mut answer = Response::new(Full::new(body));
        *answer.status_mut() = status;
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        answer
    }

    fn metrics(&self) -> Bytes {
        let (version, now) = (self.board.version(), (self.now)());
        let mut last = self.metrics.borrow_mut();
        match &*last {
            Some((second, of, text)) if (*second, *of) == (now.as_second(), version) => {
                text.clone()
            }
            _ => {
                let text = Bytes::from(openmetrics::text(&self.board.metrics(), now));
                *last = Some((now.as_second(), version, text.clone()));
                text
            }
        }
    }
}

const TEXT: &str = "text/plain; charset=utf-8";

/// What a probe is told.
fn plain(good: bool, else_what: &'static str) -> (StatusCode, &'static str, Bytes) {
    match good {
        true => (StatusCode::OK, TEXT, Bytes::from_static(b"ok\n")),
        false => (StatusCode::SERVICE_UNAVAILABLE, TEXT, format!("{else_what}\n").into()),
    }
}

async fn discard(mut body: Incoming) {
    let rest = async {
        let mut length = 0;
        while !body.is_end_stream() && length < BODY {
            match body.frame().await {
                Some(Ok(frame)) => length += frame.data_ref().map_or(0, Bytes::len),
                _ => return,
            }
        }
    };
    let _ = timeout(BODY_TIME, rest).await;
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read, Write};
    use std::time::Instant;

    use super::super::panel::Panel;
    use super::*;

    fn get(url: &str, path: &str) -> io::Result<String> {
        let mut stream = std::net::TcpStream::connect(url.trim_start_matches("http://"))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let status = answer.split(' ').nth(1).unwrap_or_default();
        let body = answer.rsplit("\r\n").next().unwrap_or_default();
        Ok(format!("{status} {}", body.trim_end()))
    }

    #[test]
    fn a_watch_that_turns_no_more_or_misses_its_look_is_not_healthy() -> io::Result<()> {
        let now = Instant::now();
        let ago = |seconds| now.checked_sub(Duration::from_secs(seconds)).unwrap_or(now);
        let board = Board::new((Timestamp::UNIX_EPOCH, ago(31)), [Some("one"), Some("two")]);
        let listener = Listener::bind("127.0.0.1:0").map_err(io::Error::other)?;
        let url = listener.url().unwrap_or_default();
        let _server = listener.serve(board.clone(), || Timestamp::UNIX_EPOCH);
        let health = || get(&url, "/healthz");
        assert_eq!(health()?, "503 stuck", "nothing has turned for half a minute");
        board.turns();
        assert_eq!(health()?, "200 ok");
        // It turns, and one look goes on without an outcome, or the next does not come.
        board.change(1, |two| two.due = Some(ago(0)));
        assert_eq!(health()?, "503 stuck");
        let two = Panel::new(&board, 1);
        two.works();
        assert_eq!(health()?, "200 ok");
        two.rests(Some((Duration::ZERO, Timestamp::UNIX_EPOCH)));
        assert_eq!(health()?, "200 ok", "it may come a minute late");
        board.change(1, |two| {
            two.due = two.due.and_then(|due| due.checked_sub(Duration::from_secs(61)))
        });
        assert_eq!(health()?, "503 stuck");
        // A standby misses nothing.
        two.leads(false);
        assert_eq!(health()?, "200 ok");
        assert_eq!(get(&url, "/readyz")?, "503 no look has succeeded yet", "of the first");
        Ok(())
    }
}
