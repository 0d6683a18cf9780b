//! Finding a customer, as one types: by name, telephone, e-mail, account number, login, payment.

use std::collections::BTreeMap;

use axum::response::Response;
use engine::{AccountId, Balance, CustomerId, ShardId, State};
use pages::console::action::ActionKind;
use pages::console::find::{Find, Hit, HitAccount, Matched};
use pages::{Badge, Money, Place, Shell};
use serde::{Deserialize, Serialize};
use store::{AccountRecord, CustomerRecord, Kept, Reader, StoreError};

use super::desk::page;
use super::{Desk, newcomer, offers};
use crate::faces::{Failed, words};
use crate::http::app::{App, find_again};
use crate::http::error::Problem;
use crate::http::query::Query;
use crate::http::resources::payments::payment_key;
use crate::http::wire;
use crate::shard::Outcome;
use crate::shards::Question;

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
    let app = &desk.app;
    let mut found = Vec::new();
    for exactly in app.ask_all(AskExactly { query: query.to_owned() }).await? {
        let by_login = exactly.by_login.map(|it| (it, Matched::Login));
        let payers = exactly.payers.into_iter().map(|it| (it, Matched::PaymentReference));
        for (customer, matched) in by_login.into_iter().chain(payers) {
            let asked = query.to_owned();
            let read = move |reader: &dyn Reader| read_one(reader, customer, matched, asked);
            let is_new = found.iter().all(|it: &Found| it.record.id != customer);
            found.extend(app.shards.read(customer.shard(), read).await?.filter(|_| is_new));
        }
    }
    let asked = query.to_owned();
    let read = move |reader: &dyn Reader, missing| {
        let records = reader.search_customers(&asked, CustomerId(0), missing)?;
        let read = |record: CustomerRecord| {
            let accounts = reader.accounts_of(record.id)?;
            let (matched, matched_text) = matched(&record, &accounts, &asked);
            Ok(Found { record, accounts, matched, matched_text })
        };
        records.into_iter().map(read).collect::<Result<Vec<_>, StoreError>>()
    };
    let by_words = app.shards.list(ShardId::FIRST, HITS_MAX + 1, read).await?;
    for it in by_words {
        if found.iter().all(|other| other.record.id != it.record.id) {
            found.push(it);
        }
    }
    let has_more = found.len() > HITS_MAX;
    found.truncate(HITS_MAX);
    let accounts = found.iter().flat_map(|it| &it.accounts).map(|it| it.id);
    let known = glance(app, accounts).await?;
    Ok((found.into_iter().map(|it| hit(it, &known)).collect(), has_more))
}

/// Asks a shard what it finds by the whole of what was typed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskExactly {
    query: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Exactly {
    by_login: Option<CustomerId>,
    payers: Vec<CustomerId>,
}

impl Question for AskExactly {
    const NAME: &'static str = "found-exactly";

    type Answer = Exactly;

    async fn answer(self, app: &App) -> Result<Exactly, Problem> {
        let asked = self.query.clone();
        let look = app.shard.read_with_keys(move |state, find, _| exactly(state, find, &asked));
        let (by_login, known) = look.await?;
        let read = move |reader: &dyn Reader| payers(reader, &self.query, &known);
        Ok(Exactly { by_login, payers: app.readers.read(read).await? })
    }
}

/// Asks a shard how accounts of its own are.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskGlances {
    accounts: Vec<AccountId>,
}

/// An account at a glance.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Glance {
    account: AccountId,
    balance: Balance,
    standing: Services,
}

/// Of an account's services together: off where one of them is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Services {
    On,
    Off,
    None,
    Closed,
}

impl Question for AskGlances {
    const NAME: &'static str = "glances";

    type Answer = Vec<Glance>;

    async fn answer(self, app: &App) -> Result<Vec<Glance>, Problem> {
        let look = move |state: &State, now| {
            let accounts = self.accounts.iter().filter_map(|it| state.account(*it));
            let glance = |it: &engine::Account| Glance {
                account: it.id,
                balance: it.balance,
                standing: services_of(it, now),
            };
            accounts.map(glance).collect()
        };
        Ok(app.shard.read(None, look).await?)
    }
}

/// These accounts at a glance, wherever they are.
async fn glance(
    app: &App,
    accounts: impl Iterator<Item = AccountId>,
) -> Result<BTreeMap<AccountId, Glance>, Problem> {
    let own = |accounts| AskGlances { accounts };
    let glances = app.ask_owners(accounts, |it| it.shard(), own).await?.concat();
    Ok(glances.into_iter().map(|it| (it.account, it)).collect())
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

fn read_one(
    reader: &dyn Reader,
    customer: CustomerId,
    matched: Matched,
    matched_text: String,
) -> Result<Option<Found>, StoreError> {
    let found = reader.customer_and_accounts(customer)?;
    Ok(found.map(|(record, accounts)| Found { record, accounts, matched, matched_text }))
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

fn hit(found: Found, known: &BTreeMap<AccountId, Glance>) -> Hit {
    let account = |record: AccountRecord| {
        let glance = known.get(&record.id)?;
        Some(HitAccount {
            number: words::number(&record.number),
            name: record.name,
            balance: Money::new(glance.balance.units().into(), &record.currency, record.exponent),
            state: match glance.standing {
                Services::On => Badge::On,
                Services::Off => Badge::Off,
                Services::None => Badge::Other(pages::Tone::Calm, "–".into()),
                Services::Closed => Badge::Closed,
            },
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

fn services_of(account: &engine::Account, now: engine::Timestamp) -> Services {
    let mut services = account.subscriptions().iter().filter(|it| !it.closed).peekable();
    match () {
        () if account.closed => Services::Closed,
        () if services.peek().is_none() => Services::None,
        () if services.all(|it| engine::standing(account, it, now).is_ok()) => Services::On,
        () => Services::Off,
    }
}
