//! Finding a customer, as one types: by name, telephone, e-mail, account number, login, payment.

use axum::response::Response;
use engine::{CustomerId, State};
use pages::console::action::ActionKind;
use pages::console::find::{Find, Hit, HitAccount, Matched};
use pages::{Badge, Money, Place, Shell};
use serde::Deserialize;
use store::{AccountRecord, CustomerRecord, Kept, Reader, StoreError};

use super::desk::page;
use super::{Desk, newcomer, offers};
use crate::faces::{Failed, words};
use crate::http::app::find_again;
use crate::http::query::Query;
use crate::http::resources::payments::payment_key;
use crate::http::wire;
use crate::shard::Outcome;

/// Customers that are shown.
const HITS_MAX: usize = 20;

/// Characters that are looked at.
const QUERY_MAX: usize = 128;

#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    q: String,
}

/// `GET /console/find?q=`
pub async fn show_find(desk: Desk, Query(typed): Query<Typed>) -> Result<Response, Failed> {
    let query: String = typed.q.trim().chars().take(QUERY_MAX).collect();
    let (hits, has_more) = match query.is_empty() {
        true => (Vec::new(), false),
        false => find(&desk, &query).await?,
    };
    let may_add = desk.may(offers::needs(ActionKind::NewCustomer));
    let new_customer = if may_add { newcomer::PATH.to_owned() } else { String::new() };
    let view = Find { query: query.clone(), hits, has_more, new_customer };
    let shell = Shell { find: query, ..desk.shell(Some(Place::Find)) };
    Ok(page(view.to_html(&shell)))
}

/// A customer, and by what they were found.
struct Found {
    record: CustomerRecord,
    accounts: Vec<AccountRecord>,
    matched: Matched,
    matched_text: String,
}

async fn find(desk: &Desk, query: &str) -> Result<(Vec<Hit>, bool), Failed> {
    let asked = query.to_owned();
    let exactly = desk.app.shard.read_with_keys(move |state, find, _| exactly(state, find, &asked));
    let (by_login, known) = exactly.await?;
    let asked = query.to_owned();
    let read = move |reader: &dyn Reader| {
        let mut found = Vec::new();
        if let Some(customer) = by_login {
            add(reader, &mut found, customer, Matched::Login, &asked)?;
        }
        for customer in payers(reader, &asked, &known)? {
            add(reader, &mut found, customer, Matched::PaymentReference, &asked)?;
        }
        let records = reader.search_customers(&asked, CustomerId(0), HITS_MAX + 1)?;
        for record in records
            .into_iter()
            .filter(|it| found.iter().all(|f| f.record.id != it.id))
            .collect::<Vec<_>>()
        {
            let accounts = reader.accounts_of(record.id)?;
            let (matched, matched_text) = matched(&record, &accounts, &asked);
            found.push(Found { record, accounts, matched, matched_text });
        }
        Ok(found)
    };
    let mut found = desk.app.readers.read(read).await?;
    let has_more = found.len() > HITS_MAX;
    found.truncate(HITS_MAX);
    let look = move |state: &State, now| {
        found.into_iter().map(|it| hit(state, it, now)).collect::<Vec<_>>()
    };
    Ok((desk.app.shard.read(None, look).await?, has_more))
}

/// What is found by the whole of what was typed: a login, and payments of any source by their
/// reference.
fn exactly(
    state: &State,
    find: &dyn Fn(u128) -> Option<u64>,
    query: &str,
) -> (Option<CustomerId>, Vec<u64>) {
    let by_login = state.subject(query).and_then(|it| state.account(it.account));
    let lines = state.shared.totals.lines();
    let mut sources: Vec<&str> =
        lines.iter().filter_map(|(contra, _, _)| contra.strip_prefix("payments:")).collect();
    sources.sort_unstable();
    sources.dedup();
    let known = sources.iter().filter_map(|source| find(payment_key(source, query)));
    (by_login.map(|it| it.customer), known.collect())
}

/// Who paid what: by the payment's id, or by its source's own reference.
fn payers(reader: &dyn Reader, query: &str, known: &[u64]) -> Result<Vec<CustomerId>, StoreError> {
    let mut payers = Vec::new();
    if let Ok(position) = wire::parse_payment("q", query) {
        let entry = reader.entry(position)?.filter(|it| it.fact.is_real_payment());
        payers.extend(entry.and_then(|it| it.customer));
    }
    for sequence in known {
        let known = Outcome::Known { kept: Kept::ForEver, sequence: *sequence };
        if let Ok(entries) = find_again(reader, &known)?.into_entries(None) {
            payers.extend(entries.as_slice().iter().find_map(|it| it.customer));
        }
    }
    payers.dedup();
    Ok(payers)
}

fn add(
    reader: &dyn Reader,
    found: &mut Vec<Found>,
    customer: CustomerId,
    matched: Matched,
    query: &str,
) -> Result<(), StoreError> {
    let is_new = found.iter().all(|it| it.record.id != customer);
    if let Some(record) = reader.customer(customer)?.filter(|_| is_new) {
        let accounts = reader.accounts_of(customer)?;
        found.push(Found { record, accounts, matched, matched_text: query.to_owned() });
    }
    Ok(())
}

/// By which of its marks a record was found: what has a digit is no name.
fn matched(record: &CustomerRecord, accounts: &[AccountRecord], query: &str) -> (Matched, String) {
    let fields = &record.fields;
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let number: String = query.chars().filter(|it| !it.is_whitespace()).collect();
    if let Some(account) = accounts.iter().find(|it| it.number.starts_with(&number)) {
        return (Matched::AccountNumber, account.number.clone());
    }
    let asked = digits(query);
    if let Some(phone) =
        fields.phone.as_ref().filter(|it| asked.len() > 2 && digits(it).contains(&asked))
    {
        return (Matched::Telephone, phone.clone());
    }
    let word = query.to_lowercase();
    let in_name = word.split_whitespace().all(|it| fields.name.to_lowercase().contains(it));
    match fields.email.as_ref().filter(|it| !in_name && it.to_lowercase().contains(&word)) {
        Some(email) => (Matched::Email, email.clone()),
        None => (Matched::Name, String::new()),
    }
}

fn hit(state: &State, found: Found, now: engine::Timestamp) -> Hit {
    let account = |record: AccountRecord| {
        let account = state.account(record.id)?;
        Some(HitAccount {
            number: words::number(&record.number),
            name: record.name,
            balance: Money::new(account.balance.units().into(), &record.currency, record.exponent),
            state: state_of(account, now),
        })
    };
    Hit {
        name: found.record.fields.name,
        href: format!("/console/customers/{}", wire::customer_id(found.record.id)),
        matched: found.matched,
        matched_text: found.matched_text,
        accounts: found.accounts.into_iter().filter_map(account).collect(),
    }
}

/// Of an account's services together: off where one of them is.
fn state_of(account: &engine::Account, now: engine::Timestamp) -> Badge {
    let mut services = account.subscriptions().iter().filter(|it| !it.closed).peekable();
    match () {
        () if account.closed => Badge::Closed,
        () if services.peek().is_none() => Badge::Other(pages::Tone::Calm, "–".into()),
        () if services.all(|it| engine::standing(account, it, now).is_ok()) => Badge::On,
        () => Badge::Off,
    }
}
