//! The secrets that are known, and where they stand in a text, in one pass over it for all of them.

use std::collections::VecDeque;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use memchr::memmem::Finder;
use zeroize::Zeroizing;

use super::escapes;

/// So many are kept for good: what the command was given comes first.
const KEPT: usize = 64;

/// Bytes of the others that are kept at the most. A watch gets new credentials for weeks: the newest
/// count, for what they took the place of is of no use any more.
const MOST: usize = 256 << 10;

/// So many wait for being built into the automaton of all: credentials come one by one, and it is
/// not built anew for each.
const WAITING: usize = 32;

/// Secrets, the oldest first. Each has one spelling here: escapes are taken off the text.
#[derive(Default)]
pub(super) struct Known {
    secrets: VecDeque<Zeroizing<String>>,
    /// The bytes of those beyond [`KEPT`].
    bytes: usize,
    /// The shortest, in bytes; a text that is shorter holds none.
    shortest: usize,
    /// How many, from the first, are in `all`; the others are in `new`.
    built: usize,
    all: Option<AhoCorasick>,
    new: Option<AhoCorasick>,
    /// Of one secret alone: most texts of most commands are found clean without an automaton, which
    /// takes longer to build than they take to search.
    alone: Option<Finder<'static>>,
}

impl Known {
    /// Whether it was not known.
    pub(super) fn learn(&mut self, secret: &str) -> bool {
        // From the newest: what is learnt again was learnt lately, as a rule.
        if self.secrets.iter().rev().any(|one| one.as_str() == secret) {
            return false;
        }
        if self.secrets.len() >= KEPT {
            self.bytes += secret.len();
        }
        let shortest = if self.secrets.is_empty() { usize::MAX } else { self.shortest };
        self.shortest = shortest.min(secret.len());
        self.secrets.push_back(Zeroizing::new(secret.to_owned()));
        self.new = None;
        self.alone = (self.secrets.len() == 1).then(|| Finder::new(secret).into_owned());
        while self.bytes > MOST && self.secrets.len() > KEPT + 1 {
            let oldest = self.secrets.remove(KEPT);
            self.bytes -= oldest.map_or(0, |oldest| oldest.len());
            // It may be in the automaton of all still: that only masks more.
            self.built = self.built.saturating_sub(1);
        }
        true
    }

    /// Where secrets stand in a text; such places may overlap.
    pub(super) fn find(&mut self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        if self.secrets.is_empty() || text.len() < self.shortest {
            return found;
        }
        let clean = |alone: &Finder<'_>| alone.find(text.as_bytes()).is_none();
        if self.alone.as_ref().is_some_and(clean) && !escapes::may_stand_in(text) {
            return found;
        }
        self.build();
        let automata = [self.all.as_ref(), self.new.as_ref()];
        for automaton in automata.into_iter().flatten() {
            // Nearly no text holds one, and to look for that alone is quicker by far.
            if automaton.is_match(text) {
                let spans = automaton.find_overlapping_iter(text.as_bytes());
                found.extend(spans.map(|span| span.range()));
            }
        }
        escapes::each_reading(text, |bytes, sources| {
            for automaton in automata.into_iter().flatten() {
                found.extend(automaton.find_overlapping_iter(bytes).map(|span| {
                    let start = sources[span.start()] as usize;
                    around(text, start..sources[span.end()] as usize)
                }));
            }
        });
        found
    }

    fn build(&mut self) {
        if self.new.is_some() || self.built == self.secrets.len() {
            return;
        }
        if self.secrets.len() - self.built > WAITING {
            self.all = automaton(self.secrets.iter());
            self.built = self.secrets.len();
            return;
        }
        self.new = automaton(self.secrets.range(self.built..));
    }
}

/// Above so many bytes of secrets, the fastest automaton is too large: it has 300 bytes for each of
/// them, which a watch with new session tokens every hour would have by the ten megabytes.
const FAST: usize = 8 << 10;

/// `None` only where the secrets are too long for any: then they are gigabytes.
fn automaton<'a>(
    secrets: impl Iterator<Item = &'a Zeroizing<String>> + Clone,
) -> Option<AhoCorasick> {
    let bytes: usize = secrets.clone().map(|one| one.len()).sum();
    let kind = (bytes > FAST).then_some(AhoCorasickKind::ContiguousNFA);
    AhoCorasick::builder().kind(kind).build(secrets.map(|one| one.as_bytes())).ok()
}

/// A span that begins and ends between characters.
fn around(text: &str, span: Range<usize>) -> Range<usize> {
    let start = (0..=span.start).rev().find(|at| text.is_char_boundary(*at));
    let end = (span.end..=text.len()).find(|at| text.is_char_boundary(*at));
    start.unwrap_or(0)..end.unwrap_or(text.len())
}

/// Secrets that are so short that only whole words are taken for them.
#[derive(Default)]
pub(super) struct Short(Vec<Zeroizing<String>>);

/// Short secrets that are kept at the most, the newest.
const MOST_SHORT: usize = 64;

impl Short {
    /// Whether it was not known.
    pub(super) fn learn(&mut self, secret: &str) -> bool {
        let new = !self.0.iter().any(|one| one.as_str() == secret);
        if new {
            self.0.push(Zeroizing::new(secret.to_owned()));
            self.0.drain(..self.0.len().saturating_sub(MOST_SHORT));
        }
        new
    }

    /// Where they stand in a text as words.
    pub(super) fn find(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        for secret in &self.0 {
            found.extend(text.match_indices(secret.as_str()).filter_map(|(at, word)| {
                let end = at + word.len();
                let before = text[..at].chars().next_back().is_some_and(is_part);
                let after = text[end..].chars().next().is_some_and(is_part);
                let joined =
                    (before && word.starts_with(is_part)) || (after && word.ends_with(is_part));
                (!joined).then_some(at..end)
            }));
        }
        found
    }
}
