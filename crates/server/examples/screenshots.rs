//! Takes pictures of a demo's best pages into a directory: `cargo xtask screenshots`.
//!
//! Expects the program `sporran` where cargo has built it, above the directory of this one.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

#[path = "../tests/it/browser/chromium.rs"]
mod chromium;
#[path = "../tests/it/browser/demo.rs"]
mod demo;
#[path = "../tests/it/browser/person.rs"]
#[expect(dead_code, reason = "the tests do more with a page than look at it")]
mod person;

use chromium::Chromium;
use demo::Demo;
use person::Person;

const DESK: (u32, u32) = (1_280, 800);
const TELEPHONE: (u32, u32) = (360, 740);

const ACCOUNTS: u32 = 120;
/// So slowly that a picture is not out of date before it is taken.
const OPERATIONS_A_SECOND: u32 = 2;

/// Whom the console has found, by their accounts.
const NUMBERS: &str = "return [...document.querySelectorAll('#results .number')] \
    .map(it => it.textContent.replace(/\\D/g, ''))";

fn main() {
    let directory = std::env::args().nth(1).map_or_else(|| "docs/images".into(), PathBuf::from);
    std::fs::create_dir_all(&directory).expect("a directory for the pictures");
    let was_told = chromium::tell(async |chromium| {
        let demo = Demo::start(sporran(), ACCOUNTS, OPERATIONS_A_SECOND);
        let numbers = take_console(chromium, &demo, &directory).await;
        take_self_care(chromium, &demo, &directory, &numbers).await;
    });
    assert!(was_told, "no pictures without a browser");
}

fn sporran() -> Command {
    let own = std::env::current_exe().expect("a program knows where it is");
    let built = own.parent().and_then(Path::parent).expect("cargo keeps examples below");
    let mut command = Command::new(built.join("sporran"));
    command.env("SPORRAN_PROVIDER_NAME", "Lagoon Telecom");
    command
}

/// Answers the numbers of some accounts, those of the customer in the picture first.
async fn take_console(chromium: &Chromium, demo: &Demo, directory: &Path) -> Vec<String> {
    let desk = chromium.open(demo.address()).await;
    desk.takes_a_screen(DESK).await;
    desk.goes_to("/console/sign-in").await;
    desk.fills("Login", "agent").await;
    desk.fills("Password", demo.password("agent")).await;
    desk.presses("Sign in").await;
    desk.sees("Find a customer").await;
    // Whoever has owed something for longest has the most to show.
    desk.goes_to("/console/receivables").await;
    presses_first(&desk, "a[href^='/console/customers/']").await;
    desk.sees("RECOMMENDED").await;
    picture(&desk, directory, "customer").await;
    prefers(&desk, "dark").await;
    picture(&desk, directory, "customer-dark").await;
    prefers(&desk, "light").await;
    let own = desk.asks("return document.querySelector('.account .number').textContent", vec![]);
    let own = own.await.as_str().expect("a number").replace(|it: char| !it.is_ascii_digit(), "");
    presses_first(&desk, ".account:last-of-type h2 a").await;
    desk.sees("Balance over time").await;
    picture(&desk, directory, "account").await;
    desk.goes_to("/console/dashboard").await;
    desk.sees("Authorisations a second").await;
    picture(&desk, directory, "dashboard").await;
    desk.goes_to("/console/find?q=1000").await;
    let found = desk.asks(NUMBERS, vec![]).await;
    let found = found.as_array().cloned().unwrap_or_default();
    let found = found.iter().filter_map(Value::as_str).map(str::to_owned);
    [own].into_iter().chain(found).collect()
}

async fn take_self_care(chromium: &Chromium, demo: &Demo, directory: &Path, numbers: &[String]) {
    let pocket = chromium.open(demo.address()).await;
    pocket.takes_a_screen(TELEPHONE).await;
    let (_, password) = demo.customer();
    for (place, number) in numbers.iter().enumerate() {
        pocket.commands("Network.clearBrowserCookies", json!({})).await;
        pocket.goes_to("/my/sign-in").await;
        pocket.fills("Account number, telephone or email", number).await;
        pocket.fills("Password", password).await;
        pocket.presses("Sign in").await;
        pocket.sees("to spend").await;
        if place == 0 {
            picture(&pocket, directory, "self-care").await;
        }
        pocket.goes_to("/my/promise").await;
        let is_offered = "return document.body.innerText.includes('Yes, please')";
        if pocket.asks(is_offered, vec![]).await == json!(true) {
            return picture(&pocket, directory, "promise").await;
        }
    }
    panic!("nobody may promise a payment");
}

async fn prefers(person: &Person, scheme: &str) {
    let feature = json!({"name": "prefers-color-scheme", "value": scheme});
    person.commands("Emulation.setEmulatedMedia", json!({"features": [feature]})).await;
}

async fn presses_first(person: &Person, selector: &str) {
    let press = "document.querySelector(arguments[0]).click()";
    person.asks(press, vec![json!(selector)]).await;
}

async fn picture(person: &Person, directory: &Path, name: &str) {
    let file = directory.join(name).with_extension("png");
    person.driver.screenshot(&file).await.unwrap_or_else(|it| panic!("{}: {it}", file.display()));
}
