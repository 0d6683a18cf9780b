//! Somebody in front of a browser: reads what stands there, fills in by labels, presses by words.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thirtyfour::components::SelectElement;
use thirtyfour::prelude::*;

/// Longer than anything takes that a page does; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often a page is looked at again for what is awaited.
const GLANCE: Duration = Duration::from_millis(25);

/// What is visible, as one line.
const VISIBLE: &str = "return document.body.innerText.replace(/\\s+/g, ' ')";

pub struct Person {
    pub driver: WebDriver,
    address: String,
}

impl Person {
    pub fn new(driver: WebDriver, address: &str) -> Self {
        Self { driver, address: format!("http://{address}") }
    }

    pub async fn goes_to(&self, path: &str) {
        self.driver.goto(format!("{}{path}", self.address)).await.expect("the server answers");
    }

    /// Where they are, without the server's address.
    pub async fn place(&self) -> String {
        let address = self.driver.current_url().await.expect("a page").to_string();
        address.strip_prefix(&self.address).expect("a page of the server").to_owned()
    }

    /// Waits until these words stand somewhere in the page.
    pub async fn sees(&self, words: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = self.text().await;
            if text.contains(words) {
                return;
            }
            let place = self.place().await;
            assert!(Instant::now() < deadline, "waited for {words:?} at {place}: {text}");
            tokio::time::sleep(GLANCE).await;
        }
    }

    async fn text(&self) -> String {
        self.asks(VISIBLE, vec![]).await.as_str().expect("a text").to_owned()
    }

    /// What a script answers. It runs beside the page, also where the page's own may not.
    pub async fn asks(&self, script: &str, with: Vec<Value>) -> Value {
        let answer = self.driver.execute(script, with).await;
        answer.unwrap_or_else(|it| panic!("{script}: {it}")).json().clone()
    }

    /// Types into the field with this label, in place of what is there.
    pub async fn fills(&self, label: &str, text: &str) {
        let field = self.field(label).await;
        field.clear().await.expect("a field that can be filled in");
        field.send_keys(text).await.expect("a field that can be filled in");
    }

    /// Chooses, in the list with this label, what begins with these words.
    pub async fn chooses(&self, label: &str, words: &str) {
        let list = SelectElement::new(&self.field(label).await).await.expect("a list");
        let condition = format!("starts-with(normalize-space(.), '{words}')");
        list.select_by_xpath_condition(&condition).await.expect("what can be chosen");
    }

    /// Presses the button or the link with these words.
    pub async fn presses(&self, words: &str) {
        let path = format!("//*[self::a or self::button][normalize-space(.)='{words}']");
        self.finds(&path).await.click().await.unwrap_or_else(|it| panic!("{words:?}: {it}"));
    }

    /// Opens what is folded behind a line that begins with these words.
    pub async fn unfolds(&self, words: &str) {
        let path = format!("//summary[starts-with(normalize-space(.), '{words}')]");
        self.finds(&path).await.click().await.unwrap_or_else(|it| panic!("{words:?}: {it}"));
    }

    /// Presses these keys, wherever the focus is.
    pub async fn types(&self, keys: &str) {
        let keys = self.driver.action_chain().send_keys(keys);
        keys.perform().await.expect("a page with a keyboard");
    }

    /// The id of what has the focus.
    pub async fn focus(&self) -> String {
        let id = self.asks("return document.activeElement.id", vec![]).await;
        id.as_str().expect("an id").to_owned()
    }

    async fn field(&self, label: &str) -> WebElement {
        let path = format!(
            "//*[@id=//label[normalize-space(text()[1])='{label}']/@for or @aria-label='{label}']"
        );
        self.finds(&path).await
    }

    async fn finds(&self, path: &str) -> WebElement {
        let query = self.driver.query(By::XPath(path)).wait(PATIENCE, GLANCE).and_displayed();
        match query.first().await {
            Ok(element) => element,
            Err(error) => panic!("{path} at {}: {error}", self.place().await),
        }
    }

    /// Leaves a mark that is gone as soon as the page is loaded again.
    pub async fn marks_the_page(&self) {
        self.asks("window.hasStayed = true", vec![]).await;
    }

    pub async fn is_at_the_marked_page(&self) -> bool {
        self.asks("return window.hasStayed === true", vec![]).await == json!(true)
    }

    /// A screen of so many pixels, across and down.
    pub async fn takes_a_screen(&self, (width, height): (u32, u32)) {
        let (scale, mobile) = (1, false);
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile,
        });
        self.commands("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// From the next page on, none of them runs a script.
    pub async fn switches_script_off(&self) {
        self.commands("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
    }

    /// Has the browser do what only its developers ask for.
    pub async fn commands(&self, method: &str, with: Value) {
        let done = self.driver.cdp().send_raw(method, with).await;
        done.unwrap_or_else(|it| panic!("{method}: {it}"));
    }

    /// What the browser complained of since it was asked last: errors of scripts, addresses that
    /// are not there, and what the Content-Security-Policy kept it from.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.driver.browser_log().await.expect("a log");
        let told = log.into_iter().filter(|it| it.level == "SEVERE" || it.level == "WARNING");
        told.map(|it| format!("{}: {}", it.level, it.message)).collect()
    }
}
