//! Signing in by password and by code, signing out, languages, and what fails.

use super::pocket::{SECRET, amelie, nobody, provider, signed_in, teva};
use crate::api::console::desk::{plain, submit, token};

#[tokio::test]
async fn a_customer_comes_in_by_password_and_goes_where_they_wanted() {
    let world = provider();
    let client = amelie(&world).await;
    let mut browser = nobody(&world);
    let away = browser.get("/my/statement?q=a").await;
    assert_eq!(away.status, 303);
    let to = away.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(to, "/my/sign-in?next=%2Fmy%2Fstatement%3Fq%3Da");
    let form = browser.get(&to).await;
    assert!(form.text.contains("value=\"/my/statement?q=a\""), "{}", form.text);
    let fields = [("name", "amelie@example.com"), ("password", "wrong"), ("next", "/my")];
    let wrong = submit(&mut browser, "/my/sign-in", "/my/sign-in", &fields).await;
    assert_eq!(wrong.status, 403);
    assert!(plain(&wrong).contains("That does not fit together"), "{}", wrong.text);
    assert!(!wrong.text.contains("value=\"wrong\""), "{}", wrong.text);
    let next = "/my/statement?q=a";
    let fields = [("name", client.number.as_str()), ("password", SECRET), ("next", next)];
    let page = submit(&mut browser, "/my/sign-in", "/my/sign-in", &fields).await;
    assert_eq!((page.status, page.headers["location"].to_str().unwrap()), (303, next));
    let home = browser.get("/my").await;
    assert!(plain(&home).contains("Hello Amélie Tetuanui"), "{}", home.text);
    let out = submit(&mut browser, "/my/more", "/my/sign-out", &[]).await;
    assert_eq!(out.headers["location"], "/my/sign-in?out=1");
    assert!(plain(&browser.get("/my/sign-in?out=1").await).contains("You are signed out."));
    assert_eq!(browser.get("/my").await.status, 303);
}

#[tokio::test]
async fn a_code_is_shown_in_a_demonstration_and_lets_in_once() {
    let world = provider();
    amelie(&world).await;
    let mut browser = nobody(&world);
    let fields = [("name", "+689 87 12 34 56")];
    let page = submit(&mut browser, "/my/sign-in", "/my/sign-in/code", &fields).await;
    assert_eq!(page.status, 200);
    let text = plain(&page);
    let code = text.split("Your code is ").nth(1).expect("a code").get(..6).unwrap().to_owned();
    let enter = [("name", "+689 87 12 34 56"), ("code", "1")];
    let to = "/my/sign-in/code/enter";
    let wrong = submit(&mut browser, "/my/sign-in", to, &enter).await;
    assert_eq!(wrong.status, 403);
    assert!(plain(&wrong).contains("This code does not fit"), "{}", wrong.text);
    let enter = [("name", "+689 87 12 34 56"), ("code", code.as_str())];
    let page = submit(&mut browser, "/my/sign-in", to, &enter).await;
    assert_eq!((page.status, page.headers["location"].to_str().unwrap()), (303, "/my"));
    assert_eq!(browser.get("/my").await.status, 200);
    let mut other = nobody(&world);
    assert_eq!(submit(&mut other, "/my/sign-in", to, &enter).await.status, 403);
}

#[tokio::test]
async fn a_code_goes_to_nobody_who_is_not_named() {
    let world = provider();
    let mut browser = nobody(&world);
    let page = submit(&mut browser, "/my/sign-in", "/my/sign-in/code", &[("name", " ")]).await;
    assert_eq!(page.status, 422);
    let text = plain(&page);
    assert!(text.contains("Type your account number, telephone or email first"), "{text}");
}

#[tokio::test]
async fn a_language_is_chosen_before_and_remembered_after_signing_in() {
    let world = provider();
    let client = amelie(&world).await;
    let mut browser = nobody(&world);
    let page = browser.get("/my/sign-in?language=fr").await;
    assert!(page.text.contains("<html lang=\"fr\""), "{}", page.text);
    let mut browser = signed_in(&world, &client).await;
    let to = "/my/settings/language";
    let set = submit(&mut browser, "/my/settings", to, &[("language", "ru")]).await;
    assert_eq!(set.status, 303);
    let mut elsewhere = signed_in(&world, &client).await;
    assert!(elsewhere.get("/my").await.text.contains("<html lang=\"ru\""));
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_the_present_one() {
    let world = provider();
    let client = amelie(&world).await;
    let mut browser = signed_in(&world, &client).await;
    let to = "/my/settings/password";
    let wrong = [("current", "guess"), ("new", "coral+reef+9")];
    let page = submit(&mut browser, "/my/settings", to, &wrong).await;
    assert!(plain(&page).contains("This is not your present password."), "{}", page.text);
    let short = [("current", SECRET), ("new", "a1")];
    let page = submit(&mut browser, "/my/settings", to, &short).await;
    assert!(plain(&page).contains("At least 8 characters."), "{}", page.text);
    let right = [("current", SECRET), ("new", "coral+reef+9")];
    assert_eq!(submit(&mut browser, "/my/settings", to, &right).await.status, 303);
    assert!(plain(&browser.get("/my/settings").await).contains("Your password is changed."));
    let mut other = nobody(&world);
    let old = [("name", client.number.as_str()), ("password", SECRET)];
    assert_eq!(submit(&mut other, "/my/sign-in", "/my/sign-in", &old).await.status, 403);
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let world = provider();
    let client = amelie(&world).await;
    let mut one = signed_in(&world, &client).await;
    let mut other = signed_in(&world, &client).await;
    let page = one.get("/my/sign-ins").await;
    let end = page.text.split("action=\"/my/sign-ins/").skip(1);
    let end = end.filter_map(|it| it.split('"').next()).find(|it| it.ends_with("/end"));
    let end = format!("/my/sign-ins/{}", end.expect("the other session"));
    assert_eq!(submit(&mut one, "/my/sign-ins", &end, &[]).await.status, 303);
    assert_eq!((one.get("/my").await.status, other.get("/my").await.status), (200, 303));
    let all = submit(&mut one, "/my/sign-ins", "/my/sign-ins/end-all", &[]).await;
    assert_eq!(all.status, 303);
    assert_eq!(one.get("/my").await.status, 303);
}

#[tokio::test]
async fn what_fails_is_said_in_self_cares_own_voice() {
    let world = provider();
    let client = amelie(&world).await;
    let mut browser = signed_in(&world, &client).await;
    let page = browser.get("/my/no/such/page").await;
    assert_eq!(page.status, 404);
    assert!(plain(&page).contains("Your accounts are where they were."), "{}", page.text);
    assert!(page.text.contains("href=\"/my\""), "{}", page.text);
    let home = browser.get("/my").await;
    let theme = [("csrf", token(&home)), ("theme", "dark")];
    let referer = [("referer", "https://my.example/my/services?x=1")];
    let body = format!("csrf={}&theme=dark", theme[0].1);
    let page = browser.send("POST", "/my/theme", body, &referer).await;
    assert_eq!(page.headers["location"], "/my/services?x=1");
    assert!(browser.get("/my").await.text.contains("data-theme=\"dark\""));
}

#[tokio::test]
async fn what_was_tried_lately_is_told_to_whom_it_concerns() {
    let world = provider();
    let (client, other) = (amelie(&world).await, teva(&world).await);
    let mut browser = nobody(&world);
    let wrong = [("name", client.number.as_str()), ("password", "wrong")];
    submit(&mut browser, "/my/sign-in", "/my/sign-in", &wrong).await;
    let mut browser = signed_in(&world, &client).await;
    let shown = plain(&browser.get("/my/sign-ins").await);
    let lines = [
        "Lately Signed in by password 10:00 Test, 192.0.2.7",
        "Wrong password 10:00 Test, 192.0.2.7",
        "We set a new password 10:00",
    ];
    let lines = lines.join(" ");
    assert!(shown.contains(&lines), "{lines}: {shown}");
    let mut browser = signed_in(&world, &other).await;
    let shown = plain(&browser.get("/my/sign-ins").await);
    assert!(shown.contains("Lately") && !shown.contains("Wrong"), "{shown}");
}
