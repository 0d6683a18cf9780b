//! Text that people wrote, as it is let in.

use super::error::{Fault, Problem};

/// Any script is welcome; what cannot be seen or shown is not.
pub fn check(field: &str, text: &str, characters_max: usize) -> Result<(), Problem> {
    if text.trim().is_empty() {
        return Err(Problem::faulty(field, Fault::Empty, "is empty"));
    }
    if text.chars().count() > characters_max {
        let why = format!("has more than {characters_max} characters");
        return Err(Problem::faulty(field, Fault::Long { characters_max }, why));
    }
    if text.chars().any(is_invisible) {
        let why = "has control characters; leave them out";
        return Err(Problem::faulty(field, Fault::Invisible, why));
    }
    Ok(())
}

/// Control characters, and those that turn the direction of the text around them.
pub fn is_invisible(character: char) -> bool {
    let turns = matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    character.is_control() || turns
}
