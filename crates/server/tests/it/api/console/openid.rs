//! Coming in through OpenID Connect: nobody does without the whole way there and back.

mod admitting;
mod secrets;

use serde_json::{Value, json};
use server::access::openid::config::OpenIdConfig;
use server::config::Config;
use server::http::auth::Role;

use super::desk::{nobody, plain, sign_in, submit};
use super::issuer::{CLIENT, CONSOLE, Issuer, NOW, SECRET, Signing};
use crate::api::access::browser::{Browser, PASSWORD, Page, users};
use crate::api::world::World;

const BEGIN: &str = "/console/sign-in/openid";
const CALLBACK: &str = "/console/sign-in/openid/callback";

/// A provider with the agent ann, who is `ann@example.com` to the issuer.
pub async fn provider(issuer: &Issuer, change: impl FnOnce(&mut OpenIdConfig)) -> World {
    provider_with(issuer, change, |_| {})
}

pub fn provider_with(
    issuer: &Issuer,
    change: impl FnOnce(&mut OpenIdConfig),
    also: impl FnOnce(&mut Config),
) -> World {
    let openid = json!({
        "issuer": issuer.url, "client_id": CLIENT, "client_secret": SECRET,
        "button": "Fenua ID",
    });
    let mut openid: OpenIdConfig = serde_json::from_value(openid).expect("a configuration");
    change(&mut openid);
    let world = World::with(|config| {
        config.console.url = format!("{CONSOLE}/");
        config.console.openid = Some(openid);
        also(config);
    });
    let mut users = users(&world);
    users.create("ann", "Ann Bäcker", Role::Agent, PASSWORD).expect("a user");
    users.set_openid("ann", Some("ann@example.com")).expect("a user");
    world
}

/// Where a page sends the browser.
#[track_caller]
pub fn location(page: &Page) -> &str {
    assert_eq!(page.status, 303, "{}", page.text);
    page.headers["location"].to_str().expect("text")
}

/// Sets out, signs in at the issuer; answers where the browser is sent back to.
pub async fn go(browser: &mut Browser, issuer: &Issuer, next: &str) -> String {
    let page = browser.get(&format!("{BEGIN}?next={next}")).await;
    issuer.sign_in(location(&page))
}

pub async fn come(browser: &mut Browser, issuer: &Issuer) -> Page {
    let back = go(browser, issuer, "").await;
    browser.get(&back).await
}

/// That nobody is signed in, and what the page says.
pub async fn refused(browser: &mut Browser, page: Page, status: u16, says: &str) {
    assert_eq!(page.status, status, "{}", page.text);
    assert!(plain(&page).contains(says), "{says}: {}", page.text);
    assert!(!browser.cookies.contains_key("__Host-sporran"), "{says}");
    assert!(!browser.cookies.contains_key("__Host-sporran-openid"), "{says}");
    assert_eq!(browser.get("/console").await.status, 303, "{says}");
}

const STALE: &str = "took too long, or was begun elsewhere";
const NOT_CONFIRMED: &str = "Fenua ID could not confirm who you are.";
const NOT_ADMITTED: &str = "Fenua ID knows you, but you may not come in here.";

/// The newest lines of the list of sign-ins, the newest first.
pub async fn notes(world: &World) -> Vec<Value> {
    let found = world.get("/v1/sign-ins").await.json(200);
    found["sign_ins"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn one_comes_in_by_the_issuer_where_one_wanted_to_go() {
    let issuer = Issuer::start().await;
    let world = provider(&issuer, |_| {}).await;
    let mut browser = nobody(&world);
    let page = browser.get("/console/sign-in?next=/console/find%3Fq%3Da").await;
    let there = "/console/sign-in/openid?next=%2Fconsole%2Ffind%3Fq%3Da";
    assert!(page.text.contains(&format!("href=\"{there}\"")), "{}", page.text);
    assert!(plain(&page).contains("Sign in with Fenua ID"), "{}", page.text);
    let page = browser.get(there).await;
    let set = page.headers["set-cookie"].to_str().unwrap();
    let how = "; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=600";
    assert!(set.starts_with("__Host-sporran-openid=") && set.ends_with(how), "{set}");
    let back = issuer.sign_in(location(&page));
    // As the browser says it of a redirect from elsewhere.
    let cross = [("sec-fetch-site", "cross-site")];
    let page = browser.send("GET", &back, String::new(), &cross).await;
    assert_eq!(location(&page), "/console/find?q=a");
    assert!(browser.cookies.contains_key("__Host-sporran"));
    assert!(!browser.cookies.contains_key("__Host-sporran-openid"));
    assert!(plain(&browser.get("/console").await).contains("Ann Bäcker agent"));
    let notes = notes(&world).await;
    let signed_in = json!({"at": "2026-11-02T10:00:00Z", "event": "signed_in", "user": "ann",
        "means": "openid", "address": "192.0.2.7", "agent": "Test/1"});
    assert_eq!(notes[0], signed_in);
    let linked = json!({"at": "2026-11-02T10:00:00Z", "event": "user_changed", "user": "ann",
        "means": "openid", "by": "openid", "address": "192.0.2.7", "agent": "Test/1"});
    assert_eq!(notes[1], linked);
    submit(&mut browser, "/console", "/console/sign-out", &[]).await;
    assert_eq!(browser.get("/console").await.status, 303);
}

#[tokio::test]
async fn who_manages_users_sees_whom_the_issuer_lets_in() {
    let issuer = Issuer::start().await;
    let world = provider(&issuer, |_| {}).await;
    users(&world).create("ada", "Ada Maro", Role::Admin, PASSWORD).expect("a user");
    let mut ada = nobody(&world);
    sign_in(&mut ada, "ada", PASSWORD, "").await;
    let page = plain(&ada.get("/console/users").await);
    assert!(page.contains("Ada Maro ada administrator on password 10:00"), "{page}");
    let awaited = "agent on password, OpenID, once they have come ann@example.com never";
    assert!(page.contains(awaited), "{page}");
    come(&mut nobody(&world), &issuer).await;
    let page = plain(&ada.get("/console/users").await);
    assert!(page.contains("agent on password, OpenID ann@example.com 10:00"), "{page}");
}

#[tokio::test]
async fn nobody_comes_in_without_the_whole_way() {
    let issuer = Issuer::start().await;
    let world = provider(&issuer, |_| {}).await;
    let mut browser = nobody(&world);
    let back = go(&mut browser, &issuer, "").await;
    let (state, code) = back.split_once("&code=").unwrap();
    let other = go(&mut nobody(&world), &issuer, "").await;
    let theirs = other.split_once("&code=").unwrap().0;
    let held = browser.cookies.clone();
    let broken = held["__Host-sporran-openid"].replacen('.', ".1", 1);
    let ways = [
        (None, back.clone(), STALE),
        (Some("nonsense"), back.clone(), STALE),
        (Some(broken.as_str()), back.clone(), STALE),
        (Some("held"), CALLBACK.to_owned(), STALE),
        (Some("held"), format!("{CALLBACK}?code={code}"), STALE),
        (Some("held"), format!("{CALLBACK}?state=&code={code}"), STALE),
        (Some("held"), format!("{theirs}&code={code}"), STALE),
        (Some("held"), other.clone(), STALE),
        (Some("held"), format!("{back}&state={}", "a".repeat(43)), STALE),
    ];
    for (cookie, path, says) in ways {
        browser.cookies = held.clone();
        match cookie {
            None => drop(browser.cookies.remove("__Host-sporran-openid")),
            Some("held") => {}
            Some(other) => {
                browser.cookies.insert("__Host-sporran-openid".into(), other.into());
            }
        }
        let page = browser.get(&path).await;
        refused(&mut browser, page, 400, says).await;
    }
    assert_eq!(notes(&world).await.iter().filter(|it| it["means"] == "openid").count(), 9);
    // The errand itself was still good, and is so once.
    browser.cookies = held.clone();
    let page = browser.get(&format!("{state}&code={code}&iss=https%3A%2F%2Fevil.example")).await;
    refused(&mut browser, page, 502, NOT_CONFIRMED).await;
    browser.cookies = held;
    let page = browser.get(&back).await;
    refused(&mut browser, page, 400, STALE).await;
}

#[tokio::test]
async fn an_answer_serves_once_and_for_ten_minutes() {
    let issuer = Issuer::start().await;
    issuer.tell().is_forgetful = true;
    let world = provider(&issuer, |_| {}).await;
    let mut browser = nobody(&world);
    let back = go(&mut browser, &issuer, "").await;
    let held = browser.cookies.clone();
    assert_eq!(location(&browser.get(&back).await), "/console");
    browser.cookies = held;
    let page = browser.get(&back).await;
    refused(&mut browser, page, 400, STALE).await;
    let back = go(&mut browser, &issuer, "").await;
    world.advance(600);
    let page = browser.get(&back).await;
    refused(&mut browser, page, 400, STALE).await;
    let back = go(&mut browser, &issuer, "").await;
    world.advance(299);
    issuer.tell().claims = json!({"exp": NOW + 1_200});
    assert_eq!(location(&browser.get(&back).await), "/console");
    // A code that another browser's errand brought is refused by the issuer: PKCE.
    let (mut one, mut two) = (nobody(&world), nobody(&world));
    let ours = go(&mut one, &issuer, "").await;
    let theirs = go(&mut two, &issuer, "").await;
    let swapped = format!(
        "{}&code={}",
        ours.split_once("&code=").unwrap().0,
        theirs.split_once("&code=").unwrap().1
    );
    let page = one.get(&swapped).await;
    refused(&mut one, page, 502, NOT_CONFIRMED).await;
}

#[tokio::test]
async fn a_token_that_is_not_right_lets_nobody_in() {
    let issuer = Issuer::start().await;
    let world = provider(&issuer, |_| {}).await;
    let lies = [
        json!({"iss": "https://evil.example"}),
        json!({"iss": null}),
        json!({"iss": [issuer.url]}),
        json!({"aud": "another-client"}),
        json!({"aud": null}),
        json!({"aud": [CLIENT, "another-client"]}),
        json!({"aud": [CLIENT, "another-client"], "azp": "another-client"}),
        json!({"azp": "another-client"}),
        json!({"nonce": "another"}),
        json!({"nonce": null}),
        json!({"exp": NOW - 60}),
        json!({"exp": null}),
        json!({"exp": "tomorrow"}),
        json!({"nbf": NOW + 61}),
        json!({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}),
        json!({"sub": null}),
        json!({"sub": ""}),
        json!({"sub": 7}),
    ];
    for (number, lie) in lies.into_iter().enumerate() {
        issuer.tell().claims = lie.clone();
        let mut browser = at(&world, number);
        let page = come(&mut browser, &issuer).await;
        assert_eq!(page.status, 502, "{lie}");
        refused(&mut browser, page, 502, NOT_CONFIRMED).await;
    }
    issuer.tell().claims = json!({});
    let signings = [Signing::ByAnother, Signing::Not, Signing::BySecret, Signing::ByPublicKey];
    for (number, signing) in signings.into_iter().enumerate() {
        issuer.tell().signing = signing;
        let mut browser = at(&world, 100 + number);
        let page = come(&mut browser, &issuer).await;
        refused(&mut browser, page, 502, NOT_CONFIRMED).await;
    }
    issuer.tell().signing = Signing::Properly;
    let fine = [
        json!({"aud": [CLIENT]}),
        json!({"aud": [CLIENT, "another-client"], "azp": CLIENT}),
        json!({"exp": NOW - 59, "nbf": NOW + 60}),
        json!({"exp": NOW as f64 + 0.5, "at_hash": null}),
    ];
    for claims in fine {
        issuer.tell().claims = claims.clone();
        assert_eq!(come(&mut nobody(&world), &issuer).await.status, 303, "{claims}");
    }
}

/// A browser at an address of its own.
fn at(world: &World, number: usize) -> Browser {
    let router = server::http::routes::router(world.app().clone());
    Browser::at(router, &format!("198.51.100.{number}"))
}

#[tokio::test]
async fn an_issuer_that_answers_no_token_lets_nobody_in() {
    let issuer = Issuer::start().await;
    let world = provider(&issuer, |_| {}).await;
    let answers = [
        (400, json!({"error": "invalid_client"})),
        (500, json!("oops")),
        (200, json!({"access_token": "x", "token_type": "Bearer"})),
        (200, json!({"id_token": "", "token_type": "Bearer"})),
        (200, json!({"id_token": "a.b.c", "token_type": "Bearer"})),
        (302, json!({})),
    ];
    for answer in answers {
        issuer.tell().answer = Some(answer);
        let mut browser = nobody(&world);
        let page = come(&mut browser, &issuer).await;
        refused(&mut browser, page, 502, NOT_CONFIRMED).await;
    }
    // Or sends the browser back with its reason.
    issuer.tell().answer = None;
    let mut browser = nobody(&world);
    let back = go(&mut browser, &issuer, "").await;
    let state = back.split_once("&code=").unwrap().0;
    let why = "error=access_denied&error_description=%3Cscript%3E";
    let page = browser.get(&format!("{state}&{why}")).await;
    assert!(!page.text.contains("script>alert") && !page.text.contains("&lt;script"));
    refused(&mut browser, page, 403, "Fenua ID has not let you in.").await;
}

#[tokio::test]
async fn a_new_key_is_asked_for_and_not_too_often() {
    let issuer = Issuer::start().await;
    let world = provider(&issuer, |_| {}).await;
    assert_eq!(issuer.tell().keys_asked, 0);
    for _ in 0..2 {
        assert_eq!(come(&mut nobody(&world), &issuer).await.status, 303);
    }
    assert_eq!(issuer.tell().keys_asked, 1);
    issuer.rotate("k2");
    for _ in 0..2 {
        assert_eq!(come(&mut nobody(&world), &issuer).await.status, 303);
    }
    assert_eq!(issuer.tell().keys_asked, 2);
    // One that the issuer does not show has it asked once a minute, however many come with it.
    issuer.rotate("k3");
    issuer.tell().shown = vec!["k4".into()];
    for _ in 0..3 {
        let mut browser = nobody(&world);
        let page = come(&mut browser, &issuer).await;
        refused(&mut browser, page, 502, NOT_CONFIRMED).await;
    }
    assert_eq!(issuer.tell().keys_asked, 2);
    world.advance(60);
    let mut browser = nobody(&world);
    assert_eq!(come(&mut browser, &issuer).await.status, 502);
    assert_eq!(issuer.tell().keys_asked, 3);
    // A key that is gone is believed for an hour at most.
    issuer.rotate("k5");
    world.advance(3_600);
    issuer.tell().claims = json!({"exp": NOW + 7_200});
    assert_eq!(come(&mut nobody(&world), &issuer).await.status, 303);
    assert_eq!(issuer.tell().keys_asked, 4);
}

#[tokio::test]
async fn nobody_is_led_elsewhere_by_the_issuer() {
    let issuer = Issuer::start().await;
    let world = provider(&issuer, |_| {}).await;
    for next in ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2Fmy", "%2Fv1%2Fclock"] {
        let mut browser = nobody(&world);
        let back = go(&mut browser, &issuer, next).await;
        assert_eq!(location(&browser.get(&back).await), "/console", "{next}");
    }
}

#[tokio::test]
async fn attempts_from_one_address_are_limited() {
    let issuer = Issuer::start().await;
    let world = provider(&issuer, |_| {}).await;
    let mut browser = nobody(&world);
    for _ in 0..20 {
        assert_eq!(browser.get(CALLBACK).await.status, 400);
    }
    let back = go(&mut browser, &issuer, "").await;
    let page = browser.get(&back).await;
    assert_eq!(page.status, 429);
    assert!(plain(&page).contains("Too many attempts."), "{}", page.text);
    assert_eq!(notes(&world).await.iter().filter(|it| it["means"] == "openid").count(), 20);
    // The same as with passwords; and elsewhere nobody waits.
    assert_eq!(sign_in(&mut browser, "ann", PASSWORD, "").await.status, 429);
    assert_eq!(come(&mut at(&world, 1), &issuer).await.status, 303);
    // Successes from one address are no attempts.
    let mut office = at(&world, 2);
    for _ in 0..25 {
        assert_eq!(come(&mut office, &issuer).await.status, 303);
    }
}

#[tokio::test]
async fn an_issuer_that_says_strange_things_of_itself_is_not_asked() {
    let wrong = [
        json!({"issuer": "https://evil.example"}),
        json!({"token_endpoint": null}),
        json!({"jwks_uri": "file:///etc/passwd"}),
        json!({"authorization_endpoint": "javascript:alert(1)"}),
        json!({"jwks_uri": "http://127.0.0.1:1/keys"}),
    ];
    for says in wrong {
        let issuer = Issuer::start().await;
        issuer.tell().says = says.clone();
        let world = provider(&issuer, |_| {}).await;
        let mut browser = nobody(&world);
        let page = browser.get(BEGIN).await;
        assert_eq!(page.status, 502, "{says}");
        assert!(!browser.cookies.contains_key("__Host-sporran-openid"));
        refused(&mut browser, page, 502, NOT_CONFIRMED).await;
        // Passwords still let people in; and once it is right, a moment later, so does it.
        assert_eq!(sign_in(&mut browser, "ann", PASSWORD, "").await.status, 303);
        issuer.tell().says = json!({});
        assert_eq!(browser.get(BEGIN).await.status, 502);
        world.advance(30);
        assert_eq!(come(&mut nobody(&world), &issuer).await.status, 303, "{says}");
    }
}

#[tokio::test]
async fn an_issuer_is_told_the_secret_as_it_wants_it() {
    let issuer = Issuer::start().await;
    issuer.tell().methods = Some(vec!["client_secret_post"]);
    let world = provider(&issuer, |_| {}).await;
    assert_eq!(come(&mut nobody(&world), &issuer).await.status, 303);
}

#[tokio::test]
async fn it_is_off_where_nobody_configures_it() {
    let world = super::desk::provider();
    let mut browser = nobody(&world);
    let page = browser.get("/console/sign-in").await;
    assert!(!page.text.contains("openid"), "{}", page.text);
    for path in [BEGIN, CALLBACK] {
        let page = browser.get(path).await;
        assert!(location(&page).starts_with("/console/sign-in?next="), "{path}");
    }
}
