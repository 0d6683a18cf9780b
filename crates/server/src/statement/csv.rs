//! A statement as comma-separated values by RFC 4180: every entry a row, for spreadsheets.

use std::borrow::Cow;

use engine::{Conversion, Decimals, ExchangeRate, ReservationId};
use pages::Language;

use super::{Statement, session_serial, view};
use crate::http::wire;

const HEAD: [&str; 18] = [
    "position",
    "at",
    "kind",
    "description",
    "name",
    "reference",
    "note",
    "session",
    "reservation",
    "amount",
    "currency",
    "balance",
    "original_amount",
    "original_currency",
    "rate",
    "rate_pair",
    "rate_valid_from",
    "rate_source",
];

/// The rows are in the order of the journal, between the balance that was brought forward and
/// the one that is carried forward.
pub fn write(statement: &Statement, language: Language) -> Result<Vec<u8>, csv::Error> {
    let terminator = csv::Terminator::CRLF;
    let mut writer = csv::WriterBuilder::new().terminator(terminator).from_writer(Vec::new());
    writer.write_record(HEAD)?;
    let currency = statement.account.currency.to_string();
    let exponent = statement.account.exponent;
    let decimals = |units: i64, exponent: u8| Decimals::new(units, exponent).to_string();
    let edge = |at, kind: &str, balance: i64| {
        let mut row = vec![String::new(); HEAD.len()];
        (row[1], row[2]) = (wire::time(at), kind.to_owned());
        (row[10], row[11]) = (currency.clone(), decimals(balance, exponent));
        row
    };
    let Statement { period, opening, closing, .. } = statement;
    writer.write_record(edge(period.from, "brought_forward", opening.units()))?;
    let mut entries: Vec<_> = statement
        .lines
        .iter()
        .flat_map(|line| line.entries.iter().map(|entry| (entry, line.session.as_deref())))
        .collect();
    entries.sort_by_key(|it| it.0.position);
    for (entry, session) in entries {
        let shown = view::entry(statement, entry, language);
        let posting = entry.posting.expect("an account's entry posts to it");
        let reservation = session_serial(&entry.fact)
            .map(|serial| wire::reservation_id(ReservationId { account: posting.account, serial }));
        let text = |it: Option<String>| guarded(it.unwrap_or_default().into()).into_owned();
        let mut row = vec![
            entry.position.0.to_string(),
            wire::time(entry.at),
            entry.fact.kind().to_owned(),
            guarded(shown.title(language).into()).into_owned(),
            text(view::name(entry)),
            text(shown.reference),
            text(shown.note),
            guarded(session.unwrap_or_default().into()).into_owned(),
            reservation.unwrap_or_default(),
            decimals(posting.amount.units(), exponent),
            currency.clone(),
            decimals(posting.balance.units(), exponent),
        ];
        row.extend(conversion_cells(entry.fact.conversion()));
        writer.write_record(row)?;
    }
    writer.write_record(edge(period.to, "carried_forward", closing.units()))?;
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// A crossed conversion used two rates: each cell then has both, in order.
fn conversion_cells(conversion: Option<&Conversion>) -> [String; 6] {
    let Some(it) = conversion else {
        return Default::default();
    };
    let all = |say: &dyn Fn(&ExchangeRate) -> String| {
        it.rates.iter().map(say).collect::<Vec<_>>().join("; ")
    };
    [
        Decimals::new(it.original.units(), it.exponent).to_string(),
        it.currency.to_string(),
        all(&|rate| rate.rate.into()),
        all(&|rate| format!("{}/{}", rate.base, rate.quote)),
        all(&|rate| wire::time(rate.valid_from)),
        all(&|rate| rate.source.to_string()),
    ]
}

/// Text that a spreadsheet would take for a formula gets an apostrophe before it.
fn guarded(text: Cow<'_, str>) -> Cow<'_, str> {
    // A blank before it does not keep a spreadsheet from reading on.
    match text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) {
        true => format!("'{text}").into(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::guarded;

    #[test]
    fn what_looks_like_a_formula_is_text() {
        for text in ["=1+1", "+1", "-1", "@a", " =1", "\t=1", "＝1"] {
            assert_eq!(guarded(text.into()), format!("'{text}"));
        }
        for text in ["", "a=1", "R-1", "'", "1+1"] {
            assert_eq!(guarded(text.into()), text);
        }
    }
}
