//! Where a shared state is: below a folder of a bucket, or in a folder of the file system.

use std::fmt;

use crate::domain::s3::location::RemoteUrl;

/// Where a shared state is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A folder of the file system, such as one that machines share.
    Folder(String),
    /// A bucket and what all keys in it begin with: empty, or with a slash at its end.
    Bucket {
        /// The bucket's name.
        bucket: String,
        /// What the keys begin with.
        prefix: String,
    },
}

impl Place {
    /// Reads `s3://bucket/prefix/` or a folder's path. Off AWS, by a `custom_endpoint`, buckets may
    /// have other names.
    pub fn parse(text: &str, custom_endpoint: bool) -> Result<Self, String> {
        let lower = text.to_ascii_lowercase();
        let is_url = text.contains("://") || lower.starts_with("s3:") || lower.starts_with("arn:");
        if text.trim().is_empty() || !is_url {
            return match text.trim().is_empty() {
                true => Err("the state's place is empty: s3://bucket/prefix/, or a folder".into()),
                false => Ok(Self::Folder(text.to_owned())),
            };
        }
        let url = RemoteUrl::parse(text).and_then(|url| {
            url.check_bucket(custom_endpoint)?;
            match url.fips_host() {
                Some(_) => Err("the remote URL is a web address; write it as s3://…".to_owned()),
                None => Ok(url),
            }
        });
        let url = url.map_err(|problem| problem.replace("the remote URL", "the state URL"))?;
        Ok(Self::Bucket { bucket: url.bucket().into(), prefix: url.folder() })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => f.write_str(path),
            Self::Bucket { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_and_folders_are_told_apart() {
        let place = |text: &str| Place::parse(text, false).map(|place| place.to_string());
        for (text, is) in [
            ("s3://my-bucket/team/uns3", "s3://my-bucket/team/uns3/"),
            ("s3://my-bucket", "s3://my-bucket/"),
            ("/var/lib/uns3", "/var/lib/uns3"),
            ("state", "state"),
        ] {
            assert_eq!(place(text).as_deref(), Ok(is));
        }
        for wrong in [
            "",
            " ",
            "s3://",
            "s3:/b/x",
            "S3://my-bucket/",
            "https://my-bucket/x",
            "s3://a/",
            "arn:aws:s3:::my-bucket",
        ] {
            let told = |problem: &String| problem.starts_with("the state");
            assert!(place(wrong).as_ref().is_err_and(told), "{wrong}");
        }
    }
}
