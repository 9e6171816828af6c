//! The two kinds of connectors.

/// Which end of a workflow a connector is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
