//! Creating and updating a connector: the write, the journal, the ledger, and whether the service
//! took what was sent.

use tokio::time::Instant;

use crate::api::{Created, How};
use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::domain::s3::config::{self, Config};
use crate::domain::s3::credentials::Auth;
use crate::error::{Category, Error, Result};
use crate::ops::leases::Recorded;
use crate::ops::session::Session;

/// A connector as it is to be made.
pub(crate) struct New<'a> {
    /// Source or destination.
    pub(crate) kind: Kind,
    /// A name that was just seen to be free.
    pub(crate) name: &'a str,
    /// The whole config.
    pub(crate) config: &'a Config,
    /// The credentials that stand in the config.
    pub(crate) auth: &'a Auth,
    /// Whether it is one of many, after which twins are looked for.
    pub(crate) among: bool,
}

/// Makes exactly one connector.
pub(crate) async fn create(session: &Session<'_>, new: &New<'_>) -> Result<Created> {
    let write = async {
        match new.among {
            true => session.client.create_among(new.kind, new.name, new.config).await,
            false => session.client.create_only(new.kind, new.name, new.config).await,
        }
    };
    let made = session.journal().write(&format!("created {:?}", new.name), write).await?;
    let title = made.connector.title();
    session.journal().done(format!("created {title}"));
    if made.how != (How::Found { certain: false }) {
        session.leases.record(&made.connector, new.auth, Recorded::Created);
    }
    let lost = format!("its answer was lost, and it was found: created {title}");
    match made.how {
        How::Made => session.output().notice(&format!("created {title}")),
        How::Found { certain: true } => session.output().notice(&lost),
        How::Found { certain: false } => session.output().alarm(&format!(
            "{lost}, or someone else did at the same time, with other credentials: the service \
             hides them (to set yours: uns3 rotate {})",
            made.connector.id()
        )),
    }
    let differ = config::disagreements(new.config, made.connector.config());
    if !differ.is_empty() {
        let message =
            format!("created {title}, but the service did not take: {}", differ.join(", "));
        let id = made.connector.id();
        return Err(Error::new(Category::Conflict, message)
            .hint(format!("look at it (uns3 get {id}), or delete it (uns3 delete {id})")));
    }
    Ok(made)
}

/// A connector as it is, and as it is to be.
pub(crate) struct Replacement<'a> {
    /// As it was read.
    pub(crate) current: &'a Connector,
    /// When it was read.
    pub(crate) read_at: Instant,
    /// The whole config to write.
    pub(crate) config: &'a Config,
    /// The credentials in the config, where they are new, and how they are recorded.
    pub(crate) auth: Option<(&'a Auth, Recorded)>,
}

/// Replaces a connector's config. `what` was done, in words that begin with a verb. The error has
/// the connector as it is known to be now, where it was written.
///
/// The answer to the write is the reading of what was written: another request would tell no more
/// than it does about who comes next. What is read of it later, for another reason, is judged then.
pub(crate) async fn update(
    session: &Session<'_>,
    what: &str,
    new: &Replacement<'_>,
) -> Result<Connector, (Error, Option<Connector>)> {
    let Replacement { current, config, .. } = new;
    let write = session.client.update(current, config, new.read_at);
    let written = session.journal().write(what, write).await;
    let written = written.map_err(|error| {
        session.leases.doubt(current, &error, new.read_at);
        (error, None)
    })?;
    session.journal().done(what);
    let differ = config::disagreements(config, written.config());
    if !differ.is_empty() {
        // Whose credentials it has is not known.
        session.leases.forget(&written);
        return Err((not_taken(current, &differ), Some(written)));
    }
    // At once, so that whatever comes now, what is known is what is there.
    if let Some((auth, how)) = new.auth {
        session.leases.record(&written, auth, how);
    }
    Ok(written)
}

fn not_taken(connector: &Connector, fields: &[String]) -> Error {
    let message = format!(
        "the service answered the update of {} with other settings than were sent: {}",
        connector.title(),
        fields.join(", ")
    );
    Error::new(Category::Conflict, message).hint(
        "the service does not take these, or someone else wrote the connector at the same time: \
         look at it (uns3 get), and run the command again",
    )
}
