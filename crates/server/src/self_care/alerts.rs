//! At which balance a customer wants to be told.

use std::sync::Arc;

use axum::extract::Form as Fields;
use axum::response::Response;
use engine::{
    Account, AccountId, AccountRef, Alerts as Set, Balance, Command, MoneyError, Precision,
};
use pages::care::alerts::{AlertCard, Alerts};
use pages::{CareTab, Language, Notice, Shell, Tone};
use serde::Deserialize;

use super::Pocket;
use super::house::{House, number};
use super::pocket::page;
use super::task::{is_answer, refused};
use crate::faces::picture::Purse;
use crate::faces::typed::plain;
use crate::faces::{self, Failed, notice, words};
use crate::http::error::{Fault, Problem};
use crate::http::path::Path;
use crate::http::query::Query;
use crate::http::wire;
use crate::shard::Operation;

const PATH: &str = "/my/alerts";

/// As many as the API takes for one account.
const THRESHOLDS_MAX: usize = 8;

/// A form that is shown again, as it was sent.
struct Again<'a> {
    account: AccountId,
    was: Option<Balance>,
    typed: &'a str,
    /// What is wrong with what was typed; empty where nothing is.
    error: &'a str,
}

/// `GET /my/alerts`
pub async fn show_alerts(pocket: Pocket) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    Ok(show(&pocket, &house, None, None))
}

fn show(
    pocket: &Pocket,
    house: &House,
    again: Option<&Again<'_>>,
    notice: Option<Notice>,
) -> Response {
    let fields = &house.record.fields;
    let means = fields.email.clone().or(fields.phone.clone()).unwrap_or_default();
    let card = |it: &Purse| {
        let again = again.filter(|again| again.account == it.account.id);
        card(pocket, house, it, again)
    };
    let view = Alerts { accounts: house.picture.open().map(card).collect(), means };
    let shell = pocket.shell(CareTab::More, house.name());
    let notice = notice.or(shell.notice.clone());
    page(view.to_html(&Shell { notice, ..shell }))
}

/// The highest of the thresholds is the one that is changed here. The address that the form is
/// sent to says which that was, whatever has been set meanwhile.
fn card(pocket: &Pocket, house: &House, purse: &Purse, again: Option<&Again<'_>>) -> AlertCard {
    let account = &purse.account;
    let mut below: Vec<Balance> = set(account).balance_below;
    below.sort_unstable();
    let was = again.map_or(below.last().copied(), |it| it.was);
    below.retain(|it| Some(*it) != was);
    let was = was.map(|it| it.display(account.exponent).to_string()).unwrap_or_default();
    let shown = again.map_or_else(|| pocket.say().decimal(&was), |it| it.typed.to_owned());
    AlertCard {
        account: house.line(purse),
        id: number(purse).chars().filter(char::is_ascii_alphanumeric).collect(),
        path: format!("{PATH}/{}?was={was}", wire::account_id(account.id)),
        currency: account.currency.to_string(),
        balance_below: shown,
        error: again.map(|it| it.error.to_owned()).unwrap_or_default(),
        others: below.iter().map(|it| words::balance(account, *it)).collect(),
    }
}

fn set(account: &Account) -> Set {
    account.extra.as_ref().map(|it| it.alerts.clone()).unwrap_or_default()
}

#[derive(Deserialize)]
pub struct Shown {
    /// The threshold that the form was shown with; empty for none.
    #[serde(default)]
    was: String,
}

#[derive(Deserialize)]
pub struct AlertForm {
    #[serde(default)]
    balance_below: String,
}

/// `POST /my/alerts/{account}?was=…`: empty for none.
pub async fn set_alert(
    pocket: Pocket,
    Path(account): Path<String>,
    Query(Shown { was }): Query<Shown>,
    Fields(typed): Fields<AlertForm>,
) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    let account = &house.own(&account)?.account;
    let was = Balance::parse(&was, account.exponent, Precision::Fine).ok();
    let typed = typed.balance_below.trim();
    let mut again = Again { account: account.id, was, typed, error: "" };
    let below = match read(typed, account, pocket.language) {
        Ok(below) => below,
        Err(error) => {
            let problem = wire::wrong_amount("balance_below", typed, error);
            let error = faces::refused::sentence(&problem, &pocket);
            again.error = &error;
            return Ok(show(&pocket, &house, Some(&again), None));
        }
    };
    match set_below(&pocket, account, was, below).await {
        Ok(()) => {
            let text = pocket.care().named("told", "alerts").unwrap_or_default();
            Ok(notice::go_on(PATH, &Notice::new(Tone::On, text)))
        }
        Err(problem) if is_answer(&problem) => {
            let notice = refused(&pocket, &problem);
            Ok(show(&pocket, &house, Some(&again), Some(notice)))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// What was typed; `None` for none.
fn read(typed: &str, account: &Account, language: Language) -> Result<Option<Balance>, MoneyError> {
    let said = Some(plain(typed, language)).filter(|it| !it.is_empty());
    said.map(|it| Balance::parse(&it, account.exponent, Precision::MinorUnits)).transpose()
}

/// Sets one threshold in place of another, and of no other: a form may be sent twice.
async fn set_below(
    pocket: &Pocket,
    account: &Account,
    was: Option<Balance>,
    below: Option<Balance>,
) -> Result<(), Problem> {
    let mut alerts = set(account);
    alerts.balance_below.retain(|it| Some(*it) != was);
    alerts.balance_below.extend(below);
    alerts.balance_below.sort_unstable();
    alerts.balance_below.dedup();
    if alerts.balance_below.len() > THRESHOLDS_MAX {
        let fault = Fault::Many { max: THRESHOLDS_MAX };
        return Err(Problem::faulty("balance_below", fault, "has more than 8 thresholds"));
    }
    let (account, currency) = (AccountRef::Id(account.id), account.currency);
    let command = Command::SetAlerts { account, alerts: Arc::new(alerts), currency };
    pocket.app.execute(Operation::new(pocket.order(command)?)).await?;
    Ok(())
}
