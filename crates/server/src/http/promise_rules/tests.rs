use serde_json::{Value, json};

use super::*;

/// A policy with every rule there is.
fn every_rule() -> Value {
    json!({
        "amount": {"between": {"min": "1.00", "max": "50.00"}},
        "duration": {"hours": 72, "choices": [240], "hours_max": 168, "hours_per_year": 24},
        "channels": ["self-care", "call-centre"],
        "open_max": 2,
        "cooldown": {"days_after_end": 10},
        "per_window": {"count": 2, "days": 28},
        "per_month": 1,
        "repeat_balance_min": "-0.01",
        "debt_max": {"fee_percent": 150},
        "debt_age_days_max": 60,
        "tenure_days_min": 90,
        "blocked_days_max": 30,
        "bars_after_unkept": true,
        "unkept_max": 3,
        "paid_min": {"fee_days": 10},
        "needed_below": {"amount": "0.00"},
        "month_days": {"first": 21, "last": 24},
        "plans": ["internet-100", "tv"],
        "fee": {"amount": "0.50", "percent": 5, "waived_from": "-5.00"},
        "needs_acceptance": true,
        "holds_plan": true,
        "overrides": [
            {"role": "agent", "amount_max": "50.00", "hours_max": 240},
            {"role": "admin", "amount_max": "500.00", "hours_max": 8784},
        ],
    })
}

fn least() -> Value {
    json!({"amount": {"fixed": "10.00"}, "duration": {"hours": 72}, "open_max": 1})
}

/// What is shown of the rules after they were read.
fn again(rules: &Value) -> Value {
    let body: RulesBody = serde_json::from_value(rules.clone()).expect("the right form");
    let eur = Currency::from_code("EUR").expect("a currency");
    let rules = body.read(eur).unwrap_or_else(|it| panic!("{}", it.title));
    serde_json::to_value(RulesBody::new(&rules, eur)).expect("a body")
}

#[test]
fn what_was_read_is_what_is_shown() {
    let full = every_rule();
    assert_eq!(again(&full), full);
    assert_eq!(again(&least()), least());
    let others = [
        ("amount", json!({"shortfall": {}})),
        ("amount", json!({"shortfall": {"max": "30.00"}})),
        ("amount", json!({"shortfall_of_fee": {"max": "30.00"}})),
        ("amount", json!({"fee_percent": {"percent": 150}})),
        ("amount", json!({"fee_percent": {"percent": 10000, "max": "0.01"}})),
        ("cooldown", json!({"days_after_grant": 3660})),
        ("debt_max", json!({"fee_days": 1})),
        ("fee", json!({"percent": 100})),
        ("fee", json!({"amount": "0.01"})),
        ("duration", json!({"hours": 8784})),
        ("open_max", json!(64)),
        ("month_days", json!({"first": 31, "last": 31})),
        ("blocked_days_max", json!(0)),
        ("unkept_max", json!(0)),
    ];
    for (field, value) in others {
        let mut rules = every_rule();
        rules[field] = value;
        assert_eq!(again(&rules), rules);
    }
}

#[test]
fn the_full_policy_has_every_rule() {
    // The schema knows every field; one that the full policy lacks would go untested.
    let schema = serde_json::to_value(<RulesBody as utoipa::PartialSchema>::schema());
    let schema = schema.expect("a schema");
    let names = |it: &Value| it.as_object().expect("fields").keys().cloned().collect::<Vec<_>>();
    let (mut known, mut used) = (names(&schema["properties"]), names(&every_rule()));
    known.sort();
    used.sort();
    assert_eq!(used, known);
}

/// Refuses each value of a field, and names the place.
#[track_caller]
fn refuse<const N: usize>(cases: [(&str, Value, &str); N]) {
    for (name, value, place) in cases {
        let mut rules = every_rule();
        rules[name] = value.clone();
        let body: RulesBody = serde_json::from_value(rules).expect("the right form");
        let problem = body.read(Currency::from_code("EUR").expect("a currency"));
        let problem = problem.map(|_| format!("{name}: {value} was taken")).unwrap_err();
        assert_eq!(problem.field, Some(format!("rules.{place}")), "{name}: {value}");
    }
}

#[test]
fn what_cannot_be_meant_is_named() {
    let names: Vec<String> = (0..33).map(|it| format!("c{it}")).collect();
    refuse([
        ("amount", json!({"fixed": "0.00"}), "amount.fixed"),
        ("amount", json!({"fixed": "1.001"}), "amount.fixed"),
        ("amount", json!({"fixed": "-1.00"}), "amount.fixed"),
        ("amount", json!({"between": {"min": "0.00", "max": "1.00"}}), "amount.between.min"),
        ("amount", json!({"between": {"min": "2.00", "max": "1.99"}}), "amount.between.max"),
        ("amount", json!({"shortfall": {"max": "0"}}), "amount.shortfall.max"),
        ("amount", json!({"shortfall_of_fee": {"max": "x"}}), "amount.shortfall_of_fee.max"),
        ("amount", json!({"fee_percent": {"percent": 0}}), "amount.fee_percent.percent"),
        ("amount", json!({"fee_percent": {"percent": 10001}}), "amount.fee_percent.percent"),
        ("amount", json!({"fee_percent": {"percent": 1, "max": "0"}}), "amount.fee_percent.max"),
        ("duration", json!({"hours": 0}), "duration.hours"),
        ("duration", json!({"hours": 8785}), "duration.hours"),
        ("duration", json!({"hours": 72, "choices": [1, 0]}), "duration.choices[1]"),
        ("duration", json!({"hours": 72, "choices": vec![1; 33]}), "duration.choices"),
        ("duration", json!({"hours": 72, "hours_max": 71}), "duration.hours_max"),
        ("duration", json!({"hours": 72, "hours_max": 8785}), "duration.hours_max"),
        ("duration", json!({"hours": 72, "hours_per_year": 8785}), "duration.hours_per_year"),
        ("channels", json!(["ok", "Self Care"]), "channels[1]"),
        ("channels", json!(["a", "a"]), "channels[1]"),
        ("channels", json!(names), "channels"),
        ("open_max", json!(0), "open_max"),
        ("open_max", json!(65), "open_max"),
    ]);
}

#[test]
fn rules_out_of_their_bounds_are_named() {
    let cap = |role: &str| json!({"role": role, "amount_max": "1.00", "hours_max": 1});
    refuse([
        ("cooldown", json!({"days_after_end": 0}), "cooldown.days_after_end"),
        ("cooldown", json!({"days_after_grant": 3661}), "cooldown.days_after_grant"),
        ("per_window", json!({"count": 0, "days": 1}), "per_window.count"),
        ("per_window", json!({"count": 65, "days": 1}), "per_window.count"),
        ("per_window", json!({"count": 1, "days": 0}), "per_window.days"),
        ("per_month", json!(0), "per_month"),
        ("per_month", json!(65), "per_month"),
        ("repeat_balance_min", json!("1.001"), "repeat_balance_min"),
        ("debt_max", json!({"amount": "-1"}), "debt_max.amount"),
        ("debt_max", json!({"fee_percent": 0}), "debt_max.fee_percent"),
        ("paid_min", json!({"fee_days": 0}), "paid_min.fee_days"),
        ("needed_below", json!({"fee_days": 3661}), "needed_below.fee_days"),
        ("debt_age_days_max", json!(3661), "debt_age_days_max"),
        ("tenure_days_min", json!(0), "tenure_days_min"),
        ("blocked_days_max", json!(3661), "blocked_days_max"),
        ("unkept_max", json!(65), "unkept_max"),
        ("month_days", json!({"first": 0, "last": 3}), "month_days.first"),
        ("month_days", json!({"first": 1, "last": 32}), "month_days.last"),
        ("month_days", json!({"first": 4, "last": 3}), "month_days.last"),
        ("plans", json!([""]), "plans[0]"),
        ("fee", json!({}), "fee"),
        ("fee", json!({"waived_from": "1.00"}), "fee"),
        ("fee", json!({"amount": "0.00"}), "fee.amount"),
        ("fee", json!({"percent": 101}), "fee.percent"),
        ("fee", json!({"percent": 1, "waived_from": "?"}), "fee.waived_from"),
        ("overrides", json!([cap("boss")]), "overrides[0].role"),
        ("overrides", json!([cap("gateway")]), "overrides[0].role"),
        ("overrides", json!([cap("agent"), cap("agent")]), "overrides[1].role"),
        (
            "overrides",
            json!([{"role": "agent", "amount_max": "0", "hours_max": 1}]),
            "overrides[0].amount_max",
        ),
        (
            "overrides",
            json!([{"role": "agent", "amount_max": "1", "hours_max": 0}]),
            "overrides[0].hours_max",
        ),
    ]);
}

#[test]
fn a_repeat_needs_something_to_be_repeated_in() {
    let mut rules = least();
    rules["repeat_balance_min"] = json!("0.01");
    let body: RulesBody = serde_json::from_value(rules).expect("the right form");
    let problem = body.read(Currency::from_code("EUR").expect("a currency")).unwrap_err();
    assert_eq!(problem.field.as_deref(), Some("rules.repeat_balance_min"));
}

#[test]
fn the_document_explains_every_rule_and_its_example_works() {
    use engine::PromiseRule::{
        Acceptance, Amount, BlockedDays, Ceiling, Channel, Cooldown, DebtAge, DebtMax, Duration,
        MonthDays, Needed, OpenMax, PaidMin, PerMonth, PerWindow, Plan, RepeatBalance, Tenure,
        Unkept, UnkeptMax,
    };
    let page = include_str!("../../../../../docs/promised-payments.md");
    let headings: Vec<_> = page.lines().filter_map(|it| it.strip_prefix("### ")).collect();
    let mut rules = [
        Channel,
        Plan,
        Acceptance,
        OpenMax,
        Unkept,
        UnkeptMax,
        Cooldown,
        PerWindow,
        PerMonth,
        RepeatBalance,
        MonthDays,
        Tenure,
        BlockedDays,
        DebtMax,
        DebtAge,
        PaidMin,
        Needed,
        Duration,
        Amount,
        Ceiling,
    ];
    rules.sort();
    assert_eq!(headings, rules.map(engine::PromiseRule::code));
    let (_, example) = page.split_once("```json").expect("an example");
    let (example, _) = example.split_once("```").expect("its end");
    let example: Value = serde_json::from_str(example).expect("JSON");
    assert_eq!(again(&example["rules"]), example["rules"]);
    for field in every_rule().as_object().expect("an object").keys() {
        assert!(page.contains(&format!("`{field}`")), "{field} is not explained");
    }
}
