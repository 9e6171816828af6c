//! What makes a connector whole: the defaults, and the rules that look at several fields.

use super::partial::Partial;
use super::reader::{Given, Reader};
use super::{Entry, Origin, Reference};
use crate::domain::kind::Kind;
use crate::domain::names;
use crate::domain::s3::location::RemoteUrl;

/// A connector of what stands at it and in `defaults`.
pub(super) fn entry(
    reader: &mut Reader<'_>,
    partial: Partial,
    defaults: &Partial,
    origin: Origin,
) -> Option<Entry> {
    let before = reader.count();
    let recursive_here = partial.recursive.is_some();
    let defaults = defaults.clone();
    let kind = partial.kind.or(defaults.kind);
    let remote_url = partial.remote_url.or(defaults.remote_url);
    let endpoint_url = partial.endpoint_url.or(defaults.endpoint_url);
    let recursive = partial.recursive.or(defaults.recursive);
    let credentials = partial.credentials.or(defaults.credentials);
    let mut extra = defaults.extra;
    extra.extend(partial.extra);

    let kind = kind.map_or(Some(Kind::Destination), |given| given.value);
    let name = required(reader, partial.name, "name", &origin);
    ruled(reader, name.as_ref(), |name| names::check(name));
    // A broken one may be another server's too, whose bucket names follow other rules.
    let custom = endpoint_url.as_ref().is_some_and(|given| given.value != Some(None));
    let remote_url = required(reader, remote_url, "remote_url", &origin);
    let credentials = required(reader, credentials, "credentials", &origin);
    let ambient = credentials.as_ref().and_then(|given| given.value.as_ref());
    let ambient =
        ambient.is_none_or(|one| matches!(one, Reference::Ambient | Reference::Unmanaged));
    ruled(reader, remote_url.as_ref(), |url| {
        let url = RemoteUrl::parse(url)?;
        url.check_bucket(custom)?;
        url.check_credentials(ambient)
    });
    if let Some(given) = recursive.as_ref().filter(|_| recursive_here)
        && kind == Some(Kind::Destination)
    {
        let message = "is for sources: a destination has no sub-folders to read";
        reader.problem::<()>(given.place, &given.path, message);
    }
    let source = kind == Some(Kind::Source);
    let recursive = recursive.filter(|_| source).map_or(Some(false), |given| given.value);
    if reader.count() > before {
        return None;
    }
    Some(Entry {
        name: name?.value?,
        kind: kind?,
        remote_url: remote_url?.value?,
        endpoint_url: endpoint_url.map_or(Some(None), |given| given.value)?,
        recursive: recursive?,
        credentials: credentials?.value?,
        extra,
        origin,
    })
}

fn required<T>(
    reader: &mut Reader<'_>,
    given: Option<Given<T>>,
    field: &str,
    origin: &Origin,
) -> Option<Given<T>> {
    if given.is_none() {
        let path = format!("{}.{field}", origin.path);
        reader.problem::<()>(origin.place, &path, "is missing");
    }
    given
}

fn ruled<T>(
    reader: &mut Reader<'_>,
    given: Option<&Given<T>>,
    rule: impl Fn(&T) -> Result<(), String>,
) {
    if let Some(given) = given
        && let Some(Err(problem)) = given.value.as_ref().map(rule)
    {
        reader.problem::<()>(given.place, &given.path, problem);
    }
}
