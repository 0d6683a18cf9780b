//! Finding customers as people in a call centre do.

use serde_json::{Value, json};

use super::world::{World, text};

async fn found(world: &World, words: &str) -> Vec<String> {
    let words: String = words.bytes().map(|it| format!("%{it:02X}")).collect();
    let path = format!("/v1/customers?q={words}");
    let page = world.ask("reader", "GET", &path).send().await.json(200);
    let customers = page["customers"].as_array().expect("customers").clone();
    customers.iter().map(|it| text(&it["id"])).collect()
}

async fn people(world: &World) {
    let people = [
        json!({"name": "Amélie Tetuanui", "phone": "+689 87 12 34 56", "email": "ame@example.com"}),
        json!({"name": "José Ñandú", "phone": "087 99 88 77", "email": "jose.n@telco.example"}),
        json!({"name": "Ελένη Παπαδοπούλου"}),
        json!({"name": "王小明", "kind": "organisation"}),
    ];
    for person in people {
        world.post("/v1/customers", person).await.json(201);
    }
    let account = json!({"currency": "XPF", "number": "TAH-0042"});
    world.post("/v1/customers/cus_1/accounts", account).await.json(201);
    world.post("/v1/customers/cus_2/accounts", json!({"currency": "EUR"})).await.json(201);
}

#[tokio::test]
async fn a_customer_is_found_by_whatever_is_at_hand() {
    let world = World::new();
    people(&world).await;
    let own = text(&world.look("acc_2").await["number"]);
    let cases = [
        ("Amélie", vec!["cus_1"]),
        ("amelie", vec!["cus_1"]),
        ("AMELIE tet", vec!["cus_1"]),
        ("tetuanui amé", vec!["cus_1"]),
        ("jose nandu", vec!["cus_2"]),
        ("Ελένη", vec!["cus_3"]),
        ("王小明", vec!["cus_4"]),
        ("+689 87 12 34 56", vec!["cus_1"]),
        ("87 12 34", vec!["cus_1"]),
        ("87123456", vec!["cus_1"]),
        ("(087) 99-88.77", vec!["cus_2"]),
        ("998877", vec!["cus_2"]),
        ("998878", vec![]),
        ("ame@example.com", vec!["cus_1"]),
        ("jose.n@telco", vec!["cus_2"]),
        ("telco.example", vec!["cus_2"]),
        ("TAH-0042", vec!["cus_1"]),
        ("TAH-00", vec!["cus_1"]),
        (&own, vec!["cus_2"]),
        (&own[..6], vec!["cus_2"]),
        ("nobody", vec![]),
        ("Amélie nobody", vec![]),
    ];
    for (words, expected) in cases {
        assert_eq!(found(&world, words).await, expected, "{words}");
    }
}

#[tokio::test]
async fn what_was_changed_is_found_as_it_is_now() {
    let mut world = World::new();
    people(&world).await;
    world.put("/v1/customers/cus_1", json!({"name": "Vaiana Tetuanui"})).await.json(200);
    for restarted in [false, true] {
        if restarted {
            world.restart();
        }
        assert!(found(&world, "amelie").await.is_empty());
        assert!(found(&world, "87123456").await.is_empty());
        assert_eq!(found(&world, "vaiana").await, ["cus_1"]);
    }
}

#[tokio::test]
async fn no_words_break_the_search() {
    let world = World::new();
    people(&world).await;
    let words = [
        "\"",
        "'",
        "*",
        "a*",
        "NEAR(a b)",
        "a AND",
        "OR",
        "NOT x",
        "name:x",
        "%",
        "_",
        "\\",
        "(",
        "\0",
        "a\0b",
        "\u{202E}",
        "-",
        "--",
        "; DROP TABLE customers",
        "^a",
        "a^",
        "{",
        "😀",
        "\n",
    ];
    for words in words {
        found(&world, words).await;
    }
    let long = "a".repeat(129);
    world.get(&format!("/v1/customers?q={long}")).await.malformed("q");
}

#[tokio::test]
async fn pages_walk_every_customer_exactly_once() {
    let world = World::new();
    for place in 0..7 {
        world.customer(&format!("Smith {place}")).await;
    }
    for query in ["", "q=smith&"] {
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/v1/customers?{query}limit=3{cursor}");
            let page = world.get(&path).await.json(200);
            let ids = page["customers"].as_array().expect("customers").iter();
            all.extend(ids.map(|it| text(&it["id"])));
            match page.get("next").and_then(Value::as_str) {
                None => break,
                Some(next) => cursor = format!("&after={next}"),
            }
        }
        let expected: Vec<String> = (1..=7).map(|it| format!("cus_{it}")).collect();
        assert_eq!(all, expected);
    }
}
