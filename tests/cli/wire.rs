//! HTTP on loopback that can break in every way in which that of a real service may.

use std::error::Error;
use std::future::pending;
use std::io::{self, ErrorKind};
use std::sync::{Arc, LazyLock};
use std::thread;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Body, Frame, Incoming};
use hyper::{HeaderMap, Response, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{spawn_blocking, yield_now};
use tokio_rustls::TlsAcceptor;

/// One for all servers: tests would run out of file handles if each server had its own.
static SERVERS: LazyLock<Runtime> = LazyLock::new(|| {
    thread::spawn(|| SERVERS.block_on(pending::<()>()));
    Builder::new_current_thread().enable_io().build().unwrap()
});

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// One request as it came over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// As sent, the query with it.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// How a request is answered.
#[derive(Clone)]
pub(crate) enum Reply {
    /// With a status, headers and a body.
    Http(u16, Vec<(String, String)>, Vec<u8>),
    /// By closing the connection.
    Close,
    /// Never; the connection stays open.
    Hang,
    /// With a body that ends before its announced length.
    Truncated,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The path below the API's root; another path is left whole, so that tests see it.
    pub(crate) fn path(&self) -> &str {
        let path = self.target.split('?').next().unwrap();
        path.strip_prefix("/api/v1").unwrap_or(path)
    }

    /// `GET /destinations/?destination_type=s3`, for assertions.
    pub(crate) fn line(&self) -> String {
        let target = self.target.strip_prefix("/api/v1").unwrap_or(&self.target);
        format!("{} {target}", self.method)
    }

    /// The body as JSON, null where it is none.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// TLS for some hosts, and the PEM of the certificate that vouches for them.
pub(crate) fn certified(hosts: &[&str]) -> (Arc<ServerConfig>, String) {
    let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let made = rcgen::generate_simple_self_signed(hosts).unwrap();
    let key = made.signing_key.serialize_der().try_into().unwrap();
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    (Arc::new(config), made.cert.pem())
}

/// Serves a port of its own until the process ends, over TLS where there is a configuration for it;
/// its address. Each answer has a thread while it is thought of.
pub(crate) fn listen(
    tls: Option<Arc<ServerConfig>>,
    answer: impl Fn(Request) -> Reply + Send + Sync + 'static,
) -> String {
    let listener = SERVERS.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let origin = if tls.is_some() { "https://localhost" } else { "http://127.0.0.1" };
    let url = format!("{origin}:{}", listener.local_addr().unwrap().port());
    let (tls, answer) = (tls.map(TlsAcceptor::from), Arc::new(answer));
    SERVERS.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (tls, answer) = (tls.clone(), Arc::clone(&answer));
            tokio::spawn(async move {
                let stream: Box<dyn Stream> = match tls {
                    None => Box::new(stream),
                    Some(tls) => Box::new(tls.accept(stream).await?),
                };
                let service = service_fn(|request| respond(request, Arc::clone(&answer)));
                let mut http = http1::Builder::new();
                let http = http.auto_date_header(false);
                http.serve_connection(TokioIo::new(stream), service).await.map_err(io::Error::other)
            });
        }
    });
    url
}

/// An error closes the connection.
async fn respond(
    request: hyper::Request<Incoming>,
    answer: Arc<impl Fn(Request) -> Reply + Send + Sync + 'static>,
) -> Result<Response<impl Body<Data = Bytes, Error = io::Error>>, Box<dyn Error + Send + Sync>> {
    let (head, body) = request.into_parts();
    let body = String::from_utf8(body.collect().await?.to_bytes().into())?;
    let (method, target) = (head.method.to_string(), head.uri.to_string());
    let request = Request { method, target, headers: head.headers, body };
    let (status, headers, body, missing) = match spawn_blocking(move || answer(request)).await? {
        Reply::Http(status, headers, body) => (status, headers, body, None),
        Reply::Truncated => (200, Vec::new(), b"{\"id\": \"0".to_vec(), Some(5000)),
        Reply::Close => return Err("closed".into()),
        Reply::Hang => pending().await,
    };
    let length = body.len() + missing.unwrap_or(0);
    let mut response = Response::builder().status(status).header("content-length", length);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    let end = stream::iter(missing).then(|_| async {
        // What is there goes out while the rest is waited for.
        yield_now().await;
        Err(ErrorKind::ConnectionAborted.into())
    });
    let body = stream::iter([Ok(Frame::data(Bytes::from(body)))]).chain(end);
    Ok(response.body(StreamBody::new(body))?)
}
