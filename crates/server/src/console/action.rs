//! Actions of staff on a customer: fill in, then *this will happen*, then what came of it.
//!
//! **Invariant:** nothing is written before the second step is sent, and what that step says was
//! found by the function that decides, on a copy. Both steps carry one random key, so that what is
//! sent twice is done once.

mod evaluation;
mod fields;
mod order;

use std::collections::BTreeMap;

use axum::extract::Form as Fields;
use axum::response::Response;
use axum::routing::get;
use engine::{Entry, State};
use pages::console::action::{Action, ActionKind, Evaluation, Fill, Outcome, Review, Step};
use pages::{Link, Notice, Tone};

use super::customer::{Kept, Looking, customer_path, show};
use super::{Desk, Door, offers};
use crate::faces::{Failed, Picture, Typed, notice, outcome, refused};
use crate::http::error::{Fault, Problem};
use crate::http::path::Path;
use crate::http::query::Query;
use crate::http::wire;

pub use evaluation::evaluate as evaluate_promise;

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
        Some(action(kind, picture, kept, Step::Fill(fill)))
    };
    show(desk, picture, &Looking::default(), panel).await
}

fn action(kind: ActionKind, picture: &Picture, kept: &Kept, step: Step) -> Action {
    Action {
        kind,
        subject: kept.record.fields.name.clone(),
        path: offers::path(picture.customer, kind),
        back: Link::new(&kept.record.fields.name, customer_path(picture.customer)),
        step,
    }
}

async fn send(
    kind: ActionKind,
    desk: Desk,
    Path(customer): Path<String>,
    Fields(typed): Fields<Vec<(String, String)>>,
) -> Result<Response, Failed> {
    let customer = wire::parse_customer("customer", &customer)?;
    let picture = Picture::read(&desk.app, customer).await?;
    let typed = Typed::new(typed)?;
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
    let (looks, titles) = (desk.looks.clone(), picture.titles.clone());
    let look = move |state: &State, now| {
        let asked = promise.map(|(account, ask)| evaluation::evaluate(state, account, ask, &looks));
        let tried = state.trial(&order, now).transpose().map(|trial| {
            let trial = trial?;
            let changes = outcome::changes(state, &trial, looks.language);
            Some((outcome::lines(&trial.entries, &titles, looks.say()), changes))
        });
        (asked.flatten(), tried)
    };
    let (evaluation, tried) = desk.app.shard.read(None, look).await?;
    let (outcome, changes) = match tried {
        Ok(Some(tried)) => tried,
        // What cannot be tried is said as it was typed.
        Ok(None) => (vec![Outcome::new(Tone::Calm, said(kind, desk, typed))], Vec::new()),
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
        let review = Review { carried: typed.carried(), outcome, changes, evaluation };
        Some(action(kind, picture, kept, Step::Review(Box::new(review))))
    };
    show(desk, picture, &Looking::default(), panel).await
}

/// What was asked for, in its own words.
fn said(kind: ActionKind, desk: &Desk, typed: &Typed) -> String {
    let carried = typed.carried().into_iter();
    let said = carried.filter(|(name, value)| name != "key" && !value.trim().is_empty());
    let values = said.map(|(_, value)| value).collect::<Vec<_>>().join(" · ");
    format!("{}: {values}", kind.title(desk.language))
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
            let answered = Answered { problem: Some(problem), evaluation: None };
            // The refusal is kept under the key: what is put right is sent under another one.
            return show_fill(kind, desk, picture, &typed.again()?, answered).await;
        }
        Err(problem) => return Err(problem.into()),
    };
    let done = done(kind, desk, &picture, entries.as_slice());
    Ok(notice::go_on(&customer_path(picture.customer), &done))
}

/// What happened, where it is seen, and how it is taken back.
fn done(kind: ActionKind, desk: &Desk, picture: &Picture, entries: &[Entry]) -> Notice {
    let say = desk.say();
    let mut lines = outcome::lines(entries, &picture.titles, say).into_iter().map(|it| it.text);
    let text = lines.next().unwrap_or_else(|| kind.title(desk.language).to_owned());
    let mut links = Vec::new();
    if let Some(first) = entries.first() {
        if let Some(posting) = first.posting {
            let path = super::customer::account_path(posting.account);
            let words = desk.language.words();
            links.push(Link::new(words.statement, format!("{path}#entry-{}", first.position.0)));
        }
        if first.fact.is_real_payment() && desk.may(offers::needs(ActionKind::CancelPayment)) {
            let path = offers::path(picture.customer, ActionKind::CancelPayment);
            let payment = wire::payment_id(first.position);
            let text = ActionKind::CancelPayment.title(desk.language);
            links.push(Link::new(text, format!("{path}?payment={payment}")));
        }
    }
    let is_waiting = entries.first().is_some_and(|it| it.posting.is_none());
    let tone = if is_waiting { Tone::Soon } else { Tone::On };
    Notice { details: lines.collect(), links, ..Notice::new(tone, text) }
}

/// The name of a service, or why it is none.
fn service_name(field: &str, text: &str) -> Result<engine::Name, Problem> {
    let fault = if text.is_empty() { Fault::Choose } else { Fault::Name };
    engine::Name::new(text).map_err(|error| Problem::faulty(field, fault, error))
}
