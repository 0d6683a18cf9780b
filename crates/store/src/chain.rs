//! The chain of an account's entries, each naming the one before it.

use engine::{Entry, Position};

use crate::StoreError;

/// An entry's position, and that of the same account's entry before it.
pub fn link(entry: &Entry) -> (Position, Position) {
    (entry.position, entry.posting.map_or(Position::START, |it| it.prev))
}

/// A chain leads back. One that does not, or ends in nothing, would be read for ever or in part.
pub fn step(at: Position, found: Option<(Position, Position)>) -> Result<Position, StoreError> {
    let damaged = |why| Err(StoreError::damaged(format!("journal position {}", at.0), why));
    match found {
        Some((found, prev)) if found == at && prev < at => Ok(prev),
        Some((found, _)) if found == at => damaged("its prev does not lead back"),
        _ => damaged("it is missing from its account's chain"),
    }
}
