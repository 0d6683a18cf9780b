//! Services, subscriptions, their periods, what is switched, and use by units.

use std::sync::Arc;

use engine::{
    Amount, BillFact, ClosingFact, ClosingReason, Contra, Fact, Grant, Next, OffCredit, Part,
    PeriodEndFact, PeriodFact, PlanChange, Price, PurchaseFact, Refusal, Service, SessionFact,
    SessionKey, SettlementFact, SubscriptionChange, SubscriptionFact, Suspender, SuspensionFact,
    SwitchCause, SwitchFact, Timestamp, UsageFact, UseGrant, UsedFact,
};

use super::{NOON, conversion, name, units};

const HOUR: i64 = 3_600_000_000;

/// What the services' entries do to the account, and the other side of it.
pub fn movement(fact: &Fact) -> Option<(i64, Contra)> {
    let amount = match fact {
        Fact::PeriodStarted { .. } | Fact::PeriodEnded { .. } => -29_000_000,
        Fact::SubscriptionClosed { .. } | Fact::PlanChanged { .. } => 9_670_000,
        Fact::PeriodCredited { .. } => 970_000,
        Fact::Purchased(_) => -3_500_000,
        _ => return None,
    };
    Some((amount, Contra::Revenue(name("internet-100"))))
}

pub fn services() -> Vec<(&'static str, Fact)> {
    vec![
        ("service_set", Fact::ServiceSet(service(PLAN))),
        ("service_set_one_time", Fact::ServiceSet(service(BUTTON))),
    ]
}

const PLAN: &str = r#"{
    "name": "internet-100", "version": 3, "title": "Internet 100 é", "currency": "EUR",
    "mode": "postpaid",
    "recurring": {
        "price": "29.90", "every": {"count": 1, "unit": "month"}, "anchor": {"month_day": 1},
        "pro_rata": true
    },
    "usage": {
        "unit": "second", "per": 60, "increment": 10, "minimum": 30, "allowance": 6000,
        "bands": [
            {"name": "day", "times": [
                {"days": ["monday", "holiday"], "from": "08:00", "until": "24:00"}
            ]},
            {"name": "night", "times": [{"days": ["sunday"], "from": "00:00", "until": "08:00"}]}
        ],
        "rates": [
            {"title": "Oslo", "prefixes": ["47", "472"], "set_up": "0.05",
                "minimum_charge": "0.10", "price": {"day": "0.10", "night": [
                    {"from": 0, "price": "0.05"}, {"from": 600, "price": "0.025"}
                ]}}
        ],
        "grant_quantity_max": 600, "grant_seconds": 1800
    },
    "days": "customer", "while_off": "credited", "refunds_unused": true,
    "due": {"days": 14, "grace_days": 7, "skip": {"weekends": true, "holidays": true}},
    "adapter": "olt", "profile": {"down_kbit": "100000", "up_kbit": "40000"}, "withdrawn": true
}"#;

const BUTTON: &str = r#"{
    "name": "turbo", "version": 1, "title": "Turbo", "currency": "EUR", "mode": "prepaid",
    "one_time": {"price": "3.50", "duration_seconds": 7200}
}"#;

fn service(text: &str) -> Arc<Service> {
    Arc::new(serde_json::from_str(text).unwrap())
}

pub fn subscriptions() -> Vec<(&'static str, Fact)> {
    let subscription = 2;
    let fact = SubscriptionFact {
        service: name("internet-100"),
        version: 3,
        priority: 7,
        own_price: Price::parse("25.00"),
        periodic: true,
        subjects: vec!["zoë@example.pf".into(), "+689 40 50".into()],
        base: Some(1),
    };
    let change = SubscriptionChange {
        priority: Some(1),
        own_price: Some(Price::parse("19.90")),
        subjects: Some(vec!["zoë@example.pf".into()]),
    };
    let back = SubscriptionChange { own_price: Some(None), ..SubscriptionChange::default() };
    let suspension =
        SuspensionFact { by: Suspender::Customer, until: Some(Timestamp(NOON + 48 * HOUR)) };
    let closing = ClosingFact {
        why: ClosingReason::Closed,
        bill: None,
        conversion: Some(conversion()),
        overrun: Some(units(7)),
    };
    let plan = PlanChange {
        from: name("internet-100"),
        to: name("internet-500"),
        version: 4,
        periodic: true,
        own_price: Price::parse("39.90"),
        at_period_end: false,
        bill: None,
        conversion: Some(conversion()),
        overrun: Some(units(7)),
    };
    let later = PlanChange {
        own_price: None,
        at_period_end: true,
        conversion: None,
        overrun: None,
        ..plan.clone()
    };
    let plan_changed =
        |change: PlanChange| Fact::PlanChanged { subscription, change: Arc::new(change) };
    let changed = |change| Fact::SubscriptionChanged { subscription, change: Arc::new(change) };
    vec![
        ("subscription_opened", Fact::SubscriptionOpened { subscription, fact: fact.into() }),
        ("subscription_changed", changed(change)),
        ("subscription_without_own_price", changed(back)),
        ("subscription_suspended", {
            Fact::SubscriptionSuspended { subscription, suspension: suspension.into() }
        }),
        ("subscription_resumed", Fact::SubscriptionResumed { subscription }),
        ("plan_changed", plan_changed(plan)),
        ("plan_changed_at_period_end", plan_changed(later)),
        ("subscription_closed", {
            Fact::SubscriptionClosed { subscription, closing: closing.into() }
        }),
    ]
}

pub fn periods() -> Vec<(&'static str, Fact)> {
    let (subscription, version) = (2, 3);
    let (from, until) = (Timestamp(NOON), Timestamp(NOON + 720 * HOUR));
    let due_at = Timestamp(NOON + 336 * HOUR);
    let bill = Some(BillFact { due_at, block_at: Timestamp(NOON + 504 * HOUR) });
    let began = PeriodFact {
        charged_since: Some(Timestamp(NOON - 720 * HOUR)),
        postpaid: true,
        part_of: Some(Timestamp(NOON - 24 * HOUR)),
        anchored_at: Some(Timestamp(NOON)),
        allowance: 6_000,
        bill,
        conversion: Some(conversion()),
        overrun: Some(units(7)),
    };
    let ended = PeriodEndFact { bill, conversion: Some(conversion()), overrun: Some(units(7)) };
    let started = |extra| Fact::PeriodStarted { subscription, version, from, until, extra };
    let credit = OffCredit { off_micros: 24 * HOUR };
    let bought = PurchaseFact {
        service: name("turbo"),
        version: 1,
        subscription: Some(3),
        ends_at: Some(Timestamp(NOON + 2 * HOUR)),
        extends: true,
        base: Some(2),
        item: Some("tt0133093".into()),
        conversion: Some(conversion()),
    };
    vec![
        ("period_started", started(None)),
        ("period_started_with_everything", started(Some(began.into()))),
        ("period_ended", Fact::PeriodEnded { subscription, extra: None }),
        ("period_ended_with_everything", {
            Fact::PeriodEnded { subscription, extra: Some(ended.into()) }
        }),
        ("period_credited", Fact::PeriodCredited { subscription, credit }),
        ("bill_overdue", Fact::BillOverdue { due_at, owed: units(29_000_000) }),
        ("purchased", Fact::Purchased(bought.into())),
    ]
}

pub fn switches() -> Vec<(&'static str, Fact)> {
    let on = SwitchFact {
        subscription: 2,
        service: name("internet-100"),
        version: 3,
        on: true,
        cause: SwitchCause::Restored,
        pauses: false,
        until: Some(Timestamp(NOON + 721 * HOUR)),
        adapter: Some(name("olt")),
        subjects: vec!["zoë@example.pf".into(), "+689 40 50".into()],
        profile: [("down_kbit".into(), "100000".into())].into(),
    };
    let off = SwitchFact {
        on: false,
        cause: SwitchCause::FundsLow,
        pauses: true,
        until: None,
        adapter: None,
        subjects: Vec::new(),
        profile: engine::Profile::new(),
        ..on.clone()
    };
    vec![("switched_on", Fact::Switched(on.into())), ("switched_off", Fact::Switched(off.into()))]
}

pub fn uses() -> Vec<(&'static str, Fact)> {
    let (serial, request) = (5, 3);
    let amount = units(1_500_000);
    let grant = Grant { amount, expires_at: Timestamp(NOON + HOUR) };
    let units_granted =
        UseGrant { asked: 1_200, minimum: 60, quantity: 900, free: 300, last: true };
    let usage = UsageFact {
        subscription: 2,
        version: 3,
        rate: 1,
        destination: Some("4722334455".into()),
        rates: conversion().rates.clone(),
        grant: units_granted,
    };
    let session = SessionFact {
        key: SessionKey(0xfeed),
        session: "call;8".into(),
        service: name("internet-100"),
        requested: amount,
        minimum: Amount::ZERO,
        usage: Some(usage),
    };
    let used = UsedFact {
        total: 754,
        more: 700,
        billed: 760,
        free: 300,
        parts: vec![
            Part { band: 0, step: 0, quantity: 300 },
            Part { band: 1, step: 1, quantity: 160 },
        ],
        grant: Some(units_granted),
    };
    let refusal = Refusal::UseWentBack { before: 754, reported: 753 };
    let refused = UsedFact { grant: None, free: 0, ..used.clone() };
    let settled = |next, extra: SettlementFact| Fact::Settled {
        serial,
        request,
        next,
        extra: Some(Arc::new(extra)),
    };
    let extra = |used| SettlementFact {
        used: Some(used),
        conversion: Some(conversion()),
        ..SettlementFact::default()
    };
    let forget_at = Timestamp(NOON + HOUR);
    vec![
        ("authorised_use", Fact::Authorised { serial, request, grant, session: session.into() }),
        ("settled_use_granted", settled(Next::Granted(grant), extra(used.clone()))),
        ("settled_use_refused", {
            let extra = SettlementFact { refusal: Some(refusal), ..extra(refused) };
            settled(Next::Refused, extra)
        }),
        (
            "settled_use_final",
            settled(Next::Final { forget_at }, extra(UsedFact { grant: None, ..used })),
        ),
    ]
}
