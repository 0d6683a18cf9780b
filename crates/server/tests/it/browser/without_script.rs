//! The pages do what they do without any script.

use super::chromium::tell;
use super::provider::{PASSWORD, Provider, sign_in_to_self_care, sign_in_to_the_console};

#[test]
fn an_agent_takes_a_payment_and_a_customer_promises_one_without_script() {
    tell(async |chromium| {
        let mut provider = Provider::open();
        let amelie = provider.amelie("EUR");
        let person = chromium.open(&provider.server.address).await;
        person.switches_script_off().await;
        sign_in_to_self_care(&person, &amelie.number, PASSWORD).await;
        person.sees("Home is off").await;
        person.presses("Pay later").await;
        person.presses("Yes, please").await;
        person.sees("You have 20.00 EUR more to spend.").await;
        person.presses("Home").await;
        person.sees("Internet 100 amelie.t on").await;
        sign_in_to_the_console(&person, "ann", PASSWORD).await;
        person.sees("Find a customer").await;
        person.fills("Name, phone, number, login, reference", "tetua\n").await;
        person.presses("Amélie Tetuanui").await;
        person.presses("Take a payment").await;
        person.fills("Amount", "19.90").await;
        person.chooses("How it was paid", "cash").await;
        person.fills("Reference", "receipt-1").await;
        person.presses("Review").await;
        person.sees("Nothing has happened yet.").await;
        person.presses("Take the payment").await;
        person.sees("Payment · cash: 19.90 EUR").await;
        // With script the page's keys would be shown.
        person.types("?").await;
        let is_open = "return document.getElementById('keys').open";
        assert_eq!(person.asks(is_open, vec![]).await, serde_json::json!(false));
        person.goes_to("/my").await;
        person.sees("20.00 EUR to spend Balance 0.00").await;
    });
}
