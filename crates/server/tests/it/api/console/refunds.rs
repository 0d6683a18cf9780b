//! Refunds that wait: another person approves them, or somebody rejects them.

use super::desk::{Client, client, plain, provider, signed_in, submit};
use crate::api::access::browser::Browser;
use crate::api::world::World;

const QUEUE: &str = "/console/refunds";

/// Asks for a refund that is beyond what the role may alone; answers its id.
async fn ask(world: &World, browser: &mut Browser, client: &Client, amount: &str) -> String {
    let payment = world.pay(&client.account, "60.00").await;
    let path = format!("/console/customers/{}/refund", client.customer);
    let key = format!("{:032x}", world.head().await);
    let fields = [
        ("payment", payment.as_str()),
        ("amount", amount),
        ("reason", "paid twice"),
        ("key", key.as_str()),
        ("step", "do"),
    ];
    let done = submit(browser, &path, &path, &fields).await;
    assert_eq!(done.status, 303, "{}", plain(&done));
    let page = plain(&browser.get(done.headers["location"].to_str().unwrap()).await);
    assert!(page.contains("Refunds for a second person"), "{page}");
    let page = browser.get(QUEUE).await;
    let id = page.text.split("/console/refunds/").last().and_then(|it| it.split('/').next());
    id.expect("it waits").to_owned()
}

#[tokio::test]
async fn a_refund_is_approved_by_another_person_and_by_nobody_twice() {
    let world = provider();
    let client = client(&world).await;
    let mut ann = signed_in(&world, "ann").await;
    let refund = ask(&world, &mut ann, &client, "4.00").await;
    assert!(refund.starts_with("rfd_"), "{refund}");
    let own = plain(&ann.get(QUEUE).await);
    assert!(own.contains("You asked for it: somebody else approves it. "), "{own}");
    assert!(own.contains("4.00 EUR Reject") && !own.contains("Approve"), "{own}");
    let mut fia = signed_in(&world, "fia").await;
    let page = plain(&fia.get("/console/dashboard").await);
    assert!(page.contains("1 refund waits for a second person"), "{page}");
    let page = plain(&fia.get(QUEUE).await);
    assert!(page.contains("Amélie Tetuanui") && page.contains("ann paid twice"), "{page}");
    let path = format!("{QUEUE}/{refund}/approve");
    let before = world.head().await;
    let review = plain(&fia.get(&path).await);
    assert!(review.contains("Refund · cash: \u{2212}4.00 EUR"), "{review}");
    assert!(review.contains("balance 40.10 EUR 36.10 EUR"), "{review}");
    assert_eq!(world.head().await, before, "a review writes nothing");
    let mut ada = signed_in(&world, "ada").await;
    assert_eq!(submit(&mut ada, &path, &path, &[("step", "do")]).await.status, 303);
    assert_eq!(world.look(&client.account).await["balance"]["amount"], "36.10");
    let head = world.head().await;
    // Whoever is late gets the first answer, or hears that there is one.
    assert_eq!(fia.get(&path).await.status, 200);
    let late = submit(&mut fia, &path, &path, &[("step", "do")]).await;
    assert_eq!(late.status, 303, "{}", plain(&late));
    let no = format!("{QUEUE}/{refund}/reject");
    let late = submit(&mut fia, &no, &no, &[("reason", "no receipt"), ("step", "do")]).await;
    assert_eq!(late.status, 200);
    assert!(plain(&late).contains("Somebody was quicker"), "{}", plain(&late));
    assert_eq!(world.head().await, head);
    assert!(plain(&fia.get(QUEUE).await).contains("No refund waits"));
}

#[tokio::test]
async fn nobody_approves_their_own_refund() {
    let world = provider();
    let client = client(&world).await;
    let mut fia = signed_in(&world, "fia").await;
    let refund = ask(&world, &mut fia, &client, "4.00").await;
    let before = world.head().await;
    let path = format!("{QUEUE}/{refund}/approve");
    let page = plain(&fia.get(&path).await);
    assert!(page.contains("fia asked for this refund."), "{page}");
    assert!(page.contains("Another person has to approve it."), "{page}");
    let page = submit(&mut fia, &path, &path, &[("step", "do")]).await;
    assert_eq!(page.status, 200);
    assert!(plain(&page).contains("Another person has to approve it."), "{}", plain(&page));
    assert_eq!(world.head().await, before);
    // An agent approves nobody's.
    let mut ann = signed_in(&world, "ann").await;
    assert_eq!(ann.get(&path).await.status, 403);
    assert!(!plain(&ann.get(QUEUE).await).contains("Approve"));
}

#[tokio::test]
async fn a_refund_is_rejected_with_a_reason() {
    let world = provider();
    let client = client(&world).await;
    let mut ann = signed_in(&world, "ann").await;
    let refund = ask(&world, &mut ann, &client, "4.00").await;
    let balance = world.look(&client.account).await["balance"]["amount"].clone();
    let mut fia = signed_in(&world, "fia").await;
    let path = format!("{QUEUE}/{refund}/reject");
    for step in ["", "do"] {
        let page = submit(&mut fia, &path, &path, &[("reason", " "), ("step", step)]).await;
        assert_eq!(page.status, 200);
        assert!(plain(&page).contains("Fill this in."), "{step}: {}", plain(&page));
    }
    let review = submit(&mut fia, &path, &path, &[("reason", "no receipt")]).await;
    assert!(plain(&review).contains("Refund rejected"), "{}", plain(&review));
    assert!(review.text.contains("value=\"no receipt\""), "{}", review.text);
    let fields = [("reason", "no receipt"), ("step", "do")];
    let done = submit(&mut fia, &path, &path, &fields).await;
    assert_eq!(done.status, 303, "{}", plain(&done));
    let page = plain(&fia.get(QUEUE).await);
    assert!(page.contains("Refund rejected") && page.contains("No refund waits"), "{page}");
    assert_eq!(world.look(&client.account).await["balance"]["amount"], balance);
    let head = world.head().await;
    let entry = world.entries_after(head - 1).await.remove(0);
    assert_eq!(entry.origin.actor.as_str(), "user.fia");
    assert_eq!(entry.origin.reason.as_deref(), Some("no receipt"));
}

#[tokio::test]
async fn what_has_gone_back_as_a_whole_is_not_offered_again() {
    let world = provider();
    let client = client(&world).await;
    let (whole, part) =
        (world.pay(&client.account, "60.00").await, world.pay(&client.account, "30.00").await);
    let mut ada = signed_in(&world, "ada").await;
    let path = format!("/console/customers/{}/refund", client.customer);
    for (payment, amount) in [(&whole, "25.00"), (&whole, "35.00"), (&part, "29.99")] {
        let key = format!("{:032x}", world.head().await);
        let fields = [("payment", payment.as_str()), ("amount", amount), ("reason", "twice")];
        let more = [("key", key.as_str()), ("step", "do")];
        let done = submit(&mut ada, &path, &path, &[fields.as_slice(), &more].concat()).await;
        assert_eq!(done.status, 303, "{}", plain(&done));
    }
    for what in ["refund", "cancel-payment"] {
        let page = ada.get(&format!("/console/customers/{}/{what}", client.customer)).await;
        let offers = |it: &str| page.text.contains(&format!("value=\"{it}\""));
        assert!(!offers(&whole) && offers(&part), "{what}: {}", page.text);
    }
}

#[tokio::test]
async fn whoever_asks_for_a_refund_sees_how_much() {
    let world = provider();
    let client = client(&world).await;
    let payment = world.pay(&client.account, "60.00").await;
    let mut ann = signed_in(&world, "ann").await;
    let path = format!("/console/customers/{}/refund", client.customer);
    let fields = [
        ("payment", payment.as_str()),
        ("amount", "4.00"),
        ("reason", "twice"),
        ("step", "review"),
    ];
    let review = plain(&submit(&mut ann, &path, &path, &fields).await);
    assert!(review.contains("Refund requested: 4.00 EUR"), "{review}");
}
