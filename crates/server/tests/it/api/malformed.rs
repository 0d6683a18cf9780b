//! What cannot be understood: refused with its place, and nothing is written.

use serde_json::{Value, json};

use super::books::Books;
use super::world::{World, eur, payment, text, with};

#[tokio::test]
async fn no_amount_but_a_plain_decimal_is_taken() {
    let books = Books::new().await;
    let before = books.world.head().await;
    let never = [
        json!(""),
        json!(" "),
        json!("1.00 "),
        json!(" 1.00"),
        json!("1 000.00"),
        json!("+1.00"),
        json!("--1.00"),
        json!("-"),
        json!("."),
        json!(".5"),
        json!("1."),
        json!("1,00"),
        json!("1_000"),
        json!("01.00"),
        json!("1e3"),
        json!("1E3"),
        json!("0x10"),
        json!("NaN"),
        json!("Infinity"),
        json!("-inf"),
        json!("١٢"),
        json!("１.００"),
        json!("1.00\u{0}"),
        json!("EUR 1.00"),
        json!("9999999999999999999999999999"),
        json!("2305843009213.70"),
        json!("1.0000001"),
        json!("1".repeat(10_000)),
        json!(1),
        json!(1.0),
        json!(true),
        json!([]),
        json!({}),
        json!(["1.00"]),
    ];
    for good in books.with_field("amount") {
        for amount in &never {
            let answer =
                books.send(&good, &with(good.body.clone(), "amount", amount.clone())).await;
            answer.malformed("amount");
        }
        let signed = ["/adjustments", "/opening-balance"].iter().any(|it| good.path.ends_with(it));
        let zero_is_one = good.path.ends_with("/settle") || good.path.contains("/credit-");
        if !signed {
            let answer =
                books.send(&good, &with(good.body.clone(), "amount", json!("-1.00"))).await;
            answer.malformed("amount");
        }
        for zero in ["0", "0.00", "-0", "-0.00"] {
            if !zero_is_one {
                let answer =
                    books.send(&good, &with(good.body.clone(), "amount", json!(zero))).await;
                answer.malformed("amount");
            }
        }
    }
    assert_eq!(books.world.head().await, before);
}

#[tokio::test]
async fn an_amount_has_no_more_decimals_than_its_currency() {
    let world = World::new();
    let cases = [
        ("XPF", "1", "1.5", "1.1234", "1.12345"),
        ("EUR", "1.23", "1.234", "1.123456", "1.1234567"),
        ("KWD", "1.234", "1.2345", "1.1234567", "1.12345678"),
    ];
    for (currency, whole, too_fine, fine, too_fine_for_use) in cases {
        let account = world.account(currency).await;
        let a = |rest: &str| format!("/v1/accounts/{account}/{rest}");
        world.post(&a("payments"), payment(currency, "100", currency)).await.json(201);
        let before = world.head().await;
        let too_fine = json!({"amount": too_fine, "currency": currency});
        let until = json!(world.moment(60));
        let minor = [
            (
                "POST",
                a("payments"),
                with(payment("f", "1", currency), "amount", too_fine["amount"].clone()),
            ),
            ("POST", a("adjustments"), with(too_fine.clone(), "reason", json!("x"))),
            ("PUT", a("credit-limit"), too_fine.clone()),
            ("PUT", a("credit-ceiling"), too_fine.clone()),
            ("POST", a("credits"), with(too_fine.clone(), "until", until)),
            ("POST", a("charges"), json!({"amount": too_fine_for_use, "currency": currency})),
        ];
        for (method, path, body) in minor {
            world.ask("admin", method, &path).json(&body).send().await.malformed("amount");
        }
        assert_eq!(world.head().await, before);
        let body = with(json!({"amount": whole, "currency": currency}), "reason", json!("x"));
        world.post(&a("adjustments"), body).await.json(201);
        let body = json!({"amount": fine, "currency": currency});
        let charged = world.post(&a("charges"), body).await.json(201);
        assert_eq!(charged["amount"]["amount"], format!("-{fine}"));
    }
}

#[tokio::test]
async fn a_currency_is_one_of_iso_4217() {
    let books = Books::new().await;
    let before = books.world.head().await;
    for good in books.with_field("currency") {
        for code in [json!("EURO"), json!("eur"), json!(""), json!("ZZZ"), json!("€"), json!(978)]
        {
            let answer = books.send(&good, &with(good.body.clone(), "currency", code)).await;
            answer.malformed("currency");
        }
    }
    assert_eq!(books.world.head().await, before);
}

/// Addresses by the end of their path, a field of theirs with free text, and its longest form.
const TEXTS: [(&str, &str, usize); 22] = [
    ("/customers", "name", 128),
    ("/customers", "group", 48),
    ("/customers", "language", 35),
    ("/customers/cus_1", "name", 128),
    ("/customers/cus_1/accounts", "name", 64),
    ("/name", "name", 64),
    ("/payments", "reference", 128),
    ("/payments", "description", 256),
    ("/cancel", "reason", 256),
    ("/charges", "reference", 256),
    ("/charges", "description", 256),
    ("/adjustments", "note", 256),
    ("/credits", "reason", 256),
    ("/charge-back", "reason", 256),
    ("/charge-back", "reference", 128),
    ("/refund", "reason", 256),
    ("/allocate", "reason", 256),
    ("/return", "reason", 256),
    ("/payments-locked", "reason", 256),
    ("/opening-balance", "reason", 256),
    ("/write-offs", "reason", 256),
    ("/recover", "reason", 256),
];

/// The same for names: short lower-case words.
const NAMES: [(&str, &str); 5] = [
    ("/payments", "source"),
    ("/charges", "service"),
    ("/adjustments", "reason"),
    ("/authorisations", "service"),
    ("/exchange-rates", "source"),
];

#[tokio::test]
async fn text_that_cannot_be_seen_or_has_no_end_is_refused() {
    let books = Books::new().await;
    let before = books.world.head().await;
    let sessions = [("/authorisations", "session", 255)];
    for (end, field, length_max) in TEXTS.into_iter().chain(sessions) {
        let good = books.good().into_iter().find(|it| it.path.ends_with(end)).expect("the address");
        let long = "é".repeat(length_max + 1);
        let bad = [
            json!(""),
            json!("   "),
            json!(long),
            json!("a\u{0}b"),
            json!("a\nb"),
            json!("a\u{1b}[2J"),
            json!("a\u{85}b"),
            json!("\u{202E}abc"),
            json!("a\u{2066}b\u{2069}"),
            json!(7),
            json!(["a"]),
        ];
        for value in bad {
            let answer = books.send(&good, &with(good.body.clone(), field, value)).await;
            answer.malformed(field);
        }
        let ten_megabytes = json!("a".repeat(10_000_000));
        let answer = books.send(&good, &with(good.body.clone(), field, ten_megabytes)).await;
        answer.problem(413, "body_too_large");
    }
    for (end, field) in NAMES {
        let good = books.good().into_iter().find(|it| it.path.ends_with(end)).expect("the address");
        let long = "a".repeat(49);
        for name in ["", " ", "Cash", "ca sh", "-cash", "é", "a/b", "a\u{0}", &long] {
            let answer = books.send(&good, &with(good.body.clone(), field, json!(name))).await;
            answer.malformed(field);
        }
    }
    assert_eq!(books.world.head().await, before);
}

#[tokio::test]
async fn people_are_called_what_they_are_called() {
    let world = World::new();
    let longest = "王".repeat(128);
    let names = [
        "Amélie Tetuanui",
        "Ελένη Παπαδοπούλου",
        "王小明",
        "محمد بن سلمان",
        "דוד בן־גוריון",
        "Владимир",
        "สมชาย ใจดี",
        "O’Neill-Ñandú & Söhne GmbH",
        "👩‍👩‍👧 Familie",
        "Null",
        "<script>alert(1)</script>",
        "'; DROP TABLE customers; --",
        &longest,
    ];
    for name in names {
        let made = world.post("/v1/customers", json!({"name": name})).await.json(201);
        let read = world.get(&format!("/v1/customers/{}", text(&made["id"]))).await.json(200);
        assert_eq!(read["name"], name);
    }
}

#[tokio::test]
async fn what_is_known_of_a_customer_has_its_form() {
    let world = World::new();
    let cases = [
        ("phone", json!("none")),
        ("phone", json!("")),
        ("phone", json!("1".repeat(33))),
        ("email", json!("amelie")),
        ("email", json!(format!("{}@example.com", "a".repeat(254)))),
        ("country", json!("pf")),
        ("country", json!("PFA")),
        ("country", json!("P")),
        ("country", json!("ÄÖ")),
        ("kind", json!("robot")),
        ("kind", json!(1)),
        ("name", Value::Null),
    ];
    for (field, value) in cases {
        let body = with(json!({"name": "Ann"}), field, value);
        world.post("/v1/customers", body).await.malformed(field);
    }
    world.post("/v1/customers", json!({})).await.malformed("name");
    assert_eq!(world.head().await, 0);
}

#[tokio::test]
async fn what_does_not_go_together_is_named() {
    let books = Books::new().await;
    let before = books.world.head().await;
    let account = &books.account;
    let a = |rest: &str| format!("/v1/accounts/{account}/{rest}");
    let settle = format!("/v1/reservations/{}/settle", books.reservation);
    let ask = json!({"account": account, "session": "x", "amount": "1.00", "currency": "EUR"});
    let both = json!({"amount": "1.00", "currency": "EUR", "final": true,
        "next": {"amount": "1.00"}});
    let next = |field: &str, value: Value| {
        let next = with(json!({"amount": "1.00"}), field, value);
        json!({"amount": "1.00", "currency": "EUR", "next": next})
    };
    let open = |field: &str, value: Value| with(json!({"currency": "EUR"}), field, value);
    let usd = json!({"amount": "1.00", "currency": "USD"});
    let until = with(eur("1.00"), "until", json!("tomorrow"));
    let authorisations = "/v1/authorisations".to_owned();
    let accounts = "/v1/customers/cus_1/accounts".to_owned();
    let refund = format!("/v1/payments/{}/refund", books.payment);
    let (why, since) = (json!({"reason": "x"}), "owed_since");
    let allocate = format!("/v1/unallocated-payments/{}/allocate", books.lost);
    let cases = [
        (&refund, with(why.clone(), "amount", json!("1.00")), "currency"),
        (&refund, with(why.clone(), "currency", json!("EUR")), "amount"),
        (&refund, json!({}), "reason"),
        (&a("write-offs"), with(why.clone(), "amount", json!("1.00")), "currency"),
        (&a("write-offs"), json!({}), "reason"),
        (&a("opening-balance"), with(eur("1.00"), since, json!(books.world.moment(0))), since),
        (&a("opening-balance"), with(eur("-1.00"), since, json!("long ago")), since),
        (&allocate, json!({}), "account"),
        (&allocate, json!({"account": "Mme Teuira, BP 7"}), "account"),
        (&a("charges"), with(eur("1.00"), "account", json!(account)), "account"),
        (&a("payments"), with(payment("n", "1.00", "EUR"), "account", json!("acc_1")), "account"),
        (&a("payments"), with(payment("n", "1.00", "EUR"), "paid_at", json!("today")), "paid_at"),
        (&a("credits"), until, "until"),
        (&settle, with(eur("1.00"), "reservation", json!("res_1-1")), "reservation"),
        (&settle, both, "next"),
        (&settle, with(eur("1.00"), "request", json!(0)), "request"),
        (&settle, with(eur("1.00"), "request", json!(-1)), "request"),
        (&settle, with(eur("1.00"), "final", json!("yes")), "final"),
        (&settle, next("minimum", json!("2.00")), "minimum"),
        (&settle, next("amount", json!("0")), "amount"),
        (&settle, next("expires_in", json!(0)), "expires_in"),
        (&authorisations, with(ask.clone(), "minimum", json!("1.01")), "minimum"),
        (&authorisations, with(ask.clone(), "request", json!(0)), "request"),
        (&authorisations, with(ask.clone(), "request", json!(4_294_967_296_u64)), "request"),
        (&authorisations, with(ask.clone(), "expires_in", json!(0)), "expires_in"),
        (&authorisations, with(ask.clone(), "expires_in", json!(86_401)), "expires_in"),
        (&authorisations, with(ask, "expires_in", json!(1.5)), "expires_in"),
        (&accounts, open("number", json!("a b_c")), "number"),
        (&accounts, open("number", json!("1".repeat(33))), "number"),
        (&accounts, open("number", json!("")), "number"),
        (&accounts, open("credit_limit", usd.clone()), "credit_limit"),
        (&accounts, open("credit_ceiling", usd), "credit_ceiling"),
    ];
    for (path, body, field) in cases {
        let answer = books.world.post(path, body.clone()).await;
        let problem = answer.problem(400, "malformed");
        assert_eq!(problem["field"], field, "{path} {body}: {problem}");
    }
    for body in [
        json!({}),
        json!({"amount": "1.00"}),
        json!({"unlimited": false}),
        json!({"amount": "1.00", "currency": "EUR", "unlimited": true}),
    ] {
        books.world.put(&a("credit-limit"), body).await.problem(400, "malformed");
    }
    assert_eq!(books.world.head().await, before);
}

#[tokio::test]
async fn a_rate_is_a_number_above_zero_between_two_currencies() {
    let world = World::new();
    let rates = |base: &str, rates: Value| json!({"base": base, "source": "ecb", "rates": rates});
    let rate =
        |base: &str, quote: &str, rate: Value| rates(base, json!([{"quote": quote, "rate": rate}]));
    let twice = rates("EUR", json!([{"quote": "USD", "rate": "1"}, {"quote": "USD", "rate": "2"}]));
    let cases = [
        (rate("EUR", "EUR", json!("1")), "rates[0].quote"),
        (rate("EUR", "usd", json!("1")), "rates[0].quote"),
        (rate("eur", "USD", json!("1")), "base"),
        (rate("EUR", "USD", json!("0")), "rates[0].rate"),
        (rate("EUR", "USD", json!("-1")), "rates[0].rate"),
        (rate("EUR", "USD", json!("1e3")), "rates[0].rate"),
        (rate("EUR", "USD", json!("NaN")), "rates[0].rate"),
        (rate("EUR", "USD", json!(1.1)), "rates[0].rate"),
        (rate("EUR", "USD", json!("1.1234567890123456789")), "rates[0].rate"),
        (twice, "rates[1].quote"),
        (rates("EUR", json!([])), "rates"),
    ];
    for (body, field) in cases {
        world.post("/v1/exchange-rates", body).await.malformed(field);
    }
    assert_eq!(world.head().await, 0);
}
