//! Which shard a request is for: ids carry it, and so do the account numbers that a shard gave out.
//! Numbers that were brought along, names of the network and references of payments are looked up
//! among the claims.
//!
//! What names nobody is the first shard's to answer.

mod channels;

use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, header};
use engine::{AccountId, AccountNumber, Position, ShardId};
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};

use crate::access::{Area, cookies};
use crate::claims::Value;
use crate::console::newcomer;

/// What begins an id that has an account's or a customer's number.
const OF_ACCOUNTS: [&str; 6] = ["acc", "cus", "sub", "res", "crd", "rfd"];

/// What begins an id that is a place in the journal.
const OF_ENTRIES: [&str; 2] = ["pay", "cmd"];

/// The fields that say whose business it is, and those of them that may have an account's number.
const NAMES: [&str; 7] =
    ["account", "from", "to", "customer", "subscription", "reservation", "payment"];
const NUMBERED: [&str; 3] = ["account", "from", "to"];

/// The field that has a name of the network.
const SUBJECT: &str = "subject";

/// Where services, rates and policies are set.
const LAID_DOWN: [&str; 4] =
    ["/v1/services", "/v1/exchange-rates", "/v1/promised-payment-policies", "/console/rates"];

/// Values that are looked up for one request, at most.
const SOUGHT_MAX: usize = 3;

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The first of them that a shard has claimed says which shard.
    pub sought: Vec<Value>,
    /// Which it is when nobody has.
    pub shard: ShardId,
}

/// Something in a request that says its shard.
pub enum Named {
    By(ShardId),
    /// Whoever has claimed it.
    Sought(Value),
}

/// The way of a request to one of `shards`; `turn` counts on what goes to each in turn.
pub fn route_of(parts: &Parts, body: &[u8], shards: u32, turn: &AtomicU32) -> Route {
    if shards <= 1 || is_laid_down(parts) {
        return Route { sought: Vec::new(), shard: ShardId::FIRST };
    }
    let known = new_customer(parts, body, shards, turn).or_else(|| of_feed(parts));
    if let Some(shard) = known.or_else(|| of_bearer(parts)) {
        let is_there = shard.number() < shards;
        return Route { sought: Vec::new(), shard: if is_there { shard } else { ShardId::FIRST } };
    }
    let mut route = Route { sought: Vec::new(), shard: ShardId::FIRST };
    let by_channel = channels::named(parts, body);
    let is_channel = by_channel.is_some();
    let path = in_path(parts).filter(|_| !is_channel);
    let query = in_query(parts).filter(|_| !is_channel);
    let body = (!is_channel).then(|| in_body(parts, body)).into_iter().flatten();
    for named in by_channel.into_iter().flatten().chain(path).chain(query).chain(body) {
        match named {
            Named::By(shard) if shard.number() < shards => {
                route.shard = shard;
                break;
            }
            Named::By(_) => {}
            Named::Sought(value) => route.sought.push(value),
        }
        if route.sought.len() == SOUGHT_MAX {
            break;
        }
    }
    route
}

/// What every shard has alike is the first one's to decide, whatever a service or group is called.
fn is_laid_down(parts: &Parts) -> bool {
    let path = parts.uri.path();
    LAID_DOWN
        .iter()
        .any(|it| path.strip_prefix(it).is_some_and(|it| it.is_empty() || it.starts_with('/')))
}

/// Where a new customer goes: with the same key to the same shard, so that it is found again; else
/// to each in turn.
fn new_customer(parts: &Parts, body: &[u8], shards: u32, turn: &AtomicU32) -> Option<ShardId> {
    let key = match parts.uri.path() {
        _ if parts.method != Method::POST => return None,
        "/v1/customers" => parts.headers.get("idempotency-key").map(HeaderValue::as_bytes),
        // The form has the same key at each of its steps.
        newcomer::PATH => body.split(|it| *it == b'&').find_map(|it| it.strip_prefix(b"key=")),
        _ => return None,
    };
    let number = match key {
        Some(key) => {
            let digest: [u8; 32] = Sha256::digest(key).into();
            let [a, b, c, d, ..] = digest;
            u32::from_be_bytes([a, b, c, d])
        }
        None => turn.fetch_add(1, Ordering::Relaxed),
    };
    ShardId::new(number % shards)
}

/// A feed is of one shard: that of the position after which it goes on, or the one that is named.
fn of_feed(parts: &Parts) -> Option<ShardId> {
    if parts.uri.path() != "/v1/events" {
        return None;
    }
    let last = parts.headers.get("last-event-id").and_then(|it| it.to_str().ok());
    let asked = |name: &str| {
        let query = parts.uri.query().unwrap_or_default().split('&');
        let mut named = query.filter_map(|it| it.split_once('=')).filter(|(it, _)| *it == name);
        named.next().map(|(_, value)| value)
    };
    let position = |it: &str| Some(Position(it.parse().ok()?)).filter(|it| *it > Position::START);
    let place = last.and_then(position).or_else(|| asked("after").and_then(position));
    place.and_then(Position::shard).or_else(|| ShardId::new(asked("shard")?.parse().ok()?))
}

/// The shard of the customer who is signed in to self-care, as the cookie says.
fn of_bearer(parts: &Parts) -> Option<ShardId> {
    let rest = parts.uri.path().strip_prefix(Area::SelfCare.home())?;
    let is_there = rest.is_empty() || rest.starts_with('/');
    is_there.then(|| cookies::shard(&parts.headers, Area::SelfCare.cookie())).flatten()
}

fn of_id(text: &str) -> Option<ShardId> {
    let (kind, rest) = text.split_once('_')?;
    let digits = rest.split('-').next()?;
    if OF_ACCOUNTS.contains(&kind) {
        return Some(AccountId(digits.parse().ok()?).shard());
    }
    match OF_ENTRIES.contains(&kind) {
        true => Position(digits.parse().ok()?).shard(),
        false => None,
    }
}

/// An account's number: the shard that gives it out, or else whoever has it.
fn of_number(number: AccountNumber) -> Named {
    number.given_out_by().map_or(Named::Sought(Value::Number(number)), Named::By)
}

/// What stands for an account: its id or its number.
fn of_account(text: &str) -> Option<Named> {
    of_id(text).map(Named::By).or_else(|| AccountNumber::parse(text).map(of_number))
}

/// What a field says whose business it is by.
pub fn named_by(name: &str, value: &str) -> Option<Named> {
    match name {
        SUBJECT => Some(Named::Sought(Value::Subject(value.into()))),
        _ if NUMBERED.contains(&name) => of_account(value),
        _ => of_id(value).map(Named::By),
    }
}

fn in_path(parts: &Parts) -> impl Iterator<Item = Named> {
    let mut before = "";
    parts.uri.path().split('/').filter_map(move |it| {
        let before = std::mem::replace(&mut before, it);
        let text = percent_decode_str(it).decode_utf8().ok()?;
        let is_account = before == "accounts";
        if is_account { of_account(&text) } else { of_id(&text).map(Named::By) }
    })
}

fn in_query(parts: &Parts) -> impl Iterator<Item = Named> {
    let pairs = parts.uri.query().unwrap_or_default().split('&');
    pairs.filter_map(|it| it.split_once('=')).filter_map(|(name, value)| {
        let value = value.replace('+', " ");
        named_by(name, &percent_decode_str(&value).decode_utf8().ok()?)
    })
}

/// What a JSON body says whose business it is by.
fn in_body<'a>(parts: &Parts, body: &'a [u8]) -> impl Iterator<Item = Named> + use<'a> {
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let is_json = kind.is_some_and(|it| it.starts_with("application/json"));
    let text = std::str::from_utf8(body).ok().filter(|_| is_json).unwrap_or_default();
    let mut texts = text.split('"').peekable();
    std::iter::from_fn(move || {
        while let Some(name) = texts.next() {
            let is_name = NAMES.contains(&name) || name == SUBJECT;
            let is_name = is_name && texts.peek().is_some_and(|it| it.trim() == ":");
            let value = is_name.then(|| texts.nth(1)).flatten();
            let named = value.and_then(|it| named_by(name, &unescaped(it)?));
            if named.is_some() {
                return named;
            }
        }
        None
    })
}

/// A text of JSON without the quotes around it; `None` for one that goes on behind a quote in it,
/// and is looked for in vain.
fn unescaped(written: &str) -> Option<String> {
    match written.contains('\\') {
        true => serde_json::from_str(&format!("\"{written}\"")).ok(),
        false => Some(written.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    static TURN: AtomicU32 = AtomicU32::new(0);

    fn shard(method: &str, target: &str, body: &str) -> u32 {
        let request = Request::builder().method(method).uri(target);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        route_of(&parts, body.as_bytes(), 8, &TURN).shard.number()
    }

    #[test]
    fn ids_and_numbers_lead_to_their_shard_wherever_they_stand() {
        let five = ShardId::new(5).unwrap();
        let account = five.account(12).unwrap().0;
        let (payment, number) = (five.start().plus(7).0, AccountNumber::own(five, 12));
        for target in [
            format!("/v1/accounts/acc_{account}/charges"),
            format!("/v1/accounts/{number}"),
            format!("/v1/customers/cus_{account}"),
            format!("/v1/reservations/res_{account}-3/settle"),
            format!("/v1/payments/pay_{payment}/cancel"),
            format!("/v1/provisioning/commands?account=acc_{account}"),
            format!("/v1/receivables?limit=3&customer=cus%5F{account}"),
            format!("/console/accounts/acc_{account}"),
        ] {
            assert_eq!(shard("POST", &target, ""), 5, "{target}");
        }
        let body = format!(r#"{{"account": "{number}", "session": "s", "amount": "1.00"}}"#);
        assert_eq!(shard("POST", "/v1/authorisations", &body), 5);
        let body = format!(r#"{{"reference": "pay_1", "account" : "{number}"}}"#);
        assert_eq!(shard("POST", "/v1/authorisations", &body), 5);
        let body = format!(r#"{{"from":"acc_{account}","to":"acc_1","amount":"1.00"}}"#);
        assert_eq!(shard("POST", "/v1/transfers", &body), 5);
    }

    /// What is sought of a request, and whose it is when nobody has that.
    fn sought(method: &str, target: &str, body: &str) -> (Vec<Value>, u32) {
        let request = Request::builder().method(method).uri(target);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let route = route_of(&parts, body.as_bytes(), 8, &TURN);
        (route.sought, route.shard.number())
    }

    fn number(text: &str) -> Value {
        Value::Number(AccountNumber::parse(text).unwrap())
    }

    fn subject(text: &str) -> Value {
        Value::Subject(text.into())
    }

    #[test]
    fn what_carries_no_shard_is_sought_until_something_does() {
        let own = AccountNumber::own(ShardId::new(5).unwrap(), 12);
        let cases = [
            ("/v1/accounts/KA-7/charges", "", vec![number("KA-7")], 0),
            ("/v1/accounts/0042%2Fb", "", vec![number("0042/b")], 0),
            ("/v1/subscriptions?account=KA+7", "", vec![number("KA7")], 0),
            ("/v1/subscriptions?subject=a%40b", "", vec![subject("a@b")], 0),
            (
                "/v1/transfers",
                r#"{"from":"KA-7","to":"KA-8"}"#,
                vec![number("KA-7"), number("KA-8")],
                0,
            ),
            ("/v1/authorisations", r#"{"subject":"a\u0062\\c"}"#, vec![subject(r"ab\c")], 0),
            (
                "/v1/authorisations",
                r#"{"subject":"a\"b","account":"KA-7"}"#,
                vec![number("KA-7")],
                0,
            ),
            ("/v1/customers/KA-7", "", vec![], 0),
            ("/v1/accounts/1", r#"{"reference":"KA-7"}"#, vec![number("1")], 0),
        ];
        for (target, body, values, otherwise) in cases {
            assert_eq!(sought("POST", target, body), (values, otherwise), "{target} {body}");
        }
        let target = format!("/v1/accounts/KA-7/x?account={own}&account=KA-8");
        assert_eq!(sought("GET", &target, ""), (vec![number("KA-7")], 5));
        let body =
            r#"{"operations":[{"account":"A"},{"account":"B"},{"account":"C"},{"account":"D"}]}"#;
        assert_eq!(sought("POST", "/v1/batches", body).0.len(), SOUGHT_MAX);
    }

    #[test]
    fn what_names_nobody_is_the_first_shards() {
        let beyond = ShardId::new(8).unwrap().account(1).unwrap().0;
        for target in [
            "/v1/services/internet-100",
            &format!("/v1/services/acc_{}", ShardId::new(5).unwrap().account(12).unwrap().0),
            "/v1/accounts/acc_17",
            "/v1/accounts/100000017",
            "/v1/accounts/acc_x/charges",
            "/v1/customers?q=pay_me_now",
            &format!("/v1/accounts/acc_{beyond}"),
        ] {
            assert_eq!(shard("GET", target, ""), 0, "{target}");
        }
    }

    #[test]
    fn a_feed_goes_on_in_the_shard_of_its_position() {
        let place = ShardId::new(5).unwrap().start().plus(7).0;
        assert_eq!(shard("GET", &format!("/v1/events?after={place}"), ""), 5);
        assert_eq!(shard("GET", &format!("/v1/events?shard=3&after={place}"), ""), 5);
        assert_eq!(shard("GET", "/v1/events?after=0&shard=3", ""), 3);
        for first in ["/v1/events", "/v1/events?after=700", "/v1/events?shard=64"] {
            assert_eq!(shard("GET", first, ""), 0, "{first}");
        }
        let request = Request::get("/v1/events?after=1&shard=3");
        let request = request.header("last-event-id", place.to_string());
        let (parts, ()) = request.body(()).unwrap().into_parts();
        assert_eq!(route_of(&parts, b"", 8, &TURN).shard.number(), 5);
    }

    #[test]
    fn who_is_signed_in_comes_to_the_shard_that_the_cookie_says() {
        let token = crate::access::tokens::Token::draw().unwrap();
        let asked = |path: &str, of: u32| {
            let value = cookies::of_shard(&token, ShardId::new(of).unwrap());
            let line = format!("{}={value}", Area::SelfCare.cookie());
            let request = Request::get(path).header(header::COOKIE, line);
            let (parts, ()) = request.body(()).unwrap().into_parts();
            route_of(&parts, b"", 8, &TURN).shard.number()
        };
        // Whatever else is named: what is not theirs is not found there.
        for path in ["/my", "/my/statement", "/my/accounts/acc_1"] {
            assert_eq!(asked(path, 5), 5, "{path}");
        }
        assert_eq!(asked("/my", 0), 0);
        assert_eq!(asked("/my", 63), 0);
        assert_eq!(asked("/mystery", 5), 0);
        assert_eq!(asked("/console", 5), 0);
    }

    #[test]
    fn new_customers_go_everywhere_and_under_one_key_to_one_place() {
        let keyed = |key: &str| {
            let request = Request::post("/v1/customers").header("idempotency-key", key);
            let (parts, ()) = request.body(()).unwrap().into_parts();
            route_of(&parts, b"{}", 8, &TURN).shard
        };
        assert_eq!(keyed("a"), keyed("a"));
        let of_many = (0..64).map(|it| keyed(&it.to_string()).number());
        let of_many: std::collections::BTreeSet<_> = of_many.collect();
        assert_eq!(of_many.len(), 8);
        let drawn = (0..8).map(|_| shard("POST", "/v1/customers", "{}"));
        assert_eq!(drawn.collect::<std::collections::BTreeSet<_>>().len(), 8);
        let form = |key: u32| {
            let body = format!("name=Ann&key=k{key}&step=do");
            shard("POST", newcomer::PATH, &body)
        };
        assert_eq!(form(1), form(1));
        assert_eq!((0..64).map(form).collect::<std::collections::BTreeSet<_>>().len(), 8);
    }
}
