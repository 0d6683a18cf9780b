//! Why an entry has its amount: tariff, quantity, rate and its date, who and why.

use engine::{Entry, Fact};
use pages::Money;
use pages::console::account::{Explained, Explains};

use crate::faces::Looks;
use crate::faces::words::{self, Titles};
use crate::http::wire;
use crate::statement::view;

/// In the order of their showing.
pub fn explain(entry: &Entry, titles: &Titles, looks: &Looks) -> Vec<Explained> {
    let mut found = of_service(entry, titles, looks);
    let say = looks.say();
    if let Some(conversion) = entry.fact.conversion() {
        let code = conversion.currency.code();
        let original = Money::new(conversion.original.units().into(), code, conversion.exponent);
        found.push(Explained::new(Explains::Original, say.money_text(&original)));
        for rate in &conversion.rates {
            let at = say.moment_text(&looks.moment(rate.valid_from));
            let text = format!("{} · {} · {at}", words::rate(rate, say), rate.source);
            found.push(Explained::new(Explains::Rate, text));
        }
    }
    if let (Some(overrun), Some(posting)) = (entry.fact.overrun(), entry.posting) {
        let money = Money::new(overrun.units().into(), posting.currency.code(), posting.exponent);
        found.push(Explained::new(Explains::Overrun, say.money_text(&money)));
    }
    if let Some(reference) = view::reference(&entry.fact) {
        found.push(Explained::new(Explains::Reference, reference));
    }
    found.extend(who_and_why(entry));
    found
}

fn of_service(entry: &Entry, titles: &Titles, looks: &Looks) -> Vec<Explained> {
    let say = looks.say();
    let mut found = Vec::new();
    match &entry.fact {
        Fact::PeriodStarted { version, from, until, .. } => {
            if let Some(service) = view::name(entry).and_then(|it| engine::Name::new(&it).ok()) {
                let text = format!("{} · {version}", titles.service(service));
                found.push(Explained::new(Explains::Tariff, text));
            }
            let [from, until] = [from, until].map(|it| say.moment_text(&looks.moment(*it)));
            found.push(Explained::new(Explains::Period, format!("{from} – {until}")));
        }
        Fact::Purchased(fact) => {
            let text = format!("{} · {}", titles.service(fact.service), fact.version);
            found.push(Explained::new(Explains::Tariff, text));
        }
        Fact::Authorised { session, .. } => {
            found.push(Explained::new(Explains::Session, session.session.to_string()));
            if let Some(usage) = &session.usage {
                found.push(Explained::new(Explains::Quantity, usage.grant.quantity.to_string()));
                let destination = usage.destination.as_deref();
                found.extend(destination.map(|it| Explained::new(Explains::Destination, it)));
            }
        }
        _ => {}
    }
    found
}

fn who_and_why(entry: &Entry) -> Vec<Explained> {
    let origin = &entry.origin;
    let mut found = vec![
        Explained::new(Explains::By, words::who(origin.actor.as_str())),
        Explained::new(Explains::Channel, origin.channel.to_string()),
    ];
    if let Some(reason) = origin.reason.as_deref() {
        found.push(Explained::new(Explains::Reason, reason));
    }
    if let Some(contra) = entry.posting.map(|it| it.contra.to_string()).filter(|it| !it.is_empty())
    {
        found.push(Explained::new(Explains::Contra, contra));
    }
    let text = match entry.fact.is_real_payment() {
        true => wire::payment_id(entry.position),
        false => entry.position.0.to_string(),
    };
    found.push(Explained::new(Explains::Entry, text));
    found
}
