//! The objects of a shared state, in a bucket or in a folder: listed, read, made, removed.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use tokio::time::timeout;

use crate::domain::s3::symptom::Symptom;
use crate::error::{Category, Error, Result};
use crate::s3::S3;
use crate::storage::objects;

/// No request is waited for longer, however slowly its answer comes and however often it is sent.
const REQUEST: Duration = Duration::from_secs(10);

/// Where the objects are.
pub(super) enum Store {
    /// In a folder.
    Folder(PathBuf),
    /// In a bucket, below what the keys begin with.
    Bucket { s3: Box<S3>, bucket: String, prefix: String },
}

/// An object of a listing.
pub(super) struct Found {
    /// Its name below the folder that was listed.
    pub(super) name: String,
    /// When it was made.
    pub(super) made: Option<Timestamp>,
}

/// What a listing showed.
pub(super) struct Listed {
    /// The first thousand objects, by name.
    pub(super) objects: Vec<Found>,
    /// The time by the clock that dates them.
    pub(super) now: Timestamp,
}

impl Store {
    /// The objects whose names begin with a folder.
    pub(super) async fn list(&self, folder: &str) -> Result<Listed> {
        match self {
            Self::Folder(root) => {
                let path = root.join(folder);
                let now = objects::now(&path);
                let listed = objects::list(&path, now).map_err(|error| broken("list", &error))?;
                let object = |(name, made)| Found { name, made: timestamp(made) };
                let objects = listed.into_iter().map(object).collect();
                Ok(Listed { objects, now: timestamp(now).unwrap_or_default() })
            }
            Self::Bucket { s3, bucket, prefix } => {
                let prefix = format!("{prefix}{folder}");
                let (page, date) = limited("list", s3.page(bucket, &prefix)).await?;
                let object = |one: crate::s3::Object| Found {
                    name: one.key.strip_prefix(&prefix).unwrap_or_default().to_owned(),
                    made: one.last_modified.parse().ok(),
                };
                let objects = page.contents.into_iter().map(object).collect();
                let date = date.and_then(|date| httpdate::parse_http_date(&date).ok());
                let now = timestamp(date.unwrap_or_else(SystemTime::now)).unwrap_or_default();
                Ok(Listed { objects, now })
            }
        }
    }

    /// The folders in a folder, each with a slash at its end.
    pub(super) async fn folders(&self, folder: &str) -> Result<Vec<String>> {
        let listed = self.list(folder).await?;
        let first = |one: &Found| one.name.split('/').next().unwrap_or_default().to_owned();
        let mut names: Vec<String> = listed.objects.iter().map(first).collect();
        names.dedup();
        Ok(names.into_iter().map(|name| format!("{folder}{name}/")).collect())
    }

    /// The whole of an object; `None`: there is none.
    pub(super) async fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Folder(root) => {
                objects::read(&root.join(name)).map_err(|error| broken("read", &error))
            }
            Self::Bucket { s3, bucket, prefix } => {
                limited("read", s3.whole(bucket, &format!("{prefix}{name}"))).await
            }
        }
    }

    /// Makes an object; `false`: there is one already.
    pub(super) async fn make(&self, name: &str, bytes: &[u8]) -> Result<bool> {
        match self {
            Self::Folder(root) => {
                objects::make(&root.join(name), bytes).map_err(|error| broken("write", &error))
            }
            Self::Bucket { s3, bucket, prefix } => {
                limited("write", s3.make(bucket, &format!("{prefix}{name}"), bytes)).await
            }
        }
    }

    /// Removes an object; one that stays does no harm.
    pub(super) async fn remove(&self, name: &str) {
        match self {
            Self::Folder(root) => {
                let _ = std::fs::remove_file(root.join(name));
            }
            Self::Bucket { s3, bucket, prefix } => {
                let _ = limited("remove", s3.delete(bucket, &format!("{prefix}{name}"))).await;
            }
        }
    }
}

fn timestamp(time: SystemTime) -> Option<Timestamp> {
    Timestamp::try_from(time).ok()
}

fn broken(what: &str, error: &std::io::Error) -> Error {
    Error::new(Category::Unavailable, format!("cannot {what}: {error}"))
}

/// An answer within its time, or why there is none. What was refused and what was not answered are
/// the same here: the state cannot be used.
async fn limited<T>(what: &str, call: impl Future<Output = Result<T, Symptom>>) -> Result<T> {
    let why = match timeout(REQUEST, call).await {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(symptom)) => {
            let mut error =
                Error::new(Category::Unavailable, format!("cannot {what}: {}", symptom.said()));
            error.status = symptom.status;
            error.request_id = symptom.request_id;
            return Err(error);
        }
        Err(_) => format!("no answer within {} s", REQUEST.as_secs()),
    };
    Err(Error::new(Category::Unavailable, format!("cannot {what}: {why}")))
}
