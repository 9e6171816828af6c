//! How anything that a server sent is made fit to be printed.

use reqwest::header::HeaderMap;

/// Headers that name a request, for a report to the service's support.
const REQUEST_IDS: [&str; 4] =
    ["x-request-id", "request-id", "x-correlation-id", "x-amzn-requestid"];

pub(super) fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = REQUEST_IDS.iter().find_map(|name| headers.get(*name))?;
    Some(clean(&String::from_utf8_lossy(id.as_bytes()), 200))
}

/// One line of at most `limit` characters, without any that could steer a terminal.
pub(super) fn clean(text: &str, limit: usize) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut line: String = plain.take(limit).collect();
    if text.chars().nth(limit).is_some() {
        line.push('…');
    }
    line
}

/// What a reader of an HTML page would see: no tags, no scripts, white space folded.
pub(super) fn visible(text: &str) -> String {
    if !text.trim_start().starts_with('<') {
        return text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    let title = text.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    let body = title.map_or(text, |(title, _)| title);
    let mut tag = false;
    let seen = body.chars().map(|c| {
        tag = (tag || c == '<') && c != '>';
        if tag || c == '>' { ' ' } else { c }
    });
    seen.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}
