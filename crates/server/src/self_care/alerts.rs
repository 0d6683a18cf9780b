//! At which balance a customer wants to be told.

use std::sync::Arc;

use axum::extract::Form as Fields;
use axum::response::Response;
use engine::{AccountRef, Alerts as Set, Balance, Command, Precision};
use pages::care::alerts::{AlertCard, Alerts};
use pages::{CareTab, Notice, Tone};
use serde::Deserialize;

use super::Pocket;
use super::house::{House, number};
use super::pocket::page;
use crate::faces::picture::Purse;
use crate::faces::typed::plain;
use crate::faces::{Failed, notice, words};
use crate::http::path::Path;
use crate::http::wire;
use crate::shard::Operation;

const PATH: &str = "/my/alerts";

/// What was typed that is no amount, and for which account.
type Wrong<'a> = Option<(&'a str, &'a str)>;

/// `GET /my/alerts`
pub async fn show_alerts(pocket: Pocket) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    Ok(show(&pocket, &house, None))
}

fn show(pocket: &Pocket, house: &House, wrong: Wrong<'_>) -> Response {
    let fields = &house.record.fields;
    let means = fields.email.clone().or(fields.phone.clone()).unwrap_or_default();
    let accounts = house.picture.open().map(|it| card(pocket, house, it, wrong)).collect();
    let view = Alerts { accounts, means };
    page(view.to_html(&pocket.shell(CareTab::More, house.name())))
}

/// The highest of the thresholds is the one that is changed here.
fn card(pocket: &Pocket, house: &House, purse: &Purse, wrong: Wrong<'_>) -> AlertCard {
    let account = &purse.account;
    let id = wire::account_id(account.id);
    let mut below: Vec<Balance> = set(purse).balance_below;
    below.sort_unstable();
    let first = below.pop();
    let typed = wrong.filter(|it| it.0 == id).map(|it| it.1);
    let shown = first.map(|it| pocket.say().decimal(&it.display(account.exponent).to_string()));
    let error = typed.and_then(|_| pocket.care().named("wrong", "amount"));
    AlertCard {
        account: house.line(purse),
        id: number(purse).chars().filter(char::is_ascii_alphanumeric).collect(),
        path: format!("{PATH}/{id}"),
        currency: account.currency.to_string(),
        balance_below: typed.map(str::to_owned).or(shown).unwrap_or_default(),
        error: error.unwrap_or_default().to_owned(),
        others: below.iter().map(|it| words::balance(account, *it)).collect(),
    }
}

fn set(purse: &Purse) -> Set {
    purse.account.extra.as_ref().map(|it| it.alerts.clone()).unwrap_or_default()
}

#[derive(Deserialize)]
pub struct AlertForm {
    #[serde(default)]
    balance_below: String,
}

/// `POST /my/alerts/{account}`: empty for none.
pub async fn set_alert(
    pocket: Pocket,
    Path(account): Path<String>,
    Fields(typed): Fields<AlertForm>,
) -> Result<Response, Failed> {
    let id = pocket.own(&account).await?;
    let house = pocket.house().await?;
    let purse = house.named(&wire::account_id(id)).ok_or_else(Failed::not_found)?;
    let account = &purse.account;
    let mut alerts = set(purse);
    alerts.balance_below.sort_unstable();
    alerts.balance_below.pop();
    let typed = typed.balance_below.trim();
    if !typed.is_empty() {
        let amount = plain(typed, pocket.language);
        match Balance::parse(&amount, account.exponent, Precision::MinorUnits) {
            Ok(below) => alerts.balance_below.push(below),
            Err(_) => {
                let id = wire::account_id(account.id);
                return Ok(show(&pocket, &house, Some((&id, typed))));
            }
        }
    }
    alerts.balance_below.dedup();
    let (account, currency) = (AccountRef::Id(account.id), account.currency);
    let command = Command::SetAlerts { account, alerts: Arc::new(alerts), currency };
    pocket.app.execute(Operation::new(pocket.order(command)?)).await?;
    let text = pocket.care().named("told", "alerts").unwrap_or_default();
    Ok(notice::go_on(PATH, &Notice::new(Tone::On, text)))
}
