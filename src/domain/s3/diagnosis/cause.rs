//! A row of the table of causes.

/// A row of the table. The texts have places for what is known of the case, such as `{bucket}`.
pub(super) struct Cause {
    /// Its name in results: stable.
    pub(super) name: &'static str,
    /// Words by which it is known, in lower case.
    pub(super) words: &'static [&'static str],
    /// Error codes by which it is known.
    pub(super) codes: &'static [&'static str],
    pub(super) meaning: &'static str,
    pub(super) mend: &'static str,
}

/// A row.
pub(super) const fn cause(
    name: &'static str,
    words: &'static [&'static str],
    codes: &'static [&'static str],
    meaning: &'static str,
    mend: &'static str,
) -> Cause {
    Cause { name, words, codes, meaning, mend }
}
