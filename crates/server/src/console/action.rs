//! Actions of staff on a customer: fill in, then *this will happen*, then what came of it.
//!
//! **Invariant:** nothing is written before the second step is sent, and what that step says was
//! found by the function that decides, on a copy. Both steps carry one random key, so that what is
//! sent twice is done once.

pub mod customer_form;
mod evaluation;
mod fields;
mod order;
mod undo;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::Response;
use axum::routing::get;
use engine::{Command, Entry, Fact, State};
use pages::console::action::{
    Action, ActionKind, Choices, Evaluation, Fill, Outcome, Review, Step,
};
use pages::{Field, FieldKind, Language, Link, Notice, Tone};

use super::customer::{Kept, Looking, customer_path, show};
use super::{Desk, Door, offers};
use crate::faces::picture::Purse;
use crate::faces::words::{self, Titles};
use crate::faces::{Failed, Picture, Typed, notice, outcome, refused};
use crate::http::error::{Fault, Problem};
use crate::http::path::Path;
use crate::http::query::Query;
use crate::http::wire;

pub use evaluation::evaluate as evaluate_promise;
pub use fields::languages;

use order::{Planned, plan};

/// The doors of all actions on a customer.
pub fn doors() -> Vec<Door> {
    let door = |kind: ActionKind| {
        let path = format!("/console/customers/{{customer}}/{}", offers::slug(kind));
        let fill = move |desk, customer, typed| fill(kind, desk, customer, typed);
        let send = move |desk, customer, typed| send(kind, desk, customer, typed);
        Door::both(path, offers::needs(kind), get(fill).post(send))
    };
    offers::ON_CUSTOMER.into_iter().map(door).collect()
}

async fn fill(
    kind: ActionKind,
    desk: Desk,
    Path(customer): Path<String>,
    Query(typed): Query<BTreeMap<String, String>>,
) -> Result<Response, Failed> {
    let customer = wire::parse_customer("customer", &customer)?;
    let picture = Picture::read(&desk.app, customer).await?;
    let typed = Typed::fresh(typed)?;
    show_fill(kind, &desk, picture, &typed, Answered::default()).await
}

/// What a form was answered with.
#[derive(Default)]
struct Answered {
    problem: Option<Problem>,
    evaluation: Option<Evaluation>,
}

async fn show_fill(
    kind: ActionKind,
    desk: &Desk,
    picture: Picture,
    typed: &Typed,
    answered: Answered,
) -> Result<Response, Failed> {
    let panel = |picture: &Picture, kept: &Kept| {
        let mut fields = fields::fields(kind, desk, picture, kept, typed);
        let notice = answered.problem.and_then(|it| refused::place(&it, &mut fields, desk));
        let fill = Fill { fields, notice, evaluation: answered.evaluation };
        Some(action(kind, picture, kept, typed, Step::Fill(fill)))
    };
    show(desk, picture, &Looking::default(), panel).await
}

fn action(kind: ActionKind, picture: &Picture, kept: &Kept, typed: &Typed, step: Step) -> Action {
    let name = &kept.record.fields.name;
    Action {
        kind,
        subject: subject(picture, kept, typed),
        path: offers::path(picture.customer, kind),
        back: Link::new(name, customer_path(picture.customer)),
        step,
    }
}

/// The customer, with the service or the account that was chosen.
fn subject(picture: &Picture, kept: &Kept, typed: &Typed) -> String {
    let name = &kept.record.fields.name;
    let service = picture.services().find(|(purse, held)| {
        let id = purse.account.subscription_id(held.subscription.serial);
        wire::subscription_id(id) == typed.get("service")
    });
    let is_chosen = |it: &&Purse| wire::account_id(it.account.id) == typed.get("account");
    let account = picture.purses.iter().find(is_chosen);
    match (service, account) {
        (Some((_, held)), _) => format!("{} · {name}", picture.title(held.subscription.service)),
        (None, Some(purse)) => format!("{} · {name}", fields::title(kept, &purse.account)),
        (None, None) => name.clone(),
    }
}

async fn send(
    kind: ActionKind,
    desk: Desk,
    Path(customer): Path<String>,
    typed: Typed,
) -> Result<Response, Failed> {
    let customer = wire::parse_customer("customer", &customer)?;
    let picture = Picture::read(&desk.app, customer).await?;
    let step = typed.get("step").to_owned();
    if step == "change" {
        return show_fill(kind, &desk, picture, &typed, Answered::default()).await;
    }
    let planned = match plan(kind, &desk, &picture, &typed).await {
        Ok(planned) => planned,
        Err(problem) => {
            let answered = Answered { problem: Some(problem), evaluation: None };
            return show_fill(kind, &desk, picture, &typed, answered).await;
        }
    };
    match step.as_str() {
        "do" => carry_out(kind, &desk, picture, &typed, planned).await,
        _ => review(kind, &desk, picture, &typed, planned).await,
    }
}

/// Tries the order on a copy, and says what it would come to.
async fn review(
    kind: ActionKind,
    desk: &Desk,
    picture: Picture,
    typed: &Typed,
    planned: Planned,
) -> Result<Response, Failed> {
    let Planned { order, promise, .. } = planned;
    let edited = match &order.command {
        Command::UpdateCustomer { fields, .. } => Some(Arc::clone(fields)),
        _ => None,
    };
    let (looks, titles) = (desk.looks.clone(), picture.titles.clone());
    let look = move |state: &State, now| {
        let asked = promise.map(|(account, ask)| evaluation::evaluate(state, account, ask, &looks));
        let tried = state.trial(&order, now).transpose().map(|trial| {
            let trial = trial?;
            let changes = outcome::changes(state, &trial, looks.language);
            let touched = trial.entries.iter().filter_map(|it| state.account(it.posting?.account));
            let titles = touched.fold(titles, Titles::with);
            Some((outcome::expected(&trial.entries, &titles, &looks), changes))
        });
        (asked.flatten(), tried)
    };
    let (evaluation, tried) = desk.app.shard.read(None, look).await?;
    let (outcome, changes) = match tried {
        Ok(Some(tried)) => tried,
        // What cannot be tried is said as it was typed.
        Ok(None) => (said(kind, desk.language, typed, &[]), Vec::new()),
        Err(refusal) => {
            let problem = match evaluation {
                // It says everything that the refusal does.
                Some(_) => None,
                None => Some(Problem::refused(&refusal)),
            };
            let answered = Answered { problem, evaluation };
            return show_fill(kind, desk, picture, typed, answered).await;
        }
    };
    let panel = |picture: &Picture, kept: &Kept| {
        let differences =
            edited.map(|it| customer_form::differences(&kept.record.fields, &it, desk.language));
        let outcome = differences.unwrap_or(outcome);
        let review = Review { carried: typed.carried(), outcome, changes, evaluation };
        Some(action(kind, picture, kept, typed, Step::Review(Box::new(review))))
    };
    show(desk, picture, &Looking::default(), panel).await
}

/// What was asked for, in its own words: a line for each field but `without`.
pub fn said(kind: ActionKind, language: Language, typed: &Typed, without: &[&str]) -> Vec<Outcome> {
    let fields = kind.fields(&Choices::default(), language).into_iter();
    let fields = fields.filter(|it| !without.contains(&it.name.as_str()));
    let line = |field: Field| {
        let value = typed.said(&field.name)?;
        let text = match field.kind {
            FieldKind::Tick => field.label,
            _ => words::told(language, &field.label, value),
        };
        Some(Outcome::new(Tone::Calm, text))
    };
    fields.filter_map(line).collect()
}

/// Gives the order, and goes back to the customer, where the notice says what came of it.
async fn carry_out(
    kind: ActionKind,
    desk: &Desk,
    picture: Picture,
    typed: &Typed,
    planned: Planned,
) -> Result<Response, Failed> {
    let entries = match planned.execute(&desk.app).await {
        Ok(entries) => entries,
        Err(problem) if (400..500).contains(&problem.status) => {
            // The refusal is kept under the key: what is put right is sent under another one.
            let typed = typed.after(&problem)?;
            let answered = Answered { problem: Some(problem), evaluation: None };
            return show_fill(kind, desk, picture, &typed, answered).await;
        }
        Err(problem) => return Err(problem.into()),
    };
    if let Some(first) = entries.as_slice().first() {
        // What goes to another shard stands there when somebody looks.
        desk.app.received(first).await?;
    }
    let done = done(kind, desk, &picture, entries.as_slice());
    Ok(notice::go_on(&customer_path(picture.customer), &done))
}

/// What happened, where it is seen, and how it is taken back.
fn done(kind: ActionKind, desk: &Desk, picture: &Picture, entries: &[Entry]) -> Notice {
    let mut lines = outcome::lines(entries, &picture.titles, desk).into_iter().map(|it| it.text);
    let text = lines.next().unwrap_or_else(|| kind.title(desk.language).to_owned());
    let mut links = Vec::new();
    if let Some(first) = entries.first() {
        if let Some(posting) = first.posting {
            let path = super::customer::account_path(posting.account);
            let words = desk.language.words();
            links.push(Link::new(words.statement, format!("{path}#entry-{}", first.position.0)));
        }
        let back = undo::undo(first, picture).filter(|it| desk.may(offers::needs(it.0)));
        links.extend(back.map(|(kind, query)| {
            let path = offers::path(picture.customer, kind);
            Link::new(kind.title(desk.language), format!("{path}?{query}"))
        }));
    }
    let asks = |it: &Entry| matches!(it.fact, Fact::RefundRequested(_));
    let is_waiting = entries.first().is_some_and(|it| {
        let is_elsewhere = it.posting.is_none() && !matches!(it.fact, Fact::CustomerUpdated(_));
        is_elsewhere || asks(it)
    });
    if entries.first().is_some_and(asks) {
        let queue = pages::Console::of(desk.language).refunds_title;
        links.push(Link::new(queue, pages::Place::Refunds.path()));
    }
    let tone = if is_waiting { Tone::Soon } else { Tone::On };
    Notice { details: lines.collect(), links, ..Notice::new(tone, text) }
}

/// The name of a service, or why it is none.
fn service_name(field: &str, text: &str) -> Result<engine::Name, Problem> {
    let fault = if text.is_empty() { Fault::Choose } else { Fault::Name };
    engine::Name::new(text).map_err(|error| Problem::faulty(field, fault, error))
}
