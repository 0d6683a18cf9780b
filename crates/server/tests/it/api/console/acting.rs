//! Actions: fill in, see what will happen, do it; twice the same is once.

use super::desk::{Client, client, plain, provider, signed_in, token, value};
use crate::api::access::browser::{Browser, Page};
use crate::api::world::{World, text};

/// An action's form, filled in by hand: what its page carries, and what is typed.
pub struct Form {
    pub path: String,
    pub key: String,
    pub csrf: String,
}

pub async fn open(browser: &mut Browser, client: &Client, action: &str) -> Form {
    let path = format!("/console/customers/{}/{action}", client.customer);
    let page = browser.get(&path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.text);
    let key = value(&page, "key").expect("a key").to_owned();
    assert_eq!(key.len(), 32, "{key}");
    Form { key, csrf: token(&page).to_owned(), path }
}

pub async fn send(browser: &mut Browser, form: &Form, fields: &[(&str, &str)], step: &str) -> Page {
    let own = [("csrf", form.csrf.as_str()), ("key", form.key.as_str()), ("step", step)];
    let fields: Vec<_> = fields.iter().copied().chain(own).collect();
    browser.post_bare(&form.path, &fields).await
}

/// Fills in, reviews, does it; answers what the customer's page then says.
pub async fn act(
    browser: &mut Browser,
    client: &Client,
    action: &str,
    fields: &[(&str, &str)],
) -> (String, String) {
    let form = open(browser, client, action).await;
    let review = send(browser, &form, fields, "").await;
    let review = (review.status, plain(&review));
    assert_eq!(review.0, 200, "{}", review.1);
    assert!(review.1.contains("Nothing has happened yet."), "{action}: {}", review.1);
    let done = send(browser, &form, fields, "do").await;
    assert_eq!(done.status, 303, "{action}: {}", plain(&done));
    let path = done.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(path, format!("/console/customers/{}", client.customer));
    let page = plain(&browser.get(&path).await);
    (review.1, page)
}

/// A number as it is read out.
fn plainly(number: &str) -> String {
    let digits: Vec<char> = number.chars().collect();
    digits.chunks(4).map(|it| it.iter().collect()).collect::<Vec<String>>().join(" ")
}

async fn last(world: &World) -> engine::Entry {
    let head = world.head().await;
    world.entries_after(head - 1).await.remove(0)
}

#[tokio::test]
async fn a_payment_is_taken_with_what_it_brings_said_before_and_after() {
    let world = provider();
    let client = client(&world).await;
    let mut browser = signed_in(&world, "ann").await;
    let fields = [
        ("account", client.account.as_str()),
        ("amount", "30.00"),
        ("amount_currency", "EUR"),
        ("source", "cash"),
        ("reference", "KIOSK-1"),
        ("note", "paid at\nthe desk"),
    ];
    let before = world.head().await;
    let form = open(&mut browser, &client, "take-payment").await;
    let review = plain(&send(&mut browser, &form, &fields, "").await);
    assert!(review.contains("Payment · cash: 30.00 EUR"), "{review}");
    assert!(review.contains("Internet 100 will be switched on at once"), "{review}");
    assert!(review.contains("balance 0.00 EUR 10.10 EUR"), "{review}");
    assert_eq!(world.head().await, before, "a review writes nothing");
    let (_, page) = act(&mut browser, &client, "take-payment", &fields).await;
    assert!(page.contains("Payment · cash: 30.00 EUR"), "{page}");
    assert!(page.contains("Cancel a payment"), "{page}");
    assert!(page.contains("10.10 to spend"), "{page}");
    let entries = world.entries_after(before).await;
    let origin = &entries[0].origin;
    assert_eq!((origin.actor.as_str(), origin.channel.as_str()), ("user.ann", "console"));
    // The notice is shown once.
    let again = plain(&browser.get(&format!("/console/customers/{}", client.customer)).await);
    assert!(!again.contains("Payment · cash: 30.00 EUR"), "{again}");
}

#[tokio::test]
async fn a_payment_sent_twice_with_the_same_key_is_one_payment() {
    let world = provider();
    let client = client(&world).await;
    let mut browser = signed_in(&world, "ann").await;
    let fields = |amount: &'static str, reference: &'static str| {
        let account = client.account.clone();
        vec![
            ("account", account),
            ("amount", amount.to_owned()),
            ("source", "cash".into()),
            ("reference", reference.into()),
        ]
    };
    let form = open(&mut browser, &client, "take-payment").await;
    for _ in 0..2 {
        let typed = fields("5.00", "KIOSK-1");
        let typed: Vec<_> = typed.iter().map(|(name, it)| (*name, it.as_str())).collect();
        assert_eq!(send(&mut browser, &form, &typed, "do").await.status, 303);
    }
    let balance = world.look(&client.account).await["balance"]["amount"].clone();
    assert_eq!(balance, "5.00");
    // With another amount it is not the same, and nothing is done.
    let typed = fields("6.00", "KIOSK-1");
    let typed: Vec<_> = typed.iter().map(|(name, it)| (*name, it.as_str())).collect();
    let page = send(&mut browser, &form, &typed, "do").await;
    assert_eq!(page.status, 200);
    assert_eq!(world.look(&client.account).await["balance"]["amount"], "5.00");
    // Another form with the same receipt is the same payment.
    let other = open(&mut browser, &client, "take-payment").await;
    let typed = fields("5.00", "KIOSK-1");
    let typed: Vec<_> = typed.iter().map(|(name, it)| (*name, it.as_str())).collect();
    assert_eq!(send(&mut browser, &other, &typed, "do").await.status, 303);
    assert_eq!(world.look(&client.account).await["balance"]["amount"], "5.00");
}

#[tokio::test]
async fn what_is_wrong_stands_at_its_field_and_what_was_typed_is_kept() {
    let world = provider();
    let client = client(&world).await;
    let mut browser = signed_in(&world, "ann").await;
    let before = world.head().await;
    let form = open(&mut browser, &client, "take-payment").await;
    let fields = [
        ("account", client.account.as_str()),
        ("amount", "ten"),
        ("source", "cash"),
        ("reference", "K"),
    ];
    let page = send(&mut browser, &form, &fields, "do").await;
    let text = plain(&page);
    assert!(text.contains("1 field is not right yet."), "{text}");
    assert!(text.contains("This is not an amount: write it as 12.50."), "{text}");
    assert!(page.text.contains("value=\"ten\"") && page.text.contains(&form.key), "{}", page.text);
    let other = world.account("EUR").await;
    let fields = [("account", other.as_str()), ("amount", "1.00"), ("reason", "goodwill")];
    let form = open(&mut browser, &client, "adjust").await;
    assert_eq!(send(&mut browser, &form, &fields, "do").await.status, 200);
    assert_eq!(world.head().await, before + 2, "only the other customer and account are new");
}

#[tokio::test]
async fn every_action_does_what_its_review_has_said() {
    let world = provider();
    let client = client(&world).await;
    world.pay(&client.account, "50.00").await;
    let mut browser = signed_in(&world, "fia").await;
    let mut admin = signed_in(&world, "ada").await;
    let account = client.account.as_str();
    let adjust =
        [("account", account), ("amount", "-2.50"), ("reason", "mistake"), ("note", "wrong fee")];
    let (review, page) = act(&mut browser, &client, "adjust", &adjust).await;
    assert!(review.contains("Correction · mistake: \u{2212}2.50 EUR"), "{review}");
    assert!(page.contains("27.60 to spend"), "{page}");
    let limit = [("account", account), ("amount", "20.00"), ("reason", "good customer")];
    let (review, page) = act(&mut browser, &client, "permanent-limit", &limit).await;
    assert!(review.contains("credit 0.00 EUR 20.00 EUR"), "{review}");
    assert!(review.contains("Credit limit changed: 20.00 EUR"), "{review}");
    assert!(page.contains("47.60 to spend"), "{page}");
    assert_eq!(last(&world).await.origin.reason.as_deref(), Some("good customer"));
    let temporary = [
        ("account", account),
        ("amount", "5.00"),
        ("until", "2026-12-03T00:00"),
        ("reason", "holiday"),
    ];
    let (review, page) = act(&mut browser, &client, "temporary-limit", &temporary).await;
    assert!(review.contains("Temporary credit granted: 5.00 EUR until 3 Dec, 00:00"), "{review}");
    assert!(page.contains("52.60 to spend"), "{page}");
    let service = client.subscription.as_str();
    let (review, page) =
        act(&mut browser, &client, "suspend", &[("service", service), ("reason", "moves house")])
            .await;
    assert!(review.contains("Internet 100 will be switched off at once"), "{review}");
    assert!(page.contains("suspended by staff"), "{page}");
    let (review, _) = act(&mut browser, &client, "resume", &[("service", service)]).await;
    assert!(review.contains("Internet 100 will be switched on at once"), "{review}");
    let (_, page) =
        act(&mut browser, &client, "open-account", &[("name", "TV"), ("currency", "EUR")]).await;
    assert!(page.contains("TV"), "{page}");
    let other = world.account("EUR").await;
    let transfer = [("account", account), ("to_account", other.as_str()), ("amount", "7.00")];
    let (review, _) = act(&mut browser, &client, "transfer", &transfer).await;
    let there = plainly(&text(&world.look(&other).await["number"]));
    let here = plainly(&client.number);
    for said in [
        format!("Transfer to account {there}: \u{2212}7.00 EUR"),
        format!("Transfer from account {here}: 7.00 EUR"),
    ] {
        assert!(review.contains(&said), "{said}: {review}");
    }
    assert_eq!(world.look(&other).await["balance"]["amount"], "7.00");
    let paid = world.pay(account, "3.00").await;
    let cancel = [("payment", paid.as_str()), ("reason", "wrong account")];
    let (review, _) = act(&mut browser, &client, "cancel-payment", &cancel).await;
    assert!(
        review.contains("Payment cancelled") && review.contains("\u{2212}3.00 EUR"),
        "{review}"
    );
    let paid = world.pay(account, "4.00").await;
    let refund = [("payment", paid.as_str()), ("amount", "1.00"), ("reason", "overpaid")];
    let (review, _) = act(&mut admin, &client, "refund", &refund).await;
    assert!(review.contains("Refund") && review.contains("\u{2212}1.00 EUR"), "{review}");
    let debt =
        [("account", account), ("amount", "-40.00"), ("reason", "other"), ("note", "damage")];
    act(&mut browser, &client, "adjust", &debt).await;
    let write_off = [("account", account), ("amount", "5.00"), ("reason", "moved abroad")];
    let (review, _) = act(&mut browser, &client, "write-off", &write_off).await;
    assert!(review.contains("Debt written off: 5.00 EUR"), "{review}");
}

#[tokio::test]
async fn a_payment_that_was_cancelled_is_offered_to_nothing_any_more() {
    let world = provider();
    let client = client(&world).await;
    let cancelled = world.pay(&client.account, "3.00").await;
    let kept = world.pay(&client.account, "4.00").await;
    let mut admin = signed_in(&world, "ada").await;
    let cancel = [("payment", cancelled.as_str()), ("reason", "wrong account")];
    act(&mut admin, &client, "cancel-payment", &cancel).await;
    for action in ["cancel-payment", "refund"] {
        let path = format!("/console/customers/{}/{action}", client.customer);
        let form = admin.get(&path).await.text;
        let offers = |payment: &str| form.contains(&format!("value=\"{payment}\""));
        assert!(offers(&kept) && !offers(&cancelled), "{action}: {form}");
    }
}

#[tokio::test]
async fn what_was_done_says_how_it_is_taken_back() {
    let world = provider();
    let client = client(&world).await;
    world.pay(&client.account, "50.00").await;
    let mut browser = signed_in(&world, "fia").await;
    let (account, service) = (client.account.as_str(), client.subscription.as_str());
    let path = format!("/v1/customers/{}/accounts", client.customer);
    let opened = world.post(&path, serde_json::json!({"currency": "EUR"})).await.json(201);
    let other = text(&opened["id"]);
    let limit = [("account", account), ("amount", "20.00"), ("reason", "good customer")];
    let temporary = [
        ("account", account),
        ("amount", "5.00"),
        ("until", "2026-12-03T00:00"),
        ("reason", "holiday"),
    ];
    let adjust =
        [("account", account), ("amount", "-2.50"), ("reason", "mistake"), ("note", "wrong fee")];
    let transfer = [("account", account), ("to_account", &other), ("amount", "7.00")];
    let suspend = [("service", service), ("reason", "moves house")];
    let resume = [("service", service)];
    let cases = [
        (
            "permanent-limit",
            limit.as_slice(),
            format!("permanent-limit?account={account}&amount=0.00"),
        ),
        ("temporary-limit", &temporary, format!("end-credit?credit=crd_{}-1", &account[4..])),
        ("adjust", &adjust, format!("adjust?account={account}&amount=2.50")),
        ("transfer", &transfer, format!("transfer?account={other}&to_account={account}")),
        ("suspend", &suspend, format!("resume?service={service}")),
        ("resume", &resume, format!("suspend?service={service}")),
    ];
    for (action, fields, back) in cases {
        let form = open(&mut browser, &client, action).await;
        let done = send(&mut browser, &form, fields, "do").await;
        assert_eq!(done.status, 303, "{action}: {}", plain(&done));
        let page = browser.get(&format!("/console/customers/{}", client.customer)).await;
        let href = format!("/console/customers/{}/{back}", client.customer);
        let written = page.text.replace("&#38;", "&");
        assert!(written.contains(&href), "{action}: {href}: {}", page.text);
        assert_eq!(browser.get(&href).await.status, 200, "{href}");
    }
    let page = plain(&browser.get(&format!("/console/accounts/{account}")).await);
    for said in [
        "20.00 EUR permanent limit by fia: good customer",
        "5.00 EUR temporary limit until 3 Dec, 00:00 by fia: holiday",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
}

#[tokio::test]
async fn a_refusal_says_what_is_in_the_way_and_nothing_is_done() {
    let world = provider();
    let client = client(&world).await;
    let mut browser = signed_in(&world, "ann").await;
    let other = world.account("EUR").await;
    let before = world.head().await;
    let form = open(&mut browser, &client, "transfer").await;
    let fields =
        [("account", client.account.as_str()), ("to_account", other.as_str()), ("amount", "7.00")];
    for step in ["", "do"] {
        let page = send(&mut browser, &form, &fields, step).await;
        let text = plain(&page);
        assert_eq!(page.status, 200, "{text}");
        assert!(text.contains("Fill in") && page.text.contains("value=\"7.00\""), "{text}");
        let said = "There is not enough to spend: 7.00 EUR is needed, and 0.00 EUR is there.";
        assert!(text.contains(said), "{text}");
        assert!(text.contains("7.00 EUR is missing: a payment of as much would do."), "{text}");
    }
    let form = open(&mut browser, &client, "promise").await;
    let page = send(&mut browser, &form, &[("account", client.account.as_str())], "").await;
    assert_eq!(page.status, 200, "{}", plain(&page));
    assert_eq!(world.head().await, before);
}

#[tokio::test]
async fn a_promise_is_judged_rule_by_rule_before_it_is_granted() {
    let world = provider();
    let client = client(&world).await;
    let body = serde_json::json!({"currency": "EUR", "rules": {
        "amount": {"fixed": "10.00"}, "duration": {"hours": 72}, "open_max": 1,
        "tenure_days_min": 30,
    }});
    world.put("/v1/promised-payment-policies", body).await.json(200);
    let mut browser = signed_in(&world, "ann").await;
    let form = open(&mut browser, &client, "promise").await;
    let page = send(&mut browser, &form, &[("account", client.account.as_str())], "").await;
    let text = plain(&page);
    assert!(text.contains("It cannot be granted as it is asked for."), "{text}");
    assert!(text.contains("Customer for how long asks for 30 days, is less than a day"), "{text}");
    assert!(text.contains("What helps: possible from "), "{text}");
    let mut rea = signed_in(&world, "rea").await;
    let page = plain(&rea.get("/console/promises").await);
    let lines =
        "Amount: 10.00 EUR Duration: 3 d Promises open at once: 1 Customer for how long: 30 days";
    assert!(page.contains(lines), "{page}");
    world.advance(31 * 86_400);
    let mut browser = signed_in(&world, "ann").await;
    let fields = [("account", client.account.as_str())];
    let (review, page) = act(&mut browser, &client, "promise", &fields).await;
    assert!(review.contains("10.00 EUR until 6 Dec, 10:00 would be granted."), "{review}");
    assert!(page.contains("Promised payment granted"), "{page}");
    assert!(page.contains("10.00 to spend"), "{page}");
}

#[tokio::test]
async fn what_was_refused_is_put_right_in_the_same_form() {
    let world = provider();
    let client = client(&world).await;
    let mut browser = signed_in(&world, "ann").await;
    let other = world.account("EUR").await;
    let form = open(&mut browser, &client, "transfer").await;
    let fields =
        [("account", client.account.as_str()), ("to_account", other.as_str()), ("amount", "7.00")];
    let refused = send(&mut browser, &form, &fields, "do").await;
    assert_eq!(refused.status, 200, "{}", plain(&refused));
    let key = value(&refused, "key").expect("a key").to_owned();
    assert_ne!(key, form.key);
    world.pay(&client.account, "50.00").await;
    // What was sent before is answered as before.
    assert_eq!(send(&mut browser, &form, &fields, "do").await.status, 200);
    let form = Form { key, ..form };
    let done = send(&mut browser, &form, &fields, "do").await;
    assert_eq!(done.status, 303, "{}", plain(&done));
    assert_eq!(world.look(&other).await["balance"]["amount"], "7.00");
}

#[tokio::test]
async fn a_limit_that_goes_or_comes_is_in_the_review() {
    let world = provider();
    let client = client(&world).await;
    let mut browser = signed_in(&world, "fia").await;
    let account = client.account.as_str();
    let none = [("account", account), ("amount", ""), ("reason", "the town hall")];
    let (review, _) = act(&mut browser, &client, "permanent-limit", &none).await;
    assert!(review.contains("Credit limit changed: without limit"), "{review}");
    assert!(review.contains("credit 0.00 EUR without limit"), "{review}");
    let limit = [("account", account), ("amount", "20.00"), ("reason", "no town hall")];
    let (review, _) = act(&mut browser, &client, "permanent-limit", &limit).await;
    assert!(review.contains("credit without limit 20.00 EUR"), "{review}");
}

#[tokio::test]
async fn a_comma_that_is_no_mark_of_thousands_is_refused_at_the_field() {
    let world = provider();
    let client = client(&world).await;
    let mut browser = signed_in(&world, "ann").await;
    let form = open(&mut browser, &client, "take-payment").await;
    let fields = [
        ("account", client.account.as_str()),
        ("amount", "12,50"),
        ("source", "cash"),
        ("reference", "K"),
    ];
    let page = send(&mut browser, &form, &fields, "do").await;
    assert_eq!(page.status, 200);
    assert!(plain(&page).contains("1 field is not right yet."), "{}", plain(&page));
    assert_eq!(world.look(&client.account).await["balance"]["amount"], "0.00");
}
