//! "Did you mean": the known word nearest to a mistyped one.
//!
//! Must not: know what the words are.

/// The known word nearest to a mistyped one.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(&word.to_lowercase(), &known.to_lowercase()), known))
        .filter(|(distance, known)| *distance <= known.chars().count().max(word.chars().count()).div_ceil(3))
        .min()
        .map(|(_, known)| known)
}
