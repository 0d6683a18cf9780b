//! Exchange rates: the table says where they are, the journal what they are.
//!
//! **Invariant:** the two agree, because rates from before the checkpoint are not replayed, and a
//! rate that differs by a bit would change every amount that it converts.

use std::collections::BTreeMap;

use engine::{ExchangeRate, Fact, Position};

use super::read::{SqliteReader, position};
use crate::{Reader, StoreError};

/// Every rate that was added up to `until`, in the order of arrival.
pub fn exchange_rates(
    reader: &SqliteReader,
    until: Position,
) -> Result<Vec<ExchangeRate>, StoreError> {
    let sql = "SELECT DISTINCT position FROM exchange_rates WHERE position <= ?1 \
               ORDER BY position";
    let doing = "read exchange rates";
    let mut rates = Vec::new();
    for at in reader.many(doing, sql, [until.0 as i64], |it| position(it, 0))? {
        let added = reader.entry(at)?.and_then(|it| match it.fact {
            Fact::ExchangeRatesAdded(added) => Some(added),
            _ => None,
        });
        let added: Vec<ExchangeRate> = added.iter().flat_map(|it| it.dated()).collect();
        if !are_listed(reader, at, &added)? {
            let place = format!("exchange_rates of position {}", at.0);
            return Err(StoreError::damaged(place, "they are not those of the journal"));
        }
        rates.extend(added);
    }
    Ok(rates)
}

/// Whether the rates that the table lists at a position are those that were `added`.
fn are_listed(
    reader: &SqliteReader,
    at: Position,
    added: &[ExchangeRate],
) -> Result<bool, StoreError> {
    let sql = "SELECT base, quote, rate, valid_from, source FROM exchange_rates \
               WHERE position = ?1 ORDER BY base, quote";
    let listed = reader.many("read exchange rates", sql, [at.0 as i64], |it| {
        let text = |column| it.get::<_, String>(column);
        Ok(((text(0)?, text(1)?), (text(2)?, it.get::<_, i64>(3)?, text(4)?)))
    })?;
    // The same pair twice in one entry: the last one counts, there and here.
    let expected = added.iter().map(|it| {
        let source = it.source.as_str().to_owned();
        let pair = (it.base.code().to_owned(), it.quote.code().to_owned());
        (pair, (String::from(it.rate), it.valid_from.0, source))
    });
    let expected: BTreeMap<_, _> = expected.collect();
    Ok(listed.into_iter().eq(expected))
}
