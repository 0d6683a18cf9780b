//! Lines of the statement that say why they have their amount.

use serde_json::json;

use super::pocket::{amelie, francs, provider, second_account, sell_turbo, set_rate, signed_in};
use crate::api::console::desk::plain;
use crate::api::shop::{DAY, forward, postpaid};
use crate::api::world::{World, text};

/// Calls by the minute, cheaper within the ocean.
async fn sell_calls(world: &World) {
    let calls = json!({
        "title": "Telephony", "currency": "EUR", "mode": "prepaid",
        "usage": {
            "unit": "second", "per": 60, "increment": 60,
            "rates": [
                {"title": "Pacific", "prefixes": ["64"], "price": [{"from": 0, "price": "0.10"}]},
                {"title": "Everywhere", "prefixes": [""], "price": [{"from": 0, "price": "0.30"}]},
            ],
        },
    });
    world.put("/v1/services/calls", calls).await.json(200);
}

#[tokio::test]
async fn a_line_says_what_for_how_much_and_at_which_price_and_rate() {
    let world = provider();
    let client = amelie(&world).await;
    let account = francs(&world, &client).await;
    sell_turbo(&world).await;
    sell_calls(&world).await;
    set_rate(&world, "XPF", "119.33").await;
    let paid = json!({"source": "cash", "reference": "R-7", "amount": "40.00", "currency": "EUR"});
    world.post(&format!("/v1/accounts/{account}/payments"), paid).await.json(201);
    for service in ["internet-100", "calls"] {
        let subject = format!("{service}.reef");
        let body = json!({"account": account, "service": service, "subjects": [subject]});
        world.post("/v1/subscriptions", body).await.json(201);
    }
    let film = json!({"account": account, "service": "film", "item": "The Third Man"});
    world.post("/v1/purchases", film).await.json(201);
    let call = json!({"subject": "calls.reef", "session": "call-1",
        "destination": "6421555777", "quantity": 600});
    let granted = world.post("/v1/authorisations", call).await.json(200);
    let path = format!("/v1/reservations/{}/settle", text(&granted["reservation"]));
    let used = json!({"used": 90, "final": true});
    world.post(&path, used).await.json(200);
    let mut browser = signed_in(&world, &client).await;
    let page = browser.get(&format!("/my/statement?account={account}")).await;
    let shown = plain(&page);
    for said in [
        // The call: a minute and a half is billed as two.
        "Tariff Telephony Quantity 1 min 30 s Billed 2 min",
        "Destination 6421555777 · Pacific Price 2 min × 0.10 EUR / 1 min",
        "Original amount 0.20 EUR Exchange rate 1 EUR = 119.33 XPF (ecb, 10:00)",
        // The film.
        "Tariff Film Period until 4 Nov, 10:00 Price 4.90 EUR Original amount 4.90 EUR",
        // The month.
        "Tariff Internet 100 Period 10:00 – 2 Dec, 10:00 Price 19.90 EUR",
        // The payment.
        "Original amount 40.00 EUR Exchange rate 1 EUR = 119.33 XPF (ecb, 10:00) Reference R-7",
    ] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    assert!(page.text.contains("id=\"chart-"), "the balance is drawn: {}", page.text);
    for staff in ["payments:cash", "revenue:", "Other side", "admin"] {
        assert!(!page.text.contains(staff), "{staff}: {}", page.text);
    }
    let found = browser.get(&format!("/my/statement?account={account}&q=film")).await;
    assert!(!found.text.contains("id=\"chart-"), "{}", found.text);
}

#[tokio::test]
async fn a_fee_after_use_says_which_month_it_is_for() {
    let world = provider();
    let client = amelie(&world).await;
    let account = second_account(&world, &client).await;
    world.put("/v1/services/office", postpaid("10.00")).await.json(200);
    let path = format!("/v1/accounts/{account}/credit-limit");
    world.put(&path, json!({"amount": "50.00", "currency": "EUR"})).await.json(200);
    let body = json!({"account": account, "service": "office", "subjects": ["office.b"]});
    world.post("/v1/subscriptions", body).await.json(201);
    forward(&world, 31 * DAY).await;
    let mut browser = signed_in(&world, &client).await;
    let page = browser.get(&format!("/my/statement?account={account}")).await;
    // The month that has passed, not the one that begins with the charge.
    let said = "balance −10.00 Explain Tariff Internet 100 Period 2 Nov, 10:00 – 2 Dec, 10:00";
    assert!(plain(&page).contains(said), "{}", plain(&page));
}
