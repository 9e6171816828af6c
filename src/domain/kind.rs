//! The two kinds of connectors.

/// Which end of a workflow a connector is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Documents are read from it.
    Source,
    /// Results are written to it.
    Destination,
}

impl Kind {
    /// `source` or `destination`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Destination => "destination",
        }
    }

    /// The kinds that are not among `kinds`.
    pub fn others(kinds: &[Self]) -> Vec<Self> {
        [Self::Destination, Self::Source].into_iter().filter(|one| !kinds.contains(one)).collect()
    }

    /// The collection in the API: `sources` or `destinations`.
    pub fn collection(self) -> &'static str {
        match self {
            Self::Source => "sources",
            Self::Destination => "destinations",
        }
    }
}

/// The kinds among which targets are looked for.
#[derive(Clone, Copy, Debug)]
pub struct Kinds {
    /// Where names are looked for, and ids first.
    named: &'static [Kind],
    /// Whether they were asked for: if not, an id may be of any kind, for it is but one connector's.
    asked: bool,
}

impl Kinds {
    /// The kinds that were asked for; `None`: destinations, as nothing was said.
    pub fn new(asked: Option<&'static [Kind]>) -> Self {
        Self { named: asked.unwrap_or(&[Kind::Destination]), asked: asked.is_some() }
    }

    /// The kinds in which an id is looked for after these.
    pub fn by_id(self) -> Vec<Kind> {
        if self.asked { Vec::new() } else { Kind::others(self.named) }
    }
}

impl std::ops::Deref for Kinds {
    type Target = [Kind];

    fn deref(&self) -> &[Kind] {
        self.named
    }
}
