//! `uns3 preflight`: from this machine, what the platform's check and its jobs do.

use clap::Args;

use crate::args::credentials::CredentialArgs;
use crate::args::globals::Globals;
use crate::args::place::PlaceArgs;
use crate::args::selection::KindArg;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::ops::credentials::{self, SOURCES, Source};
use crate::ops::preflight::{self, Place};
use crate::ops::runtime;
use crate::ops::service::in_sandbox;
use crate::ops::session::{self, Pool};
use crate::ops::targets;

/// Try a bucket from this machine as the platform would
#[derive(Args, Debug)]
#[command(
    after_help = "For a destination: writes _empty as the platform's check does, lists as each upload of a job does,
and removes what it wrote where it may. For a source: lists, and reads the first file.
Exit codes: 0 all that the platform needs works, 7 it does not.

Examples:
  uns3 preflight --remote-url s3://my-bucket/out/ --key AKIA… --secret-file secret
  uns3 preflight --kind source --remote-url s3://open-data/in/ --anonymous
  uns3 preflight invoices-out --role-arn arn:aws:iam::123456789012:role/uns3 -o json"
)]
pub(crate) struct Preflight {
    /// The name or id of a connector whose bucket is meant; its credentials are to be given, since
    /// the service hides them
    #[arg(value_name = "TARGET", conflicts_with = "remote_url")]
    target: Option<String>,

    #[command(flatten)]
    kind: KindArg,

    #[command(flatten)]
    place: PlaceArgs,

    #[command(flatten)]
    credentials: CredentialArgs,
}

impl Preflight {
    /// Tries it.
    pub(crate) fn run(self, globals: &Globals, context: &Context) -> Result<()> {
        let sandbox = in_sandbox(globals, context);
        let source = credentials::choose(context, &self.credentials, sandbox)?;
        let source = source.map_err(|problems| Error::problems(&problems));
        if let Some(target) = self.target.clone() {
            let source = source?;
            return session::open(globals, context, Pool::One, async |session| {
                let (kinds, until) = (self.kind.kinds(), preflight::deadline());
                let first = async {
                    let found = targets::find_one(&session.client, kinds, &target).await?;
                    let place = Place::of(&found)?;
                    let auth = match preflight::own_auth(&found, source.as_ref()) {
                        Some(auth) => auth,
                        None => {
                            let source = needed(source.as_ref())?;
                            place.judged(source.obtain(session, || place.scope()).await?)?
                        }
                    };
                    Ok(place.subject(auth, Some(found.name())))
                };
                let subject = preflight::first(until, first).await?;
                preflight::show(globals, context, subject, until).await
            });
        }
        let place = Place::of_flags(&self.place, self.kind.kind(), context, sandbox)?;
        let source = source?;
        if sandbox {
            return session::open(globals, context, Pool::One, async |session| {
                let own = session.sandbox_keys().map(|(_, url)| url);
                let place = Place { endpoint_url: place.endpoint_url.or(own), ..place };
                let auth = needed(source.as_ref())?.obtain(session, || place.scope()).await?;
                let subject = place.subject(auth, None);
                preflight::show(globals, context, subject, preflight::deadline()).await
            });
        }
        let source = needed(source.as_ref())?;
        runtime::block_on(context, async {
            let until = preflight::deadline();
            let obtained = source.obtain_alone(globals, context, || place.scope());
            let auth = place.judged(preflight::first(until, obtained).await?)?;
            preflight::show(globals, context, place.subject(auth, None), until).await
        })
    }
}

fn needed(source: Option<&Source>) -> Result<&Source> {
    source.ok_or_else(|| {
        Error::usage(format!("a preflight needs the connector's credentials: {SOURCES}"))
    })
}
