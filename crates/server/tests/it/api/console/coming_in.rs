//! Signing in and out, the language, and what a browser is told to allow.

use super::desk::{nobody, plain, provider, sign_in, signed_in, submit};
use crate::api::access::browser::PASSWORD;

#[tokio::test]
async fn one_comes_in_where_one_wanted_to_go_and_goes_out() {
    let world = provider();
    let mut browser = nobody(&world);
    let page = browser.get("/console/find?q=a").await;
    assert_eq!(
        (page.status, &page.headers["location"]),
        (303, &"/console/sign-in?next=%2Fconsole%2Ffind%3Fq%3Da".parse().unwrap())
    );
    let wrong = sign_in(&mut browser, "ann", "tiare+lagoo", "/console/find?q=a").await;
    assert_eq!(wrong.status, 403);
    assert!(plain(&wrong).contains("Login and password do not go together."), "{}", wrong.text);
    assert!(
        wrong.text.contains("value=\"ann\"") && !wrong.text.contains("tiare"),
        "{}",
        wrong.text
    );
    let page = sign_in(&mut browser, "ann", PASSWORD, "/console/find?q=a").await;
    assert_eq!(
        (page.status, page.headers["location"].to_str().unwrap()),
        (303, "/console/find?q=a")
    );
    let page = browser.get("/console").await;
    assert!(plain(&page).contains("ann B. agent"), "{}", page.text);
    let page = submit(&mut browser, "/console", "/console/sign-out", &[]).await;
    assert_eq!(page.headers["location"], "/console/sign-in?out=1");
    let page = browser.get("/console/sign-in?out=1").await;
    assert!(plain(&page).contains("You are signed out."), "{}", page.text);
    assert_eq!(browser.get("/console").await.status, 303);
}

#[tokio::test]
async fn nobody_is_led_elsewhere_by_signing_in() {
    let world = provider();
    let mut browser = nobody(&world);
    for next in ["https://evil.example", "//evil.example", "/v1/clock", ""] {
        let page = sign_in(&mut browser, "ann", PASSWORD, next).await;
        assert_eq!(page.headers["location"], "/console", "{next}");
    }
}

#[tokio::test]
async fn too_many_attempts_have_to_wait() {
    let world = provider();
    let mut browser = nobody(&world);
    for _ in 0..5 {
        assert_eq!(sign_in(&mut browser, "ann", "no", "").await.status, 403);
    }
    let page = sign_in(&mut browser, "ann", PASSWORD, "").await;
    assert_eq!(page.status, 429);
    assert!(plain(&page).contains("Too many attempts."), "{}", page.text);
}

#[tokio::test]
async fn a_language_is_remembered_for_the_user() {
    let world = provider();
    let mut browser = signed_in(&world, "ann").await;
    browser.headers.push(("accept-language", "nb;q=0.9, es-MX, en".into()));
    assert!(browser.get("/console").await.text.contains("<html lang=\"es\""));
    let fields = [("language", "fr"), ("theme", "dark"), ("next", "/console/find")];
    let page = submit(&mut browser, "/console", "/console/looks", &fields).await;
    assert_eq!(page.headers["location"], "/console/find");
    assert!(browser.get("/console").await.text.contains("<html lang=\"fr\" data-theme=\"dark\">"));
    let mut elsewhere = signed_in(&world, "ann").await;
    assert!(elsewhere.get("/console").await.text.contains("<html lang=\"fr\">"));
    let mut other = signed_in(&world, "fia").await;
    assert!(other.get("/console").await.text.contains("<html lang=\"en\">"));
}

#[tokio::test]
async fn style_and_script_are_kept_by_the_browser_and_known_again() {
    let world = provider();
    let mut browser = nobody(&world);
    let page = browser.get("/console/sign-in").await;
    let style = page.text.split("rel=\"stylesheet\" href=\"").nth(1).unwrap();
    let style = style.split('"').next().unwrap().to_owned();
    let file = browser.get(&style).await;
    assert_eq!((file.status, file.text.as_str()), (200, pages::STYLE));
    assert_eq!(file.headers["content-type"], "text/css; charset=utf-8");
    assert_eq!(file.headers["cache-control"], "public, max-age=31536000, immutable");
    let tag = file.headers["etag"].to_str().unwrap().to_owned();
    let script = browser.get("/pages/live.js").await;
    assert_eq!((script.status, script.text.as_str()), (200, pages::LIVE_SCRIPT));
    assert_eq!(script.headers["cache-control"], "no-cache");
    let known = [("if-none-match", tag.as_str())];
    assert_eq!(browser.send("GET", "/pages/live.js", String::new(), &known).await.status, 304);
    assert_eq!(browser.get("/pages/other.js").await.status, 404);
}
