//! Payments that fit no account: they find one, or go back.

use axum::extract::Form as Fields;
use axum::response::Response;
use engine::{Command, Entry, Fact, Order, Position, Refusal, State};
use pages::console::action::{
    Action, ActionKind, ActionPage, Choices, Fill, Outcome, Review, Step,
};
use pages::console::queues::{Unallocated, UnallocatedPayment};
use pages::{Choice, Console, Field, FieldKind, Link, Money, Notice, Place, Tone};
use serde::Deserialize;
use store::{Matter, Reader, StoreError, Which};

use super::Desk;
use super::desk::page;
use crate::faces::{Failed, notice, refused, words};
use crate::http::auth::Permission;
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::query::Query;
use crate::http::resources::payments::find;
use crate::http::unallocated::{allocation, returning};
use crate::http::wire;

const PAYMENTS_MAX: usize = 50;

const PLACE: &str = "/console/unallocated";

#[derive(Deserialize)]
pub struct Looking {
    #[serde(default)]
    after: Option<u64>,
}

/// `GET /console/unallocated`
pub async fn show_unallocated(
    desk: Desk,
    Query(looking): Query<Looking>,
) -> Result<Response, Failed> {
    let after = looking.after.map_or(Position::START, Position);
    let read = move |reader: &dyn Reader, missing| {
        let found = reader.matters(Matter::UnallocatedPayment, Which::Open, after, missing)?;
        let entries = found.iter().map(|it| reader.entry(it.began));
        entries.collect::<Result<Vec<Option<Entry>>, StoreError>>()
    };
    let from = after.shard().unwrap_or_default();
    let mut entries = desk.app.shards.list(from, PAYMENTS_MAX + 1, read).await?;
    let more = entries.len() > PAYMENTS_MAX;
    entries.truncate(PAYMENTS_MAX);
    let last = entries.last().and_then(|it| it.as_ref()).map(|it| it.position);
    let more = last.filter(|_| more);
    let may = desk.may(Permission::Finance);
    let view = Unallocated {
        filters: Vec::new(),
        payments: entries.iter().flatten().filter_map(|it| waiting(&desk, it, may)).collect(),
        older: more.map(|it| format!("{PLACE}?after={}", it.0)).unwrap_or_default(),
    };
    let head = *desk.app.shard.durable().borrow();
    Ok(page(view.to_html(&desk.live_shell(Some(Place::Unallocated), None, head))))
}

fn waiting(desk: &Desk, entry: &Entry, may: bool) -> Option<UnallocatedPayment> {
    let Fact::PaymentUnallocated(fact) = &entry.fact else { return None };
    let path = |what: &str| match may {
        true => format!("{PLACE}/{}/{what}", wire::payment_id(entry.position)),
        false => String::new(),
    };
    Some(UnallocatedPayment {
        money: Money::new(fact.amount.units().into(), fact.currency.code(), fact.exponent),
        source: words::known(fact.source, desk.language),
        reference: fact.reference.to_string(),
        received_at: desk.moment(entry.at),
        named: fact.named.as_deref().unwrap_or_default().to_owned(),
        why: fact.why.code().to_owned(),
        settled: None,
        allocate_href: path("allocate"),
        return_href: path("return"),
    })
}

/// What is done with a payment that waits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Settling {
    Allocate,
    Return,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    account: String,
    #[serde(default)]
    step: String,
}

/// `GET /console/unallocated/{payment}/allocate` and `…/return`
pub async fn fill(
    settling: Settling,
    desk: Desk,
    Path(payment): Path<String>,
) -> Result<Response, Failed> {
    let entry = find_waiting(&desk, &payment).await?;
    Ok(show(&desk, &entry, settling, first(&desk, &entry, settling, &Typed::default(), None)))
}

/// The step that a settlement begins with: who is to have it; there is nothing to ask of a return.
fn first(
    desk: &Desk,
    entry: &Entry,
    settling: Settling,
    typed: &Typed,
    problem: Option<Problem>,
) -> Step {
    if settling == Settling::Return {
        return reviewed(desk, entry, Vec::new(), Vec::new());
    }
    let choices = Choices {
        payments: vec![Choice::new(wire::payment_id(entry.position), text(desk, entry))],
        ..Choices::default()
    };
    let mut fields = ActionKind::Allocate.fields(&choices, desk.language);
    for field in &mut fields {
        match field.name.as_str() {
            "payment" => *field = Field::new("payment", "", FieldKind::Hidden),
            _ => field.value.clone_from(&typed.account),
        }
    }
    let notice = problem.and_then(|it| refused::place(&it, &mut fields, desk));
    Step::Fill(Fill { fields, notice, evaluation: None })
}

fn reviewed(
    desk: &Desk,
    entry: &Entry,
    carried: Vec<(String, String)>,
    more: Vec<Outcome>,
) -> Step {
    let mut outcome = vec![Outcome::new(Tone::Calm, text(desk, entry))];
    outcome.extend(more);
    Step::Review(Box::new(Review { carried, outcome, ..Review::default() }))
}

fn text(desk: &Desk, entry: &Entry) -> String {
    let Fact::PaymentUnallocated(fact) = &entry.fact else { return String::new() };
    let money = Money::new(fact.amount.units().into(), fact.currency.code(), fact.exponent);
    let source = words::known(fact.source, desk.language);
    format!("{} · {source} {}", desk.say().money_text(&money), fact.reference)
}

fn show(desk: &Desk, entry: &Entry, settling: Settling, step: Step) -> Response {
    let (kind, what) = match settling {
        Settling::Allocate => (ActionKind::Allocate, "allocate"),
        Settling::Return => (ActionKind::ReturnPayment, "return"),
    };
    let title = Console::of(desk.language).unallocated_title;
    let action = Action {
        kind,
        subject: text(desk, entry),
        path: format!("{PLACE}/{}/{what}", wire::payment_id(entry.position)),
        back: Link::new(title, PLACE),
        step,
    };
    page(ActionPage(action).to_html(&desk.shell(Some(Place::Unallocated))))
}

/// `POST` to the same addresses.
pub async fn send(
    settling: Settling,
    desk: Desk,
    Path(payment): Path<String>,
    Fields(typed): Fields<Typed>,
) -> Result<Response, Failed> {
    let entry = find_waiting(&desk, &payment).await?;
    let again =
        |problem| show(&desk, &entry, settling, first(&desk, &entry, settling, &typed, problem));
    if typed.step == "change" {
        return Ok(again(None));
    }
    let origin = desk.staff.origin(None)?;
    let operation = match settling {
        Settling::Return => returning(origin, &entry, None),
        Settling::Allocate => match wire::parse_account("account", &number_of(&typed)) {
            Ok(account) => allocation(origin, &entry, account, None),
            Err(problem) => return Ok(again(Some(problem))),
        },
    };
    let mut operation = operation.ok_or_else(Problem::internal)?;
    operation.order.command = match desk.app.towards(operation.order.command).await {
        Ok(command) => command,
        Err(problem) if problem.status < 500 => return Ok(again(Some(problem))),
        Err(problem) => return Err(problem.into()),
    };
    if typed.step != "do" && settling == Settling::Allocate {
        return Ok(match review(&desk, &operation.order, &typed).await? {
            Ok(lines) => {
                let carried = vec![("account".to_owned(), number_of(&typed))];
                show(&desk, &entry, settling, reviewed(&desk, &entry, carried, lines))
            }
            Err(refusal) => again(Some(Problem::refused(&refusal))),
        });
    }
    match desk.app.execute(operation).await {
        Ok(entries) => {
            let first = entries.first()?;
            // The other shard is told, so that it stands there when the page is shown.
            desk.app.received(first).await?;
            let word = desk.language.words().kind(first.fact.kind()).unwrap_or_default();
            let done =
                Notice::new(Tone::On, words::told(desk.language, word, &text(&desk, &entry)));
            Ok(notice::go_on(PLACE, &done))
        }
        Err(problem) if problem.status == 503 || problem.status == 500 => Err(problem.into()),
        Err(problem) => Ok(again(Some(problem))),
    }
}

/// What an allocation would come to, beside the payment itself.
async fn review(
    desk: &Desk,
    order: &Order,
    typed: &Typed,
) -> Result<Result<Vec<Outcome>, Refusal>, Failed> {
    let Command::AllocatePayment(allocate) = &order.command else {
        // Another shard has the account, and has said that it takes the money.
        let fields = ActionKind::Allocate.fields(&Choices::default(), desk.language).into_iter();
        let label = fields.filter(|it| it.name == "account").map(|it| it.label).next();
        let number = words::number(&number_of(typed));
        let line = words::told(desk.language, &label.unwrap_or_default(), &number);
        return Ok(Ok(vec![Outcome::new(Tone::Calm, line)]));
    };
    let (looks, whose, order) = (desk.looks.clone(), allocate.account.clone(), order.clone());
    let look = move |state: &State, now| {
        let titles = words::Titles::of(state);
        state.resolve(&whose)?;
        let tried = state.trial(&order, now).transpose()?;
        let entries = tried.map(|it| it.entries).unwrap_or_default();
        Ok(crate::faces::outcome::expected(&entries, &titles, &looks))
    };
    Ok(desk.app.shard.read(None, look).await?)
}

fn number_of(typed: &Typed) -> String {
    typed.account.replace([' ', '\u{A0}'], "")
}

async fn find_waiting(desk: &Desk, payment: &str) -> Result<Entry, Failed> {
    let entry = find(&desk.app, payment).await?;
    match entry.fact {
        Fact::PaymentUnallocated(_) => Ok(entry),
        _ => Err(Failed::not_found()),
    }
}
