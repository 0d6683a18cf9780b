//! Forms: only a page of ours, made for this browser, changes anything.

use super::browser::{Browser, PASSWORD, provider};

async fn token(browser: &mut Browser, page: &str) -> String {
    let page = browser.get(page).await;
    page.text.split(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_form_without_its_token_changes_nothing() {
    let world = provider(|_| {});
    let mut browser = Browser::new(&world, "192.0.2.7");
    let fields = [("name", "ann"), ("password", PASSWORD)];
    // Neither without a token nor with one of another browser, whichever cookie that has.
    let mut other = Browser::new(&world, "192.0.2.8");
    let foreign = token(&mut other, "/console/sign-in").await;
    token(&mut browser, "/console/sign-in").await;
    for wrong in ["", "AAAA", &foreign] {
        let sent: Vec<_> = fields.iter().copied().chain([("csrf", wrong)]).collect();
        let page = browser.post_bare("/console/sign-in", &sent).await;
        assert_eq!(page.status, 403, "{wrong}: {}", page.text);
        assert!(page.text.contains("this form is too old"), "{}", page.text);
    }
    assert_eq!(browser.post_bare("/console/sign-in", &fields).await.status, 403);
    browser.staff("ann", PASSWORD).await.says(200, "hello stranger");
    other.staff("ann", PASSWORD).await.says(200, "hello stranger");
    let foreign = token(&mut other, "/console").await;
    let page = browser.post_bare("/console/sign-out", &[("csrf", &foreign)]).await;
    assert_eq!(page.status, 403);
    assert_eq!(browser.get("/console").await.status, 200);
    browser.submit("/console", "/console/sign-out", &[]).await.says(200, "bye");
}

#[tokio::test]
async fn a_form_of_one_area_is_none_of_the_other() {
    let world = provider(|_| {});
    let mut browser = Browser::new(&world, "192.0.2.7");
    browser.staff("ann", PASSWORD).await.says(200, "hello stranger");
    let console = token(&mut browser, "/console").await;
    let page = browser.post_bare("/my/code", &[("name", "x"), ("csrf", &console)]).await;
    assert_eq!(page.status, 403, "{}", page.text);
}

#[tokio::test]
async fn a_script_sends_the_token_in_a_header() {
    let world = provider(|_| {});
    let mut browser = Browser::new(&world, "192.0.2.7");
    browser.staff("ann", PASSWORD).await.says(200, "hello stranger");
    let token = token(&mut browser, "/console").await;
    for (wrong, status) in [("AAAA", 403), (token.as_str(), 200)] {
        let headers = [("x-csrf-token", wrong)];
        let page = browser.send("POST", "/console/sign-out", String::new(), &headers).await;
        assert_eq!(page.status, status, "{}", page.text);
    }
}

#[tokio::test]
async fn what_another_site_sends_is_refused_whatever_it_knows() {
    let world = provider(|_| {});
    let mut browser = Browser::new(&world, "192.0.2.7");
    browser.staff("ann", PASSWORD).await.says(200, "hello stranger");
    let body = format!("csrf={}", token(&mut browser, "/console").await);
    let host = ("host", "127.0.0.1:8080");
    let others = [
        [host, ("sec-fetch-site", "cross-site")],
        [host, ("sec-fetch-site", "same-site")],
        [host, ("origin", "http://evil.example")],
        [host, ("origin", "http://127.0.0.1:8081")],
        [host, ("origin", "null")],
    ];
    for headers in others {
        let page = browser.send("POST", "/console/sign-out", body.clone(), &headers).await;
        assert_eq!(page.status, 403, "{headers:?}");
        assert!(page.text.contains("a page of somebody else"), "{}", page.text);
    }
    let ours = [host, ("origin", "http://127.0.0.1:8080")];
    browser.send("POST", "/console/sign-out", body, &ours).await.says(200, "bye");
}

#[tokio::test]
async fn looking_needs_no_token() {
    let world = provider(|_| {});
    let mut browser = Browser::new(&world, "192.0.2.7");
    let cross = [("sec-fetch-site", "cross-site")];
    let page = browser.send("GET", "/console/sign-in", String::new(), &cross).await;
    assert_eq!(page.status, 200);
    let set = page.headers["set-cookie"].to_str().unwrap();
    assert!(set.starts_with("__Host-sporran-form="), "{set}");
    // Once the browser has it, it keeps it.
    let again = browser.get("/console/sign-in").await;
    assert!(!again.headers.contains_key("set-cookie"));
    assert_eq!(again.text, page.text);
}

#[tokio::test]
async fn a_form_may_be_no_longer_than_any_body() {
    let world = provider(|config| config.limits.body_bytes_max = 2_000);
    let mut browser = Browser::new(&world, "192.0.2.7");
    let long = "x".repeat(3_000);
    let page = browser.submit("/console/sign-in", "/console/sign-in", &[("name", &long)]).await;
    assert_eq!(page.status, 413, "{}", page.text);
}

#[tokio::test]
async fn every_page_says_what_the_browser_is_to_keep_to() {
    let world = provider(|_| {});
    let mut browser = Browser::new(&world, "192.0.2.7");
    let shown = browser.get("/console/sign-in").await;
    let refused = browser.post_bare("/console/sign-in", &[]).await;
    let elsewhere = browser.get("/my").await;
    assert_eq!([shown.status, refused.status, elsewhere.status], [200, 403, 303]);
    for page in [shown, refused, elsewhere] {
        let header = |name: &str| page.headers[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        for part in ["script-src 'self';", "frame-ancestors 'none'", "form-action 'self'"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        assert_eq!(header("x-frame-options"), "DENY");
        assert_eq!(header("referrer-policy"), "same-origin");
    }
}
