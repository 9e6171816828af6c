//! Where a connector's credentials come from: names of variables, files, roles and programs, never
//! a value.

use std::time::Duration;

use super::reader::{Field, Reader};
use super::secrets::{holds_key_id, is_value, is_variable};
use super::tree::{Node, Tree};
use crate::domain::role;

/// A way to credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// None: the bucket is public.
    Anonymous,
    /// The platform's own, on dedicated deployments.
    Ambient,
    /// Whatever the connector has: neither compared nor written.
    Unmanaged,
    /// The variables of the environment that hold them.
    Env {
        /// The variable of the access key id.
        key: String,
        /// The variable of the secret access key.
        secret: String,
        /// The variable of the session token, for temporary credentials.
        token: Option<String>,
    },
    /// A file in one of the forms of `--credentials-file`; relative to the manifest.
    File(String),
    /// AWS's chain, and perhaps a role.
    Aws(AwsReference),
    /// A program that prints one of the forms of `--credentials-file`.
    Command(String),
}

/// AWS's own chain of credentials, and a role on top of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsReference {
    /// A profile of AWS's shared config.
    pub profile: Option<String>,
    /// The role to assume.
    pub role_arn: Option<String>,
    /// The external id that the role's trust policy asks for.
    pub external_id: Option<String>,
    /// The name of the role's session.
    pub session_name: Option<String>,
    /// How long the role's credentials live.
    pub duration: Option<Duration>,
    /// Whether the role is narrowed to what the connector needs.
    pub scope: bool,
}

/// The ways that are a word.
pub(super) const WORDS: [&str; 3] = ["anonymous", "ambient", "unmanaged"];
/// The ways that are a map of one field.
pub(super) const WAYS: [&str; 4] = ["env", "file", "aws", "command"];
pub(super) const ENV: [&str; 3] = ["key", "secret", "token"];
pub(super) const AWS: [&str; 6] =
    ["profile", "role_arn", "external_id", "session_name", "duration", "scope"];

const FORMS: &str = "credentials are anonymous, ambient, unmanaged, {env: {key: NAME, secret: \
    NAME}}, {file: PATH}, {aws: {…}} or {command: \"…\"}";

/// Why a text that should be the name of a variable is not: it may be the value itself.
const NOT_A_NAME: &str = "takes the name of an environment variable, not a value: put the value \
    into a variable, and the variable's name here";

impl Reference {
    /// Whether credentials have to be obtained for it.
    pub fn has_keys(&self) -> bool {
        !matches!(self, Self::Anonymous | Self::Ambient | Self::Unmanaged)
    }

    /// Whether they come with a session token, where the reference itself tells.
    pub fn has_token(&self) -> Option<bool> {
        match self {
            Self::Env { token, .. } => Some(token.is_some()),
            Self::Aws(aws) if aws.role_arn.is_some() => Some(true),
            _ => None,
        }
    }
}

/// Reads `credentials`.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<Reference> {
    match &node.tree {
        Tree::Text(text) => match text.as_str() {
            "anonymous" => Some(Reference::Anonymous),
            "ambient" => Some(Reference::Ambient),
            "unmanaged" => Some(Reference::Unmanaged),
            _ => reader.problem(node.place, path, FORMS),
        },
        Tree::Map(_) => {
            let fields = reader.fields(node, path, &WAYS)?;
            match fields.as_slice() {
                [field] => way(reader, field),
                [] => reader.problem(node.place, path, FORMS),
                several => {
                    let names: Vec<&str> = several.iter().map(|one| one.name).collect();
                    let names = names.join(" and ");
                    let message = format!("{names} are several sources of credentials: give one");
                    reader.problem(node.place, path, message)
                }
            }
        }
        _ => reader.problem(node.place, path, FORMS),
    }
}

fn way(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Reference> {
    match field.name {
        "env" => env(reader, field),
        "file" => file(reader, field).map(Reference::File),
        "command" => command(reader, field).map(Reference::Command),
        _ => aws(reader, field).map(Reference::Aws),
    }
}

fn env(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Reference> {
    let fields = reader.fields(field.node, &field.path, &ENV)?;
    let mut names = ENV.map(|_| None);
    let mut broken = false;
    for field in &fields {
        let name = match reader.text(field) {
            Some(name) if is_variable(&name) => Some(name),
            Some(_) => reader.problem(field.node.place, &field.path, NOT_A_NAME),
            None => None,
        };
        broken |= name.is_none();
        names[ENV.iter().position(|known| *known == field.name)?] = name;
    }
    let [key, secret, token] = names;
    if broken {
        return None;
    }
    let (Some(key), Some(secret)) = (key, secret) else {
        let message = "needs both key and secret: the names of the variables that hold them";
        return reader.problem(field.node.place, &field.path, message);
    };
    Some(Reference::Env { key, secret, token })
}

fn file(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<String> {
    let path = reader.text(field)?;
    let message = match path.as_str() {
        "" => "is empty",
        // Standard input may be the manifest's own.
        "-" => "takes a file's name: - is not for a manifest",
        path if path.contains(['\n', '{', '"']) || is_value(path) || holds_key_id(path) => {
            "takes the path of a file, not what stands in it"
        }
        _ => return Some(path),
    };
    reader.problem(field.node.place, &field.path, message)
}

fn command(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<String> {
    let command = reader.text(field)?;
    // A variable is fine: AWS_SECRET_ACCESS_KEY="$FOO" program.
    let literal = ["AWS_SECRET_ACCESS_KEY=", "AWS_SESSION_TOKEN="].iter().any(|name| {
        let rest = command.split(name).skip(1).map(|rest| rest.trim_start_matches(['"', '\'']));
        rest.into_iter().any(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    });
    let message = match command.trim() {
        "" => "is empty",
        _ if literal || holds_key_id(&command) => {
            "holds credentials: it takes a program that prints them"
        }
        _ => return Some(command),
    };
    reader.problem(field.node.place, &field.path, message)
}

fn aws(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<AwsReference> {
    let nothing = AwsReference {
        profile: None,
        role_arn: None,
        external_id: None,
        session_name: None,
        duration: None,
        scope: true,
    };
    if matches!(field.node.tree, Tree::Null) {
        return Some(nothing);
    }
    let fields = reader.fields(field.node, &field.path, &AWS)?;
    let has_role = fields.iter().any(|field| field.name == "role_arn");
    let before = reader.count();
    let mut aws = nothing;
    for field in &fields {
        if field.name != "profile" && !has_role {
            let message = "says something of a role: it needs role_arn beside it";
            reader.problem::<()>(field.node.place, &field.path, message);
        }
        match field.name {
            "profile" => aws.profile = plain(reader, field),
            "role_arn" => aws.role_arn = ruled(reader, field, role::arn),
            "external_id" => aws.external_id = plain(reader, field),
            "session_name" => aws.session_name = ruled(reader, field, role::session_name),
            "duration" => aws.duration = ruled(reader, field, role::lifetime),
            _ => aws.scope = reader.flag(field).unwrap_or(true),
        }
    }
    (reader.count() == before).then_some(aws)
}

fn ruled<T>(
    reader: &mut Reader<'_>,
    field: &Field<'_>,
    rule: impl Fn(&str) -> Result<T, String>,
) -> Option<T> {
    match rule(&reader.text(field)?) {
        Ok(value) => Some(value),
        Err(problem) => reader.problem(field.node.place, &field.path, problem),
    }
}

fn plain(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<String> {
    ruled(reader, field, |text| match text {
        "" => Err("is empty".into()),
        text if is_value(text) || holds_key_id(text) => {
            Err("looks like a secret, which a manifest never holds".into())
        }
        text => Ok(text.into()),
    })
}
