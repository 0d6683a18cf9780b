//! What is owed: by currency and age, and by whom.

use std::collections::BTreeMap;

use axum::response::Response;
use engine::{Account, AccountId, Ageing, Currency, State, Timestamp, age, day_of};
use pages::chart::{AgesChart, Bar};
use pages::console::receivables::{Debtor, Owed, Receivables};
use pages::{Link, Place};
use serde::Deserialize;
use store::{Reader, StoreError};

use super::Desk;
use super::customer::customer_path;
use super::desk::page;
use crate::faces::{Failed, export, words};
use crate::http::query::Query;
use crate::http::resources::debtors::{self, WholeList};
use crate::http::resources::receivables as owed;

const EXPORT: &str = "/console/receivables/export";

/// Debtors on a page.
const DEBTORS_MAX: usize = 50;

#[derive(Deserialize)]
pub struct Looking {
    #[serde(default)]
    cursor: Option<String>,
}

/// A debtor as memory knows it.
struct Owing {
    account: AccountId,
    customer: engine::CustomerId,
    number: String,
    group: String,
    owed: Owed,
    days: usize,
}

/// `GET /console/receivables`
pub async fn show_receivables(
    desk: Desk,
    Query(looking): Query<Looking>,
) -> Result<Response, Failed> {
    let now = desk.looks.now;
    let (ids, next) =
        debtors::oldest(&desk.app, looking.cursor.as_deref(), DEBTORS_MAX, now).await?;
    let look = move |state: &State, _| {
        let owing = ids.iter().filter_map(|it| owing(state, state.account(*it)?, now));
        owing.collect::<Vec<_>>()
    };
    let owing = desk.app.shard.read(None, look).await?;
    let sums = sums(owed::Owed::by_all(&desk.app, None).await?, now);
    let read = move |reader: &dyn Reader| {
        owing.into_iter().map(|it| debtor(reader, it)).collect::<Result<Vec<_>, StoreError>>()
    };
    let debtors = desk.app.readers.read(read).await?;
    let at = desk.moment(now);
    let chart = |it: &Owed| AgesChart {
        id: format!("ages-{}", it.currency),
        currency: it.currency.clone(),
        exponent: it.exponent,
        bars: vec![Bar { at, ages: it.ages }],
    };
    let view = Receivables {
        charts: sums.iter().map(chart).collect(),
        sums,
        filters: Vec::new(),
        debtors,
        older: next.map(|it| format!("/console/receivables?cursor={it}")).unwrap_or_default(),
        exports: vec![Link::new("CSV", EXPORT)],
    };
    // All accounts are looked through for it: too much to do again at every entry.
    Ok(page(view.to_html(&desk.shell(Some(Place::Receivables)))))
}

/// `GET /console/receivables/export`: everybody who owes, as a file.
pub async fn export_debtors(desk: Desk) -> Result<Response, Failed> {
    let whole = WholeList::of(&desk.app).await?;
    export::csv("debtors.csv", debtors::csv::HEAD, whole, WholeList::next).await
}

fn sums(owed: owed::Owed, now: Timestamp) -> Vec<Owed> {
    let mut by_currency: BTreeMap<Currency, [i128; 4]> = BTreeMap::new();
    for ((currency, _), ageing) in age(owed.sums.into_iter(), day_of(now)) {
        let sums = by_currency.entry(currency).or_default();
        sums.iter_mut().zip(ageing.owed).for_each(|(sum, owed)| *sum += owed);
    }
    let owed = by_currency.into_iter();
    owed.map(|(currency, ages)| of(currency, currency.exponent(), ages)).collect()
}

fn of(currency: Currency, exponent: u8, ages: [i128; 4]) -> Owed {
    Owed { currency: currency.to_string(), exponent, ages }
}

fn owing(state: &State, account: &Account, now: Timestamp) -> Option<Owing> {
    let today = day_of(now);
    let mut ageing = Ageing::default();
    for debt in account.debts.iter() {
        ageing.add(today - debt.day, debt.amount.units().into());
    }
    let oldest = account.debts.first()?.day;
    Some(Owing {
        account: account.id,
        customer: account.customer,
        number: words::number(&account.number.to_string()),
        group: state.group_of(account).map(|it| it.to_string()).unwrap_or_default(),
        owed: of(account.currency, account.exponent, ageing.owed),
        days: usize::try_from(today - oldest).unwrap_or_default(),
    })
}

fn debtor(reader: &dyn Reader, owing: Owing) -> Result<Debtor, StoreError> {
    let name = reader.customer(owing.customer)?.map(|it| it.fields.name).unwrap_or_default();
    let account = reader.account(owing.account)?.map(|it| it.name).unwrap_or_default();
    Ok(Debtor {
        customer: Link::new(name, customer_path(owing.customer)),
        account: format!("{account} {}", owing.number).trim().to_owned(),
        group: owing.group,
        owed: owing.owed,
        days: owing.days,
    })
}
