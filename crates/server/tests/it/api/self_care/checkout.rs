//! Paying on a page of Stripe's.

use serde_json::{Value, json};

use super::pocket::{amelie, go_on, signed_in, teva};
use super::stripe::{Instead, KEY, Session, Stripe};
use crate::api::access::browser::{Browser, Page};
use crate::api::access::secrets::{finds, logged};
use crate::api::console::desk::{Client, plain, submit, value};
use crate::api::stripe::{checkout, event, send};
use crate::api::world::{World, eur, text};

const NO_PAGE: &str = "The page to pay on did not open. Nothing was taken";

async fn provider() -> (World, Stripe, Client) {
    let stripe = Stripe::start().await;
    let world = World::with(|config| stripe.set_up(config));
    let client = amelie(&world).await;
    (world, stripe, client)
}

/// The second step of paying so much.
async fn review(browser: &mut Browser, amount: &str, currency: &str) -> Page {
    let form = browser.get("/my/pay").await;
    let typed = [("step", "review"), ("amount", amount), ("amount_currency", currency)];
    go_on(browser, &form, "/my/pay", &typed).await
}

async fn pay(browser: &mut Browser, review: &Page) -> Page {
    go_on(browser, review, "/my/pay", &[("step", "do")]).await
}

/// Where Stripe sends the browser to.
fn back<'a>(session: &'a Session, name: &str) -> &'a str {
    let url = session.fields[name].strip_prefix("https://my.lagoon.example");
    url.expect("an address of ours")
}

/// What Stripe says once a session is paid: of the session, and of its intent.
fn paid(session: &Session, intent: &str) -> [Value; 2] {
    let field = |name: &str| session.fields[name].clone();
    let amount = field("line_items[0][price_data][unit_amount]").parse().expect("a number");
    let mut of_session = checkout(intent, amount, &field("client_reference_id"));
    let object = &mut of_session["data"]["object"];
    object["currency"] = json!(field("line_items[0][price_data][currency]"));
    let metadata = |of: &str| {
        json!({"account": field(&format!("{of}[account]")),
            "checkout": field(&format!("{of}[checkout]"))})
    };
    object["metadata"] = metadata("metadata");
    let of_intent = json!({"id": intent, "amount_received": amount,
        "currency": field("line_items[0][price_data][currency]"),
        "metadata": metadata("payment_intent_data[metadata]")});
    [of_session, event("payment_intent.succeeded", of_intent)]
}

#[tokio::test]
async fn one_is_led_to_stripes_page_and_the_money_comes_by_its_word_once() {
    let (world, stripe, client) = provider().await;
    let mut browser = signed_in(&world, &client).await;
    let form = browser.get("/my/pay").await;
    assert!(form.text.contains("value=\"19.90\""), "{}", form.text);
    let review = review(&mut browser, "25.00", "EUR").await;
    assert!(plain(&review).contains("You pay 25.00 EUR"), "{}", review.text);
    let policy = review.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action 'self' https://checkout.stripe.com;"), "{policy}");
    assert_eq!(stripe.asked(), 0);
    let before = world.head().await;
    let gone = pay(&mut browser, &review).await;
    let made = stripe.made();
    let [session] = &made[..] else { panic!("{made:?}") };
    assert_eq!(gone.status, 303, "{}", gone.text);
    assert_eq!(gone.headers["location"], session.url);
    let title = format!("Lagoon Telecom · Home · {}", spaced(&client.number));
    for (name, is) in [
        ("mode", "payment"),
        ("client_reference_id", client.number.as_str()),
        ("metadata[account]", &client.account),
        ("payment_intent_data[metadata][account]", &client.account),
        ("line_items[0][quantity]", "1"),
        ("line_items[0][price_data][currency]", "eur"),
        ("line_items[0][price_data][unit_amount]", "2500"),
        ("line_items[0][price_data][product_data][name]", &title),
        ("adaptive_pricing[enabled]", "false"),
        ("locale", "en"),
    ] {
        assert_eq!(session.fields[name], is, "{name}");
    }
    let waiting = browser.get(back(session, "success_url")).await;
    assert!(plain(&waiting).contains("Your payment is on its way 25.00 EUR"), "{}", waiting.text);
    assert!(waiting.text.contains("data-live=\"/my/live?after="), "{}", waiting.text);
    assert_eq!(world.head().await, before, "coming back proves nothing");
    for (event, outcome) in paid(session, "pi_1").iter().zip(["credited", "known"]) {
        assert_eq!(send(&world, event).await.json(200)["outcome"], outcome);
    }
    let came = browser.get(back(session, "success_url")).await;
    assert!(plain(&came).contains("25.00 EUR has arrived"), "{}", came.text);
    assert!(plain(&came).contains("Internet 100"), "what it brought on: {}", came.text);
    assert_eq!(world.look(&client.account).await["paid"], eur("25.00"));
    assert_eq!(world.look(&client.account).await["balance"], eur("5.10"));
}

fn spaced(number: &str) -> String {
    let digits: Vec<char> = number.chars().collect();
    digits.chunks(4).map(|it| it.iter().collect()).collect::<Vec<String>>().join("\u{A0}")
}

#[tokio::test]
async fn a_payment_that_takes_days_is_booked_when_it_has_succeeded() {
    let (world, stripe, client) = provider().await;
    let mut browser = signed_in(&world, &client).await;
    let review = review(&mut browser, "25.00", "EUR").await;
    pay(&mut browser, &review).await;
    let session = &stripe.made()[0];
    let [mut of_session, _] = paid(session, "pi_1");
    of_session["data"]["object"]["payment_status"] = json!("unpaid");
    assert_eq!(send(&world, &of_session).await.json(200)["outcome"], "ignored");
    let page = browser.get(back(session, "success_url")).await;
    assert!(plain(&page).contains("Your payment is on its way"), "{}", page.text);
    of_session["type"] = json!("checkout.session.async_payment_succeeded");
    of_session["data"]["object"]["payment_status"] = json!("paid");
    for outcome in ["credited", "known"] {
        assert_eq!(send(&world, &of_session).await.json(200)["outcome"], outcome);
    }
    let page = browser.get(back(session, "success_url")).await;
    assert!(plain(&page).contains("25.00 EUR has arrived"), "{}", page.text);
}

#[tokio::test]
async fn sending_a_form_twice_makes_one_page_and_another_sum_another() {
    let (world, stripe, client) = provider().await;
    let mut browser = signed_in(&world, &client).await;
    let first = review(&mut browser, "25.00", "EUR").await;
    let pages = [pay(&mut browser, &first).await, pay(&mut browser, &first).await];
    let [one, two] = pages.map(|it| it.headers["location"].clone());
    assert_eq!((one, stripe.made().len(), stripe.asked()), (two, 1, 2));
    // Back to the form and on again: the key goes along, and the sum is another.
    let typed = [("step", "review"), ("amount", "30.00")];
    let second = go_on(&mut browser, &first, "/my/pay", &typed).await;
    assert_eq!(value(&second, "key"), value(&first, "key"));
    assert_eq!(pay(&mut browser, &second).await.status, 303);
    assert_eq!(stripe.made().len(), 2);
}

#[tokio::test]
async fn a_form_that_is_sent_again_in_another_hour_or_language_leads_to_a_page() {
    let (world, stripe, client) = provider().await;
    let mut browser = signed_in(&world, &client).await;
    let review = review(&mut browser, "25.00", "EUR").await;
    pay(&mut browser, &review).await;
    world.advance(3_600);
    let later = pay(&mut browser, &review).await;
    let to = "/my/settings/language";
    let chosen = submit(&mut browser, "/my/settings", to, &[("language", "es")]).await;
    assert_eq!(chosen.status, 303, "{}", chosen.text);
    let spanish = pay(&mut browser, &review).await;
    let made = stripe.made();
    let led: Vec<_> = [&later, &spanish].iter().map(|it| &it.headers["location"]).collect();
    assert_eq!(led, [&made[1].url, &made[2].url], "{}", later.text);
    let checkouts = made.iter().map(|it| &it.fields["metadata[checkout]"]);
    let checkouts: std::collections::BTreeSet<_> = checkouts.collect();
    assert_eq!(checkouts.len(), 1, "all of them are of the same form");
}

#[tokio::test]
async fn a_form_that_is_paid_again_later_is_two_payments() {
    let (world, stripe, client) = provider().await;
    let mut browser = signed_in(&world, &client).await;
    let review = review(&mut browser, "25.00", "EUR").await;
    pay(&mut browser, &review).await;
    let session = &stripe.made()[0];
    for (intent, outcome) in [("pi_1", "credited"), ("pi_2", "credited"), ("pi_2", "known")] {
        let [of_session, _] = paid(session, intent);
        assert_eq!(send(&world, &of_session).await.json(200)["outcome"], outcome, "{intent}");
    }
    assert_eq!(world.look(&client.account).await["paid"], eur("50.00"));
}

#[tokio::test]
async fn a_no_of_stripes_loses_nothing_and_may_be_tried_again() {
    let (world, stripe, client) = provider().await;
    let mut browser = signed_in(&world, &client).await;
    let mut page = review(&mut browser, "25.00", "EUR").await;
    for (status, why) in [(400, "invalid_request_error"), (402, "card_error"), (500, "api_error")] {
        stripe.next(Instead::Refuse(status, json!({"type": why, "message": "no"})));
        let again = pay(&mut browser, &page).await;
        assert_eq!(again.status, 200);
        assert!(plain(&again).contains(NO_PAGE), "{}", again.text);
        assert!(plain(&again).contains("You pay 25.00 EUR"), "{}", again.text);
        // Stripe would answer the same under the same key.
        assert_ne!(value(&again, "key"), value(&page, "key"));
        page = again;
    }
    stripe.next(Instead::PageAt("https://checkout.stripe.com.evil.example"));
    page = pay(&mut browser, &page).await;
    assert!(plain(&page).contains(NO_PAGE), "{}", page.text);
    assert_eq!(pay(&mut browser, &page).await.status, 303);
}

#[tokio::test]
async fn an_answer_that_does_not_come_makes_no_second_page() {
    let (world, stripe, client) = provider().await;
    let mut browser = signed_in(&world, &client).await;
    let mut page = review(&mut browser, "25.00", "EUR").await;
    let busy = [
        Instead::Hang,
        Instead::Refuse(409, json!({"type": "idempotency_error"})),
        Instead::Refuse(429, json!({"type": "invalid_request_error"})),
    ];
    for instead in busy {
        stripe.next(instead);
        let again = pay(&mut browser, &page).await;
        assert_eq!(again.status, 200);
        assert!(plain(&again).contains(NO_PAGE), "{}", again.text);
        assert_eq!(value(&again, "key"), value(&page, "key"));
        page = again;
    }
    let gone = pay(&mut browser, &page).await;
    let made = stripe.made();
    assert_eq!((made.len(), stripe.asked()), (1, 4));
    assert_eq!(gone.headers["location"], made[0].url);
}

#[tokio::test]
async fn who_leaves_stripes_page_has_paid_nothing_unless_the_money_is_here() {
    let (world, stripe, client) = provider().await;
    let mut browser = signed_in(&world, &client).await;
    let review = review(&mut browser, "25.00", "EUR").await;
    pay(&mut browser, &review).await;
    let session = &stripe.made()[0];
    let left = browser.get(back(session, "cancel_url")).await;
    assert!(plain(&left).contains("You left before paying"), "{}", left.text);
    let again = format!("/my/pay?account={}&amount=25.00&amount_currency=EUR", client.account);
    assert!(left.text.replace("&#38;", "&").contains(&again), "{}", left.text);
    assert!(browser.get(&again).await.text.contains("value=\"25.00\""));
    send(&world, &paid(session, "pi_1")[0]).await.json(200);
    let came = browser.get(back(session, "cancel_url")).await;
    assert!(plain(&came).contains("25.00 EUR has arrived"), "{}", came.text);
}

#[tokio::test]
async fn of_a_payment_that_is_long_ago_nothing_is_said_that_may_be_wrong() {
    let (world, stripe, client) = provider().await;
    let mut browser = signed_in(&world, &client).await;
    let review = review(&mut browser, "25.00", "EUR").await;
    pay(&mut browser, &review).await;
    let session = &stripe.made()[0];
    let [success, cancel] = ["success_url", "cancel_url"].map(|it| back(session, it));
    // Keys are kept for 48 hours; the page was made at ten o'clock.
    world.advance(48 * 3_600 - 1);
    let page = browser.get(success).await;
    assert!(plain(&page).contains("Your payment is on its way"), "{}", page.text);
    world.advance(1);
    let unsaid = success.split("&hour=").next().unwrap();
    for path in [success, cancel, unsaid] {
        let page = browser.get(path).await;
        let said = "See your statement It is too long ago for this page to know. If 25.00 EUR has \
            arrived, it stands in your statement.";
        assert!(plain(&page).contains(said), "{path}: {}", page.text);
        assert!(page.text.contains(&format!("/my/statement?account={}", client.account)));
    }
}

#[tokio::test]
async fn what_is_proposed_is_not_below_the_least_that_can_be_paid() {
    let (world, stripe, client) = provider().await;
    world.pay(&client.account, "19.50").await;
    let mut browser = signed_in(&world, &client).await;
    let form = browser.get("/my/pay").await;
    assert!(form.text.contains("value=\"1.00\""), "40 cents are missing: {}", form.text);
    assert!(plain(&form).contains("At least 1.00 EUR."), "{}", form.text);
    let review = review(&mut browser, "1.00", "EUR").await;
    // Stripe has a least of its own, which nobody has configured.
    for (code, said) in [
        ("amount_too_small", "A card takes no sum as small as this."),
        ("amount_too_large", "A card takes no sum as large as this."),
    ] {
        let no = json!({"type": "invalid_request_error", "code": code});
        stripe.next(Instead::Refuse(400, no));
        let again = pay(&mut browser, &review).await;
        assert!(plain(&again).contains(said), "{}", again.text);
        assert!(again.text.contains("aria-invalid=\"true\""), "{}", again.text);
        assert_ne!(value(&again, "key"), value(&review, "key"));
    }
}

#[tokio::test]
async fn what_is_proposed_is_not_above_the_most_that_can_be_paid() {
    let (world, stripe, client) = provider().await;
    let path = format!("/v1/accounts/{}/adjustments", client.account);
    let debt = json!({"amount": "-600.00", "currency": "EUR", "reason": "other"});
    world.post(&path, debt).await.json(201);
    let mut browser = signed_in(&world, &client).await;
    let form = browser.get("/my/pay").await;
    assert!(form.text.contains("value=\"500.00\""), "{}", form.text);
    let said = plain(&form);
    assert!(said.contains("500.00 EUR At most 500.00 EUR at once."), "{said}");
    assert!(!said.contains("619.90"), "{said}");
    let review = review(&mut browser, "500.00", "EUR").await;
    assert_eq!(pay(&mut browser, &review).await.status, 303);
    assert_eq!(stripe.made().len(), 1);
}

#[tokio::test]
async fn what_another_customer_paid_is_not_shown() {
    let (world, stripe, client) = provider().await;
    let other = teva(&world).await;
    let mut browser = signed_in(&world, &client).await;
    let review = review(&mut browser, "25.00", "EUR").await;
    pay(&mut browser, &review).await;
    let session = &stripe.made()[0];
    send(&world, &paid(session, "pi_1")[0]).await.json(200);
    let mut browser = signed_in(&world, &other).await;
    let path = back(session, "success_url");
    assert_eq!(browser.get(path).await.status, 404);
    let own = path.replace(&client.account, &other.account);
    let page = browser.get(&own).await;
    assert!(plain(&page).contains("Your payment is on its way"), "{}", page.text);
}

#[tokio::test]
async fn sums_are_in_stripes_units_and_within_bounds() {
    let (world, stripe, client) = provider().await;
    let path = format!("/v1/customers/{}/accounts", client.customer);
    let opened = world.post(&path, json!({"currency": "XPF"})).await.json(201);
    let francs = text(&opened["id"]);
    let mut browser = signed_in(&world, &client).await;
    let form = browser.get(&format!("/my/pay?account={francs}")).await;
    for (amount, currency, wrong) in [
        ("0.99", "EUR", "At least 1.00 EUR."),
        ("500.01", "EUR", "At most 500.00 EUR at once."),
        ("10.00", "USD", "This currency cannot be paid in here."),
        ("5.124", "KWD", "A card takes no such amount."),
        ("100000000", "XPF", "At most 99,999,999 XPF at once."),
        ("99999.995", "KWD", "At most 99,999.990 KWD at once."),
        ("0.5", "XPF", "This currency has no decimals: leave them out."),
    ] {
        for step in ["review", "do"] {
            let typed = [
                ("account", francs.as_str()),
                ("step", step),
                ("amount", amount),
                ("amount_currency", currency),
            ];
            let page = go_on(&mut browser, &form, "/my/pay", &typed).await;
            assert!(plain(&page).contains(wrong), "{amount} {currency}: {}", page.text);
        }
    }
    assert_eq!(stripe.asked(), 0);
    for (amount, currency, asked) in
        [("1193", "XPF", "1193"), ("12.50", "EUR", "1250"), ("5.120", "KWD", "5120")]
    {
        let typed = [
            ("account", francs.as_str()),
            ("step", "review"),
            ("amount", amount),
            ("amount_currency", currency),
        ];
        let review = go_on(&mut browser, &form, "/my/pay", &typed).await;
        assert_eq!(pay(&mut browser, &review).await.status, 303, "{}", review.text);
        let made = stripe.made().pop().unwrap();
        assert_eq!(made.fields["line_items[0][price_data][unit_amount]"], asked, "{currency}");
    }
}

#[tokio::test]
async fn where_stripe_is_set_up_nobody_pays_by_the_demonstrations_page() {
    let stripe = Stripe::start().await;
    let world = World::with_test_clock(|config| stripe.set_up(config));
    let client = amelie(&world).await;
    let mut browser = signed_in(&world, &client).await;
    let review = review(&mut browser, "25.00", "EUR").await;
    let before = world.head().await;
    for answer in ["pay", "refuse"] {
        let page = go_on(&mut browser, &review, "/my/pay", &[("answer", answer)]).await;
        assert!(plain(&page).contains("You pay 25.00 EUR"), "{}", page.text);
    }
    assert_eq!(world.head().await, before);
}

#[test]
fn the_log_says_why_there_is_no_page_and_has_no_key() {
    let run = async {
        let (world, stripe, client) = provider().await;
        let mut browser = signed_in(&world, &client).await;
        let page = review(&mut browser, "25.00", "EUR").await;
        let message = format!("Invalid API Key provided: {KEY}");
        stripe.next(Instead::Refuse(401, json!({"type": "wrong", "message": message})));
        let page = pay(&mut browser, &page).await;
        stripe.next(Instead::Hang);
        pay(&mut browser, &page).await;
    };
    let ((), log) = logged(run);
    assert!(finds(&log, "Stripe answered 401: wrong, Invalid API Key provided: (hidden)"));
    assert!(finds(&log, "no answer within 1 s"));
    assert!(!finds(&log, KEY), "the log has the key");
}
