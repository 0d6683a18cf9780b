//! What the journal and the rules say, in the reader's words.

use engine::{
    Account, Amount, Balance, CreditEnd, Currency, Entry, ExchangeRate, Fact, Figure, Limit, Name,
    Posting, Price, PromiseEnd, SwitchCause, Timestamp,
};
use pages::{Care, Console, Language, Message, Money, Say, Shared};

use super::Looks;
pub use super::titles::{Titles, called};
use crate::access::users::ACTOR_PREFIX;
use crate::statement::{view, word_kind};

/// The service to which the fee of a promised payment is charged.
const PROMISE_FEE: &str = "promised-payment";

/// As it is read out: `1000 0423 7`.
pub fn number(number: &str) -> String {
    if !number.bytes().all(|it| it.is_ascii_digit()) {
        return number.to_owned();
    }
    let mut out = String::with_capacity(number.len() * 2);
    for (place, digit) in number.chars().enumerate() {
        if place > 0 && place.is_multiple_of(4) {
            out.push('\u{A0}');
        }
        out.push(digit);
    }
    out
}

pub fn amount(account: &Account, amount: Amount) -> Money {
    units(account, amount.units().into())
}

pub fn balance(account: &Account, balance: Balance) -> Money {
    units(account, balance.units().into())
}

pub fn units(account: &Account, units: i128) -> Money {
    Money::new(units, account.currency.code(), account.exponent)
}

/// `None` is without limit.
pub fn limit(limit: Limit) -> Option<i128> {
    match limit {
        Limit::Limited(amount) => Some(amount.units().into()),
        Limit::Unlimited => None,
    }
}

/// Why a service is as it is.
pub fn cause(language: Language, cause: SwitchCause) -> String {
    let word = Shared::of(language).named("cause", cause.code());
    word.map_or_else(|| cause.code().replace('_', " "), str::to_owned)
}

/// What happened, in a line: its kind, and what it was about.
pub fn what(entry: &Entry, titles: &Titles, language: Language) -> String {
    let kind = word_kind(&entry.fact);
    let words = language.words();
    let word = words.kind(kind).map_or_else(|| kind.replace('_', " "), str::to_owned);
    if let Some(other) = titles.other_side(entry) {
        let is_out = matches!(entry.fact, Fact::TransferOut(_));
        let towards = if is_out { words.to_account } else { words.from_account };
        return format!("{word} {}", towards.with("number", number(&other)));
    }
    match about(entry, titles, language) {
        Some(about) => format!("{word} · {about}"),
        None => word,
    }
}

/// The service by its title, what it becomes, the source of a payment, the reason of a correction.
pub fn about(entry: &Entry, titles: &Titles, language: Language) -> Option<String> {
    if let Fact::PaymentUnallocated(fact) = &entry.fact {
        return Some(known(fact.source, language));
    }
    if let Fact::PlanChanged { change, .. } = &entry.fact {
        return Some(format!("{} → {}", titles.service(change.from), titles.service(change.to)));
    }
    let Some(text) = view::name(entry) else { return titles.whose(entry, language) };
    let Ok(name) = Name::new(&text) else { return Some(text) };
    Some(titles.spoken(name, language))
}

/// The use of a service: entries of one session, of which not each says whose it is.
pub fn use_of(entries: &[Entry], titles: &Titles, language: Language) -> String {
    let word = language.words().kind("session").unwrap_or_default();
    match entries.iter().find_map(|it| about(it, titles, language)) {
        Some(about) => format!("{word} · {about}"),
        None => word.to_owned(),
    }
}

/// A source of payments, a reason of corrections or a fee, where it is one of those that we have.
pub fn known(name: Name, language: Language) -> String {
    let word = Shared::of(language).named("name", &name.as_str().replace('-', "_"));
    word.map_or_else(|| name.to_string(), str::to_owned)
}

/// `Payment: 5.00 EUR`, with the colon as each language writes it.
pub fn told(language: Language, what: &str, that: &str) -> String {
    Shared::of(language).told.with("what", what).with("that", that)
}

/// Through what an order came.
pub fn channel(name: Name, language: Language) -> String {
    let word = Shared::of(language).named("channel", &name.as_str().replace('-', "_"));
    word.map_or_else(|| name.to_string(), str::to_owned)
}

/// What is said below it: reference, note, the rate that was used, who and why.
pub fn details(entry: &Entry, looks: &Looks) -> Vec<String> {
    let mut details = facts(entry, looks);
    if let Some(by) = person(entry) {
        let reason = entry.origin.reason.as_deref();
        let told = |reason: &str| told(looks.language, by, reason);
        details.push(reason.map_or_else(|| by.to_owned(), told));
    }
    details
}

/// As [`details`], without who of the staff it was: what customers read.
pub fn facts(entry: &Entry, looks: &Looks) -> Vec<String> {
    let mut details = Vec::new();
    let say = looks.say();
    let words = say.language.words();
    if let Some(reference) = view::reference(&entry.fact) {
        details.push(words.reference.replace("{reference}", &reference));
    }
    // What the engine notes of its own fee stands in the line already.
    let is_own_fee = view::name(entry).is_some_and(|it| it == PROMISE_FEE);
    details.extend(view::note(&entry.fact).filter(|_| !is_own_fee));
    details.extend(terms(entry, looks));
    if let Fact::Switched(switch) = &entry.fact {
        details.push(cause(say.language, switch.cause));
    }
    details.extend(original(entry).map(|it| say.money_text(&it)));
    details
}

/// What was paid or charged, where that was in another currency than the account's.
pub fn original(entry: &Entry) -> Option<Money> {
    let conversion = entry.fact.conversion()?;
    let is_own = entry.posting.is_some_and(|it| it.currency == conversion.currency);
    let units = conversion.original.units().into();
    let original = Money::new(units, conversion.currency.code(), conversion.exponent);
    (!is_own).then_some(original)
}

/// How much credit and until when, or how it ended; until when something is suspended.
pub fn terms(entry: &Entry, looks: &Looks) -> Option<String> {
    let say = looks.say();
    let money = |it: Amount, posting: Posting| {
        say.money_text(&Money::new(it.units().into(), posting.currency.code(), posting.exponent))
    };
    let until =
        |at: Timestamp| Care::of(say.language).until.with("at", say.moment_text(&looks.moment(at)));
    let ended = |name: &str| Shared::of(say.language).named("end", name).unwrap_or_default();
    let posting = entry.posting?;
    Some(match &entry.fact {
        Fact::CreditLimitSet(Limit::Unlimited) | Fact::CreditCeilingSet(None) => {
            Shared::of(say.language).without_limit.to_owned()
        }
        Fact::CreditLimitSet(Limit::Limited(amount)) | Fact::CreditCeilingSet(Some(amount)) => {
            money(*amount, posting)
        }
        Fact::CreditGranted { amount, until: at, .. }
        | Fact::CreditEnding { amount, until: at, .. } => {
            format!("{} {}", money(*amount, posting), until(*at))
        }
        Fact::PromiseGranted(it) => format!("{} {}", money(it.amount, posting), until(it.until)),
        Fact::CreditEnded { amount, end, .. } => {
            let why = match end {
                CreditEnd::Expired => ended("expired"),
                CreditEnd::Revoked => ended("revoked"),
            };
            told(say.language, &money(*amount, posting), why)
        }
        Fact::PromiseEnded(it) => {
            let why = match it.end {
                PromiseEnd::Repaid => ended("repaid"),
                PromiseEnd::PartlyRepaid => ended("partly_repaid"),
                PromiseEnd::Expired => ended("unpaid"),
                PromiseEnd::Revoked => ended("revoked"),
            };
            told(say.language, &money(it.amount, posting), why)
        }
        Fact::RefundRequested(it) => money(it.amount, posting),
        Fact::SubscriptionSuspended { suspension, .. } => until(suspension.until?),
        _ => return None,
    })
}

/// The user of the console whose doing it is.
pub fn person(entry: &Entry) -> Option<&'static str> {
    entry.origin.actor.as_str().strip_prefix(ACTOR_PREFIX)
}

/// Whose doing it is, as it is read: a user of the console without the prefix.
pub fn who(actor: &str) -> &str {
    actor.strip_prefix(ACTOR_PREFIX).unwrap_or(actor)
}

/// A figure of the rules for promised payments.
pub fn figure(figure: &Figure, account: &Account, say: Say) -> String {
    let console = Console::of(say.language);
    let days = |it: u32| match it {
        0 => console.days_none.to_owned(),
        _ => console.days.of(usize::try_from(it).unwrap_or(usize::MAX), say.language),
    };
    match figure {
        Figure::Nothing => String::new(),
        Figure::Money(sum) => say.money_text(&balance(account, *sum)),
        Figure::Count(count) => count.to_string(),
        Figure::Days(count) => days(*count),
        Figure::Hours(hours) => say.lasts(&(i64::from(*hours) * 60)),
        Figure::Names(names) => {
            let words = names.iter().map(|it| channel(*it, say.language));
            words.collect::<Vec<_>>().join(", ")
        }
    }
}

/// Decimal places that a price has at most, without the four that money may have beyond its own.
const PRICE_EXPONENT_MAX: u8 = engine::PRICE_PLACES_MAX - 4;

/// A price as people read it: `0.10 EUR`.
pub fn price_text(it: Price, currency: Currency, say: Say) -> String {
    say.money_text(&price(it, currency))
}

/// A price as it is in the catalogue, which may be finer than any money that moves.
pub fn price(price: Price, currency: Currency) -> Money {
    let (mut units, mut exponent) = (price.billionths(), PRICE_EXPONENT_MAX);
    while exponent > currency.exponent() && units.is_multiple_of(10) {
        (units, exponent) = (units / 10, exponent - 1);
    }
    let units = i128::try_from(units).expect("a price is below 10^21 billionths");
    Money::new(units, currency.code(), exponent)
}

/// `1 EUR = 119.33 XPF`
pub fn rate(rate: &ExchangeRate, say: Say) -> String {
    let published = say.decimal(&String::from(rate.rate));
    format!("1\u{A0}{} = {published}\u{A0}{}", rate.base, rate.quote)
}
