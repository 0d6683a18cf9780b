//! Refunds that wait for a second person: they are approved, or rejected.

use axum::extract::Form as Fields;
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use engine::{Entry, Fact, Money as Sum, Name, Position, Refusal, State};
use pages::console::action::{
    Action, ActionKind, ActionPage, Change, Choices, Fill, Outcome, Review, Step,
};
use pages::console::queues::{Refunds, WaitingRefund};
use pages::{Console, Link, Money, Notice, Place, Tone};
use serde::Deserialize;
use store::{Matter, Reader, StoreError, Which};

use super::Desk;
use super::customer::customer_path;
use super::desk::page;
use crate::faces::words::{self, Titles};
use crate::faces::{Failed, notice, outcome, refused};
use crate::http::app::App;
use crate::http::auth::Permission;
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::query::Query;
use crate::http::resources::charges::note;
use crate::http::resources::refunds::{approval, check_answer, rejection, request, taken_back};
use crate::http::wire;
use crate::shard::Operation;

const REFUNDS_MAX: usize = 50;

const PLACE: &str = "/console/refunds";

#[derive(Deserialize)]
pub struct Looking {
    #[serde(default)]
    after: Option<u64>,
}

/// `GET /console/refunds`
pub async fn show_refunds(desk: Desk, Query(looking): Query<Looking>) -> Result<Response, Failed> {
    let after = looking.after.map_or(Position::START, Position);
    let read = move |reader: &dyn Reader, missing| {
        let found = reader.matters(Matter::RefundRequest, Which::Open, after, missing)?;
        let waiting = found.iter().map(|it| {
            let entry = reader.entry(it.began)?;
            let customer = entry.as_ref().and_then(|it| it.customer);
            let customer = customer.map(|it| reader.customer(it)).transpose()?.flatten();
            Ok(entry.map(|it| (it, customer.map(|it| it.fields.name).unwrap_or_default())))
        });
        waiting.collect::<Result<Vec<_>, StoreError>>()
    };
    let from = after.shard().unwrap_or_default();
    let mut found = desk.app.shards.list(from, REFUNDS_MAX + 1, read).await?;
    let more = found.len() > REFUNDS_MAX;
    found.truncate(REFUNDS_MAX);
    let last = found.last().and_then(|it| it.as_ref()).map(|(entry, _)| entry.position);
    let more = last.filter(|_| more);
    let (own, waiting) = (desk.staff.origin(None)?.actor, found.into_iter().flatten());
    let view = Refunds {
        refunds: waiting.filter_map(|(entry, name)| waits(&desk, own, &entry, name)).collect(),
        older: more.map(|it| format!("{PLACE}?after={}", it.0)).unwrap_or_default(),
    };
    let head = *desk.app.shard.durable().borrow();
    Ok(page(view.to_html(&desk.live_shell(Some(Place::Refunds), None, head))))
}

fn waits(desk: &Desk, own: Name, entry: &Entry, name: String) -> Option<WaitingRefund> {
    let (Fact::RefundRequested(fact), Some(posting)) = (&entry.fact, entry.posting) else {
        return None;
    };
    let id = wire::refund_id(posting.account, fact.serial);
    let path = |answer: Answer| match desk.may(answer.needs()) {
        true => format!("{PLACE}/{id}/{}", answer.slug()),
        false => String::new(),
    };
    let is_own = entry.origin.actor == own;
    let reason = entry.origin.reason.as_deref().or(fact.note.as_deref());
    Some(WaitingRefund {
        customer: Link::new(name, customer_path(entry.customer?)),
        payment: wire::payment_id(fact.payment),
        money: money(entry)?,
        requested_by: words::who(entry.origin.actor.as_str()).to_owned(),
        requested_at: desk.moment(entry.at),
        reason: reason.unwrap_or_default().to_owned(),
        is_own,
        approve_href: if is_own { String::new() } else { path(Answer::Approve) },
        reject_href: path(Answer::Reject),
    })
}

/// What goes back, in the currency that was paid in.
fn money(entry: &Entry) -> Option<Money> {
    let Sum { amount, currency } = taken_back(entry)?;
    Some(Money::new(amount.units().into(), currency.code(), currency.exponent()))
}

/// What the second person says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Approve,
    Reject,
}

impl Answer {
    /// As the API asks for the same.
    pub fn needs(self) -> Permission {
        match self {
            Self::Approve => Permission::Finance,
            Self::Reject => Permission::Correct,
        }
    }

    fn slug(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
        }
    }

    fn kind(self) -> ActionKind {
        match self {
            Self::Approve => ActionKind::ApproveRefund,
            Self::Reject => ActionKind::RejectRefund,
        }
    }

    pub fn path(self) -> String {
        format!("{PLACE}/{{refund}}/{}", self.slug())
    }

    pub fn handler(self) -> MethodRouter<App> {
        let fill = move |desk, refund| fill(self, desk, refund);
        let send = move |desk, refund, typed| send(self, desk, refund, typed);
        get(fill).post(send)
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    step: String,
}

/// A refund that waits, and how it is answered here.
struct Asked {
    answer: Answer,
    id: String,
    /// The entry that asked for it.
    entry: Entry,
    name: String,
}

/// `GET /console/refunds/{refund}/approve` and `…/reject`
async fn fill(answer: Answer, desk: Desk, Path(refund): Path<String>) -> Result<Response, Failed> {
    let asked = find(&desk, answer, &refund).await?;
    match answer {
        Answer::Approve => review(&desk, &asked, &Typed::default()).await,
        Answer::Reject => Ok(asked.show(&desk, asked.fill(&desk, &Typed::default(), None))),
    }
}

/// `POST` to the same addresses.
async fn send(
    answer: Answer,
    desk: Desk,
    Path(refund): Path<String>,
    Fields(typed): Fields<Typed>,
) -> Result<Response, Failed> {
    let asked = find(&desk, answer, &refund).await?;
    match typed.step.as_str() {
        "change" => Ok(asked.show(&desk, asked.fill(&desk, &typed, None))),
        "do" => carry_out(&desk, &asked, &typed).await,
        _ => review(&desk, &asked, &typed).await,
    }
}

/// Tries the answer on a copy, and says what it would come to.
async fn review(desk: &Desk, asked: &Asked, typed: &Typed) -> Result<Response, Failed> {
    let again = |problem| Ok(asked.show(desk, asked.fill(desk, typed, Some(problem))));
    let order = match asked.operation(desk, typed) {
        Ok(operation) => operation.order,
        Err(problem) => return again(problem),
    };
    let looks = desk.looks.clone();
    let look = move |state: &State, now| {
        let Some(trial) = state.trial(&order, now).transpose()? else {
            return Ok((Vec::new(), Vec::new()));
        };
        let changes = outcome::changes(state, &trial, looks.language);
        let accounts = trial.entries.iter().filter_map(|it| state.account(it.posting?.account));
        let titles = accounts.fold(Titles::of(state), Titles::with);
        Ok((outcome::expected(&trial.entries, &titles, &looks), changes))
    };
    let tried: Result<(Vec<Outcome>, Vec<Change>), Refusal> =
        desk.app.shard.read(None, look).await?;
    let (outcome, changes) = match tried {
        Ok(tried) => tried,
        Err(refusal) => return again(Problem::refused(&refusal)),
    };
    let carried = match asked.answer {
        Answer::Approve => Vec::new(),
        Answer::Reject => vec![("reason".to_owned(), typed.reason.clone())],
    };
    let review = Review { carried, outcome, changes, evaluation: None };
    Ok(asked.show(desk, Step::Review(Box::new(review))))
}

async fn carry_out(desk: &Desk, asked: &Asked, typed: &Typed) -> Result<Response, Failed> {
    let again = |problem| Ok(asked.show(desk, asked.fill(desk, typed, Some(problem))));
    let operation = match asked.operation(desk, typed) {
        Ok(operation) => operation,
        Err(problem) => return again(problem),
    };
    let answered = desk.app.execute(operation).await;
    let answered = answered.and_then(|entries| {
        check_answer(entries.first()?, asked.answer == Answer::Approve)?;
        Ok(entries)
    });
    match answered {
        Ok(entries) => {
            let titles = Titles::default();
            let lines = outcome::lines(entries.as_slice(), &titles, desk);
            let mut lines = lines.into_iter().map(|it| it.text);
            let text = lines.next().unwrap_or_default();
            let tone = if asked.answer == Answer::Approve { Tone::On } else { Tone::Calm };
            let done = Notice { details: lines.collect(), ..Notice::new(tone, text) };
            Ok(notice::go_on(PLACE, &done))
        }
        Err(problem) if (400..500).contains(&problem.status) => again(problem),
        Err(problem) => Err(problem.into()),
    }
}

async fn find(desk: &Desk, answer: Answer, refund: &str) -> Result<Asked, Failed> {
    let (_, record) = request(&desk.app, "refund", refund).await?;
    let read = move |reader: &dyn Reader| {
        let Some(entry) = reader.entry(record.began)? else { return Ok(None) };
        let customer = entry.customer.map(|it| reader.customer(it)).transpose()?.flatten();
        Ok(Some((entry, customer.map(|it| it.fields.name).unwrap_or_default())))
    };
    let (entry, name) = desk.app.readers.read(read).await?.ok_or_else(Failed::not_found)?;
    Ok(Asked { answer, id: refund.to_owned(), entry, name })
}

impl Asked {
    fn operation(&self, desk: &Desk, typed: &Typed) -> Result<Operation, Problem> {
        let of = wire::parse_refund("refund", &self.id)?;
        let reason = Some(typed.reason.trim());
        match self.answer {
            Answer::Approve => Ok(approval(desk.staff.origin(None)?, of)),
            Answer::Reject => {
                let note = note("reason", reason)?;
                Ok(rejection(desk.staff.origin(reason)?, of, note))
            }
        }
    }

    fn text(&self, desk: &Desk) -> String {
        let money = money(&self.entry).map(|it| desk.say().money_text(&it)).unwrap_or_default();
        format!("{money} · {}", self.name)
    }

    fn fill(&self, desk: &Desk, typed: &Typed, problem: Option<Problem>) -> Step {
        let mut fields = self.answer.kind().fields(&Choices::default(), desk.language);
        for field in &mut fields {
            field.value.clone_from(&typed.reason);
        }
        let notice = problem.and_then(|it| refused::place(&it, &mut fields, desk));
        Step::Fill(Fill { fields, notice, evaluation: None })
    }

    fn show(&self, desk: &Desk, step: Step) -> Response {
        let action = Action {
            kind: self.answer.kind(),
            subject: self.text(desk),
            path: format!("{PLACE}/{}/{}", self.id, self.answer.slug()),
            back: Link::new(Console::of(desk.language).refunds_title, PLACE),
            step,
        };
        page(ActionPage(action).to_html(&desk.shell(Some(Place::Refunds))))
    }
}
