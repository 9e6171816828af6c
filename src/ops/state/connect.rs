//! The way to a shared state: the machine's own AWS credentials, the server, and whether it keeps
//! conditions.

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use super::store::Store;
use crate::args::globals::Globals;
use crate::context::Context;
use crate::domain::s3::credentials::Auth;
use crate::domain::s3::region;
use crate::domain::state::place::Place;
use crate::env;
use crate::error::{Category, Error, Result};
use crate::ops::credentials::AwsSource;
use crate::s3::{Route, S3, Server, Sink};
use crate::storage::pending;

/// The limit of one attempt at a request.
const REQUEST: Duration = Duration::from_secs(6);
/// What is made twice, to see whether a server keeps conditions.
const PROBE: &str = "keeps-conditions.json";

/// The store of a place, and when its credentials end.
pub(super) async fn connect(
    globals: &Globals,
    context: &Context,
    place: &Place,
) -> Result<(Store, Option<Timestamp>)> {
    let Place::Bucket { bucket, prefix } = place else {
        let Place::Folder(path) = place else { unreachable!("there are two kinds") };
        return Ok((Store::Folder(path.into()), None));
    };
    let profile = context.variable(env::STATE_AWS_PROFILE).map(str::to_owned);
    let aws = AwsSource::of_profile(profile).load(globals, context).await.map_err(for_the_state)?;
    let source = AwsSource::of_profile(None);
    let keys = match source.lease(context, &aws, &[]).await.map_err(for_the_state)? {
        Auth::Keys(keys) => keys,
        Auth::Anonymous | Auth::Ambient => unreachable!("the chain gives keys"),
    };
    let ends = keys.expires;
    let endpoint = context.environment().first(&env::AWS_S3_URLS).map(Url::parse).transpose();
    let endpoint = endpoint.map_err(|_| Error::usage("AWS_ENDPOINT_URL_S3 is not a URL"))?;
    let route = Route {
        trust: context.trust(globals.ca_file.as_ref()).await?,
        timeout: globals.timeout.min(REQUEST),
        resolved: None,
    };
    let output = Rc::clone(&context.output);
    let trace = context.output.traces();
    let trace = trace.then(|| Box::new(move |line: &str| output.trace(line)) as Sink);
    let server = match endpoint {
        Some(url) => Server::Endpoint(url),
        // It becomes part of a host's name; another S3 server's may be called anything.
        None if region::is_region(aws.region()) => Server::Aws,
        None => {
            let message = format!("{:?} can be no region of AWS's", aws.region());
            return Err(Error::usage(message).hint("set AWS_REGION"));
        }
    };
    let s3 = S3::new(server, aws.region(), bucket, Some(keys), &route, trace)?;
    let s3 = Box::new(s3);
    Ok((Store::Bucket { s3, bucket: bucket.clone(), prefix: prefix.clone() }, ends))
}

/// What mends the chain's failure here: the flags that choose a connector's credentials do not.
fn for_the_state(error: Error) -> Error {
    let hint =
        format!("sign in to AWS, or name a profile for the state in {}", env::STATE_AWS_PROFILE);
    Error { hints: vec![hint], ..error }
}

/// Says so where the same variables are given to connectors and used here.
pub(super) fn mind_shared_keys(context: &Context, place: &Place) {
    let set = |name| context.variable(name).is_some();
    let is_bucket = matches!(place, Place::Bucket { .. });
    if is_bucket && set(env::KEY_ID) && set(env::SECRET) && !set(env::STATE_AWS_PROFILE) {
        context.output.notice_once(&format!(
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are used for the state at {place} too: \
             UNS3_STATE_AWS_PROFILE names other credentials for it"
        ));
    }
}

/// Tries whether the store makes an object only where there is none; `folder` remembers that it does.
/// `used`: somebody has made objects there before.
pub(super) async fn probe(store: &Store, folder: Option<&Path>, used: bool) -> Result<()> {
    if matches!(store, Store::Folder(_)) || folder.is_some_and(pending::is_trusted) {
        return Ok(());
    }
    let mut made = used;
    // The first is refused too, where this was tried before.
    for _ in 0..2 {
        match store.make(PROBE, b"{}").await {
            Ok(true) => made = true,
            Ok(false) if made || store.read(PROBE).await?.is_some() => {
                folder.into_iter().for_each(pending::trust);
                return Ok(());
            }
            Ok(false) => return Err(without_conditions("it refuses to make what is not there")),
            // Who may only read writes nothing that could get lost.
            Err(error) if error.status == Some(403) => return Ok(()),
            Err(error) if error.status == Some(501) => {
                return Err(without_conditions(&error.message));
            }
            Err(error) => return Err(error),
        }
    }
    Err(without_conditions(
        "it made one object twice, although told to make it only if it is absent",
    ))
}

fn without_conditions(why: &str) -> Error {
    let message = format!("the server does not keep conditional writes: {why}");
    Error::new(Category::Unavailable, message).hint(
        "AWS, Ceph, MinIO and others do in their present versions; or use a folder: --state DIR",
    )
}
