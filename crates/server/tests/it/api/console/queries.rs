//! How often a page asks the database, by what the store writes into the log of it.

use serde_json::json;

use super::desk::{Client, client, plain, provider, signed_in};
use crate::api::access::secrets::logged;
use crate::api::world::{World, text};

/// Statements that were asked for each of the pages, in their order.
type Asked = Vec<(String, Vec<String>)>;

/// Gives the client two accounts more, each with a service, sessions that were forgotten and one
/// that runs, and transfers among them and to a stranger.
async fn furnish(world: &World, client: &Client) {
    let path = format!("/v1/customers/{}/accounts", client.customer);
    let mut accounts = vec![client.account.clone()];
    for name in ["Shop", "Boat"] {
        let opened = world.post(&path, json!({"currency": "EUR", "name": name})).await.json(201);
        let account = text(&opened["id"]);
        let subject = format!("{name}.t");
        let body = json!({"account": account, "service": "internet-100", "subjects": [subject]});
        world.post("/v1/subscriptions", body).await.json(201);
        accounts.push(account);
    }
    let stranger = world.account("EUR").await;
    for account in &accounts {
        world.pay(account, "200.00").await;
        for number in 0..30 {
            let session = format!("call-{number}");
            let ask = json!({"account": account, "session": session, "service": "telephony",
                "amount": "0.20", "currency": "EUR", "expires_in": 60});
            world.post("/v1/authorisations", ask).await.json(200);
        }
        let body = json!({"from": account, "to": stranger, "amount": "1.00", "currency": "EUR"});
        world.post("/v1/transfers", body).await.json(201);
        let body = json!({"from": account, "to": accounts[0], "amount": "2.00", "currency": "EUR"});
        if *account != accounts[0] {
            world.post("/v1/transfers", body).await.json(201);
        }
    }
    // Long enough for every session to have expired and been forgotten.
    world.advance(2 * 86_400);
    let ask = json!({"account": accounts[1], "session": "call-now", "service": "telephony",
        "amount": "2.00", "currency": "EUR", "expires_in": 3600});
    world.post("/v1/authorisations", ask).await.json(200);
    world.pay(&accounts[1], "3.00").await;
}

/// What is looked for in the pages, and how often the database was asked for each.
async fn look() -> Vec<(String, String)> {
    let world = provider();
    let client = client(&world).await;
    furnish(&world, &client).await;
    let mut browser = signed_in(&world, "ann").await;
    let path = format!("/console/customers/{}", client.customer);
    let mut paths = vec![path.clone()];
    paths.extend(["all", "money", "services", "staff"].map(|it| format!("{path}?show={it}")));
    paths.push(format!("{path}?before=60"));
    let mut seen = Vec::new();
    for path in paths {
        tracing::info!("the page {path} begins");
        let page = browser.get(&path).await;
        tracing::info!("the page ends");
        assert_eq!(page.status, 200, "{}", page.text);
        seen.push((path, plain(&page)));
    }
    seen
}

fn asked(log: &str) -> Asked {
    let pages = log.split("the page /").skip(1).map(|it| it.split("the page ends").next().unwrap());
    let page = |it: &str| {
        let path = it.split(' ').next().unwrap().to_owned();
        let asked = it.lines().filter(|it| it.contains("store::asked"));
        (format!("/{path}"), asked.map(str::to_owned).collect())
    };
    pages.map(page).collect()
}

#[test]
fn the_customers_page_asks_three_times_whatever_there_is_on_it() {
    let (seen, log) = logged(look());
    let asked = asked(&String::from_utf8_lossy(&log));
    assert_eq!(asked.len(), seen.len());
    for ((path, statements), (looked_at, _)) in asked.iter().zip(&seen) {
        assert_eq!(path, looked_at);
        assert_eq!(statements.len(), 3, "{path}: {statements:#?}");
    }
    let (all, money) = (&seen[0].1, &seen[2].1);
    let runs = "since 10:00, 0.00 EUR 2.00 EUR";
    for said in ["Home", "Shop", "Boat", runs, "Reservation expired · telephony"] {
        assert!(all.contains(said), "{said}: {all}");
    }
    assert!(money.contains("Transfer to account 1"), "{money}");
}
