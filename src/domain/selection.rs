//! Which connectors are meant: by target (a name or an id), or by a filter over all.

use std::fmt;

use glob::Pattern;

use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::domain::names::quoted;
use crate::domain::s3::location::bucket_of;

/// The filters of commands that take many connectors.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// `--match`: a pattern that the name fits.
    pub pattern: Option<Pattern>,
    /// `--bucket`: the bucket of the remote URL.
    pub bucket: Option<String>,
}

impl Filter {
    /// Whether it admits every connector.
    pub fn is_empty(&self) -> bool {
        self.pattern.is_none() && self.bucket.is_none()
    }

    /// That it admits nothing, in words.
    pub fn nothing(&self, kinds: &[Kind]) -> String {
        let kinds: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        let kinds = kinds.join(" or ");
        match self.is_empty() {
            true => format!("there is no S3 {kinds} connector"),
            false => format!("no S3 {kinds} connector matches {self}"),
        }
    }

    /// Whether a connector of this name and URL passes.
    pub fn admits(&self, name: &str, remote_url: &str) -> bool {
        let is_in = |bucket| bucket_of(remote_url) == Some(bucket);
        self.pattern.as_ref().is_none_or(|pattern| pattern.matches(name))
            && self.bucket.as_deref().is_none_or(is_in)
    }
}

impl fmt::Display for Filter {
    /// The flags that say the same; empty where all are admitted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pattern = self.pattern.as_ref().map(|one| ("--match", one.as_str()));
        let bucket = self.bucket.as_deref().map(|one| ("--bucket", one));
        let flags = pattern.into_iter().chain(bucket);
        let flags: Vec<String> =
            flags.map(|(flag, value)| format!("{flag} {}", quoted(value))).collect();
        f.write_str(&flags.join(" "))
    }
}

/// What a target turned out to be.
#[derive(Clone)]
pub struct Resolved {
    /// The name or id as the user wrote it.
    pub target: String,
    /// The connectors that it names: none where there is no such, one, or one of each kind.
    pub connectors: Vec<Connector>,
    /// Where there is none: names that are near.
    pub near: Vec<String>,
    /// Where there is none: another kind in which there is.
    pub elsewhere: Option<Kind>,
}

impl Resolved {
    /// A target that names nothing yet.
    pub fn nothing(target: &str) -> Self {
        Self { target: target.to_owned(), connectors: vec![], near: vec![], elsewhere: None }
    }

    /// The kind in which the name has several connectors, so that it says too little.
    pub fn ambiguous(&self) -> Option<Kind> {
        [Kind::Source, Kind::Destination]
            .into_iter()
            .find(|kind| self.connectors.iter().filter(|one| one.kind == *kind).count() > 1)
    }

    /// What keeps the target from being used, in words.
    pub fn problem(&self, kinds: &[Kind]) -> Option<String> {
        let Self { target, connectors, near, elsewhere } = self;
        if connectors.is_empty() {
            let kinds: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
            let but = match (elsewhere, near.as_slice()) {
                (Some(kind), _) => {
                    format!("; there is a {0} of that name: --kind {0}", kind.name())
                }
                (None, []) => String::new(),
                (None, names) => format!("; near it: {}", names.join(", ")),
            };
            return Some(format!("no S3 {} connector {target:?}{but}", kinds.join(" or ")));
        }
        let kind = self.ambiguous()?;
        let ids = connectors.iter().filter(|one| one.kind == kind).map(Connector::id);
        let ids: Vec<&str> = ids.collect();
        Some(format!(
            "{target:?} names {} {} connectors: give the id of one: {}",
            ids.len(),
            kind.name(),
            ids.join(", ")
        ))
    }
}
