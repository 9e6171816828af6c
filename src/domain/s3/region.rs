//! AWS's regions: which part of AWS each is in, and the names of the hosts there.
//!
//! Source: botocore's `partitions.json`.

use url::Url;

/// A part of AWS with accounts and names of its own, how its regions begin, and its hosts end.
const PARTITIONS: [(&str, &str, &str); 8] = [
    ("aws-cn", "cn-", "amazonaws.com.cn"),
    ("aws-us-gov", "us-gov-", "amazonaws.com"),
    ("aws-iso", "us-iso-", "c2s.ic.gov"),
    ("aws-iso-b", "us-isob-", "sc2s.sgov.gov"),
    ("aws-iso-e", "eu-isoe-", "cloud.adc-e.uk"),
    ("aws-iso-f", "us-isof-", "csp.hci.ic.gov"),
    ("aws-eusc", "eusc-", "amazonaws.eu"),
    ("aws", "", "amazonaws.com"),
];

fn partition(region: &str) -> (&'static str, &'static str) {
    let found = PARTITIONS.iter().find(|(_, start, _)| region.starts_with(start));
    found.map_or(("aws", "amazonaws.com"), |(name, _, suffix)| (name, suffix))
}

/// The partition that a region is in.
pub(crate) fn partition_of(region: &str) -> &'static str {
    partition(region).0
}

/// How the hosts of a region end.
pub(crate) fn suffix_of(region: &str) -> &'static str {
    partition(region).1
}

/// Whether a text can be a region: it becomes part of a host's name.
pub(crate) fn is_region(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (2..=40).contains(&text.len()) && text.chars().all(fits)
}

/// Whether a host is AWS's own.
pub(crate) fn is_aws(host: &str) -> bool {
    PARTITIONS.iter().any(|(_, _, suffix)| {
        host.strip_suffix(suffix).is_some_and(|start| start.is_empty() || start.ends_with('.'))
    })
}

/// Whether the server that a connector's endpoint names is AWS's: where it names none, it is.
pub(crate) fn is_aws_endpoint(endpoint_url: Option<&str>) -> bool {
    let named = endpoint_url.filter(|url| !url.is_empty());
    named.is_none_or(|url| Url::parse(url).is_ok_and(|url| url.host_str().is_some_and(is_aws)))
}

/// The region that a host of S3's names, such as `bucket.s3.eu-west-1.amazonaws.com`.
pub(crate) fn of_host(host: &str) -> Option<&str> {
    if !is_aws(host) {
        return None;
    }
    let mut labels =
        host.split('.').skip_while(|label| *label != "s3" && !label.starts_with("s3-"));
    let service = labels.next()?;
    let named = match service.strip_prefix("s3-").filter(|rest| *rest != "fips") {
        // As they were written once: s3-eu-west-1.amazonaws.com.
        Some(region) => Some(region),
        None => labels.find(|label| *label != "dualstack"),
    };
    named.filter(|label| label.contains('-') && is_region(label))
}
