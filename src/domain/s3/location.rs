//! Where a connector's files are: S3 URLs and the endpoints of other S3 servers.
//!
//! Problems are told in words that repeat no part of a URL that could hold a password.

use std::ops::Range;

use url::Url;

use super::meant::{is_like_file, meant};

/// A remote URL that the service can use: `s3://bucket/folder/`, or a FIPS bucket's
/// `https://bucket.s3-fips.region.amazonaws.com/folder/`. Source: the public API reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteUrl {
    text: String,
    /// Where in the text the bucket's name is.
    bucket: Range<usize>,
    fips: bool,
}

impl RemoteUrl {
    /// Reads a remote URL. Whether its bucket can be AWS's depends on the connector's endpoint, and
    /// is for [`Self::check_bucket`].
    pub fn parse(text: &str) -> Result<Self, String> {
        let (bucket, folder, fips) = match split(text) {
            Some(("", _, false)) => return Err(problem("names no bucket")),
            Some(parts) => parts,
            None => return Err(refused(text)),
        };
        if bucket.contains('@') {
            return Err(problem("must not hold credentials; give them by --key and --secret-file"));
        }
        if bucket.contains(':') {
            return Err(problem("has a port; a server of your own goes in --endpoint-url"));
        }
        check_folder(folder)?;
        check_bucket_anywhere(bucket)?;
        let start = if fips { "https://".len() } else { "s3://".len() };
        Ok(Self { text: text.to_owned(), bucket: start..start + bucket.len(), fips })
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.text[self.bucket.clone()]
    }

    /// The folder in the bucket, with a slash at its end; empty for the whole bucket.
    pub fn folder(&self) -> String {
        let path = self.text[self.bucket.end..].split_once('/').map_or("", |(_, path)| path);
        let folder = path.trim_end_matches('/');
        if folder.is_empty() { String::new() } else { format!("{folder}/") }
    }

    /// The host that a FIPS bucket's URL names.
    pub(crate) fn fips_host(&self) -> Option<&str> {
        let host = self.text.strip_prefix("https://").filter(|_| self.fips)?;
        host.split('/').next()
    }

    /// The URL as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What is odd about it, though the service takes it.
    pub fn doubt(&self) -> Option<String> {
        let (_, path) = self.text[self.bucket.end..].split_once('/')?;
        if path.is_empty() || path.ends_with('/') {
            return None;
        }
        Some(match is_like_file(path) {
            true => {
                problem("looks like a file's: the connector takes a folder, s3://bucket/folder/")
            }
            false => problem(format!("has no slash at its end: its folder is {}/", self.text)),
        })
    }

    /// Checks the bucket's name by the rules of where it is: AWS's, unless a `custom_endpoint` says
    /// that it is another server's.
    pub fn check_bucket(&self, custom_endpoint: bool) -> Result<(), String> {
        match custom_endpoint && !self.fips {
            true => Ok(()),
            false => check_bucket_of_aws(self.bucket()),
        }
    }

    /// The `https` form works with the platform's own credentials only.
    pub fn check_credentials(&self, ambient: bool) -> Result<(), String> {
        match self.fips && !ambient {
            true => Err("a FIPS bucket's https URL works with --ambient-credentials only; else \
                write it as s3://bucket/folder/"
                .into()),
            false => Ok(()),
        }
    }
}

/// The bucket of any remote URL that the service may hold, valid by the rules above or not.
pub fn bucket_of(remote_url: &str) -> Option<&str> {
    split(remote_url).map(|(bucket, _, _)| bucket)
}

/// The folder of any remote URL that the service may hold, with the slash at its end that it has.
pub fn folder_of(remote_url: &str) -> &str {
    split(remote_url).map_or("", |(_, folder, _)| folder)
}

/// (bucket, folder without its leading slash, FIPS form).
fn split(text: &str) -> Option<(&str, &str, bool)> {
    if let Some(rest) = text.strip_prefix("s3://") {
        let (bucket, folder) = rest.split_once('/').unwrap_or((rest, ""));
        return Some((bucket, folder, false));
    }
    let rest = text.strip_prefix("https://")?;
    let (host, folder) = rest.split_once('/').unwrap_or((rest, ""));
    let (bucket, region) = host.strip_suffix(".amazonaws.com")?.split_once(".s3-fips.")?;
    let plain =
        !region.is_empty() && region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    plain.then_some((bucket, folder, true))
}

fn problem(what: impl AsRef<str>) -> String {
    format!("the remote URL {}", what.as_ref())
}

/// Why a text is no remote URL, with the one that was meant, where it tells.
fn refused(text: &str) -> String {
    const FIPS: &str = " (only FIPS buckets are written as \
        https://bucket.s3-fips.region.amazonaws.com/folder/)";
    let meant = meant(text);
    let known = meant.url.filter(|url| RemoteUrl::parse(url).is_ok());
    let fips = if meant.what.contains("web address") { FIPS } else { "" };
    let url = known.as_deref().unwrap_or("s3://bucket/folder/");
    problem(format!("{}; write it as {url}{fips}", meant.what))
}

fn check_folder(folder: &str) -> Result<(), String> {
    let path = folder.strip_suffix('/').unwrap_or(folder);
    if folder.trim() != folder || folder.chars().any(char::is_control) {
        Err(problem("has a control character, or white space at its end"))
    } else if folder.contains(['?', '#']) {
        Err(problem("has a query or fragment (? or #), which S3 folders do not have"))
    } else if folder.starts_with('/') || format!("{path}/").contains("//") {
        Err(problem("has an empty folder in it (//)"))
    } else if path.split('/').any(|part| part == "." || part == "..") {
        Err(problem("has a . or .. folder, which S3 does not resolve"))
    } else if folder.contains("****") {
        Err(problem("holds the service's mask"))
    } else if folder.len() > 1000 {
        Err(problem("is too long: S3 keys end at 1024 bytes"))
    } else {
        Ok(())
    }
}

fn bucket_problem(what: &str) -> String {
    problem(format!("names a bucket that cannot be: {what}"))
}

/// What no URL can hold, whatever the server.
fn check_bucket_anywhere(bucket: &str) -> Result<(), String> {
    let strange = |c: char| !(c.is_ascii_alphanumeric() || "-._".contains(c));
    match bucket.contains(strange) {
        true => Err(bucket_problem("letters, digits, dots, hyphens and underscores only")),
        false => Ok(()),
    }
}

/// AWS's rules for general purpose buckets. Source: Amazon S3 User Guide, "Bucket naming rules".
fn check_bucket_of_aws(bucket: &str) -> Result<(), String> {
    let name = |what: &str| Err(bucket_problem(what));
    let end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if bucket.contains(|c: char| c.is_ascii_uppercase()) {
        name("AWS allows no capitals (other S3 servers: --endpoint-url)")
    } else if bucket.contains(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.')) {
        name("lower-case letters, digits, dots and hyphens only")
    } else if !(3..=63).contains(&bucket.len()) {
        name("3 to 63 characters")
    } else if !end(bucket.chars().next()) || !end(bucket.chars().last()) {
        name("it begins and ends with a letter or digit")
    } else if bucket.contains("..") {
        name("two dots in a row")
    } else if bucket.parse::<std::net::Ipv4Addr>().is_ok() {
        name("it is an IP address")
    } else if bucket.starts_with("xn--") || bucket.starts_with("sthree-") {
        name("that prefix is AWS's own")
    } else {
        Ok(())
    }
}

/// Checks the address of another S3 server; what is fine is sent as it was given.
pub fn check_endpoint(text: &str) -> Result<(), String> {
    let problem = |what: &str| Err(format!("the endpoint URL {what}"));
    if text.trim() != text || text.chars().any(char::is_control) {
        return problem("has white space or a control character in it");
    }
    if !(text.starts_with("https://") || text.starts_with("http://")) {
        return problem("must start with https:// or http://");
    }
    let Ok(url) = Url::parse(text) else {
        return problem("is not a URL; write it as https://host or https://host:port");
    };
    if !url.username().is_empty() || url.password().is_some() {
        return problem("must not hold credentials; give them by --key and --secret-file");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return problem("has a query or fragment; write it as https://host or https://host:port");
    }
    Ok(())
}
