//! The flags by which a connector's credentials come from AWS.

use std::time::Duration;

use clap::Args;

use crate::domain::role;

/// AWS's chain, and a role on top of it.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct AwsArgs {
    /// AWS's own chain of credentials
    ///
    /// Environment, shared config, SSO, web identity, ECS, IMDS
    #[arg(long)]
    pub(crate) aws: bool,

    /// The same, by a profile of AWS's shared config
    #[arg(long, value_name = "NAME")]
    pub(crate) aws_profile: Option<String>,

    /// Assume this role, narrowed to the connector's folder
    ///
    /// With what the chain finds; a session policy allows what a job needs in the folder, no more
    #[arg(long, value_name = "ARN", value_parser = role::arn)]
    pub(crate) role_arn: Option<String>,

    /// The external id that the role's trust policy asks for
    #[arg(long, hide_short_help = true, value_name = "ID", requires = "role_arn", value_parser = role::external_id)]
    pub(crate) external_id: Option<String>,

    /// The name of the role's session, seen in CloudTrail
    #[arg(long, hide_short_help = true, value_name = "NAME", requires = "role_arn", value_parser = role::session_name)]
    pub(crate) session_name: Option<String>,

    /// How long the role's credentials live: 15m to 12h [default: 1h]
    #[arg(long, hide_short_help = true, value_name = "DURATION", requires = "role_arn", value_parser = role::lifetime)]
    pub(crate) duration: Option<Duration>,

    /// Do not narrow the role, such as for a bucket with a KMS key of its own
    #[arg(long, hide_short_help = true, requires = "role_arn")]
    no_scope: bool,
}

impl AwsArgs {
    /// Whether a flag names AWS as the source.
    pub(crate) fn is_given(&self) -> bool {
        self.aws || self.aws_profile.is_some() || self.role_arn.is_some()
    }

    /// Whether a role is to be narrowed to the connector's place.
    pub(crate) fn is_scoped(&self) -> bool {
        self.role_arn.is_some() && !self.no_scope
    }
}
