use expect_test::{Expect, expect};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;
use crate::{AccountId, AccountNumber, ExchangeRate, Name, Rate, Refusal, SessionKey, ShardId};

mod services;

/// What the journal's `detail` holds is `golden`, and `golden` is read back the same.
///
/// A shape never changes its meaning: entries are read for ever.
fn check<T>(fact: &T, golden: Expect)
where
    T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let json = serde_json::to_string_pretty(fact).unwrap();
    golden.assert_eq(&json);
    assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), fact);
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn amount(units: i64) -> Amount {
    Amount::from_units(units).unwrap()
}

fn conversion() -> Arc<Conversion> {
    let rate = |quote: &str, rate: &str| ExchangeRate {
        base: Currency::EUR,
        quote: Currency::from_code(quote).unwrap(),
        rate: Rate::try_from(rate.to_string()).unwrap(),
        valid_from: Timestamp(1_700_000_000_000_000),
        source: name("ecb"),
    };
    Arc::new(Conversion {
        original: amount(10_000_000),
        currency: Currency::from_code("USD").unwrap(),
        exponent: 2,
        rates: vec![rate("USD", "1.10"), rate("GBP", "0.85")],
    })
}

fn session() -> SessionFact {
    SessionFact {
        key: SessionKey(0xfeed),
        session: "call;7".into(),
        service: name("call"),
        requested: amount(4_000_000),
        minimum: amount(1_000_000),
        usage: None,
    }
}

fn insufficient() -> Refusal {
    Refusal::InsufficientFunds {
        available: Balance::from_units(-500_000).unwrap(),
        requested: amount(1_000_000),
        currency: Currency::EUR,
        exponent: 2,
    }
}

#[test]
fn customers_keep_their_shape() {
    let mut fields =
        CustomerFields { name: "Ann \"A\" Ångström".into(), ..CustomerFields::default() };
    check(
        &fields,
        expect![[r#"
            {
              "name": "Ann \"A\" Ångström",
              "kind": "person"
            }"#]],
    );
    fields.kind = crate::CustomerKind::Organisation;
    fields.phone = Some("+47 1".into());
    fields.email = Some("a@b.example".into());
    fields.group = Some(name("vip"));
    fields.language = Some("nb-NO".into());
    fields.country = Some("NO".into());
    fields.since = Some(Timestamp(1_600_000_000_000_000));
    check(
        &fields,
        expect![[r#"
            {
              "name": "Ann \"A\" Ångström",
              "kind": "organisation",
              "phone": "+47 1",
              "email": "a@b.example",
              "group": "vip",
              "language": "nb-NO",
              "country": "NO",
              "since": 1600000000000000
            }"#]],
    );
}

#[test]
fn accounts_keep_their_shape() {
    let mut opening = Opening {
        number: AccountNumber::own(ShardId::FIRST, 1),
        name: "".into(),
        exponent: 2,
        own_sequence: Some(1),
        elder: Some(AccountId(7)),
        limit: Limit::Limited(amount(5_000_000)),
        ceiling: Some(amount(9_000_000)),
    };
    check(
        &opening,
        expect![[r#"
            {
              "number": "100000017",
              "exponent": 2,
              "own_sequence": 1,
              "elder": 7,
              "limit": {
                "limited": 5000000
              },
              "ceiling": 9000000
            }"#]],
    );
    opening.number = AccountNumber::parse("007").unwrap();
    opening.name = "home".into();
    opening.own_sequence = None;
    opening.elder = None;
    opening.limit = Limit::Unlimited;
    opening.ceiling = None;
    check(
        &opening,
        expect![[r#"
            {
              "number": "007",
              "name": "home",
              "exponent": 2,
              "limit": "unlimited"
            }"#]],
    );
    check(
        &Renaming { name: "shop".into() },
        expect![[r#"
            {
              "name": "shop"
            }"#]],
    );
}

#[test]
fn payments_keep_their_shape() {
    let payment = PaymentFact {
        reference: "R/1".into(),
        paid_at: Some(Timestamp(5)),
        conversion: Some(conversion()),
        note: Some("late".into()),
    };
    check(
        &payment,
        expect![[r#"
            {
              "reference": "R/1",
              "paid_at": 5,
              "conversion": {
                "original": 10000000,
                "currency": "USD",
                "exponent": 2,
                "rates": [
                  {
                    "base": "EUR",
                    "quote": "USD",
                    "rate": "1.1",
                    "valid_from": 1700000000000000,
                    "source": "ecb"
                  },
                  {
                    "base": "EUR",
                    "quote": "GBP",
                    "rate": "0.85",
                    "valid_from": 1700000000000000,
                    "source": "ecb"
                  }
                ]
              },
              "note": "late"
            }"#]],
    );
    let cancellation = CancellationFact { payment: Position(7), conversion: None, note: None };
    check(
        &cancellation,
        expect![[r#"
        {
          "payment": 7
        }"#]],
    );
}

#[test]
fn charges_adjustments_and_transfers_keep_their_shape() {
    check(&ChargeFact::default(), expect!["{}"]);
    let charge = ChargeFact {
        reference: Some("C1".into()),
        note: Some("data".into()),
        conversion: Some(conversion()),
        overrun: Some(amount(1)),
    };
    check(
        &charge,
        expect![[r#"
            {
              "reference": "C1",
              "note": "data",
              "conversion": {
                "original": 10000000,
                "currency": "USD",
                "exponent": 2,
                "rates": [
                  {
                    "base": "EUR",
                    "quote": "USD",
                    "rate": "1.1",
                    "valid_from": 1700000000000000,
                    "source": "ecb"
                  },
                  {
                    "base": "EUR",
                    "quote": "GBP",
                    "rate": "0.85",
                    "valid_from": 1700000000000000,
                    "source": "ecb"
                  }
                ]
              },
              "overrun": 1
            }"#]],
    );
    check(
        &NoteFact { note: "sorry".into() },
        expect![[r#"
            {
              "note": "sorry"
            }"#]],
    );
    let transfer =
        TransferFact { other: AccountId(2), conversion: None, note: None, transit: None };
    check(
        &transfer,
        expect![[r#"
        {
          "other": 2
        }"#]],
    );
}

#[test]
fn sessions_keep_their_shape() {
    check(
        &session(),
        expect![[r#"
            {
              "key": "0000000000000000000000000000feed",
              "session": "call;7",
              "service": "call",
              "requested": 4000000,
              "minimum": 1000000
            }"#]],
    );
    let refused = RefusedFact {
        session: session(),
        asked: None,
        refusal: insufficient(),
        forget_at: Timestamp(9),
    };
    check(
        &refused,
        expect![[r#"
            {
              "session": {
                "key": "0000000000000000000000000000feed",
                "session": "call;7",
                "service": "call",
                "requested": 4000000,
                "minimum": 1000000
              },
              "refusal": {
                "code": "insufficient_funds",
                "available": -500000,
                "requested": 1000000,
                "currency": "EUR",
                "exponent": 2
              },
              "forget_at": 9
            }"#]],
    );
    check(&SettlementFact::default(), expect!["{}"]);
    let settlement = SettlementFact {
        overrun: Some(amount(1)),
        refusal: Some(insufficient()),
        requested: Some(amount(2)),
        ..SettlementFact::default()
    };
    check(
        &settlement,
        expect![[r#"
            {
              "overrun": 1,
              "refusal": {
                "code": "insufficient_funds",
                "available": -500000,
                "requested": 1000000,
                "currency": "EUR",
                "exponent": 2
              },
              "requested": 2
            }"#]],
    );
    check(
        &[CreditEnd::Expired, CreditEnd::Revoked],
        expect![[r#"
            [
              "expired",
              "revoked"
            ]"#]],
    );
}

#[test]
fn exchange_rates_keep_their_shape() {
    check(
        conversion().as_ref(),
        expect![[r#"
            {
              "original": 10000000,
              "currency": "USD",
              "exponent": 2,
              "rates": [
                {
                  "base": "EUR",
                  "quote": "USD",
                  "rate": "1.1",
                  "valid_from": 1700000000000000,
                  "source": "ecb"
                },
                {
                  "base": "EUR",
                  "quote": "GBP",
                  "rate": "0.85",
                  "valid_from": 1700000000000000,
                  "source": "ecb"
                }
              ]
            }"#]],
    );
    let added = AddExchangeRates {
        base: Currency::EUR,
        source: name("ecb"),
        valid_from: Timestamp(-1),
        rates: vec![(
            Currency::from_code("JPY").unwrap(),
            Rate::try_from("160.30".to_string()).unwrap(),
        )],
    };
    check(
        &added,
        expect![[r#"
            {
              "base": "EUR",
              "source": "ecb",
              "valid_from": -1,
              "rates": [
                [
                  "JPY",
                  "160.3"
                ]
              ]
            }"#]],
    );
}

#[test]
fn refusals_keep_their_shape() {
    check(
        &insufficient(),
        expect![[r#"
            {
              "code": "insufficient_funds",
              "available": -500000,
              "requested": 1000000,
              "currency": "EUR",
              "exponent": 2
            }"#]],
    );
    let missing = Refusal::AccountNotFound { account: "100000018".into(), check_digit_wrong: true };
    check(
        &missing,
        expect![[r#"
            {
              "code": "account_not_found",
              "account": "100000018",
              "check_digit_wrong": true
            }"#]],
    );
    let customer = CustomerId(9);
    check(
        &Refusal::CustomerNotFound { customer },
        expect![[r#"
            {
              "code": "customer_not_found",
              "customer": 9
            }"#]],
    );
}

#[test]
fn contra_accounts_are_read_back_as_they_are_written() {
    let contras = [
        (Contra::None, ""),
        (Contra::Payments(name("cash")), "payments:cash"),
        (Contra::Revenue(name("call.eu")), "revenue:call.eu"),
        (Contra::Adjustments(name("goodwill")), "adjustments:goodwill"),
        (Contra::Transfers, "transfers"),
        (Contra::Exchange(Currency::EUR), "exchange:EUR"),
    ];
    for (contra, text) in contras {
        assert_eq!(contra.to_string(), text);
        assert_eq!(text.parse(), Ok(contra));
    }
    for text in ["transfer", "payments", "payments:", "payments:A", "exchange:XAU", "fees:x", ":"] {
        assert!(text.parse::<Contra>().is_err(), "{text:?}");
    }
}

#[test]
fn entries_stay_small() {
    assert!(size_of::<Entry>() <= 256, "{} bytes", size_of::<Entry>());
    assert!(size_of::<Fact>() <= 56, "{} bytes", size_of::<Fact>());
}
