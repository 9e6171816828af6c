//! `uns3 bucket cloudformation`: a template of the bucket, its policy and a role.

use clap::Args;

use crate::args::bucket::{BucketArgs, NOBODY, Wanted};
use crate::context::Context;
use crate::domain::role;
use crate::domain::s3::cloudformation::template;
use crate::error::{Category, Error, Result};

#[derive(Args, Debug)]
pub(super) struct Cloudformation {
    #[command(flatten)]
    bucket: BucketArgs,

    /// Make a role of this name too, for --role-arn of create and rotate
    #[arg(long, value_name = "NAME", value_parser = role_name)]
    with_role: Option<String>,

    /// The external id that whoever assumes the role has to give
    #[arg(long, value_name = "ID", requires = "with_role", value_parser = role::external_id)]
    external_id: Option<String>,
}

/// Source: IAM API Reference, `CreateRole`.
fn role_name(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if (1..=64).contains(&text.len()) && text.chars().all(fits) {
        return Ok(text.into());
    }
    Err("a role's name has 1 to 64 letters, digits and _+=,.@-".into())
}

impl Cloudformation {
    pub(super) fn run(self, context: &Context) -> Result<()> {
        let wanted = self.bucket.wanted(context, None)?;
        let Wanted { grant, principals, .. } = &wanted;
        if self.with_role.is_none() {
            if principals.arns().is_empty() {
                return Err(Error::usage(format!("{NOBODY}; or --with-role NAME")));
            }
            wanted.tell_delegation(context);
        }
        let role = self.with_role.as_deref();
        let template = template(grant, principals, role, self.external_id.as_deref());
        let text = serde_saphyr::to_string(&template).map_err(|error| {
            Error::new(Category::Internal, format!("the template cannot be written: {error}"))
        })?;
        context.output.text(&text)
    }
}
