//! Requests that nobody would write by hand, from a seed: never a fault of the server.

use fastrand::Rng;
use serde_json::{Value, json};

use super::world::{World, eur, payment, text, with};

const SEED: u64 = 0x0005_9044_4e41;
const REQUESTS: usize = 4_000;

#[tokio::test]
async fn spoilt_requests_are_never_our_fault() {
    let world = World::with(|it| it.limits.body_bytes_max = 64 * 1024);
    let requests = requests(&world).await;
    let seed = std::env::var("SPRAY_SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(SEED);
    let mut random = Rng::with_seed(seed);
    for round in 0..REQUESTS {
        let (method, path, body) = &requests[random.usize(..requests.len())];
        let mut body = body.clone();
        let mut path = path.clone();
        for _ in 0..random.usize(..3) {
            match random.u8(..8) {
                0 => path = spoil_path(&mut random, &path),
                _ => spoil(&mut random, &mut body),
            }
        }
        let mut bytes = body.to_string().into_bytes();
        if random.u8(..6) == 0 {
            spoil_bytes(&mut random, &mut bytes);
        }
        let shown = String::from_utf8_lossy(&bytes).chars().take(300).collect::<String>();
        let mut ask = world.ask("admin", method, &path).body(bytes);
        if random.u8(..4) == 0 {
            ask = ask.once(&format!("k-{}", random.u8(..20)));
        }
        let response = ask.open().await;
        let what = format!("seed {seed}, round {round}: {method} {path} {shown}");
        let status = response.status().as_u16();
        assert!(status < 500, "{what}: {status}");
        let kind = response.headers().get("content-type").and_then(|it| it.to_str().ok());
        let expected = if status < 400 { "application/json" } else { "application/problem+json" };
        let feed = status == 200 && path.contains("/events");
        assert!(feed || kind == Some(expected), "{what}: {status} {kind:?}");
    }
    let balance = world.get("/v1/trial-balance").await.json(200);
    for currency in balance["currencies"].as_array().expect("currencies") {
        let sum = text(&currency["sum"]);
        assert!(sum.trim_matches(['0', '.']).is_empty(), "seed {seed}: {currency}");
    }
}

async fn requests(world: &World) -> Vec<(&'static str, String, Value)> {
    let account = world.purse("1000.00").await;
    let other = world.account("XPF").await;
    let paid = world.pay(&account, "1.00").await;
    let a = |rest: &str| format!("/v1/accounts/{account}{rest}");
    let ask = json!({"account": account, "session": "s", "request": 1, "service": "telephony",
        "amount": "1.50", "currency": "EUR", "minimum": "0.10", "expires_in": 60});
    world.post("/v1/authorisations", ask.clone()).await.json(200);
    let settle = json!({"amount": "0.42", "currency": "EUR", "final": false, "request": 2,
        "next": {"amount": "1.50", "minimum": "0.50", "expires_in": 60}});
    let until = json!(world.moment(3600));
    let customer = json!({"name": "Amélie", "kind": "person", "phone": "+689 87 12 34 56",
        "email": "a@example.com", "group": "home", "language": "fr", "country": "PF"});
    let open = json!({"currency": "EUR", "name": "Internet", "number": "OLD-42",
        "credit_limit": eur("5.00"), "credit_ceiling": eur("20.00")});
    let rates = json!({"base": "EUR", "source": "ecb", "valid_from": "2026-11-01T00:00:00Z",
        "rates": [{"quote": "USD", "rate": "1.1172"}, {"quote": "XPF", "rate": "119.33"}]});
    let pay = with(payment("r-1", "10.00", "EUR"), "paid_at", json!("2026-11-01T00:00:00Z"));
    let batch = json!({"operations": [
        {"charge": {"account": account, "amount": "0.01", "currency": "EUR"}},
        {"payment": with(payment("b-1", "1.00", "EUR"), "account", json!(account))},
        {"authorise": with(ask.clone(), "session", json!("b"))},
        {"settle": with(settle.clone(), "reservation", json!("res_1-1"))},
    ]});
    let transfer = json!({"from": account, "to": other, "amount": "1.00", "currency": "EUR",
        "description": "for you"});
    let adjust = json!({"amount": "-1.00", "currency": "EUR", "reason": "goodwill", "note": "x"});
    let charge = json!({"amount": "0.1166", "currency": "USD", "service": "film",
        "reference": "r", "description": "d", "after_use": true});
    let none = json!({});
    vec![
        ("POST", "/v1/customers".into(), customer.clone()),
        ("GET", "/v1/customers?q=amelie&limit=5&after=cus_1".into(), none.clone()),
        ("PUT", "/v1/customers/cus_1".into(), customer),
        ("GET", "/v1/customers/cus_1".into(), none.clone()),
        ("POST", "/v1/customers/cus_1/accounts".into(), open),
        ("GET", a("?at=2026-11-02T10:00:00Z"), none.clone()),
        ("GET", a("/entries?before=5&limit=3&at=2026-11-02T10:00:00Z"), none.clone()),
        ("PUT", a("/name"), json!({"name": "Shop"})),
        ("POST", format!("/v1/accounts/{other}/close"), none.clone()),
        ("POST", a("/payments"), pay),
        ("GET", format!("/v1/payments/{paid}"), none.clone()),
        ("POST", format!("/v1/payments/{paid}/cancel"), json!({"reason": "twice"})),
        ("POST", a("/charges"), charge),
        ("POST", a("/adjustments"), adjust),
        ("POST", "/v1/transfers".into(), transfer),
        ("PUT", a("/credit-limit"), eur("5.00")),
        ("PUT", a("/credit-ceiling"), eur("50.00")),
        ("POST", a("/credits"), with(with(eur("5.00"), "until", until), "reason", json!("x"))),
        ("DELETE", a("/credits/crd_1-1"), none.clone()),
        ("POST", "/v1/authorisations".into(), ask),
        ("POST", "/v1/reservations/res_1-1/settle".into(), settle),
        ("POST", "/v1/reservations/res_1-1/release".into(), json!({"request": 9})),
        ("POST", "/v1/batches".into(), batch),
        ("POST", "/v1/exchange-rates".into(), rates),
        ("GET", "/v1/exchange-rates?at=2026-11-02T10:00:00Z".into(), none.clone()),
        ("GET", "/v1/events?after=1&account=acc_1".into(), none),
    ]
}

/// Changes one place of the body, however deep.
fn spoil(random: &mut Rng, body: &mut Value) {
    match body {
        Value::Object(fields) if !fields.is_empty() && random.u8(..8) > 0 => {
            let place = random.usize(..fields.len());
            let name = fields.keys().nth(place).cloned().unwrap_or_default();
            match random.u8(..8) {
                0 => drop(fields.remove(&name)),
                1 => drop(fields.insert(strange_text(random), strange(random))),
                _ => spoil(random, &mut fields[&name]),
            }
        }
        Value::Array(items) if !items.is_empty() && random.u8(..6) > 0 => {
            let place = random.usize(..items.len());
            match random.u8(..6) {
                0 => drop(items.remove(place)),
                1 => items.push(items[place].clone()),
                _ => spoil(random, &mut items[place]),
            }
        }
        other => *other = strange(random),
    }
}

fn strange(random: &mut Rng) -> Value {
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(4_294_967_295_u32),
        json!([]),
        json!({}),
        json!("0"),
        json!("0.00"),
        json!("-0.01"),
        json!("2305843009213.69"),
        json!("-2305843009213.69"),
        json!("9223372036854775807"),
        json!("0.000001"),
        json!("1000000000000"),
        json!("USD"),
        json!("XPF"),
        json!("KWD"),
        json!("XAU"),
        json!("CLF"),
        json!("acc_1"),
        json!("acc_2"),
        json!("100000008"),
        json!("res_1-1"),
        json!("res_4294967295-4294967295"),
        json!("9999-12-30T22:00:00Z"),
        json!("-009999-01-02T01:59:59Z"),
        json!("2026-11-02T10:00:01Z"),
        json!("telephony"),
        json!("s"),
        json!("0.0000000000000001"),
        json!("999999999999999999"),
        json!({"amount": "1"}),
        json!({"unlimited": true}),
        json!("cash"),
        json!("goodwill"),
        json!(1),
        json!(2),
        json!(3),
    ];
    match random.u8(..5) {
        0 => json!(strange_text(random)),
        _ => values[random.usize(..values.len())].clone(),
    }
}

fn strange_text(random: &mut Rng) -> String {
    let pieces = [
        "", " ", "\0", "\n", "é", "\u{202E}", "😀", "'", "\"", "*", "%", "a", "_", "-1",
        "\u{FFFF}", "ﷺ", "0", "/", "..", "\\",
    ];
    let mut text = String::new();
    for _ in 0..random.usize(..6) {
        text.push_str(pieces[random.usize(..pieces.len())]);
    }
    match random.u8(..20) {
        0 => text.repeat(2_000),
        _ => text,
    }
}

fn spoil_path(random: &mut Rng, path: &str) -> String {
    let pieces = [
        "%00",
        "%FF",
        "%2F",
        "acc_1",
        "cus_1",
        "res_1-2",
        "crd_1-1",
        "pay_3",
        "?",
        "&",
        "=",
        "0",
        "-1",
        "18446744073709551615",
        "4294967295",
        "%F0%9F%98%80",
        "x",
    ];
    let mut places: Vec<usize> = path.match_indices(['/', '_', '=', '-']).map(|it| it.0).collect();
    places.push(path.len() - 1);
    // What comes before the second slash stays, so that most still lead somewhere.
    places.retain(|it| *it >= 3);
    let place = places[random.usize(..places.len())] + 1;
    let piece = pieces[random.usize(..pieces.len())];
    let (before, after) = path.split_at(place);
    let after = match random.bool() {
        true => after,
        false => after.find(['/', '?', '&']).map_or("", |it| &after[it..]),
    };
    format!("{before}{piece}{after}")
}

fn spoil_bytes(random: &mut Rng, bytes: &mut Vec<u8>) {
    if bytes.is_empty() {
        return;
    }
    let place = random.usize(..bytes.len());
    match random.u8(..4) {
        0 => bytes.truncate(place),
        1 => bytes[place] = random.u8(..),
        2 => bytes.insert(place, random.u8(..)),
        _ => bytes.extend_from_within(place..),
    }
}
