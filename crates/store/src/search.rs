//! What customers are found by, the same on every engine.

use engine::CustomerKind;

/// What a person who typed something is looking for.
pub enum Wanted<W> {
    /// The beginning of an ending of a telephone number: digits.
    Number(String),
    /// The beginnings of words, each of which is to be there; none is everybody.
    Words(W),
}

/// Telephone numbers are written with blanks and dashes, so a text of digits is one word.
pub fn wanted(words: &str) -> Wanted<impl Iterator<Item = &str>> {
    let digits: String = words.chars().filter(char::is_ascii_digit).collect();
    let numeric = words.chars().all(|it| it.is_ascii_digit() || " +-./()".contains(it));
    if numeric && digits.len() >= 3 {
        return Wanted::Number(digits);
    }
    Wanted::Words(words.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty()))
}

/// The endings of a telephone number, six digits or more: whoever looks for a customer by the
/// digits at hand need not know the prefixes.
pub fn phone_endings(phone: &str) -> Vec<String> {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    (0..digits.len().saturating_sub(5)).map(|it| digits[it..].to_owned()).collect()
}

pub fn kind_word(kind: CustomerKind) -> &'static str {
    match kind {
        CustomerKind::Person => "person",
        CustomerKind::Organisation => "organisation",
    }
}
