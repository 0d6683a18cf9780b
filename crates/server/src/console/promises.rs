//! Promised payments: the policies in force, a try-out on a real account, and those that run.

mod rules;

use axum::response::Response;
use engine::{AccountRef, Amount, CustomerId, Precision, PromiseAsk, Refusal, State};
use pages::console::action::Evaluation;
use pages::console::promises::{OpenPromise, Policy, Promises, TryOut};
use pages::{Link, Moment, Place};
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
    let read = move |reader: &dyn Reader| {
        let start = engine::Position::START;
        let matters = reader.matters(Matter::Promise, Which::Open, start, OPEN_MAX)?;
        let records = promise_history::read(reader, matters)?;
        let policies = reader.promise_policies(reader.head()?)?;
        Ok((records, policies))
    };
    let (records, set) = desk.app.readers.read(read).await?;
    let looks = desk.looks.clone();
    let asked = typed.clone();
    let look = move |state: &State, _| {
        let titles = Titles::of(state);
        let open = records.iter().filter_map(|it| open(state, it, &looks)).collect::<Vec<_>>();
        let in_force = state.promise_policies().filter(|it| it.rules.is_some());
        let policies: Vec<Policy> = in_force.map(|it| policy(it, &set, &titles, &looks)).collect();
        let tried = (!asked.account.is_empty()).then(|| try_out(state, &asked, &looks));
        (open, policies, tried, state.shared.head)
    };
    let (open, policies, tried, head) = desk.app.shard.read(None, look).await?;
    let open = desk.app.readers.read(move |reader| named(reader, open)).await?;
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

fn open(
    state: &State,
    record: &promise_history::Record,
    looks: &Looks,
) -> Option<(CustomerId, OpenPromise)> {
    let engine::Fact::PromiseGranted(fact) = &record.granted.fact else { return None };
    let account = state.account(record.granted.posting?.account)?;
    let extra = account.extra.as_deref()?;
    let promise = extra.promises.iter().find(|it| it.credit == fact.credit)?;
    let customer = account.customer;
    let promise = OpenPromise {
        customer: Link::new(wire::customer_id(customer), customer_path(customer)),
        account: words::number(&account.number.to_string()),
        money: words::amount(account, promise.amount),
        paid: words::amount(account, promise.paid),
        granted_at: looks.moment(promise.granted_at),
        until: looks.moment(promise.until),
    };
    Some((customer, promise))
}

/// With their customers' names, which the shard does not know.
fn named(
    reader: &dyn Reader,
    promises: Vec<(CustomerId, OpenPromise)>,
) -> Result<Vec<OpenPromise>, StoreError> {
    let name = |(customer, mut promise): (CustomerId, OpenPromise)| {
        if let Some(record) = reader.customer(customer)? {
            promise.customer.text = record.fields.name;
        }
        Ok(promise)
    };
    promises.into_iter().map(name).collect()
}
