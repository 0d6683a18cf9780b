//! Users: made, changed, given another password, shut out and let in again.

use server::http::auth::Role;

use super::acting::{Form, send};
use super::desk::{nobody, plain, provider, sign_in, signed_in, token, value};
use crate::api::access::browser::{Browser, PASSWORD, Page, users};
use crate::api::world::World;

const PLACE: &str = "/console/users";

async fn begin(browser: &mut Browser, path: &str) -> Form {
    let path = format!("{PLACE}/{path}");
    let page = browser.get(&path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.text);
    let (key, csrf) = (value(&page, "key").expect("a key").to_owned(), token(&page).to_owned());
    Form { path, key, csrf }
}

/// As the review carries it.
async fn seen(browser: &mut Browser, form: &Form) -> String {
    let page = browser.get(&form.path).await;
    value(&page, "seen").expect("when the password was set").to_owned()
}

/// What the one answer says that has it.
#[track_caller]
fn password(page: &Page) -> String {
    let text = plain(page);
    let at = text.split("Password: ").nth(1).unwrap_or_else(|| panic!("no password: {text}"));
    let word = at.split(' ').next().unwrap().to_owned();
    assert!(word.len() == 17 && word.split('-').count() == 3, "{word}");
    word
}

async fn comes_in(world: &World, name: &str, password: &str) -> bool {
    sign_in(&mut nobody(world), name, password, "").await.status == 303
}

async fn events(world: &World, name: &str) -> Vec<(String, String)> {
    let trail = world.get(&format!("/v1/sign-ins?user={name}")).await.json(200);
    let lines = trail["sign_ins"].as_array().unwrap().iter();
    let word = |it: &serde_json::Value| it.as_str().unwrap_or_default().to_owned();
    lines.map(|it| (word(&it["event"]), word(&it["by"]))).collect()
}

#[tokio::test]
async fn a_user_is_made_with_a_password_that_is_shown_once() {
    let world = provider();
    let mut browser = signed_in(&world, "ada").await;
    let list = browser.get(PLACE).await;
    assert!(list.text.contains("href=\"/console/users/new\""), "{}", list.text);
    let form = begin(&mut browser, "new").await;
    let fields = [("name", "Ben Coe"), ("login", "ben"), ("role", "finance")];
    let review = send(&mut browser, &form, &fields, "").await;
    let text = plain(&review);
    for line in ["Name: Ben Coe", "Login: ben", "finance", "Nothing has happened yet."] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("Password: "), "{text}");
    assert!(!plain(&browser.get(PLACE).await).contains("Ben Coe"));
    let done = send(&mut browser, &form, &fields, "do").await;
    assert_eq!((done.status, &done.headers["cache-control"] == "no-store"), (200, true));
    let drawn = password(&done);
    assert!(comes_in(&world, "ben", &drawn).await);
    // A second press of the button says the same, and makes nobody else.
    assert_eq!(password(&send(&mut browser, &form, &fields, "do").await), drawn);
    let list = browser.get(PLACE).await;
    assert!(plain(&list).contains("Ben Coe") && !list.text.contains(&drawn), "{}", list.text);
    let made = ("user_created".to_owned(), "user.ada".to_owned());
    assert_eq!(events(&world, "ben").await.iter().filter(|it| **it == made).count(), 1);
    // Another form draws another one.
    let other = begin(&mut browser, "new").await;
    let fields = [("name", "Cy Dunn"), ("login", "cy"), ("role", "agent")];
    assert_ne!(password(&send(&mut browser, &other, &fields, "do").await), drawn);
}

#[tokio::test]
async fn what_is_wrong_with_a_user_stands_at_its_field() {
    let world = provider();
    let mut browser = signed_in(&world, "ada").await;
    for (login, name, role, why) in [
        ("ann", "Ann Again", "agent", "Somebody has it already."),
        ("Ben Coe", "Ben Coe", "agent", "Small letters"),
        ("ben", "", "agent", "Fill this in."),
        ("ben", "Ben Coe", "gateway", "Choose one of those"),
        ("ben", "Ben Coe", "", "Choose one of those"),
    ] {
        let form = begin(&mut browser, "new").await;
        let fields = [("name", name), ("login", login), ("role", role)];
        let page = send(&mut browser, &form, &fields, "do").await;
        let text = plain(&page);
        assert_eq!(page.status, 200, "{text}");
        assert!(text.contains("1 field is not right yet.") && text.contains(why), "{text}");
        assert!(!text.contains("Password: "), "{text}");
    }
    assert!(comes_in(&world, "ann", PASSWORD).await, "who has the name keeps the password");
    assert!(users(&world).find("ben").is_err());
}

#[tokio::test]
async fn a_name_and_a_role_are_changed_and_hold_at_once() {
    let world = provider();
    let mut browser = signed_in(&world, "ada").await;
    let mut ann = signed_in(&world, "ann").await;
    assert_eq!(ann.get("/console/audit").await.status, 403);
    let form = begin(&mut browser, "ann/change-user").await;
    let page = browser.get(&form.path).await;
    assert!(page.text.contains("value=\"ann B.\""), "{}", page.text);
    assert!(page.text.contains("value=\"agent\" selected"), "{}", page.text);
    let fields = [("name", "Ann Bäcker"), ("role", "finance")];
    let review = plain(&send(&mut browser, &form, &fields, "").await);
    assert!(review.contains("ann B. → Ann Bäcker"), "{review}");
    assert!(review.contains("agent → finance"), "{review}");
    assert_eq!(ann.get("/console/audit").await.status, 403, "nothing has happened yet");
    for _ in 0..2 {
        assert_eq!(send(&mut browser, &form, &fields, "do").await.status, 303);
    }
    assert!(plain(&browser.get(PLACE).await).contains("Ann Bäcker is changed."));
    assert!(plain(&ann.get("/console/audit").await).contains("Ann Bäcker"));
    let form = begin(&mut browser, "ada/change-user").await;
    let own = [("name", "Ada"), ("role", "agent")];
    let page = plain(&send(&mut browser, &form, &own, "do").await);
    assert!(page.contains("Nobody does this to themselves"), "{page}");
    assert_eq!(browser.get(PLACE).await.status, 200);
}

#[tokio::test]
async fn a_new_password_shuts_out_who_had_the_old_one() {
    let world = provider();
    let mut browser = signed_in(&world, "ada").await;
    let mut ann = signed_in(&world, "ann").await;
    let form = begin(&mut browser, "ann/new-password").await;
    let seen = seen(&mut browser, &form).await;
    let page = browser.get(&form.path).await;
    assert!(plain(&page).contains("Every session of ann B. ends at once."), "{}", plain(&page));
    assert_eq!(ann.get("/console").await.status, 200, "looking does nothing");
    world.advance(1);
    let fields = [("seen", seen.as_str())];
    let drawn = password(&send(&mut browser, &form, &fields, "do").await);
    assert_eq!(ann.get("/console").await.status, 303);
    assert!(!comes_in(&world, "ann", PASSWORD).await);
    let mut ann = nobody(&world);
    assert_eq!(sign_in(&mut ann, "ann", &drawn, "").await.status, 303);
    // The same form again says the same, and ends nothing.
    assert_eq!(password(&send(&mut browser, &form, &fields, "do").await), drawn);
    assert_eq!(ann.get("/console").await.status, 200);
    let set = ("password_set".to_owned(), "user.ada".to_owned());
    assert_eq!(events(&world, "ann").await.iter().filter(|it| **it == set).count(), 1);
    // It brings no password back that was replaced since.
    users(&world).set_password("ann", "heather+and+hills").unwrap();
    let page = send(&mut browser, &form, &fields, "do").await;
    let text = plain(&page);
    assert!(text.contains("Somebody has changed this meanwhile."), "{text}");
    assert!(!text.contains("Password: "), "{text}");
    assert!(comes_in(&world, "ann", "heather+and+hills").await);
}

#[tokio::test]
async fn a_user_is_shut_out_and_let_in_again() {
    let world = provider();
    let mut browser = signed_in(&world, "ada").await;
    let mut ann = signed_in(&world, "ann").await;
    let link = |page: &Page, what: &str| page.text.contains(&format!("{PLACE}/{what}\""));
    let list = browser.get(PLACE).await;
    assert!(link(&list, "ann/disable-user") && link(&list, "ann/end-sessions"), "{}", list.text);
    assert!(!link(&list, "ann/enable-user") && !link(&list, "ada/disable-user"), "{}", list.text);
    assert!(!link(&list, "fia/end-sessions"), "who is not there has no session: {}", list.text);
    let end = begin(&mut browser, "ann/end-sessions").await;
    assert_eq!(send(&mut browser, &end, &[], "do").await.status, 303);
    assert!(plain(&browser.get(PLACE).await).contains("The sessions of ann B. have ended."));
    assert_eq!(ann.get("/console").await.status, 303);
    assert!(comes_in(&world, "ann", PASSWORD).await);
    let disable = begin(&mut browser, "ann/disable-user").await;
    for _ in 0..2 {
        assert_eq!(send(&mut browser, &disable, &[], "do").await.status, 303);
    }
    assert!(!comes_in(&world, "ann", PASSWORD).await);
    let list = browser.get(PLACE).await;
    assert!(plain(&list).contains("ann B. is shut out."), "{}", plain(&list));
    assert!(link(&list, "ann/enable-user") && !link(&list, "ann/disable-user"), "{}", list.text);
    let enable = begin(&mut browser, "ann/enable-user").await;
    assert_eq!(send(&mut browser, &enable, &[], "do").await.status, 303);
    assert!(comes_in(&world, "ann", PASSWORD).await);
    let own = begin(&mut browser, "ada/disable-user").await;
    let page = plain(&send(&mut browser, &own, &[], "do").await);
    assert!(page.contains("Nobody does this to themselves"), "{page}");
    assert_eq!(browser.get(PLACE).await.status, 200);
    assert_eq!(browser.get("/console/users/eve/disable-user").await.status, 404);
    let events: Vec<_> = events(&world, "ann").await.into_iter().map(|it| it.0).collect();
    assert_eq!(events.iter().filter(|it| *it == "user_disabled").count(), 1, "{events:?}");
}

#[tokio::test]
async fn only_who_may_configure_sees_and_does_anything_about_users() {
    let world = provider();
    for (name, role) in super::desk::STAFF.into_iter().filter(|it| it.1 != Role::Admin) {
        let mut browser = signed_in(&world, name).await;
        let csrf = token(&browser.get("/console").await).to_owned();
        for path in ["new", "ann/new-password", "rea/disable-user", "rea/change-user"] {
            let path = format!("{PLACE}/{path}");
            assert_eq!(browser.get(&path).await.status, 403, "{role:?}");
            let fields = [
                ("csrf", csrf.as_str()),
                ("step", "do"),
                ("login", "eve"),
                ("name", "Eve"),
                ("role", "admin"),
            ];
            assert_eq!(browser.post_bare(&path, &fields).await.status, 403, "{role:?}");
        }
    }
    let all = users(&world).list().unwrap();
    let lines: Vec<_> = all.iter().map(|it| (it.name.as_str(), it.disabled_at)).collect();
    assert_eq!(lines, [("ada", None), ("ann", None), ("fia", None), ("rea", None)]);
}
