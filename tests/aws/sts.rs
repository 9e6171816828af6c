//! An STS that remembers what it was asked: it hands requests on to moto, or answers by itself.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::fake::Fake;
use crate::harness::{Bench, SECRET, STS_ID, TOKEN};
use crate::wire::{Reply, Request};

/// The user's own long-term keys, with which a role is assumed.
pub(crate) const OWN_ID: &str = "AKIAOWNOWNOWNOWNOWN0";
pub(crate) const OWN_SECRET: &str = "Own/Secret+of-the-user-0123456789abcdefg";
pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/uns3";

pub(crate) struct Sts {
    pub(crate) url: String,
    server: Fake,
}

impl Sts {
    /// moto behind it; `None`: there is none here.
    pub(crate) fn moto() -> Option<Self> {
        let address = crate::moto::address()?;
        Some(Self::answering(move |request| forward(address, request)))
    }

    /// An answer of a test's own.
    pub(crate) fn answering(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let server = Fake::new(answer);
        Self { url: server.url.clone(), server }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.server.requests()
    }

    /// The parameters of each request.
    pub(crate) fn asked(&self) -> Vec<BTreeMap<String, String>> {
        let form =
            |one: &Request| url::form_urlencoded::parse(one.body.as_bytes()).into_owned().collect();
        self.requests().iter().map(form).collect()
    }

    /// The session policy of each request.
    pub(crate) fn policies(&self) -> Vec<Value> {
        let policy = |one: &BTreeMap<String, String>| serde_json::from_str(&one["Policy"]).unwrap();
        self.asked().iter().map(policy).collect()
    }

    /// A bench whose STS this is, with the user's own keys in the environment.
    pub(crate) fn bench(&self) -> Bench {
        self.without_keys()
            .with("AWS_ACCESS_KEY_ID", OWN_ID)
            .with("AWS_SECRET_ACCESS_KEY", OWN_SECRET)
    }

    /// The same without.
    pub(crate) fn without_keys(&self) -> Bench {
        Bench::new()
            .with("AWS_ENDPOINT_URL", &self.url)
            .with("AWS_REGION", "eu-central-1")
            .with("AWS_EC2_METADATA_DISABLED", "true")
            .with("NO_PROXY", "127.0.0.1")
    }
}

fn forward(address: &str, request: &Request) -> Reply {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut head =
        format!("{} {} HTTP/1.1\r\nconnection: close\r\n", request.method, request.target);
    for (name, value) in request.headers.iter().filter(|(name, _)| *name != "connection") {
        head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
    }
    stream.write_all(format!("{head}\r\n{}", request.body).as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    xml(status, body)
}

pub(crate) fn xml(status: u16, body: &str) -> Reply {
    Reply::Http(status, vec![("content-type".into(), "text/xml".into())], body.as_bytes().to_vec())
}

/// An error as STS tells it: the request's id stands in a header too.
pub(crate) fn error(status: u16, code: &str, message: &str) -> Reply {
    let mut reply = xml(
        status,
        &format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
             <Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>5e1b0d5e</RequestId></ErrorResponse>"
        ),
    );
    if let Reply::Http(_, headers, _) = &mut reply {
        headers.push(("x-amzn-requestid".into(), "5e1b0d5e".into()));
    }
    reply
}

/// The credentials of an assumed role: the tests' own.
pub(crate) fn assumed(action: &str, expiration: &str) -> Reply {
    let plain = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let (secret, token) = (plain(SECRET), plain(TOKEN));
    xml(
        200,
        &format!(
            "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>\
             <Credentials><AccessKeyId>{STS_ID}</AccessKeyId>\
             <SecretAccessKey>{secret}</SecretAccessKey><SessionToken>{token}</SessionToken>\
             <Expiration>{expiration}</Expiration></Credentials></{action}Result></{action}Response>"
        ),
    )
}
