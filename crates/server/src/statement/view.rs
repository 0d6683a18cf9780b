//! A statement as the page and the printed document show it.

use engine::{Contra, Entry, Fact, Limit, Timestamp};
use jiff::tz::TimeZone;
use pages::statement as page;
use pages::{Language, Moment};

use super::{Line, Statement, period};
use crate::config::Provider;
use crate::faces::words;

/// The statement in a language; every word and figure is there, and nothing is left to decide.
pub fn view(statement: &Statement, provider: &Provider, language: Language) -> page::Statement {
    let Statement { account, record, period, .. } = statement;
    let zone = &period.time_zone;
    let span = match period.last_day() {
        _ if period.until_now => page::Span::UntilNow,
        Some(last) => page::Span::Days { last: civil_moment(last.at(0, 0, 0, 0)) },
        None => page::Span::Moments,
    };
    let sum = |it: &super::Sum| page::Sum {
        kind: it.kind,
        money_in: it.money_in,
        money_out: it.money_out,
    };
    page::Statement {
        language,
        provider: letterhead(provider),
        customer: statement.customer.fields.name.clone(),
        number: record.number.clone(),
        name: record.name.clone(),
        currency: account.currency.to_string(),
        exponent: account.exponent,
        period: page::Period {
            from: moment(period.from, zone),
            to: moment(period.to, zone),
            span,
            time_zone: zone_name(zone),
        },
        opening: statement.opening.units().into(),
        closing: statement.closing.units().into(),
        sums: statement.sums.iter().map(sum).collect(),
        standing: period.until_now.then(|| page::Standing {
            held: account.held.units().into(),
            credit: match account.credit() {
                Limit::Limited(amount) => Some(amount.units().into()),
                Limit::Unlimited => None,
            },
            available: account.available().map(|it| it.units().into()),
        }),
        lines: statement.lines.iter().map(|it| line(statement, it, language)).collect(),
        made_at: moment(statement.as_of, zone),
    }
}

/// One line; of a session with more than one entry, each of them is a part.
pub fn line(statement: &Statement, line: &Line, language: Language) -> page::Line {
    let last = line.last();
    let mut view = entry(statement, last, language);
    if line.is_session() {
        view.kind = line.kind();
    }
    (view.amount, view.balance) = (line.amount, line.balance);
    if line.is_session() {
        view.reference = line.session.as_deref().map(Into::into);
        // An entry that moves nothing does not name the service; another part does.
        let about = |it| words::about(it, &statement.titles, language);
        view.name = line.entries.iter().find_map(about);
        if line.entries.len() > 1 {
            let part = |it: &Entry| page::Line { name: None, ..entry(statement, it, language) };
            view.parts = line.entries.iter().map(part).collect();
        }
    }
    view
}

/// An entry by itself, with the journal's own balance.
pub fn entry(statement: &Statement, entry: &Entry, language: Language) -> page::Line {
    let zone = &statement.period.time_zone;
    let other = match &entry.fact {
        Fact::TransferOut(it) | Fact::TransferIn(it) => {
            let number = statement.numbers.get(&it.other).cloned();
            Some(number.unwrap_or_else(|| crate::http::wire::account_id(it.other)))
        }
        _ => None,
    };
    page::Line {
        at: moment(entry.at, zone),
        kind: super::word_kind(&entry.fact),
        name: words::about(entry, &statement.titles, language),
        other_account: other,
        note: note(&entry.fact),
        reference: reference(&entry.fact),
        conversion: entry.fact.conversion().map(|it| page::Conversion {
            original: it.original.units().into(),
            currency: it.currency.to_string(),
            exponent: it.exponent,
            rates: it
                .rates
                .iter()
                .map(|rate| page::Rate {
                    base: rate.base.to_string(),
                    quote: rate.quote.to_string(),
                    rate: rate.rate.into(),
                    source: rate.source.to_string(),
                    at: moment(rate.valid_from, zone),
                })
                .collect(),
        }),
        amount: entry.posting.map_or(0, |it| it.amount.units().into()),
        balance: entry.posting.map_or(0, |it| it.balance.units().into()),
        parts: Vec::new(),
    }
}

/// The source of a payment, the service of a charge, the reason of an adjustment: as they are named
/// in the API.
pub fn name(entry: &Entry) -> Option<String> {
    match (&entry.fact, entry.posting?.contra) {
        (Fact::Authorised { session, .. }, _) => Some(session.service.to_string()),
        (Fact::Refused { refused, .. }, _) => Some(refused.session.service.to_string()),
        (Fact::SubscriptionOpened { fact, .. }, _) => Some(fact.service.to_string()),
        (Fact::PlanChanged { change, .. }, _) => Some(change.from.to_string()),
        (Fact::Purchased(fact), _) => Some(fact.service.to_string()),
        (Fact::Switched(fact), _) => Some(fact.service.to_string()),
        (Fact::PaymentAllocated(fact), _) => Some(fact.source.to_string()),
        (_, Contra::None | Contra::Transfers | Contra::Exchange(_)) => None,
        // The word after the colon is for people; the one before it is for the books.
        (_, contra) => contra.to_string().split_once(':').map(|it| it.1.to_owned()),
    }
}

pub fn reference(fact: &Fact) -> Option<String> {
    match fact {
        Fact::Payment(fact) => Some(fact.reference.to_string()),
        Fact::PaymentAllocated(fact) => Some(fact.reference.to_string()),
        Fact::Charge(Some(fact)) => fact.reference.as_deref().map(Into::into),
        _ => None,
    }
}

pub fn note(fact: &Fact) -> Option<String> {
    let note = match fact {
        Fact::Payment(fact) => fact.note.as_deref(),
        Fact::PaymentAllocated(fact) => fact.note.as_deref(),
        Fact::PaymentCancelled(fact) | Fact::PaymentChargedBack(fact) => fact.note.as_deref(),
        Fact::Refunded(fact) => fact.note.as_deref(),
        Fact::OpeningBalance(fact) => fact.note.as_deref(),
        Fact::WrittenOff(Some(fact)) | Fact::WriteOffRecovered(Some(fact)) => Some(&*fact.note),
        Fact::Charge(Some(fact)) => fact.note.as_deref(),
        Fact::Adjustment(Some(fact)) => Some(&*fact.note),
        Fact::TransferOut(fact) | Fact::TransferIn(fact) => fact.note.as_deref(),
        // Which film it was.
        Fact::Purchased(fact) => fact.item.as_deref(),
        _ => None,
    };
    note.map(Into::into)
}

pub fn letterhead(provider: &Provider) -> page::Provider {
    let Provider { name, address, phone, email, website, registration } = provider;
    let lines = |text: &str| -> Vec<String> {
        text.lines().map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect()
    };
    let contact = [phone, email, website, registration];
    page::Provider {
        name: name.clone(),
        address: lines(address),
        contact: contact.into_iter().flat_map(|it| lines(it)).collect(),
    }
}

pub fn zone_name(time_zone: &TimeZone) -> String {
    time_zone.iana_name().unwrap_or("UTC").to_owned()
}

fn moment(at: Timestamp, time_zone: &TimeZone) -> Moment {
    civil_moment(period::civil(at, time_zone))
}

fn civil_moment(at: jiff::civil::DateTime) -> Moment {
    let small = |it: i8| u8::try_from(it).expect("months, days, hours and minutes are positive");
    Moment {
        year: at.year(),
        month: small(at.month()),
        day: small(at.day()),
        hour: small(at.hour()),
        minute: small(at.minute()),
    }
}
