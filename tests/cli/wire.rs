//! HTTP/1.1 by hand on loopback, so that it can break in every way that a real service may.

use std::io::{Read, Write};

/// One request as it came over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// As sent, the query with it.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
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
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
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

/// Serves one connection until its client closes it or a reply says to.
pub(crate) fn serve(mut stream: impl Read + Write, answer: impl Fn(Request) -> Reply) {
    while let Some(request) = read(&mut stream) {
        let (status, headers, body, length) = match answer(request) {
            Reply::Http(status, headers, body) => {
                let length = body.len();
                (status, headers, body, length)
            }
            Reply::Truncated => (200, Vec::new(), b"{\"id\": \"0".to_vec(), 5000),
            Reply::Close => return,
            Reply::Hang => {
                // Until the client gives up.
                let _ = stream.read(&mut [0; 1]);
                return;
            }
        };
        let mut head = format!("HTTP/1.1 {status} Status\r\ncontent-length: {length}\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let sent = stream.write_all(&[head.as_bytes(), &body].concat());
        if sent.and_then(|()| stream.flush()).is_err() || body.len() < length {
            return;
        }
    }
}

fn read(stream: &mut impl Read) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut more = |bytes: &mut Vec<u8>| {
        let mut buffer = [0; 16 << 10];
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
        Some(())
    };
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        more(&mut bytes)?;
        // Not HTTP, such as TLS.
        bytes.first().filter(|first| first.is_ascii_uppercase())?;
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let named = |name: &str| headers.iter().find(|(header, _)| header == name);
    let mut at = end + 4;
    let mut take = |bytes: &mut Vec<u8>, count: usize| {
        while bytes.len() < at + count {
            more(bytes)?;
        }
        at += count;
        Some(bytes[at - count..at].to_vec())
    };
    let mut body = Vec::new();
    if named("transfer-encoding").is_some_and(|(_, value)| value == "chunked") {
        loop {
            let mut size = Vec::new();
            while !size.ends_with(b"\r\n") {
                size.extend(take(&mut bytes, 1)?);
            }
            let size = std::str::from_utf8(&size).ok()?.trim();
            let size = usize::from_str_radix(size, 16).ok()?;
            body.extend(take(&mut bytes, size)?);
            take(&mut bytes, 2)?;
            if size == 0 {
                break;
            }
        }
    } else {
        let length = named("content-length").map_or(0, |(_, value)| value.parse().unwrap());
        body = take(&mut bytes, length)?;
    }
    let body = String::from_utf8(body).ok()?;
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    Some(Request { method, target, headers, body })
}
