//! What is owed, now and in the past, held against somebody who keeps every unpaid debit in a
//! list.

mod oracle;

use std::collections::{BTreeMap, BTreeSet};

use engine::{AccountId, AccountRef, Amount, Balance, Charge, Command, Currency, Money, Name};
use serde_json::{Value, json};

use super::world::{World, eur, text};
use oracle::{Figures, Oracle, figures};

const GROUPS: [Option<&str>; 3] = [None, Some("home"), Some("office")];
const CURRENCIES: [&str; 3] = ["EUR", "XPF", "KWD"];
const ACCOUNTS: usize = 18;
const MINOR: i64 = 10_000;

/// A provider, and the one who keeps lists.
struct Story {
    world: World,
    oracle: Oracle,
    random: fastrand::Rng,
    payments: Vec<(usize, String, i64)>,
    made: u32,
}

impl Story {
    async fn new(seed: u64) -> Self {
        let world = World::new();
        let (mut oracle, mut random) = (Oracle::default(), fastrand::Rng::with_seed(seed));
        for place in 0..ACCOUNTS {
            // Two accounts for each customer.
            if place % 2 == 0 {
                world.customer(&format!("Customer {place}")).await;
                oracle.groups.push(None);
            }
            let currency = CURRENCIES[random.usize(..CURRENCIES.len())];
            let path = format!("/v1/customers/cus_{}/accounts", place / 2 + 1);
            world.post(&path, json!({"currency": currency})).await.json(201);
            oracle.open(place / 2, Currency::from_code(currency).unwrap());
        }
        let (payments, made) = (Vec::new(), 0);
        let mut story = Self { world, oracle, random, payments, made };
        story.take_over().await;
        story
    }

    /// Some accounts come with debts that are older than the account.
    async fn take_over(&mut self) {
        for place in 0..5 {
            let units = self.units();
            let owed_since = self.world.now().plus(-86_400_000_000 * self.random.i64(0..100));
            let currency = self.oracle.accounts[place].currency;
            let amount = Balance::from_units(-units).unwrap();
            let (account, owed_since) = (account(place), Some(owed_since));
            let command =
                Command::SetOpeningBalance { account, amount, currency, owed_since, note: None };
            self.world.decide(command).await;
            self.oracle.debit(place, units, owed_since.unwrap());
        }
        self.oracle.note(self.world.now());
    }

    fn units(&mut self) -> i64 {
        MINOR * self.random.i64(1..5_000)
    }

    /// Something happens to somebody.
    async fn step(&mut self) {
        self.made += 1;
        let place = self.random.usize(..ACCOUNTS);
        let units = self.units();
        let now = self.world.now();
        let (of, owed) = (account(place), self.oracle.owed(place));
        // Half of them never pay, so that debts grow old.
        let pays = place < ACCOUNTS / 2;
        match self.random.u8(..20) {
            0..10 => {
                self.world.decide(self.charge(place, units)).await;
                self.oracle.debit(place, units, now);
            }
            10..13 if pays => {
                // Often exactly what is owed, so that nothing is left.
                let units = if owed > 0 && self.random.bool() { owed } else { units };
                self.pay(place, units).await;
            }
            13 => self.cancel().await,
            14 => {
                let units = if pays && self.random.bool() { units } else { -units };
                let reason = Name::new("correction").unwrap();
                let amount = Balance::from_units(units).unwrap();
                let currency = self.oracle.accounts[place].currency;
                let adjust = Command::Adjust { account: of, amount, currency, reason, note: None };
                self.world.decide(adjust).await;
                match units {
                    0.. => self.oracle.credit(place, units),
                    _ => self.oracle.debit(place, -units, now),
                }
            }
            15 | 16 if owed > 0 && pays => {
                let units = owed.min(units);
                let money = Some(self.money(place, units));
                let command = Command::WriteOff { account: of, money, note: None };
                self.world.decide(command).await;
                self.oracle.credit(place, units);
                self.oracle.accounts[place].written_off += units;
            }
            17 if self.oracle.accounts[place].written_off > 0 => {
                let command = Command::RecoverWriteOff { account: of, money: None, note: None };
                self.world.decide(command).await;
                let units = std::mem::take(&mut self.oracle.accounts[place].written_off);
                self.oracle.debit(place, units, now);
            }
            _ => self.regroup(place / 2).await,
        }
        self.oracle.note(now);
    }

    async fn pay(&mut self, place: usize, units: i64) {
        let currency = self.oracle.accounts[place].currency;
        let amount = engine::Decimals::new(units, currency.exponent()).to_string();
        let body = super::world::payment(&format!("p{}", self.made), &amount, currency.code());
        let path = format!("/v1/accounts/acc_{}/payments", place + 1);
        let paid = self.world.post(&path, body).await.json(201);
        self.payments.push((place, text(&paid["payment"]), units));
        self.oracle.credit(place, units);
    }

    /// A payment that goes back is a debt of today.
    async fn cancel(&mut self) {
        let Some((place, payment, units)) = self.payments.pop() else { return };
        let path = format!("/v1/payments/{payment}/cancel");
        self.world.post(&path, json!({"reason": "bounced"})).await.json(201);
        self.oracle.debit(place, units, self.world.now());
    }

    async fn regroup(&mut self, customer: usize) {
        let group = GROUPS[self.random.usize(..GROUPS.len())];
        let mut body = json!({"name": format!("Customer {}", customer * 2)});
        if let Some(group) = group {
            body["group"] = json!(group);
        }
        self.world.put(&format!("/v1/customers/cus_{}", customer + 1), body).await.json(200);
        self.oracle.groups[customer] = group;
    }

    fn charge(&self, place: usize, units: i64) -> Command {
        Command::Charge(Charge {
            account: account(place),
            money: self.money(place, units),
            service: Name::new("internet").unwrap(),
            timing: engine::Timing::AfterUse,
            reference: None,
            note: None,
        })
    }

    fn money(&self, place: usize, units: i64) -> Money {
        let currency = self.oracle.accounts[place].currency;
        Money { amount: Amount::from_units(units).unwrap(), currency }
    }

    async fn look(&self, query: &str) -> Value {
        self.world.ask("reader", "GET", &format!("/v1/receivables{query}")).send().await.json(200)
    }

    async fn check_now(&self, place: &str) {
        let shown = self.look("").await;
        assert_eq!(shown["as_of"], self.world.moment(0), "{place}");
        assert_eq!(figures(&shown), self.oracle.now(self.world.now()), "{place}");
    }

    async fn check_past(&mut self, place: &str) {
        let first = super::world::START.0 - 3_600_000_000;
        let at = engine::Timestamp(self.random.i64(first..self.world.now().0));
        let shown = self.look(&format!("?at={}", at_text(at))).await;
        let minute = engine::minute_of(at);
        assert_eq!(shown["as_of"], at_text(minute), "{place}");
        let expected = self.oracle.before(minute);
        assert_eq!(figures(&shown), expected, "{place} at {}", at_text(at));
        // One group and currency is a part of the whole.
        let (currency, group) = ("EUR", GROUPS[self.random.usize(..GROUPS.len())]);
        let group_text = group.unwrap_or_default();
        let query = format!("?at={}&currency={currency}&group={group_text}", at_text(at));
        let mut part: Figures = expected;
        part.retain(|key, _| key.0 == currency && key.1.as_deref() == group);
        assert_eq!(figures(&self.look(&query).await), part, "{place} {query}");
    }

    /// The whole list, page by page.
    async fn debtors(&self, query: &str, limit: usize) -> Vec<Value> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/receivables/debtors?limit={limit}{query}{cursor}");
            let page = self.world.ask("reader", "GET", &path).send().await.json(200);
            let debtors = page["debtors"].as_array().expect("debtors");
            assert!(debtors.len() <= limit, "{page}");
            all.extend(debtors.iter().cloned());
            match page.get("next") {
                None => return all,
                Some(next) => cursor = format!("&cursor={}", text(next)),
            }
        }
    }

    async fn check_debtors(&mut self, place: &str) {
        let limit = self.random.usize(1..8);
        let days = self.random.i32(0..100);
        let group = GROUPS[self.random.usize(..GROUPS.len())].unwrap_or_default();
        let now = self.world.now();
        for (query, expected) in [
            (String::new(), self.oracle.oldest(now, |_| true)),
            (format!("&older_than_days={days}"), self.oracle.oldest(now, |it| it.age > days)),
            (
                format!("&group={group}"),
                self.oracle.oldest(now, |it| it.group.unwrap_or_default() == group),
            ),
            ("&sort=largest&currency=EUR".to_owned(), self.oracle.largest(now, "EUR")),
        ] {
            let found = self.debtors(&query, limit).await;
            let flat: Vec<_> = found.iter().map(oracle::Owing::read).collect();
            assert_eq!(flat, expected, "{place} {query}");
        }
    }
}

fn account(place: usize) -> AccountRef {
    AccountRef::Id(AccountId(place as u32 + 1))
}

fn at_text(at: engine::Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.0).expect("a moment").to_string()
}

#[tokio::test]
async fn what_is_owed_is_known_at_every_moment_of_120_days() {
    let seed = std::env::var("SPORRAN_SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(7);
    let mut story = Story::new(seed).await;
    let mut seen = BTreeSet::new();
    for day in 0..120 {
        let place = format!("seed {seed}, day {day}");
        for _ in 0..story.random.usize(2..7) {
            story.world.advance(story.random.i64(0..6) * 3_600 + story.random.i64(0..90));
            story.step().await;
        }
        let next = super::world::START.plus((day + 1) * 86_400_000_000);
        story.world.advance(next.since(story.world.now()).max(0) / 1_000_000);
        match day {
            45 => story.world.restart(),
            90 => story.world.crash(),
            _ => {}
        }
        story.check_now(&place).await;
        if day % 3 == 0 || day == 46 || day == 91 {
            story.check_past(&place).await;
            story.check_debtors(&place).await;
        }
        seen.extend(story.oracle.bands(story.world.now()));
    }
    for _ in 0..60 {
        story.check_past(&format!("seed {seed}, the end")).await;
    }
    // It was about something: nearly all bands of all groups in all currencies.
    assert!(seen.len() >= 30, "{seen:?}");
}

#[tokio::test]
async fn a_debt_grows_older_by_the_day() {
    let world = World::new();
    let account = world
        .account_with(json!({"currency": "EUR", "credit_limit": {
        "amount": "50.00", "currency": "EUR"}}))
        .await;
    let charge = format!("/v1/accounts/{account}/charges");
    world.post(&charge, eur("10.00")).await.json(201);
    let day = 86_400;
    let mut seen = BTreeMap::new();
    for age in 0..=95 {
        let shown = world.get("/v1/receivables").await.json(200);
        let euros = &shown["currencies"][0];
        assert_eq!((&euros["owed"], &euros["currency"]), (&json!("10.00"), &json!("EUR")));
        for band in ["days_0_30", "days_31_60", "days_61_90", "days_over_90"] {
            if euros[band] == "10.00" {
                seen.entry(band).or_insert(age);
            }
        }
        world.advance(day);
    }
    let expected = [("days_0_30", 0), ("days_31_60", 31), ("days_61_90", 61), ("days_over_90", 91)];
    assert_eq!(seen, BTreeMap::from(expected));
    let shown = world.get("/v1/receivables/debtors").await.json(200);
    let debtor = &shown["debtors"][0];
    assert_eq!(debtor["owed_since"], "2026-11-02");
    assert_eq!((&debtor["oldest_days"], &debtor["days_over_90"]), (&json!(96), &json!("10.00")));
    assert_eq!((&debtor["name"], &debtor["owed"]), (&json!("Amélie Tetuanui"), &eur("10.00")));
    assert_eq!(debtor["credit_limit"], eur("50.00"));
    assert_eq!(shown["next"], Value::Null);
    // Who has paid is no debtor; what was owed then is still known.
    world.pay(&account, "10.00").await;
    assert_eq!(world.get("/v1/receivables/debtors").await.json(200)["debtors"], json!([]));
    assert_eq!(world.get("/v1/receivables").await.json(200)["currencies"], json!([]));
    let past = format!("/v1/receivables?at={}", world.moment(-day));
    let past = world.get(&past).await.json(200);
    assert_eq!(past["currencies"][0]["owed"], "10.00");
    assert_eq!(past["currencies"][0].get("written_off"), None);
}

#[tokio::test]
async fn debtors_come_as_a_file_for_spreadsheets() {
    let world = World::new();
    for (name, amount) in [("=1+1", "10.00"), ("Ann; Bob", "7.50")] {
        let customer = world.customer(name).await;
        let limit = json!({"amount": "50.00", "currency": "EUR"});
        let open = json!({"currency": "EUR", "credit_limit": limit});
        let path = format!("/v1/customers/{customer}/accounts");
        let account = text(&world.post(&path, open).await.json(201)["id"]);
        world.post(&format!("/v1/accounts/{account}/charges"), eur(amount)).await.json(201);
    }
    let csv = |query: &str| format!("/v1/receivables/debtors?format=csv{query}");
    let answer = world.get(&csv("")).await;
    let body = String::from_utf8(answer.body.to_vec()).unwrap();
    assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8; header=present");
    let lines: Vec<&str> = body.split("\r\n").collect();
    assert_eq!(lines.len(), 4, "{body}");
    assert!(lines[0].starts_with("account,number,customer,name,"), "{body}");
    assert!(lines[1].contains(",'=1+1,,,EUR,10.00,10.00,0.00,0.00,0.00,2026-11-02,0,,50.00,"));
    assert!(lines[2].contains(",Ann; Bob,,,EUR,7.50,"), "{body}");
    let first = world.get(&csv("&limit=1")).await;
    let next = first.headers["sporran-next"].to_str().unwrap();
    let second = world.get(&csv(&format!("&limit=1&cursor={next}"))).await;
    assert!(String::from_utf8_lossy(&second.body).contains("Ann; Bob"));
    assert!(!second.headers.contains_key("sporran-next"));
}

#[tokio::test]
async fn what_cannot_be_listed_is_said() {
    let world = World::new();
    for (query, field) in [
        ("sort=largest", "currency"),
        ("sort=newest", "sort"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=100001&format=csv", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=1.-1", "cursor"),
        ("currency=EURO", "currency"),
        ("group=No%20Name", "group"),
        ("older_than_days=-1", "older_than_days"),
    ] {
        world.get(&format!("/v1/receivables/debtors?{query}")).await.malformed(field);
    }
    for (query, field) in [("at=today", "at"), ("currency=x", "currency"), ("group=A%20b", "group")]
    {
        world.get(&format!("/v1/receivables?{query}")).await.malformed(field);
    }
    let future = format!("/v1/receivables?at={}", world.moment(3_600));
    assert_eq!(world.get(&future).await.json(200)["as_of"], world.moment(0));
}
