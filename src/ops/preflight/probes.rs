//! What is tried at S3: for a destination a write and, beside it, the list that each upload begins
//! with; for a source a list, and a read of the first file.

use futures_util::future::join;

use super::site::{Failure, Site};
use super::steps::Steps;
use super::subject::Subject;
use crate::domain::kind::Kind;
use crate::domain::s3::credentials::Auth;
use crate::domain::s3::diagnosis::Operation;
use crate::domain::s3::preflight::{StepName, StepStatus};
use crate::domain::s3::symptom::Symptom;
use crate::s3::Listing;

/// Tries what the platform does.
pub(super) async fn run(site: &Site<'_>, subject: &Subject, steps: &Steps<'_>) -> Failure {
    match (&subject.auth, subject.kind) {
        (Auth::Ambient, _) => ambient(site, steps).await,
        (_, Kind::Destination) => destination(site, steps).await,
        (_, Kind::Source) => source(site, subject.recursive, steps).await,
    }
}

async fn destination(site: &Site<'_>, steps: &Steps<'_>) -> Failure {
    let Site { s3, bucket, folder, .. } = site;
    let key = format!("{folder}_empty");
    // An upload looks whether its file is a folder: that of the check's file is as good.
    let prefix = format!("{key}.json/");
    let write = async {
        let begun = steps.begin();
        let outcome = write(site, &key).await;
        steps.reached(site, outcome.result.as_ref().err());
        let elapsed = begun.elapsed();
        if !outcome.left {
            return (outcome, elapsed, None);
        }
        let removing = steps.begin();
        let removed = s3.delete(bucket, &key).await;
        (outcome, elapsed, Some((removed, removing.elapsed())))
    };
    let list = async {
        let begun = steps.begin();
        let outcome = s3.list(bucket, &prefix, true).await.map(|_| ());
        steps.reached(site, outcome.as_ref().err());
        (outcome, begun.elapsed())
    };
    let ((wrote, write_took, removed), (listed, list_took)) = join(write, list).await;
    if let (Err(one), Err(other)) = (&wrote.result, &listed)
        && let Some(symptom) = steps.bucket(site, &[one, other])
    {
        return Some((symptom, Operation::Write));
    }
    steps.bucket(site, &[]);
    let written = format!("{key} can be written, as the platform's check does");
    let write_failure = steps.tried(Operation::Write, wrote.result, &written, site, write_took);
    let seen = "can be listed, as each upload does first";
    let list_failure = steps.tried(Operation::List, listed, seen, site, list_took);
    match removed {
        Some((removed, took)) => {
            let gone = format!("{key} was removed");
            steps.tried(Operation::Remove, removed, &gone, site, took);
        }
        None => steps.skip(StepName::Remove, "nothing was written"),
    }
    write_failure
        .map(|symptom| (symptom, Operation::Write))
        .or_else(|| list_failure.map(|symptom| (symptom, Operation::List)))
}

/// What came of a write, and whether a file may be there now.
struct Written {
    result: Result<(), Symptom>,
    left: bool,
}

/// Writes as the connector does. Where a server of one's own refuses that, once more plainly: if that
/// is taken, the way of sending is the cause.
async fn write(site: &Site<'_>, key: &str) -> Written {
    let Site { s3, bucket, url, .. } = site;
    let result = s3.put_empty(bucket, key, true).await;
    let Err(symptom) = result else { return Written { result, left: true } };
    let own =
        url.scheme() == "https" && !url.host_str().is_some_and(crate::domain::s3::region::is_aws);
    let told = ["ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "NoSuchBucket"];
    let may_be_the_way = symptom.status.is_some_and(|status| (400..=501).contains(&status))
        && !told.contains(&symptom.code.as_str())
        && !symptom.is_elsewhere();
    if !own || !may_be_the_way || s3.put_empty(bucket, key, false).await.is_err() {
        return Written { result: Err(symptom), left: false };
    }
    let words = format!(
        "{} (a plain PUT is taken: the server refuses the checksum that the connector sends after a \
         file)",
        symptom.words
    );
    let code = match symptom.code.as_str() {
        "NotImplemented" | "XAmzContentSHA256Mismatch" => symptom.code.clone(),
        // Whatever it was called: told by what a plain PUT shows.
        _ => "XAmzContentSHA256Mismatch".into(),
    };
    Written { result: Err(Symptom { code, words, ..symptom }), left: true }
}

async fn source(site: &Site<'_>, recursive: bool, steps: &Steps<'_>) -> Failure {
    let Site { s3, bucket, folder, .. } = site;
    let begun = steps.begin();
    let listed = s3.list(bucket, folder, !recursive).await;
    steps.reached(site, listed.as_ref().err());
    let took = begun.elapsed();
    let listing = match listed {
        Ok(listing) => listing,
        Err(symptom) => {
            if let Some(symptom) = steps.bucket(site, &[&symptom]) {
                return Some((symptom, Operation::List));
            }
            steps.bucket(site, &[]);
            let failed = steps.tried(Operation::List, Err(symptom), "", site, took);
            steps.skip(StepName::Read, "nothing was listed");
            return failed.map(|symptom| (symptom, Operation::List));
        }
    };
    steps.bucket(site, &[]);
    let Some(first) = first(&listing, folder) else {
        return nothing_to_read(&listing, site, steps, took);
    };
    let seen = format!("can be listed; the first file is {first}");
    steps.tried(Operation::List, Ok(()), &seen, site, took);
    let begun = steps.begin();
    let read = s3.read(bucket, first).await;
    let can = format!("{first} can be read");
    let failed = steps.tried(Operation::Read, read, &can, site, begun.elapsed());
    failed.map(|symptom| (symptom, Operation::Read))
}

/// The first file of a listing; the marker of the folder itself is none.
fn first<'a>(listing: &'a Listing, folder: &str) -> Option<&'a str> {
    let is_file = |key: &&str| *key != folder && !key.ends_with('/');
    listing.contents.iter().map(|one| one.key.as_str()).find(is_file)
}

fn nothing_to_read(
    listing: &Listing,
    site: &Site<'_>,
    steps: &Steps<'_>,
    took: std::time::Duration,
) -> Failure {
    if listing.common_prefixes.is_empty() && listing.contents.is_empty() {
        let words = "File not found: the folder is empty or is not there".to_owned();
        let code = "NoSuchKey".to_owned();
        let symptom = Symptom { code, words, ..Symptom::default() };
        let failed = steps.tried(Operation::List, Err(symptom), "", site, took);
        steps.skip(StepName::Read, "there is no file");
        return failed.map(|symptom| (symptom, Operation::List));
    }
    steps.tried(Operation::List, Ok(()), "can be listed; it holds folders only", site, took);
    steps.skip(StepName::Read, "there is no file to read: s3:GetObject is not proved");
    None
}

/// The platform's own credentials are not here: what can be seen without them.
async fn ambient(site: &Site<'_>, steps: &Steps<'_>) -> Failure {
    // A listing, though it may be denied: only an answer with a body shows that it is S3's.
    let reached = site.s3.list(site.bucket, site.folder, true).await;
    steps.reached(site, reached.as_ref().err());
    if let Err(symptom) = &reached
        && symptom.status != Some(403)
        && let Some(symptom) = steps.bucket(site, &[symptom])
    {
        return Some((symptom, Operation::List));
    }
    steps.bucket(site, &[]);
    for name in [StepName::Write, StepName::List] {
        steps.add(
            name,
            StepStatus::Skipped,
            "the platform's own credentials are not on this machine",
        );
    }
    None
}
