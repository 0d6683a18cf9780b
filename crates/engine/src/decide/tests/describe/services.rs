//! What is said of services, subscriptions and their use.

use super::moment;
use crate::{
    Account, BillFact, ClosingReason, Fact, Forecast, NextOff, PaymentEffect, Price, Profile,
    SubscriptionChange, Suspender, SwitchFact, UseGrant, UsedFact,
};

/// `sub_1-1` and what became of it; nothing for other facts.
pub fn fact(fact: &Fact, account: &Account) -> String {
    let subscription = |serial: u32| format!("sub_{}-{serial}", account.id.0);
    let money = |it: crate::Amount| it.display(account.exponent);
    let words: Vec<String> = match fact {
        Fact::SubscriptionOpened { subscription: serial, fact } => vec![
            subscription(*serial),
            format!("{} v{}", fact.service, fact.version),
            own(fact.own_price),
            known(&fact.subjects),
            fact.base.map(|it| format!("on {}", subscription(it))).unwrap_or_default(),
        ],
        Fact::SubscriptionChanged { subscription: serial, change } => {
            vec![subscription(*serial), changed(change)]
        }
        Fact::SubscriptionSuspended { subscription: serial, suspension } => {
            let by = match suspension.by {
                Suspender::Customer => "by the customer",
                Suspender::Staff => "by staff",
            };
            let until = suspension.until.map(|it| format!("until {}", moment(it)));
            vec![subscription(*serial), by.into(), until.unwrap_or_default()]
        }
        Fact::SubscriptionResumed { subscription: serial } => vec![subscription(*serial)],
        Fact::SubscriptionClosed { subscription: serial, closing } => {
            let why = match closing.why {
                ClosingReason::Closed => "",
                ClosingReason::Ended => "at its end",
                ClosingReason::BaseClosed => "with its base",
            };
            vec![subscription(*serial), why.into(), bill(closing.bill)]
        }
        Fact::PlanChanged { subscription: serial, change } => {
            let when = if change.at_period_end { "at the period's end" } else { "" };
            let plans = format!("{} to {}", change.from, change.to);
            let bill = bill(change.bill);
            vec![subscription(*serial), plans, own(change.own_price), when.into(), bill]
        }
        Fact::BillOverdue { due_at, owed } => {
            vec![format!("due {} owed {}", moment(*due_at), money(*owed))]
        }
        other => period(other, &subscription),
    };
    let words = words.into_iter().filter(|it| !it.is_empty());
    words.map(|it| it + " ").collect()
}

/// What was bought, periods, bills, switches and use.
fn period(fact: &Fact, subscription: &dyn Fn(u32) -> String) -> Vec<String> {
    match fact {
        Fact::Purchased(it) => vec![
            format!("{} v{}", it.service, it.version),
            it.subscription.map(subscription).unwrap_or_default(),
            it.ends_at.map(|it| format!("until {}", moment(it))).unwrap_or_default(),
            if it.extends { "longer".into() } else { String::new() },
            it.base.map(|it| format!("on {}", subscription(it))).unwrap_or_default(),
            it.item.as_ref().map(ToString::to_string).unwrap_or_default(),
        ],
        Fact::PeriodStarted { subscription: serial, version, from, until, extra } => {
            let extra = extra.as_deref();
            let since = extra.and_then(|it| it.charged_since);
            let free = extra.map_or(0, |it| it.allowance);
            vec![
                subscription(*serial),
                format!("v{version} {} to {}", moment(*from), moment(*until)),
                if extra.is_some_and(|it| it.postpaid) { "postpaid".into() } else { String::new() },
                since.map(|it| format!("for since {}", moment(it))).unwrap_or_default(),
                if free > 0 { format!("{free} free") } else { String::new() },
                bill(extra.and_then(|it| it.bill)),
            ]
        }
        Fact::PeriodEnded { subscription: serial, extra } => {
            vec![subscription(*serial), bill(extra.as_ref().and_then(|it| it.bill))]
        }
        Fact::PeriodCredited { subscription: serial, credit } => {
            let seconds = credit.off_micros / 1_000_000;
            vec![subscription(*serial), format!("off {seconds} s")]
        }
        Fact::Switched(it) => vec![subscription(it.subscription), switched(it)],
        Fact::Authorised { session, .. } => {
            vec![session.usage.as_ref().map(|it| grant(&it.grant)).unwrap_or_default()]
        }
        Fact::Settled { extra, .. } => {
            vec![extra.as_ref().and_then(|it| it.used.as_ref()).map(used).unwrap_or_default()]
        }
        _ => Vec::new(),
    }
}

fn own(price: Option<Price>) -> String {
    price.map(|it| format!("own price {it}")).unwrap_or_default()
}

fn known(subjects: &[Box<str>]) -> String {
    match subjects.is_empty() {
        true => String::new(),
        false => format!("known as {}", subjects.join(",")),
    }
}

fn changed(change: &SubscriptionChange) -> String {
    let priority = change.priority.map(|it| format!("priority {it}"));
    let price = change.own_price.map(|it| match it {
        Some(price) => own(Some(price)),
        None => "no own price".into(),
    });
    let subjects = change.subjects.as_deref().map(|it| match it.is_empty() {
        true => "known as nothing".into(),
        false => known(it),
    });
    [priority, price, subjects].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn bill(bill: Option<BillFact>) -> String {
    bill.map(|it| format!("due {} off {}", moment(it.due_at), moment(it.block_at)))
        .unwrap_or_default()
}

fn switched(it: &SwitchFact) -> String {
    let mut text = format!("{} v{} ", it.service, it.version);
    text += if it.on { "on " } else { "off " };
    text += it.cause.code();
    if it.pauses {
        text += " pauses";
    }
    if let Some(until) = it.until {
        text += &format!(" until {}", moment(until));
    }
    if let Some(adapter) = it.adapter {
        text += &format!(" by {adapter}{}", set(&it.profile));
    }
    match it.subjects.is_empty() {
        true => text,
        false => format!("{text} {}", known(&it.subjects)),
    }
}

fn set(profile: &Profile) -> String {
    profile.iter().map(|(name, value)| format!(" {name}={value}")).collect()
}

fn grant(grant: &UseGrant) -> String {
    let mut text = format!("{} of {}", grant.quantity, grant.asked);
    if grant.free > 0 {
        text += &format!(", {} free", grant.free);
    }
    if grant.last {
        text += ", last";
    }
    text
}

fn used(used: &UsedFact) -> String {
    let mut text = format!("used {} billed {}", used.total, used.billed);
    if used.free > 0 {
        text += &format!(" free {}", used.free);
    }
    let parts = used.parts.iter();
    let parts = parts.map(|it| format!(" {}.{}:{}", it.band, it.step, it.quantity));
    text += &parts.collect::<String>();
    match &used.grant {
        Some(next) => format!("{text} next {}", grant(next)),
        None => text,
    }
}

pub fn forecast(forecast: &Forecast, account: &Account) -> String {
    let off = match forecast.next_off {
        Some(off) => next_off(&off),
        None => format!("nothing off until {}", moment(forecast.seen_until)),
    };
    let recommended = forecast.recommended.display(account.exponent);
    let lasts = forecast.lasts_until.map(|it| format!(" lasts until {}", moment(it)));
    format!("{off}; pay {recommended}{}", lasts.unwrap_or_default())
}

pub fn effect(effect: &PaymentEffect, account: &Account) -> String {
    let serials = |it: &[u32]| it.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let available =
        effect.available.map_or("unlimited".into(), |it| it.display(account.exponent).to_string());
    let mut text = format!("available {available}");
    if !effect.comes_on.is_empty() {
        text += &format!(" on {}", serials(&effect.comes_on));
    }
    for (serial, why) in &effect.stays_off {
        text += &format!(" off {serial} {}", why.code());
    }
    match effect.next_off {
        Some(off) => format!("{text}; {}", next_off(&off)),
        None => text,
    }
}

fn next_off(off: &NextOff) -> String {
    format!("{} off {} {}", moment(off.at), off.subscription, off.why.code())
}
