//! A shard has repeated what the first one has laid down: the same, in the same order, each once.

use engine::{Entry, Position};
use store::{Kept, KeyAnswer, KeyIndex, Reader, StoreError};

use super::Report;
use crate::nodes::repetition::{key_of, told};

/// Entries that are read at once.
const SLICE: usize = 256;

/// Holds what the shard has repeated against the first one's, as far as it stands: the newest may
/// still be under way. `reader` has to see no later moment than `first`.
pub fn check_repetitions(
    reader: &dyn Reader,
    first: &dyn Reader,
    report: &mut Report,
) -> Result<(), StoreError> {
    let keys = reader.keys(Kept::ForEver, store::RUN_KEYS)?;
    let (mut place, mut original) = (Position::START, Position::START);
    let mut count = 0;
    loop {
        let repetitions = reader.laid_down_after(place, SLICE)?;
        let originals = first.laid_down_after(original, SLICE)?;
        let (Some(last), Some(last_original)) = (repetitions.last(), originals.last()) else {
            if let Some(entry) = repetitions.first() {
                let at = entry.position.0;
                report
                    .fault(format!("position {at}: the first shard has laid down nothing like it"));
            }
            break;
        };
        (place, original) = (last.position, last_original.position);
        for pair in repetitions.iter().zip(&originals) {
            count += 1;
            if let Some(why) = difference(pair, reader, &keys)? {
                report.fault(format!("position {}: {why}", pair.0.position.0));
            }
        }
        if originals.len() < repetitions.len() {
            let at = repetitions[originals.len()].position.0;
            report.fault(format!("position {at}: the first shard has laid down nothing like it"));
        }
        if repetitions.len() < SLICE {
            break;
        }
    }
    report.add(count, "services, policies and rates are those of the first shard, in its order");
    Ok(())
}

/// What is wrong with a repetition of an original.
fn difference(
    (repetition, original): (&Entry, &Entry),
    reader: &dyn Reader,
    keys: &KeyIndex,
) -> Result<Option<String>, StoreError> {
    let place = original.position.0;
    let origin = |it: &Entry| format!("{:?}", it.origin);
    if told(&repetition.fact) != told(&original.fact) {
        return Ok(Some(format!("it is not what the first shard laid down at {place}")));
    }
    if origin(repetition) != origin(original) {
        return Ok(Some(format!("its origin is not that of {place}")));
    }
    let key = key_of(original.position);
    let found = super::find_key(reader, keys, Kept::ForEver, key)?;
    let answer = found.map(|it| reader.key(Kept::ForEver, it)).transpose()?.flatten();
    let leads_here = answer.is_some_and(
        |it| matches!(it.answer, KeyAnswer::Entries { first, .. } if first == repetition.position),
    );
    Ok((!leads_here).then(|| format!("no key says that it repeats {place}")))
}
