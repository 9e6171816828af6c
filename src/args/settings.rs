//! The flags that say what a connector's settings shall be: one for each field of the table, and
//! `--set` and `--unset` for the fields of the open config.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, ValueHint, value_parser};
use serde_json::{Map, Value};

use crate::context::Context;
use crate::domain::kind::Kind;
use crate::domain::s3::config::{Change, check_extra};
use crate::domain::s3::fields::{self, Field, Form};
use crate::domain::s3::location::{RemoteUrl, check_endpoint};
use crate::domain::secret::names_secret;

const HEADING: &str = "Settings";
const SET: &str = "set";
const UNSET: &str = "unset";

/// The settings that `create` and `update` have in common.
#[derive(Clone)]
pub(crate) struct SettingArgs {
    /// What flags of their own say of fields; null clears one.
    given: Vec<(&'static Field, Value)>,
    /// `--set`: `FIELD=VALUE`.
    set: Vec<String>,
    /// `--unset`.
    unset: Vec<String>,
}

/// Values of `--set` may be secrets.
impl std::fmt::Debug for SettingArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SettingArgs").finish_non_exhaustive()
    }
}

/// The flag that clears a field, for those that can be null.
fn clearing(field: &Field) -> Option<(String, &'static str)> {
    match field.form {
        Form::Endpoint => Some((format!("no_{}", field.name), "Use AWS, not another S3 server")),
        _ => None,
    }
}

/// The flag that sets a field.
fn setting(field: &'static Field) -> Arg {
    let arg = Arg::new(field.name).long(&field.flag[2..]).help(field.help).help_heading(HEADING);
    match field.form {
        Form::Switch => arg.value_name("BOOL").num_args(1).value_parser(value_parser!(bool)),
        _ => arg.value_name("URL").value_hint(ValueHint::Url),
    }
}

impl Args for SettingArgs {
    fn augment_args(mut command: Command) -> Command {
        for field in fields::settings() {
            command = command.arg(setting(field));
            if let Some((id, help)) = clearing(field) {
                let long = id.replace('_', "-");
                let arg = Arg::new(id).long(long).help(help).help_heading(HEADING);
                command = command.arg(
                    arg.action(ArgAction::SetTrue).conflicts_with(field.name).hide_short_help(true),
                );
            }
        }
        let many = |id, value, help| {
            let arg = Arg::new(id).long(id).value_name(value).help(help).help_heading(HEADING);
            arg.action(ArgAction::Append)
        };
        let set = "Set a field of the open config; VALUE is JSON, else text";
        command
            .arg(many(SET, "FIELD=VALUE", set))
            .arg(many(UNSET, "FIELD", "Clear a field of the open config").hide_short_help(true))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let text = |id| matches.get_one::<String>(id).map(|text| Value::from(text.as_str()));
        let given = fields::settings().filter_map(|field| {
            let value = match field.form {
                Form::Switch => matches.get_one::<bool>(field.name).map(|on| Value::from(*on)),
                _ => text(field.name),
            };
            let cleared = || clearing(field).is_some_and(|(id, _)| matches.get_flag(&id));
            Some((field, value.or_else(|| cleared().then_some(Value::Null))?))
        });
        let given = given.collect();
        let many = |id| matches.get_many(id).into_iter().flatten().cloned().collect();
        Ok(Self { given, set: many(SET), unset: many(UNSET) })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl SettingArgs {
    /// Takes a value, as the environment has it, for a field that no flag names.
    pub(crate) fn fall_back(&mut self, field: &str, value: Option<String>) {
        if let (Some(field), Some(value), false) = (fields::find(field), value, self.names(field)) {
            self.given.push((field, value.into()));
        }
    }

    /// Whether a field is set or cleared by its own flag.
    pub(crate) fn names(&self, field: &str) -> bool {
        self.given.iter().any(|(given, _)| given.name == field)
    }

    /// What is given, and no connector of a kind has.
    pub(crate) fn unfit(&self, kind: Kind) -> Vec<String> {
        let unfit = self.given.iter().filter(|(field, _)| !field.kinds.contains(&kind));
        unfit
            .map(|(field, _)| {
                let others = field.kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>();
                let (flag, kinds) = (field.flag, others.join(" and "));
                format!("{flag} is for {kinds}s (--kind {kinds})")
            })
            .collect()
    }

    /// What the flags change, adding all that is wrong with them to `problems`.
    pub(crate) fn change(&self, context: &Context, problems: &mut Vec<String>) -> Change {
        let mut change = Change::default();
        for (field, value) in &self.given {
            match (field.form, value.as_str()) {
                (Form::RemoteUrl, Some(url)) => match RemoteUrl::parse(url) {
                    Ok(url) => {
                        url.doubt().into_iter().for_each(|doubt| context.output.warn(&doubt));
                        change.remote_url = Some(url);
                    }
                    Err(problem) => problems.push(problem),
                },
                (Form::Endpoint, Some(url)) => problems.extend(check_endpoint(url).err()),
                _ => {}
            }
            if field.form != Form::RemoteUrl {
                change.settings.insert(field.name.into(), value.clone());
            }
        }
        self.extra(context, problems, &mut change.settings);
        change
    }

    /// Adds the fields of the open config.
    fn extra(&self, context: &Context, problems: &mut Vec<String>, to: &mut Map<String, Value>) {
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
                match to.insert(field.to_owned(), value) {
                    Some(_) => Err(format!("{field} is given twice by --set or --unset")),
                    None => Ok(()),
                }
            });
            problems.extend(checked.err());
        }
    }
}
