//! A connector's config for the wire: made new, or from what is there and what shall change.
//!
//! A PUT replaces the whole config, and whether a field that is left out is cleared or kept is not
//! known: so every field that uns3 knows is sent, null where it shall be empty, every other is
//! handed on, and a mask never is.

use std::collections::HashMap;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use crate::domain::kind::Kind;
use crate::domain::s3::auth::{self, AuthKind};
use crate::domain::s3::credentials::Auth;
use crate::domain::s3::fields::{self, Form};
use crate::domain::s3::location::RemoteUrl;
use crate::domain::s3::same::{Meaning, same};
use crate::domain::secret::{MASK, Secret, holds_mask, is_mask, names_secret};

/// What shall be set or changed; what is not named stays as it is.
#[derive(Clone, Default)]
pub struct Change {
    /// The remote URL.
    pub remote_url: Option<RemoteUrl>,
    /// The authentication, whole.
    pub auth: Option<Auth>,
    /// Any other field but those of the authentication: set to a value, or (null) cleared.
    pub settings: Map<String, Value>,
}

impl Change {
    /// New credentials, and nothing else.
    pub fn of_auth(auth: Auth) -> Self {
        Self { auth: Some(auth), ..Self::default() }
    }

    /// Whether another S3 server than AWS is named.
    pub fn has_endpoint(&self) -> bool {
        self.settings.get("endpoint_url").is_some_and(|url| !url.is_null())
    }
}

/// The value of one field: a secret stays one.
#[derive(Clone)]
enum Held {
    Plain(Value),
    Secret(Secret),
}

/// A whole config as it is to be written. It has no `Debug`, and its secrets are seen by
/// [`Self::exposed`] only, which is for the body of a request.
#[derive(Clone, Default)]
pub struct Config {
    fields: Vec<(String, Held)>,
    /// Where each stands: a service may show any number of them.
    places: HashMap<String, usize>,
}

impl Config {
    /// Sets a field, where it stands or at the end.
    fn set(&mut self, field: &str, value: impl Into<Value>) {
        let held = match value.into() {
            Value::String(text) if names_secret(field) => Held::Secret(Secret::new(text)),
            value => Held::Plain(value),
        };
        self.hold(field, held);
    }

    fn hold(&mut self, field: &str, held: Held) {
        match self.places.get(field) {
            Some(place) => self.fields[*place].1 = held,
            None => {
                self.places.insert(field.into(), self.fields.len());
                self.fields.push((field.into(), held));
            }
        }
    }

    fn set_where_absent(&mut self, field: &str, value: Value) {
        if !self.has(field) {
            self.set(field, value);
        }
    }

    /// Whether a field stands in it, if only as null.
    pub fn has(&self, field: &str) -> bool {
        self.held(field).is_some()
    }

    /// The names of its fields.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| name.as_str())
    }

    fn held(&self, field: &str) -> Option<&Held> {
        self.places.get(field).map(|place| &self.fields[*place].1)
    }

    /// A text field that is no secret; empty where there is none.
    pub fn setting(&self, field: &str) -> &str {
        match self.held(field) {
            Some(Held::Plain(Value::String(text))) => text,
            _ => "",
        }
    }

    /// How a connector with it authenticates.
    pub fn auth(&self) -> AuthKind {
        AuthKind::by(|field| match self.held(field) {
            None | Some(Held::Plain(Value::Null)) => auth::Seen::Nothing,
            Some(Held::Plain(Value::Bool(true))) => auth::Seen::True,
            Some(Held::Plain(Value::String(text))) if text.is_empty() => auth::Seen::Nothing,
            Some(_) => auth::Seen::Something,
        })
    }

    /// Whether a reading of a field means what is held here.
    pub fn agrees(&self, field: &str, read: Option<&Value>) -> bool {
        let held = match self.held(field) {
            Some(Held::Secret(secret)) => Meaning::of_text(field, secret.expose()),
            Some(Held::Plain(value)) => Meaning::of(field, Some(value)),
            None => Meaning::of(field, None),
        };
        held == Meaning::of(field, read)
    }

    /// What may be shown of it: a mask in place of each secret.
    pub fn masked(&self) -> Map<String, Value> {
        let shown = |held: &Held| match held {
            Held::Plain(value) => value.clone(),
            Held::Secret(_) => MASK.into(),
        };
        let mut fields: Value =
            self.fields.iter().map(|(name, held)| (name.clone(), shown(held))).collect();
        crate::domain::secret::mask(&mut fields);
        match fields {
            Value::Object(fields) => fields,
            _ => unreachable!("collected as an object"),
        }
    }

    /// The config as it goes over the wire, for the one place that writes a request's body.
    pub fn exposed(&self) -> Exposed<'_> {
        Exposed(self)
    }
}

impl From<&Map<String, Value>> for Config {
    fn from(fields: &Map<String, Value>) -> Self {
        let mut config = Self::default();
        fields.iter().for_each(|(field, value)| config.set(field, value.clone()));
        config
    }
}

/// A config with its secrets in the clear.
pub struct Exposed<'a>(&'a Config);

impl Serialize for Exposed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = &self.0.fields;
        let mut map = serializer.serialize_map(Some(fields.len()))?;
        for (field, held) in fields {
            match held {
                Held::Plain(value) => map.serialize_entry(field, value)?,
                Held::Secret(secret) => map.serialize_entry(field, secret.expose())?,
            }
        }
        map.end()
    }
}

/// Why fields with flags of their own are not for `--set` and `--unset`.
pub fn check_extra(field: &str, value: &Value) -> Result<(), String> {
    if let Some(known) = fields::find(field) {
        return Err(format!("{field} has a flag of its own: use {}", known.flags()));
    }
    if field.is_empty() || field.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("a field's name is not empty and has no white space".into());
    }
    if holds_mask(value) {
        return Err(format!("the value of {field} is the service's mask"));
    }
    Ok(())
}

/// The config of a connector that is to be made.
pub fn new(kind: Kind, change: &Change) -> Config {
    let mut config = Config::default();
    for field in fields::FIELDS.iter().filter(|field| field.kinds.contains(&kind)) {
        // A field of dedicated deployments only; elsewhere it is better not named.
        if field.name != "ambient_credentials" || change.auth == Some(Auth::Ambient) {
            config.set(field.name, field.default());
        }
    }
    change_settings(&mut config, change);
    set_auth(&mut config, change.auth.as_ref().unwrap_or(&Auth::Anonymous));
    config
}

/// The whole config for a PUT. An error is a list of what has to be said for it to be whole.
pub fn updated(
    kind: Kind,
    current: &Map<String, Value>,
    change: &Change,
) -> Result<Config, Vec<String>> {
    let mut config = Config::from(current);
    change_settings(&mut config, change);
    for field in fields::settings().filter(|field| field.kinds.contains(&kind)) {
        // A place is not made up.
        if field.form != Form::RemoteUrl {
            config.set_where_absent(field.name, field.default());
        }
    }
    let mut missing = Vec::new();
    match &change.auth {
        Some(auth) => {
            config.set_where_absent("ambient_credentials", Value::Null);
            set_auth(&mut config, auth);
        }
        None => missing = hidden_keys(current),
    }
    if change.auth.is_none() && AuthKind::of(current) != AuthKind::Unknown {
        fields::credentials().for_each(|field| config.set(field, Value::Null));
        config.set_where_absent("anonymous", false.into());
    }
    let masked = masked_fields(&config).into_iter().filter(|field| !missing.contains(field));
    missing.extend(masked.collect::<Vec<_>>());
    if missing.is_empty() { Ok(config) } else { Err(missing) }
}

/// Sets all that shall change but the authentication.
fn change_settings(config: &mut Config, change: &Change) {
    if let Some(url) = &change.remote_url {
        config.set("remote_url", url.as_str());
    }
    change.settings.iter().for_each(|(field, value)| config.set(field, value.clone()));
}

/// Whether all settings but the authentication are as they shall be.
pub fn settings_agree(current: &Map<String, Value>, change: &Change) -> bool {
    let url = change.remote_url.as_ref().map(|url| Value::from(url.as_str()));
    url.is_none_or(|url| same("remote_url", current.get("remote_url"), Some(&url)))
        && change.settings.iter().all(|(field, to)| same(field, current.get(field), Some(to)))
}

/// The credentials that a connector has, or may have, and no reading shows: a write needs them
/// again. Even where a reading shows them in the clear: it may be an example, or old. A reading
/// without a word of how the connector authenticates, not even by a role of the open config, is not
/// taken to say that it has none: other fields there say nothing about it.
fn hidden_keys(config: &Map<String, Value>) -> Vec<String> {
    let fields = |keep: &dyn Fn(Option<&Value>) -> bool| {
        let kept = fields::credentials().filter(|field| keep(config.get(*field)));
        kept.map(str::to_owned).collect()
    };
    let by_others = config
        .iter()
        .any(|(field, value)| fields::find(field).is_none() && AuthKind::is_told_by(field, value));
    match AuthKind::of(config) {
        AuthKind::Unknown if by_others => Vec::new(),
        AuthKind::Keys | AuthKind::Sts => fields(&|value| value.is_some_and(|v| !v.is_null())),
        AuthKind::Unknown => fields(&|value| value.is_none()),
        AuthKind::Anonymous | AuthKind::Ambient => Vec::new(),
    }
}

/// Sets the authentication, whole; `ambient_credentials` where it is set, or stands there already.
fn set_auth(config: &mut Config, auth: &Auth) {
    let keys = match auth {
        Auth::Keys(keys) => Some(keys),
        Auth::Anonymous | Auth::Ambient => None,
    };
    let secret = |secret: Option<&Secret>| match secret {
        Some(secret) => Held::Secret(secret.clone()),
        None => Held::Plain(Value::Null),
    };
    config.set("key", keys.map(|keys| keys.id.clone()));
    config.hold("secret", secret(keys.map(|keys| &keys.secret)));
    config.hold("token", secret(keys.and_then(|keys| keys.token.as_ref())));
    config.set("anonymous", *auth == Auth::Anonymous);
    if config.has("ambient_credentials") {
        config.set("ambient_credentials", *auth == Auth::Ambient);
    }
}

/// The fields whose value the service hides, and which a PUT would therefore destroy.
fn masked_fields(config: &Config) -> Vec<String> {
    let masked = |(_, held): &&(String, Held)| match held {
        Held::Plain(value) => holds_mask(value),
        Held::Secret(secret) => is_mask(secret.expose()),
    };
    config.fields.iter().filter(masked).map(|(field, _)| field.clone()).collect()
}

/// Whether two readings of a config mean the same.
pub fn agree(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    one.keys().chain(other.keys()).all(|field| same(field, one.get(field), other.get(field)))
}

/// The fields of which two readings show different values. What either hides or leaves out is not
/// known, but a secret that is there now and was not has come.
pub fn changed(before: &Map<String, Value>, now: &Map<String, Value>) -> Vec<String> {
    let is_mask = |value: &Value| value.as_str().is_some_and(is_mask);
    let differs = |field: &&String| match (before.get(*field), now.get(*field)) {
        (Some(was), Some(is)) if is_mask(was) || is_mask(is) => was.is_null() || is.is_null(),
        (was, is) if names_secret(field) && (was.is_none() || is.is_none()) => false,
        (was, is) => !same(field, was, is),
    };
    let added = now.keys().filter(|field| !before.contains_key(*field));
    before.keys().chain(added).filter(differs).cloned().collect()
}

/// The fields in which the service's answer to a write is not what was written.
pub fn disagreements(wrote: &Config, answer: &Map<String, Value>) -> Vec<String> {
    wrote
        .fields
        .iter()
        .filter(|(field, held)| {
            let got = answer.get(field);
            let hidden = got.and_then(Value::as_str).is_some_and(is_mask);
            let secret = names_secret(field);
            match got {
                // Readings show neither every secret nor the fields of dedicated deployments.
                None if secret || field == "ambient_credentials" => false,
                _ if secret && hidden => matches!(held, Held::Plain(Value::Null)),
                got => !wrote.agrees(field, got),
            }
        })
        .map(|(field, _)| field.clone())
        .collect()
}
