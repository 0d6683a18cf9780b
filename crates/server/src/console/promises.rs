//! Promised payments: the policies in force, a try-out on a real account, and those that run.

mod rules;

use std::collections::BTreeMap;

use axum::response::Response;
use engine::{AccountRef, Amount, CustomerId, Precision, PromiseAsk, Refusal, ShardId, State};
use pages::console::action::Evaluation;
use pages::console::promises::{OpenPromise, Policy, Promises, TryOut};
use pages::{Link, Moment, Money, Place};
use serde::Deserialize;
use store::{Matter, Reader, StoreError, Which};

use super::Desk;
use super::customer::customer_path;
use super::desk::page;
use crate::faces::typed::{no_hours, plain};
use crate::faces::words::{self, Titles};
use crate::faces::{Failed, Looks, refused};
use crate::http::error::Problem;
use crate::http::promise_history;
use crate::http::query::Query;
use crate::http::wire;

/// Promises that are shown.
const OPEN_MAX: usize = 50;

#[derive(Clone, Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    account: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    hours: String,
}

/// `GET /console/promises`
pub async fn show_promises(desk: Desk, Query(typed): Query<Typed>) -> Result<Response, Failed> {
    let read = move |reader: &dyn Reader, missing| {
        let start = engine::Position::START;
        let matters = reader.matters(Matter::Promise, Which::Open, start, missing)?;
        let records = promise_history::read(reader, matters)?;
        records.into_iter().map(|it| named(reader, it)).collect::<Result<Vec<_>, StoreError>>()
    };
    let found = desk.app.shards.list(ShardId::FIRST, OPEN_MAX, read).await?;
    let (records, names): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    let names: BTreeMap<CustomerId, String> = names.into_iter().flatten().collect();
    let open = promise_history::stand(&desk.app, records).await?;
    let open = open.iter().filter_map(|it| open_promise(it, &names, &desk)).collect();
    let set = desk.app.readers.read(|it| it.promise_policies(it.head()?)).await?;
    let looks = desk.looks.clone();
    let asked = typed.clone();
    let look = move |state: &State, _| {
        let titles = Titles::of(state);
        let in_force = state.promise_policies().filter(|it| it.rules.is_some());
        let policies: Vec<Policy> = in_force.map(|it| policy(it, &set, &titles, &looks)).collect();
        let tried = (!asked.account.is_empty()).then(|| try_out(state, &asked, &looks));
        (policies, tried, state.shared.head)
    };
    let (policies, tried, head) = desk.app.shard.read(None, look).await?;
    let shell = desk.live_shell(Some(Place::Promises), None, head);
    let mut fields = TryOut::fields(&shell);
    let values = [("account", &typed.account), ("amount", &typed.amount), ("hours", &typed.hours)];
    for field in &mut fields {
        let value = values.iter().find(|(name, _)| *name == field.name);
        field.value = value.map(|(_, value)| (*value).clone()).unwrap_or_default();
    }
    let evaluation = match tried.transpose() {
        Ok(evaluation) => evaluation,
        Err(problem) => {
            let named = problem.field.as_deref().unwrap_or("account");
            if let Some(field) = fields.iter_mut().find(|it| it.name == named) {
                field.error = refused::sentence(&problem, &desk);
            }
            None
        }
    };
    let view = Promises { policies, try_out: TryOut { fields, evaluation }, open };
    Ok(page(view.to_html(&shell)))
}

fn try_out(state: &State, typed: &Typed, looks: &Looks) -> Result<Evaluation, Problem> {
    let number = typed.account.replace([' ', '\u{A0}'], "");
    let whose: AccountRef = wire::parse_account("account", &number)?;
    let account = state.resolve(&whose).map_err(|it| Problem::refused(&it))?;
    let amount = match typed.amount.trim() {
        "" => None,
        text => {
            let text = plain(text, looks.language);
            Some(Amount::parse(&text, account.exponent, Precision::MinorUnits))
        }
    };
    let amount = amount.transpose();
    let amount = amount.map_err(|it| wire::wrong_amount("amount", &typed.amount, it))?;
    let hours = match typed.hours.trim() {
        "" => None,
        text => Some(text.parse::<u32>()),
    };
    let hours = hours.transpose();
    let hours = hours.map_err(|_| no_hours())?;
    let ask = PromiseAsk { amount, hours, accepts_terms: true };
    super::action::evaluate_promise(state, account.id, ask, looks).ok_or_else(|| {
        let (group, currency) = (state.group_of(account), account.currency);
        Problem::refused(&Refusal::NoPromisePolicy { group, currency })
    })
}

/// A policy with its rules, a line each.
fn policy(
    policy: &engine::PromisePolicy,
    set: &[engine::Entry],
    titles: &Titles,
    looks: &Looks,
) -> Policy {
    let is_it = |entry: &&engine::Entry| match &entry.fact {
        engine::Fact::PromisePolicySet(it) => {
            (it.group, it.currency, it.version) == (policy.group, policy.currency, policy.version)
        }
        _ => false,
    };
    let entry = set.iter().find(is_it);
    Policy {
        group: policy.group.map(|it| it.to_string()).unwrap_or_default(),
        currency: policy.currency.to_string(),
        version: policy.version,
        set_by: entry.map(|it| words::who(it.origin.actor.as_str()).to_owned()).unwrap_or_default(),
        set_at: entry.map_or_else(Moment::default, |it| looks.moment(it.at)),
        rules: rules::lines(policy, titles, looks.say()),
    }
}

/// One that runs; nothing of one that has ended since the list was made.
fn open_promise(
    (record, standing): &(promise_history::Record, promise_history::Standing),
    names: &BTreeMap<CustomerId, String>,
    desk: &Desk,
) -> Option<OpenPromise> {
    let engine::Fact::PromiseGranted(fact) = &record.granted.fact else { return None };
    let posting = record.granted.posting?;
    let (currency, exponent) = (posting.currency.code(), posting.exponent);
    let money = |it: Amount| Money::new(it.units().into(), currency, exponent);
    let customer = standing.customer;
    let name = names.get(&customer).cloned();
    Some(OpenPromise {
        customer: Link::new(
            name.unwrap_or_else(|| wire::customer_id(customer)),
            customer_path(customer),
        ),
        account: words::number(&standing.number),
        money: money(fact.amount),
        paid: money(standing.paid?),
        granted_at: desk.moment(record.granted.at),
        until: desk.moment(fact.until),
    })
}

/// With its customer's name, which the deciding thread does not know.
fn named(
    reader: &dyn Reader,
    record: promise_history::Record,
) -> Result<(promise_history::Record, Option<(CustomerId, String)>), StoreError> {
    let customer = record.granted.customer.map(|it| reader.customer(it)).transpose()?.flatten();
    Ok((record, customer.map(|it| (it.id, it.fields.name))))
}
