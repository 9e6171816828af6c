//! Which connectors a command works on: targets, by name or id, or all that a filter admits.

use std::collections::{HashMap, HashSet};

use futures_util::future::join_all;

use crate::api::{Client, Listing};
use crate::args::selection::TargetArgs;
use crate::domain::connector::Connector;
use crate::domain::kind::{Kind, Kinds};
use crate::domain::names::{is_id, near};
use crate::domain::selection::{Filter, Resolved};
use crate::error::{Category, Error, Result};
use crate::output::Output;

/// What resolved targets must be.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Need {
    /// A target may name nothing.
    pub(crate) absent_ok: bool,
    /// A target may be a connector of a type that uns3 does not manage.
    pub(crate) any_type: bool,
}

/// The S3 connectors that targets name, or all that is wrong with the targets.
pub(crate) async fn find(
    client: &Client,
    kinds: Kinds,
    targets: &[String],
) -> Result<Vec<Connector>> {
    usable(client, resolve(client, kinds, targets).await?, kinds, Need::default()).await
}

/// The same of one of several services: some targets may be another's.
pub(crate) async fn find_some(
    client: &Client,
    kinds: Kinds,
    targets: &[String],
) -> Result<Vec<Connector>> {
    let need = Need { absent_ok: true, any_type: false };
    usable(client, resolve(client, kinds, targets).await?, kinds, need).await
}

/// The one S3 connector, of one kind, that a target names.
pub(crate) async fn find_one(client: &Client, kinds: Kinds, target: &str) -> Result<Connector> {
    let mut found = find(client, kinds, &[target.to_owned()]).await?;
    Ok(found.pop().unwrap_or_else(|| unreachable!("one of each kind was asked for")))
}

/// All S3 connectors that a filter admits.
pub(crate) async fn select(
    client: &Client,
    kinds: &[Kind],
    filter: &Filter,
) -> Result<Vec<Connector>> {
    select_in(&client.list_all(kinds, false).await?, filter)
}

/// The connectors of lists that a filter admits.
pub(crate) fn select_in(listings: &[Listing], filter: &Filter) -> Result<Vec<Connector>> {
    let mut selected = Vec::new();
    for listing in listings {
        for connector in listing.connectors()? {
            if filter.admits(connector.name(), connector.setting("remote_url")) {
                selected.push(connector);
            }
        }
    }
    Ok(selected)
}

/// Says, however quiet it is to be, that nothing is worked on; an error where that was asked for.
pub(crate) fn warn_of_nothing(output: &Output, on: &TargetArgs) -> Result<()> {
    let nothing = on.filter()?.nothing(&on.kinds());
    if on.fail_if_none {
        let error = Error::new(Category::NotFound, nothing);
        return Err(error.hint("see what there is: uns3 list --kind all"));
    }
    output.alarm(&nothing);
    Ok(())
}

/// Refuses targets of which no profile has a connector; `found`: what they all have.
pub(crate) fn check_all_named<'c>(
    targets: &[String],
    found: impl Iterator<Item = &'c Connector>,
) -> Result<()> {
    let found: HashSet<&str> = found.flat_map(|one| [one.id(), one.name()]).collect();
    let missing = targets.iter().filter(|target| !found.contains(target.as_str()));
    let problem = |target| format!("no profile has an S3 connector {target:?}");
    let problems: Vec<String> = missing.map(problem).collect();
    match problems.is_empty() {
        true => Ok(()),
        false => {
            let error = Error { category: Category::NotFound, ..Error::problems(&problems) };
            Err(error.hint("see what there is: uns3 list --all-profiles --kind all"))
        }
    }
}

/// What a filter admits of the kind that was not asked for, in words; nothing where there is none,
/// or it cannot be told.
pub(crate) async fn elsewhere(client: &Client, kinds: &[Kind], filter: &Filter) -> String {
    let others = Kind::others(kinds);
    let [other] = others.as_slice() else { return String::new() };
    match select(client, &others, filter).await.map_or(0, |found| found.len()) {
        0 => String::new(),
        1 => format!("; of the other kind there is 1: --kind {}", other.name()),
        count => format!("; of the other kind there are {count}: --kind {}", other.name()),
    }
}

/// What each target names, by one list a kind, or by one reading where an id stands alone.
pub(crate) async fn resolve(
    client: &Client,
    kinds: Kinds,
    targets: &[String],
) -> Result<Vec<Resolved>> {
    let alone = match targets {
        [id] if is_id(id) => Some(id),
        _ => None,
    };
    if let Some(id) = alone {
        let connectors = get_any(client, kinds, id).await?;
        if !connectors.is_empty() {
            return Ok(vec![Resolved { connectors, ..Resolved::nothing(id) }]);
        }
    }
    let listings = client.list_all(&kinds, false).await?;
    match alone {
        // No connector has that id, and perhaps one that name.
        Some(_) => in_lists(&listings, targets),
        None => resolve_in(client, &listings, kinds, targets).await,
    }
}

/// What each target names, by lists that are there already.
pub(crate) async fn resolve_in(
    client: &Client,
    listings: &[Listing],
    kinds: Kinds,
    targets: &[String],
) -> Result<Vec<Resolved>> {
    let mut found = in_lists(listings, targets)?;
    for one in found.iter_mut().filter(|one| one.connectors.is_empty() && is_id(&one.target)) {
        // Perhaps of another type, which the list does not show, or of another kind.
        one.connectors = get_any(client, kinds, &one.target).await?;
    }
    Ok(found)
}

fn in_lists(listings: &[Listing], targets: &[String]) -> Result<Vec<Resolved>> {
    let mut found: Vec<Resolved> = targets.iter().map(|one| Resolved::nothing(one)).collect();
    let mut wanted: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, target) in targets.iter().enumerate() {
        wanted.entry(target).or_default().push(at);
    }
    for listing in listings {
        for connector in listing.connectors()? {
            let (name, id) = (connector.name(), connector.id());
            let by_id = wanted.get(id).filter(|_| id != name);
            for at in [wanted.get(name), by_id].into_iter().flatten().flatten() {
                found[*at].connectors.push(connector.clone());
            }
        }
    }
    let absent = found.iter().filter(|one| one.connectors.is_empty());
    let absent: HashSet<&str> = absent.map(|one| one.target.as_str()).collect();
    listings.iter().try_for_each(|listing| listing.refuse_odd(|name| absent.contains(name)))?;
    let mut all = None;
    for (nth, one) in found.iter_mut().filter(|one| one.connectors.is_empty()).enumerate() {
        if nth < COMPARED {
            let all = match &mut all {
                Some(all) => all,
                None => all.insert(all_names(listings)?),
            };
            one.near = near(&one.target, all.iter().map(String::as_str));
        }
    }
    Ok(found)
}

/// The connectors of an id: of the kinds that are meant, or else of another.
async fn get_any(client: &Client, kinds: Kinds, id: &str) -> Result<Vec<Connector>> {
    let get = async |kinds: &[Kind]| -> Result<Vec<Connector>> {
        let found = join_all(kinds.iter().map(|kind| client.get(*kind, id))).await;
        found.into_iter().filter_map(Result::transpose).collect()
    };
    let found = get(&kinds).await?;
    if found.is_empty() { get(&kinds.by_id()).await } else { Ok(found) }
}

/// Looks whether what is not found is of a kind that was not asked for; what cannot be told is not
/// said.
async fn look_elsewhere(client: &Client, kinds: &[Kind], found: &mut [Resolved]) {
    for other in Kind::others(kinds) {
        let Ok(all) = select(client, &[other], &Filter::default()).await else { continue };
        let there: HashSet<&str> = all.iter().flat_map(|one| [one.name(), one.id()]).collect();
        for one in found.iter_mut().filter(|one| one.connectors.is_empty()) {
            one.elsewhere = there.contains(one.target.as_str()).then_some(other);
        }
    }
}

/// Of so many targets that name nothing, near names are looked for: each costs a comparison with all.
const COMPARED: usize = 20;

fn all_names(listings: &[Listing]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for listing in listings {
        for connector in listing.connectors()? {
            names.push(connector.name().to_owned());
        }
    }
    Ok(names)
}

/// The connectors that targets name, each once, or all that is wrong with the targets.
pub(crate) async fn usable(
    client: &Client,
    mut found: Vec<Resolved>,
    kinds: Kinds,
    need: Need,
) -> Result<Vec<Connector>> {
    if !need.absent_ok && found.iter().any(|one| one.connectors.is_empty()) {
        look_elsewhere(client, &kinds, &mut found).await;
    }
    let wrong = |one: &&Resolved| !(need.absent_ok && one.connectors.is_empty());
    let mut problems: Vec<String> =
        found.iter().filter(wrong).filter_map(|one| one.problem(&kinds)).collect();
    let named = !problems.is_empty();
    let all = || found.iter().flat_map(|one| &one.connectors);
    problems.extend(all().filter(|one| !need.any_type && !one.is_s3()).map(|one| {
        let (title, kind) = (one.title(), one.type_name());
        format!("{title} is a connector of type {kind:?}: uns3 manages S3 ones only")
    }));
    if !problems.is_empty() {
        let category = match found.iter().any(|one| one.ambiguous().is_some()) {
            true => Category::Conflict,
            false if named => Category::NotFound,
            false => Category::Usage,
        };
        let hint = "see what there is: uns3 list --kind all";
        return Err(Error { category, ..Error::problems(&problems) }.hint(hint));
    }
    let mut seen = HashSet::new();
    let all = found.into_iter().flat_map(|one| one.connectors);
    Ok(all.filter(|one| seen.insert((one.kind, one.id().to_owned()))).collect())
}
