//! A promised payment in two taps; and a "no" that is complete.

use std::collections::BTreeMap;

use axum::response::{IntoResponse, Redirect, Response};
use engine::{
    Account, AccountId, AccountRef, Command, Fact, Failing, GrantPromise, Name, PromiseAmount,
    PromiseAsk, PromiseRules, State, SumDecimals,
};
use pages::care::promise::{
    Done, InWay, No, Offer, PayBrings, PayHelp, Promise, PromiseStep, Remedy,
};
use pages::console::action::Outcome;
use pages::{CareTab, Choice, Field, FieldKind, Link, Message, Money, Notice};

use super::Pocket;
use super::house::{House, pay_path, promise_path, statement_path};
use super::pocket::page;
use super::task::{is_answer, refused};
use crate::access::Area;
use crate::faces::picture::Purse;
use crate::faces::typed::no_hours;
use crate::faces::words::Titles;
use crate::faces::{self, Failed, Looks, Typed, outcome, words};
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::query::Query;
use crate::http::wire;

/// `GET /my/promise`: the account that needs it most.
pub async fn choose(pocket: Pocket) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    let open = || house.picture.open();
    let purse = open().find(|it| it.recommended().is_some()).or_else(|| open().next());
    let purse = purse.ok_or_else(Failed::not_found)?;
    Ok(Redirect::to(&promise_path(&wire::account_id(purse.account.id))).into_response())
}

/// What the evaluator says of what is asked, and what would come of it.
enum Said {
    Yes(Box<Yes>),
    No(Vec<InWay>),
    /// Nobody offers it for this account.
    Never,
}

struct Yes {
    money: Money,
    until: pages::Moment,
    fee: Option<Money>,
    outcome: Vec<Outcome>,
    has_terms: bool,
    fields: Vec<Field>,
}

fn ask(typed: &Typed, purse: &Purse, looks: &Looks) -> Result<PromiseAsk, Problem> {
    let code = purse.account.currency.code();
    let amount = typed.said("amount").map(|_| typed.money(code, looks.language)).transpose()?;
    let hours = typed.said("hours").map(str::parse).transpose();
    let hours = hours.map_err(|_| no_hours())?;
    Ok(PromiseAsk { amount: amount.map(|it| it.amount), hours, accepts_terms: true })
}

fn command(account: AccountId, ask: PromiseAsk, purse: &Purse) -> Command {
    let currency = Some(purse.account.currency);
    let account = AccountRef::Id(account);
    Command::GrantPromise(GrantPromise { account, ask, currency, overriding: None })
}

/// `GET /my/promise/{account}`: the offer, or why there is none.
pub async fn show_offer(
    pocket: Pocket,
    Path(account): Path<String>,
    Query(typed): Query<BTreeMap<String, String>>,
) -> Result<Response, Failed> {
    let typed = Typed::fresh(typed)?;
    let house = pocket.house().await?;
    let id = house.own(&account)?.account.id;
    show(&pocket, &house, id, &typed, None).await
}

async fn show(
    pocket: &Pocket,
    house: &House,
    id: AccountId,
    typed: &Typed,
    notice: Option<Notice>,
) -> Result<Response, Failed> {
    let purse = house.picture.purse(id).ok_or_else(Failed::not_found)?;
    // What is no amount or time is asked for as if nothing had been typed, and said at its field.
    let asked = ask(typed, purse, pocket);
    let wrong = asked.as_ref().err().cloned();
    let asked = asked.unwrap_or(PromiseAsk { accepts_terms: true, ..PromiseAsk::default() });
    let order = pocket.order(command(id, asked, purse))?;
    let looks = pocket.looks.clone();
    let look = move |state: &State, now| {
        let said = judge(state, id, asked, &looks);
        let Some(Said::Yes(mut yes)) = said else { return said };
        if let Some(Ok(trial)) = state.trial(&order, now) {
            yes.outcome = switches(&trial.entries, state, &looks);
        }
        Some(Said::Yes(yes))
    };
    let said = pocket.app.shard.read(None, look).await?.ok_or_else(Failed::not_found)?;
    let step = match said {
        Said::Yes(yes) => offer(pocket, *yes, typed, wrong.as_ref(), notice),
        Said::No(in_way) => no(pocket, house, purse, in_way),
        Said::Never => no(pocket, house, purse, Vec::new()),
    };
    Ok(show_step(pocket, house, purse, step))
}

fn show_step(pocket: &Pocket, house: &House, purse: &Purse, step: PromiseStep) -> Response {
    let path = promise_path(&wire::account_id(purse.account.id));
    let view = Promise { account: house.line(purse), path, step };
    page(view.to_html(&pocket.shell(CareTab::Pay, house.name())))
}

fn judge(state: &State, id: AccountId, ask: PromiseAsk, looks: &Looks) -> Option<Said> {
    let account = state.account(id)?;
    let Ok((_, rules)) = state.promise_rules(account) else { return Some(Said::Never) };
    if account.closed {
        return Some(Said::Never);
    }
    let since = state.customer_since(account.customer);
    let channel = Name::new(Area::SelfCare.channel()).ok()?;
    let now = looks.now.max(state.shared.last_at);
    let offer = engine::evaluate(account, since, rules, ask, channel, now);
    if !offer.failing.is_empty() {
        return Some(Said::No(offer.failing.iter().map(|it| in_way(it, account, looks)).collect()));
    }
    Some(Said::Yes(Box::new(Yes {
        money: words::amount(account, offer.amount),
        until: looks.moment(offer.until),
        fee: (!offer.fee.is_zero()).then(|| words::amount(account, offer.fee)),
        outcome: Vec::new(),
        has_terms: rules.needs_acceptance,
        fields: fields(rules, account, looks),
    })))
}

/// Another amount or time, where the policy leaves a choice.
fn fields(rules: &PromiseRules, account: &Account, looks: &Looks) -> Vec<Field> {
    let care = pages::Care::of(looks.language);
    let word = |name: &str| care.named("field", name).unwrap_or_default();
    let mut fields = Vec::new();
    if let PromiseAmount::Between { .. } = rules.amount {
        let kind = FieldKind::Money { unit: account.currency.to_string() };
        fields.push(Field::new("amount", word("amount"), kind).optional());
    }
    if !rules.duration.choices.is_empty() {
        let mut hours = rules.duration.choices.clone();
        hours.push(rules.duration.hours);
        hours.sort_unstable();
        hours.dedup();
        let lasts = |it: &u32| looks.say().lasts(&(i64::from(*it) * 60));
        let choices = hours.iter().map(|it| Choice::new(it.to_string(), lasts(it))).collect();
        let field = Field::new("hours", word("until"), FieldKind::Select(choices));
        fields.push(field.with_value(rules.duration.hours.to_string()));
    }
    fields
}

fn in_way(failing: &Failing, account: &Account, looks: &Looks) -> InWay {
    let money = |it| words::amount(account, it);
    let remedy = match &failing.remedy {
        engine::Remedy::PossibleFrom(at) => Remedy::PossibleFrom(looks.moment(*at)),
        engine::Remedy::Pay(amount) => Remedy::Pay(money(*amount)),
        engine::Remedy::AskBetween { min, max } => {
            Remedy::AskBetween { least: money(*min), most: money(*max) }
        }
        engine::Remedy::AskHours { choices, up_to } => {
            let longest = choices.iter().copied().chain(*up_to).max();
            longest.map_or(Remedy::AskUs, |it| Remedy::AskHours(it.into()))
        }
        // They are accepted with the button.
        engine::Remedy::AcceptTerms => Remedy::Nothing,
        engine::Remedy::UseChannel(_) => Remedy::AskUs,
        engine::Remedy::Nothing if failing.rule.code() == "needed" => Remedy::Nothing,
        engine::Remedy::Nothing => Remedy::AskUs,
    };
    InWay {
        code: failing.rule.code().to_owned(),
        limit: words::figure(&failing.limit, account, looks.say()),
        actual: words::figure(&failing.actual, account, looks.say()),
        remedy,
    }
}

/// Which services come on, stay on or go off.
fn switches(entries: &[engine::Entry], state: &State, looks: &Looks) -> Vec<Outcome> {
    let switched: Vec<_> =
        entries.iter().filter(|it| matches!(it.fact, Fact::Switched(_))).cloned().collect();
    outcome::expected(&switched, &Titles::of(state), looks)
}

fn offer(
    pocket: &Pocket,
    yes: Yes,
    typed: &Typed,
    wrong: Option<&Problem>,
    notice: Option<Notice>,
) -> PromiseStep {
    let Yes { money, until, fee, outcome, has_terms, mut fields } = yes;
    typed.fill(&mut fields);
    if let Some(problem) = wrong {
        faces::refused::place(problem, &mut fields, pocket);
    }
    let wrong = wrong.and_then(|it| it.field.as_deref());
    let asked = |(name, _): &(String, String)| {
        matches!(name.as_str(), "key" | "amount" | "hours") && Some(name.as_str()) != wrong
    };
    let carried = typed.carried().into_iter().filter(asked).collect();
    let terms = match has_terms {
        true => {
            let by = pocket.care().promise_done_by.with("money", pocket.say().money_text(&money));
            vec![by.with("at", pocket.say().moment_text(&until))]
        }
        false => Vec::new(),
    };
    PromiseStep::Offer(Box::new(Offer {
        money,
        until,
        fee,
        outcome,
        terms,
        carried,
        fields,
        notice,
    }))
}

fn no(pocket: &Pocket, house: &House, purse: &Purse, in_way: Vec<InWay>) -> PromiseStep {
    let later = |it: &pages::Moment| (it.year, it.month, it.day, it.hour, it.minute);
    let from = in_way.iter().filter_map(|it| match &it.remedy {
        Remedy::PossibleFrom(at) => Some(*at),
        _ => None,
    });
    let from = from.max_by_key(later);
    // When time is all that it takes, or a payment sees to the rest.
    let waits = |it: &InWay| matches!(it.remedy, Remedy::PossibleFrom(_) | Remedy::Pay(_));
    let from = from.filter(|_| in_way.iter().all(waits));
    let pay = payments(purse, &in_way, in_way.iter().all(waits));
    let others = house.picture.open().filter(|it| it.account.id != purse.account.id);
    let other =
        |it: &Purse| Link::new(house.line(it), promise_path(&wire::account_id(it.account.id)));
    let statement = Link::new(pocket.care().statement, statement_path(purse.account.id));
    let links = others.map(other).chain([statement]).collect();
    PromiseStep::No(Box::new(No { in_way, from, pay, links, fields: Vec::new() }))
}

/// What to pay: enough for the services, and what clears all that a payment can clear, where that
/// is more.
fn payments(purse: &Purse, in_way: &[InWay], is_all_cleared: bool) -> Vec<PayHelp> {
    if purse.account.payments_locked {
        return Vec::new();
    }
    let path = pay_path(&wire::account_id(purse.account.id));
    // This much is proposed there in any case.
    let enough = |money, brings| PayHelp { money, href: path.clone(), brings };
    let clearing = |money: &Money, brings| {
        let amount = SumDecimals { units: money.units, exponent: money.exponent };
        let href = format!("{path}&amount={amount}&amount_currency={}", money.currency);
        PayHelp { money: money.clone(), href, brings }
    };
    let cleared = in_way.iter().filter_map(|it| match &it.remedy {
        Remedy::Pay(money) => Some(money),
        _ => None,
    });
    let cleared = cleared.max_by_key(|it| it.units);
    match (purse.recommended(), cleared) {
        (Some(services), Some(_)) if !is_all_cleared => {
            vec![enough(services, PayBrings::Services)]
        }
        (Some(services), Some(cleared)) if services.units < cleared.units => {
            let services = enough(services, PayBrings::Services);
            vec![services, clearing(cleared, PayBrings::Promise)]
        }
        (Some(services), Some(_)) => vec![enough(services, PayBrings::Both)],
        (Some(services), None) => vec![enough(services, PayBrings::Known)],
        (None, Some(cleared)) => vec![clearing(cleared, PayBrings::Known)],
        (None, None) => Vec::new(),
    }
}

/// `POST /my/promise/{account}`: yes, please.
pub async fn grant(
    pocket: Pocket,
    Path(account): Path<String>,
    typed: Typed,
) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    let purse = house.own(&account)?;
    let id = purse.account.id;
    let Ok(ask) = ask(&typed, purse, &pocket) else {
        return show(&pocket, &house, id, &typed, None).await;
    };
    let once = pocket.once(&typed, &promise_path(&wire::account_id(id)));
    let entries = match pocket.execute(command(id, ask, purse), once).await {
        Ok(entries) => entries,
        Err(problem) if is_answer(&problem) => {
            // The page says why, as it is now.
            let notice = refused(&pocket, &problem);
            return show(&pocket, &house, id, &typed.again()?, Some(notice)).await;
        }
        Err(problem) => return Err(problem.into()),
    };
    let account = &purse.account;
    let entry = entries.first()?;
    let Fact::PromiseGranted(fact) = &entry.fact else { return Err(Problem::internal().into()) };
    let shown = entries.as_slice().iter().filter(|it| matches!(it.fact, Fact::Switched(_)));
    let shown: Vec<_> = shown.cloned().collect();
    let done = Done {
        money: words::amount(account, fact.amount),
        until: pocket.moment(fact.until),
        fee: (!fact.fee.is_zero()).then(|| words::amount(account, fact.fee)),
        outcome: outcome::lines(&shown, &house.picture.titles, &pocket),
        links: vec![
            Link::new(pocket.care().statement, statement_path(id)),
            Link::new(pocket.care().pay, pay_path(&wire::account_id(id))),
        ],
    };
    Ok(show_step(&pocket, &house, purse, PromiseStep::Done(Box::new(done))))
}
