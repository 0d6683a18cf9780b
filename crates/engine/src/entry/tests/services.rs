use expect_test::expect;

use super::super::*;
use super::{amount, check, conversion, insufficient, name, session};
use crate::{ExchangeRate, Part, Price, Profile, Service, Suspender};

fn price(text: &str) -> Price {
    Price::parse(text).expect("a price")
}

fn at(micros: i64) -> Timestamp {
    Timestamp(micros)
}

/// Every field that a service can have, as it is written.
const SERVICE: &str = r#"{
    "name": "tel", "version": 2, "title": "Telephone", "currency": "EUR", "mode": "postpaid",
    "recurring": {
        "price": "9.90", "every": {"count": 1, "unit": "month"}, "anchor": {"month_day": 15},
        "pro_rata": true
    },
    "usage": {
        "unit": "second", "per": 60, "rates": [{"prefixes": ["+49"], "price": "0.10"}],
        "allowance": 6000
    },
    "days": "customer", "while_off": "credited", "refunds_unused": true,
    "due": {"days": 14, "grace_days": 7, "skip": {"weekends": true, "holidays": true}},
    "adapter": "edge", "profile": {"down_kbit": "100000"}, "withdrawn": true
}"#;

#[test]
fn services_keep_their_shape() {
    let service: Service = serde_json::from_str(SERVICE).expect("a service");
    check(
        &service,
        expect![[r#"
        {
          "name": "tel",
          "version": 2,
          "title": "Telephone",
          "currency": "EUR",
          "mode": "postpaid",
          "recurring": {
            "price": "9.90",
            "every": {
              "count": 1,
              "unit": "month"
            },
            "anchor": {
              "month_day": 15
            },
            "pro_rata": true
          },
          "usage": {
            "unit": "second",
            "per": 60,
            "increment": 1,
            "minimum": 0,
            "allowance": 6000,
            "bands": [],
            "rates": [
              {
                "title": "",
                "prefixes": [
                  "+49"
                ],
                "set_up": "0",
                "minimum_charge": "0",
                "price": "0.10"
              }
            ],
            "grant_quantity_max": null,
            "grant_seconds": 3600
          },
          "days": "customer",
          "while_off": "credited",
          "refunds_unused": true,
          "due": {
            "days": 14,
            "grace_days": 7,
            "skip": {
              "weekends": true,
              "holidays": true
            }
          },
          "adapter": "edge",
          "profile": {
            "down_kbit": "100000"
          },
          "withdrawn": true
        }"#]],
    );
}

#[test]
fn what_is_bought_once_keeps_its_shape() {
    let film = r#"{
        "name": "film", "version": 1, "title": "Film", "currency": "USD", "mode": "prepaid",
        "one_time": {"price": "4.50", "duration_seconds": 172800}
    }"#;
    check(
        &serde_json::from_str::<Service>(film).expect("a service"),
        expect![[r#"
        {
          "name": "film",
          "version": 1,
          "title": "Film",
          "currency": "USD",
          "mode": "prepaid",
          "one_time": {
            "price": "4.50",
            "duration_seconds": 172800
          },
          "days": "provider",
          "while_off": "runs_on"
        }"#]],
    );
}

#[test]
fn subscriptions_keep_their_shape() {
    let mut opened = SubscriptionFact {
        service: name("tel"),
        version: 2,
        priority: 10,
        own_price: None,
        periodic: true,
        subjects: Vec::new(),
        base: None,
    };
    check(
        &opened,
        expect![[r#"
        {
          "service": "tel",
          "version": 2,
          "priority": 10,
          "periodic": true
        }"#]],
    );
    opened.own_price = Some(price("8.50"));
    opened.subjects = vec!["+4930".into(), "sip:ann@example".into()];
    opened.base = Some(1);
    check(
        &opened,
        expect![[r#"
        {
          "service": "tel",
          "version": 2,
          "priority": 10,
          "own_price": "8.50",
          "periodic": true,
          "subjects": [
            "+4930",
            "sip:ann@example"
          ],
          "base": 1
        }"#]],
    );
}

#[test]
fn changes_and_suspensions_keep_their_shape() {
    check(&SubscriptionChange::default(), expect!["{}"]);
    let mut change = SubscriptionChange {
        priority: Some(1),
        own_price: Some(Some(price("8.50"))),
        subjects: Some(vec!["ann".into()]),
    };
    check(
        &change,
        expect![[r#"
        {
          "priority": 1,
          "own_price": "8.50",
          "subjects": [
            "ann"
          ]
        }"#]],
    );
    change.own_price = Some(None);
    change.subjects = Some(Vec::new());
    check(
        &change,
        expect![[r#"
        {
          "priority": 1,
          "own_price": null,
          "subjects": []
        }"#]],
    );
    check(
        &SuspensionFact { by: Suspender::Customer, until: None },
        expect![[r#"
        {
          "by": "customer"
        }"#]],
    );
    check(
        &SuspensionFact { by: Suspender::Staff, until: Some(at(7)) },
        expect![[r#"
        {
          "by": "staff",
          "until": 7
        }"#]],
    );
}

#[test]
fn closings_and_plan_changes_keep_their_shape() {
    for (why, golden) in [
        (
            ClosingReason::Closed,
            expect![[r#"
            {
              "why": "closed",
              "overrun": 1
            }"#]],
        ),
        (
            ClosingReason::Ended,
            expect![[r#"
            {
              "why": "ended",
              "overrun": 1
            }"#]],
        ),
        (
            ClosingReason::BaseClosed,
            expect![[r#"
            {
              "why": "base_closed",
              "overrun": 1
            }"#]],
        ),
    ] {
        check(&ClosingFact { why, bill: None, conversion: None, overrun: Some(amount(1)) }, golden);
    }
    let mut plan = PlanChange {
        from: name("net"),
        to: name("fast"),
        version: 3,
        periodic: true,
        own_price: None,
        at_period_end: false,
        bill: None,
        conversion: None,
        overrun: None,
    };
    check(
        &plan,
        expect![[r#"
        {
          "from": "net",
          "to": "fast",
          "version": 3,
          "periodic": true
        }"#]],
    );
    plan.own_price = Some(price("20"));
    plan.at_period_end = true;
    plan.overrun = Some(amount(5));
    check(
        &plan,
        expect![[r#"
        {
          "from": "net",
          "to": "fast",
          "version": 3,
          "periodic": true,
          "own_price": "20",
          "at_period_end": true,
          "overrun": 5
        }"#]],
    );
}

#[test]
fn periods_and_bills_keep_their_shape() {
    check(&PeriodFact::default(), expect!["{}"]);
    let bill = Some(BillFact { due_at: at(20), block_at: at(30) });
    let period = PeriodFact {
        charged_since: Some(at(1)),
        postpaid: true,
        anchored_at: Some(at(2)),
        part_of: Some(at(3)),
        allowance: 6_000,
        bill,
        conversion: None,
        overrun: Some(amount(4)),
    };
    check(
        &period,
        expect![[r#"
        {
          "charged_since": 1,
          "postpaid": true,
          "anchored_at": 2,
          "part_of": 3,
          "allowance": 6000,
          "bill": {
            "due_at": 20,
            "block_at": 30
          },
          "overrun": 4
        }"#]],
    );
    check(&PeriodEndFact::default(), expect!["{}"]);
    let why = ClosingReason::Closed;
    check(
        &ClosingFact { why, bill, conversion: None, overrun: None },
        expect![[r#"
        {
          "why": "closed",
          "bill": {
            "due_at": 20,
            "block_at": 30
          }
        }"#]],
    );
    check(
        &PeriodEndFact { bill, conversion: None, overrun: Some(amount(4)) },
        expect![[r#"
        {
          "bill": {
            "due_at": 20,
            "block_at": 30
          },
          "overrun": 4
        }"#]],
    );
    check(
        &OffCredit { off_micros: 86_400_000_000 },
        expect![[r#"
        {
          "off_micros": 86400000000
        }"#]],
    );
}

#[test]
fn purchases_keep_their_shape() {
    let mut purchase = PurchaseFact {
        service: name("film"),
        version: 1,
        subscription: None,
        ends_at: None,
        extends: false,
        base: None,
        item: None,
        conversion: None,
    };
    check(
        &purchase,
        expect![[r#"
        {
          "service": "film",
          "version": 1
        }"#]],
    );
    purchase.subscription = Some(4);
    purchase.ends_at = Some(at(9));
    purchase.extends = true;
    purchase.base = Some(1);
    purchase.item = Some("4711".into());
    check(
        &purchase,
        expect![[r#"
        {
          "service": "film",
          "version": 1,
          "subscription": 4,
          "ends_at": 9,
          "extends": true,
          "base": 1,
          "item": "4711"
        }"#]],
    );
}

#[test]
fn switches_keep_their_shape() {
    let mut switch = SwitchFact {
        subscription: 1,
        service: name("net"),
        version: 2,
        on: false,
        cause: SwitchCause::FundsLow,
        pauses: true,
        until: None,
        adapter: None,
        subjects: Vec::new(),
        profile: Profile::new(),
    };
    check(
        &switch,
        expect![[r#"
        {
          "subscription": 1,
          "service": "net",
          "version": 2,
          "on": false,
          "cause": "funds_low",
          "pauses": true
        }"#]],
    );
    switch.on = true;
    switch.cause = SwitchCause::Restored;
    switch.pauses = false;
    switch.until = Some(at(5));
    switch.adapter = Some(name("edge"));
    switch.subjects = vec!["ann".into()];
    switch.profile.insert("down_kbit".into(), "100000".into());
    check(
        &switch,
        expect![[r#"
        {
          "subscription": 1,
          "service": "net",
          "version": 2,
          "on": true,
          "cause": "restored",
          "until": 5,
          "adapter": "edge",
          "subjects": [
            "ann"
          ],
          "profile": {
            "down_kbit": "100000"
          }
        }"#]],
    );
}

#[test]
fn the_causes_of_a_switch_are_written_as_their_codes() {
    let causes = [
        SwitchCause::Activated,
        SwitchCause::Restored,
        SwitchCause::Changed,
        SwitchCause::FundsLow,
        SwitchCause::PeriodUnpaid,
        SwitchCause::Overdue,
        SwitchCause::SuspendedByCustomer,
        SwitchCause::SuspendedByStaff,
        SwitchCause::BaseOff,
        SwitchCause::Ended,
        SwitchCause::Closed,
    ];
    for cause in causes {
        let json = serde_json::to_string(&cause).expect("a word");
        assert_eq!(json, format!("\"{}\"", cause.code()));
        assert_eq!(serde_json::from_str::<SwitchCause>(&json).expect("read back"), cause);
    }
}

fn grant() -> UseGrant {
    UseGrant { asked: 600, minimum: 60, quantity: 300, free: 60, last: true }
}

#[test]
fn what_was_refused_keeps_its_shape() {
    let asked = UseGrant { asked: 600, minimum: 1, quantity: 0, free: 0, last: false };
    check(
        &asked,
        expect![[r#"
        {
          "asked": 600,
          "quantity": 0
        }"#]],
    );
    let refused = AskedFact { quantity: 600, minimum: 60, destination: Some("+4930".into()) };
    check(
        &refused,
        expect![[r#"
        {
          "quantity": 600,
          "minimum": 60,
          "destination": "+4930"
        }"#]],
    );
    check(
        &AskedFact { quantity: 600, minimum: 1, destination: None },
        expect![[r#"
        {
          "quantity": 600
        }"#]],
    );
}

#[test]
fn use_keeps_its_shape() {
    let rates: Vec<ExchangeRate> = conversion().rates.iter().take(1).copied().collect();
    let usage = UsageFact {
        subscription: 1,
        version: 2,
        rate: 0,
        destination: Some("+4930".into()),
        rates,
        grant: grant(),
    };
    check(
        &usage,
        expect![[r#"
            {
              "subscription": 1,
              "version": 2,
              "rate": 0,
              "destination": "+4930",
              "rates": [
                {
                  "base": "EUR",
                  "quote": "USD",
                  "rate": "1.1",
                  "valid_from": 1700000000000000,
                  "source": "ecb"
                }
              ],
              "grant": {
                "asked": 600,
                "minimum": 60,
                "quantity": 300,
                "free": 60,
                "last": true
              }
            }"#]],
    );
    let session =
        SessionFact { usage: Some(UsageFact { rates: Vec::new(), ..usage }), ..session() };
    check(
        &session,
        expect![[r#"
            {
              "key": "0000000000000000000000000000feed",
              "session": "call;7",
              "service": "call",
              "requested": 4000000,
              "minimum": 1000000,
              "usage": {
                "subscription": 1,
                "version": 2,
                "rate": 0,
                "destination": "+4930",
                "grant": {
                  "asked": 600,
                  "minimum": 60,
                  "quantity": 300,
                  "free": 60,
                  "last": true
                }
              }
            }"#]],
    );
}

#[test]
fn settlements_of_use_keep_their_shape() {
    let used = UsedFact {
        total: 130,
        more: 70,
        billed: 180,
        free: 60,
        parts: vec![Part { band: 1, step: 0, quantity: 120 }],
        grant: Some(grant()),
    };
    let settlement = SettlementFact {
        used: Some(used),
        refusal: Some(insufficient()),
        ..SettlementFact::default()
    };
    check(
        &settlement,
        expect![[r#"
            {
              "refusal": {
                "code": "insufficient_funds",
                "available": -500000,
                "requested": 1000000,
                "currency": "EUR",
                "exponent": 2
              },
              "used": {
                "total": 130,
                "more": 70,
                "billed": 180,
                "free": 60,
                "parts": [
                  {
                    "band": 1,
                    "step": 0,
                    "quantity": 120
                  }
                ],
                "grant": {
                  "asked": 600,
                  "minimum": 60,
                  "quantity": 300,
                  "free": 60,
                  "last": true
                }
              }
            }"#]],
    );
}
