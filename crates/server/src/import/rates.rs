//! Exchange rates of the older system.

use std::collections::HashSet;
use std::sync::Arc;

use engine::{AddExchangeRates, Command, Currency, ExchangeRate, Name, Position, Rate, Timestamp};
use store::{Reader, StoreError};

use super::table::{Column, Row, moment};
use super::{Fault, Kind, Seen, Sums, Wanted};
use crate::shard::key_digest;

const fn column(name: &'static str, is_required: bool, remedy: &'static str) -> Column {
    Column { name, is_required, remedy }
}

const COLUMNS: &[Column] = &[
    column("base", true, "a code of ISO 4217, such as EUR"),
    column("quote", true, "another code of ISO 4217, such as USD"),
    column("rate", true, "what one of base costs in quote: a decimal number above zero"),
    column("valid_from", true, "a day such as 2026-11-30, or 2026-11-30T12:00:00Z"),
    column("source", true, "a word in lower case, such as ecb"),
];

/// How far ahead rates are published: central banks announce tomorrow's, or Monday's.
const AHEAD_MAX: i64 = 7 * 86_400 * 1_000_000;

pub struct Rates {
    known: HashSet<u128>,
    now: Timestamp,
    seen: Seen,
}

impl Rates {
    pub fn new(reader: Option<&dyn Reader>, now: Timestamp) -> Result<Self, StoreError> {
        let known = match reader {
            Some(it) => it.exchange_rates(it.head()?)?.iter().map(|it| key(it, true)).collect(),
            None => HashSet::new(),
        };
        Ok(Self { known, now, seen: Seen::default() })
    }
}

/// What a rate is known by; with the rate itself, what makes it the same one.
fn key(rate: &ExchangeRate, with_rate: bool) -> u128 {
    let value = if with_rate { String::from(rate.rate) } else { String::new() };
    key_digest(&[
        rate.base.code().as_bytes(),
        rate.quote.code().as_bytes(),
        &rate.valid_from.0.to_le_bytes(),
        rate.source.as_str().as_bytes(),
        value.as_bytes(),
    ])
}

impl Kind for Rates {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn begin(&mut self) {
        self.seen.clear();
    }

    fn read(&mut self, row: &Row) -> Result<Wanted, Fault> {
        let text = |place| row.require(COLUMNS, place);
        let fault = |place, why: &str| row.fault(COLUMNS, place, why);
        let currency = |place| {
            Currency::from_code(text(place)?).ok_or_else(|| fault(place, "is not a currency"))
        };
        let (base, quote) = (currency(0)?, currency(1)?);
        if base == quote {
            return Err(fault(1, "is the base itself"));
        }
        let rate = Rate::try_from(text(2)?.to_owned()).map_err(|why| fault(2, why))?;
        let valid_from =
            moment(text(3)?).ok_or_else(|| fault(3, "is neither a day nor a moment"))?;
        if valid_from > self.now.plus(AHEAD_MAX) {
            return Err(fault(3, "is more than a week in the future"));
        }
        let source = Name::new(text(4)?).map_err(|why| fault(4, &why.to_string()))?;
        let rate = ExchangeRate { base, quote, rate, valid_from, source };
        if let Some(first) = self.seen.note(key(&rate, false), row.line) {
            let why = format!("has a rate from this source and moment on line {first} already");
            return Err(fault(1, &why));
        }
        let mut wanted = Wanted::new(None);
        if !self.known.contains(&key(&rate, true)) {
            let rates = vec![(quote, rate.rate)];
            let added = AddExchangeRates { base, source, valid_from, rates };
            wanted.then(Command::AddExchangeRates(Arc::new(added)));
        }
        Ok(wanted)
    }

    /// Rates of one source and moment that stand one below the other are one entry.
    fn join(&self, last: &mut Command, next: &Command) -> bool {
        let (Command::AddExchangeRates(last), Command::AddExchangeRates(next)) = (last, next)
        else {
            return false;
        };
        let same =
            (last.base, last.source, last.valid_from) == (next.base, next.source, next.valid_from);
        if same {
            Arc::make_mut(last).rates.extend(&next.rates);
        }
        same
    }

    fn booked(&self, _: &dyn Reader, _: Position) -> Result<Sums, StoreError> {
        Ok(Sums::new())
    }
}
