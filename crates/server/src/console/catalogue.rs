//! The catalogue, with a calculator that says what something would cost, and why.

mod price;

use std::collections::BTreeMap;

use axum::response::Response;
use engine::{Name, PaymentMode, Service, State, Timestamp};
use pages::console::catalogue::{Calculator, Catalogue, ServiceRow};
use pages::{Choice, FieldKind, Place};
use serde::Deserialize;

use super::Desk;
use super::desk::page;
use crate::faces::{Failed, refused, tariff};
use crate::http::query::Query;

#[derive(Clone, Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    service: String,
    #[serde(default)]
    quantity: String,
    #[serde(default)]
    begins_at: String,
    #[serde(default)]
    destination: String,
    #[serde(default)]
    currency: String,
}

/// `GET /console/catalogue`
pub async fn show_catalogue(desk: Desk, Query(typed): Query<Typed>) -> Result<Response, Failed> {
    let (looks, asked) = (desk.looks.clone(), typed.clone());
    let look = move |state: &State, now: Timestamp| {
        let counts = count(state, COUNTED_MAX);
        let items: Vec<_> = state.catalogue().items().cloned().collect();
        let price = price::price(state, &asked, now, &looks);
        (items, counts, price)
    };
    let (items, counts, price) = desk.app.shard.read(None, look).await?;
    // All accounts are looked through for it: too much to do again at every entry.
    let shell = desk.shell(Some(Place::Catalogue));
    let services = || items.iter().map(|it| &it.service);
    let choice = |it: &Service| {
        let code = it.name.to_string();
        Choice { hint: code.clone(), ..Choice::new(code, &it.title) }
    };
    let choices = services().map(choice).collect();
    let mut fields = Calculator::fields(choices, &shell);
    let values = [
        ("service", &typed.service),
        ("quantity", &typed.quantity),
        ("begins_at", &typed.begins_at),
        ("destination", &typed.destination),
        ("currency", &typed.currency),
    ];
    for field in &mut fields {
        let value = values.iter().find(|(name, _)| *name == field.name);
        field.value = value.map(|(_, value)| (*value).clone()).unwrap_or_default();
        if field.name == "quantity" {
            let chosen = services().find(|it| it.name.as_str() == typed.service);
            let usage = chosen.and_then(|it| it.usage.as_ref());
            let unit = usage.map(|it| tariff::unit_word(it.unit, &desk)).unwrap_or_default();
            field.kind = FieldKind::Number { unit: unit.to_owned() };
        }
    }
    let price = match price {
        Ok(price) => price,
        Err(problem) => {
            refused::place(&problem, &mut fields, &desk);
            None
        }
    };
    let say = desk.say();
    let row = |it: &Service| ServiceRow {
        name: it.title.clone(),
        code: it.name.to_string(),
        href: format!("/console/catalogue?service={}", it.name),
        tariff: tariff::in_a_line(it, say),
        is_postpaid: it.mode == PaymentMode::Postpaid,
        version: it.version,
        subscriptions: counts.as_ref().map(|them| them.get(&it.name).copied().unwrap_or_default()),
    };
    let rows = services().map(row).collect();
    let view = Catalogue { services: rows, calculator: Calculator { fields, price } };
    Ok(page(view.to_html(&shell)))
}

/// Subscriptions are counted by looking through all accounts; of more than these it would keep the
/// deciding thread from its work.
const COUNTED_MAX: usize = 20_000;

/// Open subscriptions by service; `None` where there are more than so many accounts.
fn count(state: &State, accounts_max: usize) -> Option<BTreeMap<Name, u64>> {
    if state.accounts_count() > accounts_max {
        return None;
    }
    let mut counts = BTreeMap::new();
    let all = state.accounts().flat_map(|it| it.subscriptions());
    all.filter(|it| !it.closed).for_each(|it| *counts.entry(it.service).or_default() += 1);
    Some(counts)
}

#[cfg(test)]
mod tests {
    use engine::{
        Command, Currency, CustomerFields, CustomerId, Limit, OpenAccount, Order, Origin,
    };

    use super::*;

    #[test]
    fn of_more_accounts_than_are_counted_nothing_is_said() {
        let name = |it| Name::new(it).expect("a name");
        let account = OpenAccount {
            customer: CustomerId(1),
            currency: Currency::EUR,
            name: "".into(),
            number: None,
            limit: Limit::NONE,
            ceiling: None,
        };
        let customer = CustomerFields { name: "Ann".into(), ..CustomerFields::default() };
        let mut state = State::default();
        for command in
            [Command::CreateCustomer(customer.into()), Command::OpenAccount(Box::new(account))]
        {
            let origin = Origin { actor: name("ann"), channel: name("api"), reason: None };
            let order = Order { origin, command };
            state.execute(&order, Timestamp(1_800_000_000_000_000), &mut Vec::new()).expect("done");
        }
        assert_eq!(count(&state, 1), Some(BTreeMap::new()));
        assert_eq!(count(&state, 0), None);
    }
}
