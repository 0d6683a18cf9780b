//! Users of the console: coming in, what they may do, and going out.

use server::http::auth::Role;
use server::storage::apart;
use store::access::{Person, PersonStore};

use super::browser::{Browser, PASSWORD, provider, users};

#[tokio::test]
async fn a_user_comes_in_works_and_goes_out() {
    let world = provider(|_| {});
    let account = world.purse("5.00").await;
    let mut browser = Browser::new(&world, "192.0.2.7");
    let page = browser.staff(" Ann ", PASSWORD).await;
    page.says(200, "hello stranger");
    let set = page.headers["set-cookie"].to_str().unwrap();
    let (cookie, how) = set.split_once(';').unwrap();
    assert!(cookie.starts_with("__Host-sporran=") && cookie.len() == 15 + 43, "{set}");
    assert_eq!(how, " Path=/; HttpOnly; Secure; SameSite=Lax");
    let page = browser.get("/console").await;
    assert!(page.text.ends_with(" ann agent Ann Bäcker"), "{}", page.text);
    let path = format!("/console/adjust/{account}");
    let page = browser.submit("/console", &path, &[]).await;
    page.says(200, "user.ann console line was down");
    let page = browser.submit("/console", "/console/configure", &[]).await;
    assert_eq!(page.status, 403, "{}", page.text);
    assert!(page.text.contains("the role agent may not do this"), "{}", page.text);
    browser.submit("/console", "/console/sign-out", &[]).await.says(200, "bye");
    assert!(!browser.cookies.contains_key("__Host-sporran"));
    assert_eq!(browser.get("/console").await.status, 303);
}

#[tokio::test]
async fn who_is_not_signed_in_is_shown_the_way() {
    let world = provider(|_| {});
    let mut browser = Browser::new(&world, "192.0.2.7");
    let page = browser.get("/console?q=a&b").await;
    let next = "/console/sign-in?next=%2Fconsole%3Fq%3Da%26b";
    assert_eq!((page.status, page.headers["location"].to_str().unwrap()), (303, next));
    let page = browser.submit("/console/sign-in", "/console/configure", &[]).await;
    let location = page.headers["location"].to_str().unwrap();
    assert_eq!((page.status, location), (303, "/console/sign-in"));
    let page = browser.get("/my").await;
    assert_eq!(page.headers["location"], "/my/sign-in?next=%2Fmy");
    // Nothing is made for a script, which would follow it and understand nothing.
    for header in [("accept", "text/event-stream"), ("sec-fetch-dest", "empty")] {
        let page = browser.send("GET", "/console/feed", String::new(), &[header]).await;
        assert_eq!(page.status, 401, "{header:?}");
    }
    for wrong in ["", "AAAA", &"A".repeat(43)] {
        browser.cookies.insert("__Host-sporran".into(), wrong.into());
        assert_eq!(browser.get("/console").await.status, 303, "{wrong}");
    }
}

#[tokio::test]
async fn wrong_and_unknown_and_disabled_are_answered_alike() {
    let world = provider(|_| {});
    users(&world).create("ben", "Ben", Role::Admin, PASSWORD).unwrap();
    users(&world).disable("ben").unwrap();
    let mut browser = Browser::new(&world, "192.0.2.7");
    let wrong = [
        ("ann", "tiare+lagoo"),
        ("ann", ""),
        ("ben", PASSWORD),
        ("ben", "tiare+lagoo"),
        ("eve", PASSWORD),
        ("", ""),
    ];
    for (name, password) in wrong {
        let page = browser.staff(name, password).await;
        page.says(403, "that does not fit together");
        assert!(!page.headers.contains_key("set-cookie"), "{name} {password}");
    }
    users(&world).enable("ben").unwrap();
    browser.staff("ben", PASSWORD).await.says(200, "hello stranger");
}

#[tokio::test]
async fn what_the_command_line_changes_holds_at_once() {
    let world = provider(|_| {});
    let mut browser = Browser::new(&world, "192.0.2.7");
    browser.staff("ann", PASSWORD).await.says(200, "hello stranger");
    users(&world).change("ann", "Ann B.", Role::Admin).unwrap();
    let page = browser.submit("/console", "/console/configure", &[]).await;
    page.says(200, "user.ann");
    users(&world).change("ann", "Ann B.", Role::ReadOnly).unwrap();
    let account = world.purse("5.00").await;
    let adjust = format!("/console/adjust/{account}");
    assert_eq!(browser.submit("/console", &adjust, &[]).await.status, 403);
    users(&world).set_password("ann", "another+lagoon").unwrap();
    assert_eq!(browser.get("/console").await.status, 303, "a new password ends sessions");
    browser.staff("ann", PASSWORD).await.says(403, "that does not fit together");
    browser.staff("ann", "another+lagoon").await.says(200, "hello stranger");
    users(&world).disable("ann").unwrap();
    assert_eq!(browser.get("/console").await.status, 303);
}

#[tokio::test]
async fn a_user_changes_the_password_and_stays_here_alone() {
    let world = provider(|_| {});
    let mut here = Browser::new(&world, "192.0.2.7");
    let mut there = Browser::new(&world, "192.0.2.8");
    for browser in [&mut here, &mut there] {
        browser.staff("ann", PASSWORD).await.says(200, "hello stranger");
    }
    let fields = |password, new| [("password", password), ("new", new)];
    let change = |fields| ("/console", "/console/password", fields);
    let (from, to, wrong) = change(fields("tiare+lagoo", "another+lagoon"));
    here.submit(from, to, &wrong).await.says(403, "that does not fit together");
    let (from, to, same) = change(fields(PASSWORD, "ANN BÄCKER"));
    here.submit(from, to, &same).await.says(400, "is the name");
    let (from, to, short) = change(fields(PASSWORD, "lagoon"));
    here.submit(from, to, &short).await.says(400, "has fewer than 10 characters");
    let (from, to, good) = change(fields(PASSWORD, "another+lagoon"));
    here.submit(from, to, &good).await.says(200, "set");
    assert_eq!(here.get("/console").await.status, 200);
    assert_eq!(there.get("/console").await.status, 303);
    there.staff("ann", "another+lagoon").await.says(200, "hello stranger");
}

#[tokio::test]
async fn a_hash_from_before_is_made_anew_when_its_password_is_used() {
    let world = provider(|_| {});
    // As an older version might have made it, of the same password, with less memory.
    let old = "$argon2id$v=19$m=9728,t=1,p=1$BwcHBwcHBwcHBwcHBwcHBw";
    let ann = Person::User("ann".into());
    let home = world.home();
    let access = || home.beside().access().unwrap();
    let kept = || apart(|| access().credential(&ann).unwrap().password.unwrap());
    let hash = weak_hash(PASSWORD);
    assert!(hash.starts_with(old), "{hash}");
    let now = kept();
    assert!(apart(|| access().rehash(&ann, &now, &hash).unwrap()));
    let mut browser = Browser::new(&world, "192.0.2.7");
    browser.staff("ann", "tiare+lagoo").await.says(403, "that does not fit together");
    assert_eq!(kept(), hash);
    browser.staff("ann", PASSWORD).await.says(200, "hello stranger");
    assert!(kept().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", kept());
    browser.staff("ann", PASSWORD).await.says(200, "hello stranger");
}

fn weak_hash(password: &str) -> String {
    use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
    let params = Params::new(9_728, 1, 1, None).unwrap();
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    hasher.hash_password_with_salt(password.as_bytes(), &[7; 16]).unwrap().to_string()
}

#[test]
fn names_and_roles_of_users_are_checked() {
    let world = provider(|_| {});
    let mut users = users(&world);
    let mut create = |name: &str, role: Role, password: &str| {
        users.create(name, "Ben", role, password).map_err(|it| it.to_string())
    };
    for name in ["", "Ben", "ben coe", "ben@example.com", "бен", &"b".repeat(44)] {
        let error = create(name, Role::Agent, PASSWORD).unwrap_err();
        assert!(error.contains("must be 1 to 48"), "{name}: {error}");
    }
    let error = create("ben", Role::Agent, "ben").unwrap_err();
    assert_eq!(error, "the password has fewer than 10 characters");
    assert_eq!(create("ann", Role::Agent, PASSWORD).unwrap_err(), "there is a user ann already");
    assert!(create(&"b".repeat(43), Role::Agent, PASSWORD).is_ok());
    assert!(server::access::users::role("gateway").is_err());
    assert!(users.disable("nobody").is_err() && users.find("nobody").is_err());
    // What users do and what keys do is told apart in the journal.
    for taken in ["user.ann", "customer"] {
        let made = server::serve::make_key(world.path(), taken, Role::Admin);
        assert!(made.is_err(), "{taken}");
    }
}
