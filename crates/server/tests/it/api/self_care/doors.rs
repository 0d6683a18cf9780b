//! Every address of self-care: as nobody, as another customer, and with a wrong token.

use server::self_care::{Door, doors};

use super::pocket::{amelie, nobody, offer_promises, provider, sell_turbo, signed_in, teva};
use crate::api::console::desk::{Client, token};
use crate::api::world::World;

/// The door's address, with what is this customer's in place of what it names.
fn path(door: &Door, of: &Client) -> String {
    let service = if door.path.contains("films") { "film" } else { "turbo-500" };
    let kinds = [
        ("{account}", of.account.as_str()),
        ("{subscription}", &of.subscription),
        ("{service}", service),
        ("{session}", "999999"),
        ("{*rest}", "no/such/page"),
    ];
    kinds.iter().fold(door.path.to_owned(), |path, (name, value)| path.replace(name, value))
}

/// It names something of a customer's.
fn names_something(door: &Door) -> bool {
    ["{account}", "{subscription}", "{session}"].iter().any(|it| door.path.contains(it))
}

fn is_feed(door: &Door) -> bool {
    door.path == "/my/live"
}

async fn provider_with_two() -> (World, Client, Client) {
    let world = provider();
    let (amelie, teva) = (amelie(&world).await, teva(&world).await);
    sell_turbo(&world).await;
    offer_promises(&world).await;
    (world, amelie, teva)
}

#[tokio::test]
async fn nobody_comes_in_by_any_door() {
    let (world, amelie, _) = provider_with_two().await;
    let mut browser = nobody(&world);
    let form = browser.get("/my/sign-in").await;
    let token = token(&form).to_owned();
    let before = world.head().await;
    for door in doors() {
        let path = path(&door, &amelie);
        if door.looks {
            let page = browser.get(&path).await;
            assert_eq!(page.status, 303, "{path}");
            let to = page.headers["location"].to_str().unwrap();
            assert!(to.starts_with("/my/sign-in?next="), "{path}: {to}");
            let script = [("sec-fetch-dest", "empty")];
            let page = browser.send("GET", &path, String::new(), &script).await;
            assert_eq!((page.status, page.text.as_str()), (401, ""), "{path}");
        }
        if door.acts {
            assert_eq!(browser.post_bare(&path, &[]).await.status, 403, "{path}");
            let page = browser.post_bare(&path, &[("csrf", &token), ("step", "do")]).await;
            assert_eq!(page.status, 303, "{path}");
            assert_eq!(page.headers["location"], "/my/sign-in", "{path}");
        }
    }
    assert_eq!(world.head().await, before);
}

#[tokio::test]
async fn a_customer_opens_every_door_of_their_own() {
    let (world, amelie, _) = provider_with_two().await;
    world.pay(&amelie.account, "50.00").await;
    let mut browser = signed_in(&world, &amelie).await;
    for door in doors().iter().filter(|it| it.looks && !is_feed(it)) {
        let path = path(door, &amelie);
        let page = browser.get(&path).await;
        let expected = match path.as_str() {
            "/my/no/such/page" => 404,
            "/my/promise" => 303,
            _ => 200,
        };
        assert_eq!(page.status, expected, "{path}: {}", page.text);
        for wrong in [" style=\"", "<style", "javascript:", " onclick", "http://", "https://"] {
            assert!(!page.text.contains(wrong), "{path} has {wrong}: {}", page.text);
        }
        assert_eq!(page.headers["cache-control"], "no-store", "{path}");
    }
}

#[tokio::test]
async fn what_is_somebody_elses_is_not_there_and_is_not_touched() {
    let (world, amelie, teva) = provider_with_two().await;
    world.pay(&amelie.account, "50.00").await;
    let mut browser = signed_in(&world, &teva).await;
    let home = browser.get("/my").await;
    let token = token(&home).to_owned();
    let before = world.head().await;
    let mut named = 0;
    for door in doors() {
        let path = path(&door, &amelie);
        if door.looks && !is_feed(&door) {
            let page = browser.get(&path).await;
            if names_something(&door) {
                assert_eq!(page.status, 404, "{path}: {}", page.text);
                named += 1;
            }
            for theirs in [&amelie.account, &amelie.subscription, "Amélie", "amelie.t"] {
                assert!(!page.text.contains(theirs), "{path} shows {theirs}: {}", page.text);
            }
        }
        if door.acts && names_something(&door) {
            let fields = [("csrf", token.as_str()), ("step", "do"), ("balance_below", "1")];
            let page = browser.post_bare(&path, &fields).await;
            assert_eq!(page.status, 404, "{path}: {}", page.text);
            named += 1;
        }
    }
    assert!(named >= 6, "{named}");
    // What a form names instead of the address.
    let (account, subscription) = (amelie.account.as_str(), amelie.subscription.as_str());
    let forms: [(&str, &[(&str, &str)]); 4] = [
        ("/my/pay", &[("account", account), ("amount", "1.00"), ("answer", "pay")]),
        ("/my/transfer", &[("from", account), ("to", &teva.account), ("amount", "1.00")]),
        ("/my/transfer", &[("from", &teva.account), ("to", account), ("amount", "1.00")]),
        ("/my/holidays", &[("service", subscription)]),
    ];
    for (path, fields) in forms {
        let common = [("csrf", token.as_str()), ("step", "do")];
        let fields: Vec<_> = fields.iter().copied().chain(common).collect();
        let page = browser.post_bare(path, &fields).await;
        assert!(matches!(page.status, 200 | 404), "{path}: {}", page.status);
        assert!(!page.text.contains("Amélie"), "{path}: {}", page.text);
    }
    for query in ["/my/statement?account=", "/my/pay?account="] {
        let page = browser.get(&format!("{query}{account}")).await;
        assert_eq!(page.status, 404, "{query}: {}", page.text);
        let page = browser.get(&format!("{query}{}", amelie.number)).await;
        assert_eq!(page.status, 404, "{query}: {}", page.text);
    }
    assert_eq!(world.head().await, before);
}

#[tokio::test]
async fn a_form_without_the_sessions_token_does_nothing() {
    let (world, amelie, teva) = provider_with_two().await;
    let mut other = signed_in(&world, &teva).await;
    let page = other.get("/my").await;
    let theirs = token(&page).to_owned();
    let mut browser = signed_in(&world, &amelie).await;
    let before = world.head().await;
    for door in doors().iter().filter(|it| it.acts) {
        let path = path(door, &amelie);
        for wrong in ["", "AAAA", theirs.as_str()] {
            let page = browser.post_bare(&path, &[("csrf", wrong), ("step", "do")]).await;
            assert_eq!(page.status, 403, "{path}");
            assert!(page.text.contains("Nothing was done."), "{path}: {}", page.text);
        }
        assert_eq!(browser.post_bare(&path, &[("step", "do")]).await.status, 403, "{path}");
    }
    assert_eq!(world.head().await, before);
    assert_eq!(browser.get("/my").await.status, 200, "nobody was signed out");
}
