//! Making a connector, and one that exists already.

use crate::domain::connector::Connector;
use crate::domain::difference::{self, Difference, Secrecy};
use crate::domain::kind::Kind;
use crate::domain::names;
use crate::domain::s3::auth::AuthKind;
use crate::domain::s3::config::Config;
use crate::domain::s3::credentials::Auth;
use crate::domain::s3::fields::is_auth;
use crate::error::{Category, Error, Result};
use crate::ops::session::Session;
use crate::ops::write::{self, New};

/// Makes it. Where someone else was faster, that is fine if it is what was asked for.
pub(crate) async fn make(
    session: &Session<'_>,
    new: &New<'_>,
    if_not_exists: bool,
) -> Result<Connector> {
    session.output().progress(&format!("creating {:?}", new.name));
    let made = write::create(session, new).await;
    session.output().end_progress();
    match made {
        Err(error) if error.status == Some(409) && if_not_exists => {
            let existing = session.client.last_named(new.kind, new.name).await?;
            if existing.is_empty() {
                return Err(error);
            }
            accept(session, &existing, new.config, new.auth, true)
        }
        made => made.map(|made| made.connector),
    }
}

/// The name exists: fine under `--if-not-exists`, where the settings agree.
pub(crate) fn accept(
    session: &Session<'_>,
    existing: &[Connector],
    config: &Config,
    auth: &Auth,
    if_not_exists: bool,
) -> Result<Connector> {
    let taken = |message: String| Error::new(Category::Conflict, message);
    let [one] = existing else {
        let ids: Vec<&str> = existing.iter().map(Connector::id).collect();
        let name = existing[0].name();
        return Err(taken(format!("several connectors are named {name:?}: {}", ids.join(", "))));
    };
    let title = one.title();
    if !if_not_exists {
        return Err(taken(format!("{title} exists"))
            .hint("change it by uns3 update, or accept it by --if-not-exists"));
    }
    let mut differ: Vec<Difference> = difference::between(one.config(), config);
    // Fields that were not asked for may be the service's own; of credentials, which it hides,
    // only the way is compared.
    differ.retain(|one| {
        let hidden = one.secret == Some(Secrecy::Unknown);
        config.has(&one.field) && !is_auth(&one.field) && !hidden
    });
    let mut lines = difference::lines(&differ);
    let (has, wants) = (one.auth(), config.auth());
    if has != wants {
        lines.push(format!("~ authentication: {} -> {}", has.name(), wants.name()));
    }
    if !lines.is_empty() {
        return Err(taken(format!("{title} exists with other settings:\n{}", lines.join("\n")))
            .hint("change it by uns3 update"));
    }
    let agree = format!("{title} exists already, and its settings agree");
    let Auth::Keys(keys) = auth else {
        session.output().notice(&agree);
        return Ok(one.clone());
    };
    let kind = if one.kind == Kind::Source { " --kind source" } else { "" };
    let rotate = format!("uns3 rotate {}{kind}", names::quoted(one.name()));
    let known = session.leases.of(one).filter(|_| has == AuthKind::Keys);
    if known.is_some_and(|lease| lease.is_of_another(keys)) {
        let message = format!("{title} exists with another access key than {}", keys.id);
        return Err(taken(message).hint(format!("give it the new credentials: {rotate}")));
    }
    session.output().notice(&format!(
        "{agree}; its credentials were neither compared nor written: {rotate} writes them"
    ));
    Ok(one.clone())
}
