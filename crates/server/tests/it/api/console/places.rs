//! The provider's pages: what waits, what is owed, rates, catalogue, people.

use serde_json::json;
use server::console::Today;

use super::desk::{client, plain, provider, signed_in, submit};
use crate::api::provisioning::switch;
use crate::api::world::text;

#[tokio::test]
async fn a_payment_that_fits_no_account_finds_one() {
    let world = provider();
    let client = client(&world).await;
    let body = json!({"account": "100000001", "source": "bank", "reference": "B-1",
        "amount": "25.00", "currency": "EUR"});
    let received = world.post("/v1/payments", body.clone()).await.json(201);
    let payment = text(&received["payment"]);
    let mut browser = signed_in(&world, "fia").await;
    let page = plain(&browser.get("/console/unallocated").await);
    assert!(page.contains("B-1") && page.contains("no such account"), "{page}");
    let path = format!("/console/unallocated/{payment}/allocate");
    let wrong = submit(&mut browser, &path, &path, &[("account", "1")]).await;
    assert_eq!(wrong.status, 200);
    let number = client.number.as_str();
    let review = plain(&submit(&mut browser, &path, &path, &[("account", number)]).await);
    assert!(review.contains("Internet 100 will be switched on at once"), "{review}");
    assert_eq!(world.look(&client.account).await["balance"]["amount"], "0.00");
    let fields = [("account", number), ("step", "do")];
    assert_eq!(submit(&mut browser, &path, &path, &fields).await.status, 303);
    assert_eq!(world.look(&client.account).await["balance"]["amount"], "5.10");
    let page = plain(&browser.get("/console/unallocated").await);
    assert!(page.contains("Every payment has its account"), "{page}");
}

#[tokio::test]
async fn a_payment_that_fits_no_account_goes_back() {
    let world = provider();
    let body = json!({"source": "bank", "reference": "B-2", "amount": "25.00", "currency": "EUR"});
    let received = world.post("/v1/payments", body).await.json(201);
    let payment = text(&received["payment"]);
    let mut browser = signed_in(&world, "fia").await;
    let path = format!("/console/unallocated/{payment}/return");
    assert_eq!(submit(&mut browser, &path, &path, &[("step", "do")]).await.status, 303);
    let page = plain(&browser.get("/console/unallocated").await);
    assert!(page.contains("Unallocated payment returned: 25.00 EUR"), "{page}");
}

#[tokio::test]
async fn what_is_owed_stands_by_age_and_by_debtor() {
    let world = provider();
    let client = client(&world).await;
    let body = json!({"amount": "-30.00", "currency": "EUR", "reason": "damage"});
    world.post(&format!("/v1/accounts/{}/adjustments", client.account), body).await.json(201);
    world.advance(40 * 86_400);
    let mut browser = signed_in(&world, "rea").await;
    let page = plain(&browser.get("/console/receivables").await);
    assert!(page.contains("Amélie Tetuanui Home"), "{page}");
    assert!(page.contains("40 days"), "{page}");
    assert!(page.contains("30.00"), "{page}");
    let file = browser.get("/console/receivables/export").await;
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8; header=present");
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"debtors.csv\"");
    let lines: Vec<_> = file.text.split("\r\n").collect();
    assert!(lines[0].starts_with("account,number,customer,name,phone,"), "{}", file.text);
    let row = format!("{},{},{}", client.account, client.number, client.customer);
    let row = format!("{row},Amélie Tetuanui,'+689 87 12 34 56,,EUR,30.00,0.00,30.00,");
    assert!(lines[1].starts_with(&row), "{}", file.text);
    assert_eq!(lines.len(), 3, "{}", file.text);
}

#[tokio::test]
async fn a_rate_is_set_by_those_who_may_and_drawn() {
    let world = provider();
    let mut browser = signed_in(&world, "ada").await;
    let fields = [("base", "EUR"), ("quote", "XPF"), ("rate", "one"), ("valid_from", "")];
    let page = submit(&mut browser, "/console/rates", "/console/rates", &fields).await;
    assert!(
        page.status == 200 && plain(&page).contains("This is not a rate: write it as 119.33."),
        "{}",
        plain(&page)
    );
    let fields = [("base", "EUR"), ("quote", "XPF"), ("rate", "119.331742"), ("valid_from", "")];
    let page = submit(&mut browser, "/console/rates", "/console/rates", &fields).await;
    assert_eq!(page.status, 303);
    let page = plain(&browser.get("/console/rates").await);
    assert!(page.contains("1 EUR = XPF 119.331742"), "{page}");
}

#[tokio::test]
async fn the_calculator_says_what_something_would_cost() {
    let world = provider();
    client(&world).await;
    let mut browser = signed_in(&world, "rea").await;
    let page =
        plain(&browser.get("/console/catalogue?service=internet-100&quantity=&currency=").await);
    assert!(page.contains("Internet 100") && page.contains("19.90 EUR"), "{page}");
}

#[tokio::test]
async fn the_calculator_says_step_by_step_what_use_would_cost() {
    let world = provider();
    let usage = json!({"unit": "second", "per": 60, "increment": 60, "bands": [
            {"name": "day", "times": [{"days": ["monday", "tuesday", "wednesday", "thursday",
                "friday", "saturday", "sunday"], "from": "08:00", "until": "20:00"}]},
            {"name": "night", "times": [
                {"days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
                    "sunday"], "from": "00:00", "until": "08:00"},
                {"days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
                    "sunday"], "from": "20:00", "until": "24:00"}]}],
        "rates": [
            {"title": "France", "prefixes": ["+33"], "set_up": "0.05", "price": {
                "day": [{"from": 0, "price": "0.10"}, {"from": 120, "price": "0.04"}],
                "night": "0.02"}},
            {"title": "Iceland", "prefixes": ["+354"], "minimum_charge": "0.50",
                "price": {"day": "0.10", "night": "0.10"}}]});
    let calls = json!({"title": "Calls abroad", "currency": "EUR", "mode": "postpaid",
        "usage": usage});
    world.put("/v1/services/calls", calls).await.json(200);
    let mut browser = signed_in(&world, "rea").await;
    let path = |query: &str| format!("/console/catalogue?service=calls&{query}");
    let query = "quantity=200&begins_at=2026-12-01T19%3A57&destination=%2B33199001234&currency=";
    let page = plain(&browser.get(&path(query)).await);
    let lines = "200 s count as 240 s. How it comes to that Set-up 0.05 EUR \
        120 s × 0.10 EUR / 60 s · France · day 0.20 EUR \
        60 s × 0.04 EUR / 60 s · France · day 0.04 EUR \
        60 s × 0.02 EUR / 60 s · France · night 0.02 EUR In all 0.31 EUR";
    assert!(page.contains(lines), "{page}");
    let query = "quantity=60&begins_at=2026-12-01T12%3A00&destination=%2B3545551234&currency=EUR";
    let page = plain(&browser.get(&path(query)).await);
    let lines = "60 s × 0.10 EUR / 60 s · Iceland · day 0.10 EUR \
        Up to the least that is charged 0.40 EUR In all 0.50 EUR";
    assert!(page.contains(lines), "{page}");
    for (query, wrong) in [
        ("quantity=60&destination=%2B1", "There is no price for +1."),
        ("quantity=60&destination=", "Fill this in."),
        ("quantity=&destination=%2B33", "Write a whole number, such as 72."),
        ("quantity=60&destination=%2B33&begins_at=soon", "This is not a day with a time."),
        ("quantity=60&destination=%2B33&currency=EURO", "This is not a currency"),
        ("quantity=60&destination=%2B33&currency=USD", "no usable exchange rate from EUR to USD"),
    ] {
        let page = plain(&browser.get(&path(query)).await);
        assert!(page.contains(wrong) && !page.contains("In all"), "{query}: {page}");
    }
    let rates =
        json!({"base": "EUR", "source": "ecb", "rates": [{"quote": "USD", "rate": "1.25"}]});
    world.post("/v1/exchange-rates", rates).await.json(201);
    let page = plain(&browser.get(&path("quantity=60&destination=%2B33&currency=usd")).await);
    assert!(page.contains("USD (1 EUR = 1.25 USD)"), "{page}");
}

#[tokio::test]
async fn the_dashboard_counts_the_day() {
    let world = provider();
    let client = client(&world).await;
    world.pay(&client.account, "30.00").await;
    let mut browser = signed_in(&world, "rea").await;
    let page = plain(&browser.get("/console/dashboard").await);
    assert!(page.contains("EUR 30.00") && page.contains("19.90"), "{page}");
    world.pay(&client.account, "5.00").await;
    let page = plain(&browser.get("/console/dashboard").await);
    assert!(page.contains("EUR 35.00"), "{page}");
    world.advance(86_400);
    world.pay(&client.account, "1.00").await;
    let mut browser = signed_in(&world, "rea").await;
    let page = plain(&browser.get("/console/dashboard").await);
    assert!(page.contains("EUR 1.00"), "{page}");
}

#[tokio::test]
async fn money_that_waits_is_in_once_and_out_when_it_goes_back() {
    let world = provider();
    let client = client(&world).await;
    let mut browser = signed_in(&world, "rea").await;
    let mut payments = Vec::new();
    for reference in ["B-1", "B-2"] {
        let body = json!({"source": "bank", "reference": reference, "amount": "25.00",
            "currency": "EUR"});
        let received = world.post("/v1/payments", body).await.json(201);
        payments.push(text(&received["payment"]));
    }
    let page = plain(&browser.get("/console/dashboard").await);
    assert!(page.contains("EUR 50.00 0.00"), "{page}");
    assert!(!page.contains("counting…"), "{page}");
    let mut finance = signed_in(&world, "fia").await;
    let path = format!("/console/unallocated/{}/allocate", payments[0]);
    let fields = [("account", client.number.as_str()), ("step", "do")];
    assert_eq!(submit(&mut finance, &path, &path, &fields).await.status, 303);
    let path = format!("/console/unallocated/{}/return", payments[1]);
    assert_eq!(submit(&mut finance, &path, &path, &[("step", "do")]).await.status, 303);
    let page = plain(&browser.get("/console/dashboard").await);
    assert!(page.contains("EUR 50.00 \u{2212}25.00 19.90"), "{page}");
}

#[tokio::test]
async fn a_day_is_counted_in_pieces_and_says_so() {
    let world = provider();
    let client = client(&world).await;
    for _ in 0..5 {
        world.pay(&client.account, "1.00").await;
    }
    let (now, zone) = (world.now(), jiff::tz::TimeZone::UTC);
    let looks = world.app().readers.read(move |reader| {
        let mut today = Today::default();
        let mut looks = Vec::new();
        while looks.len() < 100 {
            today.read_on(reader, &zone, now, 3)?;
            let money_in = today.money.get(&engine::Currency::EUR).map_or(0, |it| it.money_in);
            looks.push((today.is_behind, money_in));
            if !today.is_behind {
                break;
            }
        }
        Ok::<_, store::StoreError>(looks)
    });
    let looks = looks.await.unwrap();
    assert_eq!(looks.first(), Some(&(true, 0)));
    assert_eq!(looks.last(), Some(&(false, 5_000_000)), "{looks:?}");
    assert!(looks.len() > 2, "{looks:?}");
}

#[tokio::test]
async fn commands_are_sent_again_and_acknowledged_by_people() {
    let world = provider();
    client(&world).await;
    switch(&world, None, 1, true).await;
    let mut browser = signed_in(&world, "ann").await;
    let page = browser.get("/console/provisioning").await;
    let command = page.text.split("/console/provisioning/").nth(1);
    let command = command
        .and_then(|it| it.split('/').next())
        .unwrap_or_else(|| panic!("no command: {}", page.text))
        .to_owned();
    assert!(command.starts_with("cmd_"), "{command}");
    assert!(plain(&page).contains("Amélie Tetuanui"), "{}", plain(&page));
    let path = format!("/console/provisioning/{command}/retry");
    assert_eq!(submit(&mut browser, "/console/provisioning", &path, &[]).await.status, 303);
    let path = format!("/console/provisioning/{command}/acknowledge");
    assert_eq!(submit(&mut browser, "/console/provisioning", &path, &[]).await.status, 303);
    let page = plain(&browser.get("/console/provisioning").await);
    assert!(page.contains(&format!("{command}: done")), "{page}");
    let wrong = "/console/provisioning/cmd_9999/retry";
    assert_eq!(submit(&mut browser, "/console/provisioning", wrong, &[]).await.status, 404);
}

#[tokio::test]
async fn a_service_that_is_over_has_its_name_wherever_it_is_told_of() {
    let world = provider();
    let client = client(&world).await;
    world.pay(&client.account, "30.00").await;
    for (what, body) in [("suspend", json!({"by": "staff"})), ("close", json!({}))] {
        let path = format!("/v1/subscriptions/{}/{what}", client.subscription);
        world.post(&path, body).await.json(200);
    }
    world.pay(&client.account, "1.00").await;
    let digits: Vec<char> = client.number.chars().collect();
    let number = digits.chunks(4).map(|it| it.iter().collect()).collect::<Vec<String>>().join(" ");
    let mut browser = signed_in(&world, "fia").await;
    for path in [
        format!("/console/customers/{}", client.customer),
        format!("/console/accounts/{}", client.account),
        // Nothing else on the page says which service it was.
        "/console/audit?kind=subscription_suspended".to_owned(),
        "/console/audit?kind=subscription_closed".to_owned(),
    ] {
        let page = plain(&browser.get(&path).await);
        let is_audit = path.contains("audit");
        if !path.ends_with("closed") {
            assert!(page.contains("Service suspended · Internet 100"), "{path}: {page}");
        }
        if !path.ends_with("suspended") {
            assert!(page.contains("Service ended · Internet 100"), "{path}: {page}");
        }
        assert!(!is_audit || page.contains(&number), "{path}: {page}");
        assert!(!is_audit || !page.contains(&client.account), "{path}: {page}");
    }
    let file = browser.get("/console/audit/export?kind=subscription_closed").await;
    assert!(file.text.contains("Service ended · Internet 100"), "{}", file.text);
}

#[tokio::test]
async fn the_audit_says_who_did_what_in_the_console() {
    let world = provider();
    let client = client(&world).await;
    let mut ann = signed_in(&world, "ann").await;
    let path = format!("/console/customers/{}/adjust", client.customer);
    let fields = [
        ("account", client.account.as_str()),
        ("amount", "2.00"),
        ("reason", "goodwill"),
        ("note", "the line was down"),
        ("key", "0123456789abcdef0123456789abcdef"),
        ("step", "do"),
    ];
    assert_eq!(submit(&mut ann, &path, &path, &fields).await.status, 303);
    let mut browser = signed_in(&world, "fia").await;
    let page = plain(&browser.get("/console/audit?actor=user.ann").await);
    assert!(page.contains("Correction · goodwill") && page.contains("user.ann console"), "{page}");
    let page = plain(&browser.get("/console/audit?actor=user.fia").await);
    assert!(page.contains("Nothing is found by this"), "{page}");
    let file = browser.get("/console/audit/export?actor=user.ann&kind=adjustment").await;
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"audit.csv\"");
    let lines: Vec<_> = file.text.split("\r\n").collect();
    let head = "entry,at,actor,channel,kind,what,customer,account,amount,currency,reason";
    assert_eq!(lines[0], head);
    let row = format!("user.ann,console,adjustment,Correction · goodwill,{},", client.customer);
    assert!(lines[1].contains(&row), "{}", file.text);
    assert!(lines[1].ends_with(&format!("{},2.00,EUR,", client.account)), "{}", file.text);
    assert_eq!(lines.len(), 3, "{}", file.text);
    let none = browser.get("/console/audit/export?actor=user.ann&to=2026-01-01").await;
    assert_eq!(none.text, format!("{head}\r\n"));
    // More than one piece of it.
    for _ in 0..600 {
        world.customer("Bea").await;
    }
    let file = browser.get("/console/audit/export?kind=customer_created").await;
    assert_eq!(file.text.matches("customer_created").count(), 601, "{}", file.text.len());
    let mut admin = signed_in(&world, "ada").await;
    let page = plain(&admin.get("/console/users").await);
    assert!(page.contains("ann B.") && page.contains("administrator"), "{page}");
}
