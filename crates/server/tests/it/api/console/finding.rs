//! The search field finds by everything that people say on the telephone.

use super::desk::{client, plain, provider, signed_in};

#[tokio::test]
async fn a_customer_is_found_by_everything_that_is_known_of_them() {
    let world = provider();
    let client = client(&world).await;
    world.customer("Teva Maono").await;
    let payment = world.pay(&client.account, "30.00").await;
    let mut browser = signed_in(&world, "rea").await;
    let queries = [
        ("tetuanui am", "1 found"),
        ("87123456", "phone +689 87 12 34 56"),
        ("amelie@example", "e-mail amelie@example.com"),
        (client.number.as_str(), "account"),
        ("amelie.t", "login amelie.t"),
        (payment.as_str(), "payment"),
        ("receipt-0", "payment receipt-0"),
    ];
    for (query, by) in queries {
        let page = browser.get(&format!("/console/find?q={}", query.replace(' ', "+"))).await;
        let text = plain(&page);
        assert!(text.contains("Amélie Tetuanui") && text.contains(by), "{query}: {text}");
        assert!(!text.contains("Teva Maono"), "{query}: {text}");
        assert!(text.contains("10.10 EUR") && text.contains(" on "), "{query}: {text}");
        assert!(page.text.contains(&format!("/console/customers/{}", client.customer)), "{query}");
    }
    let page = browser.get("/console/find?q=nobody+of+this+name").await;
    assert!(plain(&page).contains("Nobody is found by “nobody of this name”"), "{}", page.text);
    let page = browser.get("/console/find?q=%3Cscript%3E").await;
    assert!(!page.text.contains("<script>"), "{}", page.text);
}
