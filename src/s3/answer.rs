//! What an S3 server answered, and its refusals in XML made symptoms.

use reqwest::StatusCode;
use reqwest::header::{ETAG, HeaderMap, LOCATION};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::domain::s3::region;
use crate::domain::s3::symptom::{Obstacle, Symptom};

/// An answer with a status that is a success.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// An error's XML, S3's at its root or STS's one level below, and no deeper: as deep as a server
/// nests it, reading it would go.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Refusal {
    code: String,
    message: String,
    region: Option<String>,
    endpoint: Option<String>,
    request_id: Option<String>,
    error: Option<Inner>,
}

/// STS's.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Inner {
    code: String,
    message: String,
}

/// Characters of a server's words that are kept.
const WORDS: usize = 600;

impl Answer {
    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The object's version, by which a server shows that it stored or read it. A content type shows
    /// nothing: Swift's is `text/html`, and a captive portal answers 200 to everything.
    pub(crate) fn etag(&self) -> Result<&str, Symptom> {
        self.header(ETAG.as_str()).ok_or_else(|| self.not_s3("without an ETag"))
    }

    /// The body as XML with this root.
    pub(crate) fn xml<T: DeserializeOwned>(&self, root: &str) -> Result<T, Symptom> {
        let text = String::from_utf8_lossy(&self.body);
        let is = text.contains(&format!("<{root}"));
        let read = quick_xml::de::from_str(&text).ok().filter(|_| is);
        read.ok_or_else(|| self.not_s3(&format!("without {root}")))
    }

    /// The body, which is JSON.
    pub(crate) fn json_text(&self) -> Result<String, Symptom> {
        let read = serde_json::from_slice::<&serde_json::value::RawValue>(&self.body);
        read.map(|text| text.get().to_owned()).map_err(|_| self.not_s3("without a policy"))
    }

    fn not_s3(&self, lacking: &str) -> Symptom {
        let seen = visible(&self.body);
        let words = match seen.as_str() {
            "" => format!("the server answered {} {lacking}", self.status),
            seen => format!("the server answered {} {lacking}: {seen}", self.status),
        };
        Symptom { status: Some(self.status.as_u16()), ..Symptom::of(Obstacle::NotS3, words) }
    }

    /// The symptom that an answer is which is no success; `from` is the URL that was asked.
    pub(super) fn refusal(&self, from: &Url) -> Symptom {
        let text = String::from_utf8_lossy(&self.body);
        let mut read: Refusal = quick_xml::de::from_str(&text).unwrap_or_default();
        if let Some(Inner { code, message }) = read.error.take() {
            (read.code, read.message) = (code, message);
        }
        let id = read.request_id.take();
        let id = ["x-amz-request-id", "x-amzn-requestid"]
            .iter()
            .find_map(|name| self.header(name).map(clean))
            .or(id);
        let location = self.header(LOCATION.as_str()).and_then(|to| from.join(to).ok());
        let hosts = [
            read.endpoint.clone(),
            location.as_ref().and_then(|to| to.host_str().map(str::to_owned)),
        ];
        let region = self
            .header("x-amz-bucket-region")
            .map(str::to_owned)
            .or(read.region)
            .or_else(|| expected(&read.message))
            .or_else(|| {
                hosts.iter().flatten().find_map(|host| region::of_host(host).map(str::to_owned))
            })
            .filter(|name| region::is_region(name));
        // What stands before an S3 says that it is down in its own words, or in none.
        let is_down = matches!(self.status.as_u16(), 429 | 500 | 502..=504);
        let speaks_s3 = !read.code.is_empty() || id.is_some() || region.is_some() || is_down;
        let words = match (read.code.is_empty(), location) {
            (true, Some(to)) if self.status.is_redirection() => {
                format!("redirects to {}", origin(&to))
            }
            (true, _) => visible(&self.body),
            (false, _) => clean(&read.message),
        };
        Symptom {
            status: Some(self.status.as_u16()),
            code: clean(&read.code),
            words,
            obstacle: (!speaks_s3).then_some(Obstacle::NotS3),
            region,
            request_id: id,
        }
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// The region in words such as `the region 'us-east-1' is wrong; expecting 'eu-west-1'`.
fn expected(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("expecting '")?;
    rest.split_once('\'').map(|(name, _)| name.to_owned())
}

/// The text that a page shows, without its markup, cut.
fn visible(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(4096)]);
    let mut seen = String::new();
    let mut inside = false;
    for c in text.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                seen.push(' ');
            }
            c if !inside => seen.push(c),
            _ => {}
        }
    }
    clean(&seen)
}

/// A server's words in one line, without what could steer a terminal, and not too many.
fn clean(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().filter(|c| !c.is_control()).take(WORDS).collect()
}
