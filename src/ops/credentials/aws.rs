//! AWS as the source: its chain, and a role narrowed to what the connectors need.

use super::judge::learnt;
use crate::args::aws::AwsArgs;
use crate::args::globals::Globals;
use crate::aws::{Aws, Role, Route, Source};
use crate::context::Context;
use crate::domain::s3::credentials::Auth;
use crate::domain::s3::policy::{Scope, partition, session_policy};
use crate::env;
use crate::error::{Error, Result};

/// What flags name of AWS.
#[derive(Clone)]
pub(crate) struct AwsSource {
    pub(super) source: Source,
    pub(super) scoped: bool,
}

impl AwsSource {
    pub(super) fn new(flags: &AwsArgs) -> Self {
        let role = flags.role_arn.as_ref().map(|arn| Role {
            arn: arn.clone(),
            external_id: flags.external_id.clone(),
            session_name: flags.session_name.clone().unwrap_or_else(|| "uns3".into()),
            duration: flags.duration,
        });
        let source = Source { profile: flags.aws_profile.clone(), role };
        Self { source, scoped: flags.is_scoped() }
    }

    /// The chain alone.
    pub(crate) fn chain() -> Self {
        Self { source: Source::default(), scoped: false }
    }

    /// The chain alone, or a profile of it.
    pub(crate) fn of_profile(profile: Option<String>) -> Self {
        Self { source: Source { profile, role: None }, scoped: false }
    }

    /// Whether a role is assumed, and narrowed.
    pub(crate) fn is_scoped(&self) -> bool {
        self.scoped
    }

    /// Whether a role is assumed.
    pub(crate) fn has_role(&self) -> bool {
        self.source.role.is_some()
    }

    /// Sets AWS's chain up.
    pub(crate) async fn load(&self, globals: &Globals, context: &Context) -> Result<Aws> {
        let environment = context.environment();
        let bundle = environment.get(env::AWS_CA_BUNDLE).map(Into::into);
        let route = Route {
            trust: context.trust(globals.ca_file.as_ref()).await?.with(bundle).await?,
            https_proxy: environment.first(&env::HTTPS_PROXY).map(str::to_owned),
            no_proxy: environment.first(&env::NO_PROXY).map(str::to_owned),
            keys_in_environment: [env::KEY_ID, env::SECRET]
                .iter()
                .all(|name| environment.get(name).is_some()),
        };
        Aws::load(self.source.clone(), &route).await
    }

    /// Credentials for places on one bucket: a role is narrowed to them, unless told not to.
    pub(crate) async fn lease(&self, context: &Context, aws: &Aws, on: &[Scope]) -> Result<Auth> {
        let role = self.source.role.as_ref().filter(|_| self.scoped);
        let bucket = on.first().map_or("", |scope| scope.bucket.as_str());
        let policy = role.map(|role| session_policy(partition(&role.arn), bucket, on));
        let leased = aws.lease(policy.as_deref()).await;
        // Before anything is said: STS may quote what it was asked with.
        aws.secrets().iter().for_each(|secret| context.redactor.learn(secret));
        learnt(context, leased?).map_err(|problems| Error::problems(&problems))
    }
}
