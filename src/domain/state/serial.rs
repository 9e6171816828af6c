//! The names of numbered objects: counted down, so that a listing, which is sorted by name, begins
//! with the newest.

/// One a second lasts for three hundred years.
const LAST: u64 = 9_999_999_999;
const SUFFIX: &str = ".json";

/// How many old objects of a chain are kept: who has just read a listing still finds what it names.
pub const KEPT: u64 = 16;

/// The name of the object of a number, from 1 on.
pub fn name(number: u64) -> String {
    format!("{:010}{SUFFIX}", LAST.saturating_sub(number))
}

/// The number of the object of a name; `None`: it is no such name.
pub fn number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SUFFIX).filter(|digits| digits.len() == 10)?;
    LAST.checked_sub(digits.parse().ok()?)
}

/// Whether an object that was just made may stand in the place of one that was removed: then it
/// follows none that its writer has read, and nobody reads it.
pub fn may_fill_a_gap(made: u64, newest: u64) -> bool {
    newest >= made + KEPT / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_comes_first_and_is_read_back() {
        let names: Vec<String> = [1, 2, 10, 999_999, LAST].map(name).into();
        assert!(names.is_sorted_by(|one, next| one > next), "{names:?}");
        let numbers: Vec<Option<u64>> = names.iter().map(|one| number(one)).collect();
        assert_eq!(numbers, [1, 2, 10, 999_999, LAST].map(Some));
        for other in ["", ".json", "9999999998", "99999999989.json", "999999999x.json"] {
            assert_eq!(number(other), None, "{other}");
        }
    }
}
