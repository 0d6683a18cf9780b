//! The lines of the script about services: `service`, `subscribe` and what is done with both.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::describe;
use super::scenario::Scenario;
use super::script::{Words, amount, duration, key, reservation};
use crate::{
    AccountRef, AskUse, AuthoriseUse, ChangePlan, Command, Name, OpenSubscription, Price, Purchase,
    Refund, Service, SettleUse, SubscriptionChange, SubscriptionId, Suspender, ThenUse, Used, When,
    Whom,
};

const HOUR: &str = "1h";

pub fn services(scenario: &Scenario, verb: &str, words: &mut Words<'_>) -> Command {
    match verb {
        "service" => Command::SetService(Arc::new(service(words))),
        "subscribe" => subscribe(scenario, words),
        "purchase" => Command::Purchase(Box::new(Purchase {
            base: words.option("base").map(number),
            item: words.option("item").map(Into::into),
            account: scenario.account_ref(words.next()),
            service: name(words.next()),
        })),
        "authorise-use" => authorise_use(scenario, words),
        "settle-use" => settle_use(scenario, words),
        _ => with_one(scenario, verb, words),
    }
}

fn subscribe(scenario: &Scenario, words: &mut Words<'_>) -> Command {
    Command::OpenSubscription(Box::new(OpenSubscription {
        priority: words.option("priority").map_or(100, number),
        own_price: words.option("own").map(price),
        subjects: words.option("known").map(subjects).unwrap_or_default(),
        base: words.option("base").map(number),
        account: scenario.account_ref(words.next()),
        service: name(words.next()),
    }))
}

/// What is done with one subscription.
fn with_one(scenario: &Scenario, verb: &str, words: &mut Words<'_>) -> Command {
    let subscription = subscription(scenario, words.next());
    let by = |words: &mut Words<'_>| match words.flag("staff") {
        true => Suspender::Staff,
        false => Suspender::Customer,
    };
    match verb {
        "change" => {
            let own_price = words.option("own").map(|it| (it != "none").then(|| price(it)));
            let change = SubscriptionChange {
                priority: words.option("priority").map(number),
                own_price,
                subjects: words.option("known").map(subjects),
            };
            Command::ChangeSubscription { subscription, change: Arc::new(change) }
        }
        "suspend" => Command::SuspendSubscription {
            subscription,
            by: by(words),
            until: words.flag("until").then(|| scenario.moment(words)),
        },
        "resume" => Command::ResumeSubscription { subscription, by: by(words) },
        "unsubscribe" => {
            let refund = match (words.flag("refund"), words.flag("no-refund")) {
                (true, _) => Refund::Unused,
                (_, true) => Refund::Nothing,
                _ => Refund::AsService,
            };
            Command::CloseSubscription { subscription, refund }
        }
        "change-plan" => Command::ChangePlan(Box::new(ChangePlan {
            subscription,
            own_price: words.option("own").map(price),
            when: if words.flag("at-end") { When::AtPeriodEnd } else { When::Now },
            service: name(words.next()),
        })),
        _ => panic!("not understood: {verb:?}"),
    }
}

/// `A/1`, the first subscription on the account that the script calls A.
fn subscription(scenario: &Scenario, written: &str) -> SubscriptionId {
    let (account, serial) = written.split_once('/').expect("an account and a serial");
    let AccountRef::Id(account) = scenario.account_ref(account) else {
        panic!("subscriptions go by id");
    };
    SubscriptionId { account, serial: number(serial) }
}

fn authorise_use(scenario: &Scenario, words: &mut Words<'_>) -> Command {
    let request = words.request();
    let destination = words.option("to").map(Into::into);
    let service = words.option("of").map(name);
    let (minimum, lasts) = (words.option("min"), words.option("for"));
    let whom = match words.next() {
        it if it.starts_with('~') => Whom::Subject(it[1..].into()),
        it if it.contains('/') => Whom::Subscription(subscription(scenario, it)),
        it => Whom::Account(scenario.account_ref(it)),
    };
    let session = words.next();
    let ask = ask(scenario, words.next(), minimum, lasts);
    Command::AuthoriseUse(Box::new(AuthoriseUse {
        whom,
        service,
        session: key(session),
        session_text: session.into(),
        request,
        destination,
        ask,
    }))
}

fn ask(scenario: &Scenario, asked: &str, minimum: Option<&str>, lasts: Option<&str>) -> AskUse {
    AskUse {
        quantity: number(asked),
        minimum: minimum.map_or(1, number),
        expires_at: scenario.now.plus(duration(lasts.unwrap_or(HOUR))),
    }
}

fn settle_use(scenario: &Scenario, words: &mut Words<'_>) -> Command {
    let request = words.request();
    let (minimum, lasts) = (words.option("min"), words.option("for"));
    let next = words.option("next");
    let then = match next {
        Some(next) => ThenUse::Ask(ask(scenario, next, minimum, lasts)),
        None if words.flag("final") => ThenUse::End,
        None => ThenUse::Keep,
    };
    let reservation = reservation(scenario, words.next());
    let used = match words.next() {
        "total" => Used::Total(number(words.next())),
        "more" => Used::More(number(words.next())),
        other => panic!("not understood: {other:?}"),
    };
    Command::SettleUse(Box::new(SettleUse { reservation, request, used, then }))
}

/// A service in one line, or as JSON; what every service has is filled in.
fn service(words: &mut Words<'_>) -> Service {
    let name = words.next();
    let mut service = match words.rest_from('{') {
        Some(json) => serde_json::from_str::<Map<String, Value>>(&json).expect("a JSON object"),
        None => short_form(words),
    };
    for (field, value) in [
        ("name", json!(name)),
        ("version", json!(0)),
        ("title", json!(name)),
        ("currency", json!("EUR")),
        ("mode", json!("prepaid")),
    ] {
        service.entry(field).or_insert(value);
    }
    serde_json::from_value(Value::Object(service)).expect("a service")
}

/// `month 29.00`, `use second 0.10`, `once 4.00`, and what may stand beside them.
fn short_form(words: &mut Words<'_>) -> Map<String, Value> {
    let mut service = Map::new();
    let mut set = |field: &str, value: Value| {
        service.insert(field.into(), value);
    };
    let texts = [("title", "title"), ("days", "days"), ("off", "while_off")];
    for (word, field) in texts.into_iter().chain([("adapter", "adapter")]) {
        words.option(word).into_iter().for_each(|it| set(field, json!(it)));
    }
    for (word, field) in [("refunds", "refunds_unused"), ("withdrawn", "withdrawn")] {
        if words.flag(word) {
            set(field, json!(true));
        }
    }
    if words.flag("postpaid") {
        set("mode", json!("postpaid"));
    }
    if let Some(profile) = words.option("sets") {
        let pairs = profile.split(',').filter_map(|it| it.split_once('='));
        set("profile", pairs.map(|(key, value)| (key.to_string(), json!(value))).collect());
    }
    if let Some(due) = words.option("due") {
        let (days, grace) = due.split_once('/').expect("days and grace days");
        let (days, grace): (u32, u32) = (number(days), number(grace));
        let skip = words.option("skip").unwrap_or_default();
        let skip = json!({
            "weekends": skip.contains("weekends"), "holidays": skip.contains("holidays"),
        });
        set("due", json!({"days": days, "grace_days": grace, "skip": skip}));
    }
    if let Some(price) = words.option("once") {
        let lasts = words.option("lasts").map(|it| duration(it) / 1_000_000);
        set("one_time", json!({"price": price, "duration_seconds": lasts}));
    }
    if let Some(fee) = recurring(words) {
        set("recurring", fee);
    }
    if let Some(currency) = words.currency() {
        set("currency", json!(currency.code()));
    }
    if let Some(unit) = words.option("use") {
        set("usage", usage(words, unit));
    }
    service
}

/// `month 29.00 [count 3] [anchor 1] [pro-rata]`
fn recurring(words: &mut Words<'_>) -> Option<Value> {
    let mut units = ["hour", "day", "week", "month", "year"].into_iter();
    let (unit, price) = units.find_map(|it| Some((it, words.option(it)?)))?;
    let count: u32 = words.option("count").map_or(1, number);
    let anchor = words.option("anchor").map(number::<u32>);
    let anchor = anchor.map_or(json!("start"), |it| json!({"month_day": it}));
    let every = json!({"count": count, "unit": unit});
    let pro_rata = words.flag("pro-rata");
    Some(json!({"price": price, "every": every, "anchor": anchor, "pro_rata": pro_rata}))
}

/// `use second 0.10 per 60 increment 60 minimum 60 free 6000 set-up 0.05 least 0.10 max 600`;
/// instead of the price `steps 0:0.10,100:0.05`, `to +49=0.05,=0.30`, and by day and by night
/// `night 22:00-06:00=0.04`.
fn usage(words: &mut Words<'_>, unit: &str) -> Value {
    let mut usage = json!({"unit": unit});
    for (word, field) in [
        ("per", "per"),
        ("increment", "increment"),
        ("minimum", "minimum"),
        ("free", "allowance"),
        ("max", "grant_quantity_max"),
        ("valid", "grant_seconds"),
    ] {
        words.option(word).into_iter().for_each(|it| usage[field] = json!(number::<u64>(it)));
    }
    let fees = ["set-up", "least"].map(|it| words.option(it).unwrap_or("0"));
    let rate = |prefix: &str, price: Value| {
        json!({
            "prefixes": [prefix], "price": price, "set_up": fees[0], "minimum_charge": fees[1],
        })
    };
    usage["rates"] = match (words.option("steps"), words.option("to"), words.option("night")) {
        (Some(steps), ..) => {
            let steps = steps.split(',').filter_map(|it| it.split_once(':'));
            let steps = steps.map(|(from, price)| {
                let from: u64 = number(from);
                json!({"from": from, "price": price})
            });
            json!([rate("", steps.collect())])
        }
        (_, Some(destinations), _) => {
            let rates = destinations.split(',').filter_map(|it| it.split_once('='));
            rates.map(|(prefix, price)| rate(prefix, json!(price))).collect()
        }
        (.., Some(night)) => {
            let (times, price) = night.split_once('=').expect("times=price");
            let (from, until) = times.split_once('-').expect("from-until");
            usage["bands"] = day_and_night(from, until);
            json!([rate("", json!({"day": words.next(), "night": price}))])
        }
        _ => json!([rate("", json!(words.next()))]),
    };
    usage
}

/// Two bands on every day of the week; the night goes past midnight, or begins there.
fn day_and_night(from: &str, until: &str) -> Value {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let time = |from: &str, until: &str| json!({"days": days, "from": from, "until": until});
    let (evening, night) = match from {
        "00:00" => ("24:00", json!([time(from, until)])),
        _ => (from, json!([time("00:00", until), time(from, "24:00")])),
    };
    json!([
        {"name": "day", "times": [time(until, evening)]},
        {"name": "night", "times": night},
    ])
}

/// What is ahead, and what a payment would recommend itself for.
pub fn forecast(scenario: &Scenario, words: &mut Words<'_>) -> String {
    let account = scenario.account(words.next());
    let forecast = scenario.state.forecast(account.id, scenario.now).expect("it exists");
    describe::services::forecast(&forecast, account)
}

pub fn effect(scenario: &Scenario, words: &mut Words<'_>) -> String {
    let account = scenario.account(words.next());
    let amount = amount(words.next(), account.currency);
    let effect = scenario.state.effect_of_payment(account.id, amount, scenario.now);
    describe::services::effect(&effect.expect("it exists"), account)
}

pub fn name(written: &str) -> Name {
    Name::new(written).expect("a name")
}

fn price(written: &str) -> Price {
    Price::parse(written).expect("a price")
}

fn subjects(written: &str) -> Vec<Box<str>> {
    written.split(',').filter(|it| !it.is_empty()).map(Into::into).collect()
}

fn number<T: std::str::FromStr>(written: &str) -> T {
    written.parse().unwrap_or_else(|_| panic!("not a number: {written:?}"))
}
