use super::*;
use crate::channels::stripe::amount::{money, stripe_amount, stripe_amount_max};

/// Signed as Stripe does it: the time, a dot, the body.
fn signature(secret: &str, time: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{time}.{body}").as_bytes());
    mac.finalize().into_bytes().iter().map(|it| format!("{it:02x}")).collect()
}

fn channel(secrets: &[&str]) -> Stripe {
    let secrets = secrets.iter().map(|it| Secret::from(*it)).collect();
    Stripe { name: Name::new("stripe").unwrap(), allow: Vec::new(), secrets }
}

const NOW: Timestamp = Timestamp(1_793_613_600_000_000);

#[test]
fn the_signature_is_that_of_a_known_answer() {
    // Computed once with `openssl dgst -sha256 -hmac whsec_test`.
    let known = "278e80732e2a15396a8a354c13b93694adf45ef7d29786b1b35cee743541acee";
    assert_eq!(signature("whsec_test", "1793613600", "{}"), known);
    let header = format!("t=1793613600,v1={known}");
    assert_eq!(channel(&["whsec_test"]).check_signature(&header, b"{}", NOW), Ok(()));
}

#[test]
fn any_signature_by_any_secret_will_do_and_no_other() {
    let stripe = channel(&["whsec_new", "whsec_old"]);
    let body = r#"{"id":"evt_1"}"#;
    let of = |secret| signature(secret, "1793613600", body);
    let check = |header: &str| stripe.check_signature(header, body.as_bytes(), NOW);
    assert_eq!(check(&format!("t=1793613600,v1={}", of("whsec_old"))), Ok(()));
    let (wrong, right) = (of("whsec_other"), of("whsec_new"));
    assert_eq!(check(&format!("t=1793613600,v1={wrong},v1={right},v0={wrong}")), Ok(()));
    for header in [
        format!("t=1793613600,v1={wrong}"),
        format!("t=1793613600,v0={right}"),
        format!("t=1793613601,v1={right}"),
        format!("t=1793613600,v1={}", &right[..62]),
        format!("t=1793613600,v1={}", right.replace(&right[..1], "é")),
        format!("v1={right}"),
        format!("t=now,v1={right}"),
        "t=1793613600".into(),
        String::new(),
    ] {
        assert!(check(&header).is_err(), "{header}");
    }
    let header = format!("t=1793613600,v1={right}");
    assert!(stripe.check_signature(&header, b"{\"id\":\"evt_2\"}", NOW).is_err());
}

#[test]
fn a_signature_is_good_for_five_minutes() {
    let stripe = channel(&["whsec_test"]);
    let header = format!("t=1793613600,v1={}", signature("whsec_test", "1793613600", "{}"));
    let after = |seconds: i64| {
        stripe.check_signature(&header, b"{}", NOW.plus(seconds * 1_000_000)).is_ok()
    };
    let good = [-301, -300, 0, 300, 301].map(after);
    assert_eq!(good, [false, true, true, true, false]);
}

#[test]
fn stripes_units_are_not_always_those_of_the_standard() {
    for (amount, code, expected) in [
        (1250, "eur", "12.50"),
        (500, "jpy", "500"),
        (500, "xpf", "500"),
        (500, "isk", "5"),
        (500, "ugx", "5"),
        (500, "mga", "500.00"),
        (5120, "kwd", "5.120"),
        (1000, "huf", "10.00"),
    ] {
        let money = money("amount", amount, code).unwrap_or_else(|it| panic!("{it}"));
        let shown = money.amount.display(money.currency.exponent()).to_string();
        assert_eq!(shown, expected, "{amount} {code}");
    }
    for (amount, code, expected) in [
        (550, "isk", "minor unit"),
        (-1, "eur", "negative"),
        (1, "eux", "not a currency"),
        (i64::MAX, "jpy", "more than an account can hold"),
    ] {
        let error = money("amount", amount, code).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn what_stripe_is_asked_for_is_what_it_then_says_was_paid() {
    let of = |text: &str, code: &str| {
        let currency = engine::Currency::from_code(code).unwrap();
        let exponent = currency.exponent();
        let amount = engine::Amount::parse(text, exponent, engine::Precision::MinorUnits);
        engine::Money { amount: amount.unwrap(), currency }
    };
    let cases = [
        ("12.50", "EUR", Some(1250)),
        ("1193", "XPF", Some(1193)),
        ("500", "JPY", Some(500)),
        ("500", "ISK", Some(50_000)),
        ("500", "UGX", Some(50_000)),
        ("7.00", "MGA", Some(7)),
        ("7.50", "MGA", None),
        ("5.120", "KWD", Some(5120)),
        ("5.124", "KWD", None),
        ("999999.99", "EUR", Some(99_999_999)),
        ("1000000.00", "EUR", None),
        ("0.00", "EUR", None),
    ];
    for (text, code, amount) in cases {
        let asked = of(text, code);
        assert_eq!(stripe_amount(asked), amount, "{text} {code}");
        if let Some(amount) = amount {
            assert_eq!(money("amount", amount, &code.to_lowercase()), Ok(asked), "{text} {code}");
        }
    }
}

#[test]
fn the_largest_sum_is_one_that_stripe_can_be_asked_for_and_a_unit_more_is_none() {
    for (code, text) in [
        ("EUR", "999999.99"),
        ("XPF", "99999999"),
        ("IDR", "9999999999.99"),
        ("COP", "99999999.99"),
        ("INR", "9999999.99"),
        ("KWD", "99999.990"),
        ("ISK", "999999"),
        ("MGA", "99999999.00"),
    ] {
        let currency = engine::Currency::from_code(code).unwrap();
        let most = stripe_amount_max(currency);
        assert_eq!(most.amount.display(currency.exponent()).to_string(), text, "{code}");
        let asked = stripe_amount(most).unwrap();
        assert!(asked > 0, "{code}");
        let beyond = money("amount", asked + 1_000, code).map(stripe_amount);
        assert_eq!(beyond, Ok(None), "{code}");
    }
}
