//! Forms that are refused and sent again, sent twice, or sent when things have changed.

use serde_json::{Value, json};

use super::pocket::{
    alerts_action, amelie, go_on, hidden, offer_promises_between, provider, second_account,
    sell_turbo, signed_in, teva,
};
use crate::api::console::desk::{Client, plain, value};
use crate::api::world::{World, eur, text};

const REFUSED: &str = "This is not possible now. Nothing was done.";

async fn spend(world: &World, account: &str, amount: &str) {
    let body = json!({"amount": amount, "currency": "EUR"});
    world.post(&format!("/v1/accounts/{account}/charges"), body).await.json(201);
}

async fn balance(world: &World, account: &str) -> Value {
    world.look(account).await["balance"].clone()
}

#[tokio::test]
async fn a_promise_whose_amount_fails_is_granted_with_one_that_is_fine() {
    let world = provider();
    let client = amelie(&world).await;
    offer_promises_between(&world, "5.00", "25.00").await;
    let mut browser = signed_in(&world, &client).await;
    let path = format!("/my/promise/{}", client.account);
    let offer = browser.get(&path).await;
    let before = world.head().await;
    go_on(&mut browser, &offer, &path, &[("amount", "500.00")]).await;
    let refused = go_on(&mut browser, &offer, &path, &[("amount", "20.00")]).await;
    assert!(plain(&refused).contains(REFUSED), "{}", refused.text);
    assert_eq!(world.head().await, before);
    let done = go_on(&mut browser, &refused, &path, &[]).await;
    assert!(plain(&done).contains("You have 20.00 EUR more to spend."), "{}", done.text);
}

#[tokio::test]
async fn a_transfer_that_was_refused_is_done_when_the_money_is_there() {
    let world = provider();
    let client = amelie(&world).await;
    let boat = second_account(&world, &client).await;
    world.pay(&boat, "10.00").await;
    let mut browser = signed_in(&world, &client).await;
    let form = browser.get("/my/transfer").await;
    let typed = [
        ("from", boat.as_str()),
        ("to", client.account.as_str()),
        ("amount", "4.00"),
        ("step", "review"),
    ];
    let review = go_on(&mut browser, &form, "/my/transfer", &typed).await;
    spend(&world, &boat, "9.00").await;
    let refused = go_on(&mut browser, &review, "/my/transfer", &[("step", "do")]).await;
    assert!(plain(&refused).contains(REFUSED), "{}", refused.text);
    let twice = go_on(&mut browser, &review, "/my/transfer", &[("step", "do")]).await;
    assert!(plain(&twice).contains(REFUSED), "{}", twice.text);
    world.pay(&boat, "10.00").await;
    let review = go_on(&mut browser, &refused, "/my/transfer", &typed).await;
    for _ in 0..2 {
        let done = go_on(&mut browser, &review, "/my/transfer", &[("step", "do")]).await;
        assert!(plain(&done).contains("The money has moved"), "{}", done.text);
        let links = done.text.matches("href=\"/my/statement\"").count();
        assert_eq!(links, 2, "the bar's and the page's own: {}", done.text);
    }
    assert_eq!(balance(&world, &boat).await, eur("7.00"));
}

#[tokio::test]
async fn a_film_that_was_refused_is_bought_when_the_money_is_there() {
    let world = provider();
    let client = amelie(&world).await;
    sell_turbo(&world).await;
    let boat = second_account(&world, &client).await;
    world.pay(&boat, "6.00").await;
    let mut browser = signed_in(&world, &client).await;
    let review = browser.get("/my/films/film").await;
    assert!(plain(&review).contains("will be switched on at once"), "{}", review.text);
    spend(&world, &boat, "5.00").await;
    let refused = go_on(&mut browser, &review, "/my/films/film", &[("step", "do")]).await;
    assert!(plain(&refused).contains(REFUSED), "{}", refused.text);
    world.pay(&boat, "5.00").await;
    let review = go_on(&mut browser, &refused, "/my/films/film", &[("step", "review")]).await;
    let done = go_on(&mut browser, &review, "/my/films/film", &[("step", "do")]).await;
    assert!(!plain(&done).contains(REFUSED), "{}", done.text);
    assert_eq!(balance(&world, &boat).await, eur("1.10"));
}

#[tokio::test]
async fn the_account_that_was_shown_pays_and_no_other() {
    let world = provider();
    let (client, other) = (amelie(&world).await, teva(&world).await);
    sell_turbo(&world).await;
    let boat = second_account(&world, &client).await;
    world.pay(&boat, "10.00").await;
    let mut browser = signed_in(&world, &client).await;
    let review = browser.get("/my/films/film").await;
    assert!(plain(&review).contains("Boat"), "{}", review.text);
    world.pay(&client.account, "90.00").await;
    let richer = balance(&world, &client.account).await;
    let strange = [("step", "do"), ("account", other.account.as_str())];
    let page = go_on(&mut browser, &review, "/my/films/film", &strange).await;
    assert_eq!(page.status, 404, "{}", page.text);
    go_on(&mut browser, &review, "/my/films/film", &[("step", "do")]).await;
    assert_eq!(balance(&world, &boat).await, eur("5.10"));
    assert_eq!(balance(&world, &client.account).await, richer);
    // What was shown, and is closed since, is looked for in vain.
    let review = browser.get("/my/films/film").await;
    let shown = [("step", "do"), ("account", boat.as_str())];
    spend(&world, &boat, "5.10").await;
    // Until the film is over, the account pays for it.
    world.advance(2 * 86_400);
    world.post(&format!("/v1/accounts/{boat}/close"), json!({})).await.json(200);
    let before = world.head().await;
    let page = go_on(&mut browser, &review, "/my/films/film", &shown).await;
    assert_eq!(page.status, 404, "{}", page.text);
    assert_eq!(world.head().await, before);
}

/// The internet again, on another account.
async fn subscribe(world: &World, account: &str, subject: &str) -> String {
    let body = json!({"account": account, "service": "internet-100", "subjects": [subject]});
    text(&world.post("/v1/subscriptions", body).await.json(201)["subscription"])
}

#[tokio::test]
async fn a_turbo_button_modifies_what_was_shown_and_no_other() {
    let world = provider();
    let (client, other) = (amelie(&world).await, teva(&world).await);
    sell_turbo(&world).await;
    let boat = second_account(&world, &client).await;
    let at_sea = subscribe(&world, &boat, "boat.t").await;
    world.pay(&boat, "30.00").await;
    let mut browser = signed_in(&world, &client).await;
    let path = "/my/turbo/turbo-500";
    let review = browser.get(path).await;
    assert_eq!(value(&review, "account"), Some(boat.as_str()));
    assert_eq!(value(&review, "base"), Some(at_sea.as_str()));
    // Now the other would be picked: it comes first, and is on as well.
    world.pay(&client.account, "30.00").await;
    for (name, stranger) in
        [("base", &client.subscription), ("base", &other.subscription), ("account", &other.account)]
    {
        let fields = [("step", "do"), (name, stranger.as_str())];
        let page = go_on(&mut browser, &review, path, &fields).await;
        assert_eq!(page.status, 404, "{name} {stranger}: {}", page.text);
    }
    let before = balance(&world, &client.account).await;
    go_on(&mut browser, &review, path, &[("step", "do")]).await;
    assert_eq!(balance(&world, &boat).await, eur("8.10"));
    assert_eq!(balance(&world, &client.account).await, before);
}

#[tokio::test]
async fn an_account_in_the_price_s_currency_pays_before_one_that_has_more_of_another() {
    let world = provider();
    let client = amelie(&world).await;
    sell_turbo(&world).await;
    let path = format!("/v1/customers/{}/accounts", client.customer);
    let opened = world.post(&path, json!({"currency": "XPF"})).await.json(201);
    let (francs, body) = (
        text(&opened["id"]),
        json!({
            "source": "cash", "reference": "R1", "amount": "90000", "currency": "XPF",
        }),
    );
    world.post(&format!("/v1/accounts/{francs}/payments"), body).await.json(201);
    world.pay(&client.account, "25.00").await;
    let mut browser = signed_in(&world, &client).await;
    let review = browser.get("/my/films/film").await;
    assert_eq!(value(&review, "account"), Some(client.account.as_str()), "{}", review.text);
}

#[tokio::test]
async fn a_price_that_is_finer_than_money_is_shown_as_it_is() {
    let world = provider();
    let client = amelie(&world).await;
    for (name, price) in [("drop", "0.0000001"), ("sip", "0.125"), ("glass", "3")] {
        let drop = json!({
            "title": name, "currency": "EUR", "mode": "prepaid",
            "one_time": {"price": price, "duration_seconds": 7200},
        });
        world.put(&format!("/v1/services/{name}"), drop).await.json(200);
    }
    let mut browser = signed_in(&world, &client).await;
    let text = plain(&browser.get("/my/films").await);
    for shown in ["drop 0.0000001 EUR", "sip 0.125 EUR", "glass 3.00 EUR"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
}

async fn thresholds(world: &World, account: &str) -> Value {
    world.look(account).await["alerts"]["balance_below"].clone()
}

async fn set_thresholds(world: &World, account: &str, below: &[&str]) {
    let body = json!({"balance_below": below, "currency": "EUR"});
    world.put(&format!("/v1/accounts/{account}/alerts"), body).await.json(200);
}

#[tokio::test]
async fn a_threshold_takes_the_place_of_the_one_that_was_shown_and_of_no_other() {
    let world = provider();
    let client = amelie(&world).await;
    set_thresholds(&world, &client.account, &["20.00", "5.00"]).await;
    let mut browser = signed_in(&world, &client).await;
    let form = browser.get("/my/alerts").await;
    for _ in 0..2 {
        go_on(&mut browser, &form, &alerts_action(&form), &[("balance_below", "3.00")]).await;
        let expected = json!([eur("3.00"), eur("5.00")]);
        assert_eq!(thresholds(&world, &client.account).await, expected);
    }
    let form = browser.get("/my/alerts").await;
    for _ in 0..2 {
        go_on(&mut browser, &form, &alerts_action(&form), &[("balance_below", "")]).await;
        assert_eq!(thresholds(&world, &client.account).await, json!([eur("3.00")]));
    }
    // Shown again for what is no amount, it is still about the same one.
    let form = browser.get("/my/alerts").await;
    set_thresholds(&world, &client.account, &["3.00", "50.00"]).await;
    let wrong =
        go_on(&mut browser, &form, &alerts_action(&form), &[("balance_below", "some")]).await;
    assert!(plain(&wrong).contains("This is not an amount"), "{}", wrong.text);
    go_on(&mut browser, &wrong, &alerts_action(&wrong), &[("balance_below", "4.00")]).await;
    let expected = json!([eur("4.00"), eur("50.00")]);
    assert_eq!(thresholds(&world, &client.account).await, expected);
}

#[tokio::test]
async fn a_threshold_that_is_refused_is_said_to_be_so_on_its_page() {
    let world = provider();
    let client = amelie(&world).await;
    let boat = second_account(&world, &client).await;
    let mut browser = signed_in(&world, &client).await;
    let form = browser.get("/my/alerts").await;
    let many = ["1.00", "2.00", "3.00", "4.00", "5.00", "6.00", "7.00", "8.00"];
    set_thresholds(&world, &client.account, &many).await;
    let page =
        go_on(&mut browser, &form, &alerts_action(&form), &[("balance_below", "9.00")]).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(plain(&page).contains(REFUSED), "{}", page.text);
    assert!(page.text.contains("value=\"9.00\""), "{}", page.text);
    assert_eq!(thresholds(&world, &client.account).await.as_array().unwrap().len(), 8);
    world.post(&format!("/v1/accounts/{boat}/close"), json!({})).await.json(200);
    let path = format!("/my/alerts/{boat}?was=");
    let page = go_on(&mut browser, &form, &path, &[("balance_below", "9.00")]).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(plain(&page).contains(REFUSED), "{}", page.text);
}

#[tokio::test]
async fn a_statement_goes_through_its_last_day() {
    let world = provider();
    let client = amelie(&world).await;
    world.pay(&client.account, "30.00").await;
    let day = world.moment(0)[..10].to_owned();
    world.advance(86_400);
    world.pay(&client.account, "44.00").await;
    world.advance(86_400);
    let mut browser = signed_in(&world, &client).await;
    let page = browser.get(&format!("/my/statement?from={day}&to={day}")).await;
    let has_day = |text: &str| text.contains("30.00") && !text.contains("44.00");
    assert!(page.text.contains(&format!("value=\"{day}\"")), "{}", page.text);
    let entries = page.text.split("id=\"entries\"").nth(1).expect("a list");
    assert!(has_day(&entries.replace("<span class=\"fraction f3\">", "")), "{entries}");
    let link = page.text.split("href=\"").find(|it| it.contains("format=csv")).expect("a link");
    let link = link.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    let file = browser.get(&link).await;
    assert!(has_day(&file.text), "{link}: {}", file.text);
}

async fn two_services(world: &World) -> (Client, String) {
    let client = amelie(world).await;
    let boat = second_account(world, &client).await;
    let at_sea = subscribe(world, &boat, "boat.t").await;
    (client, at_sea)
}

#[tokio::test]
async fn everything_is_paused_once_and_said_to_be_so_twice() {
    let world = provider();
    let (client, _) = two_services(&world).await;
    let mut browser = signed_in(&world, &client).await;
    let form = browser.get("/my/holidays").await;
    let typed = [("service", "all"), ("step", "review")];
    let review = go_on(&mut browser, &form, "/my/holidays", &typed).await;
    let lines = plain(&review).matches("Internet 100").count();
    assert_eq!(lines, 2, "{}", review.text);
    for _ in 0..2 {
        let done = go_on(&mut browser, &review, "/my/holidays", &[("step", "do")]).await;
        assert!(plain(&done).contains("It is paused"), "{}", done.text);
    }
}

#[tokio::test]
async fn what_was_paused_is_said_beside_what_was_refused() {
    let world = provider();
    let (client, at_sea) = two_services(&world).await;
    let mut browser = signed_in(&world, &client).await;
    let form = browser.get("/my/holidays").await;
    let typed = [("service", at_sea.as_str()), ("step", "review")];
    let review = go_on(&mut browser, &form, "/my/holidays", &typed).await;
    go_on(&mut browser, &review, "/my/holidays", &[("step", "do")]).await;
    let resume = format!("/v1/subscriptions/{at_sea}/resume");
    world.post(&resume, json!({"by": "customer"})).await.json(200);
    // Under this key the second of them was asked for already, in another way.
    let all = [("service", "all"), ("step", "do")];
    let page = plain(&go_on(&mut browser, &review, "/my/holidays", &all).await);
    assert!(page.contains("It is paused"), "{page}");
    assert!(page.contains(&format!("Internet 100 · boat.t: {REFUSED}")), "{page}");
    // A new form pauses what is left.
    let form = browser.get("/my/holidays").await;
    assert!(hidden(&form).iter().all(|it| it.0 != "key"), "{}", form.text);
    let left = go_on(&mut browser, &form, "/my/holidays", &typed).await;
    let done = go_on(&mut browser, &left, "/my/holidays", &[("step", "do")]).await;
    assert!(plain(&done).contains("It is paused"), "{}", done.text);
    let text = plain(&browser.get("/my").await);
    assert!(text.contains("Home is paused") && text.contains("Boat is paused"), "{text}");
}
