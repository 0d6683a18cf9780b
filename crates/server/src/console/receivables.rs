//! What is owed: by currency and age, and by whom.

use std::collections::BTreeMap;

use axum::response::Response;
use engine::{Currency, Timestamp, age, day_of};
use pages::chart::{AgesChart, Bar};
use pages::console::receivables::{Debtor, Owed, Receivables};
use pages::{Link, Place};
use serde::Deserialize;

use super::Desk;
use super::customer::customer_path;
use super::desk::page;
use crate::faces::{Failed, export, words};
use crate::http::query::Query;
use crate::http::resources::debtors::{self, Names, OwingAccount, WholeList};
use crate::http::resources::receivables as owed;

const EXPORT: &str = "/console/receivables/export";

/// Debtors on a page.
const DEBTORS_MAX: usize = 50;

#[derive(Deserialize)]
pub struct Looking {
    #[serde(default)]
    cursor: Option<String>,
}

/// `GET /console/receivables`
pub async fn show_receivables(
    desk: Desk,
    Query(looking): Query<Looking>,
) -> Result<Response, Failed> {
    let now = desk.looks.now;
    let cursor = looking.cursor.as_deref();
    let (owing, next) = debtors::oldest(&desk.app, cursor, DEBTORS_MAX, now).await?;
    let debtors = owing.into_iter().map(|(it, names)| debtor(&it, names, now)).collect();
    let sums = sums(owed::Owed::by_all(&desk.app, None).await?, now);
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

fn debtor(it: &OwingAccount, names: Names, now: Timestamp) -> Debtor {
    let today = day_of(now);
    let number = words::number(&it.number);
    Debtor {
        customer: Link::new(names.customer, customer_path(it.customer)),
        account: format!("{} {number}", names.account).trim().to_owned(),
        group: it.group.map(|it| it.to_string()).unwrap_or_default(),
        owed: of(it.currency, it.exponent, it.ageing(today).owed),
        days: usize::try_from(today - it.since()).unwrap_or_default(),
    }
}
