//! Bodies that are not what they should be, as a whole.

use serde_json::json;

use super::books::Books;
use super::world::{World, with};

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
