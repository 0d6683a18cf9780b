//! Which shard a request is for: ids carry it, and so do the account numbers that a shard gave out.
//!
//! What names nobody is the first shard's to answer.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::request::Parts;
use axum::http::{Method, header};
use engine::{AccountId, AccountNumber, Position, ShardId};
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};

/// What begins an id that has an account's or a customer's number.
const OF_ACCOUNTS: [&str; 6] = ["acc", "cus", "sub", "res", "crd", "rfd"];

/// What begins an id that is a place in the journal.
const OF_ENTRIES: [&str; 2] = ["pay", "cmd"];

/// The fields of a body that say whose business it is.
const NAMES: [&str; 7] =
    ["account", "from", "to", "customer", "subscription", "reservation", "payment"];

/// Where services, rates and policies are set.
const LAID_DOWN: [&str; 4] =
    ["/v1/services", "/v1/exchange-rates", "/v1/promised-payment-policies", "/console/rates"];

/// The shard, of `shards`, that can answer; `turn` counts on what goes to each in turn.
pub fn shard_of(parts: &Parts, body: &[u8], shards: u32, turn: &AtomicU32) -> ShardId {
    let within = |it: &ShardId| it.number() < shards;
    if shards <= 1 {
        return ShardId::FIRST;
    }
    if is_laid_down(parts) {
        return ShardId::FIRST;
    }
    if is_new_customer(parts) {
        return new_customer(parts, shards, turn);
    }
    let path = parts.uri.path().split('/');
    let query = parts.uri.query().unwrap_or_default().split('&');
    let query = query.filter_map(|it| it.split_once('=')).map(|(_, value)| value);
    let named = path.chain(query).find_map(|it| {
        let text = percent_decode_str(it).decode_utf8().ok()?;
        of_id(&text).or_else(|| of_number(&text))
    });
    let named = named.filter(within).or_else(|| in_body(parts, body).filter(within));
    named.unwrap_or(ShardId::FIRST)
}

/// What every shard has alike is the first one's to decide, whatever a service or group is called.
fn is_laid_down(parts: &Parts) -> bool {
    let path = parts.uri.path();
    LAID_DOWN
        .iter()
        .any(|it| path.strip_prefix(it).is_some_and(|it| it.is_empty() || it.starts_with('/')))
}

fn is_new_customer(parts: &Parts) -> bool {
    parts.method == Method::POST && parts.uri.path() == "/v1/customers"
}

/// The same for the same Idempotency-Key, so that it is found again; else each in turn.
fn new_customer(parts: &Parts, shards: u32, turn: &AtomicU32) -> ShardId {
    let number = match parts.headers.get("idempotency-key") {
        Some(key) => {
            let digest: [u8; 32] = Sha256::digest(key.as_bytes()).into();
            let [a, b, c, d, ..] = digest;
            u32::from_be_bytes([a, b, c, d])
        }
        None => turn.fetch_add(1, Ordering::Relaxed),
    };
    ShardId::new(number % shards).unwrap_or_default()
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

fn of_number(text: &str) -> Option<ShardId> {
    AccountNumber::parse(text)?.given_out_by()
}

/// The first id, or number of an account, that a JSON body says whose business it is by.
fn in_body(parts: &Parts, body: &[u8]) -> Option<ShardId> {
    let kind = parts.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    if !kind.starts_with("application/json") {
        return None;
    }
    let text = std::str::from_utf8(body).ok()?;
    let mut texts = text.split('"').peekable();
    while let Some(name) = texts.next() {
        let is_name = NAMES.contains(&name) && texts.peek().is_some_and(|it| it.trim() == ":");
        let value = is_name.then(|| texts.nth(1)).flatten();
        let found = value.and_then(|it| of_id(it).or_else(|| of_number(it)));
        if found.is_some() {
            return found;
        }
    }
    None
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
        shard_of(&parts, body.as_bytes(), 8, &TURN).number()
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
    fn new_customers_go_everywhere_and_under_one_key_to_one_place() {
        let keyed = |key: &str| {
            let request = Request::post("/v1/customers").header("idempotency-key", key);
            let (parts, ()) = request.body(()).unwrap().into_parts();
            shard_of(&parts, b"{}", 8, &TURN)
        };
        assert_eq!(keyed("a"), keyed("a"));
        let of_many = (0..64).map(|it| keyed(&it.to_string()).number());
        let of_many: std::collections::BTreeSet<_> = of_many.collect();
        assert_eq!(of_many.len(), 8);
        let drawn = (0..8).map(|_| shard("POST", "/v1/customers", "{}"));
        assert_eq!(drawn.collect::<std::collections::BTreeSet<_>>().len(), 8);
    }
}
