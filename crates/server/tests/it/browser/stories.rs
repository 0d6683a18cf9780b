//! What people come for, from the first page to the last.

use super::chromium::tell;
use super::provider::{PASSWORD, Provider, sign_in_to_self_care, sign_in_to_the_console};

#[test]
fn a_payment_at_the_desk_shows_on_the_customers_open_page() {
    tell(async |chromium| {
        let mut provider = Provider::open();
        let amelie = provider.amelie("EUR");
        let customer = chromium.open(&provider.server.address).await;
        sign_in_to_self_care(&customer, &amelie.number, PASSWORD).await;
        customer.sees("Home is off").await;
        customer.marks_the_page().await;
        let agent = chromium.open(&provider.server.address).await;
        sign_in_to_the_console(&agent, "ann", PASSWORD).await;
        agent.sees("Find a customer").await;
        agent.types("/").await;
        assert_eq!(agent.focus().await, "find");
        agent.types("tetua").await;
        agent.presses("Amélie Tetuanui").await;
        agent.sees("19.90 EUR missing").await;
        agent.types("?").await;
        agent.sees("This list").await;
        agent.presses("Close").await;
        agent.types("p").await;
        agent.fills("Amount", "20.00").await;
        agent.chooses("How it was paid", "cash").await;
        agent.fills("Reference", "receipt-1").await;
        agent.presses("Review").await;
        agent.sees("Internet 100 will be switched on at once").await;
        agent.sees("Nothing has happened yet.").await;
        customer.sees("Home is off").await;
        agent.presses("Take the payment").await;
        agent.sees("Payment · cash: 20.00 EUR").await;
        customer.sees("Home is on").await;
        customer.sees("0.10 EUR to spend").await;
        assert!(customer.is_at_the_marked_page().await, "it came by itself");
        assert_eq!(customer.complaints().await, [""; 0]);
        assert_eq!(agent.complaints().await, [""; 0]);
    });
}

#[test]
fn a_promise_brings_a_service_on_until_it_ends() {
    tell(async |chromium| {
        let mut provider = Provider::open();
        let amelie = provider.amelie("EUR");
        let customer = chromium.open(&provider.server.address).await;
        sign_in_to_self_care(&customer, &amelie.number, PASSWORD).await;
        customer.sees("Home is off").await;
        customer.presses("Pay later").await;
        customer.sees("You get 20.00 EUR now").await;
        customer.sees("Internet 100 will be switched on at once").await;
        customer.presses("Yes, please").await;
        customer.sees("You have 20.00 EUR more to spend.").await;
        customer.presses("Home").await;
        customer.sees("Home goes off in 3 d").await;
        customer.sees("Internet 100 amelie.t on").await;
        customer.marks_the_page().await;
        provider.sets_the_clock_forward(71);
        customer.sees("Internet 100 amelie.t on").await;
        provider.sets_the_clock_forward(2);
        customer.sees("Home is off").await;
        assert!(customer.is_at_the_marked_page().await, "it came by itself");
        assert_eq!(customer.complaints().await, [""; 0]);
    });
}

#[test]
fn euros_come_to_an_account_in_francs_at_the_rate_that_was_shown() {
    tell(async |chromium| {
        let mut provider = Provider::open();
        let amelie = provider.amelie("XPF");
        let agent = chromium.open(&provider.server.address).await;
        sign_in_to_the_console(&agent, "ann", PASSWORD).await;
        let path = format!("/console/customers/cus_1/take-payment?account={}", amelie.account);
        agent.goes_to(&path).await;
        agent.fills("Amount", "10.00").await;
        agent.chooses("Currency", "EUR").await;
        agent.chooses("How it was paid", "cash").await;
        agent.fills("Reference", "receipt-1").await;
        agent.presses("Review").await;
        agent.sees("10.00 EUR → 1,193 XPF (1 EUR = 119.33 XPF)").await;
        agent.presses("Take the payment").await;
        agent.sees("1,193 to spend").await;
        agent.goes_to(&format!("/console/accounts/{}", amelie.account)).await;
        agent.sees("1,193").await;
        agent.unfolds("Payment · cash").await;
        agent.sees("10.00 EUR").await;
        agent.sees("119.33").await;
        let customer = chromium.open(&provider.server.address).await;
        sign_in_to_self_care(&customer, &amelie.number, PASSWORD).await;
        customer.sees("1,193 XPF to spend").await;
    });
}

#[test]
fn a_wrong_password_has_to_wait_and_so_has_the_right_one_then() {
    tell(async |chromium| {
        let provider = Provider::open();
        let stranger = chromium.open(&provider.server.address).await;
        for _ in 0..5 {
            sign_in_to_the_console(&stranger, "ann", "lagoon+tiare").await;
            stranger.sees("Login and password do not go together.").await;
        }
        sign_in_to_the_console(&stranger, "ann", PASSWORD).await;
        stranger.sees("Too many attempts. Please wait").await;
    });
}
