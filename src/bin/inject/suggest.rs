//! "Did you mean": the known word nearest to a mistyped one.
//!
//! Must not: know what the words are.

use inject::place::Kind;

/// An address whose kind is a mistyped one, with the kind that is near: `akp:string/x`. Without a known kind, what stands
/// before the colon counts as part of a file's name.
pub fn address(text: &str) -> Option<String> {
    let (word, rest) = text.split_once(':').filter(|(word, _)| !word.contains(['/', '.', '*']))?;
    let near = nearest(word, Kind::ALL.iter().map(|(word, _)| *word)).filter(|near| *near != word)?;
    Some(format!("{near}:{rest}"))
}

/// The known word nearest to a mistyped one.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(&word.to_lowercase(), &known.to_lowercase()), known))
        .filter(|(distance, known)| *distance <= known.chars().count().max(word.chars().count()).div_ceil(3))
        .min()
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_near_enough() {
        let words = ["embedded", "postgres", "http", "oauth"];
        for (typed, meant) in [("embeded", "embedded"), ("Postgress", "postgres"), ("htpp", "http"), ("ouath", "oauth")]
        {
            assert_eq!(nearest(typed, words), Some(meant));
        }
        assert_eq!(nearest("ldap", words), None);
    }

    #[test]
    fn a_kind_of_address_is_mistyped() {
        assert_eq!(address("akp:string/id").as_deref(), Some("apk:string/id"));
        assert_eq!(address("tre:a.json#/b").as_deref(), Some("tree:a.json#/b"));
        for right in ["apk:string/id", "string/id", "a/b:c", "https:x", "a.b:c"] {
            assert_eq!(address(right), None, "{right}");
        }
    }
}
