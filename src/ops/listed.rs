//! Lists as results show them.

use crate::api::Listing;
use crate::domain::selection::Filter;
use crate::error::Result;
use crate::output::Shown;

/// The connectors that a filter admits: the `whole` of each, or what a row has of it, for which ten
/// thousand take half the time.
pub(crate) fn shown<'l>(
    listings: &'l [Listing],
    whole: bool,
    filter: &Filter,
) -> Result<impl Iterator<Item = Shown<'l>>> {
    let (mut rows, mut objects) = (Vec::new(), Vec::new());
    for listing in listings {
        match whole {
            true => objects.push(listing.by_name()?),
            false => rows.push(listing.rows()?),
        }
    }
    let rows = rows.into_iter().flatten().map(Shown::from);
    let all = rows.chain(objects.into_iter().flatten().map(Shown::from));
    Ok(all.filter(|one| filter.admits(&one.row().name, one.row().setting("remote_url"))))
}
