//! The flags that say what a connector's settings shall be.

use clap::{Args, ValueHint};
use serde_json::{Map, Value};

use crate::context::Context;
use crate::domain::kind::Kind;
use crate::domain::s3::config::{Change, check_extra};
use crate::domain::s3::location::{RemoteUrl, check_endpoint};
use crate::domain::secret::names_secret;

/// The settings that `create` and `update` have in common.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Settings")]
pub(crate) struct SettingArgs {
    /// Where the files are: s3://bucket/folder/
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) remote_url: Option<String>,

    /// The address of an S3 server that is not AWS
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) endpoint_url: Option<String>,

    /// Use AWS, not another S3 server
    #[arg(long, conflicts_with = "endpoint_url")]
    pub(crate) no_endpoint_url: bool,

    /// Whether a source reads sub-folders too
    #[arg(long, value_name = "BOOL", num_args = 1)]
    pub(crate) recursive: Option<bool>,

    /// Set a field of the open config; VALUE is JSON where it parses, else text
    #[arg(long, value_name = "FIELD=VALUE")]
    pub(crate) set: Vec<String>,

    /// Clear a field of the open config
    #[arg(long, value_name = "FIELD")]
    pub(crate) unset: Vec<String>,
}

impl SettingArgs {
    /// What the flags change, adding all that is wrong with them to `problems`.
    pub(crate) fn change(
        &self,
        kind: Kind,
        context: &Context,
        problems: &mut Vec<String>,
    ) -> Change {
        if let Some(url) = &self.endpoint_url {
            problems.extend(check_endpoint(url).err());
        }
        if let Some(url) = &self.remote_url {
            problems.extend(RemoteUrl::parse(url).err());
        }
        if self.recursive.is_some() && kind == Kind::Destination {
            problems.push("--recursive is for sources (--kind source)".into());
        }
        let endpoint_url = match (&self.endpoint_url, self.no_endpoint_url) {
            (Some(url), _) => Some(Some(url.clone())),
            (None, true) => Some(None),
            (None, false) => None,
        };
        let (remote_url, recursive) = (self.remote_url.clone(), self.recursive);
        let extra = self.extra(context, problems);
        Change { remote_url, endpoint_url, recursive, auth: None, extra }
    }

    fn extra(&self, context: &Context, problems: &mut Vec<String>) -> Map<String, Value> {
        let mut extra = Map::new();
        let set = self.set.iter().map(|setting| match setting.split_once('=') {
            Some((field, text)) => {
                let value = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
                if names_secret(field) {
                    context.redactor.learn(text);
                }
                context.redactor.learn_field(field, &value);
                Ok((field, value))
            }
            None => Err("--set takes FIELD=VALUE".to_owned()),
        });
        let unset = self.unset.iter().map(|field| Ok((field.as_str(), Value::Null)));
        for setting in set.chain(unset) {
            let checked = setting.and_then(|(field, value)| {
                check_extra(field, &value)?;
                match extra.insert(field.to_owned(), value) {
                    Some(_) => Err(format!("{field} is given twice by --set or --unset")),
                    None => Ok(()),
                }
            });
            problems.extend(checked.err());
        }
        extra
    }
}
