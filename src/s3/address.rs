//! Where a call goes: the host of a bucket in a region, and keys in the spelling that S3 signs.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::domain::s3::region;

/// All that S3 wants escaped. Source: Amazon S3 API Reference, "Signature calculations", UriEncode.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PATH: &AsciiSet = &STRICT.remove(b'/');

/// The server: AWS's own hosts, by region and bucket, or another one.
#[derive(Clone, Debug)]
pub(crate) enum Server {
    /// Amazon S3.
    Aws,
    /// A bucket's own host for FIPS.
    Bucket(Url),
    /// The endpoint that a connector names, asked in path style as the connector asks it.
    Endpoint(Url),
}

impl Server {
    /// The host that is asked first, for a bucket in a region.
    pub(crate) fn url(&self, region: &str, bucket: &str) -> Url {
        match self {
            Self::Endpoint(url) | Self::Bucket(url) => url.clone(),
            Self::Aws => aws(region, bucket),
        }
    }

    /// The URL of an object, or of the bucket where there is no key.
    pub(crate) fn at(&self, region: &str, bucket: &str, key: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.url(region, bucket);
        let base = url.path().trim_end_matches('/').to_owned();
        let key = utf8_percent_encode(key, PATH).to_string();
        let in_path = match self {
            Self::Endpoint(_) => !bucket.is_empty(),
            Self::Aws => bucket.contains('.'),
            Self::Bucket(_) => false,
        };
        url.set_path(&match (in_path, key.is_empty()) {
            (true, true) => format!("{base}/{bucket}"),
            (true, false) => format!("{base}/{bucket}/{key}"),
            (false, _) => format!("{base}/{key}"),
        });
        let pair = |(name, value): &(&str, &str)| match value.is_empty() {
            true => (*name).to_owned(),
            false => format!("{name}={}", utf8_percent_encode(value, STRICT)),
        };
        let query: Vec<String> = query.iter().map(pair).collect();
        url.set_query((!query.is_empty()).then(|| query.join("&")).as_deref());
        url
    }
}

/// A bucket with a dot in its name has no host of its own: AWS's certificates hold for one label.
fn aws(region: &str, bucket: &str) -> Url {
    let suffix = region::suffix_of(region);
    let host = format!("s3.{region}.{suffix}");
    let host = match bucket.contains('.') || bucket.is_empty() {
        true => host,
        false => format!("{bucket}.{host}"),
    };
    Url::parse(&format!("https://{host}/")).unwrap_or_else(|_| unreachable!("checked names"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(server: &Server, region: &str, bucket: &str, key: &str) -> String {
        server.at(region, bucket, key, &[]).into()
    }

    /// Source of the hosts: botocore's rules of endpoints.
    #[test]
    fn a_bucket_of_aws_has_a_host_by_its_region_and_name() {
        let aws = |region, bucket| at(&Server::Aws, region, bucket, "a b+c/é*~.txt");
        let key = "a%20b%2Bc/%C3%A9%2A~.txt";
        for (region, host) in [
            ("us-east-1", "s3.us-east-1.amazonaws.com"),
            ("ap-southeast-7", "s3.ap-southeast-7.amazonaws.com"),
            ("us-gov-west-1", "s3.us-gov-west-1.amazonaws.com"),
            ("cn-north-1", "s3.cn-north-1.amazonaws.com.cn"),
            ("us-iso-east-1", "s3.us-iso-east-1.c2s.ic.gov"),
            ("us-isob-east-1", "s3.us-isob-east-1.sc2s.sgov.gov"),
            ("eusc-de-east-1", "s3.eusc-de-east-1.amazonaws.eu"),
        ] {
            assert_eq!(aws(region, "data"), format!("https://data.{host}/{key}"));
            // A certificate holds for one label: a dotted bucket stands in the path.
            assert_eq!(aws(region, "da.ta"), format!("https://{host}/da.ta/{key}"));
        }
    }

    #[test]
    fn an_endpoint_is_asked_in_path_style_below_its_own_path() {
        let endpoint = |url: &str| Server::Endpoint(Url::parse(url).unwrap());
        let plain = endpoint("http://127.0.0.1:9000");
        assert_eq!(at(&plain, "x", "Da_ta", "k"), "http://127.0.0.1:9000/Da_ta/k");
        assert_eq!(at(&plain, "x", "data", ""), "http://127.0.0.1:9000/data");
        let below = endpoint("https://s3.example.com/store/");
        assert_eq!(at(&below, "x", "data", "k/"), "https://s3.example.com/store/data/k/");
        let query = [("list-type", "2"), ("prefix", "a b/*"), ("policy", "")];
        let url = below.at("x", "data", "", &query);
        assert_eq!(url.query(), Some("list-type=2&prefix=a%20b%2F%2A&policy"));
    }

    #[test]
    fn a_bucket_for_fips_keeps_its_own_host() {
        let url = "https://data.s3-fips.us-gov-east-1.amazonaws.com/";
        let server = Server::Bucket(Url::parse(url).unwrap());
        assert_eq!(at(&server, "us-gov-east-1", "data", "out/k"), format!("{url}out/k"));
        assert_eq!(region::of_host(server.url("", "").host_str().unwrap()), Some("us-gov-east-1"));
    }

    #[test]
    fn the_region_of_a_host_is_aws_s_own() {
        for (host, region) in [
            ("s3.eu-west-1.amazonaws.com", Some("eu-west-1")),
            ("data.s3.dualstack.eu-west-1.amazonaws.com", Some("eu-west-1")),
            ("s3-eu-west-1.amazonaws.com", Some("eu-west-1")),
            ("data.s3.cn-north-1.amazonaws.com.cn", Some("cn-north-1")),
            ("s3.amazonaws.com", None),
            ("s3.eu-west-1.amazonaws.com.evil.example", None),
            ("s3.eu-west-1.notamazonaws.com", None),
        ] {
            assert_eq!(region::of_host(host), region, "{host}");
        }
    }
}
