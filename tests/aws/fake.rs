//! An S3 whose answers are a test's own, and what it was asked: over http, or over TLS for AWS's own
//! hosts too, to which a proxy of its own leads.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::wire::{Reply, Request, certified, listen};

pub(crate) struct Fake {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl Fake {
    pub(crate) fn new(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::over(None, answer)
    }

    /// The same over TLS at `localhost`, by a certificate for that and for other hosts; its PEM.
    pub(crate) fn over_tls(
        hosts: &[&str],
        answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> (Self, String) {
        let (config, pem) = certified(&[hosts, &["localhost"]].concat());
        (Self::over(Some(config), answer), pem)
    }

    fn over(
        tls: Option<Arc<rustls::ServerConfig>>,
        answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let asked: Arc<Mutex<Vec<Request>>> = Arc::default();
        let shared = Arc::clone(&asked);
        let url = listen(tls, move |request| {
            shared.lock().unwrap().push(request.clone());
            answer(&request)
        });
        Self { url, asked }
    }

    /// A proxy that leads here, whatever host it is asked for.
    pub(crate) fn proxy(&self) -> String {
        let (_, port) = self.url.rsplit_once(':').unwrap();
        let here = format!("127.0.0.1:{port}");
        let port = accept(move |mut stream| {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").unwrap();
            let target = TcpStream::connect(&here).unwrap();
            let (mut back, mut there) = (target.try_clone().unwrap(), stream.try_clone().unwrap());
            thread::spawn(move || std::io::copy(&mut back, &mut there));
            let _ = std::io::copy(&mut stream, &mut &target);
            let _ = target.shutdown(std::net::Shutdown::Both);
        });
        format!("http://127.0.0.1:{port}")
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }

    /// What was asked, sorted: some of it side by side.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.requests().iter().map(Request::line).collect();
        lines.sort();
        lines
    }

    /// The hosts that were asked, each once.
    pub(crate) fn hosts(&self) -> Vec<String> {
        let host = |one: &Request| one.header("host").unwrap_or_default().to_owned();
        let mut hosts: Vec<String> = self.requests().iter().map(host).collect();
        hosts.sort();
        hosts.dedup();
        hosts
    }
}

/// A server that says the same to all who come, whatever they ask; its address.
pub(crate) fn raw(said: Vec<u8>) -> String {
    let port = accept(move |mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(&said);
    });
    format!("http://127.0.0.1:{port}")
}

/// Serves each connection on a thread of its own; the port.
fn accept(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(stream));
        }
    });
    port
}

pub(crate) fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Reply::Http(status, headers.iter().map(own).collect(), body.as_bytes().to_vec())
}

pub(crate) fn refused(status: u16, code: &str, words: &str) -> Reply {
    let body = format!("<Error><Code>{code}</Code><Message>{words}</Message></Error>");
    reply(status, &[("x-amz-request-id", "REQ1")], &body)
}

pub(crate) fn query(request: &Request, name: &str) -> Option<String> {
    let (_, query) = request.target.split_once('?')?;
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// What a good server says to each call about objects.
pub(crate) fn good(request: &Request) -> Reply {
    match request.method.as_str() {
        "PUT" => reply(200, &[("etag", "\"d41d8cd98f00b204e9800998ecf8427e\"")], ""),
        "DELETE" => reply(204, &[], ""),
        _ if query(request, "list-type").is_some() => {
            let file = match query(request, "prefix").as_deref() {
                Some("in/") => "<Contents><Key>in/a b+c.pdf</Key><Size>3</Size></Contents>",
                _ => "",
            };
            let root = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";
            reply(200, &[], &format!("<ListBucketResult {root}>{file}</ListBucketResult>"))
        }
        _ => reply(206, &[("etag", "\"x\"")], "abc"),
    }
}

/// What an STS says of whoever asks.
pub(crate) fn somebody() -> Reply {
    let found = "<Arn>arn:aws:iam::123456789012:user/x</Arn><Account>123456789012</Account>";
    let result = format!("<GetCallerIdentityResult>{found}</GetCallerIdentityResult>");
    reply(200, &[], &format!("<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>"))
}
