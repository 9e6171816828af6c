//! Making a bucket as a connector needs it: safe to run twice, and loosening nothing that is there.

mod settings;

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use url::Url;

use crate::args::bucket::Wanted;
use crate::args::globals::Globals;
use crate::context::Context;
use crate::domain::s3::bucket_policy::document;
use crate::domain::s3::credentials::{Auth, Keys};
use crate::domain::s3::region;
use crate::domain::s3::script::{Plan, script};
use crate::domain::s3::symptom::{Obstacle, Symptom};
use crate::env;
use crate::error::{Category, Error, Result};
use crate::s3::{Route, S3, Server, Sink};

/// How long a bucket that was made is waited for.
const APPEARS: Duration = Duration::from_secs(60);
/// One request's own limit.
const REQUEST: Duration = Duration::from_secs(20);

/// What is to be made, and where.
pub(crate) struct Making {
    pub(crate) wanted: Wanted,
    /// `None`: that of the endpoint, or us-east-1.
    pub(crate) region: Option<String>,
    /// Whether a flag names the region, so that a bucket elsewhere is another one.
    pub(crate) region_is_given: bool,
    pub(crate) endpoint_url: Option<String>,
    pub(crate) aws_profile: Option<String>,
}

impl Making {
    fn endpoint(&self) -> Result<Option<Url>> {
        let parse = |text: &String| {
            Url::parse(text).map_err(|_| Error::usage("the endpoint URL is not a URL"))
        };
        self.endpoint_url.as_ref().map(parse).transpose()
    }

    fn region(&self) -> Result<String> {
        let endpoint = self.endpoint()?;
        let named = endpoint.as_ref().and_then(|url| url.host_str()).and_then(region::of_host);
        let named = self.region.clone().or_else(|| named.map(str::to_owned));
        match named {
            // It becomes part of a host's name.
            Some(named)
                if !region::is_region(&named)
                    && region::is_aws_endpoint(self.endpoint_url.as_deref()) =>
            {
                Err(Error::usage(format!("{named:?} is no region of AWS's")))
            }
            named => Ok(named.unwrap_or_else(|| "us-east-1".into())),
        }
    }

    /// Whether the account is still to be asked for: nobody else is named.
    pub(crate) fn needs_account(&self) -> bool {
        self.wanted.principals.arns().is_empty()
    }

    /// The statements that the bucket's policy is to have. Where the endpoint is http, all but TLS
    /// cannot be denied.
    fn statements(&self) -> Vec<Value> {
        let Wanted { grant, principals, .. } = &self.wanted;
        let mut statements = grant.statements(&principals.arns());
        if !self.endpoint_url.as_deref().is_some_and(|url| url.starts_with("http://")) {
            statements.push(grant.tls_only());
        }
        statements
    }

    /// The script that does the same.
    pub(crate) fn script(&self) -> Result<String> {
        let policy = document(self.statements());
        Ok(script(&Plan {
            grant: &self.wanted.grant,
            region: &self.region()?,
            endpoint_url: self.endpoint_url.as_deref(),
            aws_profile: self.aws_profile.as_deref(),
            policy: &policy,
        }))
    }

    /// With the account that the credentials are of, where nobody is named.
    pub(crate) async fn with_account(
        mut self,
        globals: &Globals,
        context: &Context,
        auth: &Auth,
    ) -> Result<Self> {
        if !self.needs_account() {
            return Ok(self);
        }
        let region = self.region()?;
        let named = context.environment().first(&env::AWS_STS_URLS).map(str::to_owned);
        let usual = || {
            let host = self.endpoint_url.as_deref();
            let aws = host.is_none_or(|url| {
                Url::parse(url).is_ok_and(|url| url.host_str().is_some_and(region::is_aws))
            });
            aws.then(|| format!("https://sts.{region}.{}/", region::suffix_of(&region)))
        };
        let nobody =
            "say who may use the bucket: --user NAME, --role-arn ARN or --account-id NUMBER";
        let url = named.or_else(usual).ok_or_else(|| Error::usage(nobody))?;
        let url = Url::parse(&url).map_err(|_| Error::usage("the address of STS is not a URL"))?;
        let server = Server::Endpoint(url.clone());
        let sts = connect(globals, context, server, &region, "", auth).await?;
        let found = sts.identity(url, &region).await.map_err(|symptom| {
            failed("tell whose credentials these are (STS)", &symptom).hint(nobody)
        })?;
        self.wanted.principals.account = Some(found.account);
        Ok(self)
    }
}

async fn connect(
    globals: &Globals,
    context: &Context,
    server: Server,
    region: &str,
    bucket: &str,
    auth: &Auth,
) -> Result<S3> {
    let keys: Option<Keys> = match auth {
        Auth::Keys(keys) => Some(keys.clone()),
        Auth::Anonymous | Auth::Ambient => None,
    };
    let route = Route {
        trust: context.trust(globals.ca_file.as_ref()).await?,
        timeout: globals.timeout.min(REQUEST),
        resolved: None,
    };
    let output = std::rc::Rc::clone(&context.output);
    let trace = context.output.traces();
    let trace = trace.then(|| Box::new(move |line: &str| output.trace(line)) as Sink);
    S3::new(server, region, bucket, keys, &route, trace)
}

/// A bucket as it is being made.
pub(super) struct Bucket<'a> {
    pub(super) s3: S3,
    pub(super) name: &'a str,
    pub(super) folder: &'a str,
    /// Whether it is AWS's.
    pub(super) of_aws: bool,
    /// What was changed, in words.
    pub(super) changes: Vec<String>,
}

/// Makes it, or brings one that is there up to it, and shows what was changed.
pub(crate) async fn create(
    globals: &Globals,
    context: &Context,
    making: &Making,
    auth: &Auth,
) -> Result<()> {
    let grant = &making.wanted.grant;
    let region = making.region()?;
    let server = making.endpoint()?.map_or(Server::Aws, Server::Endpoint);
    let s3 = connect(globals, context, server, &region, &grant.bucket, auth).await?;
    let of_aws = s3.url(&grant.bucket).host_str().is_some_and(region::is_aws);
    let (name, folder) = (grant.bucket.as_str(), grant.folder.as_str());
    let mut bucket = Bucket { s3, name, folder, of_aws, changes: Vec::new() };
    let journal = &context.journal;
    let created =
        journal.write("made the bucket", bucket.exist(&region, making.region_is_given)).await?;
    if created {
        journal.done(format!("made the bucket {name}"));
        bucket.appear().await?;
    }
    // Before the policy, so that not even for a moment a wrong one could open the bucket.
    let blocked = async {
        bucket.block(context, created).await?;
        bucket.probe(context).await
    };
    journal.write("blocked public access", blocked).await?;
    bucket.own(context).await?;
    let policy = bucket.grant(context, making.statements()).await?;
    let region = bucket.s3.region();
    show(context, &bucket, &region, created, policy.as_ref())
}

fn show(
    context: &Context,
    bucket: &Bucket<'_>,
    region: &str,
    created: bool,
    policy: Option<&Value>,
) -> Result<()> {
    let name = bucket.name;
    let result = json!({
        "bucket": name,
        "region": region,
        "created": created,
        "changes": bucket.changes,
        "policy": policy,
    });
    let mut words = match bucket.changes.as_slice() {
        [] => format!("bucket {name} in {region}: nothing to change"),
        changes => format!("bucket {name} in {region}:\n  {}", changes.join("\n  ")),
    };
    if created {
        words.push_str("\nAWS may need a while before it works everywhere: uns3 preflight, and then uns3 test NAME --retry-for 2h");
    }
    context.output.object(result, &words)
}

impl Bucket<'_> {
    /// Whether it had to be made. One that someone else owns is refused.
    async fn exist(&mut self, region: &str, region_is_given: bool) -> Result<bool> {
        let taken = |words: &str| {
            let message = format!("the bucket {} belongs to someone else: {words}", self.name);
            Error::new(Category::Conflict, message)
                .hint("bucket names are everybody's: choose another one, or ask its owner")
        };
        let until = Instant::now() + APPEARS;
        match self.s3.head_bucket(self.name).await {
            Ok(found) => return self.adopt(found, region, region_is_given).await.map(|()| false),
            Err(symptom) if symptom.status == Some(403) => return Err(taken(&symptom.said())),
            Err(symptom) if symptom.status == Some(404) => {}
            Err(symptom) if symptom.is_elsewhere() => return Err(self.elsewhere(&symptom, region)),
            Err(symptom) => return Err(failed("look for the bucket", &symptom)),
        }
        // What a redirect taught on the way is of no use for one that is not there.
        loop {
            match self.s3.create_bucket(self.name, region).await {
                Ok(()) => break,
                Err(symptom) => match symptom.code.as_str() {
                    "BucketAlreadyOwnedByYou" => return Ok(false),
                    "BucketAlreadyExists" => return Err(taken(&symptom.said())),
                    "OperationAborted" if Instant::now() < until => {
                        sleep(Duration::from_secs(2)).await;
                    }
                    // The answer was lost: it is looked for, and not asked for again.
                    _ if symptom.obstacle == Some(Obstacle::Broken)
                        && self.s3.head_bucket(self.name).await.is_ok() =>
                    {
                        break;
                    }
                    _ => return Err(failed("make the bucket", &symptom)),
                },
            }
        }
        self.changes.push(format!("made the bucket {} in {region}", self.name));
        Ok(true)
    }

    /// Takes over one that is there. Who cannot read its location does not own it.
    async fn adopt(
        &mut self,
        found: Option<String>,
        region: &str,
        region_is_given: bool,
    ) -> Result<()> {
        let found = match self.s3.location(self.name).await {
            Ok(place) => Some(place),
            Err(symptom) if symptom.status == Some(403) => {
                let message = format!(
                    "the bucket {} exists, and is not these credentials' to change: {}",
                    self.name,
                    symptom.said()
                );
                return Err(Error::new(Category::Conflict, message)
                    .hint("its owner has to do this, or grant s3:GetBucketLocation and the like"));
            }
            // Who answers 200 to everything, and not in S3's words, is a portal.
            Err(symptom) if symptom.status == Some(200) => {
                return Err(failed("look for the bucket", &symptom));
            }
            Err(_) => found,
        };
        match found {
            Some(found) if self.of_aws && found != region && region_is_given => {
                let symptom = Symptom { region: Some(found), ..Symptom::default() };
                Err(self.elsewhere(&symptom, region))
            }
            _ => Ok(()),
        }
    }

    fn elsewhere(&self, symptom: &Symptom, region: &str) -> Error {
        let found = symptom.region.as_deref().unwrap_or("another region");
        let message = format!("the bucket {} exists, in {found} and not in {region}", self.name);
        Error::new(Category::Conflict, message)
            .hint(format!("use it there (--region {found}), or choose another name"))
    }

    /// Waits until it is there for all who ask.
    async fn appear(&self) -> Result<()> {
        let until = Instant::now() + APPEARS;
        loop {
            match self.s3.head_bucket(self.name).await {
                Ok(_) => return Ok(()),
                Err(_) if Instant::now() < until => sleep(Duration::from_millis(500)).await,
                Err(symptom) => {
                    return Err(failed("find the bucket that was just made", &symptom)
                        .hint("run the command again in a few minutes: it goes on from there"));
                }
            }
        }
    }
}

/// What could not be done, in words that follow "cannot", with the server's own.
pub(super) fn failed(what: &str, symptom: &Symptom) -> Error {
    let category = match (symptom.obstacle, symptom.status) {
        (Some(_), _) | (_, Some(429 | 500..)) => Category::Unavailable,
        (_, Some(401 | 403)) => Category::Auth,
        (_, Some(404)) => Category::NotFound,
        (_, Some(409)) => Category::Conflict,
        _ => Category::Usage,
    };
    let mut error = Error::new(category, format!("cannot {what}: {}", symptom.said()));
    error.status = symptom.status;
    error.request_id = symptom.request_id.clone();
    error
}
