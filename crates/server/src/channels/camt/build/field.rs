//! Values of a statement: amounts, dates, codes, each read strictly.

use engine::{Amount, Currency, MoneyError, Precision};
use jiff::civil::{Date, DateTime};

use crate::channels::camt::Side;
use crate::channels::camt::walk::{Value, Wrong, excerpt};

/// A value that stands once.
#[derive(Debug)]
pub struct Field<T>(Option<T>);

impl<T> Default for Field<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Field<T> {
    pub fn put(&mut self, value: T) -> Result<(), Wrong> {
        match self.0.replace(value) {
            None => Ok(()),
            Some(_) => Err("stands twice; keep one of the two".into()),
        }
    }

    pub fn peek(&self) -> Option<&T> {
        self.0.as_ref()
    }

    pub fn get(self) -> Option<T> {
        self.0
    }

    pub fn need(self, name: &str, place: usize) -> Result<T, Wrong> {
        self.0.ok_or_else(|| missing(name, place))
    }
}

pub fn missing(name: &str, place: usize) -> Wrong {
    Wrong::at(place, format!("lacks its {name}; ask the bank for a sound file"))
}

/// An amount as it stands, to be read when its currency is known to matter.
#[derive(Debug)]
pub struct Money {
    pub text: String,
    pub currency: String,
    pub place: usize,
}

impl Money {
    pub fn new(value: Value<'_>) -> Self {
        Self {
            text: value.text.to_owned(),
            currency: value.currency.unwrap_or_default().to_owned(),
            place: value.place,
        }
    }
}

/// The amount, which has to be in `currency`.
pub fn money(found: &Money, expected: Currency) -> Result<Amount, Wrong> {
    let wrong = |why: String| Wrong::at(found.place, why);
    let currency = currency(&found.currency).map_err(|it| wrong(format!("Amt: {}", it.why)))?;
    if currency != expected {
        return Err(wrong(format!("Amt is in {currency} and the account in {expected}")));
    }
    let text = without_spare_zeros(&found.text, currency.exponent());
    Amount::parse(&text, currency.exponent(), Precision::MinorUnits).map_err(|error| {
        let why = match error {
            MoneyError::Negative => "is negative; the side is said by CdtDbtInd, not by a sign",
            MoneyError::TooManyDecimals { .. } => "has more decimals than its currency",
            MoneyError::OutOfRange => "is larger than an account can hold",
            MoneyError::NotADecimal | MoneyError::Zero => "is not a decimal number such as 12.50",
        };
        wrong(format!("Amt: {:?} {why}", excerpt(&found.text)))
    })
}

/// Banks write up to five decimals; zeros beyond the currency's own say nothing.
fn without_spare_zeros(text: &str, exponent: u8) -> String {
    let Some((whole, fraction)) = text.split_once('.') else { return text.to_owned() };
    let kept = fraction.trim_end_matches('0').len().max(usize::from(exponent));
    match fraction.get(..kept.min(fraction.len())) {
        Some("") if !fraction.is_empty() => whole.to_owned(),
        Some(fraction) => format!("{whole}.{fraction}"),
        None => text.to_owned(),
    }
}

pub fn currency(code: &str) -> Result<Currency, Wrong> {
    Currency::from_code(code).ok_or_else(|| {
        Wrong::from(format!("{:?} is not a currency of ISO 4217, such as EUR", excerpt(code)))
    })
}

pub fn side(text: &str) -> Result<Side, Wrong> {
    match text {
        "CRDT" => Ok(Side::Credit),
        "DBIT" => Ok(Side::Debit),
        _ => Err(format!("{:?} is neither CRDT nor DBIT", excerpt(text)).into()),
    }
}

pub fn flag(text: &str) -> Result<bool, Wrong> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(format!("{:?} is neither true nor false", excerpt(text)).into()),
    }
}

/// Whether an entry of this status is booked.
pub fn booked(text: &str) -> Result<bool, Wrong> {
    match text {
        "BOOK" => Ok(true),
        "PDNG" | "INFO" | "FUTR" => Ok(false),
        _ => Err(format!("{:?} is none of BOOK, PDNG, INFO, FUTR", excerpt(text)).into()),
    }
}

/// `2026-10-30`, with a zone after it or without.
pub fn date(text: &str) -> Result<Date, Wrong> {
    let (day, zone) = text.split_at_checked(10).unwrap_or((text, ""));
    let shaped = day.bytes().enumerate().all(|(index, it)| match index {
        4 | 7 => it == b'-',
        _ => it.is_ascii_digit(),
    });
    let zone_shaped = zone.is_empty()
        || zone == "Z"
        || (zone.len() == 6 && zone.starts_with(['+', '-']) && zone.as_bytes()[3] == b':');
    let parsed = day.parse().ok().filter(|_| shaped && zone_shaped && day.len() == 10);
    parsed.ok_or_else(|| format!("{:?} is not a date such as 2026-10-30", excerpt(text)).into())
}

/// The day of `2026-10-30T18:43:50+01:00`, as the bank counts it.
pub fn moment(text: &str) -> Result<Date, Wrong> {
    let whole = |it: &str| it.parse::<jiff::Timestamp>().is_ok() || it.parse::<DateTime>().is_ok();
    match text.split_once('T') {
        Some((day, _)) if day.len() == 10 && whole(text) => date(day),
        _ => {
            let shown = excerpt(text);
            Err(format!("{shown:?} is not a moment such as 2026-10-30T18:00:00+01:00").into())
        }
    }
}
