//! What a remote URL that the service does not take was meant to be: `s3://bucket/folder/`.
//!
//! Sources: Amazon S3 User Guide, "Methods for accessing a bucket", "Dual-stack endpoints", "Website
//! endpoints" and "Access points"; the console's addresses as they are today.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::form_urlencoded;

/// What a text that is no remote URL is, and what it was meant to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Meant {
    /// What it is, in words that follow "the remote URL".
    pub(super) what: &'static str,
    /// The URL that was meant; `None` where the text does not tell, or may hold a password.
    pub(super) url: Option<String>,
}

/// Looks at a text that is no remote URL.
pub(super) fn meant(text: &str) -> Meant {
    let lower = text.to_ascii_lowercase();
    let rest = |scheme: &str| lower.starts_with(scheme).then(|| &text[scheme.len()..]);
    let nothing = |what| Meant { what, url: None };
    if text.is_empty() {
        return nothing("is empty");
    }
    if text.trim() != text {
        return Meant { what: "has white space around it", ..meant(text.trim()) };
    }
    if let Some(rest) = rest("s3a://").or_else(|| rest("s3n://")) {
        return told("has Hadoop's scheme", place(rest));
    }
    if let Some(rest) = rest("s3://") {
        // As it stands, where only white space was around it.
        let what = if text.starts_with("s3://") { "" } else { "has its scheme in capitals" };
        return told(what, place(rest));
    }
    if let Some(rest) = rest("s3:") {
        return told("lacks a slash or two after s3:", place(rest.trim_start_matches('/')));
    }
    if lower.starts_with("arn:") {
        return arn(text);
    }
    if let Some(rest) = rest("https://").or_else(|| rest("http://")) {
        return web(rest);
    }
    if text.contains("://") {
        return nothing("has a scheme that is not s3");
    }
    let (host, path) = text.split_once('/').unwrap_or((text, ""));
    if host.contains(".amazonaws.com") {
        return web(text);
    }
    told("does not start with s3://", place(&format!("{host}/{path}")))
}

fn told(what: &'static str, url: Option<String>) -> Meant {
    Meant { what, url }
}

/// A bucket and folder as a remote URL, if that is what they are: nothing that may hold a password
/// is repeated.
fn place(rest: &str) -> Option<String> {
    let (bucket, folder) = rest.split_once('/').unwrap_or((rest, ""));
    let folder = folder.trim_start_matches('/');
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let is_bucket = (3..=63).contains(&bucket.len()) && bucket.chars().all(fits);
    let is_folder = !folder.contains(['?', '#', '@', ':']) && !folder.chars().any(char::is_control);
    if !is_bucket || !is_folder {
        return None;
    }
    Some(format!("s3://{bucket}/{}", with_slash(folder)))
}

/// A folder with a slash at its end; what looks like a file stays one, for uns3 to say so.
fn with_slash(folder: &str) -> Cow<'_, str> {
    match folder.is_empty() || folder.ends_with('/') || is_like_file(folder) {
        true => folder.into(),
        false => format!("{folder}/").into(),
    }
}

/// Whether the last part of a path has an extension, such as `report.pdf`.
pub(super) fn is_like_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').is_some_and(|(name, extension)| {
        !name.is_empty()
            && (1..=5).contains(&extension.len())
            && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && extension.bytes().any(|byte| byte.is_ascii_alphabetic())
    })
}

fn arn(text: &str) -> Meant {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [_, _, service, _, _, resource] = parts[..] else {
        return told("is an ARN", None);
    };
    if resource.starts_with("accesspoint/") || service != "s3" {
        return told("is an ARN of no bucket: the connector takes no access points", None);
    }
    told("is an ARN", place(resource.trim_end_matches('*')))
}

/// A web address: of a bucket, by either style, of the console, or of something else.
fn web(rest: &str) -> Meant {
    const OTHER: &str = "is a web address (the address of a server of your own goes in \
        --endpoint-url)";
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = address.split_once('/').unwrap_or((address, ""));
    let host = host.to_ascii_lowercase();
    let path = percent_decode_str(path).decode_utf8_lossy();
    if host.contains("console.") && host.contains("aws") || host.contains("console.amazonaws") {
        return told("is a page of AWS's console", console(&path, query));
    }
    let suffixes = [".amazonaws.com", ".amazonaws.com.cn"];
    let Some(name) = suffixes.iter().find_map(|suffix| host.strip_suffix(suffix)) else {
        return told(OTHER, None);
    };
    if name.contains(".s3-accesspoint") || name.contains("s3-object-lambda") {
        return told("is the address of an access point, which the connector does not take", None);
    }
    const WEB: &str = "is a web address";
    if is_service(name) {
        return told(WEB, place(&path));
    }
    // The bucket may have dots of its own: the service is the last part that begins as it does.
    let service =
        name.match_indices(".s3").map(|(at, _)| at).filter(|at| is_service(&name[at + 1..]));
    match service.last() {
        Some(at) => told(WEB, place(&format!("{}/{path}", &name[..at]))),
        None => told(OTHER, None),
    }
}

/// `s3`, `s3.eu-west-1`, `s3-eu-west-1`, `s3.dualstack.eu-west-1`, `s3-website.eu-west-1` and so on.
fn is_service(name: &str) -> bool {
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let mut parts = name.split('.');
    parts.next().is_some_and(|first| (first == "s3" || first.starts_with("s3-")) && plain(first))
        && parts.clone().count() <= 2
        && parts.all(plain)
}

/// `/s3/buckets/NAME?prefix=folder/`, or the page of one object.
fn console(path: &str, query: &str) -> Option<String> {
    let mut parts = path.trim_start_matches("s3/").splitn(2, '/');
    let page = parts.next()?;
    if !["buckets", "object", "bucket"].contains(&page) {
        return None;
    }
    let bucket = parts.next()?.split('/').next()?;
    let prefix = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "prefix");
    place(&format!("{bucket}/{}", prefix.map_or(Cow::Borrowed(""), |(_, prefix)| prefix)))
}
