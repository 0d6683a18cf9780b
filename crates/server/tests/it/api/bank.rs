//! Bank statements, as staff send them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::world::{Answer, World, eur, text};

const ADDRESS: &str = "/v1/bank-statements?channel=main";

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../fixtures/camt/", $name)).as_slice()
    };
}

const EDITION_02: &[u8] = fixture!("edition-02.xml");

/// A world with the three accounts that the statements name.
async fn world() -> World {
    let world = World::new();
    for number in ["100000017", "100000025", "100000033"] {
        let account = world.account("EUR").await;
        assert_eq!(world.look(&account).await["number"], number);
    }
    world
}

async fn send(world: &World, path: &str, bytes: &[u8]) -> Answer {
    let ask = world.ask("agent", "POST", path).header("content-type", "application/xml");
    ask.body(bytes.to_vec()).send().await
}

/// How many transactions became what.
fn outcomes(view: &Value) -> BTreeMap<String, u64> {
    let sums = view["sums"].as_array().expect("sums");
    sums.iter().map(|it| (text(&it["outcome"]), it["count"].as_u64().unwrap())).collect()
}

fn counts(pairs: &[(&str, u64)]) -> BTreeMap<String, u64> {
    pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

async fn balances(world: &World) -> Vec<Value> {
    let mut found = Vec::new();
    for account in ["acc_1", "acc_2", "acc_3"] {
        found.push(world.look(account).await["balance"].clone());
    }
    found
}

#[tokio::test]
async fn a_statement_credits_the_accounts_that_the_payers_name() {
    let world = world().await;
    let view = send(&world, ADDRESS, EDITION_02).await.json(200);
    assert_eq!(outcomes(&view), counts(&[("credited", 4), ("unallocated", 1), ("left_out", 1)]));
    assert_eq!(balances(&world).await, [eur("33.00"), eur("12.50"), eur("7.50")]);
    let statement = &view["statements"][0];
    assert_eq!((&statement["opening"], &statement["closing"]), (&eur("1000.00"), &eur("1058.00")));
    assert_eq!((&statement["entries"], &statement["unbooked"]), (&json!(4), &json!(1)));
    let rows = view["transactions"].as_array().unwrap();
    let reasons: Vec<&Value> = rows.iter().map(|it| &it["reason"]).collect();
    let none = &Value::Null;
    let expected = [none, none, none, &json!("no_account_number"), &json!("debit"), none];
    assert_eq!(reasons, expected);
    let payment = world.get(&format!("/v1/payments/{}", text(&rows[0]["payment"]))).await.json(200);
    assert_eq!(
        (&payment["contra"], &payment["reference"]),
        (&json!("payments:main"), &json!("A1"))
    );
    assert_eq!(payment["channel"], "main");
    assert_eq!(payment["paid_at"], "2026-10-30T00:00:00Z");
    let note = text(&payment["note"]);
    assert!(note.starts_with("Marie Durand Facture octobre"), "{note}");
}

#[tokio::test]
async fn the_same_file_again_and_an_overlapping_one_count_nothing_twice() {
    let world = world().await;
    send(&world, ADDRESS, EDITION_02).await.json(200);
    let before = (world.head().await, balances(&world).await);
    let view = send(&world, ADDRESS, EDITION_02).await.json(200);
    assert_eq!(outcomes(&view), counts(&[("known", 5), ("left_out", 1)]));
    assert_eq!((world.head().await, balances(&world).await), before);
    let other = String::from_utf8_lossy(EDITION_02).replace("S-2026-211", "S-2026-212");
    let view = send(&world, ADDRESS, other.as_bytes()).await.json(200);
    assert_eq!(outcomes(&view)["known"], 5);
    let twins = fixture!("no-references.xml");
    let view = send(&world, ADDRESS, twins).await.json(200);
    assert_eq!(outcomes(&view), counts(&[("credited", 2)]));
    let view = send(&world, ADDRESS, twins).await.json(200);
    assert_eq!(outcomes(&view), counts(&[("known", 2)]));
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_writes_nothing() {
    let world = world().await;
    let before = world.head().await;
    let dry = send(&world, &format!("{ADDRESS}&dry_run=true"), EDITION_02).await.json(200);
    assert_eq!(world.head().await, before);
    let real = send(&world, ADDRESS, EDITION_02).await.json(200);
    assert_eq!(dry["sums"], real["sums"]);
    assert_eq!((&dry["dry_run"], &real["dry_run"]), (&json!(true), &json!(false)));
    let dry = send(&world, &format!("{ADDRESS}&dry_run=true"), EDITION_02).await.json(200);
    assert_eq!(outcomes(&dry)["known"], 5);
}

#[tokio::test]
async fn a_reference_for_another_amount_is_a_conflict_of_its_row_alone() {
    let world = world().await;
    send(&world, ADDRESS, EDITION_02).await.json(200);
    let changed = String::from_utf8_lossy(EDITION_02)
        .replace("\"EUR\">25.00", "\"EUR\">26.00")
        .replace("1058.00", "1059.00")
        .replace(">A5<", ">A6<");
    let view = send(&world, ADDRESS, changed.as_bytes()).await.json(200);
    let expected = [("conflict", 1), ("credited", 1), ("known", 3), ("left_out", 1)];
    assert_eq!(outcomes(&view), counts(&expected));
    assert_eq!(view["transactions"][0]["reason"], "reference_reused");
    assert_eq!(balances(&world).await[0], eur("41.00"));
}

#[tokio::test]
async fn a_payment_of_nobody_is_received_and_allocated_once_whatever_comes_again() {
    let world = world().await;
    let view = send(&world, ADDRESS, EDITION_02).await.json(200);
    let row = &view["transactions"][3];
    assert_eq!(
        (&row["outcome"], &row["reason"]),
        (&json!("unallocated"), &json!("no_account_number"))
    );
    let payment = world.get(&format!("/v1/payments/{}", text(&row["payment"]))).await.json(200);
    assert_eq!(
        (&payment["kind"], &payment["why"]),
        (&json!("payment_unallocated"), &json!("account_missing"))
    );
    assert!(text(&payment["note"]).contains(&text(&row["payer"])), "{payment}");
    let before = (world.head().await, balances(&world).await);
    let again = send(&world, ADDRESS, EDITION_02).await.json(200);
    let known = &again["transactions"][3];
    assert_eq!(
        (&known["outcome"], &known["reason"], &known["payment"]),
        (&json!("known"), &json!("unallocated"), &row["payment"])
    );
    assert_eq!((world.head().await, balances(&world).await), before);
    let position = text(&row["payment"]).trim_start_matches("pay_").parse().expect("a position");
    world.allocate(position, "acc_3").await;
    let after = (world.head().await, balances(&world).await);
    assert_ne!(after.1, before.1);
    let again = send(&world, ADDRESS, EDITION_02).await.json(200);
    let known = &again["transactions"][3];
    assert_eq!((&known["outcome"], &known["account"]), (&json!("known"), &json!("acc_3")));
    assert_eq!(known.get("reason"), None);
    assert_eq!((world.head().await, balances(&world).await), after);
}

#[tokio::test]
async fn a_payment_to_an_account_that_takes_none_is_received_all_the_same() {
    let world = world().await;
    world.lock_payments("acc_2").await;
    let view = send(&world, ADDRESS, EDITION_02).await.json(200);
    let reasons: Vec<&Value> =
        view["transactions"].as_array().unwrap().iter().map(|it| &it["reason"]).collect();
    assert!(reasons.contains(&&json!("payments_locked")), "{reasons:?}");
    assert_eq!(balances(&world).await[1], eur("0.00"));
}

const RETURNED: &[u8] = fixture!("edition-08-prefix.xml");

#[tokio::test]
async fn what_the_bank_took_back_is_charged_back_once() {
    let world = world().await;
    let before = world.head().await;
    let dry = send(&world, &format!("{ADDRESS}&dry_run=true"), RETURNED).await.json(200);
    assert_eq!(world.head().await, before);
    let view = send(&world, ADDRESS, RETURNED).await.json(200);
    let expected = counts(&[("credited", 3), ("charged_back", 1), ("left_out", 1)]);
    assert_eq!((outcomes(&view), outcomes(&dry)), (expected.clone(), expected));
    assert_eq!(balances(&world).await, [eur("0.00"), eur("12.50"), eur("17.50")]);
    let returned = &view["transactions"][4];
    assert_eq!(returned["payment"], view["transactions"][0]["payment"]);
    assert_eq!((&returned["amount"], &returned["account"]), (&eur("-25.00"), &json!("acc_1")));
    let entries = world.get("/v1/accounts/acc_1/entries").await.json(200);
    assert_eq!(entries["entries"][0]["kind"], "payment_charged_back");
    let before = world.head().await;
    for _ in 0..2 {
        let again = send(&world, ADDRESS, RETURNED).await.json(200);
        assert_eq!(outcomes(&again), counts(&[("known", 4), ("left_out", 1)]));
    }
    // The same booking with another amount is neither the one nor another.
    let changed = of_the_returned("20.00", "B5").replace("1033.00", "1038.00");
    let view = send(&world, ADDRESS, changed.as_bytes()).await.json(200);
    assert_eq!(view["transactions"][4]["outcome"], "conflict");
    assert_eq!(world.head().await, before);
}

/// The file in which so much of the first payment is taken back, by this booking of the bank's.
fn of_the_returned(amount: &str, booking: &str) -> String {
    let text = String::from_utf8_lossy(RETURNED);
    let (before, rest) = text.rsplit_once("\"EUR\">25.00").expect("what was taken back");
    format!("{before}\"EUR\">{amount}{rest}").replace(">B5<", &format!(">{booking}<"))
}

#[tokio::test]
async fn parts_that_the_bank_took_back_count_both_and_never_more_than_was_paid() {
    let world = world().await;
    for (amount, closing, booking, outcome) in [
        ("10.00", "1048.00", "B5", "charged_back"),
        ("10.00", "1048.00", "B6", "charged_back"),
        ("10.00", "1048.00", "B6", "known"),
        ("10.00", "1048.00", "B7", "left_out"),
        ("5.00", "1053.00", "B8", "charged_back"),
    ] {
        let file = of_the_returned(amount, booking).replace("1033.00", closing);
        let view = send(&world, ADDRESS, file.as_bytes()).await.json(200);
        let row = &view["transactions"][4];
        assert_eq!(row["outcome"], outcome, "{booking} {row}");
        let reason = (outcome == "left_out").then(|| json!("payment_reversed"));
        assert_eq!(row.get("reason"), reason.as_ref(), "{booking}");
    }
    assert_eq!(balances(&world).await[0], eur("0.00"));
}

#[tokio::test]
async fn what_was_taken_back_of_a_payment_that_waits_goes_back_and_of_none_is_for_staff() {
    let world = world().await;
    world.lock_payments("acc_1").await;
    let part = of_the_returned("10.00", "B4").replace("1033.00", "1048.00");
    let view = send(&world, ADDRESS, part.as_bytes()).await.json(200);
    assert_eq!(view["transactions"][4]["reason"], "part_of_unallocated");
    let view = send(&world, ADDRESS, RETURNED).await.json(200);
    assert_eq!(view["transactions"][4]["outcome"], "charged_back");
    let before = world.head().await;
    let view = send(&world, ADDRESS, RETURNED).await.json(200);
    assert_eq!(outcomes(&view), counts(&[("known", 4), ("left_out", 1)]));
    assert_eq!(view["transactions"][0]["reason"], "returned");
    let text = String::from_utf8_lossy(RETURNED);
    let unknown = text.replace(
        "<ns2:AcctSvcrRef>B1</ns2:AcctSvcrRef><ns2:End",
        "<ns2:AcctSvcrRef>B9</ns2:AcctSvcrRef><ns2:End",
    );
    let view = send(&world, ADDRESS, unknown.as_bytes()).await.json(200);
    assert_eq!(
        (&view["transactions"][4]["outcome"], &view["transactions"][4]["reason"]),
        (&json!("left_out"), &json!("payment_returned"))
    );
    assert_eq!(world.head().await, before);
    assert_eq!(balances(&world).await[0], eur("0.00"));
}

#[tokio::test]
async fn only_a_bank_of_the_configuration_has_statements() {
    let world = world().await;
    for (path, field) in [
        ("/v1/bank-statements?channel=other", "channel"),
        ("/v1/bank-statements?channel=cards", "channel"),
        ("/v1/bank-statements", "channel"),
        ("/v1/bank-statements?channel=main&dry=1", "dry"),
    ] {
        send(&world, path, EDITION_02).await.malformed(field);
    }
}

/// What is said about each broken file, one a line; `UPDATE_EXPECT=1` takes the new ones over.
const EXPECTED: &str = include_str!("../fixtures/camt/broken/expected.txt");

#[tokio::test]
async fn a_broken_file_is_refused_whole_and_its_place_named() {
    let world = world().await;
    let before = world.head().await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fixtures/camt/broken");
    let mut said = BTreeMap::new();
    for file in std::fs::read_dir(folder).expect("the folder of broken files") {
        let path = file.expect("a file").path();
        let name = path.file_name().and_then(|it| it.to_str()).expect("a name").to_owned();
        if name == "expected.txt" {
            continue;
        }
        let bytes = std::fs::read(&path).expect("a file");
        let answer = send(&world, ADDRESS, &bytes).await;
        let problem = answer.problem(400, "malformed");
        said.insert(name, text(&problem["title"]));
    }
    assert_eq!(world.head().await, before, "a broken file wrote");
    let said: String = said.iter().map(|(name, title)| format!("{name}: {title}\n")).collect();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(format!("{folder}/expected.txt"), &said).expect("a file of ours");
        return;
    }
    assert_eq!(said, EXPECTED, "UPDATE_EXPECT=1 takes the new ones over");
}
