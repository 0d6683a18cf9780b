//! The list of debtors as comma-separated values by RFC 4180, for spreadsheets.

use super::{Debtor, DebtorsPage};
use crate::cells::guard;
use crate::http::error::Problem;

pub const HEAD: [&str; 20] = [
    "account",
    "number",
    "customer",
    "name",
    "phone",
    "group",
    "currency",
    "owed",
    "days_0_30",
    "days_31_60",
    "days_61_90",
    "days_over_90",
    "owed_since",
    "oldest_days",
    "written_off",
    "credit_limit",
    "promised",
    "promise_paid",
    "promise_until",
    "closed",
];

pub fn write(page: &DebtorsPage) -> Result<Vec<u8>, Problem> {
    let terminator = csv::Terminator::CRLF;
    let mut writer = csv::WriterBuilder::new().terminator(terminator).from_writer(Vec::new());
    let written = writer
        .write_record(HEAD)
        .and_then(|()| page.debtors.iter().try_for_each(|debtor| writer.write_record(row(debtor))));
    written.map_err(|_| Problem::internal())?;
    writer.into_inner().map_err(|_| Problem::internal())
}

pub fn row(it: &Debtor) -> [String; 20] {
    let text = |it: &str| guard(it).to_string();
    let promise = it.promise.as_ref();
    [
        it.account.clone(),
        text(&it.number),
        it.customer.clone(),
        text(&it.name),
        text(it.phone.as_deref().unwrap_or_default()),
        it.group.map_or(String::new(), |it| it.to_string()),
        it.owed.currency().to_string(),
        it.owed.decimals(),
        it.bands.days_0_30.clone(),
        it.bands.days_31_60.clone(),
        it.bands.days_61_90.clone(),
        it.bands.days_over_90.clone(),
        it.owed_since.clone(),
        it.oldest_days.to_string(),
        it.written_off.map_or(String::new(), |it| it.decimals()),
        it.credit_limit.decimals(),
        promise.map_or(String::new(), |it| it.amount.decimals()),
        promise.map_or(String::new(), |it| it.paid.decimals()),
        promise.map_or(String::new(), |it| it.until.clone()),
        it.closed.to_string(),
    ]
}
