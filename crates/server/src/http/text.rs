//! Text that people wrote, as it is let in.

use super::error::Problem;

/// Any script is welcome; what cannot be seen or shown is not.
pub fn check(field: &str, text: &str, characters_max: usize) -> Result<(), Problem> {
    if text.trim().is_empty() {
        return Err(Problem::malformed(field, "is empty"));
    }
    if text.chars().count() > characters_max {
        return Err(Problem::malformed(
            field,
            format!("has more than {characters_max} characters"),
        ));
    }
    if text.chars().any(is_invisible) {
        return Err(Problem::malformed(field, "has control characters; leave them out"));
    }
    Ok(())
}

/// Control characters, and those that turn the direction of the text around them.
pub fn is_invisible(character: char) -> bool {
    let turns = matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    character.is_control() || turns
}
