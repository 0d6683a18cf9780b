//! Guessing is slow: by name, by address, and however many guess at once.

use super::browser::{Browser, PASSWORD, provider, users};
use server::http::auth::Role;

const WRONG: &str = "that does not fit together";

#[tokio::test]
async fn after_five_wrong_passwords_each_waits_longer() {
    let mut world = provider(|_| {});
    let mut browser = Browser::new(&world, "192.0.2.7");
    for _ in 0..5 {
        browser.staff("ann", "wrong+lagoon").await.says(403, WRONG);
    }
    // The right one waits as well, and by whichever letters: nothing is looked at meanwhile.
    for name in ["ann", "ANN ", "Ann"] {
        browser.staff(name, PASSWORD).await.says(429, "try again in 5 s");
    }
    world.advance(4);
    browser.staff("ann", PASSWORD).await.says(429, "try again in 1 s");
    world.restart();
    let mut browser = Browser::new(&world, "198.51.100.1");
    browser.staff("ann", PASSWORD).await.says(429, "try again in 1 s");
    world.advance(1);
    for seconds in [10, 20, 40, 80] {
        browser.staff("ann", "wrong+lagoon").await.says(403, WRONG);
        let wait = format!("try again in {seconds} s");
        browser.staff("ann", PASSWORD).await.says(429, &wait);
        world.advance(seconds);
    }
    browser.staff("ann", PASSWORD).await.says(200, "hello stranger");
    // It is forgotten then.
    for _ in 0..5 {
        browser.staff("ann", "wrong+lagoon").await.says(403, WRONG);
    }
    browser.staff("ann", PASSWORD).await.says(429, "try again in 5 s");
}

#[tokio::test]
async fn a_wait_has_an_end() {
    let world = provider(|_| {});
    let mut browser = Browser::new(&world, "192.0.2.7");
    for _ in 0..20 {
        world.advance(15 * 60);
        browser.staff("ann", "wrong+lagoon").await.says(403, WRONG);
    }
    browser.staff("ann", PASSWORD).await.says(429, "try again in 900 s");
    world.advance(900 + 24 * 3_600);
    for _ in 0..5 {
        browser.staff("ann", "wrong+lagoon").await.says(403, WRONG);
    }
}

#[tokio::test]
async fn names_that_nobody_has_are_slowed_down_alike() {
    let world = provider(|_| {});
    let mut browser = Browser::new(&world, "192.0.2.7");
    for _ in 0..5 {
        browser.staff("eve", PASSWORD).await.says(403, WRONG);
    }
    browser.staff("eve", PASSWORD).await.says(429, "try again in 5 s");
    // Others are not, neither here nor in self-care.
    browser.customer("eve", PASSWORD).await.says(403, WRONG);
    browser.staff("ann", PASSWORD).await.says(200, "hello stranger");
}

#[tokio::test]
async fn an_address_that_tries_many_names_is_slowed_down() {
    let proxy = "10.0.0.1";
    let world = provider(|config| config.trusted_proxies = vec![proxy.parse().unwrap()]);
    let mut browser = Browser::new(&world, "192.0.2.7");
    for number in 0..20 {
        browser.staff(&format!("user{number}"), PASSWORD).await.says(403, WRONG);
    }
    browser.staff("ann", PASSWORD).await.says(429, "try again in 5 s");
    // What it writes into a header makes no other address of it, unless a proxy of ours wrote it.
    browser.headers.push(("x-forwarded-for", "198.51.100.1".into()));
    browser.staff("ann", PASSWORD).await.says(429, "try again in 5 s");
    let mut through = Browser::new(&world, proxy);
    through.headers.push(("x-forwarded-for", "192.0.2.7".into()));
    through.staff("ann", PASSWORD).await.says(429, "try again in 5 s");
    // A proxy that tells no address does not thereby open the door: all such are one.
    for unreadable in ["unknown", ""] {
        through.headers[1].1 = unreadable.into();
        for number in 0..10 {
            let name = format!("other{unreadable}{number}");
            through.staff(&name, PASSWORD).await.says(403, WRONG);
        }
    }
    through.staff("ann", PASSWORD).await.says(429, "try again in 5 s");
    through.headers[1].1 = "198.51.100.1".into();
    through.staff("ann", PASSWORD).await.says(200, "hello stranger");
    // A right password forgives the address one attempt, not those of others.
    world.advance(5);
    browser.staff("ann", PASSWORD).await.says(200, "hello stranger");
    browser.staff("user1", PASSWORD).await.says(429, "try again in 10 s");
}

#[tokio::test]
async fn who_knows_a_password_comes_in_as_often_as_they_like() {
    let world = provider(|_| {});
    let mut browser = Browser::new(&world, "192.0.2.7");
    for _ in 0..25 {
        browser.staff("ann", PASSWORD).await.says(200, "hello stranger");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_guesses_at_once_are_as_many() {
    let world = provider(|_| {});
    users(&world).create("ben", "Ben", Role::Agent, PASSWORD).unwrap();
    let mut guessing = tokio::task::JoinSet::new();
    for number in 0..12 {
        let mut browser = Browser::new(&world, &format!("192.0.2.{number}"));
        guessing.spawn(async move {
            browser.staff("ben", &format!("wrong+lagoon{number}")).await.status
        });
    }
    let answers = guessing.join_all().await;
    let looked_at = answers.iter().filter(|it| **it == 403).count();
    assert_eq!(looked_at, 5, "{answers:?}");
    assert_eq!(answers.iter().filter(|it| **it == 429).count(), 7, "{answers:?}");
}
