//! An account with something of every kind, and a write of every kind, to be spoilt.

use serde_json::{Value, json};

use super::world::{Answer, World, eur, payment, text, with};

/// A write that is well, to be spoilt.
pub struct Good {
    pub method: &'static str,
    pub path: String,
    pub body: Value,
}

pub struct Books {
    pub world: World,
    pub account: String,
    pub reservation: String,
    pub payment: String,
    /// A payment that fits no account.
    pub lost: String,
}

impl Books {
    pub async fn new() -> Self {
        let world = World::new();
        let account = world.purse("50.00").await;
        let paid = world.pay(&account, "1.00").await;
        let ask = json!({"account": account, "session": "s", "amount": "1.00", "currency": "EUR"});
        let granted = world.post("/v1/authorisations", ask).await.json(200);
        let reservation = text(&granted["reservation"]);
        let lost = payment("lost", "1.00", "EUR");
        let lost = text(&world.post("/v1/payments", lost).await.json(201)["payment"]);
        Self { world, account, reservation, payment: paid, lost }
    }

    pub fn good(&self) -> Vec<Good> {
        let account = &self.account;
        let a = |rest: &str| format!("/v1/accounts/{account}/{rest}");
        let until = self.world.moment(3600);
        let ask = json!({"account": account, "session": "x", "amount": "1.00", "currency": "EUR"});
        let transfer = json!({"from": account, "to": "acc_9", "amount": "1.00", "currency": "EUR"});
        let rates = json!({"base": "EUR", "source": "ecb",
            "rates": [{"quote": "USD", "rate": "1.1"}]});
        let rules = json!({"amount": {"fixed": "1.00"}, "duration": {"hours": 1}});
        let policy = json!({"currency": "EUR", "rules": rules});
        let plan = json!({"plan": "tv", "monthly_fee": "1.00", "currency": "EUR"});
        let cancel = format!("/v1/payments/{}/cancel", self.payment);
        let settle = format!("/v1/reservations/{}/settle", self.reservation);
        let good = |method, path: String, body| Good { method, path, body };
        let (part, why) = (with(eur("1.00"), "reason", json!("twice")), json!({"reason": "x"}));
        let p = |rest: &str| format!("/v1/payments/{}/{rest}", self.payment);
        let lost = |rest: &str| format!("/v1/unallocated-payments/{}/{rest}", self.lost);
        vec![
            good("POST", "/v1/customers".into(), json!({"name": "Ann"})),
            good("PUT", "/v1/customers/cus_1".into(), json!({"name": "Ann"})),
            good("POST", "/v1/customers/cus_1/accounts".into(), json!({"currency": "EUR"})),
            good("PUT", a("name"), json!({"name": "Ann"})),
            good("POST", a("payments"), payment("new", "1.00", "EUR")),
            good("POST", cancel, json!({"reason": "twice"})),
            good("POST", a("charges"), eur("1.00")),
            good("POST", a("adjustments"), with(eur("1.00"), "reason", json!("goodwill"))),
            good("POST", "/v1/transfers".into(), transfer),
            good("PUT", a("credit-limit"), eur("1.00")),
            good("PUT", a("credit-ceiling"), eur("1.00")),
            good("POST", a("credits"), with(eur("1.00"), "until", json!(until))),
            good("POST", "/v1/authorisations".into(), ask),
            good("POST", settle, eur("1.00")),
            good("POST", "/v1/payments".into(), payment("new", "1.00", "EUR")),
            good("POST", p("charge-back"), with(part.clone(), "reference", json!("CB-1"))),
            good("POST", p("refund"), part.clone()),
            good("POST", lost("allocate"), json!({"account": account, "reason": "x"})),
            good("POST", lost("return"), why.clone()),
            good("PUT", a("payments-locked"), with(why, "locked", json!(true))),
            good("POST", a("opening-balance"), with(eur("-1.00"), "reason", json!("x"))),
            good("POST", a("write-offs"), part.clone()),
            good("POST", a("write-offs/recover"), part),
            good("POST", "/v1/batches".into(), json!({"operations": []})),
            good("POST", "/v1/exchange-rates".into(), rates),
            good("PUT", "/v1/promised-payment-policies".into(), policy),
            good("POST", a("promised-payment"), eur("1.00")),
            good("PUT", a("plan"), plan),
            good("PUT", a("alerts"), json!({"balance_below": ["1.00"], "currency": "EUR"})),
        ]
    }

    pub fn with_field(&self, field: &str) -> Vec<Good> {
        self.good().into_iter().filter(|it| it.body.get(field).is_some()).collect()
    }

    pub async fn send(&self, good: &Good, body: &Value) -> Answer {
        self.world.ask("admin", good.method, &good.path).json(body).send().await
    }
}
