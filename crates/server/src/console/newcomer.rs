//! A new customer, with an account to begin with.
//!
//! **Invariant:** customer and account are made once under the form's key, also when the browser
//! or the server goes away between the two.

use std::collections::BTreeMap;

use axum::response::Response;
use axum::routing::get;
use engine::{Command, CustomerFields, CustomerId, Limit, OpenAccount, Order, State};
use pages::console::action::{
    Action, ActionKind, ActionPage, Choices, Fill, Outcome, Review, Step,
};
use pages::{Console, FieldKind, Link, Message, Notice, Place, Tone};
use store::{Reader, StoreError};

use super::action::{customer_form, languages, said};
use super::customer::customer_path;
use super::desk::page;
use super::{Desk, Door, offers};
use crate::access;
use crate::faces::picture::groups;
use crate::faces::{Failed, Typed, notice, refused, words};
use crate::http::error::Problem;
use crate::http::query::Query;
use crate::http::resources::accounts::account_name;
use crate::http::wire;
use crate::shard::Operation;

pub const PATH: &str = "/console/customers/new";

const KIND: ActionKind = ActionKind::NewCustomer;

/// Customers with the same telephone or e-mail who are looked at.
const KNOWN_MAX: usize = 5;

pub fn door() -> Door {
    Door::both(PATH, offers::needs(KIND), get(fill).post(send))
}

/// What was typed, complete.
struct Newcomer {
    fields: CustomerFields,
    /// Currency and name of the account that they begin with.
    account: Option<(engine::Currency, String)>,
}

/// `GET /console/customers/new`
async fn fill(
    desk: Desk,
    Query(typed): Query<BTreeMap<String, String>>,
) -> Result<Response, Failed> {
    show_fill(&desk, &Typed::fresh(typed)?, None).await
}

async fn show_fill(
    desk: &Desk,
    typed: &Typed,
    problem: Option<Problem>,
) -> Result<Response, Failed> {
    let look = |state: &State, _| (currencies(state), groups(state));
    let (currencies, groups) = desk.app.shard.read(None, look).await?;
    let choices = Choices {
        currency: currencies.first().cloned().unwrap_or_default(),
        currencies,
        groups,
        languages: languages(typed.get("language")),
        ..Choices::default()
    };
    let mut fields = KIND.fields(&choices, desk.language);
    typed.fill(&mut fields);
    fields.push(pages::Field::new("key", "", FieldKind::Hidden).with_value(typed.get("key")));
    let notice = problem.and_then(|it| refused::place(&it, &mut fields, desk));
    let fill = Fill { fields, notice, evaluation: None };
    Ok(show(desk, typed, Step::Fill(fill)))
}

fn show(desk: &Desk, typed: &Typed, step: Step) -> Response {
    let action = Action {
        kind: KIND,
        subject: typed.get("name").to_owned(),
        path: PATH.to_owned(),
        back: Link::new(Console::of(desk.language).find_title, "/console"),
        step,
    };
    page(ActionPage(action).to_html(&desk.shell(Some(Place::Find))))
}

/// `POST /console/customers/new`
async fn send(desk: Desk, typed: Typed) -> Result<Response, Failed> {
    let step = typed.get("step").to_owned();
    if step == "change" {
        return show_fill(&desk, &typed, None).await;
    }
    let newcomer = match read(&typed) {
        Ok(newcomer) => newcomer,
        Err(problem) => return show_fill(&desk, &typed, Some(problem)).await,
    };
    if step == "do" {
        return carry_out(&desk, &typed, newcomer).await;
    }
    let review = Review {
        carried: typed.carried(),
        outcome: expected(&desk, &typed, &newcomer).await?,
        ..Review::default()
    };
    Ok(show(&desk, &typed, Step::Review(Box::new(review))))
}

fn read(typed: &Typed) -> Result<Newcomer, Problem> {
    let fields = customer_form::read(typed, None)?;
    let account = typed.said("first_currency").map(|code| {
        let currency = wire::currency("first_currency", code)?;
        let name = account_name("account_name", typed.said("account_name"))?;
        Ok::<_, Problem>((currency, name.to_owned()))
    });
    Ok(Newcomer { fields, account: account.transpose()? })
}

/// What will be there: the customer as typed, and the account; and who may be the same.
async fn expected(desk: &Desk, typed: &Typed, newcomer: &Newcomer) -> Result<Vec<Outcome>, Failed> {
    let mut lines = said(KIND, desk.language, typed, &["first_currency", "account_name"]);
    if let Some((currency, name)) = &newcomer.account {
        let opened = desk.language.words().kind("account_opened").unwrap_or_default();
        let name = if name.is_empty() { String::new() } else { format!(" · {name}") };
        lines.push(Outcome::new(
            Tone::On,
            words::told(desk.language, opened, &format!("{currency}{name}")),
        ));
    }
    let mut bearers = BTreeMap::new();
    for shard in desk.app.shards.all() {
        let fields = newcomer.fields.clone();
        let read = move |reader: &dyn Reader| known(reader, &fields).map(Some);
        bearers.extend(desk.app.shards.read(shard, read).await?.into_iter().flatten());
    }
    let known: Vec<String> = bearers.into_values().take(KNOWN_MAX).collect();
    let form = Console::of(desk.language).noted_already;
    lines.extend(known.iter().map(|it| Outcome::new(Tone::Soon, form.with("name", it))));
    Ok(lines)
}

/// Customers who have the same telephone or e-mail: who is noted twice cannot sign in by them.
fn known(
    reader: &dyn Reader,
    fields: &CustomerFields,
) -> Result<BTreeMap<CustomerId, String>, StoreError> {
    let mut known = BTreeMap::new();
    for mark in [&fields.phone, &fields.email].into_iter().flatten() {
        let bearers = access::bearers(reader, mark)?.unwrap_or_default();
        known.extend(bearers.into_iter().map(|it| (it.id, it.fields.name)));
    }
    Ok(known)
}

async fn carry_out(desk: &Desk, typed: &Typed, newcomer: Newcomer) -> Result<Response, Failed> {
    let order = |command| {
        let origin = desk.staff.origin(None)?;
        Ok::<_, Problem>(Operation::new(Order { origin, command }))
    };
    let mut create = order(Command::CreateCustomer(newcomer.fields.into()))?;
    create.idempotency_key = Some(typed.once("console", &desk.staff.name, KIND.name()));
    let customer = match desk.app.execute(create).await {
        Ok(entries) => entries.first()?.customer.ok_or_else(Problem::internal)?,
        Err(problem) if (400..500).contains(&problem.status) => {
            return show_fill(desk, &typed.after(&problem)?, Some(problem)).await;
        }
        Err(problem) => return Err(problem.into()),
    };
    let mut notice = created(desk, typed, customer);
    if let Some((currency, name)) = newcomer.account {
        let name = name.into();
        let (number, limit, ceiling) = (None, Limit::NONE, None);
        let open = OpenAccount { customer, currency, name, number, limit, ceiling };
        let mut open = order(Command::OpenAccount(Box::new(open)))?;
        // One form, two orders: each has a key of its own.
        open.idempotency_key = Some(typed.once("console first account", &desk.staff.name, "open"));
        match desk.app.execute(open).await {
            Ok(entries) => {
                let entry = entries.first()?;
                notice.details.push(words::what(entry, &words::Titles::default(), desk.language));
            }
            // The customer is there, and the account can be opened on their page.
            Err(problem) if (400..500).contains(&problem.status) => {
                notice = refused::notice(&problem, desk)
            }
            Err(problem) => return Err(problem.into()),
        }
    }
    Ok(notice::go_on(&customer_path(customer), &notice))
}

/// That the customer is there, and what is done next.
fn created(desk: &Desk, typed: &Typed, customer: CustomerId) -> Notice {
    let word = desk.language.words().kind("customer_created").unwrap_or_default();
    let next = [ActionKind::AddService, ActionKind::TakePayment];
    let next = next.into_iter().filter(|it| desk.may(offers::needs(*it)));
    let link = |it: ActionKind| Link::new(it.title(desk.language), offers::path(customer, it));
    let text = words::told(desk.language, word, typed.get("name"));
    Notice { links: next.map(link).collect(), ..Notice::new(Tone::On, text) }
}

/// What prices are in, and what accounts are in; the euro where there is nothing yet.
fn currencies(state: &State) -> Vec<String> {
    let sold = state.catalogue().services().map(|it| it.currency);
    let lines = state.shared.totals.lines();
    let moved = lines.iter().map(|(_, currency, _)| *currency);
    let mut found: Vec<String> = Vec::new();
    for code in sold.chain(moved).map(|it| it.to_string()) {
        if !found.contains(&code) {
            found.push(code);
        }
    }
    if found.is_empty() {
        found.push(engine::Currency::EUR.to_string());
    }
    found
}
