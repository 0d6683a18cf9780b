//! Every page that a link leads to, once, on a telephone.

use std::collections::{BTreeSet, VecDeque};

use serde_json::Value;

use super::chromium::tell;
use super::demo::Demo;
use super::person::Person;
use super::provider::{sign_in_to_self_care, sign_in_to_the_console};
use crate::process::harness::sporran;

/// Its status, how wide it is and may be, and where it leads.
const LOOK: &str = "const [visit] = performance.getEntriesByType('navigation'); \
    return [visit.responseStatus, document.scrollingElement.scrollWidth, innerWidth, \
    [...document.querySelectorAll('a[href]:not([download])')].map(it => it.getAttribute('href'))]";

/// Far more than there are kinds of pages.
const PAGES_MAX: usize = 120;

#[test]
fn every_page_fits_a_telephone_and_the_browser_complains_of_none() {
    tell(async |chromium| {
        let demo = Demo::start(sporran(&[]), 60, 0);
        let person = chromium.open(demo.address()).await;
        person.takes_a_screen((360, 740)).await;
        sign_in_to_the_console(&person, "admin", demo.password("admin")).await;
        person.sees("Find a customer").await;
        let console = walk(&person, "/console").await;
        let (number, password) = demo.customer();
        sign_in_to_self_care(&person, number, password).await;
        person.sees("to spend").await;
        let self_care = walk(&person, "/my").await;
        for page in ["/console/dashboard", "/console/audit", "/console/customers/cus_#"] {
            assert!(console.contains(page), "{page}: {console:?}");
        }
        for page in ["/my/statement", "/my/pay", "/my/settings"] {
            assert!(self_care.contains(page), "{page}: {self_care:?}");
        }
    });
}

/// Follows the links from `start`, one of each kind; answers the kinds of pages it came to.
async fn walk(person: &Person, start: &str) -> BTreeSet<String> {
    let mut kinds = BTreeSet::new();
    let mut ahead = VecDeque::from([start.to_owned()]);
    while let Some(path) = ahead.pop_front() {
        if !path.starts_with(start) || path.contains("/export") || !kinds.insert(kind(&path)) {
            continue;
        }
        assert!(kinds.len() < PAGES_MAX, "{kinds:?}");
        person.goes_to(&path).await;
        let look = person.asks(LOOK, vec![]).await;
        assert_eq!(look[0], 200, "{path}");
        assert!(look[1].as_u64() <= look[2].as_u64(), "{path} is wider than the screen: {look}");
        assert_eq!(person.complaints().await, [""; 0], "{path}");
        ahead.extend(look[3].as_array().into_iter().flatten().filter_map(Value::as_str).map(
            |href| match href.strip_prefix('?') {
                Some(query) => format!("{}?{query}", path.split('?').next().unwrap_or(&path)),
                None => href.split('#').next().unwrap_or_default().to_owned(),
            },
        ));
    }
    kinds
}

/// A page by another number is another of the same kind; one with other parameters as well.
fn kind(path: &str) -> String {
    let path = path.split('?').next().unwrap_or(path);
    let mut kind = String::new();
    for character in path.chars() {
        match character {
            '0'..='9' if kind.ends_with('#') => {}
            '0'..='9' => kind.push('#'),
            other => kind.push(other),
        }
    }
    kind
}
