//! The fields of a form, with what there is to choose from and what was typed.

use engine::{Account, Entry};
use pages::console::action::{ActionKind, Choices};
use pages::{Choice, Console, Field, FieldKind, Language, Message, Money};

use super::customer_form;
use crate::console::Desk;
use crate::console::customer::Kept;
use crate::faces::picture::{Held, Picture, Purse};
use crate::faces::{Typed, words};
use crate::http::wire;

/// How a payment that is taken at the desk was made.
const SOURCES: [&str; 4] = ["cash", "card", "cheque", "bank-transfer"];

/// Under which a balance is corrected.
const REASONS: [&str; 4] = ["goodwill", "mistake", "compensation", "other"];

pub fn fields(
    kind: ActionKind,
    desk: &Desk,
    picture: &Picture,
    kept: &Kept,
    typed: &Typed,
) -> Vec<Field> {
    let choices = choices(kind, desk, picture, kept, typed);
    let mut fields = kind.fields(&choices, desk.language);
    if kind == ActionKind::EditCustomer && !typed.has("name") {
        customer_form::show(&kept.record.fields, &mut fields);
    }
    typed.fill(&mut fields);
    fields.push(Field::new("key", "", FieldKind::Hidden).with_value(typed.get("key")));
    fields
}

fn choices(
    kind: ActionKind,
    desk: &Desk,
    picture: &Picture,
    kept: &Kept,
    typed: &Typed,
) -> Choices {
    let say = desk.say();
    let account = |purse: &Purse| Choice {
        hint: say.money_text(&words::balance(&purse.account, purse.account.balance)),
        ..Choice::new(wire::account_id(purse.account.id), title(kept, &purse.account))
    };
    let known = |it: &&str| {
        let word = engine::Name::new(it).map(|it| words::known(it, desk.language));
        Choice::new(*it, word.unwrap_or_else(|_| (*it).to_owned()))
    };
    let named = |names: &[&str]| names.iter().map(known).collect();
    let may = |held: &Held| match kind {
        ActionKind::Suspend => held.subscription.suspended.is_none(),
        ActionKind::Resume => held.subscription.suspended.is_some(),
        // What modifies a service is not modified itself.
        ActionKind::Turbo => !held.subscription.ends && held.subscription.base.is_none(),
        _ => true,
    };
    let service = |(purse, held): (&Purse, &Held)| {
        let id = purse.account.subscription_id(held.subscription.serial);
        let title = picture.title(held.subscription.service);
        Choice { hint: held.subject(), ..Choice::new(wire::subscription_id(id), title) }
    };
    let is_offered = |it: &&engine::Service| match kind {
        ActionKind::Turbo => it.one_time.is_some(),
        _ => it.one_time.is_none(),
    };
    let is_own = |it: &engine::Service| {
        picture.purses.iter().any(|purse| purse.account.currency == it.currency)
    };
    let mut sold: Vec<_> = picture.sold().filter(is_offered).collect();
    // What needs no exchange comes first.
    sold.sort_by_key(|it| !is_own(it));
    let offer = |it: &engine::Service| Choice {
        hint: price(it, desk),
        ..Choice::new(it.name.to_string(), &it.title)
    };
    Choices {
        currency: currency(picture, typed),
        currencies: currencies(picture),
        accounts: picture.open().map(account).collect(),
        sources: named(&SOURCES),
        payments: kept.payments.iter().map(|it| payment(it, desk)).collect(),
        services: picture.services().filter(|(_, held)| may(held)).map(service).collect(),
        offers: sold.into_iter().map(offer).collect(),
        credits: picture.open().flat_map(|it| credits(it, desk, kept)).collect(),
        groups: picture.groups.clone(),
        languages: languages(kept.record.fields.language.as_deref().unwrap_or_default()),
        reasons: if kind == ActionKind::Adjust { named(&REASONS) } else { Vec::new() },
        ..Choices::default()
    }
}

/// Temporary limits and promised payments that run on an account.
fn credits(purse: &Purse, desk: &Desk, kept: &Kept) -> Vec<Choice> {
    let account = &purse.account;
    let (say, console) = (desk.say(), Console::of(desk.language));
    let choice = |it: &engine::Credit| {
        let id = engine::CreditId { account: account.id, serial: it.serial };
        let money = say.money_text(&words::amount(account, it.amount));
        let until = console.credit_until.with("at", say.moment_text(&desk.moment(it.until)));
        Choice {
            hint: title(kept, account),
            ..Choice::new(wire::credit_id(id), format!("{money} {until}"))
        }
    };
    account.credits.iter().map(choice).collect()
}

/// Those that we speak, and the one that is known of somebody.
pub fn languages(known: &str) -> Vec<Choice> {
    let spoken = Language::ALL.into_iter().map(|it| Choice::new(it.tag(), it.own_name()));
    let mut choices: Vec<Choice> = spoken.collect();
    if !known.is_empty() && choices.iter().all(|it| it.value != known) {
        choices.push(Choice::new(known, known));
    }
    choices
}

/// An account as its customer calls it, and by its number.
pub fn title(kept: &Kept, account: &Account) -> String {
    let number = words::number(&account.number.to_string());
    match kept.name(account.id) {
        name if name.is_empty() => number,
        name => format!("{name} {number}"),
    }
}

/// That of the account it is about.
fn currency(picture: &Picture, typed: &Typed) -> String {
    let wanted = typed.get("account");
    let named = picture.open().find(|it| wire::account_id(it.account.id) == wanted);
    let purse = named.or_else(|| picture.open().next());
    purse.map(|it| it.account.currency.to_string()).unwrap_or_default()
}

/// Those of the customer's accounts first, then those that prices are in.
fn currencies(picture: &Picture) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let own = picture.purses.iter().map(|it| it.account.currency);
    let all = own.chain(picture.sold().map(|it| it.currency)).chain([engine::Currency::EUR]);
    for code in all.map(|it| it.to_string()) {
        if !found.contains(&code) {
            found.push(code);
        }
    }
    found
}

fn payment(entry: &Entry, desk: &Desk) -> Choice {
    let say = desk.say();
    let reference = crate::statement::view::reference(&entry.fact).unwrap_or_default();
    let money = entry.posting.map(|it| {
        say.money_text(&Money::new(it.amount.units().into(), it.currency.code(), it.exponent))
    });
    let at = say.moment_text(&desk.moment(entry.at));
    let text = format!("{}, {at}", money.unwrap_or_default());
    Choice { hint: reference, ..Choice::new(wire::payment_id(entry.position), text) }
}

/// What a service costs, where that is one price.
fn price(service: &engine::Service, desk: &Desk) -> String {
    let price = match (&service.one_time, &service.recurring) {
        (Some(once), _) => once.price,
        (None, Some(recurring)) => recurring.price,
        (None, None) => return String::new(),
    };
    desk.say().money_text(&words::price(price, service.currency))
}
