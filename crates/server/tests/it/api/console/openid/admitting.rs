//! Whom the issuer's word lets in: users who are there, by what they are called, or by groups.

use serde_json::{Value, json};
use server::http::auth::Role;

use super::super::desk::{nobody, plain, sign_in, token};
use super::super::issuer::Issuer;
use super::{NOT_ADMITTED, come, location, notes, provider, provider_with, refused};
use crate::api::access::browser::{Browser, PASSWORD, users};

#[tokio::test]
async fn whoever_came_once_is_known_by_the_subject_alone() {
    let issuer = Issuer::start().await;
    let world = provider(&issuer, |_| {}).await;
    assert_eq!(location(&come(&mut nobody(&world), &issuer).await), "/console");
    // Married, moved, and the address is nobody's.
    issuer.tell().claims = json!({"email": "other@example.com", "email_verified": false});
    assert_eq!(location(&come(&mut nobody(&world), &issuer).await), "/console");
    // Somebody else has the address now.
    issuer.tell().claims = json!({"sub": "sub-of-eve"});
    let mut browser = nobody(&world);
    let page = come(&mut browser, &issuer).await;
    refused(&mut browser, page, 403, NOT_ADMITTED).await;
    assert_eq!(notes(&world).await[0]["user"], "ann");
    // Until an administrator says that it is the same person.
    users(&world).set_openid("ann", Some("ann@example.com")).unwrap();
    assert_eq!(location(&come(&mut browser, &issuer).await), "/console");
    issuer.tell().claims = json!({});
    let page = come(&mut nobody(&world), &issuer).await;
    assert_eq!(page.status, 403);
}

#[tokio::test]
async fn only_users_who_may_come_in_do() {
    let issuer = Issuer::start().await;
    let world = provider(&issuer, |_| {}).await;
    let strangers = [
        json!({"email": "eve@example.com"}),
        json!({"email": "ann@example.com", "email_verified": false}),
        json!({"email_verified": null}),
        json!({"email": null}),
        json!({"email": "ann"}),
        json!({"email": ["ann@example.com"]}),
    ];
    for stranger in strangers {
        issuer.tell().claims = stranger;
        let mut browser = nobody(&world);
        let page = come(&mut browser, &issuer).await;
        refused(&mut browser, page, 403, NOT_ADMITTED).await;
        let note = notes(&world).await[0].clone();
        assert_eq!((&note["event"], &note["user"]), (&json!("sign_in_failed"), &Value::Null));
    }
    issuer.tell().claims = json!({});
    users(&world).disable("ann").unwrap();
    for _ in 0..2 {
        let mut browser = nobody(&world);
        let page = come(&mut browser, &issuer).await;
        refused(&mut browser, page, 403, NOT_ADMITTED).await;
        assert_eq!(notes(&world).await[0]["user"], "ann");
        users(&world).enable("ann").unwrap();
        assert_eq!(come(&mut browser, &issuer).await.status, 303);
        // Who is in is out at once, and stays known.
        users(&world).disable("ann").unwrap();
        assert_eq!(browser.get("/console").await.status, 303);
    }
}

#[tokio::test]
async fn a_user_is_found_by_the_claim_that_is_configured() {
    let issuer = Issuer::start().await;
    let world = provider(&issuer, |it| it.claim = "preferred_username".into()).await;
    users(&world).create("ben", "Ben", Role::Finance, PASSWORD).unwrap();
    issuer.tell().claims = json!({"sub": "b", "preferred_username": "Ben", "email": null});
    let mut browser = nobody(&world);
    assert_eq!(come(&mut browser, &issuer).await.status, 303);
    assert!(plain(&browser.get("/console").await).contains("Ben finance"));
    // The sign for kelvin is no k, whatever it is in small letters.
    users(&world).create("kai", "Kai", Role::Admin, PASSWORD).unwrap();
    issuer.tell().claims = json!({"sub": "k", "preferred_username": "\u{212A}ai"});
    assert_eq!(come(&mut nobody(&world), &issuer).await.status, 403);
    // Ann is called otherwise, so nobody who calls themselves ann is her.
    issuer.tell().claims = json!({"preferred_username": "ann"});
    assert_eq!(come(&mut nobody(&world), &issuer).await.status, 403);
    issuer.tell().claims = json!({"preferred_username": "ANN@example.com"});
    assert_eq!(come(&mut nobody(&world), &issuer).await.status, 303);
    let world = provider(&issuer, |it| it.claim = "sub".into()).await;
    users(&world).set_openid("ann", Some("Sub-of-ann")).unwrap();
    issuer.tell().claims = json!({});
    assert_eq!(come(&mut nobody(&world), &issuer).await.status, 403);
    users(&world).set_openid("ann", Some("sub-of-ann")).unwrap();
    assert_eq!(come(&mut nobody(&world), &issuer).await.status, 303);
}

#[tokio::test]
async fn groups_give_roles_and_make_users() {
    let issuer = Issuer::start().await;
    let roles = [("billing-admins", "admin"), ("desk", "agent"), ("look", "read-only")];
    let roles = roles.map(|(group, role)| (group.to_owned(), role.to_owned()));
    let world = provider(&issuer, |it| it.roles = roles.into()).await;
    let eve = |groups: Value| {
        json!({"sub": "e", "email": "Eve.Coe@example.com", "name": "Eve\u{7} Coe",
            "groups": groups})
    };
    for none in [json!(null), json!([]), json!(["users"]), json!({"desk": true})] {
        issuer.tell().claims = eve(none);
        let mut browser = nobody(&world);
        let page = come(&mut browser, &issuer).await;
        refused(&mut browser, page, 403, NOT_ADMITTED).await;
    }
    assert!(users(&world).find("eve.coe").is_err());
    issuer.tell().claims = eve(json!(["users", "look", "desk"]));
    let mut browser = nobody(&world);
    assert_eq!(come(&mut browser, &issuer).await.status, 303);
    assert!(plain(&browser.get("/console").await).contains("Eve Coe agent"));
    let events: Vec<_> = notes(&world).await.iter().take(2).map(|it| it["event"].clone()).collect();
    assert_eq!(events, ["signed_in", "user_created"]);
    // The next time another group counts.
    issuer.tell().claims = eve(json!("billing-admins"));
    let mut other = nobody(&world);
    assert_eq!(come(&mut other, &issuer).await.status, 303);
    assert!(plain(&other.get("/console").await).contains("Eve Coe admin"));
    issuer.tell().claims = eve(json!([]));
    assert_eq!(come(&mut nobody(&world), &issuer).await.status, 403);
    // Nobody has a password who was made so.
    let page = sign_in(&mut nobody(&world), "eve.coe", "", "").await;
    assert_eq!(page.status, 403);
    // A name is never given to another person.
    issuer.tell().claims = json!({"sub": "x", "email": "eve.coe@other.example", "groups": "desk"});
    let mut browser = nobody(&world);
    let page = come(&mut browser, &issuer).await;
    refused(&mut browser, page, 403, NOT_ADMITTED).await;
    issuer.tell().claims = json!({"sub": "y", "email": "+@example.com", "groups": "desk"});
    assert_eq!(come(&mut nobody(&world), &issuer).await.status, 403);
}

#[tokio::test]
async fn without_passwords_there_is_one_way_in() {
    let issuer = Issuer::start().await;
    let world = provider_with(&issuer, |_| {}, |config| config.console.password = false);
    let mut browser = nobody(&world);
    let page = browser.get("/console/sign-in").await;
    assert!(!page.text.contains("type=\"password\""), "{}", page.text);
    assert!(plain(&page).contains("Sign in with Fenua ID"), "{}", page.text);
    let other = Issuer::start().await;
    let with = provider(&other, |_| {}).await;
    // A form that was seen elsewhere serves nothing either.
    let form = nobody(&with).get("/console/sign-in").await;
    let foreign = token(&form).to_owned();
    let fields = [("login", "ann"), ("password", PASSWORD), ("csrf", foreign.as_str())];
    assert_eq!(browser.post_bare("/console/sign-in", &fields).await.status, 403);
    let mut caller = Browser::new(&world, "192.0.2.9");
    let page = caller.staff("ann", PASSWORD).await;
    assert!(!caller.cookies.contains_key("__Host-sporran"), "{}", page.text);
    assert_eq!(come(&mut browser, &issuer).await.status, 303);
}
