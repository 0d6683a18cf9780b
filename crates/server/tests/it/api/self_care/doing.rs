//! What customers do: promise, pay, buy, transfer, pause, be told; and pages that change by
//! themselves.

use serde_json::json;

use super::pocket::{
    alerts_action, amelie, go_on, offer_promises, offer_promises_to_old_customers,
    offer_promises_to_those_who_paid, provider, second_account, sell_turbo, signed_in, teva,
};
use crate::api::console::desk::{plain, value};
use crate::api::console::live::{listen, live_path, next};
use crate::api::world::{World, eur};

#[tokio::test]
async fn home_says_first_whether_it_is_on_and_what_is_missing() {
    let world = provider();
    let client = amelie(&world).await;
    let mut browser = signed_in(&world, &client).await;
    let text = plain(&browser.get("/my").await);
    assert!(text.contains("Home is off"), "{text}");
    assert!(text.contains("Pay 19.90 EUR"), "{text}");
    world.pay(&client.account, "25.00").await;
    let text = plain(&browser.get("/my").await);
    assert!(text.contains("Home is on"), "{text}");
    assert!(text.contains("5.10 EUR to spend"), "{text}");
}

#[tokio::test]
async fn an_open_page_is_told_of_what_is_its_customers_alone() {
    let world = provider();
    let (client, other) = (amelie(&world).await, teva(&world).await);
    let mut browser = signed_in(&world, &client).await;
    let mut theirs = signed_in(&world, &other).await;
    let path = live_path(&browser.get("/my").await.text);
    let mut feed = listen(&world, &browser, &path).await;
    let path = live_path(&theirs.get("/my").await.text);
    let mut other_feed = listen(&world, &theirs, &path).await;
    world.pay(&client.account, "1.00").await;
    assert!(next(&mut feed).await.unwrap().contains("event: changed"));
    world.end_feeds();
    assert_eq!(next(&mut other_feed).await, None, "it was somebody else's");
}

#[tokio::test]
async fn a_promise_is_taken_with_two_forms_and_once() {
    let world = provider();
    let client = amelie(&world).await;
    offer_promises(&world).await;
    let mut browser = signed_in(&world, &client).await;
    let to = browser.get("/my/promise").await.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(to, format!("/my/promise/{}", client.account));
    let before = world.head().await;
    let offer = browser.get(&to).await;
    let text = plain(&offer);
    assert!(text.contains("You get 20.00 EUR now"), "{text}");
    assert!(text.contains("Fee: none"), "{text}");
    assert_eq!(world.head().await, before, "an offer writes nothing");
    let done = go_on(&mut browser, &offer, &to, &[]).await;
    let text = plain(&done);
    assert!(text.contains("You have 20.00 EUR more to spend."), "{text}");
    let head = world.head().await;
    let again = go_on(&mut browser, &offer, &to, &[]).await;
    assert!(plain(&again).contains("You have 20.00 EUR more to spend."), "{}", again.text);
    assert_eq!(world.head().await, head, "two taps are one promise");
    let look = world.look(&client.account).await;
    assert_eq!(look["promised_payments"].as_array().unwrap().len(), 1);
    assert!(plain(&browser.get("/my").await).contains("Home is on"));
    let text = plain(&browser.get(&to).await);
    assert!(text.contains("You already have a promise that is not paid yet."), "{text}");
}

#[tokio::test]
async fn a_no_says_what_is_in_the_way_and_what_helps() {
    let world = provider();
    let client = amelie(&world).await;
    offer_promises_to_old_customers(&world).await;
    let mut browser = signed_in(&world, &client).await;
    let path = format!("/my/promise/{}", client.account);
    let page = browser.get(&path).await;
    let text = plain(&page);
    assert!(text.contains("It will work from"), "{text}");
    assert!(text.contains("it takes 30 days"), "{text}");
    assert!(text.contains("Pay 19.90 EUR"), "{text}");
    let before = world.head().await;
    let home = browser.get("/my").await;
    let refused = go_on(&mut browser, &home, &path, &[]).await;
    assert!(plain(&refused).contains("it takes 30 days"), "{}", refused.text);
    assert_eq!(world.head().await, before);
}

#[tokio::test]
async fn what_clears_the_way_is_offered_beside_what_is_enough_for_the_services() {
    let world = provider();
    let client = amelie(&world).await;
    offer_promises_to_those_who_paid(&world, "25.00").await;
    let mut browser = signed_in(&world, &client).await;
    let page = browser.get(&format!("/my/promise/{}", client.account)).await;
    let text = plain(&page);
    assert!(text.contains("A payment of 25.00 EUR clears it."), "{text}");
    assert!(text.contains("Pay 19.90 EUR Enough for your services."), "{text}");
    let cleared = "Pay 25.00 EUR Clears what is in the way of a promise.";
    assert!(text.contains(cleared), "{text}");
    let href = format!("/my/pay?account={}&amount=25.00&amount_currency=EUR", client.account);
    assert!(page.text.replace("&#38;", "&").contains(&href), "{}", page.text);
    assert!(browser.get(&href).await.text.contains("value=\"25.00\""));
    world.pay(&client.account, "19.90").await;
    let text = plain(&browser.get(&format!("/my/promise/{}", client.account)).await);
    assert!(text.contains("A payment of 5.10 EUR clears it."), "{text}");
    // A sum in a currency that cannot be paid in is no sum in another one.
    let other = href.replace("=EUR", "=KWD");
    assert!(!browser.get(&other).await.text.contains("value=\"25.00\""));
}

#[tokio::test]
async fn a_payment_is_reviewed_confirmed_and_made_once() {
    let world = provider();
    let client = amelie(&world).await;
    let mut browser = signed_in(&world, &client).await;
    let form = browser.get("/my/pay").await;
    assert_eq!(value(&form, "account"), Some(client.account.as_str()));
    assert!(form.text.contains("value=\"19.90\""), "{}", form.text);
    let before = world.head().await;
    let typed = [("step", "review"), ("amount", "19.90"), ("amount_currency", "EUR")];
    let review = go_on(&mut browser, &form, "/my/pay", &typed).await;
    assert!(plain(&review).contains("You pay 19.90 EUR"), "{}", review.text);
    let demo = go_on(&mut browser, &review, "/my/pay", &[("step", "do")]).await;
    assert!(plain(&demo).contains("No real money moves."), "{}", demo.text);
    let no = go_on(&mut browser, &demo, "/my/pay", &[("answer", "refuse")]).await;
    assert!(plain(&no).contains("Nothing was taken."), "{}", no.text);
    assert_eq!(world.head().await, before);
    for _ in 0..2 {
        let done = go_on(&mut browser, &demo, "/my/pay", &[("answer", "pay")]).await;
        assert!(plain(&done).contains("19.90 EUR has arrived"), "{}", done.text);
    }
    let look = world.look(&client.account).await;
    assert_eq!(look["paid"], eur("19.90"));
    let entries = world.entries_after(before).await;
    let payment = entries.iter().find(|it| it.fact.is_real_payment()).expect("a payment");
    assert_eq!(payment.origin.channel.as_str(), "self-care");
    assert_eq!(payment.origin.actor.as_str(), "customer");
    let wrong = [("step", "review"), ("amount", "much")];
    let page = go_on(&mut browser, &form, "/my/pay", &wrong).await;
    assert!(plain(&page).contains("This is not an amount"), "{}", page.text);
}

#[tokio::test]
async fn where_money_is_real_the_demonstrations_page_takes_none() {
    let world = World::new();
    let client = amelie(&world).await;
    let mut browser = signed_in(&world, &client).await;
    let form = browser.get("/my/pay").await;
    assert!(plain(&form).contains("Payments cannot be made on this page yet."), "{}", form.text);
    let before = world.head().await;
    let fields = [("account", client.account.as_str()), ("amount", "5.00"), ("answer", "pay")];
    let home = browser.get("/my").await;
    let page = go_on(&mut browser, &home, "/my/pay", &fields).await;
    assert!(plain(&page).contains("Payments cannot be made on this page yet."), "{}", page.text);
    assert_eq!(world.head().await, before);
}

#[tokio::test]
async fn a_turbo_button_is_bought_or_says_what_is_missing() {
    let world = provider();
    let client = amelie(&world).await;
    sell_turbo(&world).await;
    world.pay(&client.account, "21.00").await;
    let mut browser = signed_in(&world, &client).await;
    assert!(plain(&browser.get("/my/turbo").await).contains("Turbo 500"));
    let short = plain(&browser.get("/my/turbo/turbo-500").await);
    assert!(short.contains("0.90 EUR is missing"), "{short}");
    world.pay(&client.account, "5.00").await;
    let review = browser.get("/my/turbo/turbo-500").await;
    let before = world.look(&client.account).await["balance"].clone();
    assert_eq!(before, eur("6.10"));
    for _ in 0..2 {
        let done = go_on(&mut browser, &review, "/my/turbo/turbo-500", &[("step", "do")]).await;
        assert!(plain(&done).contains("It is on"), "{}", done.text);
    }
    assert_eq!(world.look(&client.account).await["balance"], eur("4.10"));
    assert!(plain(&browser.get("/my/films").await).contains("Film"));
}

#[tokio::test]
async fn money_moves_between_own_accounts() {
    let world = provider();
    let client = amelie(&world).await;
    let boat = second_account(&world, &client).await;
    world.pay(&client.account, "30.00").await;
    let mut browser = signed_in(&world, &client).await;
    let form = browser.get("/my/transfer").await;
    let typed = [("from", client.account.as_str()), ("to", boat.as_str()), ("amount", "4.00")];
    let same = [typed[0], ("to", client.account.as_str()), typed[2], ("step", "review")];
    let page = go_on(&mut browser, &form, "/my/transfer", &same).await;
    assert!(plain(&page).contains("Choose another account"), "{}", page.text);
    let typed = [typed[0], typed[1], typed[2], ("step", "review")];
    let review = go_on(&mut browser, &form, "/my/transfer", &typed).await;
    assert!(plain(&review).contains("Nothing has happened yet."), "{}", review.text);
    for _ in 0..2 {
        let done = go_on(&mut browser, &review, "/my/transfer", &[("step", "do")]).await;
        assert!(plain(&done).contains("The money has moved"), "{}", done.text);
    }
    assert_eq!(world.look(&boat).await["balance"], eur("4.00"));
}

#[tokio::test]
async fn a_service_is_paused_and_resumed_and_not_what_staff_have_paused() {
    let world = provider();
    let client = amelie(&world).await;
    world.pay(&client.account, "30.00").await;
    let mut browser = signed_in(&world, &client).await;
    let form = browser.get("/my/holidays").await;
    let typed = [("service", client.subscription.as_str()), ("step", "review")];
    let review = go_on(&mut browser, &form, "/my/holidays", &typed).await;
    let done = go_on(&mut browser, &review, "/my/holidays", &[("step", "do")]).await;
    assert!(plain(&done).contains("It is paused"), "{}", done.text);
    assert!(plain(&browser.get("/my").await).contains("Home is paused"));
    let path = format!("/my/holidays/{}/resume", client.subscription);
    let review = browser.get(&path).await;
    let done = go_on(&mut browser, &review, &path, &[("step", "do")]).await;
    assert!(plain(&done).contains("It runs again"), "{}", done.text);
    let suspend = format!("/v1/subscriptions/{}/suspend", client.subscription);
    world.post(&suspend, json!({"by": "staff"})).await;
    let before = world.head().await;
    let home = browser.get("/my").await;
    let no = go_on(&mut browser, &home, &path, &[("step", "do")]).await;
    assert!(plain(&no).contains("Nothing was done."), "{}", no.text);
    assert_eq!(world.head().await, before);
}

#[tokio::test]
async fn a_statement_is_searched_and_taken_along() {
    let world = provider();
    let client = amelie(&world).await;
    world.pay(&client.account, "30.00").await;
    let mut browser = signed_in(&world, &client).await;
    let text = plain(&browser.get("/my/statement").await);
    assert!(text.contains("Internet 100") && text.contains("30.00"), "{text}");
    let text = plain(&browser.get("/my/statement?q=internet").await);
    assert!(text.contains("Internet 100") && !text.contains("30.00"), "{text}");
    let text = plain(&browser.get("/my/statement?q=nothing+of+this").await);
    assert!(!text.contains("Internet 100"), "{text}");
    // What is over is found by what it was called.
    for (what, body) in [("suspend", json!({"by": "staff"})), ("close", json!({}))] {
        let path = format!("/v1/subscriptions/{}/{what}", client.subscription);
        world.post(&path, body).await.json(200);
    }
    let text = plain(&browser.get("/my/statement?q=internet").await);
    for found in ["Service suspended · Internet 100", "Service ended · Internet 100"] {
        assert!(text.contains(found), "{found}: {text}");
    }
    let path = format!("/my/statement/{}/export?format=csv", client.account);
    let file = browser.get(&path).await;
    assert!(file.headers["content-type"].to_str().unwrap().starts_with("text/csv"));
    assert!(file.text.contains("30.00"), "{}", file.text);
}

#[tokio::test]
async fn a_customer_says_at_which_balance_to_be_told() {
    let world = provider();
    let client = amelie(&world).await;
    world.pay(&client.account, "30.00").await;
    let mut browser = signed_in(&world, &client).await;
    let path = format!("/my/alerts/{}", client.account);
    let form = browser.get("/my/alerts").await;
    let wrong = go_on(&mut browser, &form, &path, &[("balance_below", "some")]).await;
    assert!(plain(&wrong).contains("This is not an amount"), "{}", wrong.text);
    let set = go_on(&mut browser, &form, &path, &[("balance_below", "5.50")]).await;
    assert_eq!(set.status, 303, "{}", set.text);
    assert!(browser.get("/my/alerts").await.text.contains("value=\"5.50\""));
    let form = browser.get("/my/alerts").await;
    let path = alerts_action(&form);
    let none = go_on(&mut browser, &form, &path, &[("balance_below", "")]).await;
    assert_eq!(none.status, 303);
    assert!(!browser.get("/my/alerts").await.text.contains("value=\"5.50\""));
}
