//! Payments that wait or go back, debts, plans, alerts and promised payments.

use std::sync::Arc;

use engine::{
    Alerts, AllocationFact, Balance, Bound, CancellationFact, Cooldown, Currency, Fact, FeeRule,
    ForwardFact, NoteFact, OpeningBalanceFact, PerWindow, Plan, Position, PromiseAmount,
    PromiseDuration, PromiseEnd, PromiseEndFact, PromiseFact, PromisePolicy, PromiseRule,
    PromiseRules, RefundFact, RefundRejection, RefundRequest, ReturnFact, ShardId, StaffCap,
    Timestamp, UnallocatedFact, Unfit,
};

use super::{NOON, conversion, name, units};

pub fn returns() -> Vec<(&'static str, Fact)> {
    let note = || Some(Arc::<str>::from("late"));
    let unallocated = UnallocatedFact {
        source: name("bank"),
        reference: "R/3".into(),
        amount: units(12_500_000),
        currency: Currency::EUR,
        exponent: 2,
        why: Unfit::AccountUnknown,
        named: Some("1000 0423".into()),
        paid_at: Some(Timestamp(NOON - 5)),
        note: note(),
        original: None,
    };
    let sent_here =
        UnallocatedFact { original: Some(Position(7)), paid_at: None, ..unallocated.clone() };
    let allocated = AllocationFact {
        payment: Position(7),
        source: name("bank"),
        reference: "R/3".into(),
        paid_at: Some(Timestamp(NOON - 5)),
        conversion: Some(conversion()),
        note: note(),
    };
    let returned = ReturnFact {
        payment: Position(8),
        source: name("bank"),
        amount: units(12_500_000),
        currency: Currency::EUR,
        exponent: 2,
        note: note(),
    };
    let back = CancellationFact { payment: Position(9), conversion: None, note: note() };
    let refund = RefundFact {
        payment: Position(9),
        request: Some(2),
        requested_by: Some(name("bob")),
        conversion: Some(conversion()),
        note: note(),
    };
    let opening = OpeningBalanceFact { owed_since: Some(Timestamp(NOON - 7)), note: note() };
    vec![
        ("payment_unallocated", Fact::PaymentUnallocated(unallocated.into())),
        ("payment_allocated", Fact::PaymentAllocated(allocated.into())),
        ("payment_returned", Fact::PaymentReturned(returned.into())),
        ("payment_forwarded", Fact::PaymentForwarded(forwarded().into())),
        ("payment_unallocated_from_elsewhere", Fact::PaymentUnallocated(sent_here.into())),
        ("payment_charged_back", Fact::PaymentChargedBack(back.into())),
        ("refund_requested", Fact::RefundRequested(request().into())),
        ("refund_rejected", {
            Fact::RefundRejected(RefundRejection { serial: 2, note: note() }.into())
        }),
        ("refunded", Fact::Refunded(refund.into())),
        ("payments_locked", Fact::PaymentsLocked(true)),
        ("payments_unlocked", Fact::PaymentsLocked(false)),
        ("opening_balance", Fact::OpeningBalance(opening.into())),
        ("written_off", Fact::WrittenOff(None)),
        ("write_off_recovered", {
            Fact::WriteOffRecovered(Some(NoteFact { note: "found".into() }.into()))
        }),
    ]
}

fn request() -> RefundRequest {
    RefundRequest {
        serial: 2,
        payment: Position(9),
        paid: units(12_500_000),
        paid_original: Some(units(10_000_000)),
        amount: units(10_000),
        source: name("bank"),
        conversion: Some(conversion()),
        note: Some(Arc::from("late")),
    }
}

fn forwarded() -> ForwardFact {
    ForwardFact {
        payment: Position(8),
        account: ShardId::new(1).and_then(|it| it.account(9)).expect("there is room"),
        source: name("bank"),
        reference: "R/3".into(),
        amount: units(12_500_000),
        currency: Currency::EUR,
        exponent: 2,
        paid_at: Some(Timestamp(NOON - 5)),
        note: Some(Arc::from("late")),
    }
}

pub fn promises() -> Vec<(&'static str, Fact)> {
    let until = Timestamp(NOON + 86_400_000_000);
    let granted = PromiseFact {
        credit: 4,
        amount: units(5_000_000),
        until,
        notice_at: Some(Timestamp(NOON + 1)),
        fee: units(10_000),
        group: Some(name("vip")),
        version: 3,
        holds_plan: true,
        overridden: vec![PromiseRule::Cooldown, PromiseRule::DebtMax],
    };
    let ended = PromiseEndFact {
        credit: 4,
        amount: units(5_000_000),
        paid: units(10_000),
        end: PromiseEnd::PartlyRepaid,
    };
    let plan = Plan { name: name("internet-100"), monthly_fee: units(20_000_000) };
    let alerts = Alerts {
        balance_below: vec![Balance::from_units(-50_000).unwrap()],
        owed_over: Some(units(9_000_000)),
    };
    let policy = |rules| PromisePolicy {
        group: Some(name("vip")),
        currency: Currency::EUR,
        version: 3,
        rules,
    };
    vec![
        ("promise_policy_set", Fact::PromisePolicySet(policy(Some(rules())).into())),
        ("promise_policy_withdrawn", Fact::PromisePolicySet(policy(None).into())),
        ("promise_granted", Fact::PromiseGranted(granted.into())),
        ("promise_ended", Fact::PromiseEnded(ended.into())),
        ("plan_set", Fact::PlanSet(Some(plan))),
        ("plan_taken_away", Fact::PlanSet(None)),
        ("alerts_set", Fact::AlertsSet(alerts.into())),
        ("balance_low", { Fact::BalanceLow { threshold: Balance::from_units(-50_000).unwrap() } }),
        ("receivable_over_limit", Fact::ReceivableOverLimit { limit: units(9_000_000) }),
    ]
}

/// Every rule there is.
fn rules() -> PromiseRules {
    PromiseRules {
        amount: PromiseAmount::Between { min: units(10_000), max: units(9_000_000) },
        duration: PromiseDuration {
            hours: 72,
            choices: vec![240],
            hours_max: Some(96),
            hours_per_year: 24,
        },
        channels: vec![name("self-care")],
        open_max: 1,
        cooldown: Some(Cooldown::DaysAfterEnd(10)),
        per_window: Some(PerWindow { count: 2, days: 28 }),
        per_month: Some(1),
        repeat_balance_min: Some(Balance::ZERO),
        debt_max: Some(Bound::FeePercent(100)),
        debt_age_days_max: Some(60),
        tenure_days_min: Some(90),
        blocked_days_max: Some(30),
        bars_after_unkept: true,
        unkept_max: Some(3),
        paid_min: Some(Bound::Amount(units(7))),
        needed_below: Some(Bound::FeeDays(3)),
        month_days: Some((1, 3)),
        plans: vec![name("internet-100")],
        fee: Some(FeeRule { amount: units(5), percent: 25, waived_from: Some(Balance::ZERO) }),
        needs_acceptance: true,
        holds_plan: true,
        overrides: vec![StaffCap {
            role: name("agent"),
            amount_max: units(50_000_000),
            hours_max: 240,
        }],
    }
}
