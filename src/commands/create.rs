//! `uns3 create`: exactly one connector, or a refusal that says why.

use clap::Args;
use futures_util::future::try_join;

use crate::args::credentials::CredentialArgs;
use crate::args::globals::Globals;
use crate::args::selection::KindArg;
use crate::args::settings::SettingArgs;
use crate::args::trying::TryArgs;
use crate::context::Context;
use crate::error::Result;
use crate::ops::check;
use crate::ops::existing;
use crate::ops::preflight;
use crate::ops::session::{self, Pool};
use crate::ops::wanted::Wanted;
use crate::ops::write::New;

/// Create a connector
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  uns3 create invoices-out --remote-url s3://my-bucket/out/ --key AKIA… --secret-file secret --test
  aws sts assume-role … | uns3 create nightly --remote-url s3://my-bucket/ --credentials-file -
  uns3 create public-in --kind source --remote-url s3://open-data/ --anonymous --recursive true
  uns3 create minio --remote-url s3://box/ --endpoint-url https://s3.example.com --key ID --secret-file -
  uns3 --sandbox create demo --remote-url s3://sandbox-bucket/out/ --test")]
pub(crate) struct Create {
    /// The connector's name [env: UNS3_NAME]
    #[arg(value_name = "NAME")]
    name: Option<String>,

    /// The same, as a flag
    #[arg(long = "name", hide_short_help = true, value_name = "NAME", conflicts_with = "name")]
    name_flag: Option<String>,

    #[command(flatten)]
    kind: KindArg,

    /// Succeed if the name exists and its settings agree
    #[arg(long)]
    if_not_exists: bool,

    /// Then check the connection and wait for the verdict
    #[arg(long)]
    test: bool,

    /// Only say what would be created
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    trying: TryArgs,

    #[command(flatten)]
    settings: SettingArgs,

    #[command(flatten)]
    credentials: CredentialArgs,
}

impl Create {
    /// Creates it.
    pub(crate) fn run(self, globals: &Globals, context: &Context) -> Result<()> {
        let Self { name, name_flag, settings, credentials, .. } = &self;
        let (name, kind) = (name.clone().or_else(|| name_flag.clone()), self.kind.kind());
        let mut wanted =
            Wanted::of_flags(globals, context, kind, name, settings.clone(), credentials)?;
        session::open(globals, context, Pool::One, async |session| {
            session.leave_undiagnosed(self.trying.diagnose.no_diagnose);
            let name = wanted.name.clone();
            // Side by side: neither AWS nor the service waits for the other.
            let named = session.client.named(kind, &name);
            let ((config, auth), mut found) = try_join(wanted.config(session), named).await?;
            if self.trying.preflight && !self.dry_run && found.is_empty() {
                let undone = "nothing was created";
                preflight::before(session, kind, &config, Some(&auth), undone).await?;
                // That took time, in which others may have made one of that name.
                found = session.client.named(kind, &name).await?;
            }
            let new = New { kind, name: &name, config: &config, auth: &auth, among: false };
            let connector = match found.as_slice() {
                [] if self.dry_run => return wanted.show(context, &config),
                [] => existing::make(session, &new, self.if_not_exists).await?,
                some => existing::accept(session, some, &config, &auth, self.if_not_exists)?,
            };
            let written = found.is_empty().then_some(Some(&auth));
            let test = self.test && !self.dry_run;
            check::finish(session, &connector, &[], test, written).await
        })
    }
}
