//! `uns3 update`: changes what was asked, keeps the rest, never destroys a secret.

use clap::Args;
use tokio::time::Instant;

use crate::args::credentials::CredentialArgs;
use crate::args::globals::Globals;
use crate::args::selection::KindArg;
use crate::args::settings::SettingArgs;
use crate::args::trying::TryArgs;
use crate::context::Context;
use crate::domain::difference;
use crate::error::Result;
use crate::ops::leases::Recorded;
use crate::ops::session::{self, Pool};
use crate::ops::write::{self, Replacement};
use crate::ops::{change, check, preflight, targets};

/// Change a connector's settings or credentials; the rest stays
#[derive(Args, Debug)]
#[command(
    after_help = "The service hides the secrets it has and wants every setting written anew: so a connector with
keys needs them again for any change.

Examples:
  uns3 update invoices-out --remote-url s3://my-bucket/new/ --key AKIA… --secret-file secret
  aws sts assume-role … | uns3 update nightly --credentials-file - --test
  uns3 update public-in --kind source --recursive true
  uns3 update invoices-out --credentials-file new.json --dry-run"
)]
pub(crate) struct Update {
    /// The connector's name or id
    #[arg(value_name = "TARGET")]
    target: String,

    #[command(flatten)]
    kind: KindArg,

    /// Then check the connection and wait for the verdict
    #[arg(long)]
    test: bool,

    /// Only say what would change
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    trying: TryArgs,

    #[command(flatten)]
    settings: SettingArgs,

    #[command(flatten)]
    credentials: CredentialArgs,
}

impl Update {
    /// Updates it.
    pub(crate) fn run(self, globals: &Globals, context: &Context) -> Result<()> {
        let Self { target, settings, .. } = &self;
        let test = self.test && !self.dry_run;
        let (mut change, source) =
            change::of_flags(context, target, self.kind.kind(), settings, &self.credentials)?;
        session::open(globals, context, Pool::One, async |session| {
            session.leave_undiagnosed(self.trying.diagnose.no_diagnose);
            let current = targets::find_one(&session.client, self.kind.kinds(), target).await?;
            let read_at = Instant::now();
            change::refuse_unfit(settings, current.kind)?;
            change::add_credentials(session, &current, source.as_ref(), &mut change).await?;
            let wanted = change::whole(context, &current, &change)?;
            let differences = difference::between(current.config(), &wanted);
            let title = current.title();
            if differences.is_empty() {
                context.output.notice(&format!("{title}: nothing to change"));
                return check::finish(session, &current, &[], test, None).await;
            }
            if self.dry_run {
                let planned = current.with_config(&wanted);
                let would = format!("would update {title}");
                return context.output.planned(&would, planned, &differences);
            }
            if self.trying.preflight {
                let (kind, auth) = (current.kind, change.auth.as_ref());
                preflight::before(session, kind, &wanted, auth, "nothing was changed").await?;
            }
            let auth = change.auth.as_ref().map(|auth| (auth, Recorded::Replaced));
            let new = Replacement { current: &current, read_at, config: &wanted, auth };
            let written = write::update(session, &format!("updated {title}"), &new)
                .await
                .map_err(|(error, _)| error)?;
            let lines = difference::lines(&differences).join("\n  ");
            context.output.notice(&format!("updated {title}:\n  {lines}"));
            let auth = Some(change.auth.as_ref());
            check::finish(session, &written, &differences, test, auth).await
        })
    }
}
