//! Every address of the console, as nobody, as each role, with a wrong token, and what a page may
//! show.

use std::collections::BTreeSet;

use server::console::{Door, doors};
use server::http::auth::Role;

use super::desk::{Client, STAFF, client, nobody, provider, signed_in, token};
use crate::api::access::browser::{Page, users};

/// The door's address, with what there is in place of what it names.
fn path(door: &Door, client: &Client) -> String {
    let kinds = [
        ("{customer}", client.customer.as_str()),
        ("{account}", &client.account),
        ("{user}", "rea"),
        ("{payment}", "pay_9999"),
        ("{refund}", "rfd_9999-1"),
        ("{command}", "cmd_9999"),
        ("{delivery}", "whd_9999"),
        ("{*rest}", "no/such/page"),
    ];
    kinds.iter().fold(door.path.clone(), |path, (name, value)| path.replace(name, value))
}

/// The address names something that is not there.
fn is_of_nothing(door: &Door) -> bool {
    ["{*rest}", "{payment}", "{refund}", "{command}", "{delivery}"]
        .iter()
        .any(|it| door.path.contains(it))
}

fn is_feed(door: &Door) -> bool {
    door.path == "/console/live"
}

#[tokio::test]
async fn nobody_comes_in_by_any_door() {
    let world = provider();
    let client = client(&world).await;
    let mut browser = nobody(&world);
    let form = browser.get("/console/sign-in").await;
    let token = token(&form).to_owned();
    let before = world.head().await;
    for door in doors() {
        let path = path(&door, &client);
        if door.look.is_some() {
            let page = browser.get(&path).await;
            assert_eq!(page.status, 303, "{path}");
            let to = page.headers["location"].to_str().unwrap();
            assert!(to.starts_with("/console/sign-in?next="), "{path}: {to}");
            let script = [("sec-fetch-dest", "empty")];
            let page = browser.send("GET", &path, String::new(), &script).await;
            assert_eq!((page.status, page.text.as_str()), (401, ""), "{path}");
        }
        if door.act.is_some() {
            assert_eq!(browser.post_bare(&path, &[]).await.status, 403, "{path}");
            let page = browser.post_bare(&path, &[("csrf", &token)]).await;
            assert_eq!(page.status, 303, "{path}");
            assert_eq!(page.headers["location"], "/console/sign-in", "{path}");
        }
    }
    assert_eq!(world.head().await, before);
}

#[tokio::test]
async fn each_role_opens_what_its_permissions_say_and_nothing_else() {
    let world = provider();
    let client = client(&world).await;
    for (name, role) in STAFF {
        let mut browser = signed_in(&world, name).await;
        for door in doors().iter().filter(|it| !is_feed(it)) {
            let path = path(door, &client);
            let Some(look) = door.look else { continue };
            let page = browser.get(&path).await;
            let expected = match role.may(look) {
                false => 403,
                true if is_of_nothing(door) => 404,
                true => 200,
            };
            assert_eq!(page.status, expected, "{name}: {path}: {}", page.text);
            is_safe(&page, &path);
        }
    }
}

#[tokio::test]
async fn a_form_that_a_role_may_not_send_does_nothing() {
    let world = provider();
    let client = client(&world).await;
    let people = || users(&world).list().unwrap();
    let (before, all) = (world.head().await, people());
    for (name, role) in STAFF {
        let mut browser = signed_in(&world, name).await;
        let page = browser.get("/console").await;
        let token = token(&page).to_owned();
        for door in doors() {
            let Some(act) = door.act.filter(|it| !role.may(*it)) else { continue };
            let path = path(&door, &client);
            let page = browser.post_bare(&path, &[("csrf", &token), ("step", "do")]).await;
            assert_eq!(page.status, 403, "{name} {act:?} {path}: {}", page.text);
            assert!(page.text.contains("This is not yours to open"), "{path}: {}", page.text);
        }
    }
    assert_eq!(world.head().await, before);
    assert_eq!(people(), all);
}

#[tokio::test]
async fn a_form_without_the_sessions_token_does_nothing() {
    let world = provider();
    let client = client(&world).await;
    let mut other = signed_in(&world, "fia").await;
    let page = other.get("/console").await;
    let theirs = token(&page).to_owned();
    let mut browser = signed_in(&world, "ada").await;
    let people = || users(&world).list().unwrap();
    let (before, all) = (world.head().await, people());
    for door in doors().iter().filter(|it| it.act.is_some()) {
        let path = path(door, &client);
        for wrong in ["", "AAAA", theirs.as_str()] {
            let page = browser.post_bare(&path, &[("csrf", wrong), ("step", "do")]).await;
            assert_eq!(page.status, 403, "{path}");
            assert!(page.text.contains("This form has become too old"), "{path}: {}", page.text);
        }
        assert_eq!(browser.post_bare(&path, &[("step", "do")]).await.status, 403, "{path}");
    }
    assert_eq!(world.head().await, before);
    assert_eq!(people(), all);
    assert_eq!(browser.get("/console").await.status, 200, "nobody was signed out");
}

/// Nothing in a page is of another host, or does what the policy would not let it.
fn is_safe(page: &Page, path: &str) {
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self';"));
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(page.headers[name], value, "{path}");
    }
    for wrong in
        [" style=\"", "<style", "javascript:", " onclick", " onload", "http://", "https://"]
    {
        assert!(!page.text.contains(wrong), "{path} has {wrong}: {}", page.text);
    }
    for script in page.text.split("<script").skip(1) {
        assert!(script.starts_with(" src=\"/pages/"), "{path}: {script}");
    }
}

#[tokio::test]
async fn every_link_and_form_of_every_page_leads_to_a_door() {
    let world = provider();
    let client = client(&world).await;
    let mut browser = signed_in(&world, "ada").await;
    let mut seen = BTreeSet::new();
    let mut open: Vec<String> = doors()
        .iter()
        .filter(|it| it.look.is_some() && !is_feed(it) && !is_of_nothing(it))
        .map(|it| path(it, &client))
        .collect();
    while let Some(path) = open.pop() {
        if !seen.insert(path.clone()) || seen.len() > 400 {
            continue;
        }
        let page = browser.get(&path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        open.extend(links(&page));
        for form in page.text.split("method=\"post\" action=\"").skip(1) {
            let to = form.split('"').next().unwrap();
            assert!(to == "/console/sign-in" || has_door(to), "{path}: a form to {to}");
        }
    }
    assert!(seen.len() > doors().len() / 2, "{seen:?}");
}

fn has_door(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let fits = |door: &str| {
        let (one, other): (Vec<_>, Vec<_>) = (door.split('/').collect(), path.split('/').collect());
        let same = |(a, b): (&&str, &&str)| a == b || a.starts_with('{');
        one.len() == other.len() && one.iter().zip(&other).all(same)
    };
    doors().iter().any(|it| it.act.is_some() && fits(&it.path))
}

fn links(page: &Page) -> Vec<String> {
    let hrefs = page.text.split("href=\"").skip(1).filter_map(|it| it.split('"').next());
    // What is exported is a file, and has no links.
    let inside = hrefs.filter(|it| it.starts_with("/console") && !it.contains("/export?"));
    inside.map(|it| it.replace("&#38;", "&").split('#').next().unwrap_or_default().into()).collect()
}

#[test]
fn roles_that_may_the_same_are_not_made_up_here() {
    // The table above is walked with all roles that people have.
    let people = Role::ALL.into_iter().filter(|it| *it != Role::Gateway);
    assert_eq!(people.count(), STAFF.len());
}
