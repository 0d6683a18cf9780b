//! What cannot be understood: refused with its place, and nothing is written.

use serde_json::{Value, json};

use super::world::{World, eur, payment, text, with};

/// A write that is well, to be spoilt.
struct Good {
    method: &'static str,
    path: String,
    body: Value,
}

struct Books {
    world: World,
    account: String,
    reservation: String,
    payment: String,
}

impl Books {
    async fn new() -> Self {
        let world = World::new();
        let account = world.purse("50.00").await;
        let payment = world.pay(&account, "1.00").await;
        let ask = json!({"account": account, "session": "s", "amount": "1.00", "currency": "EUR"});
        let granted = world.post("/v1/authorisations", ask).await.json(200);
        let reservation = text(&granted["reservation"]);
        Self { world, account, reservation, payment }
    }

    fn good(&self) -> Vec<Good> {
        let account = &self.account;
        let a = |rest: &str| format!("/v1/accounts/{account}/{rest}");
        let until = self.world.moment(3600);
        let ask = json!({"account": account, "session": "x", "amount": "1.00", "currency": "EUR"});
        let transfer = json!({"from": account, "to": "acc_9", "amount": "1.00", "currency": "EUR"});
        let rates = json!({"base": "EUR", "source": "ecb",
            "rates": [{"quote": "USD", "rate": "1.1"}]});
        let cancel = format!("/v1/payments/{}/cancel", self.payment);
        let settle = format!("/v1/reservations/{}/settle", self.reservation);
        let good = |method, path: String, body| Good { method, path, body };
        vec![
            good("POST", "/v1/customers".into(), json!({"name": "Ann"})),
            good("PUT", "/v1/customers/cus_1".into(), json!({"name": "Ann"})),
            good("POST", "/v1/customers/cus_1/accounts".into(), json!({"currency": "EUR"})),
            good("PUT", a("name"), json!({"name": "Ann"})),
            good("POST", a("payments"), payment("new", "1.00", "EUR")),
            good("POST", cancel, json!({"reason": "twice"})),
            good("POST", a("charges"), eur("1.00")),
            good("POST", a("adjustments"), with(eur("1.00"), "reason", json!("goodwill"))),
            good("POST", "/v1/transfers".into(), transfer),
            good("PUT", a("credit-limit"), eur("1.00")),
            good("PUT", a("credit-ceiling"), eur("1.00")),
            good("POST", a("credits"), with(eur("1.00"), "until", json!(until))),
            good("POST", "/v1/authorisations".into(), ask),
            good("POST", settle, eur("1.00")),
            good("POST", "/v1/batches".into(), json!({"operations": []})),
            good("POST", "/v1/exchange-rates".into(), rates),
        ]
    }

    fn with_field(&self, field: &str) -> Vec<Good> {
        self.good().into_iter().filter(|it| it.body.get(field).is_some()).collect()
    }

    async fn send(&self, good: &Good, body: &Value) -> super::world::Answer {
        self.world.ask("admin", good.method, &good.path).json(body).send().await
    }
}

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
        let signed = good.path.ends_with("/adjustments");
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
const TEXTS: [(&str, &str, usize); 13] = [
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
async fn an_id_of_another_kind_or_form_is_no_id() {
    let books = Books::new().await;
    let world = &books.world;
    let long = "1".repeat(5_000);
    let accounts = [
        "cus_1",
        "pay_1",
        "res_1-1",
        "acc_0",
        "acc_01",
        "acc_-1",
        "acc_",
        "acc_1x",
        "acc_1.0",
        "acc_4294967296",
        "ACC_1",
        "acc_1%20",
        "%00",
        "a%0Ab",
        "%E2%80%AEx",
        "%C3%A9",
        &long,
    ];
    for id in accounts {
        for rest in ["", "/entries"] {
            world.get(&format!("/v1/accounts/{id}{rest}")).await.malformed("account");
        }
        let path = format!("/v1/accounts/{id}/charges");
        world.post(&path, eur("1.00")).await.malformed("account");
    }
    for id in ["acc_1", "1", "cus_0", "cus_x", "cus_4294967296", "cus_1%2F"] {
        world.get(&format!("/v1/customers/{id}")).await.malformed("customer");
    }
    for id in ["acc_1", "1", "pay_0", "pay_x", "pay_18446744073709551616"] {
        world.get(&format!("/v1/payments/{id}")).await.malformed("payment");
    }
    world.get("/v1/payments/pay_18446744073709551615").await.problem(404, "payment_not_found");
    for id in ["acc_1", "res_1", "res_1-", "res_-1", "res_0-1", "res_1-0", "res_1-1-1"] {
        let path = format!("/v1/reservations/{id}/settle");
        world.post(&path, eur("1.00")).await.malformed("reservation");
    }
    for id in ["acc_1", "crd_1", "crd_1-x"] {
        let path = format!("/v1/accounts/{}/credits/{id}", books.account);
        world.ask("admin", "DELETE", &path).send().await.malformed("credit");
    }
    for field in ["from", "to"] {
        let body = json!({"from": "acc_1", "to": "acc_2", "amount": "1.00", "currency": "EUR"});
        let body = with(body, field, json!("cus_1"));
        world.post("/v1/transfers", body).await.malformed(field);
    }
    world.get("/v1/customers?after=acc_1").await.malformed("after");
    // Bytes that are no text at all.
    for path in ["/v1/accounts/%FF", "/v1/customers/%C3%28", "/v1/payments/%80/cancel"] {
        let method = if path.ends_with("cancel") { "POST" } else { "GET" };
        let answer = world.ask("admin", method, path).send().await;
        answer.problem(400, "malformed");
    }
}

#[tokio::test]
async fn a_body_that_is_no_object_of_its_kind_is_refused() {
    let books = Books::new().await;
    let before = books.world.head().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_field = format!("{{\"name\":{}", "{\"a\":".repeat(50_000));
    let bodies: [&[u8]; 16] = [
        b"",
        b" ",
        b"{",
        b"{\"name\":\"An",
        b"{\"name\":\"Ann\"",
        b"null",
        b"true",
        b"42",
        b"\"name\"",
        b"[]",
        b"[{\"name\":\"Ann\"}]",
        b"name=Ann",
        b"<name>Ann</name>",
        b"{\"name\":\"\xff\xfe\"}",
        deep.as_bytes(),
        deep_field.as_bytes(),
    ];
    for good in books.good() {
        for body in bodies {
            let ask = books.world.ask("admin", good.method, &good.path);
            let ask = ask.header("content-type", "application/json").body(body.to_vec());
            ask.send().await.problem(400, "malformed");
        }
        let ask = books.world.ask("admin", good.method, &good.path);
        let ask = ask.body(format!("{}{{}}", good.body));
        ask.send().await.problem(400, "malformed");
    }
    assert_eq!(books.world.head().await, before);
}

#[tokio::test]
async fn a_field_is_known_and_comes_once() {
    let books = Books::new().await;
    let before = books.world.head().await;
    for good in books.good() {
        let answer = books.send(&good, &with(good.body.clone(), "colour", json!("red"))).await;
        answer.malformed("colour");
        let fields = good.body.as_object().expect("an object");
        let (name, value) = fields.iter().next().expect("a field");
        let twice = good.body.to_string().replacen('{', &format!("{{\"{name}\":{value},"), 1);
        let ask = books.world.ask("admin", good.method, &good.path).body(twice);
        ask.send().await.malformed(name);
    }
    let required = [
        ("/payments", &["source", "reference", "amount", "currency"][..]),
        ("/charges", &["amount", "currency"]),
        ("/adjustments", &["amount", "currency", "reason"]),
        ("/transfers", &["from", "to", "amount", "currency"]),
        ("/credits", &["amount", "currency", "until"]),
        ("/authorisations", &["account", "session", "amount", "currency"]),
        ("/settle", &["amount", "currency"]),
        ("/exchange-rates", &["base", "source", "rates"]),
        ("/accounts", &["currency"]),
    ];
    for (end, fields) in required {
        let good = books.good().into_iter().find(|it| it.path.ends_with(end)).expect("the address");
        for field in fields {
            let mut body = good.body.clone();
            body.as_object_mut().expect("an object").remove(*field);
            books.send(&good, &body).await.malformed(field);
        }
    }
    assert_eq!(books.world.head().await, before);
}

#[tokio::test]
async fn what_does_not_go_together_is_named() {
    let books = Books::new().await;
    let before = books.world.head().await;
    let account = &books.account;
    let a = |rest: &str| format!("/v1/accounts/{account}/{rest}");
    let settle = format!("/v1/reservations/{}/settle", books.reservation);
    let ask = json!({"account": account, "session": "x", "amount": "1.00", "currency": "EUR"});
    let rate = |base: &str, quote: &str, rate: Value| json!({"base": base, "source": "ecb", "rates": [{"quote": quote, "rate": rate}]});
    let twice = json!({"base": "EUR", "source": "ecb",
        "rates": [{"quote": "USD", "rate": "1"}, {"quote": "USD", "rate": "2"}]});
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
    let rates = "/v1/exchange-rates".to_owned();
    let cases = [
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
        (&rates, rate("EUR", "EUR", json!("1")), "rates[0].quote"),
        (&rates, rate("EUR", "usd", json!("1")), "rates[0].quote"),
        (&rates, rate("eur", "USD", json!("1")), "base"),
        (&rates, rate("EUR", "USD", json!("0")), "rates[0].rate"),
        (&rates, rate("EUR", "USD", json!("-1")), "rates[0].rate"),
        (&rates, rate("EUR", "USD", json!("1e3")), "rates[0].rate"),
        (&rates, rate("EUR", "USD", json!("NaN")), "rates[0].rate"),
        (&rates, rate("EUR", "USD", json!(1.1)), "rates[0].rate"),
        (&rates, rate("EUR", "USD", json!("1.1234567890123456789")), "rates[0].rate"),
        (&rates, twice, "rates[1].quote"),
        (&rates, json!({"base": "EUR", "source": "ecb", "rates": []}), "rates"),
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
async fn a_body_over_the_limit_or_cut_off_is_refused() {
    let world = World::with(|it| it.limits.body_bytes_max = 2_048);
    let name = |length: usize| json!({"name": "a".repeat(length)}).to_string();
    let ask = |body: String| world.ask("admin", "POST", "/v1/customers").body(body).send();
    ask(name(2_048)).await.problem(413, "body_too_large");
    ask(name(2_037)).await.malformed("name");
    let pieces = [Ok("{\"name\":"), Err(std::io::Error::other("the line broke"))];
    let stream = futures_util::stream::iter(pieces);
    let body = axum::body::Body::from_stream(stream);
    let answer = world.ask("admin", "POST", "/v1/customers").body(body).send().await;
    answer.problem(400, "malformed");
    assert_eq!(world.head().await, 0);
}

#[tokio::test]
async fn a_body_says_that_it_is_json_or_nothing() {
    let world = World::new();
    let body = json!({"name": "Ann"}).to_string();
    let ask = |kind: &str| {
        let ask = world.ask("admin", "POST", "/v1/customers").header("content-type", kind);
        ask.body(body.clone()).send()
    };
    for kind in [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "application/json-patch+json",
        "application/jsonp",
        "*/*",
    ] {
        ask(kind).await.malformed("Content-Type");
    }
    for kind in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
        ask(kind).await.json(201);
    }
    world.ask("admin", "POST", "/v1/customers").body(body.clone()).send().await.json(201);
}

#[tokio::test]
async fn a_header_is_checked_like_a_field() {
    let world = World::new();
    let account = world.purse("5.00").await;
    let before = world.head().await;
    let long = "a".repeat(300);
    let cases: [(&str, &[u8], &str); 9] = [
        ("idempotency-key", b"", "Idempotency-Key"),
        ("idempotency-key", b"  ", "Idempotency-Key"),
        ("idempotency-key", long.as_bytes(), "Idempotency-Key"),
        ("idempotency-key", b"\xff", "Idempotency-Key"),
        ("sporran-channel", b"Call Centre", "Sporran-Channel"),
        ("sporran-channel", b"", "Sporran-Channel"),
        ("sporran-channel", b"\xff", "sporran-channel"),
        ("sporran-reason", long.as_bytes(), "Sporran-Reason"),
        ("sporran-reason", "\u{202E}x".as_bytes(), "Sporran-Reason"),
    ];
    for (name, value, field) in cases {
        let path = format!("/v1/accounts/{account}/charges");
        let ask = world.ask("admin", "POST", &path).json(&eur("1.00")).header(name, value);
        ask.send().await.malformed(field);
    }
    assert_eq!(world.head().await, before);
}

#[tokio::test]
async fn a_query_parameter_is_known_and_has_its_form() {
    let world = World::new();
    let account = world.account("EUR").await;
    let cases = [
        ("/v1/customers?colour=red", "colour"),
        ("/v1/customers?limit=0", "limit"),
        ("/v1/customers?limit=201", "limit"),
        ("/v1/customers?limit=x", "limit"),
        ("/v1/customers?limit=1&limit=2", "limit"),
        ("/v1/accounts/ACC?colour=red", "colour"),
        ("/v1/accounts/ACC?at=yesterday", "at"),
        ("/v1/accounts/ACC?at=", "at"),
        ("/v1/accounts/ACC?at=2026-02-30T00:00:00Z", "at"),
        ("/v1/accounts/ACC?at=2026-11-02T10:00:00", "at"),
        ("/v1/accounts/ACC/entries?before=x", "before"),
        ("/v1/accounts/ACC/entries?before=-1", "before"),
        ("/v1/accounts/ACC/entries?at=x", "at"),
        ("/v1/accounts/ACC/entries?limit=9999999999999999999999", "limit"),
        ("/v1/exchange-rates?at=x", "at"),
        ("/v1/exchange-rates?base=EUR", "base"),
        ("/v1/events?colour=red", "colour"),
    ];
    for (path, field) in cases {
        world.get(&path.replace("ACC", &account)).await.malformed(field);
    }
}

#[tokio::test]
async fn an_address_or_method_that_is_none_is_a_problem_too() {
    let world = World::new();
    for path in [
        "/",
        "/v1",
        "/v1/",
        "/v1/customer",
        "/v1/accounts",
        "/v1/accounts/",
        "/v2/events",
        "/v1/accounts/acc_1/",
        "/v1//customers",
        "/../etc/passwd",
        "/health",
    ] {
        for who in ["admin", "anonymous"] {
            world.ask(who, "GET", path).send().await.problem(404, "not_found");
        }
    }
    let wrong = [
        ("DELETE", "/v1/customers", "GET,HEAD,POST"),
        ("GET", "/v1/transfers", "POST"),
        ("PATCH", "/v1/accounts/acc_1", "GET,HEAD"),
        ("POST", "/v1/accounts/acc_1/credit-limit", "PUT"),
        ("GET", "/v1/accounts/acc_1/credits/crd_1-1", "DELETE"),
        ("POST", "/health/live", "GET,HEAD"),
        ("BREW", "/v1/customers", "GET,HEAD,POST"),
    ];
    for (method, path, allowed) in wrong {
        let answer = world.ask("admin", method, path).send().await;
        answer.problem(405, "method_not_allowed");
        let allow = answer.headers.get("allow").and_then(|it| it.to_str().ok());
        let mut allow: Vec<&str> = allow.unwrap_or_default().split(',').map(str::trim).collect();
        allow.sort_unstable();
        assert_eq!(allow.join(","), allowed, "{method} {path}");
    }
}
