//! What other shards have sent to accounts of this one: each once, as it was sent, in their order.

use engine::{Contra, Entry, Fact, Position, Transit};
use store::{Kept, KeyAnswer, Reader, StoreError};

use super::Report;
use crate::transit::{key_of, receives};

/// Entries that are read at once.
const SLICE: usize = 256;

/// Whether an entry is the other side of one of another shard.
pub(super) fn is_received(entry: &Entry) -> bool {
    match &entry.fact {
        Fact::TransferIn(fact) => matches!(fact.transit, Some(Transit::Received { .. })),
        Fact::PaymentAllocated(_) => entry.posting.is_some_and(|it| it.contra == Contra::Transfers),
        Fact::PaymentUnallocated(fact) => fact.original.is_some(),
        _ => false,
    }
}

/// Holds what the shard of `reader` has received against what the `others` have sent to it. They
/// have to see no earlier moment than `reader`: the newest of what they sent may be under way.
pub fn check_transits(
    reader: &dyn Reader,
    others: &[Box<dyn Reader>],
    report: &mut Report,
) -> Result<(), StoreError> {
    let keys = reader.keys(Kept::ForEver, store::RUN_KEYS)?;
    let (mut received, mut under_way) = (0, 0);
    for other in others {
        let (mut place, mut missing) = (Position::START, None);
        loop {
            let sent = other.sent_after(reader.shard(), place, SLICE)?;
            let Some(last) = sent.last() else { break };
            place = last.position;
            for original in &sent {
                let at = original.position.0;
                let key = key_of(original.position);
                let found = super::find_key(reader, &keys, Kept::ForEver, key)?;
                let answer = found.map(|it| reader.key(Kept::ForEver, it)).transpose()?.flatten();
                let Some(answer) = answer else {
                    under_way += 1;
                    missing.get_or_insert(at);
                    continue;
                };
                received += 1;
                if let Some(missing) = missing {
                    report.fault(format!("position {missing}: what it sent was left out"));
                }
                let KeyAnswer::Entries { first, .. } = answer.answer else {
                    report.fault(format!("position {at}: what it sent was refused"));
                    continue;
                };
                let entry = reader.entry(first)?;
                if !entry.is_some_and(|it| receives(&it, original)) {
                    let first = first.0;
                    report.fault(format!("position {first}: it is not what was sent at {at}"));
                }
            }
        }
    }
    if received != report.received {
        let count = report.received;
        report.fault(format!("{count} entries are from other shards, which sent {received}"));
    }
    report.add(received, "what other shards have sent was received once");
    if under_way > 0 {
        report.add(under_way, "entries of other shards are under way to this one");
    }
    Ok(())
}
