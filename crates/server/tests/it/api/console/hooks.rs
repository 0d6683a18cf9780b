//! Webhooks in the console: what is stuck, and sending it again.

use serde_json::json;

use super::desk::{plain, provider_with, signed_in, submit};
use crate::api::webhooks::{Receiver, Says, allow_this_machine, endpoint};

const PLACE: &str = "/console/webhooks";

#[tokio::test]
async fn a_delivery_that_failed_is_sent_again_at_once() {
    let (world, receiver) = (provider_with(allow_this_machine), Receiver::start().await);
    endpoint(&world, &receiver, json!(["customer.created"])).await;
    receiver.then([Says(500, None), Says(204, None)]);
    world.customer("Ann").await;
    world.deliver().await;
    assert_eq!(receiver.heard().len(), 1);
    let mut browser = signed_in(&world, "ada").await;
    let page = browser.get(PLACE).await;
    let text = plain(&page);
    assert!(
        text.contains("waiting") && text.contains("1 attempt") && text.contains(" 500"),
        "{text}"
    );
    let id = page.text.split("/console/webhooks/whd_").nth(1).and_then(|it| it.split('/').next());
    let path = format!("{PLACE}/whd_{}/retry", id.expect("a delivery that can be sent again"));
    assert_eq!(submit(&mut browser, PLACE, &path, &[]).await.status, 303);
    let text = plain(&browser.get(PLACE).await);
    assert!(text.contains(": waiting"), "{text}");
    // Its next moment by the schedule has not come.
    world.deliver().await;
    assert_eq!(receiver.heard().len(), 1);
    let page = browser.get(PLACE).await;
    let text = plain(&page);
    assert!(text.contains("2 attempts") && text.contains(" 204"), "{text}");
    assert!(!page.text.contains(&path), "what has arrived is not sent again: {text}");
    let wrong = format!("{PLACE}/whd_9999/retry");
    assert_eq!(submit(&mut browser, PLACE, &wrong, &[]).await.status, 404);
}

#[tokio::test]
async fn nothing_is_sent_again_to_an_endpoint_that_is_out_of_service() {
    let (world, receiver) = (provider_with(allow_this_machine), Receiver::start().await);
    endpoint(&world, &receiver, json!(["customer.created"])).await;
    receiver.then([Says(410, None)]);
    world.customer("Ann").await;
    world.deliver().await;
    assert_eq!(receiver.heard().len(), 1);
    let mut browser = signed_in(&world, "ada").await;
    let page = browser.get(PLACE).await;
    let id = page.text.split("/console/webhooks/whd_").nth(1).and_then(|it| it.split('/').next());
    let path = format!("{PLACE}/whd_{}/retry", id.expect("a delivery that waits"));
    assert_eq!(submit(&mut browser, PLACE, &path, &[]).await.status, 303);
    let text = plain(&browser.get(PLACE).await);
    assert!(
        text.contains("The endpoint is out of service. Have it put in service first."),
        "{text}"
    );
    world.deliver().await;
    assert!(receiver.heard().is_empty());
}
